// Days that return every year.
#ifndef RAPPORT_SERVICES_RECOMMENDATION_RULES_ANNIVERSARY_H_
#define RAPPORT_SERVICES_RECOMMENDATION_RULES_ANNIVERSARY_H_

#include <cstdint>
#include <optional>

#include "absl/time/civil_time.h"
#include "absl/types/span.h"
#include "rapport/type/v1/common.pb.h"

namespace rapport::recommendation {

// A day is near from one day past to three days ahead.
inline constexpr int kAnniversaryDaysPast = 1;
inline constexpr int kAnniversaryDaysAhead = 3;

// Place of a day in a leap year, 1..366 (29 February is 60); 0 if month or day is not known or
// there is no such day.
std::uint16_t DayOfLeapYear(const type::v1::PartialDate& date);

// Whether the anniversary falls on `day`. 29 February falls on the 28th in other years.
bool FallsOn(std::uint16_t day_of_leap_year, absl::CivilDay day);

// The near day that matters most: today, else the next one, else yesterday's; none if none is near.
std::optional<absl::CivilDay> NearAnniversary(absl::Span<const std::uint16_t> days_of_leap_year,
                                              absl::CivilDay today);

// The first day from `from` on that the anniversary falls on. `day_of_leap_year` in 1..366.
absl::CivilDay NextAnniversary(std::uint16_t day_of_leap_year, absl::CivilDay from);

}  // namespace rapport::recommendation

#endif  // RAPPORT_SERVICES_RECOMMENDATION_RULES_ANNIVERSARY_H_
