// Time is an argument. Below main, nobody asks the operating system what time it is.
#ifndef RAPPORT_COMMON_TIME_CLOCK_H_
#define RAPPORT_COMMON_TIME_CLOCK_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace rapport::time {

// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual absl::Time Now() const = 0;
};

class SystemClock final : public Clock {
 public:
  absl::Time Now() const override;
};

// Stands still until told otherwise.
class FakeClock final : public Clock {
 public:
  explicit FakeClock(absl::Time now) : now_us_(absl::ToUnixMicros(now)) {}
  absl::Time Now() const override { return absl::FromUnixMicros(now_us_.load()); }
  void Set(absl::Time now) { now_us_.store(absl::ToUnixMicros(now)); }
  void Advance(absl::Duration d) { now_us_.fetch_add(absl::ToInt64Microseconds(d)); }

 private:
  std::atomic<std::int64_t> now_us_;
};

// Reads an RFC 3339 instant from a file each time it is asked (`--test_now_file`). The file is
// checked when the clock is made; a later unreadable file keeps the last instant.
class FileClock final : public Clock {
 public:
  static absl::StatusOr<std::unique_ptr<FileClock>> Open(const std::string& path);
  absl::Time Now() const override;

 private:
  explicit FileClock(std::string path, absl::Time now)
      : path_(std::move(path)), last_us_(absl::ToUnixMicros(now)) {}
  const std::string path_;
  mutable std::atomic<std::int64_t> last_us_;
};

}  // namespace rapport::time

#endif  // RAPPORT_COMMON_TIME_CLOCK_H_
