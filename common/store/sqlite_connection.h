// One connection to a SQLite file, its cached statements, and the one place where SQLite's result
// codes become statuses.
#ifndef RAPPORT_COMMON_STORE_SQLITE_CONNECTION_H_
#define RAPPORT_COMMON_STORE_SQLITE_CONNECTION_H_

#include <sqlite3.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/store/store.h"

namespace rapport::store {

// A prepared statement. Bound bytes are not copied: they must live until Reset.
class Statement {
 public:
  explicit Statement(sqlite3_stmt* stmt) : stmt_(stmt) {}
  ~Statement() { sqlite3_finalize(stmt_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  void BindInt(int position, std::int64_t value) { sqlite3_bind_int64(stmt_, position, value); }
  void BindText(int position, absl::string_view value);
  void Bind(int position, const Value& value, ColumnType type);
  // SQLITE_ROW, SQLITE_DONE or an extended error code.
  int Step() { return sqlite3_step(stmt_); }
  std::int64_t Int(int column) const { return sqlite3_column_int64(stmt_, column); }
  absl::string_view Text(int column) const;
  Value Column(int column) const;
  void Reset();
  bool busy() const { return sqlite3_stmt_busy(stmt_) != 0; }
  // The name of the first parameter, "" if it has none.
  absl::string_view first_parameter() const;

 private:
  sqlite3_stmt* const stmt_;
};

// Resets the statement at the end of a scope.
class StatementScope {
 public:
  explicit StatementScope(Statement* statement) : statement_(statement) {}
  ~StatementScope() { statement_->Reset(); }
  StatementScope(const StatementScope&) = delete;
  StatementScope& operator=(const StatementScope&) = delete;

 private:
  Statement* const statement_;
};

// Used by one thread at a time.
class Connection {
 public:
  enum class Role { kWriter, kReader };
  struct Options {
    std::string path = {};
    Role role = Role::kReader;
    bool durable = true;  // false: nothing is synced (a store that lives in memory)
    // Hears of errors that no caller can mend: code, text of SQLite.
    std::function<void(absl::string_view)> on_error = {};
  };
  // Opens the file (the writer creates it), sets the pragmas and checks that they hold.
  static absl::StatusOr<std::unique_ptr<Connection>> Open(Options options);
  ~Connection();

  sqlite3* db() { return db_; }
  // Runs statements without parameters and results.
  absl::Status Execute(const std::string& sql);
  absl::StatusOr<std::unique_ptr<Statement>> Prepare(absl::string_view sql);
  // The statement cached under `key`, prepared from `sql()` at first use. Statements on the rows
  // of one tenant must have `:tenant` as their first parameter (`all_tenants`: none).
  absl::StatusOr<Statement*> Cached(std::uint64_t key, bool all_tenants,
                                    absl::FunctionRef<std::string()> sql);
  // As Execute, cached; returns SQLite's code.
  int Run(absl::string_view sql);
  // One integer; `fallback` if there is no row.
  absl::StatusOr<std::int64_t> QueryInt(absl::string_view sql, std::int64_t fallback);

  // The status for a failed call, and its memory: see failure().
  absl::Status Translate(int code);
  // The first code since ForgetFailure that makes the whole transaction worthless (disk full, I/O
  // error, out of memory, damaged file); SQLITE_OK if there was none.
  int failure() const { return failure_; }
  void ForgetFailure() { failure_ = SQLITE_OK; }
  // True if `code` says that there is no room on the disk.
  bool IsFull(int code) const;
  bool in_transaction() const { return sqlite3_get_autocommit(db_) == 0; }
  // True if the file was removed or replaced since it was opened.
  bool FileMoved();

 private:
  Connection(sqlite3* db, Options options) : db_(db), options_(std::move(options)) {}
  absl::Status Configure();
  absl::Status CheckPragma(absl::string_view pragma, absl::string_view expected);

  sqlite3* const db_;
  const Options options_;
  int failure_ = SQLITE_OK;
  absl::flat_hash_map<std::uint64_t, std::unique_ptr<Statement>> statements_;
  absl::flat_hash_map<std::string, std::unique_ptr<Statement>> commands_;
};

}  // namespace rapport::store

#endif  // RAPPORT_COMMON_STORE_SQLITE_CONNECTION_H_
