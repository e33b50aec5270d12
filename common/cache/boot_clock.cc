#include "common/cache/boot_clock.h"

#include <ctime>

namespace rapport::cache {

absl::Duration SystemBootClock::Now() const {
  timespec since_boot{};
  clock_gettime(CLOCK_BOOTTIME, &since_boot);
  return absl::DurationFromTimespec(since_boot);
}

}  // namespace rapport::cache
