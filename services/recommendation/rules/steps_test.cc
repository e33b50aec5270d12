// The steps that care for a person beyond what is owed, and who has to act.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/recommendation/rules/next_steps.h"
#include "services/recommendation/rules/test_world.h"

namespace rapport::recommendation {
namespace {

using ::rapport::engagement::v1::CareEvent;
using ::rapport::engagement::v1::Fact;
using ::rapport::engagement::v1::Need;
using ::rapport::engagement::v1::Promise;
using ::rapport::engagement::v1::Sale;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kNow[] = "2026-03-09T09:00:00Z";

v1::Decision DecideAt(const World& world, const char* as_of = kNow) {
  return Decide(world.Facts(), At(as_of), absl::UTCTimeZone());
}

std::vector<v1::StepKind> Kinds(const v1::Decision& decision) {
  std::vector<v1::StepKind> kinds;
  for (const auto& suggestion : decision.suggestions()) kinds.push_back(suggestion.kind());
  return kinds;
}

std::vector<v1::ReasonCode> WhyNot(const v1::Decision& decision, v1::StepKind kind) {
  std::vector<v1::ReasonCode> codes;
  for (const auto& exclusion : decision.excluded()) {
    if (exclusion.kind() != kind) continue;
    for (const auto& reason : exclusion.reasons()) codes.push_back(reason.code());
  }
  return codes;
}

// Proves: R02
TEST(TellBack, IsAStepOfItsOwnAfterCareAndBeforeListening) {
  World world;
  world.statistics.set_bond(0.9);
  world.Promised("the shorter report shipped", "2026-05-02T12:00:00Z").set_kind(Promise::TELL_BACK);
  const v1::Decision decision = DecideAt(world, "2026-05-01T09:00:00Z");
  ASSERT_THAT(Kinds(decision), ElementsAre(v1::CARE, v1::TELL_BACK, v1::LISTEN));
  const v1::Suggestion& tell = decision.suggestions(1);
  EXPECT_EQ(tell.step_class(), v1::TELL_CLASS);
  EXPECT_EQ(tell.summary(),
            "Tell Ana what became of their word: \"the shorter report shipped\" is due tomorrow.");
  EXPECT_EQ(tell.reasons(0).code(), v1::TELL_BACK_DUE);
  EXPECT_EQ(time::FromProto(tell.due_time()), At("2026-05-02T12:00:00Z"));
  EXPECT_THAT(WhyNot(decision, v1::KEEP_PROMISE), ElementsAre(v1::NOTHING_OPEN));
  // Broken, it has to be made good like any other promise.
  EXPECT_EQ(Kinds(DecideAt(world, "2026-05-05T09:00:00Z"))[0], v1::REPAIR);
  world.relationship.set_standing(contact::v1::QUIETED);
  EXPECT_THAT(Kinds(DecideAt(world, "2026-05-01T09:00:00Z")), ElementsAre(v1::TELL_BACK));
}

// Proves: R02
TEST(Thank, FollowsWhatTheyGaveForAQuarterOfAYear) {
  World world;
  World::Set(world.statistics.mutable_unthanked_time(), "2026-03-03T09:00:00Z");
  const v1::Decision decision = DecideAt(world);
  ASSERT_THAT(Kinds(decision), ElementsAre(v1::THANK));
  EXPECT_EQ(decision.suggestions(0).summary(),
            "Thank Ana for what they gave or said on Tuesday; ask for nothing.");
  EXPECT_THAT(decision.suggestions(0).reasons(0).sources(),
              ElementsAre("tenants/t/relationships/ana/statistics"));
  auto& praise = world.Gave("the drawings", "2026-03-03T09:00:00Z");
  praise.set_kind(engagement::v1::Feedback::PRAISE);
  praise.set_state(engagement::v1::Feedback::ACKNOWLEDGED);
  EXPECT_THAT(DecideAt(world).suggestions(0).reasons(0).sources(), ElementsAre(praise.name()));
  EXPECT_THAT(WhyNot(DecideAt(world, "2026-03-02T09:00:00Z"), v1::THANK),
              ElementsAre(v1::NOTHING_OPEN));
  EXPECT_THAT(WhyNot(DecideAt(world, "2026-06-02T09:00:00Z"), v1::THANK),
              ElementsAre(v1::NOTHING_OPEN));
}

// Proves: R02, E14
TEST(Give, FollowsAsksThatWereMoreThanGifts) {
  World world;
  world.statistics.set_asks(1.0);
  world.statistics.set_gives(0.5);
  world.statistics.add_recent_asks_us(absl::ToUnixMicros(At("2026-03-02T09:00:00Z")));
  world.preference.add_wanted_topics("paper");
  const v1::Decision decision = DecideAt(world);
  ASSERT_THAT(Kinds(decision), ElementsAre(v1::GIVE));
  EXPECT_EQ(decision.suggestions(0).summary(),
            "You asked more of Ana than you gave; give something and ask for nothing; Ana likes to "
            "hear of paper.");
  EXPECT_THAT(Kinds(DecideAt(world, "2026-03-09T08:59:59Z")), ElementsAre(v1::WAIT));
  EXPECT_THAT(Kinds(DecideAt(world, "2026-07-05T09:00:00Z")), ElementsAre(v1::LISTEN));
  world.relationship.set_standing(contact::v1::RESTING);
  EXPECT_THAT(WhyNot(DecideAt(world), v1::GIVE), ElementsAre(v1::RESTING));
  world.relationship.set_standing(contact::v1::OPEN);
  world.statistics.set_gives(1.0);
  EXPECT_THAT(Kinds(DecideAt(world)), ElementsAre(v1::WAIT));
}

// Proves: R02
TEST(V11_TheNeedIsOverSheIsNot, RestIsSuggestedAndNeverDoneByItself) {
  World world;
  Need& need = world.Needs("no more re-keying", "re-keying", "2026-01-02T09:00:00Z");
  EXPECT_THAT(Kinds(DecideAt(world)), ElementsAre(v1::WAIT));
  need.set_state(Need::OUTLIVED);
  need.set_outlived_said_by(type::v1::PARTY_PERSON);
  const v1::Decision decision = DecideAt(world);
  ASSERT_THAT(Kinds(decision), ElementsAre(v1::REST));
  const v1::Suggestion& rest = decision.suggestions(0);
  EXPECT_EQ(rest.step_class(), v1::REST_CLASS);
  EXPECT_EQ(rest.reasons(0).text(), "\"no more re-keying\" is over, as Ana said");
  EXPECT_THAT(rest.reasons(0).sources(), ElementsAre(need.name()));
  EXPECT_THAT(WhyNot(decision, v1::PROPOSE), ElementsAre(v1::NEED_OUTLIVED, v1::NO_OFFER));
  world.relationship.set_standing(contact::v1::RESTING);
  const v1::Decision resting = DecideAt(world);
  EXPECT_THAT(WhyNot(resting, v1::PROPOSE),
              ElementsAre(v1::RESTING, v1::NEED_OUTLIVED, v1::NO_OFFER));
  EXPECT_THAT(WhyNot(resting, v1::REST), ElementsAre(v1::RESTING));
  world.Born(3, 9);
  EXPECT_THAT(Kinds(DecideAt(world)), ElementsAre(v1::CARE));
}

TEST(Rest, WaitsForTheLastNeed) {
  World world;
  world.Needs("a", "a", "2026-01-02T09:00:00Z").set_state(Need::OUTLIVED);
  world.Needs("b", "b", "2026-01-02T09:00:00Z");
  const v1::Decision decision = DecideAt(world);
  EXPECT_THAT(Kinds(decision), ElementsAre(v1::WAIT));
  EXPECT_THAT(WhyNot(decision, v1::REST), ElementsAre(v1::NOTHING_OPEN));
}

// Proves: E13, R02
TEST(Care, FollowsWhatHappenedInTheirLifeUntilWeAreInTouch) {
  World world;
  CareEvent& event =
      world.Happened(CareEvent::WEDDING, "their daughter marries", "2026-03-04T09:00:00Z");
  const v1::Decision decision = DecideAt(world);
  ASSERT_THAT(Kinds(decision), ElementsAre(v1::CARE));
  EXPECT_EQ(decision.suggestions(0).summary(),
            "Ana told you \"their daughter marries\" on Wednesday; a kind word, nothing else.");
  EXPECT_EQ(decision.suggestions(0).reasons(0).code(), v1::LIFE_EVENT);
  EXPECT_THAT(decision.suggestions(0).reasons(0).sources(), ElementsAre(event.name()));
  EXPECT_EQ(decision.suggestions(0).conduct(), v1::HUMAN_ASSISTED);
  World::Set(world.statistics.mutable_last_outbound_time(), "2026-03-05T09:00:00Z");
  EXPECT_THAT(Kinds(DecideAt(world)), ElementsAre(v1::WAIT));
  world.statistics.clear_last_outbound_time();
  // Their own letter is no touch of ours; a talk is.
  world.Spoke("2026-03-06T09:00:00Z");
  World::Set(world.statistics.mutable_last_inbound_time(), "2026-03-06T09:00:00Z");
  EXPECT_THAT(Kinds(DecideAt(world)), ElementsAre(v1::CARE));
  world.statistics.clear_last_inbound_time();
  EXPECT_THAT(Kinds(DecideAt(world)), ElementsAre(v1::WAIT));
}

TEST(Care, DoesNotReadHowTheyAreAsAnEvent) {
  World world;
  world.Happened(CareEvent::WELLBEING, "tired", "2026-03-04T09:00:00Z");
  EXPECT_THAT(Kinds(DecideAt(world)), ElementsAre(v1::WAIT));
}

// Proves: E13, R14
TEST(Care, IsThereForAGuardedPersonGoneQuiet) {
  World world;
  world.Guarded("her father died");
  EXPECT_THAT(Kinds(DecideAt(world)), ElementsAre(v1::WAIT));
  const v1::Decision decision = DecideAt(world, "2026-04-20T09:00:00Z");
  ASSERT_THAT(Kinds(decision), ElementsAre(v1::CARE, v1::LISTEN));
  EXPECT_EQ(
      decision.suggestions(0).summary(),
      "Be there for Ana (\"her father died\"): offer and ask nothing until you lift the guard; "
      "49 days since you spoke.");
  EXPECT_EQ(decision.suggestions(0).reasons(0).code(), v1::CARE_GUARD);
  EXPECT_EQ(decision.suggestions(0).conduct(), v1::HUMAN_REQUIRED);
  EXPECT_THAT(WhyNot(decision, v1::PROPOSE), ElementsAre(v1::CARE_GUARD, v1::NO_OFFER));
}

// Proves: R09
TEST(Listen, AsksSomebodyUnknownForSituationAndProblem) {
  World world;
  world.statistics.clear_last_two_way_time();
  const v1::Decision decision = DecideAt(world);
  ASSERT_THAT(Kinds(decision), ElementsAre(v1::LISTEN));
  const v1::Suggestion& listen = decision.suggestions(0);
  ASSERT_EQ(listen.reasons_size(), 3);
  EXPECT_THAT(listen.reasons(1).text(), HasSubstr("How do you work these days?"));
  EXPECT_THAT(listen.reasons(2).text(), HasSubstr("What is hardest about that?"));
  EXPECT_EQ(listen.reasons(1).code(), v1::UNDERSTANDING_THIN);
}

// Proves: R09
TEST(Propose, IsNeverPickedByHowManyOffersThereAre) {
  World world;
  for (const char* id : {"a", "b", "c"}) world.Offers(id, "re-keying", v1::Offer::LOW);
  world.Asked();
  const v1::Decision decision = DecideAt(world);
  EXPECT_THAT(Kinds(decision), ElementsAre(v1::WAIT));
  EXPECT_THAT(WhyNot(decision, v1::PROPOSE), ElementsAre(v1::NO_OFFER));
}

// Proves: R02, R04, R14
TEST(Propose, ComesAfterAllCareAndSaysWhy) {
  World world;
  world.ReadyForMigration();
  world.preference.set_wishes("calls, mornings");
  const v1::Decision decision = DecideAt(world);
  ASSERT_THAT(Kinds(decision), ElementsAre(v1::PROPOSE));
  const v1::Suggestion& propose = decision.suggestions(0);
  EXPECT_EQ(propose.summary(),
            "Ana wants \"no more re-keying\" solved, and \"migration\" would serve it.");
  EXPECT_EQ(propose.offer(), "tenants/t/offers/migration");
  EXPECT_EQ(propose.step_class(), v1::PROPOSE_CLASS);
  EXPECT_EQ(propose.conduct(), v1::HUMAN_REQUIRED);
  EXPECT_FALSE(propose.person_led());
  EXPECT_THAT(propose.needs(), ElementsAre("tenants/t/relationships/ana/needs/w1"));
  EXPECT_EQ(propose.reasons(0).code(), v1::READY_TO_PROPOSE);
  EXPECT_THAT(propose.reasons(1).text(), HasSubstr("coverage 1.00; 0.60 is asked for"));
  EXPECT_EQ(propose.window().channel(), type::v1::CHANNEL_EMAIL);
  EXPECT_EQ(propose.window().language(), "pt");
  EXPECT_THAT(propose.window().tone(), ElementsAre("calls, mornings"));
  EXPECT_EQ(time::FromProto(propose.window().next_permitted_time()), At(kNow));
  // A longer silence than tolerated: first listen.
  EXPECT_THAT(Kinds(DecideAt(world, "2026-05-01T09:00:00Z")), ElementsAre(v1::LISTEN, v1::PROPOSE));
  world.asked = false;
  EXPECT_THAT(Kinds(DecideAt(world)), ElementsAre(v1::WAIT));
}

// Proves: R04, R14
TEST(Propose, FollowsWhoeverAskedToBuyToday) {
  World world;
  world.Offers("seats", "seats", v1::Offer::LOW);
  world.Offers("other", "printing", v1::Offer::LOW);
  world.Needs("printing at home", "printing", "2026-03-02T09:00:00Z");
  Need& need = world.Needs("two seats", "seats", "2026-03-09T07:00:00Z");
  need.set_wants_to_buy(true);
  World::Set(need.mutable_wants_to_buy_time(), "2026-03-09T07:00:00Z");
  world.Asked();
  const v1::Decision decision = DecideAt(world);
  ASSERT_THAT(Kinds(decision), ElementsAre(v1::PROPOSE));
  const v1::Suggestion& propose = decision.suggestions(0);
  EXPECT_TRUE(propose.person_led());
  EXPECT_EQ(propose.summary(), "Ana asked for it today: \"two seats\"; offer \"seats\".");
  EXPECT_EQ(propose.reasons(0).code(), v1::PERSON_LED);
  EXPECT_EQ(propose.conduct(), v1::HUMAN_ASSISTED);
  // The other one is ready too; one proposal at a time.
  ASSERT_THAT(decision.excluded(), SizeIs(::testing::Gt(0)));
  EXPECT_THAT(WhyNot(decision, v1::PROPOSE), ElementsAre(v1::OUTRANKED));
}

// Proves: R14
TEST(Conduct, IsHumanAfterARefusal) {
  World world;
  EXPECT_EQ(DecideAt(world, "2026-04-20T09:00:00Z").suggestions(0).conduct(), v1::HUMAN_ASSISTED);
  world.Sold("migration", Sale::DECLINED_FOR_NOW, "2026-04-01T09:00:00Z");
  EXPECT_EQ(DecideAt(world, "2026-04-20T09:00:00Z").suggestions(0).conduct(), v1::HUMAN_REQUIRED);
  EXPECT_EQ(DecideAt(world, "2026-05-10T09:00:00Z").suggestions(0).conduct(), v1::HUMAN_ASSISTED);
  World::Set(world.statistics.mutable_last_unwelcome_time(), "2026-05-01T09:00:00Z");
  EXPECT_EQ(DecideAt(world, "2026-05-10T09:00:00Z").suggestions(0).conduct(), v1::HUMAN_REQUIRED);
}

// Proves: R14
TEST(Conduct, IsHumanAfterALossAndForWhoeverAskedForAHuman) {
  World world;
  world.Promised("call her", "2026-03-10T09:00:00Z").set_kind(Promise::HUMAN_REQUEST);
  EXPECT_EQ(DecideAt(world).suggestions(0).conduct(), v1::HUMAN_REQUIRED);
  world.promises.clear();
  world.Promised("send it", "2026-03-10T09:00:00Z");
  EXPECT_EQ(DecideAt(world).suggestions(0).conduct(), v1::HUMAN_ASSISTED);
  world.Happened(CareEvent::BEREAVEMENT, "her father died", "2026-01-04T09:00:00Z");
  EXPECT_EQ(DecideAt(world).suggestions(0).conduct(), v1::HUMAN_REQUIRED);
}

// Proves: R19
TEST(Degraded, WithholdsProposalsAndEverythingThatBeginsWithUs) {
  World world;
  world.ReadyForMigration();
  World::Set(world.statistics.mutable_unthanked_time(), "2026-03-03T09:00:00Z");
  RelationshipFacts facts = world.Facts();
  facts.degraded = {"contact has not been heard of for a while"};
  const v1::Decision late = Decide(facts, At(kNow), absl::UTCTimeZone());
  EXPECT_THAT(Kinds(late), ElementsAre(v1::THANK));
  EXPECT_THAT(WhyNot(late, v1::PROPOSE), ElementsAre(v1::DEPENDENCY_DEGRADED));
  world.live.contact.reset();
  const v1::Decision silent = DecideAt(world);
  EXPECT_THAT(WhyNot(silent, v1::PROPOSE),
              ElementsAre(v1::DEPENDENCY_DEGRADED, v1::CONSENT_UNKNOWN));
  EXPECT_THAT(silent.degraded(), ElementsAre("contact did not answer when it was asked"));
  world.statistics_known = false;
  const v1::Decision blind = DecideAt(world);
  EXPECT_THAT(Kinds(blind), ElementsAre(v1::WAIT));
  EXPECT_THAT(WhyNot(blind, v1::THANK), ElementsAre(v1::DEPENDENCY_DEGRADED));
  EXPECT_THAT(WhyNot(blind, v1::GIVE), ElementsAre(v1::DEPENDENCY_DEGRADED));
}

}  // namespace
}  // namespace rapport::recommendation
