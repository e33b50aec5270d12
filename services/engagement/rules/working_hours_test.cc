#include "services/engagement/rules/working_hours.h"

#include <gtest/gtest.h>

#include <vector>

#include "services/engagement/rules/samples.h"

namespace rapport::engagement::rules {
namespace {

constexpr std::int64_t kHour = kMicrosPerHour;

std::int64_t Us(absl::Time t) { return absl::ToUnixMicros(t); }

absl::TimeZone Zone(const char* name) {
  absl::TimeZone zone;
  EXPECT_TRUE(absl::LoadTimeZone(name, &zone)) << name;
  return zone;
}

absl::Time In(const absl::TimeZone& zone, int month, int day, int hour, int minute = 0) {
  return absl::FromCivil(absl::CivilMinute(2026, month, day, hour, minute), zone);
}

double Between(const WorkingHours& hours, absl::Time from, absl::Time to) {
  return static_cast<double>(hours.Between(Us(from), Us(to))) / kHour;
}

absl::Time EndOf(const WorkingHours& hours, absl::Time from, int work_hours) {
  return absl::FromUnixMicros(hours.EndOf(Us(from), work_hours * kHour));
}

// 2 March 2026 is a Monday.
// Proves: E15
TEST(WorkingHours, AreMondayToFridayNineToFiveUnlessToldOtherwise) {
  const WorkingHours hours;
  const auto utc = absl::UTCTimeZone();
  EXPECT_DOUBLE_EQ(Between(hours, In(utc, 3, 2, 9), In(utc, 3, 2, 17)), 8);
  EXPECT_DOUBLE_EQ(Between(hours, In(utc, 3, 2, 0), In(utc, 3, 3, 0)), 8);
  EXPECT_DOUBLE_EQ(Between(hours, In(utc, 3, 2, 16, 30), In(utc, 3, 3, 9, 15)), 0.75);
  EXPECT_DOUBLE_EQ(Between(hours, In(utc, 3, 6, 17), In(utc, 3, 9, 9)), 0) << "a weekend";
  EXPECT_DOUBLE_EQ(Between(hours, In(utc, 3, 6, 16), In(utc, 3, 9, 10)), 2);
  EXPECT_DOUBLE_EQ(Between(hours, In(utc, 3, 1, 0), In(utc, 3, 29, 0)), 4 * 40);
  EXPECT_DOUBLE_EQ(Between(hours, In(utc, 3, 3, 9), In(utc, 3, 2, 9)), 0) << "backwards";
}

TEST(WorkingHours, EndWhereTheNextWorkingMomentWouldBeTooMuch) {
  const WorkingHours hours;
  const auto utc = absl::UTCTimeZone();
  EXPECT_EQ(EndOf(hours, In(utc, 3, 2, 12), 16), In(utc, 3, 4, 12));
  EXPECT_EQ(EndOf(hours, In(utc, 3, 6, 16), 16), In(utc, 3, 10, 16));
  EXPECT_EQ(EndOf(hours, In(utc, 3, 2, 9), 16), In(utc, 3, 4, 9)) << "the night costs nothing";
  EXPECT_EQ(EndOf(hours, In(utc, 3, 7, 3), 8), In(utc, 3, 10, 9)) << "a letter of Saturday";
  EXPECT_EQ(EndOf(hours, In(utc, 3, 6, 20), 0), In(utc, 3, 9, 9));
  EXPECT_EQ(EndOf(hours, In(utc, 3, 2, 10), 0), In(utc, 3, 2, 10));
}

TEST(WorkingHours, KeepTheirLocalTimeOverChangesOfTheClocks) {
  const auto lisbon = Zone("Europe/Lisbon");  // an hour ahead from 29 March 2026 on
  const std::vector<time::DailyWindow> office = {{9 * 60, 17 * 60, 0x1f}};
  const WorkingHours hours(office, lisbon);
  EXPECT_DOUBLE_EQ(Between(hours, In(lisbon, 3, 27, 16), In(lisbon, 3, 30, 10)), 2);
  EXPECT_EQ(EndOf(hours, In(lisbon, 3, 27, 16), 2), In(lisbon, 3, 30, 10));
  const auto utc = absl::UTCTimeZone();
  EXPECT_DOUBLE_EQ(Between(hours, In(utc, 3, 30, 8), In(utc, 3, 30, 9)), 1);
  EXPECT_DOUBLE_EQ(Between(hours, In(utc, 3, 27, 8), In(utc, 3, 27, 9)), 0);
}

TEST(WorkingHours, CountRealTimeWhereTheClocksChangeInsideThem) {
  const auto lisbon = Zone("Europe/Lisbon");
  const std::vector<time::DailyWindow> nights = {{22 * 60, 6 * 60}};
  const WorkingHours hours(nights, lisbon);
  EXPECT_DOUBLE_EQ(Between(hours, In(lisbon, 3, 28, 22), In(lisbon, 3, 29, 6)), 7) << "spring";
  EXPECT_DOUBLE_EQ(Between(hours, In(lisbon, 10, 24, 22), In(lisbon, 10, 25, 6)), 9) << "autumn";
  EXPECT_EQ(EndOf(hours, In(lisbon, 10, 24, 22), 8), In(lisbon, 10, 25, 5));
}

TEST(WorkingHours, RunOverMidnightAndOverTheEndOfTheWeek) {
  const auto utc = absl::UTCTimeZone();
  const std::vector<time::DailyWindow> sundays = {{20 * 60, 4 * 60, 1u << 6}};
  const WorkingHours hours(sundays, utc);
  EXPECT_DOUBLE_EQ(Between(hours, In(utc, 3, 1, 0), In(utc, 3, 3, 0)), 8);
  EXPECT_DOUBLE_EQ(Between(hours, In(utc, 3, 2, 3), In(utc, 3, 8, 21)), 2);
  EXPECT_EQ(EndOf(hours, In(utc, 3, 1, 22), 8), In(utc, 3, 8, 22));
}

TEST(WorkingHours, ThatEndWhereTheyBeginLastADay) {
  const auto utc = absl::UTCTimeZone();
  const std::vector<time::DailyWindow> mondays = {{9 * 60, 9 * 60, 1u << 0}};
  const WorkingHours hours(mondays, utc);
  EXPECT_DOUBLE_EQ(Between(hours, In(utc, 3, 1, 0), In(utc, 3, 8, 0)), 24);
  EXPECT_DOUBLE_EQ(Between(hours, In(utc, 3, 2, 10), In(utc, 3, 3, 10)), 23);
}

TEST(WorkingHours, CountWindowsThatOverlapOnce) {
  const auto utc = absl::UTCTimeZone();
  const std::vector<time::DailyWindow> windows = {
      {9 * 60, 13 * 60}, {12 * 60, 14 * 60}, {14 * 60, 15 * 60}, {10 * 60, 11 * 60}};
  const WorkingHours hours(windows, utc);
  EXPECT_DOUBLE_EQ(Between(hours, In(utc, 3, 2, 0), In(utc, 3, 3, 0)), 6);
  const std::vector<time::DailyWindow> always = {{0, 1440}};
  EXPECT_DOUBLE_EQ(Between(WorkingHours(always, utc), In(utc, 3, 1, 0), In(utc, 3, 9, 0)), 192);
}

TEST(WorkingHours, AreTheDefaultWhereNoWindowHasADay) {
  const std::vector<time::DailyWindow> none = {{9 * 60, 17 * 60, 0}};
  const auto utc = absl::UTCTimeZone();
  EXPECT_DOUBLE_EQ(Between(WorkingHours(none, utc), In(utc, 3, 2, 0), In(utc, 3, 3, 0)), 8);
}

// The two functions agree with each other, around every edge of two weeks.
TEST(WorkingHours, EndIsTheLastInstantWithNotMoreWork) {
  const auto berlin = Zone("Europe/Berlin");
  const std::vector<time::DailyWindow> windows = {
      {8 * 60 + 30, 12 * 60, 0x1f}, {13 * 60, 18 * 60, 0x0f}, {23 * 60, 3 * 60, 1u << 5}};
  const WorkingHours hours(windows, berlin);
  const std::int64_t begin = Us(In(berlin, 3, 23, 0));
  for (int i = 0; i < 14 * 24 * 2; ++i) {
    const std::int64_t from = begin + i * kHour / 2;
    for (const std::int64_t work : {std::int64_t{0}, kHour, 5 * kHour + 1, 16 * kHour}) {
      const std::int64_t end = hours.EndOf(from, work);
      ASSERT_GE(end, from);
      ASSERT_EQ(hours.Between(from, end), work);
      ASSERT_EQ(hours.Between(from, end + 1), work + 1);
    }
  }
}

TEST(WorkingHours, LookAtFiveYearsAtMost) {
  const WorkingHours hours;
  const auto utc = absl::UTCTimeZone();
  const std::int64_t from = Us(In(utc, 3, 2, 9));
  EXPECT_EQ(hours.Between(from, from + 100 * WorkingHours::kLongestSpan),
            hours.Between(from, from + WorkingHours::kLongestSpan));
}

}  // namespace
}  // namespace rapport::engagement::rules
