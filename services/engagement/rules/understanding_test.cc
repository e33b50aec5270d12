#include "services/engagement/rules/understanding.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "services/engagement/rules/fact_rules.h"
#include "services/engagement/rules/needs.h"
#include "services/engagement/rules/samples.h"

namespace rapport::engagement::rules {
namespace {

using ::rapport::type::v1::MEASURE_STATUS_OK;
using ::rapport::type::v1::MEASURE_STATUS_UNDEFINED;
using ::rapport::type::v1::PARTY_PERSON;
using ::rapport::type::v1::PARTY_US;

constexpr double kGolden = 1e-4;
const Parameters kDefaults;

// About one topic, or about anything.
v1::Understanding Of(const std::vector<v1::Fact>& facts, absl::Time as_of,
                     const std::vector<v1::Need>& needs = {}, const std::string& topic = "") {
  const auto wanted = [&](const Topics& topics) {
    return topic.empty() || std::find(topics.begin(), topics.end(), topic) != topics.end();
  };
  return Understand(facts, needs, wanted, as_of, kDefaults);
}

template <class M>
M About(M message, const std::vector<std::string>& topics) {
  for (const auto& topic : topics) message.add_topics(topic);
  return message;
}

// Proves: E08
TEST(Understanding, MatchesTheGoldenCoverage) {
  const std::vector<v1::Fact> facts = {
      Said("s", v1::Fact::SITUATION, Day(-365)), Said("p", v1::Fact::PROBLEM, Day(0)),
      Said("i1", v1::Fact::IMPLICATION, Day(-180), PARTY_US),
      Said("i2", v1::Fact::IMPLICATION, Day(-360)), Said("n", v1::Fact::NEED_PAYOFF, Day(-120))};
  const v1::Understanding u = Of(facts, Day(0));
  EXPECT_EQ(u.coverage().status(), MEASURE_STATUS_OK);
  EXPECT_NEAR(u.coverage().value(), 0.6063, kGolden);
  EXPECT_EQ(u.coverage().n(), 5);
  ASSERT_EQ(u.slots_size(), 4);
  const double fills[] = {.5, 1, .4375, .5};
  const double weights[] = {.15, .25, .30, .30};
  double sum = 0;
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(u.slots(i).slot(), i + 1);
    EXPECT_NEAR(u.slots(i).fill(), fills[i], kGolden);
    EXPECT_EQ(u.slots(i).weight(), weights[i]);
    EXPECT_NEAR(u.slots(i).contribution(), fills[i] * weights[i], kGolden);
    sum += u.slots(i).contribution();
  }
  EXPECT_NEAR(sum, u.coverage().value(), 1e-12);
  EXPECT_EQ(u.slots(2).facts(0).fact().name(), facts[2].name()) << "the freshest first";
  EXPECT_NEAR(u.slots(2).facts(0).value(), .25, 1e-9);
  EXPECT_EQ(u.slots(3).facts(0).half_life_days(), 120);
  // Gaps: I .30 * .5625 = .169, N .30 * .5 = .15, S .15 * .5 = .075; P misses nothing.
  ASSERT_EQ(u.gaps_size(), 3);
  EXPECT_EQ(u.gaps(0).slot(), v1::Fact::IMPLICATION);
  EXPECT_NEAR(u.gaps(0).missing(), .1688, kGolden);
  EXPECT_EQ(u.gaps(1).slot(), v1::Fact::NEED_PAYOFF);
  EXPECT_EQ(u.gaps(2).slot(), v1::Fact::SITUATION);
  for (const auto& gap : u.gaps()) EXPECT_EQ(gap.questions_size(), 3);
}

// Proves: E08
TEST(Understanding, CountsAConfirmedInferenceAsSaidByThePerson) {
  v1::Fact fact = Said("p", v1::Fact::PROBLEM, Day(0), PARTY_US);
  EXPECT_NEAR(FactValueAt(fact, Day(0), kDefaults), .5, 1e-12);
  EXPECT_NEAR(FactValueAt(fact, Day(180), kDefaults), .25, 1e-12);
  ASSERT_EQ(Confirm(PARTY_PERSON, Day(180), "", kDefaults, &fact), FactRule::kNone);
  EXPECT_NEAR(FactValueAt(fact, Day(180), kDefaults), 1, 1e-12);
  EXPECT_NEAR(FactValueAt(fact, Day(360), kDefaults), .5, 1e-12);
  EXPECT_NEAR(FactValueAt(fact, Day(90), kDefaults), .5 * std::exp2(-.5), 1e-12)
      << "on that day it was not confirmed yet";
}

// Proves: E08
TEST(Understanding, CountsDisputedAndSupersededFactsForNothing) {
  v1::Fact disputed = Said("a", v1::Fact::PROBLEM, Day(0));
  ASSERT_EQ(Dispute(PARTY_PERSON, Day(5), "", "", kDefaults, &disputed), FactRule::kNone);
  v1::Fact old = Said("b", v1::Fact::SITUATION, Day(0));
  ASSERT_EQ(Supersede("c", Day(5), &old), FactRule::kNone);
  const v1::Understanding u = Of({disputed, old}, Day(6));
  EXPECT_EQ(u.coverage().status(), MEASURE_STATUS_OK);
  EXPECT_EQ(u.coverage().value(), 0);
  EXPECT_EQ(u.coverage().n(), 0);
  EXPECT_EQ(u.gaps_size(), 4);
  EXPECT_GT(Of({disputed, old}, Day(4)).coverage().value(), .39);
  EXPECT_EQ(Of({old}, Day(6)).coverage().status(), MEASURE_STATUS_UNDEFINED);
  EXPECT_EQ(Of({disputed}, Day(-1)).coverage().status(), MEASURE_STATUS_UNDEFINED);
}

// Proves: E08, R09
TEST(Understanding, OfSomebodyUnknownIsAllGaps) {
  const v1::Understanding u = Of({}, Day(0));
  EXPECT_EQ(u.coverage().status(), MEASURE_STATUS_UNDEFINED);
  ASSERT_EQ(u.gaps_size(), 4);
  EXPECT_EQ(u.gaps(0).slot(), v1::Fact::IMPLICATION);
  EXPECT_EQ(u.gaps(1).slot(), v1::Fact::NEED_PAYOFF) << "equal ones in the order of the slots";
  EXPECT_EQ(u.gaps(3).slot(), v1::Fact::SITUATION);
}

TEST(Understanding, KeepsToTheTopicsAskedFor) {
  const std::vector<v1::Fact> facts = {
      About(Said("a", v1::Fact::PROBLEM, Day(0)), {"re-keying", "export"}),
      About(Said("b", v1::Fact::PROBLEM, Day(0)), {"pricing"}),
      Said("c", v1::Fact::SITUATION, Day(0))};
  v1::Need need;
  need.set_name("n");
  need.set_origin(PARTY_PERSON);
  need.add_topics("re-keying");
  ASSERT_EQ(StateNeed(Day(0), &need), NeedRule::kNone);
  const v1::Understanding u = Of(facts, Day(0), {need}, "re-keying");
  EXPECT_EQ(u.slots(0).facts_size(), 0);
  ASSERT_EQ(u.slots(1).facts_size(), 1);
  EXPECT_EQ(u.slots(1).facts(0).fact().name(), facts[0].name());
  EXPECT_EQ(u.needs_size(), 1);
  EXPECT_EQ(Of(facts, Day(0), {need}, "export").needs_size(), 0);
  EXPECT_EQ(Of(facts, Day(0), {need}).needs_size(), 1);
}

// Proves: E09
TEST(Understanding, ShowsNeedsThatAreNeitherServedNorOutlived) {
  const auto need = [](const std::string& name, double day) {
    v1::Need n;
    n.set_name(name);
    n.set_origin(PARTY_PERSON);
    EXPECT_EQ(StateNeed(Day(day), &n), NeedRule::kNone);
    return n;
  };
  v1::Need served = need("served", 1);
  ASSERT_EQ(MoveBySale(v1::Need::SERVED, "s", Day(3), kDefaults, &served), NeedRule::kNone);
  v1::Need outlived = need("outlived", 1);
  ASSERT_EQ(OutliveNeed(PARTY_PERSON, "", Day(4), kDefaults, &outlived), NeedRule::kNone);
  const std::vector<v1::Need> needs = {need("old", 0), served, outlived, need("new", 2)};
  const auto names = [&](double day) {
    std::vector<std::string> out;
    const v1::Understanding u = Of({}, Day(day), needs);
    for (const auto& n : u.needs()) out.push_back(n.name());
    return out;
  };
  EXPECT_THAT(names(9), ::testing::ElementsAre("new", "old"));
  EXPECT_THAT(names(3.5), ::testing::ElementsAre("new", "outlived", "old"));
  EXPECT_THAT(names(0.5), ::testing::ElementsAre("old"));
}

}  // namespace
}  // namespace rapport::engagement::rules
