#include "services/recommendation/rules/readiness.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/recommendation/rules/test_world.h"

namespace rapport::recommendation {
namespace {

using ::rapport::contact::v1::ContactObstacle;
using ::rapport::engagement::v1::Fact;
using ::rapport::engagement::v1::Feedback;
using ::rapport::engagement::v1::Need;
using ::rapport::engagement::v1::Promise;
using ::rapport::engagement::v1::Sale;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr char kNow[] = "2026-03-09T09:00:00Z";

v1::Readiness Check(const World& world, const char* as_of = kNow) {
  const RelationshipFacts facts = world.Facts();
  const Circumstances at(facts, At(as_of), absl::UTCTimeZone());
  return ToReadiness(at, Judge(at, TiesOf(facts, *facts.offers[0], at.as_of)));
}

std::vector<v1::ReasonCode> Unmet(const v1::Readiness& readiness) {
  std::vector<v1::ReasonCode> codes;
  for (const auto& condition : readiness.conditions()) {
    if (!condition.met() && !condition.waived()) codes.push_back(condition.code());
  }
  return codes;
}

const v1::ReadinessCondition& ByTerm(const v1::Readiness& readiness, const std::string& term) {
  for (const auto& condition : readiness.conditions()) {
    if (condition.term() == term) return condition;
  }
  ADD_FAILURE() << "no condition " << term;
  static const v1::ReadinessCondition* const none = new v1::ReadinessCondition();
  return *none;
}

std::vector<std::string> Changes(const v1::Readiness& readiness) {
  std::vector<std::string> texts;
  for (const auto& change : readiness.changes()) texts.push_back(change.text());
  return texts;
}

// Proves: R04
TEST(V4_TooEarly, SaysWhatIsMissingAndWhatItWouldAdd) {
  World world;
  world.Offers("migration", "re-keying");
  world.Said(Fact::PROBLEM, "loses a day per week", "2026-03-02T09:00:00Z").add_topics("re-keying");
  world.Asked();
  world.Understood(1, 1, 0, 0);
  const v1::Readiness early = Check(world);
  EXPECT_FALSE(early.ready());
  EXPECT_THAT(Unmet(early),
              ElementsAre(v1::UNDERSTANDING_THIN, v1::UNDERSTANDING_THIN, v1::NEED_NOT_EXPLICIT));
  const auto& coverage = ByTerm(early, "coverage");
  EXPECT_NEAR(coverage.value(), 0.40, 1e-4);
  EXPECT_EQ(coverage.threshold(), 0.60);
  EXPECT_EQ(early.conditions(0).term(), "coverage");
  EXPECT_EQ(ByTerm(early, "fill of PROBLEM").met(), true);
  EXPECT_EQ(ByTerm(early, "fill of NEED_PAYOFF").met(), false);
  // The payoff alone would do: 0.40 + 0.30.
  EXPECT_THAT(Changes(early),
              ElementsAre("learn what a solution would be worth to them, in their own words",
                          "hear from Ana whether they want this solved"));
  EXPECT_NEAR(early.changes(0).gain(), 0.30, 1e-9);
  EXPECT_EQ(early.policy_version(), "1");

  world.Understood(1, 1, 1, 1);
  world.Needs("no more re-keying", "re-keying", kNow).set_explicit_(true);
  const v1::Readiness ready = Check(world);
  EXPECT_TRUE(ready.ready());
  EXPECT_THAT(Unmet(ready), IsEmpty());
  EXPECT_THAT(ready.changes(), IsEmpty());
  EXPECT_EQ(ready.need(), "tenants/t/relationships/ana/needs/w1");
}

// Proves: R04
TEST(Readiness, TakesTheGoldenCoverage) {
  World world;
  world.ReadyForMigration();
  world.Understood(0.5, 1, 0.4375, 0.5);  // 0.6063 (product 3.4)
  EXPECT_NEAR(ByTerm(Check(world), "coverage").value(), 0.6063, 1e-4);
  EXPECT_TRUE(Check(world).ready());
  world.Understood(0.5, 1, 0.4375, 0.49);
  EXPECT_FALSE(Check(world).ready());
}

TEST(Readiness, AsksForTheFewestSlotsThatTellMost) {
  World world;
  world.ReadyForMigration();
  world.Understood(0, 0, 0, 0);
  // P and N must be filled; together they reach 0.55, so one more, and I tells more than S.
  EXPECT_THAT(Changes(Check(world)),
              ElementsAre("learn what is hard for them, in their own words",
                          "learn what it leads to, in their own words",
                          "learn what a solution would be worth to them, in their own words"));
  world.Understood(1, 0.4, 1, 1);
  EXPECT_THAT(Changes(Check(world)),
              ElementsAre("learn what is hard for them, in their own words"));
}

struct Case {
  const char* what;
  void (*change)(World&);
  v1::ReasonCode reason;
  bool for_low;  // also where little is at stake
  bool for_led;  // also of a person who asked to buy
};

class OneCondition : public ::testing::TestWithParam<Case> {};

// Proves: R04, C15, E13
TEST_P(OneCondition, StandsInTheWayAloneWhereItIsAskedFor) {
  World world;
  world.ReadyForMigration();
  EXPECT_TRUE(Check(world).ready());
  GetParam().change(world);
  EXPECT_THAT(Unmet(Check(world)), ::testing::Contains(GetParam().reason)) << GetParam().what;
  EXPECT_FALSE(Check(world).ready());
  world.offers[0].set_stake(v1::Offer::LOW);
  EXPECT_EQ(Check(world).ready(), !GetParam().for_low) << GetParam().what;
  world.offers[0].set_stake(v1::Offer::HIGH);
  if (world.needs.empty()) return;
  world.needs[0].set_wants_to_buy(true);
  World::Set(world.needs[0].mutable_wants_to_buy_time(), "2026-03-09T08:00:00Z");
  const v1::Readiness led = Check(world);
  if (!led.person_led()) return;  // the need itself is over
  EXPECT_EQ(led.ready(), !GetParam().for_led) << GetParam().what;
}

const Case kCases[] = {
    {"resting", [](World& w) { w.relationship.set_standing(contact::v1::RESTING); }, v1::RESTING,
     true, false},
    {"quieted", [](World& w) { w.relationship.set_standing(contact::v1::QUIETED); }, v1::QUIETED,
     true, true},
    {"guard", [](World& w) { w.Guarded("a loss"); }, v1::CARE_GUARD, true, true},
    {"guard that contact knows of",
     [](World& w) { w.live.contact->add_obstacles()->set_code(ContactObstacle::CARE_GUARD); },
     v1::CARE_GUARD, true, true},
    {"denied",
     [](World& w) { w.Denies(contact::v1::CONSENT_DENIED, ContactObstacle::CONSENT_DENIED); },
     v1::CONSENT_DENIED, true, false},
    {"unknown",
     [](World& w) { w.Denies(contact::v1::CONSENT_UNKNOWN, ContactObstacle::CONSENT_UNKNOWN); },
     v1::CONSENT_UNKNOWN, true, false},
    {"no permission to process",
     [](World& w) {
       w.Denies(contact::v1::CONSENT_DENIED, ContactObstacle::CONSENT_DENIED);
       auto& scope = *w.live.contact->mutable_consent()->add_trail();
       scope.set_scope("global");
       scope.set_verdict(contact::v1::CONSENT_DENIED);
     },
     v1::CONSENT_DENIED, true, true},
    {"contact away", [](World& w) { w.live.contact.reset(); }, v1::CONSENT_UNKNOWN, true, true},
    {"engagement away", [](World& w) { w.live.understanding.reset(); }, v1::DEPENDENCY_DEGRADED,
     true, false},
    {"no way",
     [](World& w) {
       w.live.contact->set_permitted(false);
       w.live.contact->add_obstacles()->set_code(ContactObstacle::NO_CONTACT_POINT);
     },
     v1::NOT_APPLICABLE, true, false},
    {"not before summer",
     [](World& w) {
       w.live.contact->set_permitted(false);
       w.live.contact->add_obstacles()->set_code(ContactObstacle::NOT_BEFORE);
       World::Set(w.live.contact->mutable_next_permitted_time(), "2026-06-01T08:00:00Z");
     },
     v1::QUIET_HOURS, true, false},
    {"a refusal without a reason", [](World& w) { w.live.contact->set_permitted(false); },
     v1::CONSENT_DENIED, true, false},
    {"broken promise", [](World& w) { w.Promised("send it", "2026-03-01T09:00:00Z"); },
     v1::PROMISE_BROKEN, true, false},
    {"grievance",
     [](World& w) { w.Gave("the delivery", "2026-03-08T09:00:00Z").set_kind(Feedback::GRIEVANCE); },
     v1::GRIEVANCE_OPEN, true, false},
    {"after-care",
     [](World& w) {
       w.Promised("look after Ana", "2026-03-20T09:00:00Z").set_kind(Promise::AFTER_CARE);
     },
     v1::AFTER_CARE_OPEN, true, false},
    {"thin", [](World& w) { w.Understood(0.9, 0.4, 0.9, 0.9); }, v1::UNDERSTANDING_THIN, false,
     false},
    {"nothing understood", [](World& w) { w.Understood(0, 0, 0, 0); }, v1::UNDERSTANDING_THIN,
     false, false},
    {"need not explicit", [](World& w) { w.needs[0].set_explicit_(false); }, v1::NEED_NOT_EXPLICIT,
     false, false},
    {"need served", [](World& w) { w.needs[0].set_state(Need::SERVED); }, v1::ALREADY_SERVED, true,
     false},
    {"need on its way", [](World& w) { w.needs[0].set_state(Need::BEING_SERVED); },
     v1::ALREADY_SERVED, true, false},
    {"need outlived", [](World& w) { w.needs[0].set_state(Need::OUTLIVED); }, v1::NEED_OUTLIVED,
     true, false},
    {"no need", [](World& w) { w.needs.clear(); }, v1::NEED_NOT_EXPLICIT, true, false},
    {"we talked more",
     [](World& w) {
       World::Measured(w.live.understanding->mutable_rapport()->mutable_listening(), 0.5);
     },
     v1::LISTENED_TOO_LITTLE, false, false},
    {"too little talk",
     [](World& w) {
       w.live.understanding->mutable_rapport()->mutable_listening()->set_status(
           type::v1::MEASURE_STATUS_INSUFFICIENT);
     },
     v1::LISTENED_TOO_LITTLE, false, false},
    {"unreliable",
     [](World& w) {
       World::Measured(w.live.understanding->mutable_rapport()->mutable_reliability(), 0.49);
     },
     v1::PROMISES_UNRELIABLE, true, false},
    {"asked too much",
     [](World& w) {
       World::Measured(w.live.understanding->mutable_rapport()->mutable_give_ask(), 0.75);
     },
     v1::ASK_HEAVY, false, false},
    {"nothing given",
     [](World& w) {
       w.live.understanding->mutable_rapport()->mutable_give_ask()->set_status(
           type::v1::MEASURE_STATUS_UNDEFINED);
     },
     v1::ASK_HEAVY, false, false},
    {"declined",
     [](World& w) { w.Sold("migration", Sale::DECLINED_FOR_NOW, "2026-02-01T09:00:00Z"); },
     v1::RECENTLY_DECLINED, true, false},
    {"proposed", [](World& w) { w.Sold("migration", Sale::PROPOSED, "2026-03-01T09:00:00Z"); },
     v1::ALREADY_SERVED, true, false},
    {"paused", [](World& w) { w.offers[0].set_paused(true); }, v1::INELIGIBLE, true, true},
    {"another house", [](World& w) { w.offers[0].add_houses("atelier"); }, v1::INELIGIBLE, true,
     true},
    {"another label", [](World& w) { w.offers[0].add_eligible_labels("press"); }, v1::INELIGIBLE,
     true, true},
    {"does not apply", [](World& w) { w.offers[0].add_requires_facts("own press"); },
     v1::NOT_APPLICABLE, true, false},
    {"speaks against",
     [](World& w) {
       w.offers[0].add_contra_indications("moving");
       w.Said(Fact::SITUATION, "they move in May", "2026-03-01T09:00:00Z").add_topics("moving");
     },
     v1::UNSUITABLE, true, true},
    {"not to be raised",
     [](World& w) { w.preference.add_unwanted_topics()->set_topic("re-keying"); }, v1::UNSUITABLE,
     true, false},
};
INSTANTIATE_TEST_SUITE_P(Readiness, OneCondition, ::testing::ValuesIn(kCases));

// Proves: R04
TEST(Readiness, TreatsPromisesWithoutHistoryAsKept) {
  World world;
  world.ReadyForMigration();
  world.live.understanding->mutable_rapport()->mutable_reliability()->set_status(
      type::v1::MEASURE_STATUS_UNDEFINED);
  EXPECT_FALSE(Check(world).ready());
  world.live.understanding->mutable_rapport()->set_reliability_uncertainty(1);
  EXPECT_TRUE(Check(world).ready());
}

// Proves: R04
TEST(PersonLed, ShowsAnOpenGrievanceFirstAndIsNotBlockedByIt) {
  World world;
  world.ReadyForMigration();
  world.needs[0].set_wants_to_buy(true);
  World::Set(world.needs[0].mutable_wants_to_buy_time(), "2026-03-09T08:00:00Z");
  world.Gave("the delivery", "2026-03-08T09:00:00Z").set_kind(Feedback::GRIEVANCE);
  const v1::Readiness led = Check(world);
  EXPECT_TRUE(led.ready());
  EXPECT_TRUE(led.person_led());
  EXPECT_EQ(led.conditions(0).code(), v1::GRIEVANCE_OPEN);
  EXPECT_TRUE(led.conditions(0).waived());
  EXPECT_FALSE(led.conditions(0).met());
}

// Proves: R04
TEST(PersonLed, LastsThirtyDaysAndUntilTheyWereAnswered) {
  World world;
  world.Offers("seats", "seats", v1::Offer::LOW);
  world.Asked();
  Need& need = world.Needs("two seats", "seats", "2026-03-01T09:00:00Z");
  need.set_wants_to_buy(true);
  World::Set(need.mutable_wants_to_buy_time(), "2026-03-01T09:00:00Z");
  EXPECT_TRUE(Check(world, "2026-03-31T09:00:00Z").person_led());
  EXPECT_FALSE(Check(world, "2026-03-31T09:00:01Z").person_led());
  EXPECT_FALSE(Check(world, "2026-03-01T08:00:00Z").person_led());
  auto& sale = world.Sold("seats", Sale::PROPOSED, "2026-03-02T09:00:00Z");
  EXPECT_TRUE(Check(world).person_led());  // it says nothing of this need
  sale.add_needs(need.name());
  EXPECT_FALSE(Check(world).person_led());
}

// Proves: R04
TEST(PersonLed, IsAnsweredEvenIfQuietedWhileTheirLetterWaits) {
  World world;
  world.ReadyForMigration();
  world.needs[0].set_wants_to_buy(true);
  World::Set(world.needs[0].mutable_wants_to_buy_time(), "2026-03-09T08:00:00Z");
  world.relationship.set_standing(contact::v1::QUIETED);
  EXPECT_FALSE(Check(world).ready());
  world.Wrote("two seats, please", "2026-03-09T08:00:00Z");
  EXPECT_TRUE(Check(world).ready());
}

// Proves: R04
TEST(LowStake, TakesAnImpliedNeedThatTheyToldAsAProblem) {
  World world;
  world.Offers("ink", "printing", v1::Offer::LOW);
  world.Asked();
  EXPECT_THAT(Unmet(Check(world)), ElementsAre(v1::NEED_NOT_EXPLICIT));
  Fact& fact = world.Said(Fact::PROBLEM, "the printer runs dry", "2026-03-02T09:00:00Z");
  fact.add_topics("printing");
  EXPECT_TRUE(Check(world).ready());
  fact.set_said_by(type::v1::PARTY_US);
  EXPECT_FALSE(Check(world).ready());
  fact.set_confirmed_by(type::v1::PARTY_PERSON);
  EXPECT_TRUE(Check(world).ready());
  World::Set(fact.mutable_dispute_time(), "2026-03-03T09:00:00Z");
  EXPECT_FALSE(Check(world).ready());
}

// Proves: R04
TEST(Pressure, CountsTheProposalsOfTheWindowAgainstTheCap) {
  World world;
  world.ReadyForMigration();
  const auto proposed = [&](const char* time) {
    world.statistics.add_recent_proposals_us(absl::ToUnixMicros(At(time)));
    world.statistics.add_recent_asks_us(absl::ToUnixMicros(At(time)));
  };
  proposed("2026-03-05T09:00:00Z");
  proposed("2026-03-03T10:00:00Z");
  const v1::Readiness capped = Check(world);
  EXPECT_THAT(Unmet(capped), ElementsAre(v1::PRESSURE_CAP));
  const auto& condition = ByTerm(capped, "proposals in 7 days");
  EXPECT_EQ(condition.value(), 2);
  EXPECT_EQ(condition.threshold(), 2);
  EXPECT_EQ(condition.step(), "wait until 10 March");
  EXPECT_TRUE(Check(world, "2026-03-10T10:00:00Z").ready());
  auto& cap = *world.settings.add_caps();
  cap.set_purpose(type::v1::PURPOSE_PROPOSAL);
  cap.set_count(3);
  cap.set_window_days(7);
  EXPECT_TRUE(Check(world).ready());
  cap.set_count(0);
  EXPECT_FALSE(Check(world).ready());
  EXPECT_THAT(Check(world).changes(), IsEmpty());
  cap.set_count(3);
  // A contact that they did not want counts once more for 30 days.
  World::Set(world.statistics.mutable_last_unwelcome_time(), "2026-02-15T09:00:00Z");
  EXPECT_THAT(Unmet(Check(world)), ElementsAre(v1::PRESSURE_CAP));
}

// Proves: R04, C17
TEST(Pressure, HeedsThePersonsOwnCeilingAndOtherAsks) {
  World world;
  world.ReadyForMigration();
  world.statistics.add_recent_asks_us(absl::ToUnixMicros(At("2026-03-05T09:00:00Z")));
  EXPECT_TRUE(Check(world).ready());
  world.preference.mutable_ceiling()->set_count(1);
  world.preference.mutable_ceiling()->set_window_days(30);
  EXPECT_THAT(Unmet(Check(world)), ElementsAre(v1::PERSON_CEILING));
  world.preference.clear_ceiling();
  world.statistics.add_recent_asks_us(absl::ToUnixMicros(At("2026-03-04T09:00:00Z")));
  EXPECT_THAT(Unmet(Check(world)), ElementsAre(v1::PRESSURE_CAP));
}

// Proves: R04, R05
TEST(Readiness, RestsAfterADeclineAsLongAsTheOfferSays) {
  World world;
  world.ReadyForMigration();
  world.Sold("migration", Sale::DECLINED_FOR_NOW, "2026-03-01T09:00:00Z");
  EXPECT_EQ(ByTerm(Check(world), "days of rest after a decline").threshold(), 90);
  EXPECT_THAT(Changes(Check(world)), ElementsAre("wait until 30 May"));
  world.offers[0].set_rest_after_decline_days(8);
  EXPECT_TRUE(Check(world).ready());
  world.offers[0].set_rest_after_decline_days(9);
  EXPECT_FALSE(Check(world).ready());
}

TEST(Readiness, KnowsWhoseLabelsAndHouseItIsFor) {
  World world;
  world.ReadyForMigration();
  world.offers[0].add_houses("default");
  world.offers[0].add_eligible_labels("Press");
  EXPECT_FALSE(Check(world).ready());
  world.person.add_labels("press");
  EXPECT_TRUE(Check(world).ready());
  world.offers[0].add_requires_facts("own press");
  world.Said(Fact::SITUATION, "owns a press", "2026-03-01T09:00:00Z").add_topics("own press");
  EXPECT_TRUE(Check(world).ready());
  RelationshipFacts facts = world.Facts();
  facts.person = nullptr;
  const Circumstances at(facts, At(kNow), absl::UTCTimeZone());
  EXPECT_FALSE(Judge(at, TiesOf(facts, *facts.offers[0], at.as_of)).ready);
}

TEST(Readiness, LooksAheadOverANight) {
  World world;
  world.ReadyForMigration();
  world.live.contact->set_permitted(false);
  world.live.contact->add_obstacles()->set_code(ContactObstacle::QUIET_HOURS);
  World::Set(world.live.contact->mutable_next_permitted_time(), "2026-03-10T08:00:00Z");
  const v1::Readiness readiness = Check(world);
  EXPECT_TRUE(readiness.ready());
  EXPECT_EQ(time::FromProto(readiness.window().next_permitted_time()), At("2026-03-10T08:00:00Z"));
  EXPECT_FALSE(Check(world, "2026-03-09T07:59:59Z").ready());
}

TEST(Readiness, OffersNoChangesWhereTheirWordIsNeeded) {
  World world;
  world.ReadyForMigration();
  world.Understood(1, 1, 0, 0);
  EXPECT_THAT(Changes(Check(world)), ::testing::SizeIs(1));
  world.Denies(contact::v1::CONSENT_DENIED, ContactObstacle::CONSENT_DENIED);
  EXPECT_THAT(Check(world).changes(), IsEmpty());
}

// Proves: R04
TEST(Readiness, IsNeverThereUnlessTheOthersWereAsked) {
  World world;
  world.ReadyForMigration();
  world.asked = false;
  EXPECT_FALSE(Check(world).ready());
  EXPECT_THAT(Unmet(Check(world)), ElementsAre(v1::UNDERSTANDING_THIN, v1::UNDERSTANDING_THIN));
  world.Said(Fact::PROBLEM, "p", "2026-03-01T09:00:00Z");
  world.Said(Fact::NEED_PAYOFF, "n", "2026-03-01T09:00:00Z");
  EXPECT_THAT(Unmet(Check(world)), IsEmpty());
  EXPECT_FALSE(Check(world).ready());
}

TEST(NearestFirst, PutsWhatIsReadyBeforeWhatTheyAskedForBeforeTheRest) {
  std::vector<Judged> judged(3);
  judged[1].ties.person_led = true;
  judged[2].ready = true;
  NearestFirst(judged);
  EXPECT_TRUE(judged[0].ready);
  EXPECT_TRUE(judged[1].ties.person_led);
}

TEST(MayAsk, IsFalseWhereWhatIsKnownForbidsAProposal) {
  World world;
  world.ReadyForMigration();
  const auto may_ask = [&] {
    const RelationshipFacts facts = world.Facts();
    return MayAsk(Circumstances(facts, At(kNow), absl::UTCTimeZone()));
  };
  EXPECT_TRUE(may_ask());
  world.relationship.set_standing(contact::v1::RESTING);
  EXPECT_FALSE(may_ask());
  world.relationship.set_standing(contact::v1::OPEN);
  world.Promised("send it", "2026-03-01T09:00:00Z");
  EXPECT_FALSE(may_ask());
  world.needs[0].set_wants_to_buy(true);
  World::Set(world.needs[0].mutable_wants_to_buy_time(), "2026-03-09T08:00:00Z");
  EXPECT_TRUE(may_ask());
  world.Guarded("a loss");
  EXPECT_FALSE(may_ask());
}

TEST(Ties, ConsiderWhatServesALivingNeedAFactOrWasAskedForByName) {
  World world;
  world.Offers("a", "printing");
  world.Offers("b", "re-keying");
  world.Offers("c", "paper");
  world.Offers("d", "travel");
  world.Offers("e", "printing").set_paused(true);
  world.Needs("printing", "printing", "2026-03-01T09:00:00Z");
  world.Needs("keys", "re-keying", "2026-03-01T09:00:00Z").set_state(Need::OUTLIVED);
  world.Needs("by name", "nothing", "2026-03-01T09:00:00Z").add_offers("tenants/t/offers/d");
  world.Said(Fact::SITUATION, "uses paper", "2026-03-01T09:00:00Z").add_topics("paper");
  std::vector<std::string> considered;
  for (const Ties& ties : Considered(world.Facts(), At(kNow))) {
    considered.push_back(ties.offer->display_name());
  }
  EXPECT_THAT(considered, UnorderedElementsAre("a", "c", "d"));
}

}  // namespace
}  // namespace rapport::recommendation
