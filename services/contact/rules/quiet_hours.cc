#include "services/contact/rules/quiet_hours.h"

#include <algorithm>

#include "services/contact/rules/channels.h"

namespace rapport::contact::rules {
namespace {

using Zones = absl::Span<const absl::TimeZone>;

template <class Windows>
std::vector<time::DailyWindow> FromProto(const Windows& windows) {
  std::vector<time::DailyWindow> out;
  for (const auto& window : windows) {
    unsigned weekdays = 0;
    for (const int day : window.weekdays()) weekdays |= 1u << static_cast<unsigned>(day - 1);
    if (weekdays == 0) weekdays = time::DailyWindow::kEveryDay;
    out.push_back({window.begin_minute(), window.end_minute(), weekdays});
  }
  return out;
}

bool PermitsIn(const Hours& hours, const absl::TimeZone& zone, absl::Time t) {
  return (hours.open.empty() || time::InWindow(hours.open, zone, t)) &&
         !time::InWindow(hours.quiet, zone, t);
}

absl::Time NextEdge(const Hours& hours, const absl::TimeZone& zone, absl::Time t) {
  return std::min(time::NextEdge(hours.open, zone, t), time::NextEdge(hours.quiet, zone, t));
}

// The first instant in [from, until) whose answer is `wanted`; `until` if there is none.
absl::Time Find(bool wanted, const Hours& hours, Zones zones, absl::Time from, absl::Time until) {
  absl::Time t = from;
  while (t < until) {
    // One zone that forbids decides; it goes on doing so until one of its own edges.
    const auto* forbids = std::find_if(
        zones.begin(), zones.end(), [&](const auto& zone) { return !PermitsIn(hours, zone, t); });
    if ((forbids == zones.end()) == wanted) return t;
    if (wanted) {
      do {
        t = NextEdge(hours, *forbids, t);
      } while (t < until && !PermitsIn(hours, *forbids, t));
    } else {
      absl::Time next = until;
      for (const auto& zone : zones) next = std::min(next, NextEdge(hours, zone, t));
      t = next;
    }
  }
  return until;
}

// As Find, up to the horizon; InfiniteFuture if there is none. Between two changes of any of the
// clocks everything returns after a week, so a week of each such time is looked at and no more.
absl::Time FindFrom(bool wanted, const Hours& hours, Zones zones, absl::Time from) {
  const absl::Time horizon = from + kLookAhead;
  for (absl::Time t = from; t < horizon;) {
    absl::Time change = horizon;
    for (const auto& zone : zones) change = std::min(change, time::NextClockChange(zone, t));
    const absl::Time until = std::min(change, t + absl::Hours(24 * 7));
    const absl::Time found = Find(wanted, hours, zones, t, until);
    if (found < until) return found;
    t = change;
  }
  return absl::InfiniteFuture();
}

}  // namespace

bool BoundByHours(type::v1::Purpose purpose, type::v1::Channel channel) {
  return purpose != type::v1::PURPOSE_SERVICE ||
         (channel != type::v1::CHANNEL_EMAIL && channel != type::v1::CHANNEL_CHAT &&
          channel != type::v1::CHANNEL_POST);
}

Hours HoursFor(const v1::Preference& preference, type::v1::Channel channel, bool zone_is_known) {
  Hours hours;
  hours.quiet = FromProto(preference.quiet_hours());
  for (const auto& said : preference.channels()) {
    if (said.channel() == channel) hours.open = FromProto(said.windows());
  }
  const bool named = !hours.quiet.empty() || !hours.open.empty();
  if (!zone_is_known || (Rings(channel) && !named)) hours.quiet.push_back(kCustomaryNight);
  return hours;
}

bool Permits(const Hours& hours, Zones zones, absl::Time t) {
  return std::all_of(zones.begin(), zones.end(),
                     [&](const auto& zone) { return PermitsIn(hours, zone, t); });
}

absl::Time NextPermitted(const Hours& hours, Zones zones, absl::Time from) {
  return FindFrom(true, hours, zones, from);
}

absl::Time PermittedUntil(const Hours& hours, Zones zones, absl::Time from) {
  return FindFrom(false, hours, zones, from);
}

absl::Time BegunEverywhere(const type::v1::PartialDate& not_before, Zones zones) {
  const absl::CivilDay day(not_before.year(), not_before.month(), not_before.day());
  absl::Time begun = absl::InfinitePast();
  for (const auto& zone : zones) begun = std::max(begun, time::BeginOfDay(day, zone));
  return begun;
}

}  // namespace rapport::contact::rules
