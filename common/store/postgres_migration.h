// Migration of a PostgreSQL schema, and what its owner may see.
#ifndef RAPPORT_COMMON_STORE_POSTGRES_MIGRATION_H_
#define RAPPORT_COMMON_STORE_POSTGRES_MIGRATION_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/store/migration.h"
#include "common/store/postgres_store.h"

namespace rapport::store {

// Waits at most this long for a lock that the traffic holds, so as not to hold it up; then tries
// again, for as long as kLockPatience.
inline constexpr char kLockTimeout[] = "250ms";
inline constexpr absl::Duration kLockPatience = absl::Minutes(2);

// Older programs are known by the advisory lock that each of their connections holds shared.
absl::StatusOr<std::unique_ptr<Migration>> OpenPostgresMigration(const PostgresOptions& options);

absl::Status CheckPostgresUnused(const PostgresOptions& options);

absl::StatusOr<std::vector<base::TenantId>> PostgresTenantsOf(const PostgresOptions& options,
                                                              const Table& table);

}  // namespace rapport::store

#endif  // RAPPORT_COMMON_STORE_POSTGRES_MIGRATION_H_
