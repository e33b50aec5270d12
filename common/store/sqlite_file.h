// The files of a store: who owns them, and where they are if the store lives in memory.
#ifndef RAPPORT_COMMON_STORE_SQLITE_FILE_H_
#define RAPPORT_COMMON_STORE_SQLITE_FILE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace rapport::store {

// Held from construction to destruction, and never longer than the process lives. The lock file is
// also the witness that the store is the one that it was: a copy that was put in its place is of
// another file, or does not reach what the witness has seen. Not thread-safe.
class FileOwnership {
 public:
  // Locks `<path>.lock`. FAILED_PRECONDITION "<path> is in use by process N" if someone holds it.
  static absl::StatusOr<std::unique_ptr<FileOwnership>> Take(const std::string& path);
  ~FileOwnership();
  // Whether the store with this id and this highest sequence is the one of which the last owner
  // said so, in the same file, or goes on from there.
  bool Knows(const std::string& id, std::int64_t sequence) const;
  // Says so for the next owner, and again after each commit. What does not reach the lock file in a
  // power cut or on a full disk costs the store its id, no more.
  void Witness(const std::string& id, std::int64_t sequence);
  void Advance(std::int64_t sequence);
  FileOwnership(const FileOwnership&) = delete;
  FileOwnership& operator=(const FileOwnership&) = delete;

 private:
  // The number of the process that owned it last.
  std::int64_t Read();
  FileOwnership(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  const int fd_;
  const std::string path_;  // of the store
  std::string left_;        // what the last owner said, without the sequence
  std::int64_t left_sequence_ = 0;
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
