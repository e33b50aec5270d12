// Resource names: whatever the text, parsing ends, and what is accepted formats back to itself.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "absl/strings/string_view.h"
#include "common/resource/name.h"
#include "rapport/contact/v1/person.pb.h"
#include "rapport/engagement/v1/engagement.pb.h"
#include "rapport/engagement/v1/rapport.pb.h"

namespace {

template <class M>
void Check(absl::string_view text) {
  using rapport::resource::Name;
  const auto name = Name<M>::Parse(text);
  if (!name.ok()) return;
  const auto ids = Name<M>::Pattern().Match(text);
  if (!ids || Name<M>::Pattern().Format(*ids) != text) std::abort();
  if (name->tenant().value() != rapport::resource::TenantOfName(text)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  Check<rapport::contact::v1::Person>(text);
  Check<rapport::contact::v1::ContactPoint>(text);
  Check<rapport::engagement::v1::Engagement>(text);
  Check<rapport::engagement::v1::RelationshipStatistics>(text);
  (void)rapport::resource::WithoutTenant(text);
  return 0;
}
