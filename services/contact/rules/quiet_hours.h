// When a person may be reached, in their own time, wherever they may be (product capabilities C17,
// C18). Hours are read off the wall clocks of all zones at once: contact is permitted at an instant
// if it is permitted in every zone that the person may be in.
#ifndef RAPPORT_SERVICES_CONTACT_RULES_QUIET_HOURS_H_
#define RAPPORT_SERVICES_CONTACT_RULES_QUIET_HOURS_H_

#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/time/daily_window.h"
#include "rapport/contact/v1/steward.pb.h"
#include "rapport/type/v1/common.pb.h"

namespace rapport::contact::rules {

// The hours that hold where the person named none and is rung up, and wherever it is not known
// where the person is: 09:00 to 20:00.
inline constexpr time::DailyWindow kCustomaryNight{20 * 60, 9 * 60};
// How far ahead a permitted instant is looked for.
inline constexpr absl::Duration kLookAhead = absl::Hours(24 * 366);

struct Hours {
  std::vector<time::DailyWindow> open;   // inside one of these; none: at any hour
  std::vector<time::DailyWindow> quiet;  // and outside of all of these
};

// A service by mail, chat or post is an answer that waits until the person looks: no hours bind it.
bool BoundByHours(type::v1::Purpose purpose, type::v1::Channel channel);

// What the person said, and the customary hours where they hold.
Hours HoursFor(const v1::Preference& preference, type::v1::Channel channel, bool zone_is_known);

bool Permits(const Hours& hours, absl::Span<const absl::TimeZone> zones, absl::Time t);

// The first instant at or after `from` that is permitted; InfiniteFuture if none is within
// kLookAhead. Exact over changes of the clocks.
absl::Time NextPermitted(const Hours& hours, absl::Span<const absl::TimeZone> zones,
                         absl::Time from);

// The first instant after `from`, which is permitted, that is not; InfiniteFuture if all are within
// kLookAhead.
absl::Time PermittedUntil(const Hours& hours, absl::Span<const absl::TimeZone> zones,
                          absl::Time from);

// The first instant at which the day has begun in every zone. `not_before` is a real day.
absl::Time BegunEverywhere(const type::v1::PartialDate& not_before,
                           absl::Span<const absl::TimeZone> zones);

}  // namespace rapport::contact::rules

#endif  // RAPPORT_SERVICES_CONTACT_RULES_QUIET_HOURS_H_
