#include "benchmarks/bare/rows.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace rapport::benchmarks {
namespace {

std::string Quoted(const std::string& name) { return absl::StrCat("\"", name, "\""); }

std::size_t PlaceOf(const std::vector<std::string>& columns, const std::string& name) {
  const auto it = std::find(columns.begin(), columns.end(), name);
  if (it == columns.end()) {
    std::fprintf(stderr, "rapport_bare: the store has no column %s\n", name.c_str());
    std::exit(1);
  }
  return static_cast<std::size_t>(it - columns.begin());
}

Cell CellOf(sqlite3_stmt* statement, int column) {
  const auto bytes = [&] {
    const void* const data = sqlite3_column_blob(statement, column);
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement, column));
    return data == nullptr ? std::string() : std::string(static_cast<const char*>(data), size);
  };
  switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER:
      return sqlite3_column_int64(statement, column);
    case SQLITE_TEXT:
      return bytes();
    case SQLITE_BLOB:
      return Blob{bytes()};
    default:
      return std::monostate();
  }
}

}  // namespace

Database::Database(const std::string& path, Use use) {
  const bool write = use == Use::kWrite;
  Check(sqlite3_open_v2(
      path.c_str(), &db_,
      (write ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY) | SQLITE_OPEN_NOMUTEX, nullptr));
  if (write) {
    Execute(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-32768; "
        "PRAGMA temp_store=MEMORY; PRAGMA wal_autocheckpoint=4096");
  } else {
    // A service may have the file open, and only its writer moves the log into the file.
    sqlite3_db_config(db_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    sqlite3_busy_timeout(db_, 5000);
  }
}

Database::~Database() { sqlite3_close(db_); }

void Database::Check(int code) const {
  if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW) return;
  std::fprintf(stderr, "rapport_bare: sqlite: %s\n", sqlite3_errmsg(db_));
  std::exit(1);
}

void Database::Execute(const char* sql) {
  Check(sqlite3_exec(db_, sql, nullptr, nullptr, nullptr));
}

std::int64_t Database::Number(const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  Check(sqlite3_prepare_v2(db_, sql.c_str(), -1, &statement, nullptr));
  Check(sqlite3_step(statement));
  const std::int64_t number = sqlite3_column_int64(statement, 0);
  sqlite3_finalize(statement);
  return number;
}

std::vector<std::string> Database::Columns(const std::string& table) {
  std::vector<std::string> columns;
  sqlite3_stmt* statement = nullptr;
  Check(sqlite3_prepare_v2(db_, "SELECT name FROM pragma_table_info(?)", -1, &statement, nullptr));
  sqlite3_bind_text(statement, 1, table.c_str(), -1, SQLITE_TRANSIENT);
  while (sqlite3_step(statement) == SQLITE_ROW) {
    columns.emplace_back(reinterpret_cast<const char*>(sqlite3_column_text(statement, 0)));
  }
  sqlite3_finalize(statement);
  return columns;
}

std::vector<Row> Database::Rows(const std::string& table, const std::string& where) {
  sqlite3_stmt* statement = nullptr;
  Check(sqlite3_prepare_v2(
      db_,
      absl::StrCat("SELECT * FROM ", Quoted(table), " WHERE ", where, " ORDER BY rowid").c_str(),
      -1, &statement, nullptr));
  std::vector<Row> rows;
  int code = sqlite3_step(statement);
  for (; code == SQLITE_ROW; code = sqlite3_step(statement)) {
    Row& row = rows.emplace_back();
    for (int i = 0; i < sqlite3_column_count(statement); ++i) row.push_back(CellOf(statement, i));
  }
  Check(code);
  sqlite3_finalize(statement);
  return rows;
}

Command::Command(Database* database, const std::string& sql) : database_(*database) {
  database_.Check(sqlite3_prepare_v3(database_.db_, sql.c_str(), -1, SQLITE_PREPARE_PERSISTENT,
                                     &statement_, nullptr));
}

void Command::Bind(int position, const Cell& cell) {
  if (const auto* number = std::get_if<std::int64_t>(&cell)) {
    sqlite3_bind_int64(statement_, position, *number);
  } else if (const auto* text = std::get_if<std::string>(&cell)) {
    sqlite3_bind_text64(statement_, position, text->data(), text->size(), SQLITE_STATIC,
                        SQLITE_UTF8);
  } else if (const auto* blob = std::get_if<Blob>(&cell)) {
    sqlite3_bind_blob64(statement_, position, blob->bytes.data(), blob->bytes.size(),
                        SQLITE_STATIC);
  } else {
    sqlite3_bind_null(statement_, position);
  }
}

void Command::Run() {
  database_.Check(sqlite3_step(statement_));
  sqlite3_reset(statement_);
}

EngagementWriter::EngagementWriter(Database* copy) {
  const auto engagement = copy->Columns("engagements");
  places_.parent = PlaceOf(engagement, "parent");
  places_.id = PlaceOf(engagement, "id");
  places_.time = PlaceOf(engagement, "time");
  places_.source_key = PlaceOf(engagement, "source_key");
  const auto statistics = copy->Columns("statistics");
  places_.owner = PlaceOf(statistics, "id");
  places_.drift = PlaceOf(statistics, "drift");
  places_.sequence = PlaceOf(statistics, "sequence");
  sequence_ = copy->Number("SELECT max(sequence) FROM statistics");

  const std::vector<std::string> marks(engagement.size(), "?");
  insert_ = std::make_unique<Command>(
      copy, absl::StrCat("INSERT INTO engagements VALUES(", absl::StrJoin(marks, ","), ")"));
  const std::vector<std::string> key = {"tenant", "parent", "id"};
  std::vector<std::string> set;
  std::vector<std::string> where;
  for (std::size_t i = 0; i < statistics.size(); ++i) {
    if (std::find(key.begin(), key.end(), statistics[i]) == key.end()) {
      set.push_back(Quoted(statistics[i]) + "=?");
      bound_.push_back(i);
    }
  }
  for (const auto& column : key) {
    where.push_back(Quoted(column) + "=?");
    bound_.push_back(PlaceOf(statistics, column));
  }
  update_ = std::make_unique<Command>(
      copy, absl::StrCat("UPDATE statistics SET ", absl::StrJoin(set, ","), " WHERE ",
                         absl::StrJoin(where, " AND ")));
}

void EngagementWriter::InsertEngagement(const Row& row) {
  for (std::size_t i = 0; i < row.size(); ++i) insert_->Bind(static_cast<int>(i) + 1, row[i]);
  insert_->Run();
}

void EngagementWriter::UpdateStatistics(const Row& row) {
  const Cell sequence = ++sequence_;
  for (std::size_t i = 0; i < bound_.size(); ++i) {
    update_->Bind(static_cast<int>(i) + 1,
                  bound_[i] == places_.sequence ? sequence : row[bound_[i]]);
  }
  update_->Run();
}

}  // namespace rapport::benchmarks
