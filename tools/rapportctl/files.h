// Small files: read whole, written so that a crash leaves the old or the new one.
#ifndef RAPPORT_TOOLS_RAPPORTCTL_FILES_H_
#define RAPPORT_TOOLS_RAPPORTCTL_FILES_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace rapport::rapportctl {

// NOT_FOUND if there is no such file.
absl::StatusOr<std::string> ReadFile(const std::string& path);
// Replaces the file; mode 0600.
absl::Status WriteFile(const std::string& path, absl::string_view content);
// ALREADY_EXISTS if it is there; mode 0600, synced.
absl::Status WriteNewFile(const std::string& path, absl::string_view content);
// Makes the folder and those above it, mode 0700.
absl::Status MakeFolder(const std::string& path);

// What tells one state of a file from another.
struct FileState {
  std::int64_t size = 0;
  std::int64_t mtime_ns = 0;
  std::int64_t inode = 0;
  bool folder = false;
  friend bool operator==(const FileState&, const FileState&) = default;
};
// NOT_FOUND if there is no such file.
absl::StatusOr<FileState> StateOf(const std::string& path);

std::string BaseName(absl::string_view path);
// SHA-256 of the text, in lower-case hexadecimal.
std::string Sha256Hex(absl::string_view text);

}  // namespace rapport::rapportctl

#endif  // RAPPORT_TOOLS_RAPPORTCTL_FILES_H_
