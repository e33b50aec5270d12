#include "services/recommendation/rules/anniversary.h"

#include <array>

namespace rapport::recommendation {
namespace {

constexpr std::uint16_t kLeapDay = 60;
constexpr std::array<int, 13> kDaysBefore = {0,   31,  60,  91,  121, 152, 182,
                                             213, 244, 274, 305, 335, 366};

std::uint16_t IndexOf(int month, int day) {
  return static_cast<std::uint16_t>(kDaysBefore[static_cast<std::size_t>(month - 1)] + day);
}

bool IsLeap(absl::civil_year_t year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

}  // namespace

std::uint16_t DayOfLeapYear(const type::v1::PartialDate& date) {
  if (date.month() < 1 || date.month() > 12 || date.day() < 1) return 0;
  const std::size_t month = static_cast<std::size_t>(date.month());
  if (date.day() > kDaysBefore[month] - kDaysBefore[month - 1]) return 0;
  return IndexOf(date.month(), date.day());
}

bool FallsOn(std::uint16_t day_of_leap_year, absl::CivilDay day) {
  const std::uint16_t index = IndexOf(day.month(), day.day());
  if (index == day_of_leap_year) return true;
  return day_of_leap_year == kLeapDay && index == kLeapDay - 1 && !IsLeap(day.year());
}

std::optional<absl::CivilDay> NearAnniversary(absl::Span<const std::uint16_t> days_of_leap_year,
                                              absl::CivilDay today) {
  const auto any_on = [&](absl::CivilDay day) {
    for (const std::uint16_t index : days_of_leap_year) {
      if (FallsOn(index, day)) return true;
    }
    return false;
  };
  for (int ahead = 0; ahead <= kAnniversaryDaysAhead; ++ahead) {
    if (any_on(today + ahead)) return today + ahead;
  }
  for (int past = 1; past <= kAnniversaryDaysPast; ++past) {
    if (any_on(today - past)) return today - past;
  }
  return std::nullopt;
}

absl::CivilDay NextAnniversary(std::uint16_t day_of_leap_year, absl::CivilDay from) {
  absl::CivilDay day = from;
  while (!FallsOn(day_of_leap_year, day)) ++day;
  return day;
}

}  // namespace rapport::recommendation
