#include "services/engagement/rules/fact_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/engagement/rules/samples.h"

namespace rapport::engagement::rules {
namespace {

using ::rapport::type::v1::PARTY_PERSON;
using ::rapport::type::v1::PARTY_UNSPECIFIED;
using ::rapport::type::v1::PARTY_US;
using ::testing::ElementsAre;
const Parameters kDefaults;

v1::Fact Inferred() { return Said("i", v1::Fact::PROBLEM, Day(0), PARTY_US); }

// Proves: E08
TEST(FactMoves, ConfirmingRenewsAFactAndEndsADispute) {
  v1::Fact fact = Inferred();
  DeriveFact(&fact);
  EXPECT_EQ(time::FromProto(fact.confirmed_time()), Day(0));
  EXPECT_EQ(fact.confirmed_by(), PARTY_US);
  EXPECT_EQ(Dispute(PARTY_US, Day(3), "two sources differ", "f2", kDefaults, &fact),
            FactRule::kNone);
  EXPECT_EQ(time::FromProto(fact.dispute_time()), Day(3));
  EXPECT_EQ(fact.disputed_by(), PARTY_US);
  EXPECT_EQ(fact.dispute_reason(), "two sources differ");
  EXPECT_EQ(fact.contradicted_by(), "f2");
  EXPECT_EQ(Confirm(PARTY_PERSON, Day(5), "e1", kDefaults, &fact), FactRule::kNone);
  EXPECT_FALSE(fact.has_dispute_time());
  EXPECT_EQ(fact.dispute_reason(), "");
  EXPECT_EQ(time::FromProto(fact.confirmed_time()), Day(5));
  EXPECT_EQ(fact.confirmed_by(), PARTY_PERSON);
  EXPECT_EQ(Confirm(PARTY_US, Day(9), "", kDefaults, &fact), FactRule::kNone);
  EXPECT_EQ(fact.confirmed_by(), PARTY_PERSON) << "it is still their word";
  EXPECT_EQ(fact.moves_size(), 3);
  EXPECT_EQ(fact.moves(1).engagement(), "e1");
}

// Proves: E08
TEST(FactMoves, OurWordDoesNotEndThePersonsDoubt) {
  v1::Fact fact = Inferred();
  EXPECT_EQ(Dispute(PARTY_US, Day(1), "hm", "", kDefaults, &fact), FactRule::kNone);
  EXPECT_EQ(Dispute(PARTY_PERSON, Day(2), "", "", kDefaults, &fact), FactRule::kNone);
  EXPECT_EQ(time::FromProto(fact.dispute_time()), Day(1)) << "in doubt since then";
  EXPECT_EQ(fact.disputed_by(), PARTY_PERSON);
  const std::string before = fact.SerializeAsString();
  EXPECT_EQ(Confirm(PARTY_US, Day(3), "", kDefaults, &fact), FactRule::kDisputedByPerson);
  EXPECT_EQ(fact.SerializeAsString(), before);
  EXPECT_EQ(Confirm(PARTY_US, Day(1), "", kDefaults, &fact), FactRule::kNone)
      << "on that day they had not doubted it";
  EXPECT_EQ(fact.disputed_by(), PARTY_PERSON);
  EXPECT_EQ(Confirm(PARTY_PERSON, Day(3), "", kDefaults, &fact), FactRule::kNone);
  EXPECT_EQ(fact.disputed_by(), PARTY_UNSPECIFIED);
}

TEST(FactMoves, GoByTheirTimesNotByTheOrderOfWriting) {
  v1::Fact fact = Inferred();
  EXPECT_EQ(Confirm(PARTY_PERSON, Day(9), "", kDefaults, &fact), FactRule::kNone);
  EXPECT_EQ(Dispute(PARTY_PERSON, Day(4), "", "", kDefaults, &fact), FactRule::kNone);
  EXPECT_FALSE(fact.has_dispute_time()) << "confirmed since";
  EXPECT_EQ(fact.moves(0).kind(), v1::FactMove::DISPUTED);
  EXPECT_THAT(ClaimMovesOf(fact), ElementsAre(ClaimMove{absl::ToUnixMicros(Day(4)), false},
                                              ClaimMove{absl::ToUnixMicros(Day(9)), true}));
}

// Proves: E08
TEST(FactMoves, EndWhereANewerFactStandsInItsPlace) {
  v1::Fact fact = Inferred();
  EXPECT_EQ(Supersede("f2", Day(-3), &fact), FactRule::kNone);
  EXPECT_EQ(time::FromProto(fact.supersede_time()), Day(0)) << "not before it was said";
  EXPECT_EQ(Supersede("f3", Day(7), &fact), FactRule::kSuperseded);
  EXPECT_EQ(fact.superseded_by(), "f2");
  EXPECT_EQ(Confirm(PARTY_PERSON, Day(8), "", kDefaults, &fact), FactRule::kSuperseded);
  EXPECT_EQ(Dispute(PARTY_PERSON, Day(8), "", "", kDefaults, &fact), FactRule::kSuperseded);
}

TEST(FactMoves, CannotLieBeforeTheFactOrGoOnForever) {
  v1::Fact fact = Inferred();
  EXPECT_EQ(Confirm(PARTY_PERSON, Day(-1), "", kDefaults, &fact), FactRule::kBeforeSaid);
  for (int i = 0; i < kDefaults.max_moves; ++i) {
    ASSERT_EQ(Confirm(PARTY_PERSON, Day(i), "", kDefaults, &fact), FactRule::kNone);
  }
  EXPECT_EQ(Dispute(PARTY_PERSON, Day(300), "", "", kDefaults, &fact), FactRule::kTooManyMoves);
}

// Proves: E08
TEST(FactAt, TakesLaterMovesBack) {
  v1::Fact fact = Inferred();
  ASSERT_EQ(Dispute(PARTY_US, Day(3), "", "", kDefaults, &fact), FactRule::kNone);
  ASSERT_EQ(Confirm(PARTY_PERSON, Day(5), "", kDefaults, &fact), FactRule::kNone);
  ASSERT_EQ(Supersede("f2", Day(8), &fact), FactRule::kNone);
  EXPECT_FALSE(FactAt(fact, Day(2)).has_dispute_time());
  EXPECT_TRUE(FactAt(fact, Day(4)).has_dispute_time());
  EXPECT_EQ(FactAt(fact, Day(4)).confirmed_by(), PARTY_US);
  EXPECT_EQ(FactAt(fact, Day(5)).confirmed_by(), PARTY_PERSON);
  EXPECT_EQ(FactAt(fact, Day(7)).superseded_by(), "");
  EXPECT_EQ(FactAt(fact, Day(8)).superseded_by(), "f2");
  EXPECT_EQ(FactAt(fact, Day(8)).SerializeAsString(), fact.SerializeAsString());
}

TEST(ClaimMoves, AreOnlyWhatThePersonSaysOfOurInferences) {
  const auto theirs =
      Moved(Said("p", v1::Fact::PROBLEM, Day(0)), v1::FactMove::CONFIRMED, PARTY_PERSON, Day(1));
  EXPECT_TRUE(ClaimMovesOf(theirs).empty());
  EXPECT_TRUE(ClaimMovesOf(Moved(Inferred(), v1::FactMove::CONFIRMED, PARTY_US, Day(1))).empty());
}

TEST(FactRuleText, SaysEachRuleInWords) {
  EXPECT_EQ(FactRuleText(FactRule::kNone), "");
  for (const auto rule : {FactRule::kSuperseded, FactRule::kBeforeSaid, FactRule::kDisputedByPerson,
                          FactRule::kTooManyMoves}) {
    EXPECT_THAT(std::string(FactRuleText(rule)), ::testing::MatchesRegex("[a-z].*[^.]"));
  }
}

}  // namespace
}  // namespace rapport::engagement::rules
