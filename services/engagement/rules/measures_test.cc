#include "services/engagement/rules/measures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/engagement/rules/decay.h"
#include "services/engagement/rules/explain.h"
#include "services/engagement/rules/samples.h"

namespace rapport::engagement::rules {
namespace {

using ::rapport::type::v1::MEASURE_STATUS_INSUFFICIENT;
using ::rapport::type::v1::MEASURE_STATUS_OK;
using ::rapport::type::v1::MEASURE_STATUS_UNDEFINED;
using ::rapport::type::v1::PARTY_PERSON;
using ::rapport::type::v1::PARTY_US;

constexpr double kGolden = 1e-4;
const Parameters kDefaults;
const WorkingHours kHours;

v1::Rapport MeasureStory(const Story& story, absl::Time as_of,
                         const DeclaredRhythm& declared = {}) {
  return Measure(Fold(story, as_of, declared), as_of, kDefaults, kHours);
}

TEST(Measure, NeverTakesAbsenceForZero) {
  v1::RelationshipStatistics s;
  s.set_name("tenants/t/relationships/ana/statistics");
  const v1::Rapport r = Measure(s, Day(0), kDefaults, kHours);
  EXPECT_EQ(r.relationship(), "tenants/t/relationships/ana");
  EXPECT_EQ(time::FromProto(r.as_of()), Day(0));
  EXPECT_EQ(r.vitality(), v1::NEW);
  EXPECT_EQ(r.turn(), v1::NONE);
  EXPECT_EQ(r.quadrant(), v1::STRANGER);
  EXPECT_EQ(r.expected_days(), 60);
  EXPECT_EQ(r.tolerated_days(), 90);
  EXPECT_EQ(r.reliability_uncertainty(), 1);
  for (const auto& m : {r.silence_days(),
                        r.volume(),
                        r.listening(),
                        r.give_ask(),
                        r.reliability(),
                        r.their_reliability(),
                        r.intimacy(),
                        r.reciprocity(),
                        r.warmth(),
                        r.bond(),
                        r.tie(),
                        r.care(),
                        r.human_share(),
                        r.health(),
                        r.trust(),
                        r.credibility(),
                        r.self_orientation(),
                        r.reply_hours(),
                        r.their_reply_hours(),
                        r.response()}) {
    EXPECT_EQ(m.status(), MEASURE_STATUS_UNDEFINED);
    EXPECT_EQ(m.n(), 0);
  }
  EXPECT_EQ(r.health_terms_size(), 7);
  EXPECT_EQ(r.question_mix_size(), 0);
  EXPECT_FALSE(r.has_last_two_way_time());
}

// Proves: E22
TEST(Measure, MatchesTheGoldenVolumeAtAnyLaterInstant) {
  const Story story{
      {Call("a", Day(180)), Call("b", Day(135)), Call("c", Day(90)), Call("d", Day(0))}};
  const v1::Rapport r = MeasureStory(story, Day(180));
  EXPECT_EQ(r.volume().status(), MEASURE_STATUS_OK);
  EXPECT_NEAR(r.volume().value(), 2.4571, kGolden);
  EXPECT_EQ(r.volume().half_life_days(), 90);
  const Story four{{Call("a", Day(0)), Call("b", Day(0)), Call("c", Day(0)), Call("d", Day(0))}};
  EXPECT_NEAR(MeasureStory(four, Day(40)).volume().value(), 2.9395, kGolden);
}

// Proves: E07
TEST(Measure, MatchesTheGoldenListeningShare) {
  v1::Engagement mail = MailOut("mail", Day(0));
  mail.set_our_words(300);
  const Story story{{Talk("call", Day(90), 900, 600), mail}};
  const v1::Rapport r = MeasureStory(story, Day(90));
  EXPECT_EQ(r.listening().status(), MEASURE_STATUS_OK);
  EXPECT_NEAR(r.listening().value(), 0.5769, kGolden);
  EXPECT_NEAR(r.listening().n(), 1560, 1e-6);
}

// Proves: E07
TEST(Measure, SaysThatListeningIsInsufficientBelowFiveMinutes) {
  const Story story{{Talk("call", Day(0), 200, 100)}};
  EXPECT_EQ(MeasureStory(story, Day(0)).listening().status(), MEASURE_STATUS_OK);
  const v1::Rapport later = MeasureStory(story, Day(1));
  EXPECT_EQ(later.listening().status(), MEASURE_STATUS_INSUFFICIENT);
  EXPECT_LT(later.listening().n(), 300);
  EXPECT_EQ(later.health_terms(2).status(), MEASURE_STATUS_INSUFFICIENT);
  EXPECT_EQ(later.health_terms(2).weight(), 0);
}

// Proves: E14
TEST(Measure, MatchesTheGoldenGiveAskRatio) {
  const Story five{{With(With(Call("a", Day(0)), v1::Item::GIVE, 5), v1::Item::ASK)}};
  EXPECT_NEAR(MeasureStory(five, Day(0)).give_ask().value(), 3.0, kGolden);
  const Story two{{With(With(Call("a", Day(0)), v1::Item::GIVE, 2), v1::Item::ASK, 3)}};
  EXPECT_NEAR(MeasureStory(two, Day(0)).give_ask().value(), 0.75, kGolden);
  EXPECT_NEAR(MeasureStory(two, Day(90)).give_ask().value(), 2.0 / 2.5, kGolden);
}

v1::Promise KeptAt(const std::string& id, double day) {
  return Concluded(OpenPromise(id, PARTY_US, Day(day - 3), Day(day + 1)), v1::Promise::KEPT,
                   Day(day));
}
// Breaks on `day`.
v1::Promise BrokenAt(const std::string& id, double day) {
  return OpenPromise(id, PARTY_US, Day(day - 5), Day(day - 2));
}

// Proves: E10
TEST(Measure, MatchesTheGoldenReliability) {
  Story story;
  story.promises = {
      KeptAt("a", 180), KeptAt("b", 0), BrokenAt("c", 0),
      Concluded(OpenPromise("d", PARTY_US, Day(170), Day(179)), v1::Promise::KEPT_LATE, Day(180))};
  const v1::Rapport r = MeasureStory(story, Day(180));
  EXPECT_NEAR(r.reliability().value(), 0.6, kGolden);
  EXPECT_NEAR(r.reliability_uncertainty(), 0.4, kGolden);
  EXPECT_EQ(r.reliability().half_life_days(), 180);
  EXPECT_EQ(r.our_open_promises(), 1);
  EXPECT_EQ(r.their_reliability().status(), MEASURE_STATUS_UNDEFINED);

  story.promises = {KeptAt("a", 190), KeptAt("b", 100), KeptAt("c", 0), BrokenAt("d", 180)};
  const v1::Rapport second = MeasureStory(story, Day(200));
  EXPECT_NEAR(second.reliability().value(), 0.6172, kGolden);
  EXPECT_NEAR(second.reliability_uncertainty(), 0.3975, kGolden);
}

// Proves: E10
TEST(Measure, BreaksAPromiseByTheClockAlone) {
  Story story;
  story.promises = {OpenPromise("a", PARTY_US, Day(0), Day(4))};
  const auto s = Fold(story, Day(0));
  EXPECT_EQ(Measure(s, Day(6), kDefaults, kHours).reliability().status(), MEASURE_STATUS_UNDEFINED);
  const v1::Rapport broken = Measure(s, Day(6) + absl::Microseconds(1), kDefaults, kHours);
  EXPECT_EQ(broken.reliability().status(), MEASURE_STATUS_OK);
  EXPECT_NEAR(broken.reliability().value(), 1.0 / 3, 1e-9);
  EXPECT_NEAR(Measure(s, Day(186), kDefaults, kHours).reliability().value(), 1 / 2.5, 1e-9);

  story.promises = {Concluded(story.promises[0], v1::Promise::REPAIRED, Day(8))};
  EXPECT_NEAR(MeasureStory(story, Day(186)).reliability().value(), 1 / 2.25, 1e-9);
  EXPECT_NEAR(MeasureStory(story, Day(7)).reliability().value(), 1 / (2 + Weight(1, 180)), 1e-9)
      << "the repair had not happened yet";
}

// Proves: E10
TEST(Measure, KeepsTheirPromisesApart) {
  Story story;
  story.promises = {OpenPromise("a", PARTY_PERSON, Day(0), Day(4))};
  const v1::Rapport r = MeasureStory(story, Day(20));
  EXPECT_EQ(r.reliability().status(), MEASURE_STATUS_UNDEFINED);
  EXPECT_LT(r.their_reliability().value(), 0.5);
  EXPECT_EQ(r.our_open_promises(), 0);
}

// Proves: E22
TEST(Measure, TellsAnOldFriendFromSomebodyNew) {
  Story old_friend;
  for (int i = 0; i < 50; ++i) {
    v1::Engagement e = Call(std::to_string(i), Day(-2192 + i * 36.055));
    e.set_initiator(i < 18 ? PARTY_PERSON : PARTY_US);
    old_friend.engagements.push_back(e);
  }
  old_friend.engagements.back() = Call("last", Day(-425));
  old_friend.engagements.back().set_initiator(PARTY_US);
  const v1::Rapport old_rapport = MeasureStory(old_friend, Day(0));
  EXPECT_EQ(old_rapport.quadrant(), v1::OLD_FRIEND);
  EXPECT_NEAR(old_rapport.reciprocity().value(), .72, kGolden);
  EXPECT_EQ(old_rapport.two_way_count(), 50);
  EXPECT_EQ(old_rapport.vitality(), v1::DORMANT);
  const double shrink = 50.0 / 55;
  EXPECT_NEAR(old_rapport.bond().value(),
              .40 * (1 - std::exp(-2192 / 365.25 / 2)) + .35 * .5 * shrink + .25 * .72 * shrink,
              kGolden);

  const v1::Rapport fresh = MeasureStory({{Call("a", Day(-5))}}, Day(0));
  EXPECT_EQ(fresh.quadrant(), v1::ACQUAINTANCE);
  EXPECT_NEAR(fresh.warmth().value(), .6525, 1e-3);
  EXPECT_NEAR(fresh.bond().value(), .0331, 1e-2);
  EXPECT_EQ(fresh.intimacy().status(), MEASURE_STATUS_UNDEFINED) << "only the prior is known";
}

TEST(Measure, GivesIntimacyFromWhatWasVolunteered) {
  Story story{{Call("a", Day(0))}};
  story.facts = {Said("p", v1::Fact::PROBLEM, Day(0)), Said("i", v1::Fact::IMPLICATION, Day(0))};
  const v1::Rapport r = MeasureStory(story, Day(180));
  EXPECT_EQ(r.intimacy().status(), MEASURE_STATUS_OK);
  EXPECT_NEAR(r.intimacy().value(), 2.0 / 3, 1e-9);
  EXPECT_NEAR(r.intimacy().n(), 1, 1e-9);
  EXPECT_NEAR(MeasureStory(story, Day(0)).intimacy().value(), 0.75, kGolden);
  story.feedback = {Received("g", Day(0), v1::Feedback::GRIEVANCE)};
  EXPECT_NEAR(MeasureStory(story, Day(0)).intimacy().value(), 0.6, kGolden);
}

// Proves: E22
TEST(Measure, LetsPraiseAndWelcomedContactRaiseIntimacyAndHurtsLowerIt) {
  using E = v1::Engagement;
  Story story{{Taken(Call("a", Day(0)), E::WELCOMED)}};
  story.feedback = {Received("p", Day(0), v1::Feedback::PRAISE)};
  const v1::Rapport warm = MeasureStory(story, Day(0));
  EXPECT_NEAR(warm.intimacy().value(), 3.0 / 4, 1e-9);
  story.feedback.push_back(Received("g", Day(0), v1::Feedback::GRIEVANCE));
  story.engagements.push_back(Taken(MailOut("b", Day(0)), E::UNWELCOME));
  const v1::Rapport hurt = MeasureStory(story, Day(0));
  EXPECT_NEAR(hurt.intimacy().value(), 3.0 / 6, 1e-9);
  EXPECT_NEAR(hurt.intimacy().n(), 4, 1e-9);
  EXPECT_LT(hurt.bond().value(), warm.bond().value());
}

// Proves: E07
TEST(Measure, GivesTheMixOfOurQuestions) {
  v1::Engagement call = Call("a", Day(0));
  call.mutable_questions()->set_situation(2);
  call.mutable_questions()->set_implication(1);
  v1::Engagement older = Call("b", Day(-90));
  older.mutable_questions()->set_problem(2);
  EXPECT_THAT(MeasureStory({{call, older}}, Day(0)).question_mix(),
              ::testing::ElementsAre(0.5, 0.25, 0.25, 0));
}

// Day(0) is a Sunday; working hours are 09 to 17.
// Proves: E15
TEST(Measure, GivesReplyTimesAndTheAnsweredShare) {
  const auto at = [](double day, int hour) { return Day(day) + absl::Hours(hour); };
  Story story{{InThread(MailIn("1", at(1, 9)), "a"), InThread(MailOut("2", at(1, 11)), "a"),
               InThread(MailIn("3", at(2, 9)), "b"), InThread(MailOut("4", at(2, 15)), "b"),
               InThread(MailIn("5", at(3, 16)), "c")}};
  const v1::Rapport soon = MeasureStory(story, at(4, 12));
  EXPECT_NEAR(soon.response().value(), 1, 1e-9) << "the third may still be answered in time";
  EXPECT_EQ(soon.response().n(), 2);
  EXPECT_NEAR(soon.reply_hours().value(), 6, 1e-9);
  EXPECT_EQ(soon.reply_hours().n(), 3);
  EXPECT_EQ(soon.their_reply_hours().status(), MEASURE_STATUS_UNDEFINED);
  const v1::Rapport later = MeasureStory(story, at(8, 12));
  EXPECT_NEAR(later.response().value(), 2.0 / 3, 1e-9);
  EXPECT_EQ(later.response().n(), 3);
  EXPECT_EQ(later.health_terms(4).status(), MEASURE_STATUS_OK);
  EXPECT_NEAR(later.health_terms(4).value(), 2.0 / 3, 1e-9);

  v1::Engagement question = InThread(MailOut("6", at(9, 10)), "d");
  question.set_needs_answer(true);
  v1::Engagement answer = InThread(MailIn("7", at(10, 10)), "d");
  answer.set_needs_answer(false);
  story.engagements.push_back(question);
  story.engagements.push_back(answer);
  const v1::Rapport both = MeasureStory(story, at(11, 9));
  EXPECT_NEAR(both.their_reply_hours().value(), 8, 1e-9);
}

TEST(Measure, GivesCareByTheLastContactWithoutAnAsk) {
  const Story story{{MailOut("a", Day(0)), With(Call("b", Day(80)), v1::Item::ASK)}};
  EXPECT_NEAR(MeasureStory(story, Day(90)).care().value(), 0.5, kGolden);
  const Story only_asks{{With(Call("b", Day(80)), v1::Item::ASK)}};
  EXPECT_EQ(MeasureStory(only_asks, Day(90)).care().status(), MEASURE_STATUS_UNDEFINED);
}

// Proves: E16
TEST(Measure, MatchesTheGoldenHumanShare) {
  Story story;
  for (int i = 0; i < 20; ++i) {
    const auto conduct = i < 6   ? v1::Engagement::HUMAN
                         : i < 8 ? v1::Engagement::ASSISTED
                                 : v1::Engagement::AUTOMATED;
    story.engagements.push_back(Contact(std::to_string(i), Day(0), v1::Engagement::OUT, conduct));
  }
  const v1::Rapport r = MeasureStory(story, Day(0));
  EXPECT_NEAR(r.human_share().value(), 0.35, kGolden);
  EXPECT_EQ(r.human_share().n(), 20);
}

TEST(Measure, DoesNotTakeUnansweredLettersForWarmth) {
  const v1::Rapport r = MeasureStory({{MailOut("a", Day(0))}}, Day(1));
  EXPECT_EQ(r.vitality(), v1::NEW);
  EXPECT_EQ(r.turn(), v1::THEIRS);
  EXPECT_EQ(r.warmth().status(), MEASURE_STATUS_UNDEFINED);
  EXPECT_EQ(r.tie().status(), MEASURE_STATUS_UNDEFINED);
  EXPECT_EQ(r.volume().status(), MEASURE_STATUS_OK);
}

// Proves: E06
TEST(Turn, IsOursWhileAMessageWaitsForAnAnswer) {
  Story story{{InThread(MailIn("1", Day(0)), "a"), InThread(MailIn("2", Day(0)), "b")}};
  EXPECT_EQ(MeasureStory(story, Day(1)).turn(), v1::OURS);
  EXPECT_EQ(MeasureStory(story, Day(1)).awaiting_us(), 2);
  EXPECT_EQ(MeasureStory(story, Day(30)).turn(), v1::OURS);
  EXPECT_EQ(MeasureStory(story, Day(30.1)).turn(), v1::NONE) << "nobody waits longer than that";
  story.engagements.push_back(InThread(MailOut("3", Day(2)), "a"));
  EXPECT_EQ(MeasureStory(story, Day(3)).turn(), v1::OURS) << "the other one still waits";
  EXPECT_EQ(MeasureStory(story, Day(3)).awaiting_us(), 1);
  story.engagements.push_back(InThread(MailOut("4", Day(4)), "b"));
  EXPECT_EQ(MeasureStory(story, Day(4)).turn(), v1::THEIRS);
  story.engagements.push_back(Call("5", Day(5)));
  EXPECT_EQ(MeasureStory(story, Day(5)).turn(), v1::NONE) << "we have spoken since";
}

TEST(Turn, IsNotChangedByWhatMachinesSend) {
  const Story story{
      {Call("1", Day(0)), Contact("2", Day(1), v1::Engagement::OUT, v1::Engagement::AUTOMATED)}};
  EXPECT_EQ(MeasureStory(story, Day(2)).turn(), v1::NONE);
}

// Proves: E23
TEST(HealthTerms, AddUpToHealthAndSayWhatIsMissing) {
  Story story{{Talk("a", Day(0), 900, 600)}};
  story.promises = {KeptAt("p", 0)};
  const v1::Rapport r = MeasureStory(story, Day(10));
  double weights = 0;
  double sum = 0;
  for (const v1::HealthTerm& term : r.health_terms()) {
    weights += term.weight();
    sum += term.contribution();
    EXPECT_DOUBLE_EQ(term.contribution(), term.weight() * term.value());
    EXPECT_EQ(term.status() == MEASURE_STATUS_OK, term.weight() > 0) << term.term();
  }
  EXPECT_NEAR(weights, 1, 1e-12);
  EXPECT_NEAR(sum, r.health().value(), 1e-12);
  EXPECT_EQ(r.health_terms(0).term(), "warmth");
  EXPECT_EQ(r.health_terms(4).term(), "response");
  EXPECT_EQ(r.health_terms(4).status(), MEASURE_STATUS_UNDEFINED);
  EXPECT_EQ(r.health_terms(5).status(), MEASURE_STATUS_UNDEFINED) << "nobody is known to begin";
  EXPECT_EQ(r.health().n(), 5);
}

TEST(ReadableAt, HoldsFromTheLastEventOn) {
  const auto s = Fold({{Call("a", Day(3))}}, Day(5));
  EXPECT_FALSE(ReadableAt(s, Day(2.9)));
  EXPECT_TRUE(ReadableAt(s, Day(3)));
  EXPECT_TRUE(ReadableAt({}, Day(-1000)));
}

// Proves: C13, E22, E04
TEST(V3_TheClockThatCountsRealContact, ByTheRules) {
  const DeclaredRhythm rhythm{28, 42};
  v1::Engagement reply = MailIn("reply", Date(4, 25));
  reply.set_not_counted(v1::Engagement::AUTO_REPLY);
  v1::Engagement meeting = Call("meeting", Date(5, 20));
  meeting.set_state(v1::Engagement::PLANNED);
  Story story{{Call("call", Date(4, 1)),
               Contact("news", Date(4, 20), v1::Engagement::OUT, v1::Engagement::AUTOMATED), reply,
               meeting}};
  const v1::Rapport early = MeasureStory(story, Date(5, 12), rhythm);
  EXPECT_NEAR(early.silence_days().value(), 41, 1e-9);
  EXPECT_EQ(early.vitality(), v1::ALIVE);
  const v1::Rapport before = MeasureStory(story, Date(5, 14), rhythm);
  EXPECT_NEAR(before.silence_days().value(), 43, 1e-9);
  EXPECT_EQ(before.vitality(), v1::DRIFTING);

  v1::Engagement coffee = Call("coffee", Date(5, 5));
  coffee.set_kind(v1::Engagement::MEETING);
  story.engagements.push_back(coffee);
  const v1::Rapport after = MeasureStory(story, Date(5, 14), rhythm);
  EXPECT_NEAR(after.silence_days().value(), 9, 1e-9);
  EXPECT_EQ(after.vitality(), v1::ALIVE);
  const auto why = ExplainChange(story.journal(), Date(5, 1), Date(5, 14), kDefaults, kHours);
  ASSERT_EQ(why.lines_size(), 2);
  EXPECT_EQ(why.lines(0).source(), coffee.name());
  EXPECT_EQ(why.lines(0).what(), "meeting");
  EXPECT_GT(why.lines(0).difference(), 0);
}

}  // namespace
}  // namespace rapport::engagement::rules
