#include "common/store/sqlite_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace rapport::store {
namespace {

absl::Status Failed(absl::string_view path, absl::string_view what, int error) {
  return absl::FailedPreconditionError(absl::StrCat(path, " ", what, ": ", std::strerror(error)));
}

}  // namespace

absl::StatusOr<std::unique_ptr<FileOwnership>> FileOwnership::Take(const std::string& path) {
  const std::string lock = path + ".lock";
  const int fd = open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return Failed(lock, "cannot be created", errno);
  std::unique_ptr<FileOwnership> ownership(new FileOwnership(fd));
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return Failed(lock, "cannot be locked", errno);
    std::array<char, 32> owner{};
    const ssize_t size = pread(fd, owner.data(), owner.size(), 0);
    const absl::string_view pid = absl::StripSuffix(
        absl::string_view(owner.data(), size > 0 ? static_cast<std::size_t>(size) : 0), "\n");
    return absl::FailedPreconditionError(
        absl::StrCat(path, " is in use by process ", pid.empty() ? "unknown" : pid));
  }
  // On a full disk the number may be missing; the lock counts.
  const std::string pid = absl::StrCat(getpid(), "\n");
  if (ftruncate(fd, 0) != 0 || pwrite(fd, pid.data(), pid.size(), 0) < 0) {
    if (errno != ENOSPC) return Failed(lock, "cannot be written", errno);
  }
  return ownership;
}

FileOwnership::~FileOwnership() { close(fd_); }

absl::Status CreateFile(const std::string& path) {
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return errno == EEXIST ? absl::OkStatus() : Failed(path, "cannot be created", errno);
  close(fd);
  return absl::OkStatus();
}

absl::Status SyncFolder(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const int fd = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return Failed(folder, "cannot be opened", errno);
  const int result = fsync(fd);
  const int error = errno;
  close(fd);
  return result == 0 ? absl::OkStatus() : Failed(folder, "cannot be synced", error);
}

absl::StatusOr<std::unique_ptr<MemoryFolder>> MemoryFolder::Make() {
  for (const char* parent : {"/dev/shm", P_tmpdir}) {
    std::string path = absl::StrCat(parent, "/rapport-XXXXXX");
    if (mkdtemp(path.data()) != nullptr) {
      return std::unique_ptr<MemoryFolder>(new MemoryFolder(std::move(path)));
    }
  }
  return absl::FailedPreconditionError("no folder for a store in memory");
}

void MemoryFolder::Unlink() {
  if (path_.empty()) return;
  for (const char* name : {"/store", "/store-wal", "/store-shm"}) {
    unlink((path_ + name).c_str());
  }
  rmdir(path_.c_str());
  path_.clear();
}

}  // namespace rapport::store
