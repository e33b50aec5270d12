#include "common/store/sql_catalog.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"

namespace rapport::store {
namespace {

bool IsName(absl::string_view name) {
  return !name.empty() && !absl::StartsWith(name, "sqlite_") &&
         !absl::StartsWith(name, "rapport_") && std::all_of(name.begin(), name.end(), [](char c) {
           return absl::ascii_islower(static_cast<unsigned char>(c)) ||
                  absl::ascii_isdigit(static_cast<unsigned char>(c)) || c == '_';
         });
}

absl::Status Check(const Table& table) {
  const auto refuse = [&](absl::string_view why) {
    return absl::InvalidArgumentError(absl::StrCat("table ", table.name, ": ", why));
  };
  if (!IsName(table.name)) return refuse("a name is [a-z0-9_]+");
  const int columns = static_cast<int>(table.columns.size());
  std::set<std::string> names = {"tenant"};
  for (const Column& column : table.columns) {
    if (!IsName(column.name)) return refuse("a column's name is [a-z0-9_]+");
    if (!names.insert(column.name).second) return refuse("a column's name is taken");
  }
  if (table.key_columns < 1 || table.key_columns > columns) return refuse("key columns");
  std::set<std::string> indexes;
  for (const Index& index : table.indexes) {
    if (!IsName(index.name)) return refuse("an index's name is [a-z0-9_]+");
    if (!indexes.insert(index.name).second) return refuse("an index's name is taken");
    if (index.columns.empty()) return refuse("an index without columns");
    const std::set<int> distinct(index.columns.begin(), index.columns.end());
    if (distinct.size() != index.columns.size() || *distinct.begin() < 0 ||
        *distinct.rbegin() >= columns) {
      return refuse("an index's columns");
    }
  }
  const int sequence = table.sequence_column;
  if (sequence < -1 || sequence >= columns) return refuse("sequence column");
  if (sequence >= 0 &&
      (sequence < table.key_columns ||
       table.columns[static_cast<std::size_t>(sequence)].type != ColumnType::kInt)) {
    return refuse("the sequence column is an integer outside the key");
  }
  return absl::OkStatus();
}

const std::string& ColumnName(const Table& table, int column) {
  return table.columns[static_cast<std::size_t>(column)].name;
}

std::string UniqueError(const Table& table, const std::vector<int>& columns) {
  std::string text = absl::StrCat("UNIQUE constraint failed: ", table.name, ".tenant");
  for (const int c : columns) absl::StrAppend(&text, ", ", table.name, ".", ColumnName(table, c));
  return text;
}

// PostgreSQL's parameters have numbers; the tenant is the first.
std::string Numbered(Dialect dialect, std::string sql) {
  if (dialect == Dialect::kSqlite) return sql;
  constexpr absl::string_view kTenant = ":tenant";
  std::string out;
  int number = 0;
  for (std::size_t i = 0; i < sql.size(); ++i) {
    if (absl::StartsWith(absl::string_view(sql).substr(i), kTenant)) {
      absl::StrAppend(&out, "$", ++number);
      i += kTenant.size() - 1;
    } else if (sql[i] == '?') {
      absl::StrAppend(&out, "$", ++number);
    } else {
      out.push_back(sql[i]);
    }
  }
  return out;
}

bool Fits(const Value& value, ColumnType type, bool nullable) {
  if (std::holds_alternative<std::monostate>(value)) return nullable;
  return std::holds_alternative<std::int64_t>(value) == (type == ColumnType::kInt);
}

SqlOrder PrimaryOrder(const Table& table) {
  SqlOrder order;
  order.sql_name = absl::StrCat("sqlite_autoindex_", table.name, "_1");
  for (int c = 0; c < table.key_columns; ++c) order.columns.push_back(c);
  order.own = order.columns.size();
  return order;
}

SqlOrder IndexOrder(const Table& table, const Index& index) {
  SqlOrder order;
  order.sql_name = absl::StrCat(table.name, "__", index.name);
  order.columns = index.columns;
  for (const int c : index.columns) {
    absl::StrAppend(&order.not_null, " AND ", Quoted(ColumnName(table, c)), " IS NOT NULL");
  }
  for (int c = 0; c < table.key_columns; ++c) {
    if (std::find(index.columns.begin(), index.columns.end(), c) == index.columns.end()) {
      order.columns.push_back(c);
    }
  }
  order.own = index.unique ? index.columns.size() : order.columns.size();
  if (index.unique) order.unique_error = UniqueError(table, index.columns);
  return order;
}

// "a"=? AND "b"=? …
std::string KeyCondition(const Table& table) {
  std::string sql = "tenant=:tenant";
  for (int c = 0; c < table.key_columns; ++c) {
    absl::StrAppend(&sql, " AND ", Quoted(ColumnName(table, c)), "=?");
  }
  return sql;
}

std::string ColumnList(const Table& table) {
  std::string sql;
  for (const Column& column : table.columns) {
    absl::StrAppend(&sql, sql.empty() ? "" : ",", Quoted(column.name));
  }
  return sql;
}

std::string InsertInto(const Table& table) {
  return absl::StrCat("INSERT INTO ", Quoted(table.name), "(tenant,", ColumnList(table), ")");
}

std::string Marks(const Table& table) {
  std::string marks = ":tenant";
  for (std::size_t i = 0; i < table.columns.size(); ++i) absl::StrAppend(&marks, ",?");
  return marks;
}

// The row that has the same key is replaced.
std::string OrReplace(const Table& table) {
  std::string key = "tenant";
  std::string set;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const std::string name = Quoted(table.columns[i].name);
    if (i < static_cast<std::size_t>(table.key_columns)) {
      absl::StrAppend(&key, ",", name);
    } else {
      absl::StrAppend(&set, set.empty() ? "" : ",", name, "=excluded.", name);
    }
  }
  return absl::StrCat(" ON CONFLICT(", key, ") DO ",
                      set.empty() ? "NOTHING" : absl::StrCat("UPDATE SET ", set));
}

// Only SQLite can be told which index to read by.
std::string IndexedBy(Dialect dialect, const std::string& index) {
  return dialect == Dialect::kSqlite ? absl::StrCat(" INDEXED BY ", Quoted(index)) : "";
}

// `mark` stands for a value of the range; the tenant and the limit are still `:tenant` and `?`.
std::string ScanText(const SqlTable& of, const SqlOrder& order, std::size_t prefix,
                     std::size_t after, bool descending,
                     absl::FunctionRef<std::string(std::size_t)> mark) {
  const Table& table = *of.table;
  std::string sql = absl::StrCat("SELECT ", ColumnList(table), " FROM ", Quoted(table.name),
                                 IndexedBy(of.dialect, order.sql_name), " WHERE tenant=:tenant");
  for (std::size_t i = 0; i < prefix; ++i) {
    absl::StrAppend(&sql, " AND ", Quoted(ColumnName(table, order.columns[i])), "=", mark(i));
  }
  if (after > 0) {
    std::string names;
    std::string marks;
    for (std::size_t i = prefix; i < prefix + after; ++i) {
      const char* const comma = i == prefix ? "" : ",";
      absl::StrAppend(&names, comma, Quoted(ColumnName(table, order.columns[i])));
      absl::StrAppend(&marks, comma, mark(i));
    }
    absl::StrAppend(&sql, " AND (", names, ")", descending ? "<" : ">", "(", marks, ")");
  }
  absl::StrAppend(&sql, order.not_null);
  std::string by;
  for (std::size_t i = prefix; i < order.own; ++i) {
    absl::StrAppend(&by, by.empty() ? " ORDER BY " : ",",
                    Quoted(ColumnName(table, order.columns[i])), descending ? " DESC" : "");
  }
  return absl::StrCat(sql, by, " LIMIT ?");
}

}  // namespace

absl::string_view SqlType(Dialect dialect, ColumnType type) {
  const bool sqlite = dialect == Dialect::kSqlite;
  switch (type) {
    case ColumnType::kInt:
      return sqlite ? "INTEGER" : "BIGINT";
    case ColumnType::kText:
      return sqlite ? "TEXT" : "TEXT COLLATE \"C\"";
    case ColumnType::kBytes:
      return sqlite ? "BLOB" : "BYTEA";
  }
  return "";
}

std::string Quoted(absl::string_view name) { return absl::StrCat("\"", name, "\""); }

bool SqlTable::has_unique_index() const {
  return std::any_of(table->indexes.begin(), table->indexes.end(),
                     [](const Index& index) { return index.unique; });
}

std::string SqlTable::CreateTable() const {
  const bool sqlite = dialect == Dialect::kSqlite;
  std::string sql = absl::StrCat("CREATE TABLE ", Quoted(table->name), " (tenant ",
                                 SqlType(dialect, ColumnType::kText), " NOT NULL",
                                 sqlite ? "" : " CHECK (tenant <> '')");
  std::string key = "tenant";
  for (std::size_t i = 0; i < table->columns.size(); ++i) {
    const Column& column = table->columns[i];
    absl::StrAppend(&sql, ", ", Quoted(column.name), " ", SqlType(dialect, column.type));
    if (i < static_cast<std::size_t>(table->key_columns)) {
      absl::StrAppend(&sql, " NOT NULL");
      absl::StrAppend(&key, ", ", Quoted(column.name));
    }
  }
  return absl::StrCat(sql, ", PRIMARY KEY (", key, "))", sqlite ? " STRICT" : "");
}

std::string SqlTable::CreateIndex(std::size_t i) const {
  const SqlOrder& order = orders[i + 1];
  std::string columns = "tenant";
  for (std::size_t c = 0; c < order.own; ++c) {
    absl::StrAppend(&columns, ", ", Quoted(ColumnName(*table, order.columns[c])));
  }
  return absl::StrCat("CREATE ", table->indexes[i].unique ? "UNIQUE " : "", "INDEX ",
                      Quoted(order.sql_name), " ON ", Quoted(table->name), " (", columns,
                      ") WHERE ", order.not_null.substr(5));
}

std::string SqlTable::SequenceIndexName() const { return table->name + "__sequence"; }

// Not unique on PostgreSQL: there a unique index without the tenant could not be distributed.
std::string SqlTable::CreateSequenceIndex() const {
  return absl::StrCat("CREATE ", dialect == Dialect::kSqlite ? "UNIQUE " : "", "INDEX ",
                      Quoted(SequenceIndexName()), " ON ", Quoted(table->name), " (",
                      Quoted(ColumnName(*table, table->sequence_column)), ")");
}

std::string SqlTable::AddColumn(std::size_t i) const {
  return absl::StrCat("ALTER TABLE ", Quoted(table->name), " ADD COLUMN ",
                      Quoted(table->columns[i].name), " ",
                      SqlType(dialect, table->columns[i].type));
}

std::string SqlTable::Get() const {
  return Numbered(dialect, absl::StrCat("SELECT ", ColumnList(*table), " FROM ",
                                        Quoted(table->name), " WHERE ", KeyCondition(*table)));
}

std::string SqlTable::Delete() const {
  return Numbered(
      dialect, absl::StrCat("DELETE FROM ", Quoted(table->name), " WHERE ", KeyCondition(*table)));
}

std::string SqlTable::Insert() const {
  return Numbered(dialect, absl::StrCat(InsertInto(*table), " VALUES(", Marks(*table), ")"));
}

std::string SqlTable::Put() const {
  return Numbered(
      dialect, absl::StrCat(InsertInto(*table), " VALUES(", Marks(*table), ")", OrReplace(*table)));
}

std::string SqlTable::InsertMany() const {
  std::string arrays;
  for (std::size_t i = 0; i < table->columns.size(); ++i) {
    absl::StrAppend(&arrays, i == 0 ? "$" : ",$", i + 2);
  }
  return absl::StrCat(InsertInto(*table), " SELECT $1,r.* FROM unnest(", arrays, ") r");
}

std::string SqlTable::PutMany() const { return absl::StrCat(InsertMany(), OrReplace(*table)); }

std::string SqlTable::Scan(const SqlOrder& order, std::size_t prefix, std::size_t after,
                           bool descending) const {
  return Numbered(dialect, ScanText(*this, order, prefix, after, descending,
                                    [](std::size_t) { return std::string("?"); }));
}

std::string SqlTable::ScanMany(const SqlOrder& order, std::size_t prefix, std::size_t after,
                               bool descending) const {
  std::string arrays;
  std::string names;
  for (std::size_t i = 0; i < prefix + after; ++i) {
    absl::StrAppend(&arrays, i == 0 ? "$" : ",$", i + 2);
    absl::StrAppend(&names, "v", i, ",");
  }
  // A subquery with a limit is planned as it stands: for every range one look into the index.
  std::string one = ScanText(*this, order, prefix, after, descending,
                             [](std::size_t i) { return absl::StrCat("w.v", i); });
  return absl::StrCat("SELECT w.n,r.* FROM unnest(", arrays, ") WITH ORDINALITY AS w(", names,
                      "n),LATERAL(",
                      absl::StrReplaceAll(one, {{":tenant", "$1"}, {"LIMIT ?", "LIMIT 1"}}), ") r");
}

std::string SqlTable::Feed() const {
  const std::string sequence = Quoted(ColumnName(*table, table->sequence_column));
  return Numbered(dialect,
                  absl::StrCat("SELECT tenant,", ColumnList(*table), " FROM ", Quoted(table->name),
                               IndexedBy(dialect, SequenceIndexName()), " WHERE ", sequence,
                               ">? ORDER BY ", sequence, " LIMIT ?"));
}

std::uint64_t SqlTable::Key(StatementKind kind, int index, std::size_t prefix, std::size_t after,
                            bool descending) const {
  return (static_cast<std::uint64_t>(id) << 40) | (static_cast<std::uint64_t>(kind) << 32) |
         (static_cast<std::uint64_t>(index) << 24) | (static_cast<std::uint64_t>(prefix) << 16) |
         (static_cast<std::uint64_t>(after) << 8) | (descending ? 1 : 0);
}

absl::StatusOr<Catalog> Catalog::Make(absl::Span<const Table* const> tables, Dialect dialect) {
  Catalog catalog;
  for (const Table* table : tables) {
    RETURN_IF_ERROR(Check(*table));
    const std::size_t id = catalog.tables_.size();
    if (!catalog.by_name_.emplace(table->name, id).second) {
      return absl::InvalidArgumentError(absl::StrCat("table ", table->name, " is named twice"));
    }
    catalog.by_address_.emplace(table, id);
    SqlTable sql;
    sql.table = table;
    sql.dialect = dialect;
    sql.id = static_cast<int>(id);
    sql.orders.push_back(PrimaryOrder(*table));
    for (const Index& index : table->indexes) sql.orders.push_back(IndexOrder(*table, index));
    catalog.tables_.push_back(std::move(sql));
  }
  return catalog;
}

absl::StatusOr<const SqlTable*> Catalog::Find(const Table& table) const {
  if (const auto it = by_address_.find(&table); it != by_address_.end()) {
    return &tables_[it->second];
  }
  const auto it = by_name_.find(table.name);
  if (it == by_name_.end()) return errors::Bug();
  const SqlTable& found = tables_[it->second];
  if (found.table->columns.size() != table.columns.size()) return errors::Bug();
  return &found;
}

const Table* Catalog::Named(absl::string_view name) const {
  const auto it = by_name_.find(name);
  return it == by_name_.end() ? nullptr : tables_[it->second].table;
}

absl::Status CheckKey(const Table& table, absl::Span<const Value> key) {
  if (key.size() != static_cast<std::size_t>(table.key_columns)) return errors::Bug();
  for (std::size_t i = 0; i < key.size(); ++i) {
    if (!Fits(key[i], table.columns[i].type, false)) return errors::Bug();
  }
  return absl::OkStatus();
}

absl::StatusOr<const SqlOrder*> CheckRange(const SqlTable& table, const Range& range) {
  if (range.index < -1 || range.limit < 0) return errors::Bug();
  const std::size_t which = static_cast<std::size_t>(range.index) + 1;
  if (which >= table.orders.size()) return errors::Bug();
  const SqlOrder& order = table.orders[which];
  const std::size_t prefix = range.prefix.size();
  const std::size_t after = range.after.size();
  if (prefix + after > order.columns.size()) return errors::Bug();
  for (std::size_t i = 0; i < prefix + after; ++i) {
    // NULL equals nothing, so as a prefix it is an empty range; "behind NULL" has no meaning.
    if (!Fits(ValueAt(range, i), table.TypeAt(order, i), i < prefix)) return errors::Bug();
  }
  return &order;
}

absl::Status Complete(const Table& table, Row& row, std::int64_t sequence) {
  if (row.size() != table.columns.size()) return errors::Bug();
  if (table.sequence_column >= 0) {
    row[static_cast<std::size_t>(table.sequence_column)] = sequence;
  }
  for (std::size_t i = 0; i < row.size(); ++i) {
    const bool nullable = i >= static_cast<std::size_t>(table.key_columns);
    if (!Fits(row[i], table.columns[i].type, nullable)) return errors::Bug();
  }
  return absl::OkStatus();
}

}  // namespace rapport::store
