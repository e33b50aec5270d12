// Reads and writes rows of one tenant over one connection: what Tx and Snapshot have in common.
#ifndef RAPPORT_COMMON_STORE_SQLITE_ACCESS_H_
#define RAPPORT_COMMON_STORE_SQLITE_ACCESS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/base/id.h"
#include "common/store/sql_catalog.h"
#include "common/store/sqlite_connection.h"
#include "common/store/store.h"

namespace rapport::store {

// Not thread-safe; lives inside a transaction of the connection. Rows and keys that do not fit the
// table are bugs of the caller: INTERNAL.
class SqliteAccess {
 public:
  SqliteAccess(Connection& connection, const Catalog& catalog, base::TenantId tenant)
      : connection_(connection), catalog_(catalog), tenant_(std::move(tenant)) {}

  const base::TenantId& tenant() const { return tenant_; }

  absl::StatusOr<std::optional<Row>> Get(const Table& table, absl::Span<const Value> key);
  absl::Status Scan(const Table& table, const Range& range, absl::FunctionRef<bool(Row&)> visit);
  // Rows of all tenants, whatever the tenant of this object.
  absl::Status Feed(const Table& table, std::int64_t after, int limit,
                    absl::FunctionRef<bool(const base::TenantId&, std::int64_t, Row&)> visit);

  // `sequence` is written into the table's sequence column, if it has one.
  absl::Status Put(const Table& table, Row& row, std::int64_t sequence);
  absl::Status Insert(const Table& table, Row& row, std::int64_t sequence);
  absl::Status Delete(const Table& table, absl::Span<const Value> key);

 private:
  absl::StatusOr<Statement*> Keyed(const SqlTable& table, StatementKind kind,
                                   absl::Span<const Value> key);
  absl::Status Write(const Table& table, StatementKind kind, Row& row, std::int64_t sequence);
  absl::Status Refusal(const SqlTable& table, int code);

  Connection& connection_;
  const Catalog& catalog_;
  const base::TenantId tenant_;
};

}  // namespace rapport::store

#endif  // RAPPORT_COMMON_STORE_SQLITE_ACCESS_H_
