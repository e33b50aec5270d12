// Story V4: what is not understood is not proposed yet, and it says what is missing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/scenarios/decisions.h"
#include "tests/scenarios/story.h"

namespace rapport::tests {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

// Proves: R04, R06, E08, E09
TEST(TooEarly, TheOfferWaitsUntilItsWorthIsUnderstoodAndWanted) {
  Story story("2026-06-15 10:00");  // a Monday
  const auto ana = story.Knows("Ana Sousa", {"ana@example.org"});
  story.LivesIn(ana, "Europe/Lisbon");
  story.Allows(ana, type::v1::PURPOSE_PROPOSAL);
  const auto migration = story.Offers("migration", "re-keying", rv::Offer::HIGH);
  auto call = Call("the call of today", "2026-06-15 09:00", 900, 600);
  auto& item = *call.add_items();
  item.set_direction(ev::Item::GIVE);
  item.set_kind("help");
  const auto told = story.Recorded(ana, call);
  story.Said(ana, ev::Fact::SITUATION, "moved the workshop in January", told);
  story.Said(ana, ev::Fact::PROBLEM, "loses a day per week to re-keying", told, "re-keying");

  const auto early = story.ReadinessFor(ana, migration);
  EXPECT_FALSE(early.ready());
  EXPECT_THAT(MissingIn(early), ElementsAre(rv::UNDERSTANDING_THIN, rv::NEED_NOT_EXPLICIT))
      << early.DebugString();
  const auto& thin = early.conditions(0);
  EXPECT_EQ(thin.code(), rv::UNDERSTANDING_THIN);
  EXPECT_EQ(thin.term(), "coverage");
  EXPECT_NEAR(thin.value(), 0.40, 1e-3);
  EXPECT_DOUBLE_EQ(thin.threshold(), 0.60);
  EXPECT_FALSE(thin.step().empty());

  // What to ask, biggest gaps first: what the problem leads to, what a solution would be worth.
  const auto gaps = story.UnderstandingOf(ana).gaps();
  ASSERT_GE(gaps.size(), 2);
  EXPECT_EQ(gaps[0].slot(), ev::Fact::IMPLICATION);
  EXPECT_EQ(gaps[1].slot(), ev::Fact::NEED_PAYOFF);
  const auto steps = story.NextStepsFor(ana);
  EXPECT_THAT(StepsOf(steps), Not(Contains(rv::PROPOSE)));
  const auto* excluded = ExcludedFrom(steps, rv::PROPOSE, migration.name());
  ASSERT_NE(excluded, nullptr) << steps.DebugString();
  ASSERT_GE(excluded->reasons_size(), 1);
  EXPECT_EQ(excluded->reasons(0).code(), rv::UNDERSTANDING_THIN);
  EXPECT_FALSE(excluded->reasons(0).would_change().empty());

  story.Said(ana, ev::Fact::IMPLICATION, "orders wait until noon", told, "re-keying");
  story.Said(ana, ev::Fact::NEED_PAYOFF, "a day for new customers", told, "re-keying");
  EXPECT_THAT(MissingIn(story.ReadinessFor(ana, migration)), ElementsAre(rv::NEED_NOT_EXPLICIT));
  const auto need = story.Needs(ana, "no more re-keying", "re-keying", true);

  const auto ready = story.ReadinessFor(ana, migration);
  EXPECT_TRUE(ready.ready()) << ready.DebugString();
  EXPECT_FALSE(ready.person_led());
  EXPECT_EQ(ready.need(), need.name());
  EXPECT_THAT(ready.changes(), IsEmpty());
  const auto now = story.NextStepsFor(ana);
  ASSERT_THAT(StepsOf(now), Contains(rv::PROPOSE)) << now.DebugString();
  for (const auto& step : now.suggestions()) {
    if (step.kind() != rv::PROPOSE) continue;
    EXPECT_EQ(step.offer(), migration.name());
    EXPECT_THAT(step.needs(), ElementsAre(need.name()));
    EXPECT_TRUE(step.window().has_next_permitted_time());
    // The numbers that spoke for it, each held against its line.
    int terms = 0;
    for (const auto& reason : step.reasons()) {
      EXPECT_GE(reason.sources_size(), 1);
      if (reason.threshold() <= 0) continue;
      ++terms;
      EXPECT_GE(reason.value(), reason.threshold());
    }
    EXPECT_GE(terms, 3) << step.DebugString();
  }
}

// Proves: R04
TEST(TooEarly, WhoAsksToBuyIsNotMadeToWait) {
  Story story("2026-06-15 10:00");
  const auto priya = story.Knows("Priya Nair", {"priya@example.org"});
  const auto seats = story.Offers("seats", "seats", rv::Offer::HIGH);
  EXPECT_FALSE(story.ReadinessFor(priya, seats).ready());
  ev::StateNeedRequest request;
  request.set_parent(priya.relationship);
  request.mutable_need()->set_summary("two more seats");
  request.mutable_need()->set_origin(type::v1::PARTY_PERSON);
  request.mutable_need()->set_wants_to_buy(true);
  request.mutable_need()->add_topics("Seats");
  story.house.Must<ev::Need>(absl::StrCat(kNeedService, "StateNeed"), request);
  const auto ready = story.ReadinessFor(priya, seats);
  EXPECT_TRUE(ready.ready()) << ready.DebugString();
  EXPECT_TRUE(ready.person_led());
  // For a month; then she is asked again.
  story.ItIs("2026-07-16 10:00");
  EXPECT_FALSE(story.ReadinessFor(priya, seats).ready());
}

}  // namespace
}  // namespace rapport::tests
