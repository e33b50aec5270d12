#include "common/store/sqlite_access.h"

#include <algorithm>
#include <utility>

#include "absl/strings/string_view.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"

namespace rapport::store {
namespace {

void ReadRow(const Statement& statement, int first, std::size_t columns, Row& row) {
  row.resize(columns);
  for (std::size_t i = 0; i < columns; ++i) {
    row[i] = statement.Column(first + static_cast<int>(i));
  }
}

}  // namespace

absl::StatusOr<Statement*> SqliteAccess::Keyed(const SqlTable& table, StatementKind kind,
                                               absl::Span<const Value> key) {
  RETURN_IF_ERROR(CheckKey(*table.table, key));
  ASSIGN_OR_RETURN(Statement* const statement, connection_.Cached(table.Key(kind), false, [&] {
    return kind == StatementKind::kGet ? table.Get() : table.Delete();
  }));
  statement->BindText(1, tenant_.value());
  for (std::size_t i = 0; i < key.size(); ++i) {
    statement->Bind(static_cast<int>(i) + 2, key[i], table.table->columns[i].type);
  }
  return statement;
}

absl::StatusOr<std::optional<Row>> SqliteAccess::Get(const Table& table,
                                                     absl::Span<const Value> key) {
  ASSIGN_OR_RETURN(const SqlTable* const sql, catalog_.Find(table));
  ASSIGN_OR_RETURN(Statement* const statement, Keyed(*sql, StatementKind::kGet, key));
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
  ASSIGN_OR_RETURN(const SqlTable* const sql, catalog_.Find(table));
  ASSIGN_OR_RETURN(const SqlOrder* const order, CheckRange(*sql, range));
  const std::size_t prefix = range.prefix.size();
  const std::size_t after = range.after.size();
  ASSIGN_OR_RETURN(
      Statement* const statement,
      connection_.Cached(
          sql->Key(StatementKind::kScan, range.index + 1, prefix, after, range.descending), false,
          [&] { return sql->Scan(*order, prefix, after, range.descending); }));
  const StatementScope scope(statement);
  statement->BindText(1, tenant_.value());
  for (std::size_t i = 0; i < prefix + after; ++i) {
    const Value& value = i < prefix ? range.prefix[i] : range.after[i - prefix];
    const auto column = static_cast<std::size_t>(order->columns[i]);
    statement->Bind(static_cast<int>(i) + 2, value, table.columns[column].type);
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
  ASSIGN_OR_RETURN(const SqlTable* const sql, catalog_.Find(table));
  if (table.sequence_column < 0 || limit < 0) return errors::Bug();
  ASSIGN_OR_RETURN(
      Statement* const statement,
      connection_.Cached(sql->Key(StatementKind::kFeed), true, [&] { return sql->Feed(); }));
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
  return Write(table, StatementKind::kPut, row, sequence);
}

absl::Status SqliteAccess::Insert(const Table& table, Row& row, std::int64_t sequence) {
  return Write(table, StatementKind::kInsert, row, sequence);
}

absl::Status SqliteAccess::Write(const Table& table, StatementKind kind, Row& row,
                                 std::int64_t sequence) {
  ASSIGN_OR_RETURN(const SqlTable* const sql, catalog_.Find(table));
  RETURN_IF_ERROR(Complete(table, row, sequence));
  ASSIGN_OR_RETURN(Statement* const statement, connection_.Cached(sql->Key(kind), false, [&] {
    return kind == StatementKind::kPut ? sql->Put() : sql->Insert();
  }));
  const StatementScope scope(statement);
  statement->BindText(1, tenant_.value());
  for (std::size_t i = 0; i < row.size(); ++i) {
    statement->Bind(static_cast<int>(i) + 2, row[i], table.columns[i].type);
  }
  const int code = statement->Step();
  return code == SQLITE_DONE ? absl::OkStatus() : Refusal(*sql, code);
}

absl::Status SqliteAccess::Delete(const Table& table, absl::Span<const Value> key) {
  ASSIGN_OR_RETURN(const SqlTable* const sql, catalog_.Find(table));
  ASSIGN_OR_RETURN(Statement* const statement, Keyed(*sql, StatementKind::kDelete, key));
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
