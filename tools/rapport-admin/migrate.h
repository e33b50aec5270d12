// Brings the store of a service to what this program knows.
#ifndef RAPPORT_TOOLS_RAPPORT_ADMIN_MIGRATE_H_
#define RAPPORT_TOOLS_RAPPORT_ADMIN_MIGRATE_H_

#include <string>

#include "absl/status/status.h"
#include "common/resource/schema.h"
#include "tools/rapport-admin/opened.h"

namespace rapport::admin {

struct MigrateOptions {
  std::string store;
  bool plan = false;  // say what would be done, and do nothing
  bool contract = false;
};

// Expands the schema, then fills rows; with `contract` also waits for nobody: refused while an
// older program works on the store, else shuts them out, fills what they have written, and
// contracts. Whatever was broken off goes on. FAILED_PRECONDITION and UNAVAILABLE as Migration.
absl::Status Migrate(const resource::Schema& schema, const MigrateOptions& options,
                     const time::Clock& clock, const Say& say);

}  // namespace rapport::admin

#endif  // RAPPORT_TOOLS_RAPPORT_ADMIN_MIGRATE_H_
