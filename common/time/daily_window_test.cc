#include "common/time/daily_window.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace rapport::time {
namespace {

absl::TimeZone Zone(const std::string& name) {
  absl::TimeZone zone;
  EXPECT_TRUE(absl::LoadTimeZone(name, &zone)) << name;
  return zone;
}

absl::Time At(const std::string& text) {
  absl::Time t;
  std::string error;
  EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, text, &t, &error)) << text << error;
  return t;
}

constexpr DailyWindow kNight{20 * 60, 9 * 60};
constexpr DailyWindow kMorning{9 * 60, 12 * 60};
constexpr unsigned kMonday = 1;

TEST(DailyWindow, HoldsItsBeginAndNotItsEnd) {
  const auto utc = absl::UTCTimeZone();
  EXPECT_FALSE(InWindow({kMorning}, utc, At("2026-06-15T08:59:59.999Z")));
  EXPECT_TRUE(InWindow({kMorning}, utc, At("2026-06-15T09:00:00Z")));
  EXPECT_TRUE(InWindow({kMorning}, utc, At("2026-06-15T11:59:59.999Z")));
  EXPECT_FALSE(InWindow({kMorning}, utc, At("2026-06-15T12:00:00Z")));
  EXPECT_FALSE(InWindow({}, utc, At("2026-06-15T09:00:00Z")));
}

TEST(DailyWindow, OneThatEndsBeforeItBeginsIsANight) {
  const auto utc = absl::UTCTimeZone();
  EXPECT_FALSE(InWindow({kNight}, utc, At("2026-06-15T19:59:00Z")));
  EXPECT_TRUE(InWindow({kNight}, utc, At("2026-06-15T20:00:00Z")));
  EXPECT_TRUE(InWindow({kNight}, utc, At("2026-06-16T08:59:00Z")));
  EXPECT_FALSE(InWindow({kNight}, utc, At("2026-06-16T09:00:00Z")));
}

TEST(DailyWindow, ItsWeekdayIsTheOneOnWhichItBegins) {
  const auto utc = absl::UTCTimeZone();
  const DailyWindow monday_night{20 * 60, 9 * 60, kMonday};  // 15 June 2026 is a Monday
  EXPECT_FALSE(InWindow({monday_night}, utc, At("2026-06-15T08:00:00Z")));
  EXPECT_TRUE(InWindow({monday_night}, utc, At("2026-06-15T21:00:00Z")));
  EXPECT_TRUE(InWindow({monday_night}, utc, At("2026-06-16T08:00:00Z")));
  EXPECT_FALSE(InWindow({monday_night}, utc, At("2026-06-16T21:00:00Z")));
  const DailyWindow sunday_night{20 * 60, 9 * 60, 1u << 6};
  EXPECT_TRUE(InWindow({sunday_night}, utc, At("2026-06-15T08:00:00Z")));
}

TEST(DailyWindow, BeginAndEndAtTheSameMinuteIsAWholeDay) {
  const auto utc = absl::UTCTimeZone();
  const DailyWindow from_eight{8 * 60, 8 * 60, kMonday};
  EXPECT_FALSE(InWindow({from_eight}, utc, At("2026-06-15T07:59:00Z")));
  EXPECT_TRUE(InWindow({from_eight}, utc, At("2026-06-15T08:00:00Z")));
  EXPECT_TRUE(InWindow({from_eight}, utc, At("2026-06-16T07:59:00Z")));
  EXPECT_FALSE(InWindow({from_eight}, utc, At("2026-06-16T08:00:00Z")));
  const DailyWindow to_midnight{8 * 60, 24 * 60};
  EXPECT_TRUE(InWindow({to_midnight}, utc, At("2026-06-15T23:59:00Z")));
  EXPECT_FALSE(InWindow({to_midnight}, utc, At("2026-06-16T00:00:00Z")));
}

// Proves: C18
TEST(DailyWindow, KeepsItsLocalHoursWhenTheClocksChange) {
  const auto lisbon = Zone("Europe/Lisbon");
  // 29 March 2026: 01:00 becomes 02:00. 25 October 2026: 02:00 becomes 01:00.
  for (const auto& [day, end] :
       {std::pair("2026-03-28", "09:00:00Z"), std::pair("2026-03-29", "08:00:00Z"),
        std::pair("2026-10-24", "08:00:00Z"), std::pair("2026-10-25", "09:00:00Z")}) {
    const absl::Time nine = At(absl::StrCat(day, "T", end));
    EXPECT_TRUE(InWindow({kNight}, lisbon, nine - absl::Minutes(1))) << day;
    EXPECT_FALSE(InWindow({kNight}, lisbon, nine)) << day;
  }
}

// Proves: C18
TEST(DailyWindow, SkippedTimeIsInNoWindowAndRepeatedTimeIsInItTwice) {
  const auto lisbon = Zone("Europe/Lisbon");
  const DailyWindow half_past_one{90, 120};  // 01:30 to 02:00
  absl::Time t = At("2026-03-29T00:00:00Z");
  for (int minute = 0; minute < 180; ++minute, t += absl::Minutes(1)) {
    EXPECT_FALSE(InWindow({half_past_one}, lisbon, t)) << t;
  }
  int minutes = 0;
  t = At("2026-10-25T00:00:00Z");
  for (int minute = 0; minute < 180; ++minute, t += absl::Minutes(1)) {
    minutes += InWindow({half_past_one}, lisbon, t) ? 1 : 0;
  }
  EXPECT_EQ(minutes, 60);
}

TEST(NextEdge, IsTheNextBeginOrEndOrChangeOfTheClocks) {
  const auto lisbon = Zone("Europe/Lisbon");
  EXPECT_EQ(NextEdge({kNight}, lisbon, At("2026-06-15T07:59:59.5Z")), At("2026-06-15T08:00:00Z"));
  EXPECT_EQ(NextEdge({kNight}, lisbon, At("2026-06-15T08:00:00Z")), At("2026-06-15T19:00:00Z"));
  EXPECT_EQ(NextEdge({kNight}, lisbon, At("2026-03-28T21:00:00Z")), At("2026-03-29T01:00:00Z"));
  EXPECT_EQ(NextEdge({kNight}, lisbon, At("2026-10-24T21:00:00Z")), At("2026-10-25T01:00:00Z"));
  EXPECT_EQ(NextEdge({}, lisbon, At("2026-06-15T08:00:00Z")), absl::InfiniteFuture());
  EXPECT_EQ(NextClockChange(absl::UTCTimeZone(), At("2026-06-15T08:00:00Z")),
            absl::InfiniteFuture());
}

// Proves: C18
TEST(BeginOfDay, IsTheFirstInstantOfTheDayWhereverMidnightIsMissingOrComesTwice) {
  EXPECT_EQ(BeginOfDay(absl::CivilDay(2026, 6, 15), Zone("Europe/Lisbon")),
            At("2026-06-14T23:00:00Z"));
  // Midnight of 4 November 2018 did not exist in Sao Paulo: 00:00 became 01:00.
  EXPECT_EQ(BeginOfDay(absl::CivilDay(2018, 11, 4), Zone("America/Sao_Paulo")),
            At("2018-11-04T03:00:00Z"));
  // On 1 November 2020 Havana went back from 01:00 to 00:00.
  EXPECT_EQ(BeginOfDay(absl::CivilDay(2020, 11, 1), Zone("America/Havana")),
            At("2020-11-01T04:00:00Z"));
  // Samoa had no 30 December 2011.
  EXPECT_EQ(BeginOfDay(absl::CivilDay(2011, 12, 30), Zone("Pacific/Apia")),
            At("2011-12-30T10:00:00Z"));
}

}  // namespace
}  // namespace rapport::time
