// Migration of a SQLite file, and its tenants.
#ifndef RAPPORT_COMMON_STORE_SQLITE_MIGRATION_H_
#define RAPPORT_COMMON_STORE_SQLITE_MIGRATION_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/store/migration.h"
#include "common/store/sqlite_store.h"

namespace rapport::store {

// FAILED_PRECONDITION from any call while a process owns the file.
absl::StatusOr<std::unique_ptr<Migration>> OpenSqliteMigration(const SqliteOptions& options);

// Looks beside whoever owns the file.
absl::StatusOr<std::vector<base::TenantId>> SqliteTenantsOf(const std::string& path,
                                                            const Table& table);

}  // namespace rapport::store

#endif  // RAPPORT_COMMON_STORE_SQLITE_MIGRATION_H_
