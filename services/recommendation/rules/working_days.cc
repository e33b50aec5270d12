#include "services/recommendation/rules/working_days.h"

#include "absl/time/civil_time.h"

namespace rapport::recommendation {
namespace {

bool IsWeekend(absl::CivilDay day) {
  const absl::Weekday weekday = absl::GetWeekday(day);
  return weekday == absl::Weekday::saturday || weekday == absl::Weekday::sunday;
}

absl::CivilDay NextWorkingDay(absl::CivilDay day) {
  do {
    ++day;
  } while (IsWeekend(day));
  return day;
}

absl::Time AtTimeOfDay(absl::CivilDay day, absl::CivilSecond time_of_day, absl::Duration subsecond,
                       absl::TimeZone zone) {
  return absl::FromCivil(absl::CivilSecond(day.year(), day.month(), day.day(), time_of_day.hour(),
                                           time_of_day.minute(), time_of_day.second()),
                         zone) +
         subsecond;
}

}  // namespace

absl::Time PlusWorkingDay(absl::Time t, absl::TimeZone zone) {
  const absl::TimeZone::CivilInfo local = zone.At(t);
  const absl::CivilDay day(local.cs);
  if (IsWeekend(day)) return absl::FromCivil(NextWorkingDay(NextWorkingDay(day)), zone);
  return AtTimeOfDay(NextWorkingDay(day), local.cs, local.subsecond, zone);
}

absl::Time WorkingDayBefore(absl::Time as_of, absl::TimeZone zone) {
  const absl::TimeZone::CivilInfo local = zone.At(as_of);
  absl::CivilDay day(local.cs);
  if (IsWeekend(day)) return absl::FromCivil(absl::PrevWeekday(day, absl::Weekday::friday), zone);
  do {
    --day;
  } while (IsWeekend(day));
  return AtTimeOfDay(day, local.cs, local.subsecond, zone);
}

absl::Time EndOfSecondWorkingDay(absl::Time as_of, absl::TimeZone zone) {
  const absl::CivilDay second = NextWorkingDay(NextWorkingDay(absl::ToCivilDay(as_of, zone)));
  return absl::FromCivil(second + 1, zone);
}

}  // namespace rapport::recommendation
