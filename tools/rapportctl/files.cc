#include "tools/rapportctl/files.h"

#include <fcntl.h>
#include <openssl/sha.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"

namespace rapport::rapportctl {
namespace {

absl::Status Failed(absl::string_view what, const std::string& path) {
  return absl::ErrnoToStatus(errno, absl::StrCat("cannot ", what, " ", path));
}

absl::Status Fill(int fd, absl::string_view content, const std::string& path) {
  while (!content.empty()) {
    const ssize_t n = write(fd, content.data(), content.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Failed("write", path);
    content.remove_prefix(static_cast<std::size_t>(n));
  }
  return fsync(fd) == 0 ? absl::OkStatus() : Failed("write", path);
}

}  // namespace

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return Failed("read", path);
  std::string content{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (in.bad()) return Failed("read", path);
  return content;
}

absl::Status WriteNewFile(const std::string& path, absl::string_view content) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return Failed("make", path);
  absl::Status status = Fill(fd, content, path);
  close(fd);
  if (!status.ok()) unlink(path.c_str());
  return status;
}

absl::Status WriteFile(const std::string& path, absl::string_view content) {
  const std::string aside = absl::StrCat(path, ".part");
  unlink(aside.c_str());
  RETURN_IF_ERROR(WriteNewFile(aside, content));
  if (rename(aside.c_str(), path.c_str()) != 0) return Failed("write", path);
  return absl::OkStatus();
}

absl::Status MakeFolder(const std::string& path) {
  const mode_t before = umask(077);
  std::error_code error;
  std::filesystem::create_directories(path, error);
  umask(before);
  if (!error) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("cannot make folder ", path, ": ", error.message()));
}

absl::StatusOr<FileState> StateOf(const std::string& path) {
  struct stat s {};
  if (stat(path.c_str(), &s) != 0) return Failed("read", path);
  return FileState{.size = s.st_size,
                   .mtime_ns = s.st_mtim.tv_sec * 1'000'000'000 + s.st_mtim.tv_nsec,
                   .inode = static_cast<std::int64_t>(s.st_ino),
                   .folder = S_ISDIR(s.st_mode)};
}

std::string BaseName(absl::string_view path) {
  while (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
  return std::string(path.substr(path.rfind('/') + 1));
}

std::string Sha256Hex(absl::string_view text) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(digest.data()), digest.size()));
}

}  // namespace rapport::rapportctl
