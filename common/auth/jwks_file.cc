#include "common/auth/jwks_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/base/status_macros.h"

namespace rapport::auth {
namespace {

constexpr std::int64_t kLookEveryUs = 1000000;
constexpr std::size_t kMaxFileBytes = std::size_t{256} * 1024;

std::int64_t Nanoseconds(const timespec& t) {
  return static_cast<std::int64_t>(t.tv_sec) * 1000000000 + t.tv_nsec;
}

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  ~FileDescriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  int get() const { return fd_; }

 private:
  const int fd_;
};

absl::Status Unreadable(absl::string_view why) {
  return absl::FailedPreconditionError(absl::StrCat("the key file is not usable: ", why));
}

}  // namespace

struct JwksFile::Loaded {
  Identity identity;
  std::shared_ptr<const KeySet> set;
};

JwksFile::JwksFile(std::string path, absl::Time now)
    : path_(std::move(path)), last_look_us_(absl::ToUnixMicros(now)) {}

absl::StatusOr<std::unique_ptr<JwksFile>> JwksFile::Open(std::string path, absl::Time now) {
  std::unique_ptr<JwksFile> file(new JwksFile(std::move(path), now));
  base::MutexLock reload_lock(&file->reload_mu_);
  ASSIGN_OR_RETURN(Loaded loaded, file->Load());
  file->identity_ = loaded.identity;
  base::MutexLock lock(&file->mu_);
  file->set_ = std::move(loaded.set);
  return file;
}

absl::StatusOr<JwksFile::Loaded> JwksFile::Load() const {
  const FileDescriptor fd(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (fd.get() < 0) return Unreadable("it cannot be opened");
  // The state before reading: a change during the read is then a change at the next look.
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0 || !S_ISREG(info.st_mode)) return Unreadable("no plain file");
  Loaded loaded;
  loaded.identity = {info.st_dev, info.st_ino, info.st_size, Nanoseconds(info.st_mtim),
                     Nanoseconds(info.st_ctim)};
  std::string text;
  std::array<char, 16384> buffer;
  while (true) {
    const ssize_t n = ::read(fd.get(), buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Unreadable("it cannot be read");
    if (n == 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(n));
    if (text.size() > kMaxFileBytes) return Unreadable("larger than 256 KiB");
  }
  auto set = KeySet::Parse(text);
  if (!set.ok()) return Unreadable(set.status().message());
  loaded.set = *std::move(set);
  return loaded;
}

std::uint64_t JwksFile::Refresh(absl::Time now) {
  const std::int64_t now_us = absl::ToUnixMicros(now);
  std::int64_t seen = last_look_us_.load(std::memory_order_relaxed);
  const bool due = now_us < seen || now_us - seen >= kLookEveryUs;
  if (due && last_look_us_.compare_exchange_strong(seen, now_us)) Reload();
  return generation_.load(std::memory_order_acquire);
}

void JwksFile::Reload() {
  base::MutexLock reload_lock(&reload_mu_);
  struct stat info {};
  if (::stat(path_.c_str(), &info) == 0) {
    const Identity seen{info.st_dev, info.st_ino, info.st_size, Nanoseconds(info.st_mtim),
                        Nanoseconds(info.st_ctim)};
    if (seen == identity_) return;
  }
  absl::StatusOr<Loaded> loaded = Load();
  if (!loaded.ok()) {
    failed_reloads_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  identity_ = loaded->identity;
  reloads_.fetch_add(1, std::memory_order_relaxed);
  base::MutexLock lock(&mu_);
  set_ = std::move(loaded->set);
  generation_.fetch_add(1, std::memory_order_release);
}

JwksFile::Keys JwksFile::Current() const {
  base::MutexLock lock(&mu_);
  return {set_, generation_.load(std::memory_order_acquire)};
}

}  // namespace rapport::auth
