#include "tools/rapport-admin/services.h"

#include "absl/strings/str_cat.h"
#include "services/contact/schema.h"
#include "services/engagement/schema.h"
#include "services/recommendation/schema.h"

namespace rapport::admin {

std::vector<std::string> ServiceNames() { return {"contact", "engagement", "recommendation"}; }

absl::StatusOr<resource::Schema> SchemaOf(absl::string_view service) {
  if (service == "contact") return contact::Schema();
  if (service == "engagement") return engagement::Schema();
  if (service == "recommendation") return recommendation::Schema();
  return absl::InvalidArgumentError(absl::StrCat("--service: ", service, " is no service"));
}

}  // namespace rapport::admin
