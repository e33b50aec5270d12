#include "common/store/sqlite_backup.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/store/sqlite_connection.h"
#include "common/store/sqlite_file.h"

namespace rapport::store {
namespace {

constexpr int kPages = 256;  // of one portion: 1 MiB

struct Close {
  void operator()(sqlite3* db) const { sqlite3_close(db); }
};
using Database = std::unique_ptr<sqlite3, Close>;

absl::Status Failed(const std::string& path, absl::string_view what, int error) {
  const std::string text = absl::StrCat(path, " ", what, ": ", std::strerror(error));
  return error == ENOSPC ? absl::ResourceExhaustedError(text) : absl::FailedPreconditionError(text);
}

// Of SQLite.
absl::Status Failed(const std::string& path, sqlite3* db) {
  const int code = sqlite3_extended_errcode(db);
  const std::string text = absl::StrCat(path, ": ", sqlite3_errmsg(db));
  if ((code & 0xff) == SQLITE_FULL || sqlite3_system_errno(db) == ENOSPC) {
    return absl::ResourceExhaustedError(text);
  }
  if ((code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB) {
    return absl::DataLossError(text);
  }
  return absl::FailedPreconditionError(text);
}

absl::Status Sync(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return Failed(path, "cannot be opened", errno);
  const int result = fsync(fd);
  const int error = errno;
  close(fd);
  return result == 0 ? absl::OkStatus() : Failed(path, "cannot be synced", error);
}

absl::Status CopyPages(Connection& from, sqlite3* to, const std::string& path,
                       const std::function<void(std::int64_t, std::int64_t)>& copied) {
  // The connection has a view, so all portions are of one state, and none is copied twice.
  sqlite3_backup* const backup = sqlite3_backup_init(to, "main", from.db(), "main");
  if (backup == nullptr) return Failed(path, to);
  int code = SQLITE_OK;
  while (code == SQLITE_OK) {
    code = sqlite3_backup_step(backup, kPages);
    const std::int64_t all = sqlite3_backup_pagecount(backup);
    copied(all - sqlite3_backup_remaining(backup), all);
  }
  sqlite3_backup_finish(backup);
  return code == SQLITE_DONE ? absl::OkStatus() : Failed(path, to);
}

// "ok" is the one line of a file in order; the first of its faults otherwise.
absl::Status CheckWhole(sqlite3* db, const std::string& path) {
  std::string said;
  const auto hear = [](void* out, int, char** values, char**) {
    *static_cast<std::string*>(out) = values[0] == nullptr ? "" : values[0];
    return 0;
  };
  const int code = sqlite3_exec(db, "PRAGMA integrity_check(1)", hear, &said, nullptr);
  if (code != SQLITE_OK) return Failed(path, db);
  if (said == "ok") return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("the copy, and so the store, is damaged: ", said));
}

// Writes the log of a store that nobody uses back into its file; without it the file is older than
// the store was. What is damaged is no loss.
absl::Status WriteBackLog(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error) && !error) return absl::OkStatus();
  sqlite3* opened = nullptr;
  int code = sqlite3_open_v2(path.c_str(), &opened, SQLITE_OPEN_READWRITE, nullptr);
  const Database db(opened);
  // SQLite looks for a log when it first reads.
  if (code == SQLITE_OK) {
    code = sqlite3_exec(opened, "PRAGMA synchronous=FULL; SELECT count(*) FROM sqlite_schema",
                        nullptr, nullptr, nullptr);
  }
  if (code == SQLITE_OK) {
    code = sqlite3_wal_checkpoint_v2(opened, nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  }
  switch (code & 0xff) {
    case SQLITE_OK:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return absl::OkStatus();
    case SQLITE_BUSY:
      return absl::FailedPreconditionError(
          absl::StrCat(path, " is in use: somebody reads it, so its log cannot be written back"));
    default:
      return Failed(absl::StrCat("the log of ", path, " cannot be written back"), opened);
  }
}

}  // namespace

absl::StatusOr<FileState> CopySqliteFile(
    const std::string& path, const std::string& to,
    const std::function<void(std::int64_t done, std::int64_t all)>& copied) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    return absl::NotFoundError(absl::StrCat("there is no file ", path));
  }
  Connection::Options options;
  options.path = path;
  ASSIGN_OR_RETURN(const auto from, Connection::Open(options));
  RETURN_IF_ERROR(from->Execute("BEGIN; SELECT 1 FROM sqlite_schema LIMIT 1"));
  ASSIGN_OR_RETURN(FileState state, StateOf(*from));
  if (state.id.empty()) return absl::NotFoundError(absl::StrCat(path, " holds no store"));

  sqlite3* opened = nullptr;
  const int code = sqlite3_open_v2(to.c_str(), &opened, SQLITE_OPEN_READWRITE, nullptr);
  Database copy(opened);
  if (code != SQLITE_OK) return Failed(to, copy.get());
  sqlite3_exec(copy.get(), "PRAGMA synchronous=OFF", nullptr, nullptr, nullptr);
  RETURN_IF_ERROR(CopyPages(*from, copy.get(), to, copied));
  // It came with the mode of the store, which would want a log beside it.
  if (sqlite3_exec(copy.get(), "PRAGMA journal_mode=DELETE", nullptr, nullptr, nullptr) !=
      SQLITE_OK) {
    return Failed(to, copy.get());
  }
  RETURN_IF_ERROR(CheckWhole(copy.get(), to));
  copy.reset();
  RETURN_IF_ERROR(Sync(to));
  return state;
}

SqlitePlace::SqlitePlace(std::string path, std::unique_ptr<FileOwnership> ownership)
    : path_(std::move(path)), ownership_(std::move(ownership)) {}

SqlitePlace::~SqlitePlace() = default;

absl::StatusOr<std::unique_ptr<SqlitePlace>> SqlitePlace::Take(const std::string& path,
                                                               bool replace) {
  ASSIGN_OR_RETURN(auto ownership, FileOwnership::Take(path));
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  if (!error && size > 0 && !replace) {
    return absl::FailedPreconditionError(absl::StrCat(path, " is there already"));
  }
  return std::unique_ptr<SqlitePlace>(new SqlitePlace(path, std::move(ownership)));
}

absl::Status SqlitePlace::Put(const std::string& copy) {
  RETURN_IF_ERROR(WriteBackLog(path_));
  for (const char* suffix : {"-journal", "-wal", "-shm"}) {
    const std::string log = path_ + suffix;
    if (unlink(log.c_str()) != 0 && errno != ENOENT) return Failed(log, "cannot be removed", errno);
  }
  // The log of one file must never be found beside another.
  RETURN_IF_ERROR(SyncFolder(path_));
  if (rename(copy.c_str(), path_.c_str()) != 0) return Failed(path_, "cannot be replaced", errno);
  return SyncFolder(path_);
}

}  // namespace rapport::store
