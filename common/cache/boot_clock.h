// Time for leases, fences and budgets: it goes on while the machine sleeps and never jumps. An
// instant is the time since the machine was started, so it cannot be taken for the wall clock's.
#ifndef RAPPORT_COMMON_CACHE_BOOT_CLOCK_H_
#define RAPPORT_COMMON_CACHE_BOOT_CLOCK_H_

#include <atomic>
#include <cstdint>

#include "absl/time/time.h"

namespace rapport::cache {

// Thread-safe.
class BootClock {
 public:
  virtual ~BootClock() = default;
  virtual absl::Duration Now() const = 0;
};

// CLOCK_BOOTTIME.
class SystemBootClock final : public BootClock {
 public:
  absl::Duration Now() const override;
};

// Stands still until told otherwise.
class FakeBootClock final : public BootClock {
 public:
  absl::Duration Now() const override { return absl::Microseconds(now_us_.load()); }
  void Advance(absl::Duration d) { now_us_.fetch_add(absl::ToInt64Microseconds(d)); }

 private:
  std::atomic<std::int64_t> now_us_{0};
};

}  // namespace rapport::cache

#endif  // RAPPORT_COMMON_CACHE_BOOT_CLOCK_H_
