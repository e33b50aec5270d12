// Page tokens: opaque, authenticated, bound to tenant, method and arguments. A token that is
// broken or belongs to other arguments is an error, never a silent restart.
#ifndef RAPPORT_COMMON_RESOURCE_PAGE_TOKEN_H_
#define RAPPORT_COMMON_RESOURCE_PAGE_TOKEN_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/store/store.h"
#include "google/protobuf/message.h"

namespace rapport::resource {

// 0 -> 50, above 500 -> 500. Negative sizes are refused by the limits of the field.
int PageSize(int requested);

// Immutable; thread-safe.
class PageTokens {
 public:
  // `secret` keys the MAC; the same secret must be used for as long as tokens shall be understood.
  explicit PageTokens(std::string secret) : secret_(std::move(secret)) {}

  // Where the next page starts: strictly behind `key`.
  std::string Make(absl::string_view binding, const std::vector<store::Value>& key) const;
  // INVALID_ARGUMENT (PAGE_TOKEN) unless Make made it with the same binding.
  absl::StatusOr<std::vector<store::Value>> Read(absl::string_view binding,
                                                 absl::string_view token) const;

  // What a token is bound to: the tenant and the whole request but for page_size and page_token.
  static std::string Binding(absl::string_view tenant, const google::protobuf::Message& request);

 private:
  std::string Mac(absl::string_view binding, absl::string_view payload) const;
  const std::string secret_;
};

}  // namespace rapport::resource

#endif  // RAPPORT_COMMON_RESOURCE_PAGE_TOKEN_H_
