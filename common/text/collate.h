// The order in which names are listed.
#ifndef RAPPORT_COMMON_TEXT_COLLATE_H_
#define RAPPORT_COMMON_TEXT_COLLATE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace rapport::text {

// Unicode Collation Algorithm with the order of the root locale (CLDR), primary and secondary
// strength: base letters first, then accents; case makes no difference. Costly to make: one for
// the life of the process. Thread-safe.
class NameCollator {
 public:
  static absl::StatusOr<std::unique_ptr<NameCollator>> Create();
  ~NameCollator();
  NameCollator(const NameCollator&) = delete;
  NameCollator& operator=(const NameCollator&) = delete;

  // Bytes whose plain comparison (memcmp) is the order of the names; never holds a NUL. Bytes that
  // are no valid UTF-8 sort as U+FFFD. Keys are only comparable with keys of the same ICU release.
  std::string SortKey(absl::string_view name) const;

 private:
  class Impl;
  explicit NameCollator(std::unique_ptr<const Impl> impl);
  const std::unique_ptr<const Impl> impl_;
};

}  // namespace rapport::text

#endif  // RAPPORT_COMMON_TEXT_COLLATE_H_
