// Working days: Monday to Friday in the zone of the steward. Public holidays are not known.
#ifndef RAPPORT_SERVICES_RECOMMENDATION_RULES_WORKING_DAYS_H_
#define RAPPORT_SERVICES_RECOMMENDATION_RULES_WORKING_DAYS_H_

#include "absl/time/time.h"

namespace rapport::recommendation {

// One working day later, at the same time of day. An instant of a weekend counts as Monday 00:00,
// so a later `t` never gives an earlier answer.
absl::Time PlusWorkingDay(absl::Time t, absl::TimeZone zone);

// What was due before this instant has been overdue for more than one working day at `as_of`:
// `due < WorkingDayBefore(as_of)` holds exactly if `PlusWorkingDay(due) < as_of` (clock changes
// aside).
absl::Time WorkingDayBefore(absl::Time as_of, absl::TimeZone zone);

// The end of the second working day after the day of `as_of`: what is due before it falls due
// within the next two working days.
absl::Time EndOfSecondWorkingDay(absl::Time as_of, absl::TimeZone zone);

}  // namespace rapport::recommendation

#endif  // RAPPORT_SERVICES_RECOMMENDATION_RULES_WORKING_DAYS_H_
