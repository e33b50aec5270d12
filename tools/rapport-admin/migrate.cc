#include "tools/rapport-admin/migrate.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/store/fill.h"
#include "common/store/migration.h"

namespace rapport::admin {
namespace {

// The fills of these versions, for all tenants.
absl::Status FillRows(const resource::Schema& schema, const store::OpenOptions& options,
                      std::int64_t above, std::int64_t until, int pass, const Say& say) {
  std::vector<const store::Fill*> wanted;
  for (const store::Fill& fill : schema.fills) {
    if (fill.version > above && fill.version <= until) wanted.push_back(&fill);
  }
  if (wanted.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const auto opened, Opened::Open(schema, options));
  for (const store::Fill* fill : wanted) {
    ASSIGN_OR_RETURN(const auto tenants, store::TenantsOf(options, *fill->table));
    RETURN_IF_ERROR(store::RunFill(opened->store(), *fill, tenants, pass, say));
  }
  return absl::OkStatus();
}

absl::Status Show(const resource::Schema& schema, store::Migration& migration, std::int64_t oldest,
                  const MigrateOptions& options, const Say& say) {
  ASSIGN_OR_RETURN(const auto lines, migration.Plan(options.contract));
  for (const std::string& line : lines) say(line);
  for (const store::Fill& fill : schema.fills) {
    if (fill.version > oldest) say(absl::StrCat("fill ", fill.name));
  }
  if (lines.empty()) say("nothing is missing");
  return absl::OkStatus();
}

}  // namespace

absl::Status Migrate(const resource::Schema& schema, const MigrateOptions& options,
                     const time::Clock& clock, const Say& say) {
  std::vector<const store::Table*> own;
  if (!schema.fills.empty()) own.push_back(&store::FillTable());
  const store::OpenOptions store = OptionsFor(schema, options.store, clock, own);
  ASSIGN_OR_RETURN(const auto migration, store::OpenMigration(store));
  ASSIGN_OR_RETURN(const std::int64_t version, migration->Version());
  ASSIGN_OR_RETURN(const std::int64_t oldest, migration->Oldest());
  say(version == 0
          ? absl::StrCat("there is no store yet; this program knows version ", schema.version)
          : absl::StrCat("the store is of version ", version, ", this program knows version ",
                         schema.version));
  if (options.plan) return Show(schema, *migration, oldest, options, say);
  RETURN_IF_ERROR(migration->Expand(say));
  if (version != 0) {
    RETURN_IF_ERROR(FillRows(schema, store, oldest, schema.version, 1, say));
  }
  if (options.contract) {
    RETURN_IF_ERROR(migration->ShutOutOlder());
    RETURN_IF_ERROR(FillRows(schema, store, oldest, schema.version, 2, say));
    RETURN_IF_ERROR(migration->Contract(say));
  }
  say(absl::StrCat("done: version ", schema.version));
  return absl::OkStatus();
}

}  // namespace rapport::admin
