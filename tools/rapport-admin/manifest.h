// What a backup says of itself: a line "key value" for each field.
#ifndef RAPPORT_TOOLS_RAPPORT_ADMIN_MANIFEST_H_
#define RAPPORT_TOOLS_RAPPORT_ADMIN_MANIFEST_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace rapport::admin {

struct Manifest {
  std::string service;
  std::string store_id;
  std::int64_t sequence = 0;  // the last one that the store had given
  std::int64_t schema_version = 0;
  absl::Time time = absl::InfinitePast();  // when the copy began; to the second
  std::int64_t bytes = 0;
  std::string sha256 = {};  // hexadecimal

  std::string Text() const;
  // INVALID_ARGUMENT for what Text does not make.
  static absl::StatusOr<Manifest> Parse(const std::string& text);
};

}  // namespace rapport::admin

#endif  // RAPPORT_TOOLS_RAPPORT_ADMIN_MANIFEST_H_
