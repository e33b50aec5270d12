#include "common/store/sqlite_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

namespace rapport::store {
namespace {

absl::Status Failed(absl::string_view path, absl::string_view what, int error) {
  return absl::FailedPreconditionError(absl::StrCat(path, " ", what, ": ", std::strerror(error)));
}

// The lock file: the number of the process, the sequence, the store and the file, each a line.
constexpr std::size_t kMaxLock = 256;
constexpr int kPidWidth = 11;
constexpr int kSequenceWidth = 20;

std::string Padded(std::int64_t number, int width) {
  return absl::StrFormat("%-*d\n", width - 1, number);
}

// Which file it is, as far as the file system tells: a copy differs in one of them.
std::string FileIdOf(const std::string& path) {
  struct statx file = {};
  if (statx(AT_FDCWD, path.c_str(), 0, STATX_INO | STATX_BTIME, &file) != 0) return "none";
  const bool born = (file.stx_mask & STATX_BTIME) != 0;
  return absl::StrCat(file.stx_ino, " ", born ? file.stx_btime.tv_sec : 0, ".",
                      born ? file.stx_btime.tv_nsec : 0U);
}

std::string Claim(const std::string& id, const std::string& path) {
  return absl::StrCat(id, " ", FileIdOf(path), "\n");
}

}  // namespace

absl::StatusOr<std::unique_ptr<FileOwnership>> FileOwnership::Take(const std::string& path) {
  const std::string lock = path + ".lock";
  const int fd = open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return Failed(lock, "cannot be created", errno);
  std::unique_ptr<FileOwnership> ownership(new FileOwnership(fd, path));
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return Failed(lock, "cannot be locked", errno);
    const std::int64_t pid = ownership->Read();
    return absl::FailedPreconditionError(
        absl::StrCat(path, " is in use by process ", pid == 0 ? "unknown" : absl::StrCat(pid)));
  }
  ownership->Read();
  // On a full disk the number may be missing; the lock counts.
  const std::string pid = Padded(getpid(), kPidWidth);
  if (pwrite(fd, pid.data(), pid.size(), 0) < 0 && errno != ENOSPC) {
    return Failed(lock, "cannot be written", errno);
  }
  return ownership;
}

FileOwnership::~FileOwnership() { close(fd_); }

std::int64_t FileOwnership::Read() {
  std::array<char, kMaxLock> bytes{};
  const ssize_t size = pread(fd_, bytes.data(), bytes.size(), 0);
  const absl::string_view text(bytes.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  const std::vector<absl::string_view> lines = absl::StrSplit(text, absl::MaxSplits('\n', 2));
  std::int64_t pid = 0;
  if (!absl::SimpleAtoi(lines[0], &pid)) pid = 0;
  if (lines.size() == 3 && absl::SimpleAtoi(lines[1], &left_sequence_)) {
    left_ = std::string(lines[2]);
  }
  return pid;
}

bool FileOwnership::Knows(const std::string& id, std::int64_t sequence) const {
  return left_ == Claim(id, path_) && left_sequence_ <= sequence;
}

void FileOwnership::Witness(const std::string& id, std::int64_t sequence) {
  const std::string text =
      absl::StrCat(Padded(getpid(), kPidWidth), Padded(sequence, kSequenceWidth), Claim(id, path_));
  const auto size = static_cast<off_t>(text.size());
  if (pwrite(fd_, text.data(), text.size(), 0) == size && ftruncate(fd_, size) == 0) fsync(fd_);
}

void FileOwnership::Advance(std::int64_t sequence) {
  const std::string text = Padded(sequence, kSequenceWidth);
  // What is not written is too low: see Witness.
  [[maybe_unused]] const ssize_t written = pwrite(fd_, text.data(), text.size(), kPidWidth);
}

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
