// The files of a store: who owns them, and where they are if the store lives in memory.
#ifndef RAPPORT_COMMON_STORE_SQLITE_FILE_H_
#define RAPPORT_COMMON_STORE_SQLITE_FILE_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace rapport::store {

// Held from construction to destruction, and never longer than the process lives.
class FileOwnership {
 public:
  // Locks `<path>.lock`. FAILED_PRECONDITION "<path> is in use by process N" if someone holds it.
  static absl::StatusOr<std::unique_ptr<FileOwnership>> Take(const std::string& path);
  ~FileOwnership();
  FileOwnership(const FileOwnership&) = delete;
  FileOwnership& operator=(const FileOwnership&) = delete;

 private:
  explicit FileOwnership(int fd) : fd_(fd) {}
  const int fd_;
};

// Creates the file, readable by the owner only, unless it exists.
absl::Status CreateFile(const std::string& path);
// Makes the names in the folder of `path` durable.
absl::Status SyncFolder(const std::string& path);

// A folder of its own on a memory file system where there is one.
class MemoryFolder {
 public:
  static absl::StatusOr<std::unique_ptr<MemoryFolder>> Make();
  ~MemoryFolder() { Unlink(); }
  std::string file() const { return path_ + "/store"; }
  // Takes the names away; what is open stays usable, and a killed process leaves nothing behind.
  void Unlink();

 private:
  explicit MemoryFolder(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

}  // namespace rapport::store

#endif  // RAPPORT_COMMON_STORE_SQLITE_FILE_H_
