#include "services/recommendation/rules/next_steps.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "services/recommendation/rules/test_world.h"

namespace rapport::recommendation {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const absl::TimeZone kUtc = absl::UTCTimeZone();

v1::Decision DecideAt(const World& world, const char* as_of, absl::TimeZone zone = kUtc) {
  return Decide(world.Facts(), At(as_of), zone);
}

std::vector<v1::StepKind> Kinds(const v1::Decision& decision) {
  std::vector<v1::StepKind> kinds;
  for (const auto& suggestion : decision.suggestions()) kinds.push_back(suggestion.kind());
  return kinds;
}

const v1::Exclusion& Excluded(const v1::Decision& decision, v1::StepKind kind) {
  for (const auto& exclusion : decision.excluded()) {
    if (exclusion.kind() == kind) return exclusion;
  }
  ADD_FAILURE() << v1::StepKind_Name(kind) << " is not excluded";
  static const v1::Exclusion* const none = new v1::Exclusion();
  return *none;
}

const v1::Reason& WhyNot(const v1::Decision& decision, v1::StepKind kind) {
  return Excluded(decision, kind).reasons(0);
}

// Proves: R02
TEST(Wait, WinsWhileSilenceIsWithinTheRhythm) {
  World world;
  const v1::Decision decision = DecideAt(world, "2026-03-14T10:00:00Z");
  ASSERT_THAT(Kinds(decision), ElementsAre(v1::WAIT));
  const v1::Suggestion& wait = decision.suggestions(0);
  EXPECT_EQ(wait.summary(), "You spoke 12 days ago; silence is fine for another 30 days.");
  EXPECT_EQ(wait.step_class(), v1::WAIT_CLASS);
  EXPECT_EQ(wait.reasons(0).code(), v1::WITHIN_RHYTHM);
  EXPECT_EQ(wait.reasons(0).would_change(), "30 more days of silence");
  EXPECT_EQ(wait.reasons(0).threshold(), 42);
  EXPECT_EQ(time::FromProto(wait.due_time()), At("2026-04-13T09:00:00Z"));
}

// Proves: R02
TEST(Listen, FollowsASilenceLongerThanTolerated) {
  World world;
  EXPECT_THAT(Kinds(DecideAt(world, "2026-04-13T09:00:00Z")), ElementsAre(v1::WAIT));
  const v1::Decision decision = DecideAt(world, "2026-04-13T09:00:01Z");
  ASSERT_THAT(Kinds(decision), ElementsAre(v1::LISTEN));
  const v1::Suggestion& listen = decision.suggestions(0);
  EXPECT_EQ(listen.summary(), "42 days quiet, usually about 28 days; ask how Ana is and listen.");
  EXPECT_EQ(listen.conduct(), v1::HUMAN_ASSISTED);
  EXPECT_NEAR(listen.score(), 1.0, 1e-6);
  EXPECT_EQ(listen.score_terms(0).value(), listen.score());
  EXPECT_EQ(listen.reasons(0).code(), v1::SILENT_TOO_LONG);
}

TEST(Listen, SaysWhatIsNotUnderstoodYet) {
  World world;
  world.Said(engagement::v1::Fact::PROBLEM, "re-keying orders", "2026-03-02T09:00:00Z");
  const v1::Decision decision = DecideAt(world, "2026-04-20T09:00:00Z");
  EXPECT_EQ(decision.suggestions(0).summary(),
            "49 days quiet, usually about 28 days; you know their problem, not what it costs "
            "them.");
  EXPECT_EQ(decision.suggestions(0).reasons(1).code(), v1::UNDERSTANDING_THIN);
  world.Said(engagement::v1::Fact::IMPLICATION, "orders wait", "2026-03-02T09:00:00Z");
  EXPECT_EQ(DecideAt(world, "2026-04-20T09:00:00Z").suggestions(0).reasons_size(), 1);
}

TEST(Listen, FollowsAWeekOfKnowingSomebodyWithoutATalk) {
  World world;
  world.statistics.clear_last_two_way_time();
  World::Set(world.relationship.mutable_create_time(), "2026-03-01T10:00:00Z");
  const v1::Decision early = DecideAt(world, "2026-03-05T10:00:00Z");
  ASSERT_THAT(Kinds(early), ElementsAre(v1::WAIT));
  EXPECT_EQ(early.suggestions(0).reasons(0).code(), v1::NOT_MET_YET);
  EXPECT_EQ(time::FromProto(early.suggestions(0).due_time()), At("2026-03-08T10:00:00Z"));
  const v1::Decision later = DecideAt(world, "2026-03-22T10:00:00Z");
  ASSERT_THAT(Kinds(later), ElementsAre(v1::LISTEN));
  EXPECT_EQ(later.suggestions(0).summary(),
            "You have known of Ana for 3 weeks and have not spoken yet; ask and listen.");
  EXPECT_EQ(later.suggestions(0).score(), 0);
}

TEST(Listen, UsesTheDeclaredRhythmForSomebodyWithoutAnyEngagement) {
  World world;
  world.statistics.Clear();
  EXPECT_THAT(Kinds(DecideAt(world, "2026-03-09T09:00:00Z")), ElementsAre(v1::LISTEN));
  world.Spoke("2026-03-02T09:00:00Z");
  EXPECT_EQ(DecideAt(world, "2026-03-09T09:00:00Z").suggestions(0).reasons(0).threshold(), 90);
  world.relationship.mutable_effective_rhythm()->set_wish_days(4);
  EXPECT_EQ(DecideAt(world, "2026-03-09T09:00:00Z").suggestions(0).reasons(0).threshold(), 6);
}

// Proves: R02
TEST(Listen, NeedsAHumanAfterALongSilence) {
  World world;
  EXPECT_EQ(DecideAt(world, "2026-05-24T09:00:00Z").suggestions(0).conduct(), v1::HUMAN_ASSISTED);
  EXPECT_EQ(DecideAt(world, "2026-05-25T10:00:00Z").suggestions(0).conduct(), v1::HUMAN_REQUIRED);
}

// Proves: R03
TEST(V9_RepairComesFirst, BeforeEverythingElse) {
  World world;
  world.Promised("ask support about the export bug", "2026-03-12T17:00:00Z");
  world.Promised("send the invoice", "2026-03-06T12:00:00Z");
  world.Wrote("Export", "2026-03-05T09:00:00Z");
  world.Born(3, 11);
  const v1::Decision decision = DecideAt(world, "2026-03-10T09:00:00Z");
  ASSERT_THAT(Kinds(decision), ElementsAre(v1::REPAIR, v1::ANSWER, v1::KEEP_PROMISE, v1::CARE));
  const v1::Suggestion& repair = decision.suggestions(0);
  EXPECT_EQ(repair.summary(),
            "\"send the invoice\" was promised for Friday and is not done; make it good with "
            "Ana.");
  EXPECT_EQ(repair.conduct(), v1::HUMAN_REQUIRED);
  EXPECT_EQ(repair.reasons(0).code(), v1::PROMISE_BROKEN);
  EXPECT_THAT(repair.reasons(0).sources(), ElementsAre("tenants/t/relationships/ana/promises/p2"));
  EXPECT_EQ(repair.reasons(0).would_change(),
            "make \"send the invoice\" good, or be released from it");
  world.promises[1].set_state(engagement::v1::Promise::REPAIRED);
  EXPECT_EQ(Kinds(DecideAt(world, "2026-03-10T09:00:00Z"))[0], v1::ANSWER);
}

TEST(Repair, BeginsWhenTheGraceOfTwoDaysIsOver) {
  World world;
  world.Promised("send the invoice", "2026-03-06T12:00:00Z");
  EXPECT_THAT(Kinds(DecideAt(world, "2026-03-08T12:00:00Z")), ElementsAre(v1::KEEP_PROMISE));
  EXPECT_THAT(Kinds(DecideAt(world, "2026-03-08T12:00:01Z")), ElementsAre(v1::REPAIR));
  world.promises[0].set_state(engagement::v1::Promise::BROKEN);
  EXPECT_THAT(Kinds(DecideAt(world, "2026-03-08T12:00:01Z")), ElementsAre(v1::REPAIR));
}

TEST(Repair, IsOnlyForOurOwnPromises) {
  World world;
  world.Promised("send the figures", "2026-03-01T12:00:00Z", type::v1::PARTY_PERSON);
  EXPECT_THAT(Kinds(DecideAt(world, "2026-03-10T12:00:00Z")), ElementsAre(v1::WAIT));
}

TEST(Repair, CountsPromisesThatOnlyTheStatisticsName) {
  World world;
  auto& open = *world.statistics.add_open_promises();
  open.set_promise("tenants/t/relationships/ana/promises/p9");
  open.set_promised_by(type::v1::PARTY_US);
  World::Set(open.mutable_due_time(), "2026-03-02T09:00:00Z");
  const v1::Decision decision = DecideAt(world, "2026-03-10T09:00:00Z");
  EXPECT_EQ(decision.suggestions(0).summary(),
            "What you promised for 2 March is not done; make it good with Ana.");
  // The promise itself knows better.
  world.Promised("send it", "2026-03-02T09:00:00Z").set_state(engagement::v1::Promise::KEPT);
  world.promises[0].set_name(open.promise());
  EXPECT_THAT(Kinds(DecideAt(world, "2026-03-10T09:00:00Z")), ElementsAre(v1::WAIT));
}

// Proves: R02
TEST(Answer, TellsWhatTheyWroteAndWhatWasPromised) {
  World world;
  world.Wrote("Re: the export", "2026-03-05T09:00:00Z");
  world.Promised("word on the export", "2026-03-10T17:00:00Z");
  const v1::Decision decision = DecideAt(world, "2026-03-09T09:00:00Z");
  ASSERT_THAT(Kinds(decision), ElementsAre(v1::ANSWER, v1::KEEP_PROMISE));
  const v1::Suggestion& answer = decision.suggestions(0);
  EXPECT_EQ(answer.summary(),
            "Ana wrote about \"the export\" on Thursday and waits for your answer; you promised "
            "\"word on the export\" by tomorrow.");
  EXPECT_EQ(time::FromProto(answer.due_time()), At("2026-03-06T09:00:00Z"));
  EXPECT_EQ(answer.reasons(0).code(), v1::AWAITS_ANSWER);
  EXPECT_THAT(answer.reasons(0).sources(),
              ElementsAre("tenants/t/relationships/ana/engagements/e1"));
}

TEST(Answer, LapsesAfterThirtyDays) {
  World world;
  world.Wrote("the export", "2026-03-02T09:00:00Z");
  EXPECT_THAT(Kinds(DecideAt(world, "2026-04-01T09:00:00Z")), ElementsAre(v1::ANSWER));
  const v1::Decision later = DecideAt(world, "2026-04-01T09:00:01Z");
  EXPECT_THAT(Kinds(later), ElementsAre(v1::WAIT));
  EXPECT_EQ(WhyNot(later, v1::ANSWER).code(), v1::NOT_OUR_TURN);
  EXPECT_EQ(WhyNot(later, v1::ANSWER).would_change(), "when Ana writes again");
}

TEST(Answer, IsNotCalledForIfTheyDoNotWait) {
  World world;
  world.Wrote("thanks", "2026-03-05T09:00:00Z").set_awaits_us(false);
  EXPECT_THAT(Kinds(DecideAt(world, "2026-03-09T09:00:00Z")), ElementsAre(v1::WAIT));
}

TEST(Answer, IsOwedToFeedbackHoweverOld) {
  World world;
  world.Gave("the report page", "2026-02-18T09:00:00Z");
  const v1::Decision decision = DecideAt(world, "2026-03-09T09:00:00Z");
  ASSERT_THAT(Kinds(decision), ElementsAre(v1::ANSWER));
  EXPECT_EQ(decision.suggestions(0).summary(),
            "Ana gave you feedback on the report page 19 days ago; it is still unanswered.");
  EXPECT_EQ(decision.suggestions(0).reasons(0).code(), v1::FEEDBACK_UNANSWERED);
  EXPECT_EQ(decision.suggestions(0).conduct(), v1::HUMAN_ASSISTED);
  world.feedback[0].set_state(engagement::v1::Feedback::ACKNOWLEDGED);
  EXPECT_THAT(Kinds(DecideAt(world, "2026-03-09T09:00:00Z")), ElementsAre(v1::WAIT));
}

// Proves: R06
TEST(Answer, TellsTheLongestWaitFirst) {
  World world;
  world.Gave("the delivery", "2026-03-06T09:00:00Z");
  world.Gave("the report page", "2026-02-18T09:00:00Z");
  world.Wrote("the export", "2026-03-02T09:00:00Z");
  const v1::Suggestion answer = DecideAt(world, "2026-03-09T09:00:00Z").suggestions(0);
  EXPECT_EQ(answer.summary(),
            "Ana wrote about \"the export\" 7 days ago and waits for your answer (and 2 more).");
  EXPECT_EQ(time::FromProto(answer.due_time()), At("2026-02-19T09:00:00Z"));
  ASSERT_EQ(answer.reasons_size(), 3);
  EXPECT_EQ(answer.reasons(0).text(),
            "their feedback on the report page of 18 February is "
            "unanswered");
  EXPECT_EQ(answer.reasons(1).code(), v1::AWAITS_ANSWER);
  EXPECT_EQ(answer.reasons(2).text(), "their feedback on the delivery of 6 March is unanswered");
}

TEST(Answer, ToAGrievanceNeedsAHuman) {
  World world;
  world.Gave("the report page", "2026-02-18T09:00:00Z");
  world.Gave("the delivery", "2026-03-06T09:00:00Z").set_kind(engagement::v1::Feedback::GRIEVANCE);
  const v1::Decision decision = DecideAt(world, "2026-03-09T09:00:00Z");
  EXPECT_EQ(decision.suggestions(0).conduct(), v1::HUMAN_REQUIRED);
  EXPECT_EQ(decision.suggestions(0).summary(),
            "Something hurt Ana: their feedback on the delivery, given on Friday, is unanswered "
            "(and 1 more).");
}

// Proves: R02
TEST(KeepPromise, ComesUpTwoWorkingDaysAhead) {
  World world;
  world.Promised("send the drawings", "2026-03-10T12:00:00Z");  // A Tuesday.
  const v1::Decision early = DecideAt(world, "2026-03-05T23:00:00Z");
  EXPECT_THAT(Kinds(early), ElementsAre(v1::WAIT));
  EXPECT_EQ(WhyNot(early, v1::KEEP_PROMISE).would_change(), "two working days before Tuesday");
  const v1::Decision friday = DecideAt(world, "2026-03-06T00:00:00Z");
  ASSERT_THAT(Kinds(friday), ElementsAre(v1::KEEP_PROMISE));
  EXPECT_EQ(friday.suggestions(0).summary(), "You promised Ana \"send the drawings\" by Tuesday.");
  EXPECT_EQ(DecideAt(world, "2026-03-11T09:00:00Z").suggestions(0).summary(),
            "You promised Ana \"send the drawings\" for yesterday; it can still be kept.");
}

// Proves: R02
TEST(Care, RemembersADayThatMatters) {
  World world;
  world.Born(3, 12);
  const v1::Decision decision = DecideAt(world, "2026-03-09T09:00:00Z");
  ASSERT_THAT(Kinds(decision), ElementsAre(v1::CARE));
  EXPECT_EQ(decision.suggestions(0).summary(),
            "Ana's birthday is on Thursday; a kind word, nothing else.");
  EXPECT_EQ(decision.suggestions(0).reasons(0).code(), v1::ANNIVERSARY);
  EXPECT_EQ(time::FromProto(decision.suggestions(0).due_time()), At("2026-03-12T12:00:00Z"));
  EXPECT_EQ(DecideAt(world, "2026-03-13T09:00:00Z").suggestions(0).summary(),
            "Ana's birthday was yesterday; a kind word, nothing else.");
  const v1::Decision before = DecideAt(world, "2026-03-08T09:00:00Z");
  EXPECT_THAT(Kinds(before), ElementsAre(v1::WAIT));
  EXPECT_EQ(WhyNot(before, v1::CARE).would_change(), "from 9 March on, before their birthday");
}

TEST(Care, CountsDaysWhereThePersonIs) {
  World world;
  world.Born(3, 12);
  const char* evening = "2026-03-08T16:00:00Z";
  EXPECT_THAT(Kinds(DecideAt(world, evening)), ElementsAre(v1::WAIT));
  world.person.set_time_zone("Asia/Tokyo");
  EXPECT_THAT(Kinds(DecideAt(world, evening)), ElementsAre(v1::CARE));
  world.person.set_time_zone("Nowhere/Land");
  EXPECT_THAT(Kinds(DecideAt(world, evening, Zone("Asia/Tokyo"))), ElementsAre(v1::CARE));
}

TEST(Care, GoesToAnOldFriendWhoWentQuiet) {
  World world;
  world.statistics.set_bond(0.5);
  EXPECT_THAT(Kinds(DecideAt(world, "2026-04-13T09:00:00Z")), ElementsAre(v1::WAIT));
  const v1::Decision decision = DecideAt(world, "2026-05-01T09:00:00Z");
  ASSERT_THAT(Kinds(decision), ElementsAre(v1::CARE, v1::LISTEN));
  EXPECT_EQ(decision.suggestions(0).summary(),
            "You and Ana know each other well and have been quiet for 60 days; write without "
            "asking for anything.");
  EXPECT_EQ(decision.suggestions(0).reasons(0).code(), v1::OLD_FRIEND_QUIET);
  world.statistics.set_bond(0.49);
  EXPECT_THAT(Kinds(DecideAt(world, "2026-05-01T09:00:00Z")), ElementsAre(v1::LISTEN));
}

// Proves: R06
TEST(Quieted, LeavesOnlyWhatTheyWroteAndWhatWasPromised) {
  World world;
  world.relationship.set_standing(contact::v1::QUIETED);
  world.statistics.set_bond(0.9);
  world.Born(5, 2);
  const v1::Decision silent = DecideAt(world, "2026-05-01T09:00:00Z");
  ASSERT_THAT(Kinds(silent), ElementsAre(v1::WAIT));
  EXPECT_EQ(silent.suggestions(0).summary(),
            "Ana asked you to stop reaching out; wait for their word.");
  EXPECT_EQ(WhyNot(silent, v1::CARE).code(), v1::QUIETED);
  EXPECT_EQ(WhyNot(silent, v1::LISTEN).code(), v1::QUIETED);
  EXPECT_EQ(WhyNot(silent, v1::LISTEN).would_change(),
            "their own word that contact is welcome again");
  world.Wrote("my data", "2026-04-30T09:00:00Z");
  world.Promised("send the copy", "2026-05-01T12:00:00Z");
  world.Promised("send the invoice", "2026-04-01T12:00:00Z");
  EXPECT_THAT(Kinds(DecideAt(world, "2026-05-01T09:00:00Z")),
              ElementsAre(v1::REPAIR, v1::ANSWER, v1::KEEP_PROMISE));
}

TEST(Resting, LeavesOutListeningButNotCare) {
  World world;
  world.relationship.set_standing(contact::v1::RESTING);
  const v1::Decision decision = DecideAt(world, "2026-06-01T09:00:00Z");
  ASSERT_THAT(Kinds(decision), ElementsAre(v1::WAIT));
  EXPECT_EQ(WhyNot(decision, v1::LISTEN).code(), v1::RESTING);
  EXPECT_EQ(decision.suggestions(0).reasons(0).code(), v1::RESTING);
  world.Born(6, 1);
  EXPECT_THAT(Kinds(DecideAt(world, "2026-06-01T09:00:00Z")), ElementsAre(v1::CARE));
}

// Proves: R19
TEST(Degraded, FallsSilentButKeepsObligations) {
  World world;
  world.Born(3, 9);
  world.statistics_known = false;
  const v1::Decision silent = DecideAt(world, "2026-03-09T09:00:00Z");
  ASSERT_THAT(Kinds(silent), ElementsAre(v1::WAIT));
  EXPECT_EQ(silent.suggestions(0).reasons(0).code(), v1::DEPENDENCY_DEGRADED);
  EXPECT_EQ(silent.suggestions(0).summary(),
            "How you last spoke is not known right now; better to wait.");
  EXPECT_EQ(WhyNot(silent, v1::CARE).code(), v1::DEPENDENCY_DEGRADED);
  EXPECT_EQ(WhyNot(silent, v1::ANSWER).code(), v1::DEPENDENCY_DEGRADED);
  EXPECT_THAT(silent.degraded(), ElementsAre("engagement statistics"));
  world.Promised("send the drawings", "2026-03-10T12:00:00Z");
  const v1::Decision decision = DecideAt(world, "2026-03-09T09:00:00Z");
  EXPECT_THAT(Kinds(decision), ElementsAre(v1::KEEP_PROMISE));
  EXPECT_EQ(decision.suggestions(0).score(), 0);
}

TEST(Decide, SpeaksOfThemWithoutACard) {
  World world;
  RelationshipFacts facts = world.Facts();
  facts.person = nullptr;
  facts.degraded = {"contact card"};
  const v1::Decision decision = Decide(facts, At("2026-04-20T09:00:00Z"), kUtc);
  EXPECT_EQ(decision.suggestions(0).summary(),
            "49 days quiet, usually about 28 days; ask how they are and listen.");
  EXPECT_THAT(decision.degraded(), ElementsAre("contact card"));
}

// Proves: R06
TEST(Decide, AccountsForEveryKindOnceWithSourcesAndWhatWouldChangeIt) {
  World world;
  world.Promised("send the drawings", "2026-03-20T12:00:00Z");
  world.Born(7, 1);
  const v1::Decision decision = DecideAt(world, "2026-03-09T09:00:00Z");
  std::multiset<v1::StepKind> kinds;
  for (const v1::StepKind kind : Kinds(decision)) kinds.insert(kind);
  for (const auto& exclusion : decision.excluded()) {
    kinds.insert(exclusion.kind());
    for (const auto& reason : exclusion.reasons()) {
      EXPECT_FALSE(reason.sources().empty()) << reason.ShortDebugString();
      EXPECT_FALSE(reason.text().empty());
      EXPECT_FALSE(reason.would_change().empty()) << reason.ShortDebugString();
    }
  }
  EXPECT_THAT(kinds,
              ElementsAre(v1::REPAIR, v1::ANSWER, v1::KEEP_PROMISE, v1::CARE, v1::LISTEN, v1::WAIT,
                          v1::TELL_BACK, v1::THANK, v1::GIVE, v1::PROPOSE, v1::REST));
  EXPECT_EQ(decision.policy_version(), "1");
  EXPECT_EQ(decision.relationship(), "tenants/t/relationships/ana");
  ASSERT_EQ(decision.inputs_size(), 4);
  EXPECT_EQ(decision.inputs(2).name(), "tenants/t/relationships/ana/statistics");
  EXPECT_EQ(decision.inputs(2).revision(), 7);
  EXPECT_EQ(WhyNot(decision, v1::REPAIR).would_change(),
            "if \"send the drawings\" is still not done after 22 March");
  EXPECT_THAT(WhyNot(decision, v1::KEEP_PROMISE).text(), HasSubstr("is due in 11 days"));
}

// Proves: R02
TEST(V3_TheClockThatCountsRealContact, DecidesWhetherToListen) {
  World world;
  world.Spoke("2026-04-01T12:00:00Z");
  EXPECT_THAT(Kinds(DecideAt(world, "2026-05-12T12:00:00Z")), ElementsAre(v1::WAIT));
  EXPECT_THAT(Kinds(DecideAt(world, "2026-05-14T12:00:00Z")), ElementsAre(v1::LISTEN));
  world.Spoke("2026-05-05T12:00:00Z");
  EXPECT_THAT(Kinds(DecideAt(world, "2026-05-14T12:00:00Z")), ElementsAre(v1::WAIT));
}

TEST(Decide, NeverUsesWordsOfTheHunt) {
  World world;
  world.Promised("a", "2026-03-06T12:00:00Z");
  world.Gave("b", "2026-03-01T12:00:00Z");
  for (int day = 0; day < 200; ++day) {
    const std::string all =
        Decide(world.Facts(), At("2026-03-01T09:00:00Z") + absl::Hours(24 * day), kUtc)
            .DebugString();
    for (const char* word : {"prospect", "funnel", "target", "pipeline", "churn", "convert"}) {
      EXPECT_EQ(all.find(word), std::string::npos) << word;
    }
  }
}

}  // namespace
}  // namespace rapport::recommendation
