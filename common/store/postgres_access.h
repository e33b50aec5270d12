// Reads rows over one PostgreSQL connection as they are on the server: what snapshots do.
#ifndef RAPPORT_COMMON_STORE_POSTGRES_ACCESS_H_
#define RAPPORT_COMMON_STORE_POSTGRES_ACCESS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/base/id.h"
#include "common/store/postgres_connection.h"
#include "common/store/sql_catalog.h"
#include "common/store/store.h"

namespace rapport::store {

// Statements that are no table's. Table statements have a kind, so their keys are larger.
enum class PostgresCommand : std::uint64_t {
  kBeginWrite = 1,
  kShare,
  kExclude,
  kBeginRead,
  kTenant,
  kFeedOn,
  kFeedOff,
  kXid,
  kSnapshot,
  kMark,
  kCommit,
};
inline std::uint64_t KeyOf(PostgresCommand command) { return static_cast<std::uint64_t>(command); }

// Lets the transaction see and write the rows of this tenant: row-level security admits no others.
void QueueTenant(PostgresConnection& connection, const base::TenantId& tenant);

// A row of an answer, whose columns begin there.
void ReadRow(const Table& table, const PGresult* result, int from, int first_column, Row& row);
// How many rows to ask for when `left` are still wanted: those that fit into one portion are one
// question.
int ScanPortion(int left, bool first);

// Not thread-safe; lives inside a transaction of the connection that was given the tenant. Rows and
// keys that do not fit the table are bugs of the caller: INTERNAL.
class PostgresAccess {
 public:
  PostgresAccess(PostgresConnection& connection, const Catalog& catalog, base::TenantId tenant)
      : connection_(connection), catalog_(catalog), tenant_(std::move(tenant)) {}

  absl::StatusOr<std::optional<Row>> Get(const Table& table, absl::Span<const Value> key);
  // Asks for all of them at once, see Reader::GetMany.
  absl::Status GetMany(const Table& table, absl::Span<const std::vector<Value>> keys,
                       absl::FunctionRef<void(std::size_t place, Row& row)> visit);
  // Fetches the range in portions.
  absl::Status Scan(const Table& table, const Range& range, absl::FunctionRef<bool(Row&)> visit);
  // Rows of all tenants, whatever the tenant of this object.
  absl::Status Feed(const Table& table, std::int64_t after, int limit,
                    absl::FunctionRef<bool(const base::TenantId&, std::int64_t, Row&)> visit);

 private:
  // OK if statements may be sent now.
  absl::Status Check() const;
  absl::StatusOr<PgResult> AskRange(const SqlTable& sql, const SqlOrder& order, const Range& range,
                                    int limit);
  absl::Status Bind(const Table& table, absl::Span<const Value> values);

  PostgresConnection& connection_;
  const Catalog& catalog_;
  const base::TenantId tenant_;
  PostgresParams params_;
  bool visiting_ = false;
};

}  // namespace rapport::store

#endif  // RAPPORT_COMMON_STORE_POSTGRES_ACCESS_H_
