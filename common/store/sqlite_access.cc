#include "common/store/sqlite_access.h"

#include <algorithm>
#include <utility>

#include "absl/strings/string_view.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"

namespace rapport::store {
namespace {

// The key of a statement in the connection's cache.
std::uint64_t StatementKey(int table, std::uint8_t kind, int index = 0, std::size_t prefix = 0,
                           std::size_t after = 0, bool descending = false) {
  return (static_cast<std::uint64_t>(table) << 40) | (static_cast<std::uint64_t>(kind) << 32) |
         (static_cast<std::uint64_t>(index) << 24) | (static_cast<std::uint64_t>(prefix) << 16) |
         (static_cast<std::uint64_t>(after) << 8) | (descending ? 1 : 0);
}

bool Fits(const Value& value, ColumnType type, bool nullable) {
  if (std::holds_alternative<std::monostate>(value)) return nullable;
  return std::holds_alternative<std::int64_t>(value) == (type == ColumnType::kInt);
}

ColumnType TypeOf(const Table& table, int column) {
  return table.columns[static_cast<std::size_t>(column)].type;
}

void ReadRow(const Statement& statement, int first, std::size_t columns, Row& row) {
  row.resize(columns);
  for (std::size_t i = 0; i < columns; ++i) {
    row[i] = statement.Column(first + static_cast<int>(i));
  }
}

}  // namespace

absl::StatusOr<const SqlTable*> SqliteAccess::Find(const Table& table) const {
  const SqlTable* const found = catalog_.Find(table);
  if (found == nullptr) return errors::Bug();
  return found;
}

absl::StatusOr<Statement*> SqliteAccess::Keyed(const SqlTable& table, Kind kind,
                                               absl::Span<const Value> key) {
  if (key.size() != static_cast<std::size_t>(table.table->key_columns)) return errors::Bug();
  for (std::size_t i = 0; i < key.size(); ++i) {
    if (!Fits(key[i], table.table->columns[i].type, false)) return errors::Bug();
  }
  ASSIGN_OR_RETURN(
      Statement* const statement,
      connection_.Cached(StatementKey(table.id, static_cast<std::uint8_t>(kind)), false,
                         [&] { return kind == Kind::kGet ? table.Get() : table.Delete(); }));
  statement->BindText(1, tenant_.value());
  for (std::size_t i = 0; i < key.size(); ++i) {
    statement->Bind(static_cast<int>(i) + 2, key[i], table.table->columns[i].type);
  }
  return statement;
}

absl::StatusOr<std::optional<Row>> SqliteAccess::Get(const Table& table,
                                                     absl::Span<const Value> key) {
  ASSIGN_OR_RETURN(const SqlTable* const sql, Find(table));
  ASSIGN_OR_RETURN(Statement* const statement, Keyed(*sql, Kind::kGet, key));
  const StatementScope scope(statement);
  const int code = statement->Step();
  if (code == SQLITE_DONE) return std::nullopt;
  if (code != SQLITE_ROW) return connection_.Translate(code);
  Row row;
  ReadRow(*statement, 0, table.columns.size(), row);
  return row;
}

absl::Status SqliteAccess::Scan(const Table& table, const Range& range,
                                absl::FunctionRef<bool(Row&)> visit) {
  ASSIGN_OR_RETURN(const SqlTable* const sql, Find(table));
  if (range.index < -1 || range.limit < 0) return errors::Bug();
  const std::size_t which = static_cast<std::size_t>(range.index) + 1;
  if (which >= sql->orders.size()) return errors::Bug();
  const SqlOrder& order = sql->orders[which];
  const std::size_t prefix = range.prefix.size();
  const std::size_t after = range.after.size();
  if (prefix + after > order.columns.size()) return errors::Bug();
  ASSIGN_OR_RETURN(
      Statement* const statement,
      connection_.Cached(StatementKey(sql->id, static_cast<std::uint8_t>(Kind::kScan),
                                      range.index + 1, prefix, after, range.descending),
                         false, [&] { return sql->Scan(order, prefix, after, range.descending); }));
  const StatementScope scope(statement);
  statement->BindText(1, tenant_.value());
  for (std::size_t i = 0; i < prefix + after; ++i) {
    const Value& value = i < prefix ? range.prefix[i] : range.after[i - prefix];
    const ColumnType type = TypeOf(table, order.columns[i]);
    // NULL equals nothing, so as a prefix it is an empty range; "behind NULL" has no meaning.
    if (!Fits(value, type, i < prefix)) return errors::Bug();
    statement->Bind(static_cast<int>(i) + 2, value, type);
  }
  statement->BindInt(static_cast<int>(prefix + after) + 2, range.limit == 0 ? -1 : range.limit);
  Row row;
  for (;;) {
    const int code = statement->Step();
    if (code == SQLITE_DONE) return absl::OkStatus();
    if (code != SQLITE_ROW) return connection_.Translate(code);
    ReadRow(*statement, 0, table.columns.size(), row);
    if (!visit(row)) return absl::OkStatus();
  }
}

absl::Status SqliteAccess::Feed(
    const Table& table, std::int64_t after, int limit,
    absl::FunctionRef<bool(const base::TenantId&, std::int64_t, Row&)> visit) {
  ASSIGN_OR_RETURN(const SqlTable* const sql, Find(table));
  if (table.sequence_column < 0 || limit < 0) return errors::Bug();
  ASSIGN_OR_RETURN(Statement* const statement,
                   connection_.Cached(StatementKey(sql->id, static_cast<std::uint8_t>(Kind::kFeed)),
                                      true, [&] { return sql->Feed(); }));
  const StatementScope scope(statement);
  statement->BindInt(1, after);
  statement->BindInt(2, limit);
  Row row;
  for (;;) {
    const int code = statement->Step();
    if (code == SQLITE_DONE) return absl::OkStatus();
    if (code != SQLITE_ROW) return connection_.Translate(code);
    const auto tenant = base::TenantId::Trusted(std::string(statement->Text(0)));
    const std::int64_t sequence = statement->Int(table.sequence_column + 1);
    ReadRow(*statement, 1, table.columns.size(), row);
    if (!visit(tenant, sequence, row)) return absl::OkStatus();
  }
}

absl::Status SqliteAccess::Put(const Table& table, Row& row, std::int64_t sequence) {
  return Write(table, Kind::kPut, row, sequence);
}

absl::Status SqliteAccess::Insert(const Table& table, Row& row, std::int64_t sequence) {
  return Write(table, Kind::kInsert, row, sequence);
}

absl::Status SqliteAccess::Write(const Table& table, Kind kind, Row& row, std::int64_t sequence) {
  ASSIGN_OR_RETURN(const SqlTable* const sql, Find(table));
  if (row.size() != table.columns.size()) return errors::Bug();
  if (table.sequence_column >= 0) {
    row[static_cast<std::size_t>(table.sequence_column)] = sequence;
  }
  for (std::size_t i = 0; i < row.size(); ++i) {
    const bool nullable = i >= static_cast<std::size_t>(table.key_columns);
    if (!Fits(row[i], table.columns[i].type, nullable)) return errors::Bug();
  }
  ASSIGN_OR_RETURN(
      Statement* const statement,
      connection_.Cached(StatementKey(sql->id, static_cast<std::uint8_t>(kind)), false,
                         [&] { return kind == Kind::kPut ? sql->Put() : sql->Insert(); }));
  const StatementScope scope(statement);
  statement->BindText(1, tenant_.value());
  for (std::size_t i = 0; i < row.size(); ++i) {
    statement->Bind(static_cast<int>(i) + 2, row[i], table.columns[i].type);
  }
  const int code = statement->Step();
  return code == SQLITE_DONE ? absl::OkStatus() : Refusal(*sql, code);
}

absl::Status SqliteAccess::Delete(const Table& table, absl::Span<const Value> key) {
  ASSIGN_OR_RETURN(const SqlTable* const sql, Find(table));
  ASSIGN_OR_RETURN(Statement* const statement, Keyed(*sql, Kind::kDelete, key));
  const StatementScope scope(statement);
  const int code = statement->Step();
  return code == SQLITE_DONE ? absl::OkStatus() : connection_.Translate(code);
}

absl::Status SqliteAccess::Refusal(const SqlTable& table, int code) {
  if (code == SQLITE_CONSTRAINT_PRIMARYKEY) return absl::AlreadyExistsError("primary");
  if (code == SQLITE_CONSTRAINT_UNIQUE) {
    const absl::string_view text = sqlite3_errmsg(connection_.db());
    for (std::size_t i = 1; i < table.orders.size(); ++i) {
      if (table.orders[i].unique_error == text) {
        return absl::AlreadyExistsError(table.table->indexes[i - 1].name);
      }
    }
  }
  return connection_.Translate(code);
}

}  // namespace rapport::store
