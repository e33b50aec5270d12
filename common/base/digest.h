// SHA-256, for keys and for telling requests apart.
#ifndef RAPPORT_COMMON_BASE_DIGEST_H_
#define RAPPORT_COMMON_BASE_DIGEST_H_

#include <string>

#include "absl/strings/string_view.h"

namespace rapport::base {

// 32 bytes.
std::string Sha256(absl::string_view data);

}  // namespace rapport::base

#endif  // RAPPORT_COMMON_BASE_DIGEST_H_
