// What rapport-admin knows of the services: what each keeps in its store.
#ifndef RAPPORT_TOOLS_RAPPORT_ADMIN_SERVICES_H_
#define RAPPORT_TOOLS_RAPPORT_ADMIN_SERVICES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/resource/schema.h"

namespace rapport::admin {

std::vector<std::string> ServiceNames();
// INVALID_ARGUMENT for any other name.
absl::StatusOr<resource::Schema> SchemaOf(absl::string_view service);

}  // namespace rapport::admin

#endif  // RAPPORT_TOOLS_RAPPORT_ADMIN_SERVICES_H_
