// Story V3: only real contact between humans resets the clock.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/testing/matchers.h"
#include "tests/scenarios/story.h"

namespace rapport::tests {
namespace {

using ::testing::Contains;
using ::testing::Not;

ev::Engagement Newsletter(absl::string_view when) {
  auto letter = MailTo("the newsletter of 20 April", when);
  letter.set_conduct(ev::Engagement::AUTOMATED);
  letter.set_disclosed(true);
  return letter;
}

// Proves: C13, E02, E04, E22, E23
TEST(TheClockThatCountsRealContact, OnlyTwoWayHumanContactResetsTheSilence) {
  Story story("2026-05-12 10:00");
  const auto ana = story.Knows("Ana Sousa", {"ana@example.org"});
  story.WishesRhythm(ana, 28, 42);
  story.Recorded(ana, Call("the call of 1 April", "2026-04-01 10:00", 900, 600));
  story.Recorded(ana, Newsletter("2026-04-20 10:00"));
  story.Recorded(
      ana, NoiseFrom("her auto-reply of 25 April", "2026-04-25 10:00", ev::Engagement::AUTO_REPLY));
  const auto plan =
      story.Recorded(ana, Meeting("the meeting planned for 20 May", "2026-05-20 10:00"));
  EXPECT_EQ(plan.state(), ev::Engagement::PLANNED);

  auto today = story.RapportOf(ana, "2026-05-12 10:00");
  EXPECT_EQ(today.silence_days().status(), type::v1::MEASURE_STATUS_OK);
  EXPECT_NEAR(today.silence_days().value(), 41, 1e-6);
  EXPECT_EQ(today.vitality(), ev::ALIVE);
  EXPECT_EQ(today.tolerated_days(), 42);
  EXPECT_THAT(story.DriftingAt("2026-05-12 10:00"), Not(Contains(ana.relationship)));

  story.ItIs("2026-05-14 10:00");
  today = story.RapportOf(ana, "2026-05-14 10:00");
  EXPECT_NEAR(today.silence_days().value(), 43, 1e-6);
  EXPECT_EQ(today.vitality(), ev::DRIFTING);
  EXPECT_THAT(story.DriftingAt("2026-05-14 10:00"), Contains(ana.relationship));

  const auto coffee = story.Recorded(ana, Meeting("the coffee of 5 May", "2026-05-05 10:00"));
  today = story.RapportOf(ana, "2026-05-14 10:00");
  EXPECT_NEAR(today.silence_days().value(), 9, 1e-6);
  EXPECT_EQ(today.vitality(), ev::ALIVE);
  EXPECT_THAT(story.DriftingAt("2026-05-14 10:00"), Not(Contains(ana.relationship)));

  const auto change = story.WhatChanged(ana, "2026-05-01", "2026-05-14 10:00");
  double sum = 0;
  bool named = false;
  for (const auto& line : change.lines()) {
    sum += line.difference();
    if (line.source() != coffee.name()) continue;
    named = true;
    EXPECT_EQ(line.cause(), ev::ChangeLine::ENGAGEMENT);
    EXPECT_GT(line.difference(), 0);
  }
  EXPECT_TRUE(named) << change.DebugString();
  EXPECT_NEAR(sum, change.to_health().value() - change.from_health().value(), 1e-9);
}

TEST(TheClockThatCountsRealContact, TheCoffeeCountsAsIfItHadBeenRecordedInTime) {
  Story story("2026-05-14 10:00");
  const auto late = story.Knows("Ana Sousa", {"ana@example.org"});
  const auto in_time = story.Knows("Bea Lima", {"bea@example.org"});
  const auto call = [](std::string who) {
    return Call(who + " call", "2026-04-01 10:00", 900, 600);
  };
  const auto coffee = [](std::string who) { return Meeting(who + " coffee", "2026-05-05 10:00"); };
  const auto mail = [](std::string who) { return MailFrom(who + " mail", "2026-05-08 10:00"); };
  for (const auto& e : {coffee("late"), mail("late"), call("late")}) story.Recorded(late, e);
  for (const auto& e : {call("in time"), coffee("in time"), mail("in time")}) {
    story.Recorded(in_time, e);
  }
  for (const char* as_of : {"2026-04-20", "2026-05-06", "2026-05-14 10:00", "2026-09-01"}) {
    const auto a = story.RapportOf(late, as_of);
    const auto b = story.RapportOf(in_time, as_of);
    EXPECT_NEAR(a.health().value(), b.health().value(), 1e-9) << as_of;
    EXPECT_NEAR(a.warmth().value(), b.warmth().value(), 1e-9) << as_of;
    EXPECT_EQ(a.vitality(), b.vitality()) << as_of;
    EXPECT_EQ(a.two_way_count(), b.two_way_count()) << as_of;
  }
}

}  // namespace
}  // namespace rapport::tests
