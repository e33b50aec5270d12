// Resource names (AIP-122): the only public keys. Patterns come from the google.api.resource
// annotations of the messages; nothing else in the code takes a name apart.
#ifndef RAPPORT_COMMON_RESOURCE_NAME_H_
#define RAPPORT_COMMON_RESOURCE_NAME_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "common/base/errors.h"
#include "common/base/id.h"
#include "google/protobuf/descriptor.h"

namespace rapport::resource {

// One pattern, e.g. "tenants/{tenant}/people/{person}/contactPoints/{contact_point}".
class NamePattern {
 public:
  explicit NamePattern(absl::string_view pattern);

  // The ids in the name, or nothing if it does not fit.
  absl::optional<std::vector<absl::string_view>> Match(absl::string_view name) const;
  bool Matches(absl::string_view name) const;
  // The name with these ids; there must be one for each variable.
  std::string Format(const std::vector<absl::string_view>& ids) const;
  // The pattern of the collection's parent: without the last two segments (the last one for a
  // singleton).
  NamePattern Parent() const;
  const std::string& text() const { return text_; }

  // Pattern of a resource type such as "rapport/Person", among the linked descriptors; nullptr if
  // there is none.
  static const NamePattern* OfType(absl::string_view type);
  // The pattern of a message with a google.api.resource annotation.
  static const NamePattern& OfMessage(const google::protobuf::Descriptor* message);

 private:
  std::string text_;
  std::vector<std::pair<std::string, bool>> segments_;  // text, is it a variable
};

// A name of the resource message M, taken apart.
template <class M>
class Name {
 public:
  // INVALID_ARGUMENT naming `field` if the text does not fit the pattern.
  static absl::StatusOr<Name> Parse(absl::string_view text, absl::string_view field = "name") {
    auto ids = Pattern().Match(text);
    if (!ids)
      return errors::InvalidField(std::string(field), "not a name like " + Pattern().text());
    return Name(std::string(text), std::vector<std::string>(ids->begin(), ids->end()));
  }
  // From ids, outermost first: tenant, ..., own id.
  template <class... Ids>
  static Name Of(const Ids&... ids) {
    std::vector<std::string> list{std::string(ids)...};
    return Name(Pattern().Format(std::vector<absl::string_view>(list.begin(), list.end())), list);
  }
  static const NamePattern& Pattern() {
    static const NamePattern* const pattern =
        new NamePattern(NamePattern::OfMessage(M::descriptor()));
    return *pattern;
  }

  const std::string& text() const { return text_; }
  base::TenantId tenant() const { return base::TenantId::Trusted(ids_.front()); }
  // The id of the resource itself.
  const std::string& id() const { return ids_.back(); }
  // The i-th id, 0 being the tenant.
  const std::string& id(std::size_t i) const { return ids_[i]; }
  std::size_t depth() const { return ids_.size(); }

 private:
  Name(std::string text, std::vector<std::string> ids)
      : text_(std::move(text)), ids_(std::move(ids)) {}
  std::string text_;
  std::vector<std::string> ids_;
};

// The tenant of any resource name ("tenants/{tenant}" or "tenants/{tenant}/..."); "" if it has
// none.
absl::string_view TenantOfName(absl::string_view name);
// The name without "tenants/{tenant}/".
absl::string_view WithoutTenant(absl::string_view name);

}  // namespace rapport::resource

#endif  // RAPPORT_COMMON_RESOURCE_NAME_H_
