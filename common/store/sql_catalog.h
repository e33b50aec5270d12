// The tables of a store as SQL, for both engines: checked once, turned into statements on demand.
// Pure: text in, text out.
//
// Every statement on a table binds the tenant as its first parameter; only the feed reads all
// tenants. SQLite's parameters are `:tenant` and `?`, PostgreSQL's `$1` and so on.
//
// On SQLite a table is a rowid table with the unique key (tenant, key...) rather than WITHOUT
// ROWID: with rows of 600 bytes and two indexes, inserts in key order cost the same, inserts in
// random order run at 12.6 k instead of 4.1 k rows/s, and 50 rows by an index take 0.15-0.25
// instead of 0.3-0.45 ms.
#ifndef RAPPORT_COMMON_STORE_SQL_CATALOG_H_
#define RAPPORT_COMMON_STORE_SQL_CATALOG_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/store/store.h"

namespace rapport::store {

enum class Dialect { kSqlite, kPostgres };
enum class StatementKind : std::uint8_t {
  kNone,
  kGet,
  kScan,
  kFeed,
  kPut,
  kInsert,
  kDelete,
  kScanMany,
  kPutMany,
  kInsertMany
};

// One order in which a table can be read: the primary key or an index.
struct SqlOrder {
  std::string sql_name;      // of the index in the database
  std::vector<int> columns;  // the index's columns, then the key columns that it lacks
  std::size_t own = 0;       // how many of `columns` decide the order (unique: without the key)
  std::string not_null;      // " AND … IS NOT NULL" for each column of the index itself
  std::string unique_error;  // SQLite's message if this index forbids a row; empty if not unique
};

struct SqlTable {
  const Table* table = nullptr;
  Dialect dialect = Dialect::kSqlite;
  int id = 0;
  std::vector<SqlOrder> orders;  // [0] is the primary key, [i + 1] is indexes[i]

  bool has_unique_index() const;

  std::string CreateTable() const;
  // CREATE INDEX statement of indexes[i], exactly as SQLite keeps it.
  std::string CreateIndex(std::size_t i) const;
  std::string SequenceIndexName() const;
  std::string CreateSequenceIndex() const;
  std::string AddColumn(std::size_t i) const;

  // Parameters: tenant, key columns.
  std::string Get() const;
  std::string Delete() const;
  // SQLite. Parameters: tenant, all columns.
  std::string Insert() const;
  std::string Put() const;
  // PostgreSQL. Parameters: tenant, an array of every column. InsertMany fails for rows that exist.
  std::string InsertMany() const;
  std::string PutMany() const;
  // Parameters: tenant, `prefix` values, `after` values, limit (SQLite: -1 for none).
  std::string Scan(const SqlOrder& order, std::size_t prefix, std::size_t after,
                   bool descending) const;
  // PostgreSQL: the first row of many ranges of one shape. Parameters: tenant, arrays of `prefix`
  // and of `after` values. Columns: the number of the range from 1 on, all columns.
  std::string ScanMany(const SqlOrder& order, std::size_t prefix, std::size_t after,
                       bool descending) const;
  // Parameters: sequence, limit. Columns: tenant, all columns.
  std::string Feed() const;

  // The key of a statement in a connection's cache; distinct for distinct statements.
  std::uint64_t Key(StatementKind kind, int index = 0, std::size_t prefix = 0,
                    std::size_t after = 0, bool descending = false) const;
  std::uint64_t Key(StatementKind kind, const Range& range) const {
    return Key(kind, range.index + 1, range.prefix.size(), range.after.size(), range.descending);
  }

  // Of a column of an order, by its place there.
  ColumnType TypeAt(const SqlOrder& order, std::size_t place) const {
    return table->columns[static_cast<std::size_t>(order.columns[place])].type;
  }
};

// The i-th value that a range names: the prefix, then `after`.
inline const Value& ValueAt(const Range& range, std::size_t i) {
  return i < range.prefix.size() ? range.prefix[i] : range.after[i - range.prefix.size()];
}

// Immutable, thread-safe. The tables outlive it.
class Catalog {
 public:
  // INVALID_ARGUMENT if a description is not well-formed or a name is taken twice.
  static absl::StatusOr<Catalog> Make(absl::Span<const Table* const> tables, Dialect dialect);

  // The table, looked up by address, else by name. INTERNAL if the store was opened without it.
  absl::StatusOr<const SqlTable*> Find(const Table& table) const;
  // Null if there is no table of this name.
  const Table* Named(absl::string_view name) const;
  const std::vector<SqlTable>& tables() const { return tables_; }

 private:
  std::vector<SqlTable> tables_;
  absl::flat_hash_map<const Table*, std::size_t> by_address_;
  absl::flat_hash_map<std::string, std::size_t> by_name_;
};

// Keys, ranges and rows that do not fit their table are bugs of the caller: INTERNAL.
absl::Status CheckKey(const Table& table, absl::Span<const Value> key);
absl::StatusOr<const SqlOrder*> CheckRange(const SqlTable& table, const Range& range);
// Also writes `sequence` into the sequence column, if there is one.
absl::Status Complete(const Table& table, Row& row, std::int64_t sequence);

absl::string_view SqlType(Dialect dialect, ColumnType type);
std::string Quoted(absl::string_view name);

}  // namespace rapport::store

#endif  // RAPPORT_COMMON_STORE_SQL_CATALOG_H_
