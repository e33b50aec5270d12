// The hours in which the house works, for reply times (product.md 3.10). Working time is real time
// that passes while the clock on the wall shows a working hour: a change of the clocks inside a
// window makes that day shorter or longer. All arithmetic is in whole microseconds.
#ifndef RAPPORT_SERVICES_ENGAGEMENT_RULES_WORKING_HOURS_H_
#define RAPPORT_SERVICES_ENGAGEMENT_RULES_WORKING_HOURS_H_

#include <cstdint>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/time/daily_window.h"

namespace rapport::engagement::rules {

inline constexpr std::int64_t kMicrosPerHour = 3600LL * 1000 * 1000;

// Immutable. Making one takes the time of some hundred look-ups in the time zone database.
class WorkingHours {
 public:
  // Longest stretch that Between looks at: five years.
  static constexpr std::int64_t kLongestSpan = kMicrosPerHour * 24 * 366 * 5;

  // Monday to Friday, 09:00 to 17:00, UTC.
  WorkingHours();
  // Windows that overlap count once. Without any: those of the default.
  WorkingHours(absl::Span<const time::DailyWindow> windows, const absl::TimeZone& zone);

  // Working time from one instant (Unix microseconds) to another; 0 if `to` is not later.
  std::int64_t Between(std::int64_t from_us, std::int64_t to_us) const;

  // The last instant at which not more than `work_us` of working time has passed since `from_us`:
  // Between(from, t) <= work_us up to it and only up to it. Needs work_us >= 0.
  std::int64_t EndOf(std::int64_t from_us, std::int64_t work_us) const;

 private:
  // A stretch of the week, in microseconds after Monday 00:00 on the wall, and the working time of
  // the week before it.
  struct Stretch {
    std::int64_t begin;
    std::int64_t end;
    std::int64_t before;
  };
  // From `begin` on the clock on the wall runs ahead of UTC by `offset`.
  struct Segment {
    std::int64_t begin;
    std::int64_t offset;
  };
  using Segments = std::vector<Segment>;
  Segments::const_iterator SegmentAt(std::int64_t us) const;
  // The begin of the next one.
  std::int64_t EndOfSegment(Segments::const_iterator segment) const;
  // Working time up to a wall-clock instant, from a fixed Monday on; negative before it.
  std::int64_t Worked(std::int64_t wall_us) const;
  // The last wall-clock instant with Worked() <= `worked`.
  std::int64_t LastWith(std::int64_t worked) const;

  // Looked up once, for the years of timestamps: 1900 to 2200.
  Segments segments_;
  std::vector<Stretch> week_;
  std::int64_t total_ = 0;
};

}  // namespace rapport::engagement::rules

#endif  // RAPPORT_SERVICES_ENGAGEMENT_RULES_WORKING_HOURS_H_
