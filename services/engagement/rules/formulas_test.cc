#include "services/engagement/rules/formulas.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "services/engagement/rules/decay.h"
#include "services/engagement/rules/health.h"

namespace rapport::engagement::rules {
namespace {

constexpr double kGolden = 1e-4;
const Parameters kDefaults;

TEST(Weight, HalvesWithEachHalfLifeAndNeverExceedsOne) {
  EXPECT_DOUBLE_EQ(Weight(0, 90), 1);
  EXPECT_DOUBLE_EQ(Weight(90, 90), 0.5);
  EXPECT_DOUBLE_EQ(Weight(180, 90), 0.25);
  EXPECT_DOUBLE_EQ(Weight(-5, 90), 1);
}

// Proves: E07
TEST(ListeningFormula, IsTheirShareOfTheTalk) { EXPECT_NEAR(Listening(900, 660), 0.5769, kGolden); }

// Proves: E14
TEST(GiveAskFormula, MatchesTheGoldenValues) {
  EXPECT_NEAR(GiveAsk(5, 1), 3.0, kGolden);
  EXPECT_NEAR(GiveAsk(2, 3), 0.75, kGolden);
}

// Proves: E10
TEST(ReliabilityFormula, MatchesTheGoldenValues) {
  EXPECT_NEAR(Reliability(2, 1), 0.6, kGolden);
  EXPECT_NEAR(ReliabilityUncertainty(2, 1), 0.4, kGolden);
  const PromiseEvidence e =
      Evidence(Weight(10, 180) + Weight(100, 180) + Weight(200, 180), 0, 0, Weight(20, 180));
  EXPECT_NEAR(Reliability(e.r, e.s), 0.6172, kGolden);
  EXPECT_NEAR(ReliabilityUncertainty(e.r, e.s), 0.3975, kGolden);
}

TEST(ReliabilityFormula, CountsLateHalfKeptHalfBrokenAndRepairedHalfBroken) {
  const PromiseEvidence e = Evidence(1, 1, 1, 1);
  EXPECT_DOUBLE_EQ(e.r, 1.5);
  EXPECT_DOUBLE_EQ(e.s, 2.0);
  EXPECT_DOUBLE_EQ(ReliabilityUncertainty(0, 0), 1.0);
}

TEST(IntimacyFormula, StartsAtOneHalfRisesWithWhatIsConfidedAndFallsWithWhatHurts) {
  EXPECT_DOUBLE_EQ(Intimacy(0, 0), 0.5);
  EXPECT_DOUBLE_EQ(Intimacy(2, 0), 0.75);
  EXPECT_DOUBLE_EQ(Intimacy(0, 2), 0.25);
}

TEST(TrustFormula, MatchesTheGoldenValueAndFallsWithWhatWeWantForOurselves) {
  EXPECT_NEAR(Trust(.7, .6, .5, .3), .6667, kGolden);
  EXPECT_LT(Trust(.7, .6, .5, .4), Trust(.7, .6, .5, .3));
  EXPECT_GT(Trust(.8, .6, .5, .3), Trust(.7, .6, .5, .3));
}

// Proves: E22
TEST(ReciprocityFormula, MatchesTheGoldenValue) {
  EXPECT_NEAR(Reciprocity(18, 32), 0.72, kGolden);
  EXPECT_DOUBLE_EQ(Reciprocity(1, 0), 0);
}

struct TieCase {
  const char* name;
  double days, volume, intimacy, reciprocity, years, n;
  double warmth, bond, tie;
  v1::Quadrant quadrant;
};

// Proves: E22
TEST(WarmthAndBond, MatchTheGoldenTableAndKeepOldFriendsApartFromNewPeople) {
  const TieCase cases[] = {
      {"close", 5, 4.0, .60, .80, 1.5, 12, .8606, .5005, .6805, v1::CLOSE},
      {"old friend", 425, .05, .75, .72, 6, 50, .0283, .7824, .4053, v1::OLD_FRIEND},
      {"met last week", 5, .96, .50, 0, .02, 1, .6525, .0331, .3428, v1::ACQUAINTANCE}};
  for (const TieCase& c : cases) {
    SCOPED_TRACE(c.name);
    const double warmth = Warmth(c.days, c.volume, kDefaults);
    const double bond = Bond(c.years, c.intimacy, c.reciprocity, c.n, kDefaults);
    EXPECT_NEAR(warmth, c.warmth, kGolden);
    EXPECT_NEAR(bond, c.bond, kGolden);
    EXPECT_NEAR(Tie(warmth, bond), c.tie, kGolden);
    EXPECT_EQ(QuadrantOf(warmth, bond), c.quadrant);
  }
  EXPECT_EQ(QuadrantOf(0.49, 0.49), v1::STRANGER);
  EXPECT_EQ(QuadrantOf(0.5, 0.5), v1::CLOSE);
}

TEST(CareFormula, HalvesInNinetyDays) { EXPECT_DOUBLE_EQ(Care(90, kDefaults), 0.5); }

// Proves: E16
TEST(HumanShareFormula, MatchesTheGoldenValue) { EXPECT_NEAR(HumanShare(6, 2, 20), 0.35, kGolden); }

std::vector<std::int64_t> DaysAgo(const std::vector<double>& days) {
  std::vector<std::int64_t> us;
  for (const double day : days) us.push_back(-static_cast<std::int64_t>(day * kMicrosPerDay));
  return us;
}

// Proves: C13
TEST(ExpectedDays, IsTheMedianGap) {
  EXPECT_DOUBLE_EQ(ExpectedDays({}, kDefaults), 60);
  EXPECT_DOUBLE_EQ(ExpectedDays(DaysAgo({3}), kDefaults), 60);
  EXPECT_DOUBLE_EQ(ExpectedDays(DaysAgo({0, 20}), kDefaults), 20);
  EXPECT_DOUBLE_EQ(ExpectedDays(DaysAgo({0, 10, 40}), kDefaults), 20);
  EXPECT_DOUBLE_EQ(ExpectedDays(DaysAgo({0, 10, 40, 41}), kDefaults), 10);
  EXPECT_DOUBLE_EQ(ExpectedDays(DaysAgo({0, 7, 14, 21, 28, 35, 42, 49, 149}), kDefaults), 7);
}

TEST(ExpectedDays, TakesABurstOfMessagesForOneContact) {
  EXPECT_DOUBLE_EQ(ExpectedDays(DaysAgo({0, 0, 0.01, 0.02}), kDefaults), 60);
  EXPECT_DOUBLE_EQ(ExpectedDays(DaysAgo({0, 0.01, 30, 30.01, 60}), kDefaults), 30);
  EXPECT_DOUBLE_EQ(ExpectedDays(DaysAgo({0, 0.5, 1, 1.5, 2}), kDefaults), 1);
}

// Proves: E22
TEST(Vitality, FollowsSilenceAgainstRhythm) {
  EXPECT_EQ(VitalityOf(0, 28, 42, kDefaults), v1::ALIVE);
  EXPECT_EQ(VitalityOf(42, 28, 42, kDefaults), v1::ALIVE);
  EXPECT_EQ(VitalityOf(42.001, 28, 42, kDefaults), v1::DRIFTING);
  EXPECT_EQ(VitalityOf(84, 28, 42, kDefaults), v1::DRIFTING);
  EXPECT_EQ(VitalityOf(84.001, 28, 42, kDefaults), v1::DORMANT);
  EXPECT_EQ(VitalityOf(99, 28, 50, kDefaults), v1::DRIFTING)
      << "2 tolerated is more than 3 expected";
  EXPECT_EQ(VitalityOf(99, 34, 42, kDefaults), v1::DRIFTING) << "3 expected is more";
  EXPECT_EQ(VitalityOf(100.1, 28, 50, kDefaults), v1::DORMANT);
}

HealthInputs GoldenInputs() {
  HealthInputs in;
  in.warmth = Known(.8606, 1, 0);
  in.bond = Known(.5005, 1, 0);
  in.listening = Known(.58, 1, 0);
  in.promises = Known(.60, 1, 0);
  in.response = Known(.75, 1, 0);
  in.reciprocity = Known(.80, 1, 0);
  in.care = Known(.40, 1, 0);
  return in;
}

// Proves: E23
TEST(HealthFormula, MatchesTheGoldenValueTermByTerm) {
  const HealthReading r = Health(GoldenInputs());
  const double expected[] = {.2152, .0751, .0870, .0900, .0750, .0800, .0400};
  for (std::size_t i = 0; i < kHealthTerms; ++i) {
    EXPECT_NEAR(r.terms[i].contribution, expected[i], kGolden) << r.terms[i].term;
  }
  EXPECT_TRUE(r.health.ok());
  EXPECT_NEAR(r.health.value, .6622, kGolden);
  EXPECT_EQ(r.health.n, 7);
}

// Proves: E23
TEST(HealthFormula, DropsTermsWithoutDataAndRenormalises) {
  HealthInputs in = GoldenInputs();
  in.response = Undefined(0);
  in.listening = Insufficient(120, 90);
  const HealthReading r = Health(in);
  EXPECT_NEAR(r.health.value, (.6622 - .0750 - .0870) / .75, kGolden);
  EXPECT_NEAR(r.terms[0].weight, .25 / .75, 1e-12);
  EXPECT_EQ(r.terms[2].weight, 0);
  EXPECT_EQ(r.terms[2].contribution, 0);
  EXPECT_EQ(r.terms[2].input.status, type::v1::MEASURE_STATUS_INSUFFICIENT);
  double weights = 0;
  double sum = 0;
  for (const HealthTermValue& term : r.terms) {
    weights += term.weight;
    sum += term.contribution;
  }
  EXPECT_NEAR(weights, 1, 1e-12);
  EXPECT_EQ(sum, r.health.value);
}

TEST(HealthFormula, IsUndefinedWithoutAnyTerm) {
  const HealthReading r = Health({});
  EXPECT_EQ(r.health.status, type::v1::MEASURE_STATUS_UNDEFINED);
  for (const HealthTermValue& term : r.terms) EXPECT_EQ(term.weight, 0) << term.term;
}

}  // namespace
}  // namespace rapport::engagement::rules
