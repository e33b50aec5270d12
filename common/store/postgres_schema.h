// Brings a PostgreSQL schema to the shape of a catalog, and knows what it remembers besides tables.
//
// rapport_meta     what this store is: its id, the version, the description of every table
// rapport_commits  the number of the last commit of every writer: the proof that it happened, and
//                  that its number is never given again (after a crash the server may give the
//                  transaction ids anew that it had not yet written down)
//
// Every table has row-level security, forced for its owner too: a transaction sees and writes the
// rows of the tenant named by the setting rapport.tenant; without it none. With rapport.feed = 'on'
// it may read the tables that are change feeds.
#ifndef RAPPORT_COMMON_STORE_POSTGRES_SCHEMA_H_
#define RAPPORT_COMMON_STORE_POSTGRES_SCHEMA_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/store/postgres_connection.h"
#include "common/store/sql_catalog.h"

namespace rapport::store {

// A commit has the number of its transaction plus a base; a sequence is the number of its commit
// and, in the lower bits, the place of the write in it.
inline constexpr int kPlaceBits = 20;
inline constexpr std::int64_t kMaxPlace = (std::int64_t{1} << kPlaceBits) - 1;
inline std::int64_t SequenceOf(std::int64_t commit, std::int64_t place) {
  return (commit << kPlaceBits) | place;
}
inline std::int64_t CommitOf(std::int64_t sequence) { return sequence >> kPlaceBits; }

struct PostgresShape {
  std::string schema;  // both [a-z0-9_]+
  std::string role;    // the one that works: it owns nothing and obeys row-level security
  int version = 1;     // of the tables' meaning
  std::string new_id;  // names the store if it is new
};

struct PostgresState {
  std::string id;
  std::int64_t base = 0;     // number of a commit = transaction id + base
  std::int64_t durable = 0;  // the highest number in rapport_commits
  bool owner = false;        // the user owns the schema: working connections assume the role
};

// `connection` was opened without a role. If its user owns the schema (or may create it), then in
// one transaction, under a lock that other replicas wait for: creates what is missing. Another user
// finds it complete, or is refused. FAILED_PRECONDITION as for SQLite, and if the server's encoding
// is not UTF-8; the message is for the operator.
absl::StatusOr<PostgresState> BringUpToDate(PostgresConnection& connection, const Catalog& catalog,
                                            const PostgresShape& shape);

// `connection` was opened as the working connections are. FAILED_PRECONDITION if its role could see
// past row-level security.
absl::Status CheckRole(PostgresConnection& connection, const std::string& schema);

}  // namespace rapport::store

#endif  // RAPPORT_COMMON_STORE_POSTGRES_SCHEMA_H_
