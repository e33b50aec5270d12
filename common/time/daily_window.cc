#include "common/time/daily_window.h"

#include <algorithm>

namespace rapport::time {
namespace {

constexpr int kSecondsOfDay = 24 * 60 * 60;

bool Includes(const DailyWindow& window, unsigned weekday, int minute) {
  const bool into_next_day = window.end_minute <= window.begin_minute;
  const unsigned yesterday = (weekday + 6) % 7;
  if (((window.weekdays >> weekday) & 1) != 0 && minute >= window.begin_minute &&
      (into_next_day || minute < window.end_minute)) {
    return true;
  }
  return into_next_day && ((window.weekdays >> yesterday) & 1) != 0 && minute < window.end_minute;
}

int SecondOfDay(absl::CivilSecond local) {
  return (local.hour() * 60 + local.minute()) * 60 + local.second();
}

}  // namespace

bool InWindow(absl::Span<const DailyWindow> windows, const absl::TimeZone& zone, absl::Time t) {
  if (windows.empty()) return false;
  const absl::CivilSecond local = absl::ToCivilSecond(t, zone);
  const auto weekday = static_cast<unsigned>(absl::GetWeekday(local));  // Monday is 0
  const int minute = SecondOfDay(local) / 60;
  return std::any_of(windows.begin(), windows.end(),
                     [&](const DailyWindow& window) { return Includes(window, weekday, minute); });
}

absl::Time NextEdge(absl::Span<const DailyWindow> windows, const absl::TimeZone& zone,
                    absl::Time t) {
  if (windows.empty()) return absl::InfiniteFuture();
  const auto here = zone.At(t);
  const int now = SecondOfDay(here.cs);
  int wait = kSecondsOfDay;
  for (const DailyWindow& window : windows) {
    for (const int minute : {window.begin_minute, window.end_minute % kMinutesOfDay}) {
      const int ahead = minute * 60 - now;
      wait = std::min(wait, ahead > 0 ? ahead : ahead + kSecondsOfDay);
    }
  }
  return std::min(t - here.subsecond + absl::Seconds(wait), NextClockChange(zone, t));
}

absl::Time NextClockChange(const absl::TimeZone& zone, absl::Time t) {
  absl::TimeZone::CivilTransition change;
  if (!zone.NextTransition(t, &change)) return absl::InfiniteFuture();
  // The first local second after the change: unique behind a gap, else the repeated one, whose
  // `trans` is the change itself.
  return zone.At(change.to).trans;
}

absl::Time BeginOfDay(absl::CivilDay day, const absl::TimeZone& zone) {
  // Where midnight comes twice, its first time; where it is skipped, the change.
  const auto midnight = zone.At(absl::CivilSecond(day));
  return midnight.kind == absl::TimeZone::TimeInfo::SKIPPED ? midnight.trans : midnight.pre;
}

}  // namespace rapport::time
