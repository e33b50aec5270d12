#ifndef RAPPORT_COMMON_HOST_VALUE_OR_EXIT_H_
#define RAPPORT_COMMON_HOST_VALUE_OR_EXIT_H_

#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

#include "absl/status/statusor.h"

namespace rapport::host {

// For the start of main: one line on stderr and exit code 1 instead of an error.
inline void OkOrExit(const absl::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s\n", std::string(status.message()).c_str());
  std::exit(1);
}
template <class T>
T ValueOrExit(absl::StatusOr<T> value) {
  OkOrExit(value.status());
  return *std::move(value);
}

}  // namespace rapport::host

#endif  // RAPPORT_COMMON_HOST_VALUE_OR_EXIT_H_
