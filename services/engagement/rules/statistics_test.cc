#include "services/engagement/rules/statistics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "services/engagement/rules/decay.h"
#include "services/engagement/rules/measures.h"
#include "services/engagement/rules/samples.h"

namespace rapport::engagement::rules {
namespace {

using ::rapport::type::v1::PARTY_PERSON;
using ::rapport::type::v1::PARTY_US;
using ::testing::ElementsAre;
const Parameters kDefaults;
const WorkingHours kHours;

v1::RelationshipStatistics FoldAll(const std::vector<v1::Engagement>& engagements) {
  v1::RelationshipStatistics s;
  for (const v1::Engagement& e : engagements) ApplyEngagement(e, kDefaults, &s);
  return s;
}

// Proves: E02
TEST(ApplyEngagement, CountsALateArrivalAsIfItHadComeInTime) {
  const auto in_time = FoldAll({Call("a", Day(0)), Call("b", Day(90)), Call("c", Day(180))});
  const auto late = FoldAll({Call("c", Day(180)), Call("a", Day(0)), Call("b", Day(90))});
  EXPECT_NEAR(in_time.volume(), 1.75, 1e-12);
  EXPECT_NEAR(late.volume(), 1.75, 1e-12);
  EXPECT_EQ(time::FromProto(late.sums_time()), Day(180));
  EXPECT_EQ(time::FromProto(late.first_two_way_time()), Day(0));
  EXPECT_EQ(time::FromProto(late.last_two_way_time()), Day(180));
}

TEST(ApplyEngagement, CountsTwoWayOnceAndOneWayHalf) {
  auto assisted = Contact("d", Day(0), v1::Engagement::IN, v1::Engagement::ASSISTED);
  const auto s = FoldAll({Call("a", Day(0)), MailIn("b", Day(0)), MailOut("c", Day(0)), assisted});
  EXPECT_DOUBLE_EQ(s.volume(), 3.5);
  EXPECT_EQ(s.two_way_count(), 3);
  EXPECT_EQ(s.counted(), 4);
}

// Proves: C13, E02
TEST(ApplyEngagement, LeavesPlansAndRetractedOnesOut) {
  v1::Engagement plan = Call("plan", Day(9));
  plan.set_state(v1::Engagement::PLANNED);
  v1::Engagement retracted = Call("gone", Day(8));
  retracted.set_state(v1::Engagement::RETRACTED);
  const auto s = FoldAll({plan, retracted});
  EXPECT_EQ(s.ByteSizeLong(), 0u);
}

// Proves: E04
TEST(ApplyEngagement, TakesMachineNoiseForNoContact) {
  v1::Engagement reply = InThread(MailIn("auto", Day(5)), "thread");
  reply.set_not_counted(v1::Engagement::AUTO_REPLY);
  reply.set_initiator(PARTY_PERSON);
  const auto s = FoldAll({reply});
  v1::RelationshipStatistics expected;
  expected.set_not_counted(1);
  *expected.mutable_sums_time() = time::ToProto(Day(5));
  EXPECT_EQ(s.SerializeAsString(), expected.SerializeAsString());
}

// Proves: E04, E16
TEST(ApplyEngagement, TakesAutomatedContactForNoHumanContact) {
  auto letter =
      With(InThread(Contact("news", Day(1), v1::Engagement::OUT, v1::Engagement::AUTOMATED), "t"),
           v1::Item::ASK);
  letter.set_initiator(PARTY_US);
  auto notice =
      InThread(Contact("notice", Day(1), v1::Engagement::IN, v1::Engagement::AUTOMATED), "t");
  auto robot = Contact("robot", Day(1), v1::Engagement::MUTUAL, v1::Engagement::AUTOMATED);
  const auto s = FoldAll({letter, notice, robot});
  v1::RelationshipStatistics expected;
  expected.set_counted(3);
  expected.set_out_all(1);
  expected.add_recent_asks_us(absl::ToUnixMicros(Day(1)));  // it presses all the same
  *expected.mutable_sums_time() = time::ToProto(Day(1));
  EXPECT_EQ(s.SerializeAsString(), expected.SerializeAsString());
}

TEST(ApplyEngagement, KeepsTheNewestNineTwoWayTimes) {
  std::vector<v1::Engagement> calls;
  for (const int day : {5, 1, 12, 3, 3, 9, 7, 11, 2, 10, 4}) {
    calls.push_back(Call(std::to_string(calls.size()), Day(day)));
  }
  const auto s = FoldAll(calls);
  std::vector<std::int64_t> expected;
  for (const int day : {12, 11, 10, 9, 7, 5, 4, 3, 3})
    expected.push_back(absl::ToUnixMicros(Day(day)));
  EXPECT_THAT(s.recent_two_way_us(), ::testing::ElementsAreArray(expected));
  EXPECT_EQ(s.two_way_count(), 11);
}

TEST(ApplyEngagement, TellsWhoStartsConversationsAndWhenEachSideSpokeLast) {
  v1::Engagement theirs = MailIn("a", Day(1));
  theirs.set_initiator(PARTY_PERSON);
  v1::Engagement ours = MailOut("b", Day(2));
  ours.set_initiator(PARTY_US);
  const auto s = FoldAll({ours, theirs, MailIn("c", Day(0)), Call("d", Day(3))});
  EXPECT_EQ(s.started_by_person(), 1);
  EXPECT_EQ(s.started_by_us(), 1);
  EXPECT_EQ(time::FromProto(s.last_inbound_time()), Day(1));
  EXPECT_EQ(time::FromProto(s.last_outbound_time()), Day(2));
}

TEST(ApplyEngagement, TakesAContactWithoutAnAskForCare) {
  const auto s = FoldAll({With(MailOut("a", Day(1)), v1::Item::GIVE),
                          With(With(Call("b", Day(2)), v1::Item::GIVE), v1::Item::ASK, 2)});
  EXPECT_EQ(time::FromProto(s.last_care_time()), Day(1));
  EXPECT_NEAR(s.gives(), 1 + Weight(1, 90), 1e-12);
  EXPECT_DOUBLE_EQ(s.asks(), 2);
}

std::vector<std::string> Awaiting(const v1::RelationshipStatistics& s) {
  std::vector<std::string> out;
  for (const v1::ThreadTail& tail : s.threads()) {
    out.push_back(tail.thread() + (tail.awaits_us() ? " waits" : " rests"));
  }
  return out;
}

// Proves: E06
TEST(Threads, HoldTheLatestHumanMessageOfEachConversation) {
  v1::Engagement copy = InThread(MailIn("cc", Day(9)), "a");
  copy.set_needs_answer(false);
  auto s = FoldAll({InThread(MailIn("1", Day(1)), "a"), InThread(MailIn("2", Day(2)), "b"),
                    InThread(MailOut("3", Day(3)), "b"), copy});
  EXPECT_THAT(Awaiting(s), ElementsAre("b rests", "a waits"));
  ApplyEngagement(InThread(Call("4", Day(4)), "a"), kDefaults, &s);
  EXPECT_THAT(Awaiting(s), ElementsAre("a rests", "b rests"));
  ApplyEngagement(InThread(MailIn("5", Day(3.5)), "a"), kDefaults, &s);
  EXPECT_THAT(Awaiting(s), ElementsAre("a rests", "b rests")) << "it came before the call";
}

TEST(Threads, GoByTheNameOfAMessageWithoutAConversation) {
  v1::Engagement alone = InThread(MailIn("1", Day(1)), "");
  alone.set_subject("Hello");
  alone.set_channel(v1::Engagement::EMAIL);
  const auto s = FoldAll({alone, MailOut("2", Day(2)), Call("3", Day(3))});
  ASSERT_EQ(s.threads_size(), 1);
  EXPECT_EQ(s.threads(0).thread(), alone.name());
  EXPECT_EQ(s.threads(0).engagement(), alone.name());
  EXPECT_EQ(s.threads(0).subject(), "Hello");
  EXPECT_EQ(s.threads(0).channel(), v1::Engagement::EMAIL);
}

TEST(Threads, AreDroppedAfterThirtyDaysAndBeyondThirtyTwo) {
  auto s = FoldAll({InThread(MailIn("1", Day(0)), "old")});
  ApplyEngagement(MailOut("2", Day(30)), kDefaults, &s);
  EXPECT_EQ(s.threads_size(), 1);
  ApplyEngagement(MailOut("3", Day(30.01)), kDefaults, &s);
  EXPECT_EQ(s.threads_size(), 0);
  for (int i = 0; i < 40; ++i) {
    ApplyEngagement(InThread(MailIn(std::to_string(i), Day(31 + i * 0.1)), std::to_string(i)),
                    kDefaults, &s);
  }
  ASSERT_EQ(s.threads_size(), 32);
  EXPECT_EQ(s.threads(0).thread(), "39");
  EXPECT_EQ(s.threads(31).thread(), "8");
}

// Proves: E14
TEST(ApplyEngagement, KeepsTheNewestAsksAndWhichOfThemPropose) {
  std::vector<v1::Engagement> contacts;
  for (int i = 0; i < 40; ++i) {
    auto letter = With(MailOut(std::to_string(i), Day((i * 17) % 40)), v1::Item::ASK, 1,
                       i % 2 == 0 ? " Proposal" : "review");
    if (i % 3 == 0) letter.set_not_counted(v1::Engagement::BULK);
    contacts.push_back(letter);
  }
  contacts.push_back(With(MailOut("give", Day(39)), v1::Item::GIVE, 1, "proposal"));
  const auto s = FoldAll(contacts);
  ASSERT_EQ(s.recent_asks_us_size(), 32);
  EXPECT_EQ(s.recent_asks_us(0), absl::ToUnixMicros(Day(39)));
  EXPECT_EQ(s.recent_asks_us(31), absl::ToUnixMicros(Day(8)));
  EXPECT_EQ(s.recent_proposals_us_size(), 16);
  for (const auto us : s.recent_proposals_us()) {
    EXPECT_THAT(s.recent_asks_us(), ::testing::Contains(us));
  }
}

TEST(ApplyEngagement, LetsProposalsStayLongestOfWhatWasAskedAtOneInstant) {
  std::vector<v1::Engagement> contacts;
  for (int i = 0; i < 40; ++i) {
    contacts.push_back(With(MailOut(std::to_string(i), Day(1)), v1::Item::ASK, 1,
                            i % 4 == 0 ? "proposal" : "favour"));
  }
  auto s = FoldAll(contacts);
  EXPECT_EQ(s.recent_asks_us_size(), 32);
  EXPECT_EQ(s.recent_proposals_us_size(), 10);
  for (int i = 0; i < 30; ++i) {
    ApplyEngagement(With(MailOut("x", Day(2)), v1::Item::ASK), kDefaults, &s);
  }
  EXPECT_EQ(s.recent_proposals_us_size(), 2) << "only two of that instant have room";
}

TEST(ApplyEngagement, CountsHowContactWasTaken) {
  using E = v1::Engagement;
  auto robot = Contact("robot", Day(0), E::OUT, E::AUTOMATED);
  auto bulk = Taken(MailOut("bulk", Day(3)), E::UNWELCOME);
  bulk.set_not_counted(E::BULK);
  const auto s = FoldAll({Taken(Call("a", Day(0)), E::WELCOMED), Taken(robot, E::UNWELCOME),
                          Taken(MailOut("b", Day(0)), E::NEUTRAL),
                          Taken(MailIn("c", Day(0)), E::UNWELCOME), bulk});
  EXPECT_NEAR(s.comfort(), Weight(3, 180), 1e-12);
  EXPECT_NEAR(s.breaches(), Weight(3, 180), 1e-12) << "machine noise has no part in intimacy";
  EXPECT_EQ(time::FromProto(s.last_unwelcome_time()), Day(3)) << "but it presses";
}

// Proves: E14
TEST(ApplyEngagement, RemembersWhatWeHaveNotThankedFor) {
  using E = v1::Engagement;
  auto gift = MailIn("gift", Day(1));
  gift.set_kind(E::GIFT);
  auto s = FoldAll({gift});
  EXPECT_EQ(time::FromProto(s.unthanked_time()), Day(1));
  ApplyEngagement(With(MailOut("t", Day(2)), v1::Item::GIVE, 1, "Thanks"), kDefaults, &s);
  EXPECT_FALSE(s.has_unthanked_time());
  ApplyEngagement(With(Call("help", Day(1.5)), v1::Item::RECEIVED, 1, "help"), kDefaults, &s);
  EXPECT_FALSE(s.has_unthanked_time()) << "it came before the thanks";
  ApplyEngagement(With(Call("more", Day(3)), v1::Item::RECEIVED), kDefaults, &s);
  EXPECT_EQ(time::FromProto(s.unthanked_time()), Day(3));
  auto ours = MailOut("ours", Day(4));
  ours.set_kind(E::GIFT);
  ApplyEngagement(ours, kDefaults, &s);
  EXPECT_EQ(time::FromProto(s.unthanked_time()), Day(3)) << "our gift is not theirs";
}

// Proves: E07
TEST(ApplyEngagement, CountsOurQuestionsAndWhereWeListened) {
  auto call = Talk("a", Day(0), 600, 300);
  call.mutable_questions()->set_problem(3);
  call.mutable_questions()->set_need_payoff(1);
  const auto s = FoldAll({call, Talk("b", Day(0), 100, 100), Talk("c", Day(90), 200, 100)});
  EXPECT_THAT(s.questions(), ElementsAre(0, 1.5, 0, 0.5));
  EXPECT_DOUBLE_EQ(s.listened(), 1.5);
  EXPECT_EQ(FoldAll({Call("d", Day(0))}).questions_size(), 0);
}

// Proves: E10
TEST(ApplyPromise, MovesAPromiseFromOpenToItsOutcome) {
  v1::RelationshipStatistics s;
  const v1::Promise late = OpenPromise("late", PARTY_US, Day(0), Day(4));
  const v1::Promise early = OpenPromise("early", PARTY_PERSON, Day(1), Day(2));
  ASSERT_TRUE(ApplyPromise(nullptr, late, kDefaults, &s));
  ASSERT_TRUE(ApplyPromise(nullptr, early, kDefaults, &s));
  ASSERT_EQ(s.open_promises_size(), 2);
  EXPECT_EQ(s.open_promises(0).promise(), early.name()) << "by due time";
  EXPECT_EQ(s.open_promises(0).promised_by(), PARTY_PERSON);

  const v1::Promise kept_late = Concluded(late, v1::Promise::KEPT_LATE, Day(5));
  ASSERT_TRUE(ApplyPromise(&late, kept_late, kDefaults, &s));
  const v1::Promise kept = Concluded(early, v1::Promise::KEPT, Day(2));
  ASSERT_TRUE(ApplyPromise(&early, kept, kDefaults, &s));
  EXPECT_EQ(s.open_promises_size(), 0);
  EXPECT_DOUBLE_EQ(s.our_promises().late(), 1);
  EXPECT_NEAR(s.their_promises().kept(), Weight(3, 180), 1e-12);
  EXPECT_EQ(time::FromProto(s.sums_time()), Day(5));

  const std::string before = s.SerializeAsString();
  EXPECT_FALSE(ApplyPromise(&kept, kept, kDefaults, &s)) << "an outcome cannot be folded twice";
  EXPECT_EQ(s.SerializeAsString(), before);
}

// Proves: E10
TEST(ApplyPromise, PostsARepairedOneWhereItBrokeAndAReleasedOneNowhere) {
  v1::RelationshipStatistics s;
  const v1::Promise a = OpenPromise("a", PARTY_US, Day(0), Day(4));
  const v1::Promise b = OpenPromise("b", PARTY_US, Day(0), Day(4));
  ASSERT_TRUE(ApplyPromise(nullptr, a, kDefaults, &s));
  ASSERT_TRUE(ApplyPromise(nullptr, b, kDefaults, &s));
  ASSERT_TRUE(ApplyPromise(&a, Concluded(a, v1::Promise::REPAIRED, Day(26)), kDefaults, &s));
  ASSERT_TRUE(ApplyPromise(&b, Concluded(b, v1::Promise::RELEASED, Day(3)), kDefaults, &s));
  EXPECT_EQ(s.open_promises_size(), 0);
  EXPECT_NEAR(s.our_promises().repaired(), Weight(20, 180), 1e-12);
  EXPECT_EQ(s.our_promises().kept(), 0);
  EXPECT_EQ(s.our_promises().late(), 0);
}

TEST(ApplyPromise, MovesTheDueTimeOfARenegotiatedOne) {
  v1::RelationshipStatistics s;
  const v1::Promise a = OpenPromise("a", PARTY_US, Day(0), Day(4));
  ASSERT_TRUE(ApplyPromise(nullptr, a, kDefaults, &s));
  v1::Promise later = a;
  *later.mutable_due_time() = time::ToProto(Day(9));
  ASSERT_TRUE(ApplyPromise(&a, later, kDefaults, &s));
  ASSERT_EQ(s.open_promises_size(), 1);
  EXPECT_EQ(time::FromProto(s.open_promises(0).due_time()), Day(9));
}

TEST(ApplyFact, CountsProblemsAndImplicationsThatThePersonSaid) {
  v1::RelationshipStatistics s;
  const auto learn = [&](const v1::Fact& fact) {
    ASSERT_TRUE(ApplyFact(nullptr, fact, kDefaults, &s));
  };
  learn(Said("s", v1::Fact::SITUATION, Day(0)));
  learn(Said("n", v1::Fact::NEED_PAYOFF, Day(0)));
  learn(Said("u", v1::Fact::PROBLEM, Day(0), PARTY_US));
  EXPECT_EQ(s.ByteSizeLong(), 0u);
  learn(Said("p", v1::Fact::PROBLEM, Day(0)));
  learn(Said("i", v1::Fact::IMPLICATION, Day(180)));
  EXPECT_NEAR(s.volunteered_facts(), 1.5, 1e-12);
}

TEST(ApplyFact, CountsWhatThePersonSaysOfOurInferences) {
  const v1::Fact ours = Said("a", v1::Fact::PROBLEM, Day(0), PARTY_US);
  const v1::Fact confirmed = Moved(ours, v1::FactMove::CONFIRMED, PARTY_PERSON, Day(10));
  const v1::Fact again = Moved(confirmed, v1::FactMove::CONFIRMED, PARTY_PERSON, Day(20));
  const v1::Fact disputed = Moved(again, v1::FactMove::DISPUTED, PARTY_PERSON, Day(190));
  v1::RelationshipStatistics s;
  ASSERT_TRUE(ApplyFact(nullptr, ours, kDefaults, &s));
  EXPECT_EQ(s.ByteSizeLong(), 0u);
  ASSERT_TRUE(ApplyFact(&ours, confirmed, kDefaults, &s));
  ASSERT_TRUE(ApplyFact(&confirmed, again, kDefaults, &s)) << "nothing new";
  EXPECT_DOUBLE_EQ(s.claims_borne_out(), 1);
  ASSERT_TRUE(ApplyFact(&again, disputed, kDefaults, &s));
  EXPECT_DOUBLE_EQ(s.claims_borne_out(), 0.5);
  EXPECT_DOUBLE_EQ(s.claims_corrected(), 1);
  EXPECT_EQ(s.volunteered_facts(), 0) << "a confirmed inference was not volunteered";

  v1::Fact earlier = Moved(ours, v1::FactMove::DISPUTED, PARTY_PERSON, Day(5));
  *earlier.add_moves() = confirmed.moves(0);
  const std::string before = s.SerializeAsString();
  EXPECT_FALSE(ApplyFact(&confirmed, earlier, kDefaults, &s)) << "it lies before what was folded";
  EXPECT_EQ(s.SerializeAsString(), before);
}

TEST(ApplySale, CountsDeliveriesAndReversals) {
  v1::RelationshipStatistics s;
  const v1::Sale proposed = SaleThat("a", v1::Sale::PROPOSED, Day(0));
  const v1::Sale agreed = Then(proposed, v1::Sale::AGREED, Day(1));
  const v1::Sale delivered = Then(agreed, v1::Sale::DELIVERED, Day(2));
  ApplySale(nullptr, proposed, kDefaults, &s);
  ApplySale(&proposed, agreed, kDefaults, &s);
  EXPECT_EQ(s.ByteSizeLong(), 0u) << "what was not delivered bears nothing out";
  ApplySale(&agreed, delivered, kDefaults, &s);
  EXPECT_DOUBLE_EQ(s.claims_borne_out(), 1);
  ApplySale(&delivered, Then(delivered, v1::Sale::REVERSED, Day(182)), kDefaults, &s);
  EXPECT_DOUBLE_EQ(s.claims_borne_out(), 0.5);
  EXPECT_DOUBLE_EQ(s.claims_corrected(), 1);
}

// Proves: E11
TEST(ApplySale, TouchesNothingThatVitalityRestsOn) {
  auto s = FoldAll({Call("a", Day(0))});
  const auto before = Measure(s, Day(9), kDefaults, kHours);
  ApplySale(nullptr, SaleThat("a", v1::Sale::DELIVERED, Day(9)), kDefaults, &s);
  const auto after = Measure(s, Day(9), kDefaults, kHours);
  EXPECT_EQ(after.vitality(), before.vitality());
  EXPECT_EQ(after.silence_days().value(), before.silence_days().value());
  EXPECT_EQ(after.two_way_count(), before.two_way_count());
  EXPECT_EQ(after.health().value(), before.health().value());
}

TEST(ApplyFeedback, CountsPraiseGrievancesAndAnswersInTime) {
  v1::RelationshipStatistics s;
  const v1::Feedback praise = Received("p", Day(0), v1::Feedback::PRAISE);
  const v1::Feedback grievance = Received("g", Day(0), v1::Feedback::GRIEVANCE);
  ASSERT_TRUE(ApplyFeedback(nullptr, praise, kDefaults, &s));
  ASSERT_TRUE(ApplyFeedback(nullptr, grievance, kDefaults, &s));
  EXPECT_DOUBLE_EQ(s.comfort(), 1);
  EXPECT_DOUBLE_EQ(s.breaches(), 1);
  EXPECT_EQ(time::FromProto(s.unthanked_time()), Day(0));
  ASSERT_TRUE(ApplyFeedback(&praise, Answered(praise, Day(30)), kDefaults, &s));
  EXPECT_DOUBLE_EQ(s.claims_borne_out(), 1);
  EXPECT_FALSE(s.has_unthanked_time()) << "an answer to praise is thanks";
  ASSERT_TRUE(ApplyFeedback(&grievance, Answered(grievance, Day(60)), kDefaults, &s));
  EXPECT_NEAR(s.claims_corrected(), Weight(30, 180), 1e-12) << "from the end of its time on";
}

TEST(ApplyFeedback, KeepsTheOldestUnansweredOnes) {
  v1::RelationshipStatistics s;
  std::vector<v1::Feedback> all;
  for (int i = 0; i < 51; ++i) {
    all.push_back(Received(absl::StrCat("f", i), Day(100 - i), v1::Feedback::GRIEVANCE));
    ASSERT_TRUE(ApplyFeedback(nullptr, all.back(), kDefaults, &s));
  }
  ASSERT_EQ(s.open_feedback_size(), 50);
  EXPECT_EQ(s.open_feedback(0).feedback(), all[50].name());
  EXPECT_EQ(s.open_feedback(49).feedback(), all[1].name());
  EXPECT_TRUE(s.open_feedback(0).grievance());

  EXPECT_TRUE(ApplyFeedback(&all[0], Answered(all[0], Day(101)), kDefaults, &s)) << "not listed";
  EXPECT_EQ(s.open_feedback_size(), 50);
  EXPECT_FALSE(ApplyFeedback(&all[1], Answered(all[1], Day(101)), kDefaults, &s)) << "was full";
  EXPECT_TRUE(ApplyFeedback(&all[2], Answered(all[2], Day(102)), kDefaults, &s));
  EXPECT_EQ(s.open_feedback_size(), 48);
  EXPECT_EQ(time::FromProto(s.sums_time()), Day(102));
}

// Proves: C13
TEST(DeriveRhythm, TakesTheWishThenTheHabitThenTheDefault) {
  auto s = FoldAll({Call("a", Day(0)), Call("b", Day(20))});
  DeriveRhythm({}, kDefaults, &s);
  EXPECT_DOUBLE_EQ(s.expected_days(), 20);
  EXPECT_DOUBLE_EQ(s.tolerated_days(), 30);
  DeriveRhythm({28, 42}, kDefaults, &s);
  EXPECT_DOUBLE_EQ(s.expected_days(), 28);
  EXPECT_DOUBLE_EQ(s.tolerated_days(), 42);
  DeriveRhythm({28, 0}, kDefaults, &s);
  EXPECT_DOUBLE_EQ(s.tolerated_days(), 42);
  DeriveRhythm({0, 90}, kDefaults, &s);
  EXPECT_DOUBLE_EQ(s.expected_days(), 20);
  EXPECT_DOUBLE_EQ(s.tolerated_days(), 90);
  EXPECT_DOUBLE_EQ(s.bond(), Measure(s, Day(20), kDefaults, kHours).bond().value());
  EXPECT_GT(s.bond(), 0);
  v1::RelationshipStatistics empty;
  DeriveRhythm({}, kDefaults, &empty);
  EXPECT_DOUBLE_EQ(empty.expected_days(), 60);
  EXPECT_DOUBLE_EQ(empty.tolerated_days(), 90);
  EXPECT_EQ(empty.bond(), 0);
}

}  // namespace
}  // namespace rapport::engagement::rules
