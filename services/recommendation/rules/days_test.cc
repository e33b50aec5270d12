#include <gtest/gtest.h>

#include "services/recommendation/rules/anniversary.h"
#include "services/recommendation/rules/speech.h"
#include "services/recommendation/rules/test_world.h"
#include "services/recommendation/rules/working_days.h"

namespace rapport::recommendation {
namespace {

const absl::TimeZone kUtc = absl::UTCTimeZone();

// Monday 9 March 2026.
absl::Time Monday() { return At("2026-03-09T09:00:00Z"); }

TEST(SayWhen, SaysDaysTheWayPeopleDo) {
  const auto say = [](const char* t) { return SayWhen(At(t), Monday(), kUtc); };
  EXPECT_EQ(say("2026-03-09T23:59:00Z"), "today");
  EXPECT_EQ(say("2026-03-10T00:00:00Z"), "tomorrow");
  EXPECT_EQ(say("2026-03-08T23:00:00Z"), "yesterday");
  EXPECT_EQ(say("2026-03-12T08:00:00Z"), "on Thursday");
  EXPECT_EQ(say("2026-03-05T08:00:00Z"), "on Thursday");
  EXPECT_EQ(say("2026-03-15T08:00:00Z"), "on Sunday");
  EXPECT_EQ(say("2026-03-16T08:00:00Z"), "in 7 days");
  EXPECT_EQ(say("2026-02-18T08:00:00Z"), "19 days ago");
  EXPECT_EQ(say("2026-02-02T08:00:00Z"), "5 weeks ago");
  EXPECT_EQ(say("2026-04-13T08:00:00Z"), "in 5 weeks");
  EXPECT_EQ(say("2025-10-13T08:00:00Z"), "in October");
  EXPECT_EQ(say("2025-03-01T08:00:00Z"), "in March 2025");
}

TEST(SayWhen, CountsDaysInTheZoneOfTheOneWhoReads) {
  const absl::Time late = At("2026-03-09T23:30:00Z");
  const absl::Time after = At("2026-03-10T00:30:00Z");
  EXPECT_EQ(SayWhen(after, late, kUtc), "tomorrow");
  EXPECT_EQ(SayWhen(after, late, Zone("America/New_York")), "today");
  EXPECT_EQ(SayWhen(after, late, Zone("Asia/Tokyo")), "today");
}

TEST(SayDay, NamesADayAfterByAndFor) {
  EXPECT_EQ(SayDay(At("2026-03-12T08:00:00Z"), Monday(), kUtc), "Thursday");
  EXPECT_EQ(SayDay(At("2026-03-10T08:00:00Z"), Monday(), kUtc), "tomorrow");
  EXPECT_EQ(SayDay(At("2026-04-12T08:00:00Z"), Monday(), kUtc), "12 April");
  EXPECT_EQ(SayDay(At("2024-04-12T08:00:00Z"), Monday(), kUtc), "12 April 2024");
  EXPECT_EQ(SayDistance(At("2026-03-12T08:00:00Z"), Monday(), kUtc), "in 3 days");
  EXPECT_EQ(SayDistance(At("2026-03-02T08:00:00Z"), Monday(), kUtc), "7 days ago");
}

TEST(SaySpan, RoundsDownToWhatMatters) {
  EXPECT_EQ(SaySpan(At("2023-01-05T00:00:00Z"), Monday(), kUtc), "3 years 2 months");
  EXPECT_EQ(SaySpan(At("2025-03-09T00:00:00Z"), Monday(), kUtc), "1 year");
  EXPECT_EQ(SaySpan(At("2025-03-10T00:00:00Z"), Monday(), kUtc), "11 months");
  EXPECT_EQ(SaySpan(At("2026-02-18T00:00:00Z"), Monday(), kUtc), "2 weeks");
  EXPECT_EQ(SaySpan(At("2026-03-08T00:00:00Z"), Monday(), kUtc), "1 day");
}

TEST(Quote, ClipsLongWordsAtACharacter) {
  EXPECT_EQ(Quote("send the drawings"), "\"send the drawings\"");
  std::string accents(99, 'a');
  accents += "éé";
  EXPECT_EQ(Quote(accents), "\"" + std::string(99, 'a') + "…\"");
}

TEST(BareSubject, DropsReplyMarks) {
  EXPECT_EQ(BareSubject("Re: FWD: Export"), "Export");
  EXPECT_EQ(BareSubject("Regarding us"), "Regarding us");
}

TEST(SayPlaceAndLanguage, UseTheNamesOfThings) {
  EXPECT_EQ(SayPlace("America/New_York"), "New York");
  EXPECT_EQ(SayPlace("Etc/GMT+2"), "");
  EXPECT_EQ(SayPlace("UTC"), "");
  EXPECT_EQ(SayLanguage("pt-PT"), "Portuguese");
  EXPECT_EQ(SayLanguage("tlh"), "tlh");
}

TEST(Called, PrefersTheGivenNameAndNeverGuessesAPronoun) {
  World world;
  EXPECT_EQ(Called(&world.person).Start(), "Ana");
  world.person.clear_name_components();
  EXPECT_EQ(Called(&world.person).StartPossessive(), "Ana Lopes's");
  EXPECT_EQ(Called(nullptr).Start(), "They");
  EXPECT_EQ(Called(nullptr).Object(), "them");
  EXPECT_EQ(Called(nullptr).Verb("waits", "wait"), "wait");
}

TEST(WorkingDays, SkipTheWeekend) {
  EXPECT_EQ(PlusWorkingDay(At("2026-03-09T10:00:00Z"), kUtc), At("2026-03-10T10:00:00Z"));
  EXPECT_EQ(PlusWorkingDay(At("2026-03-06T10:00:00Z"), kUtc), At("2026-03-09T10:00:00Z"));
  EXPECT_EQ(PlusWorkingDay(At("2026-03-07T10:00:00Z"), kUtc), At("2026-03-10T00:00:00Z"));
  EXPECT_EQ(PlusWorkingDay(At("2026-03-08T23:00:00Z"), kUtc), At("2026-03-10T00:00:00Z"));
  EXPECT_EQ(EndOfSecondWorkingDay(At("2026-03-09T10:00:00Z"), kUtc), At("2026-03-12T00:00:00Z"));
  EXPECT_EQ(EndOfSecondWorkingDay(At("2026-03-06T10:00:00Z"), kUtc), At("2026-03-11T00:00:00Z"));
  EXPECT_EQ(EndOfSecondWorkingDay(At("2026-03-07T10:00:00Z"), kUtc), At("2026-03-11T00:00:00Z"));
}

TEST(WorkingDays, BeforeIsTheInverseOfPlus) {
  for (int now = 0; now < 24 * 14; now += 5) {
    const absl::Time as_of = At("2026-03-09T00:00:00Z") + absl::Hours(now);
    for (int hour = -24 * 9; hour < 24 * 14; ++hour) {
      const absl::Time due = At("2026-03-09T00:30:00Z") + absl::Hours(hour);
      EXPECT_EQ(PlusWorkingDay(due, kUtc) < as_of, due < WorkingDayBefore(as_of, kUtc))
          << due << " " << as_of;
    }
  }
}

std::uint16_t Index(int month, int day) {
  type::v1::PartialDate date;
  date.set_month(month);
  date.set_day(day);
  return DayOfLeapYear(date);
}

TEST(Anniversary, OfALeapDayFallsOnThe28thInOtherYears) {
  EXPECT_TRUE(FallsOn(Index(2, 29), absl::CivilDay(2028, 2, 29)));
  EXPECT_FALSE(FallsOn(Index(2, 29), absl::CivilDay(2028, 2, 28)));
  EXPECT_TRUE(FallsOn(Index(2, 29), absl::CivilDay(2026, 2, 28)));
  EXPECT_FALSE(FallsOn(Index(2, 29), absl::CivilDay(2026, 3, 1)));
  EXPECT_TRUE(FallsOn(Index(2, 29), absl::CivilDay(2100, 2, 28)));
  EXPECT_EQ(NextAnniversary(Index(2, 29), absl::CivilDay(2026, 3, 1)), absl::CivilDay(2027, 2, 28));
}

TEST(Anniversary, IsUnknownForDaysThatDoNotExist) {
  EXPECT_EQ(Index(2, 30), 0);
  EXPECT_EQ(Index(13, 1), 0);
  EXPECT_EQ(Index(4, 0), 0);
  EXPECT_EQ(Index(4, 31), 0);
  EXPECT_EQ(Index(1, 1), 1);
  EXPECT_EQ(Index(12, 31), 366);
}

TEST(Anniversary, IsNearFromOneDayPastToThreeAhead) {
  const std::vector<std::uint16_t> days = {Index(1, 1)};
  EXPECT_EQ(NearAnniversary(days, absl::CivilDay(2025, 12, 28)), std::nullopt);
  EXPECT_EQ(NearAnniversary(days, absl::CivilDay(2025, 12, 29)), absl::CivilDay(2026, 1, 1));
  EXPECT_EQ(NearAnniversary(days, absl::CivilDay(2026, 1, 2)), absl::CivilDay(2026, 1, 1));
  EXPECT_EQ(NearAnniversary(days, absl::CivilDay(2026, 1, 3)), std::nullopt);
  const std::vector<std::uint16_t> two = {Index(3, 8), Index(3, 11)};
  EXPECT_EQ(NearAnniversary(two, absl::CivilDay(2026, 3, 9)), absl::CivilDay(2026, 3, 11));
}

}  // namespace
}  // namespace rapport::recommendation
