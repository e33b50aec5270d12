// Windows of local time that return on some days of the week, read off the clock on the wall: at
// any instant only what that clock and calendar show counts. So a window keeps its local hours over
// every change of the clocks. Local time that is skipped is in no window; local time that comes
// twice is in a window both times. Pure functions.
#ifndef RAPPORT_COMMON_TIME_DAILY_WINDOW_H_
#define RAPPORT_COMMON_TIME_DAILY_WINDOW_H_

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "absl/types/span.h"

namespace rapport::time {

inline constexpr int kMinutesOfDay = 24 * 60;

struct DailyWindow {
  static constexpr unsigned kEveryDay = 0x7f;

  // Minutes after local midnight, 0..1439, and 0..1440: the window holds its begin and not its end.
  // One that ends at or before its begin ends on the next day.
  int begin_minute = 0;
  int end_minute = kMinutesOfDay;
  // The days on which it begins: bit 0 Monday to bit 6 Sunday.
  unsigned weekdays = kEveryDay;
};

// Whether the wall clock of the zone shows a time inside one of the windows at `t`.
bool InWindow(absl::Span<const DailyWindow> windows, const absl::TimeZone& zone, absl::Time t);

// The first instant after `t` at which InWindow may change in this zone: a begin, an end, or a
// change of the zone's clocks. Without windows, InfiniteFuture.
absl::Time NextEdge(absl::Span<const DailyWindow> windows, const absl::TimeZone& zone,
                    absl::Time t);

// The first instant after `t` at which the clocks of the zone change; InfiniteFuture if they do
// not.
absl::Time NextClockChange(const absl::TimeZone& zone, absl::Time t);

// The first instant at which the calendar on the wall shows this day, or a later one where the day
// is skipped.
absl::Time BeginOfDay(absl::CivilDay day, const absl::TimeZone& zone);

}  // namespace rapport::time

#endif  // RAPPORT_COMMON_TIME_DAILY_WINDOW_H_
