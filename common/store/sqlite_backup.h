// Copies of a SQLite file: one that is consistent while its owner writes, and one put in its place.
#ifndef RAPPORT_COMMON_STORE_SQLITE_BACKUP_H_
#define RAPPORT_COMMON_STORE_SQLITE_BACKUP_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/store/sqlite_schema.h"

namespace rapport::store {

// Copies the store at `path`, as it is at the beginning of the call, into the file `to`, which is
// there, empty and the caller's alone, and lets SQLite check the copy, indexes too. The owner goes
// on; its write-ahead log grows meanwhile, because it cannot be written back beyond what this
// reads. The copy has no log of its own; it is on disk, its name in the folder is not yet. `copied`
// hears after each portion how many pages of how many are done. What was copied:
//   NOT_FOUND  no such file, or it holds no store   FAILED_PRECONDITION  `to` cannot be written
//   RESOURCE_EXHAUSTED  the disk of `to` is full    DATA_LOSS  the store is damaged
// After an error the caller removes `to`, and what SQLite may have left beside it (-journal).
absl::StatusOr<FileState> CopySqliteFile(
    const std::string& path, const std::string& to,
    const std::function<void(std::int64_t done, std::int64_t all)>& copied);

class FileOwnership;

// A place for a store that nobody uses, held until it goes.
class SqlitePlace {
 public:
  // FAILED_PRECONDITION if a process uses the store there; or if there is one, which a caller may
  // want to have replaced.
  static absl::StatusOr<std::unique_ptr<SqlitePlace>> Take(const std::string& path, bool replace);
  ~SqlitePlace();
  // Puts the file `copy`, which is on disk and in the same folder, in the place, durably, in one
  // step: until then the old store is whole, for its log is written back into it first. Whoever
  // opens the store next sees that it is another (FileOwnership).
  // A store or a log that is damaged is given up. Otherwise it stays, with its log:
  //   FAILED_PRECONDITION  somebody reads it, or the log cannot be read or written back
  //   RESOURCE_EXHAUSTED   there is no room for that
  absl::Status Put(const std::string& copy);

 private:
  SqlitePlace(std::string path, std::unique_ptr<FileOwnership> ownership);

  const std::string path_;
  const std::unique_ptr<FileOwnership> ownership_;
};

}  // namespace rapport::store

#endif  // RAPPORT_COMMON_STORE_SQLITE_BACKUP_H_
