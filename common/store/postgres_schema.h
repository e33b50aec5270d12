// Makes a PostgreSQL schema, or checks that a program may work on one, and knows what it remembers
// besides tables. What exists is changed by PostgresMigration only.
//
// rapport_meta     what this store is: its id, the version of its tables (`version`), the oldest
//                  version that may still work on it (`oldest`), the description of every table
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
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/store/postgres_connection.h"
#include "common/store/postgres_shape.h"
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
  std::vector<std::string> former_ids;
  std::int64_t base = 0;     // number of a commit = transaction id + base
  std::int64_t durable = 0;  // the highest number in rapport_commits
  bool owner = false;        // the user owns the schema: working connections assume the role
};

// `connection` was opened without a role. If there is no schema yet and its user may make one,
// makes it in one transaction, under a lock that other replicas wait for; otherwise finds it ready
// or refuses. FAILED_PRECONDITION, with a message for the operator, if it lacks something, is too
// new (a program may work on a schema that is one version newer, until that is contracted), has
// another thing under a name, or if the server's encoding is not UTF-8.
absl::StatusOr<PostgresState> OpenSchema(PostgresConnection& connection, const Catalog& catalog,
                                         const PostgresShape& shape);

// What the two who change a schema share. `connection` is without a role, in a transaction or not.
class PostgresMeta {
 public:
  explicit PostgresMeta(PostgresConnection& connection) : connection_(connection) {}

  absl::StatusOr<PgResult> Query(absl::string_view sql, const PostgresParams& params = {});
  absl::Status Execute(absl::string_view sql) { return Query(sql).status(); }
  absl::StatusOr<bool> Is(absl::string_view condition);
  // Reads all entries; none if there is no rapport_meta.
  absl::Status Load();
  // Writes an entry unless it is so; an empty text with number -1 takes it away.
  absl::Status Remember(const std::string& key, std::int64_t number, const std::string& text);
  // The working role may do what it does on all tables, and read rapport_meta.
  absl::Status Grant(const PostgresShape& shape);

  const SchemaEntries& entries() const { return entries_; }
  std::int64_t Number(const std::string& key, std::int64_t fallback) const;
  std::int64_t version() const { return Number("version", 0); }
  std::int64_t oldest() const { return Number("oldest", 1); }

 private:
  PostgresConnection& connection_;
  SchemaEntries entries_;
};

// The lock that every opener of the schema takes in its transaction, as an expression of SQL.
std::string SchemaLock(const std::string& schema);
// What a working connection of a program with this version holds shared while it lives.
std::string PresenceOf(const std::string& schema, std::int64_t version);

// `connection` was opened as the working connections are. FAILED_PRECONDITION if its role could see
// past row-level security.
absl::Status CheckRole(PostgresConnection& connection, const std::string& schema);

}  // namespace rapport::store

#endif  // RAPPORT_COMMON_STORE_POSTGRES_SCHEMA_H_
