#include "services/engagement/rules/explain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "services/engagement/rules/measures.h"
#include "services/engagement/rules/samples.h"

namespace rapport::engagement::rules {
namespace {

using ::rapport::type::v1::MEASURE_STATUS_OK;
using ::rapport::type::v1::MEASURE_STATUS_UNDEFINED;
using ::rapport::type::v1::PARTY_US;

const Parameters kDefaults;
const WorkingHours kHours;

double Sum(const v1::ExplainChangeResponse& why) {
  double sum = 0;
  for (const v1::ChangeLine& line : why.lines()) sum += line.difference();
  return sum;
}

Story ATwoMonthsStory() {
  Story story{{Call("a", Day(0)), MailOut("b", Day(10)), Call("c", Day(40))}};
  const v1::Promise p = OpenPromise("p", PARTY_US, Day(5), Day(20));
  const v1::Promise q = OpenPromise("q", PARTY_US, Day(5), Day(20));
  story.promises = {Concluded(p, v1::Promise::REPAIRED, Day(30)),
                    Concluded(q, v1::Promise::KEPT, Day(15))};
  story.facts = {Said("f", v1::Fact::PROBLEM, Day(35)), Said("g", v1::Fact::SITUATION, Day(36))};
  return story;
}

// Proves: E23
TEST(ExplainChange, NamesWhatMovedHealthInOrder) {
  const Story story = ATwoMonthsStory();
  const auto why = ExplainChange(story.journal(), Day(1), Day(50), kDefaults, kHours);
  std::vector<std::string> lines;
  for (const v1::ChangeLine& line : why.lines()) {
    lines.push_back(
        absl::StrCat(line.source(), " ", line.what(), " ", line.difference() > 0 ? "up" : "down"));
  }
  EXPECT_THAT(lines, ::testing::ElementsAre(absl::StrCat(kAna, "/engagements/b message up"),
                                            absl::StrCat(kAna, "/promises/q kept up"),
                                            absl::StrCat(kAna, "/promises/p broken down"),
                                            absl::StrCat(kAna, "/promises/p repaired up"),
                                            absl::StrCat(kAna, "/facts/f problem up"),
                                            absl::StrCat(kAna, "/engagements/c conversation up"),
                                            " time down"));
  EXPECT_EQ(time::FromProto(why.lines(2).time()), Day(22)) << "due time plus grace";
  EXPECT_EQ(why.lines(0).cause(), v1::ChangeLine::ENGAGEMENT);
  EXPECT_EQ(why.lines(1).cause(), v1::ChangeLine::PROMISE);
  EXPECT_EQ(why.lines(4).cause(), v1::ChangeLine::FACT);
  EXPECT_EQ(why.lines(6).cause(), v1::ChangeLine::PASSAGE_OF_TIME);
  EXPECT_EQ(time::FromProto(why.lines(6).time()), Day(50));
}

// Proves: E23
TEST(ExplainChange, StartsAndEndsAtTheMeasuredHealthAndAddsUp) {
  const Story story = ATwoMonthsStory();
  for (const double from : {-1.0, 0.0, 21.9, 22.0, 22.1, 30.0}) {
    for (const double to : {22.0, 22.1, 30.0, 31.0, 50.0}) {
      if (to < from) continue;
      const auto why = ExplainChange(story.journal(), Day(from), Day(to), kDefaults, kHours);
      const auto first = Measure(Fold(story, Day(from)), Day(from), kDefaults, kHours).health();
      const auto last = Measure(Fold(story, Day(to)), Day(to), kDefaults, kHours).health();
      EXPECT_EQ(why.from_health().status(), first.status());
      EXPECT_EQ(why.to_health().status(), last.status());
      EXPECT_NEAR(why.from_health().value(), first.value(), 1e-12);
      EXPECT_NEAR(why.to_health().value(), last.value(), 1e-12);
      EXPECT_NEAR(Sum(why), last.value() - first.value(), 1e-9);
    }
  }
}

TEST(ExplainChange, CountsAnUndefinedHealthAsNothing) {
  const Story story{{Call("a", Day(0))}};
  const auto why = ExplainChange(story.journal(), Day(-5), Day(5), kDefaults, kHours);
  EXPECT_EQ(why.from_health().status(), MEASURE_STATUS_UNDEFINED);
  EXPECT_EQ(why.to_health().status(), MEASURE_STATUS_OK);
  EXPECT_NEAR(Sum(why), why.to_health().value(), 1e-9);
}

TEST(ExplainChange, HasOnlyTimeWhereNothingHappened) {
  const Story story{{Call("a", Day(0)), Call("later", Day(60))}};
  const auto why = ExplainChange(story.journal(), Day(10), Day(20), kDefaults, kHours);
  ASSERT_EQ(why.lines_size(), 1);
  EXPECT_EQ(why.lines(0).cause(), v1::ChangeLine::PASSAGE_OF_TIME);
  EXPECT_LT(why.lines(0).difference(), 0);
}

TEST(ExplainChange, LeavesOutWhatDoesNotCount) {
  v1::Engagement noise = MailIn("noise", Day(5));
  noise.set_not_counted(v1::Engagement::BULK);
  v1::Engagement gone = Call("gone", Day(6));
  gone.set_state(v1::Engagement::RETRACTED);
  const Story story{{Call("a", Day(0)), noise, gone}};
  EXPECT_EQ(ExplainChange(story.journal(), Day(1), Day(20), kDefaults, kHours).lines_size(), 1);
}

// Proves: E23
TEST(ExplainChange, NamesPraiseAndGrievances) {
  Story story{{Call("a", Day(0))}};
  story.feedback = {Received("p", Day(2), v1::Feedback::PRAISE),
                    Answered(Received("g", Day(4), v1::Feedback::GRIEVANCE), Day(5)),
                    Received("w", Day(6), v1::Feedback::WISH)};
  const auto why = ExplainChange(story.journal(), Day(1), Day(9), kDefaults, kHours);
  ASSERT_EQ(why.lines_size(), 3);
  EXPECT_EQ(why.lines(0).cause(), v1::ChangeLine::FEEDBACK);
  EXPECT_EQ(why.lines(0).source(), story.feedback[0].name());
  EXPECT_EQ(why.lines(0).what(), "praise");
  EXPECT_GT(why.lines(0).difference(), 0);
  EXPECT_EQ(why.lines(1).what(), "grievance");
  EXPECT_LT(why.lines(1).difference(), 0);
  EXPECT_NEAR(Sum(why), why.to_health().value() - why.from_health().value(), 1e-9);
}

// Proves: E15, E23
TEST(ExplainChange, CountsALetterThatWasLeftWaitingAsPassageOfTime) {
  const Story story{
      {Call("a", Day(0)), InThread(MailIn("1", Day(1)), "t"), InThread(MailOut("2", Day(8)), "t")}};
  const auto why = ExplainChange(story.journal(), Day(1), Day(9), kDefaults, kHours);
  EXPECT_EQ(why.lines(why.lines_size() - 1).cause(), v1::ChangeLine::PASSAGE_OF_TIME);
  EXPECT_LT(why.lines(why.lines_size() - 1).difference(), -0.05);
  const auto to = Measure(Fold(story, Day(9)), Day(9), kDefaults, kHours);
  EXPECT_EQ(to.health_terms(4).value(), 0) << "answered, but not in time";
  EXPECT_NEAR(why.to_health().value(), to.health().value(), 1e-12);
  EXPECT_NEAR(Sum(why), why.to_health().value() - why.from_health().value(), 1e-9);
}

// A replay for each event would take minutes and run into the test's time limit.
TEST(ExplainChange, TakesTenThousandEventsInOnePass) {
  Story story;
  for (int i = 0; i < 10000; ++i) {
    story.engagements.push_back(
        InThread(MailIn(std::to_string(i), Day(i * 0.1)), std::to_string(i % 40)));
  }
  const auto why = ExplainChange(story.journal(), Day(-1), Day(1001), kDefaults, kHours);
  EXPECT_EQ(why.lines_size(), 10001);
  EXPECT_NEAR(Sum(why), why.to_health().value(), 1e-9);
}

}  // namespace
}  // namespace rapport::engagement::rules
