#include "common/time/clock.h"

#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/status_macros.h"

namespace rapport::time {
namespace {

absl::StatusOr<absl::Time> ReadInstant(const std::string& path) {
  std::ifstream in(path);
  std::string line;
  if (!in || !std::getline(in, line)) {
    return absl::InvalidArgumentError(absl::StrCat("cannot read an instant from ", path));
  }
  absl::Time time;
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full, line, &time, &error)) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": not an RFC 3339 instant: ", error));
  }
  return time;
}

}  // namespace

absl::Time SystemClock::Now() const { return absl::Now(); }

absl::StatusOr<std::unique_ptr<FileClock>> FileClock::Open(const std::string& path) {
  ASSIGN_OR_RETURN(const absl::Time now, ReadInstant(path));
  return std::unique_ptr<FileClock>(new FileClock(path, now));
}

absl::Time FileClock::Now() const {
  if (const auto now = ReadInstant(path_); now.ok()) last_us_.store(absl::ToUnixMicros(*now));
  return absl::FromUnixMicros(last_us_.load());
}

}  // namespace rapport::time
