#include "tools/rapportctl/days.h"

#include "common/testing/matchers.h"
#include "common/text/locale.h"

namespace rapport::rapportctl {
namespace {

using ::rapport::testing::StatusIs;
using ::testing::HasSubstr;

absl::Time At(const char* text) {
  absl::Time t;
  std::string error;
  EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, text, &t, &error)) << error;
  return t;
}

// A Monday.
DayStyle Monday() { return {.now = At("2026-03-09T09:00:00Z"), .zone = absl::UTCTimeZone()}; }

TypedTime Typed(Tense tense) {
  return {.now = At("2026-03-09T09:30:00Z"), .zone = absl::UTCTimeZone(), .tense = tense};
}

TEST(SayWhen, SaysNearDaysByNameAndFarOnesByDate) {
  EXPECT_EQ(SayWhen(At("2026-03-09T23:00:00Z"), Monday()), "today");
  EXPECT_EQ(SayWhen(At("2026-03-10T00:00:00Z"), Monday()), "tomorrow");
  EXPECT_EQ(SayWhen(At("2026-03-08T00:00:00Z"), Monday()), "yesterday");
  EXPECT_EQ(SayWhen(At("2026-03-05T12:00:00Z"), Monday()), "on Thursday");
  EXPECT_EQ(SayWhen(At("2026-03-21T12:00:00Z"), Monday()), "in 12 days");
  EXPECT_EQ(SayWhen(At("2026-02-18T12:00:00Z"), Monday()), "19 days ago");
  EXPECT_EQ(SayWhen(At("2026-01-02T12:00:00Z"), Monday()), "2 January");
  EXPECT_EQ(SayWhen(At("2024-01-02T12:00:00Z"), Monday()), "2 January 2024");
}

TEST(SayWhen, SaysTheDayOfTheZone) {
  DayStyle style = Monday();
  ASSERT_OK_AND_ASSIGN(style.zone, text::LoadIanaZone("Pacific/Auckland"));
  EXPECT_EQ(SayWhen(At("2026-03-09T11:30:00Z"), style), "tomorrow");
}

TEST(SayWhen, IsExactOnDemand) {
  DayStyle style = Monday();
  style.exact = true;
  EXPECT_EQ(SayWhen(At("2026-03-10T07:00:00Z"), style), "2026-03-10T07:00:00+00:00");
  EXPECT_EQ(SayMoment(At("2026-03-10T07:00:00Z"), style), "2026-03-10T07:00:00+00:00");
}

TEST(SayMoment, AddsTheTimeOfNearDays) {
  EXPECT_EQ(SayMoment(At("2026-03-09T07:05:00Z"), Monday()), "today 07:05");
  EXPECT_EQ(SayMoment(At("2026-03-05T14:00:00Z"), Monday()), "Thursday 14:00");
  EXPECT_EQ(SayMoment(At("2026-02-12T14:00:00Z"), Monday()), "12 February");
}

TEST(PartOfDay, GreetsByTheLocalHour) {
  EXPECT_EQ(PartOfDay(At("2026-03-09T09:00:00Z"), absl::UTCTimeZone()), "morning");
  EXPECT_EQ(PartOfDay(At("2026-03-09T12:00:00Z"), absl::UTCTimeZone()), "afternoon");
  EXPECT_EQ(PartOfDay(At("2026-03-09T18:00:00Z"), absl::UTCTimeZone()), "evening");
  EXPECT_EQ(PartOfDay(At("2026-03-09T02:00:00Z"), absl::UTCTimeZone()), "evening");
}

TEST(ReadTime, ReadsWhatPeopleType) {
  const auto past = [](const char* text) { return *ReadTime("f", text, Typed(Tense::kPast)); };
  const auto future = [](const char* text) { return *ReadTime("f", text, Typed(Tense::kFuture)); };
  EXPECT_EQ(past("2026-01-02T03:04:05+01:00"), At("2026-01-02T02:04:05Z"));
  EXPECT_EQ(past("2026-01-02 03:04"), At("2026-01-02T03:04:00Z"));
  EXPECT_EQ(past("2026-01-02"), At("2026-01-02T09:00:00Z"));
  EXPECT_EQ(past("now"), At("2026-03-09T09:30:00Z"));
  EXPECT_EQ(past("Yesterday"), At("2026-03-08T09:00:00Z"));
  EXPECT_EQ(future("tomorrow"), At("2026-03-10T09:00:00Z"));
  EXPECT_EQ(past("thursday"), At("2026-03-05T09:00:00Z"));
  EXPECT_EQ(future("thu"), At("2026-03-12T09:00:00Z"));
  EXPECT_EQ(past("monday"), At("2026-03-02T09:00:00Z"));
  EXPECT_EQ(past("1 month ago"), At("2026-02-09T09:00:00Z"));
  EXPECT_EQ(past("a year ago"), At("2025-03-09T09:00:00Z"));
  EXPECT_EQ(future("in 2 weeks"), At("2026-03-23T09:00:00Z"));
}

TEST(ReadTime, StaysInsideShortMonths) {
  TypedTime typed = Typed(Tense::kPast);
  typed.now = At("2026-03-31T09:00:00Z");
  EXPECT_EQ(*ReadTime("f", "1 month ago", typed), At("2026-02-28T09:00:00Z"));
}

TEST(ReadTime, RefusesTheRestAndSaysHow) {
  for (const char* text : {"", "soon", "2026-13-01", "2026-02-30", "3 parsecs ago", "-1 days ago",
                           "infinite-future", "in days"}) {
    EXPECT_THAT(ReadTime("promise.due_time", text, Typed(Tense::kPast)),
                StatusIs(absl::StatusCode::kInvalidArgument))
        << text;
  }
}

}  // namespace
}  // namespace rapport::rapportctl
