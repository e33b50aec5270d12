// Story V2: a sale is one event inside a relationship. It ends nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "common/time/proto_time.h"
#include "tests/scenarios/decisions.h"
#include "tests/scenarios/story.h"

namespace rapport::tests {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

class ASaleEndsNothing : public ::testing::Test {
 protected:
  // A Monday. Much is understood of the re-keying, and a little thing is wanted besides.
  ASaleEndsNothing()
      : story_("2026-06-15 10:00"), ana_(story_.Knows("Ana Sousa", {"ana@example.org"})) {
    story_.LivesIn(ana_, "Europe/Lisbon");
    story_.Allows(ana_, type::v1::PURPOSE_PROPOSAL);
    auto call = Call("the call of 12 June", "2026-06-12 10:00", 900, 600);
    auto& item = *call.add_items();
    item.set_direction(ev::Item::GIVE);
    item.set_kind("help");
    const auto told = story_.Recorded(ana_, call);
    story_.Said(ana_, ev::Fact::SITUATION, "moved the workshop", told);
    story_.Said(ana_, ev::Fact::PROBLEM, "loses a day a week", told, "re-keying");
    story_.Said(ana_, ev::Fact::IMPLICATION, "orders wait", told);
    story_.Said(ana_, ev::Fact::NEED_PAYOFF, "a day for new customers", told);
    migration_ = story_.Offers("migration", "re-keying", rv::Offer::HIGH);
    labels_ = story_.Offers("labels", "labels", rv::Offer::LOW);
    keying_ = story_.Needs(ana_, "no more re-keying", "re-keying", true);
    story_.Needs(ana_, "labels in Portuguese", "labels", true);
  }

  std::vector<std::string> Proposed() {
    std::vector<std::string> offers;
    const auto decision = story_.NextStepsFor(ana_);
    for (const auto& step : decision.suggestions()) {
      if (step.kind() == rv::PROPOSE) offers.push_back(step.offer());
    }
    return offers;
  }
  ev::Promise AfterCareOf(const ev::Sale& sale) {
    ev::Promise promise;
    promise.set_name(sale.after_care());
    return story_.As(promise);
  }

  Story story_;
  const Story::Known ana_;
  rv::Offer migration_;
  rv::Offer labels_;
  ev::Need keying_;
};

// Proves: E09, E11
TEST_F(ASaleEndsNothing, TheRelationshipStandsAsBefore) {
  ASSERT_TRUE(story_.ReadinessFor(ana_, migration_).ready())
      << story_.ReadinessFor(ana_, migration_).DebugString();
  const auto standing = story_.RelationshipOf(ana_);
  const auto before = story_.RapportOf(ana_, "2026-06-19");

  auto sale = story_.WeProposed(ana_, "the migration", migration_, {keying_}, "2026-06-15 10:00");
  EXPECT_EQ(sale.stage(), ev::Sale::PROPOSED);
  story_.ItIs("2026-06-16 10:00");
  story_.Became(sale, ev::Sale::AGREED, "2026-06-16 09:00");
  EXPECT_EQ(story_.As(keying_).state(), ev::Need::BEING_SERVED);
  story_.ItIs("2026-06-17 10:00");
  sale = story_.Became(sale, ev::Sale::DELIVERED, "2026-06-17 09:00");
  story_.ItIs("2026-06-18 10:00");
  story_.Recorded(ana_, Call("the call of 18 June", "2026-06-18 09:00", 300, 200));

  EXPECT_EQ(story_.RelationshipOf(ana_).standing(), standing.standing());
  EXPECT_EQ(story_.RelationshipOf(ana_).revision(), standing.revision());
  EXPECT_EQ(story_.RapportOf(ana_, "2026-06-19").vitality(), before.vitality());
  EXPECT_EQ(story_.As(keying_).state(), ev::Need::SERVED);
  EXPECT_THAT(story_.As(keying_).served_by(), ElementsAre(sale.name()));

  const auto after_care = AfterCareOf(sale);
  EXPECT_EQ(after_care.kind(), ev::Promise::AFTER_CARE);
  EXPECT_EQ(after_care.promised_by(), type::v1::PARTY_US);
  EXPECT_EQ(time::FromProto(after_care.due_time()), At("2026-07-01 09:00"));

  // The one story: the sale stands between what was said before and after it.
  std::vector<std::string> told;
  for (const auto& entry : story_.TimelineOf(ana_)) {
    if (entry.has_engagement()) told.push_back(entry.engagement().source_id());
    if (entry.has_sale()) told.push_back(entry.sale().summary());
  }
  EXPECT_THAT(told, ElementsAre("the call of 18 June", "the migration", "the call of 12 June"));
}

// Proves: E11, R04
TEST_F(ASaleEndsNothing, NothingIsProposedUntilTheAfterCareIsKept) {
  EXPECT_THAT(Proposed(), Not(IsEmpty()));
  const auto sale =
      story_.WeProposed(ana_, "the migration", migration_, {keying_}, "2026-06-15 10:00");
  story_.Became(sale, ev::Sale::AGREED, "2026-06-15 10:00");
  const auto delivered = story_.Became(sale, ev::Sale::DELIVERED, "2026-06-15 10:00");
  EXPECT_THAT(Proposed(), IsEmpty());
  EXPECT_THAT(MissingIn(story_.ReadinessFor(ana_, labels_)), Contains(rv::AFTER_CARE_OPEN));

  story_.ItIs("2026-06-29 10:00");
  EXPECT_THAT(Proposed(), IsEmpty());
  EXPECT_THAT(StepsOf(story_.NextStepsFor(ana_)), Contains(rv::KEEP_PROMISE));
  story_.Kept(AfterCareOf(delivered), "2026-06-29 10:00");
  EXPECT_THAT(Proposed(), ElementsAre(labels_.name()));
}

// Proves: E08, E09
TEST_F(ASaleEndsNothing, WhenSheNeedsItAgainNobodyStartsFromScratch) {
  const auto sale =
      story_.WeProposed(ana_, "the migration", migration_, {keying_}, "2026-06-15 10:00");
  story_.Became(sale, ev::Sale::AGREED, "2026-06-15 10:00");
  story_.Became(sale, ev::Sale::DELIVERED, "2026-06-15 10:00");
  const auto known = story_.UnderstandingOf(ana_);

  story_.ItIs("2026-10-15 10:00");
  const auto again = story_.NeededAgain(keying_);
  EXPECT_EQ(again.state(), ev::Need::STATED);
  EXPECT_THAT(again.served_by(), ElementsAre(sale.name()));
  const auto still = story_.UnderstandingOf(ana_);
  ASSERT_EQ(still.slots_size(), known.slots_size());
  for (int i = 0; i < still.slots_size(); ++i) {
    ASSERT_EQ(still.slots(i).facts_size(), 1);
    const auto& then = known.slots(i).facts(0);
    const auto& now = still.slots(i).facts(0);
    EXPECT_EQ(now.fact().name(), then.fact().name());
    EXPECT_LT(now.value(), then.value());
    // 122 days older.
    EXPECT_NEAR(now.value(), then.value() * std::exp2(-122 / now.half_life_days()), 1e-4);
  }
  EXPECT_GT(still.coverage().value(), 0.3);
  ASSERT_FALSE(still.needs().empty());
  EXPECT_EQ(still.needs(0).name(), keying_.name());
}

}  // namespace
}  // namespace rapport::tests
