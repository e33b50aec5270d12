#include "services/engagement/rules/listening.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "services/engagement/rules/samples.h"

namespace rapport::engagement::rules {
namespace {

using ::rapport::type::v1::MEASURE_STATUS_INSUFFICIENT;
using ::rapport::type::v1::MEASURE_STATUS_OK;
using ::rapport::type::v1::MEASURE_STATUS_UNDEFINED;
const Parameters kDefaults;

v1::ListeningReport Over(const std::vector<v1::Engagement>& engagements, absl::Time from,
                         absl::Time to) {
  ListeningSums sums(from, to, kDefaults);
  for (const auto& e : engagements) sums.Add(e);
  return sums.Report();
}

// Proves: E07
TEST(Listening, MatchesTheGoldenValue) {
  v1::Engagement mail = MailOut("mail", Day(0));
  mail.set_our_words(300);
  const auto report = Over({mail, Talk("call", Day(90), 900, 600)}, absl::InfinitePast(), Day(90));
  EXPECT_EQ(report.listening().status(), MEASURE_STATUS_OK);
  EXPECT_NEAR(report.listening().value(), 0.5769, 1e-4);
  EXPECT_NEAR(report.listening().n(), 1560, 1e-6);
  EXPECT_EQ(report.their_seconds(), 900);
  EXPECT_EQ(report.our_seconds(), 720) << "not decayed";
  EXPECT_EQ(report.engagements(), 2);
  EXPECT_FALSE(report.has_questions());
  EXPECT_EQ(report.question_mix_size(), 0);
}

// Proves: E07
TEST(Listening, LooksAtItsWindowOnly) {
  const std::vector<v1::Engagement> calls = {Talk("a", Day(0), 400, 0), Talk("b", Day(5), 100, 300),
                                             Talk("c", Day(9), 0, 900)};
  const auto one = Over(calls, Day(5), Day(5));
  EXPECT_NEAR(one.listening().value(), 0.25, 1e-12);
  EXPECT_EQ(one.engagements(), 1);
  EXPECT_EQ(Over(calls, Day(0), Day(5)).engagements(), 2) << "both ends belong to it";
  EXPECT_EQ(Over(calls, Day(1), Day(4)).listening().status(), MEASURE_STATUS_UNDEFINED);
  EXPECT_EQ(Over({Talk("d", Day(0), 100, 199)}, Day(0), Day(0)).listening().status(),
            MEASURE_STATUS_INSUFFICIENT);
}

// Proves: E07
TEST(Listening, CountsOurQuestionsByKind) {
  v1::Engagement call = Talk("a", Day(0), 300, 300);
  call.mutable_questions()->set_situation(1);
  call.mutable_questions()->set_implication(2);
  v1::Engagement visit = Call("b", Day(50));
  visit.mutable_questions()->set_need_payoff(1);
  const auto report = Over({call, visit}, Day(0), Day(60));
  EXPECT_EQ(report.questions().situation(), 1);
  EXPECT_EQ(report.questions().problem(), 0);
  EXPECT_EQ(report.questions().implication(), 2);
  EXPECT_EQ(report.questions().need_payoff(), 1);
  EXPECT_THAT(report.question_mix(), ::testing::ElementsAre(.25, 0, .5, .25));
  EXPECT_EQ(report.engagements(), 1) << "nobody is known to have talked in the visit";
}

TEST(Listening, LeavesOutWhatTheMeasuresLeaveOut) {
  v1::Engagement plan = Talk("plan", Day(1), 400, 400);
  plan.set_state(v1::Engagement::PLANNED);
  v1::Engagement list = Talk("list", Day(1), 400, 400);
  list.set_not_counted(v1::Engagement::LIST);
  v1::Engagement robot = Talk("robot", Day(1), 400, 400);
  robot.set_conduct(v1::Engagement::AUTOMATED);
  EXPECT_EQ(Over({plan, list, robot}, Day(0), Day(9)).listening().status(),
            MEASURE_STATUS_UNDEFINED);
}

TEST(Listening, DoesNotRunOverWithManyQuestions) {
  v1::Engagement call = Call("a", Day(0));
  call.mutable_questions()->set_problem(2000000000);
  const auto report = Over({call, call, call}, Day(0), Day(0));
  EXPECT_EQ(report.questions().problem(), 2147483647);
  EXPECT_THAT(report.question_mix(), ::testing::ElementsAre(0, 1, 0, 0));
}

}  // namespace
}  // namespace rapport::engagement::rules
