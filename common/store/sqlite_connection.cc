#include "common/store/sqlite_connection.h"

#include <cerrno>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"

namespace rapport::store {
namespace {

// With rows of 600 bytes and two indexes, in groups of 64: pages of 4096 bytes take 17 k rows/s in
// key order and 12.6 k in random order, pages of 8192 bytes 15 k and 5.8 k.
constexpr char kPageSize[] = "4096";
constexpr char kWriterCacheKib[] = "-32768";
constexpr char kReaderCacheKib[] = "-4096";
// Readers meet a lock only for the moment in which the writer resets the log.
constexpr int kReaderBusyMs = 2000;

}  // namespace

void Statement::BindText(int position, absl::string_view value) {
  // An empty view may hold a null pointer, which SQLite would take for NULL.
  sqlite3_bind_text64(stmt_, position, value.empty() ? "" : value.data(), value.size(),
                      SQLITE_STATIC, SQLITE_UTF8);
}

void Statement::Bind(int position, const Value& value, ColumnType type) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    BindInt(position, *number);
  } else if (const auto* bytes = std::get_if<std::string>(&value)) {
    if (type == ColumnType::kText) {
      BindText(position, *bytes);
    } else {
      sqlite3_bind_blob64(stmt_, position, bytes->data(), bytes->size(), SQLITE_STATIC);
    }
  } else {
    sqlite3_bind_null(stmt_, position);
  }
}

absl::string_view Statement::Text(int column) const {
  const void* const bytes = sqlite3_column_blob(stmt_, column);
  const int size = sqlite3_column_bytes(stmt_, column);
  return bytes == nullptr
             ? absl::string_view()
             : absl::string_view(static_cast<const char*>(bytes), static_cast<std::size_t>(size));
}

Value Statement::Column(int column) const {
  switch (sqlite3_column_type(stmt_, column)) {
    case SQLITE_NULL:
      return std::monostate();
    case SQLITE_INTEGER:
      return Int(column);
    default:
      return std::string(Text(column));
  }
}

void Statement::Reset() {
  sqlite3_reset(stmt_);
  sqlite3_clear_bindings(stmt_);
}

absl::string_view Statement::first_parameter() const {
  const char* const name = sqlite3_bind_parameter_name(stmt_, 1);
  return name == nullptr ? "" : name;
}

absl::StatusOr<std::unique_ptr<Connection>> Connection::Open(Options options) {
  const int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE |
                    (options.role == Role::kWriter ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
                                                   : SQLITE_OPEN_READONLY);
  sqlite3* db = nullptr;
  const int code = sqlite3_open_v2(options.path.c_str(), &db, flags, nullptr);
  std::unique_ptr<Connection> connection(new Connection(db, std::move(options)));
  if (code != SQLITE_OK) {
    return absl::FailedPreconditionError(
        absl::StrCat(connection->options_.path, " cannot be opened: ", sqlite3_errstr(code)));
  }
  const absl::Status configured = connection->Configure();
  if (!configured.ok()) {
    return absl::FailedPreconditionError(absl::StrCat(
        connection->options_.path, " cannot be used as a store: ", configured.message(), " (",
        sqlite3_errmsg(db), ")"));
  }
  return connection;
}

Connection::~Connection() {
  statements_.clear();
  commands_.clear();
  sqlite3_close(db_);
}

absl::Status Connection::Configure() {
  const bool writer = options_.role == Role::kWriter;
  // Only the writer moves the log into the file: SQLite up to 3.51.2 can damage a file in which one
  // connection checkpoints while another commits.
  sqlite3_db_config(db_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, writer ? 0 : 1, nullptr);
  sqlite3_db_config(db_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_busy_timeout(db_, writer ? 0 : kReaderBusyMs);
  const std::string synchronous = options_.durable ? "2" : "0";
  if (writer) {
    RETURN_IF_ERROR(Execute(absl::StrCat("PRAGMA page_size=", kPageSize)));
    RETURN_IF_ERROR(Execute("PRAGMA journal_mode=WAL"));
  } else {
    RETURN_IF_ERROR(Execute("PRAGMA query_only=1"));
  }
  RETURN_IF_ERROR(Execute(
      absl::StrCat("PRAGMA synchronous=", synchronous,
                   "; PRAGMA wal_autocheckpoint=0; PRAGMA mmap_size=0; PRAGMA temp_store=MEMORY; "
                   "PRAGMA trusted_schema=0; PRAGMA cache_size=",
                   writer ? kWriterCacheKib : kReaderCacheKib)));
  RETURN_IF_ERROR(CheckPragma("journal_mode", "wal"));
  RETURN_IF_ERROR(CheckPragma("synchronous", synchronous));
  RETURN_IF_ERROR(CheckPragma("wal_autocheckpoint", "0"));
  RETURN_IF_ERROR(CheckPragma("mmap_size", "0"));
  return CheckPragma("query_only", writer ? "0" : "1");
}

absl::Status Connection::CheckPragma(absl::string_view pragma, absl::string_view expected) {
  ASSIGN_OR_RETURN(const auto statement, Prepare(absl::StrCat("PRAGMA ", pragma)));
  const int code = statement->Step();
  // A build without mmap answers nothing.
  if (code == SQLITE_DONE && pragma == "mmap_size") return absl::OkStatus();
  if (code != SQLITE_ROW) return Translate(code);
  const std::string is(statement->Text(0));
  if (is == expected) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("pragma ", pragma, " is ", is, ", not ", expected));
}

absl::Status Connection::Execute(const std::string& sql) {
  const int code = sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr);
  return code == SQLITE_OK ? absl::OkStatus() : Translate(code);
}

absl::StatusOr<std::unique_ptr<Statement>> Connection::Prepare(absl::string_view sql) {
  sqlite3_stmt* stmt = nullptr;
  const int code = sqlite3_prepare_v3(db_, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &stmt, nullptr);
  if (code != SQLITE_OK) return Translate(code);
  return std::make_unique<Statement>(stmt);
}

absl::StatusOr<Statement*> Connection::Cached(std::uint64_t key, bool all_tenants,
                                              absl::FunctionRef<std::string()> sql) {
  auto it = statements_.find(key);
  if (it == statements_.end()) {
    ASSIGN_OR_RETURN(auto statement, Prepare(sql()));
    if ((statement->first_parameter() == ":tenant") == all_tenants) return errors::Bug();
    it = statements_.emplace(key, std::move(statement)).first;
  }
  if (it->second->busy()) {
    if (options_.on_error) options_.on_error("a reader was used inside its own visit");
    return errors::Bug();
  }
  return it->second.get();
}

int Connection::Run(absl::string_view sql) {
  auto it = commands_.find(sql);
  if (it == commands_.end()) {
    auto statement = Prepare(sql);
    if (!statement.ok()) return sqlite3_extended_errcode(db_);
    it = commands_.emplace(std::string(sql), *std::move(statement)).first;
  }
  int code = it->second->Step();
  while (code == SQLITE_ROW) code = it->second->Step();
  it->second->Reset();
  return code == SQLITE_DONE ? SQLITE_OK : code;
}

absl::StatusOr<std::int64_t> Connection::QueryInt(absl::string_view sql, std::int64_t fallback) {
  ASSIGN_OR_RETURN(const auto statement, Prepare(sql));
  const int code = statement->Step();
  if (code == SQLITE_ROW) return statement->Int(0);
  if (code == SQLITE_DONE) return fallback;
  return Translate(code);
}

bool Connection::IsFull(int code) const {
  if ((code & 0xff) == SQLITE_FULL) return true;
  return (code & 0xff) == SQLITE_IOERR && code != SQLITE_IOERR_FSYNC &&
         code != SQLITE_IOERR_DIR_FSYNC && sqlite3_system_errno(db_) == ENOSPC;
}

absl::Status Connection::Translate(int code) {
  const int primary = code & 0xff;
  if (IsFull(code)) {
    if (failure_ == SQLITE_OK) failure_ = SQLITE_FULL;
    return errors::StoreFull();
  }
  if (options_.on_error && primary != SQLITE_CONSTRAINT) {
    options_.on_error(absl::StrCat("sqlite ", code, ": ", sqlite3_errmsg(db_)));
  }
  switch (primary) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      if (failure_ == SQLITE_OK) failure_ = code;
      return absl::DataLossError("the file of the store is damaged");
    case SQLITE_IOERR:
    case SQLITE_NOMEM:
      if (failure_ == SQLITE_OK) failure_ = code;
      return errors::StoreUnavailable();
    case SQLITE_CANTOPEN:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_READONLY:
    case SQLITE_INTERRUPT:
      return errors::StoreUnavailable();
    default:
      return errors::Bug();
  }
}

bool Connection::FileMoved() {
  int moved = 0;
  sqlite3_file_control(db_, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
  return moved != 0;
}

}  // namespace rapport::store
