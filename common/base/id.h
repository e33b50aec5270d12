// Typed identifiers: a TenantId is no PersonId, and neither is a string.
#ifndef RAPPORT_COMMON_BASE_ID_H_
#define RAPPORT_COMMON_BASE_ID_H_

#include <string>
#include <utility>
#include "absl/strings/string_view.h"

#include "absl/status/statusor.h"

namespace rapport::base {

// True for 1..63 characters of [a-z0-9-], starting and ending with a letter or digit: the form of
// every id segment of a resource name.
bool IsIdSegment(absl::string_view text);

template <class Tag>
class Id {
 public:
  static absl::StatusOr<Id> Parse(absl::string_view text) {
    if (!IsIdSegment(text)) return absl::InvalidArgumentError("malformed id");
    return Id(std::string(text));
  }
  // For ids that were checked before (read back from the store, cut from a parsed name).
  static Id Trusted(std::string text) { return Id(std::move(text)); }

  const std::string& value() const { return value_; }
  friend bool operator==(const Id&, const Id&) = default;
  friend auto operator<=>(const Id&, const Id&) = default;
  template <class H>
  friend H AbslHashValue(H h, const Id& id) {
    return H::combine(std::move(h), id.value_);
  }

 private:
  explicit Id(std::string value) : value_(std::move(value)) {}
  std::string value_;
};

struct TenantTag {};
using TenantId = Id<TenantTag>;

}  // namespace rapport::base

#endif  // RAPPORT_COMMON_BASE_ID_H_
