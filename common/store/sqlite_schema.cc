#include "common/store/sqlite_schema.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "common/base/failpoint.h"
#include "common/base/status_macros.h"

namespace rapport::store {
namespace {

// The shape of the engine's own part of the file.
constexpr std::int64_t kFormat = 1;
constexpr absl::string_view kFormer = "former ";  // and an id that the store had
constexpr char kNewer[] =
    "the file was written by a newer release: start that release, or restore a backup";

absl::StatusOr<std::string> QueryText(Connection& connection, const std::string& sql,
                                      absl::string_view argument) {
  ASSIGN_OR_RETURN(const auto statement, connection.Prepare(sql));
  statement->BindText(1, argument);
  const int code = statement->Step();
  if (code == SQLITE_DONE) return std::string();
  if (code != SQLITE_ROW) return connection.Translate(code);
  return std::string(statement->Text(0));
}

absl::StatusOr<std::int64_t> MetaInt(Connection& connection, absl::string_view key,
                                     std::int64_t fallback) {
  return connection.QueryInt(absl::StrCat("SELECT number FROM rapport_meta WHERE key='", key, "'"),
                             fallback);
}

absl::Status SetMeta(Connection& connection, absl::string_view key, std::int64_t number,
                     absl::string_view text) {
  ASSIGN_OR_RETURN(const auto statement,
                   connection.Prepare("INSERT INTO rapport_meta(key,number,text) VALUES(?,?,?) ON "
                                      "CONFLICT(key) DO UPDATE SET number=excluded.number,"
                                      "text=excluded.text"));
  statement->BindText(1, key);
  statement->BindInt(2, number);
  statement->BindText(3, text);
  const int code = statement->Step();
  return code == SQLITE_DONE ? absl::OkStatus() : connection.Translate(code);
}

struct StoredColumn {
  std::string name;
  std::string type;
  std::int64_t key_position = 0;  // from 1; 0 outside the key
};

absl::StatusOr<std::vector<StoredColumn>> StoredColumns(Connection& connection,
                                                        const std::string& table) {
  ASSIGN_OR_RETURN(const auto statement,
                   connection.Prepare("SELECT name,type,pk FROM pragma_table_info(?)"));
  statement->BindText(1, table);
  std::vector<StoredColumn> columns;
  for (;;) {
    const int code = statement->Step();
    if (code == SQLITE_DONE) return columns;
    if (code != SQLITE_ROW) return connection.Translate(code);
    columns.push_back(
        {std::string(statement->Text(0)), std::string(statement->Text(1)), statement->Int(2)});
  }
}

// Columns are told by their names; those of earlier versions stay.
absl::Status UpdateColumns(Connection& connection, const SqlTable& sql) {
  const Table& table = *sql.table;
  ASSIGN_OR_RETURN(const auto stored, StoredColumns(connection, table.name));
  if (stored.empty()) return connection.Execute(sql.CreateTable());
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const Column& column = table.columns[i];
    const bool in_key = i < static_cast<std::size_t>(table.key_columns);
    const std::int64_t key_position = in_key ? static_cast<std::int64_t>(i) + 2 : 0;
    const auto known = std::find_if(stored.begin(), stored.end(),
                                    [&](const auto& other) { return other.name == column.name; });
    if (known == stored.end() && !in_key) {
      RETURN_IF_ERROR(connection.Execute(sql.AddColumn(i)));
    } else if (known == stored.end() || known->key_position != key_position ||
               known->type != SqlType(Dialect::kSqlite, column.type)) {
      return absl::FailedPreconditionError(absl::StrCat(
          "column ", column.name, " of table ", table.name, " is not what this program knows"));
    }
  }
  const auto in_key = std::count_if(stored.begin(), stored.end(),
                                    [](const auto& column) { return column.key_position > 1; });
  if (in_key == table.key_columns) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("the key of table ", table.name, " is not what this program knows"));
}

absl::Status UpdateIndex(Connection& connection, const std::string& name,
                         const std::string& create) {
  ASSIGN_OR_RETURN(
      const std::string stored,
      QueryText(connection, "SELECT sql FROM sqlite_schema WHERE type='index' AND name=?", name));
  if (stored.empty()) return connection.Execute(create);
  if (stored == create) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("index ", name, " is not what this program knows"));
}

// Over the sequenced tables of the file, not only of the catalog: a program that opens some of the
// tables must not give a sequence twice.
absl::StatusOr<std::int64_t> HighestSequence(Connection& connection) {
  ASSIGN_OR_RETURN(std::int64_t highest, MetaInt(connection, "sequence", 0));
  ASSIGN_OR_RETURN(const auto statement,
                   connection.Prepare(
                       "SELECT s.tbl_name, i.name FROM sqlite_schema s, pragma_index_info(s.name) i"
                       " WHERE s.type='index' AND s.name=s.tbl_name||'__sequence'"));
  std::vector<std::pair<std::string, std::string>> columns;
  int code = statement->Step();
  for (; code == SQLITE_ROW; code = statement->Step()) {
    columns.emplace_back(statement->Text(0), statement->Text(1));
  }
  if (code != SQLITE_DONE) return connection.Translate(code);
  for (const auto& [table, column] : columns) {
    ASSIGN_OR_RETURN(const std::int64_t last,
                     connection.QueryInt(
                         absl::StrCat("SELECT max(", Quoted(column), ") FROM ", Quoted(table)), 0));
    highest = std::max(highest, last);
  }
  return highest;
}

absl::StatusOr<std::vector<std::string>> FormerIds(Connection& connection) {
  ASSIGN_OR_RETURN(const auto statement,
                   connection.Prepare("SELECT key FROM rapport_meta WHERE key GLOB 'former *'"));
  std::vector<std::string> ids;
  for (;;) {
    const int code = statement->Step();
    if (code == SQLITE_DONE) return ids;
    if (code != SQLITE_ROW) return connection.Translate(code);
    ids.emplace_back(absl::StripPrefix(statement->Text(0), kFormer));
  }
}

absl::StatusOr<StoredState> Update(Connection& connection, const Catalog& catalog,
                                   int schema_version, const std::string& new_id,
                                   KnownStore known) {
  RETURN_IF_ERROR(connection.Execute(
      "CREATE TABLE IF NOT EXISTS rapport_meta (key TEXT PRIMARY KEY, number INTEGER, text TEXT) "
      "STRICT, WITHOUT ROWID"));
  ASSIGN_OR_RETURN(const std::int64_t format, MetaInt(connection, "format", kFormat));
  ASSIGN_OR_RETURN(const std::int64_t version, MetaInt(connection, "schema_version", 0));
  if (format > kFormat || version > schema_version) return absl::FailedPreconditionError(kNewer);
  for (const SqlTable& table : catalog.tables()) {
    RETURN_IF_ERROR(UpdateColumns(connection, table));
    for (std::size_t i = 0; i < table.table->indexes.size(); ++i) {
      RETURN_IF_ERROR(UpdateIndex(connection, table.orders[i + 1].sql_name, table.CreateIndex(i)));
    }
    if (table.table->sequence_column >= 0) {
      RETURN_IF_ERROR(
          UpdateIndex(connection, table.SequenceIndexName(), table.CreateSequenceIndex()));
    }
  }
  RETURN_IF_ERROR(SetMeta(connection, "format", kFormat, ""));
  RETURN_IF_ERROR(SetMeta(connection, "schema_version", schema_version, ""));
  StoredState state;
  ASSIGN_OR_RETURN(state.id,
                   QueryText(connection, "SELECT text FROM rapport_meta WHERE key=?", "store_id"));
  ASSIGN_OR_RETURN(state.sequence, HighestSequence(connection));
  if (state.id.empty() || !known(state.id, state.sequence)) {
    if (!state.id.empty()) {
      RETURN_IF_ERROR(SetMeta(connection, absl::StrCat(kFormer, state.id), state.sequence, ""));
    }
    state.id = new_id;
    RETURN_IF_ERROR(SetMeta(connection, "store_id", 0, new_id));
  }
  ASSIGN_OR_RETURN(state.former_ids, FormerIds(connection));
  return state;
}

absl::StatusOr<std::vector<std::string>> Parts(Connection& connection) {
  ASSIGN_OR_RETURN(
      const auto statement,
      connection.Prepare(
          "SELECT type||' '||name||iif(type='index',' of table '||tbl_name,'') FROM sqlite_schema"
          " WHERE sql IS NOT NULL UNION ALL SELECT 'column '||c.name||' of table '||t.name FROM"
          " sqlite_schema t, pragma_table_info(t.name) c WHERE t.type='table' ORDER BY 1"));
  std::vector<std::string> parts;
  for (;;) {
    const int code = statement->Step();
    if (code == SQLITE_DONE) return parts;
    if (code != SQLITE_ROW) return connection.Translate(code);
    parts.emplace_back(statement->Text(0));
  }
}

}  // namespace

absl::StatusOr<std::vector<std::string>> WhatIsMissing(Connection& connection,
                                                       const Catalog& catalog, int schema_version) {
  RETURN_IF_ERROR(connection.Execute("BEGIN IMMEDIATE"));
  const auto before = Parts(connection);
  const auto updated = Update(connection, catalog, schema_version, "",
                              [](const std::string&, std::int64_t) { return true; });
  const auto after = Parts(connection);
  if (connection.in_transaction()) connection.Run("ROLLBACK");
  for (const absl::Status& status : {before.status(), updated.status(), after.status()}) {
    RETURN_IF_ERROR(status);
  }
  std::vector<std::string> missing;
  std::set_difference(after->begin(), after->end(), before->begin(), before->end(),
                      std::back_inserter(missing));
  return missing;
}

absl::StatusOr<StoredState> BringUpToDate(Connection& connection, const Catalog& catalog,
                                          int schema_version, const std::string& new_id,
                                          KnownStore known) {
  RETURN_IF_ERROR(connection.Execute("BEGIN IMMEDIATE"));
  auto state = Update(connection, catalog, schema_version, new_id, known);
  base::Failpoint(base::Place::kInMigration);
  if (state.ok()) {
    const absl::Status committed = connection.Execute("COMMIT");
    if (committed.ok()) return state;
    state = committed;
  }
  if (connection.in_transaction()) connection.Run("ROLLBACK");
  return state;
}

absl::StatusOr<FileState> StateOf(Connection& connection) {
  FileState state;
  ASSIGN_OR_RETURN(
      const std::int64_t is_store,
      connection.QueryInt("SELECT count(*) FROM sqlite_schema WHERE name='rapport_meta'", 0));
  if (is_store == 0) return state;
  ASSIGN_OR_RETURN(state.id,
                   QueryText(connection, "SELECT text FROM rapport_meta WHERE key=?", "store_id"));
  ASSIGN_OR_RETURN(state.sequence, HighestSequence(connection));
  ASSIGN_OR_RETURN(state.schema_version, MetaInt(connection, "schema_version", 0));
  return state;
}

absl::Status RememberSequence(Connection& connection, std::int64_t sequence) {
  return SetMeta(connection, "sequence", sequence, "");
}

}  // namespace rapport::store
