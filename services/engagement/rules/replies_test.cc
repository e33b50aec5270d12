#include "services/engagement/rules/replies.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "services/engagement/rules/samples.h"

namespace rapport::engagement::rules {
namespace {

using ::rapport::type::v1::MEASURE_STATUS_INSUFFICIENT;
using ::rapport::type::v1::MEASURE_STATUS_UNDEFINED;
const Parameters kDefaults;
const WorkingHours kHours;

// Day(1) is a Monday.
absl::Time At(double day, int hour) { return Day(day) + absl::Hours(hour); }

// Proves: E15
TEST(MedianWait, MatchesValuesReckonedByHand) {
  // Nothing censored: S = 3/4, 1/2.
  const Reading all = MedianWait({{4, true}, {1, true}, {3, true}, {2, true}});
  EXPECT_NEAR(all.value, 2, 1e-9);
  EXPECT_EQ(all.n, 4);
  // 5 letters: 1 answered, 2 open, 3 answered, 4 answered, 5 open. S(1) = 4/5, S(3) = 4/5 * 2/3 =
  // .5333, S(4) = .5333 / 2 = .2667.
  const Reading open = MedianWait({{1, true}, {2, false}, {3, true}, {4, true}, {5, false}});
  EXPECT_NEAR(open.value, 4, 1e-9);
  // Two answered at once: S(2) = 4/6.
  EXPECT_NEAR(MedianWait({{2, true}, {2, true}, {2, false}, {5, true}, {6, true}, {7, true}}).value,
              5, 1e-9);
  // At equal times answers come first: S(2) = 2/3, then one is left.
  EXPECT_NEAR(MedianWait({{2, false}, {2, true}, {3, true}}).value, 3, 1e-9);
  // Without the open ones the median would be 1; with them half is never reached.
  const Reading waiting = MedianWait({{1, true}, {8, false}, {9, false}, {9, false}});
  EXPECT_EQ(waiting.status, MEASURE_STATUS_INSUFFICIENT);
  EXPECT_EQ(waiting.n, 4);
  EXPECT_EQ(MedianWait({}).status, MEASURE_STATUS_UNDEFINED);
  EXPECT_EQ(MedianWait({{3, false}}).status, MEASURE_STATUS_INSUFFICIENT);
  EXPECT_NEAR(MedianWait({{0.5, true}}).value, 0.5, 1e-9);
}

TEST(MedianWait, NeverGetsShorterWhenAnOpenLetterWaitsLonger) {
  const std::vector<Wait> waits = {{1, true}, {3, true}, {6, true}};
  double last = 0;
  for (const double open : {0.5, 2.0, 4.0}) {
    std::vector<Wait> with_open = waits;
    with_open.push_back({open, false});
    const double median = MedianWait(with_open).value;
    EXPECT_GE(median, last);
    last = median;
  }
}

v1::ReplyLog OurLog(const std::vector<v1::Engagement>& letters) {
  return Fold({letters}, Day(500)).our_replies();
}

// Proves: E15
TEST(ReplyLog, TakesTheFirstHumanAnswerOfOursForTheAnswer) {
  using E = v1::Engagement;
  auto robot = InThread(Contact("robot", At(1, 10), E::OUT, E::AUTOMATED), "t");
  auto noise = InThread(MailOut("noise", At(1, 11)), "t");
  noise.set_not_counted(E::AUTO_REPLY);
  const v1::ReplyLog log =
      OurLog({InThread(MailIn("1", At(1, 9)), "t"), robot, noise,
              InThread(MailIn("2", At(1, 12)), "t"), InThread(MailOut("other", At(1, 13)), "u"),
              InThread(Contact("3", At(1, 14), E::OUT, E::ASSISTED), "t"),
              InThread(MailOut("4", At(1, 15)), "t")});
  ASSERT_EQ(log.asked_us_size(), 2);
  EXPECT_EQ(log.asked_us(0), absl::ToUnixMicros(At(1, 12))) << "newest first";
  EXPECT_EQ(log.answered_us(0), absl::ToUnixMicros(At(1, 14)));
  EXPECT_EQ(log.answered_us(1), absl::ToUnixMicros(At(1, 14)));
}

// Proves: E15
TEST(ReplyLog, IsNeverAnsweredByTheOneWhoAsked) {
  v1::Engagement again = InThread(MailIn("2", At(2, 9)), "t");
  again.set_needs_answer(false);
  const v1::ReplyLog log = OurLog({InThread(MailIn("1", At(1, 9)), "t"), again});
  ASSERT_EQ(log.asked_us_size(), 1);
  EXPECT_EQ(log.answered_us(0), 0);
}

TEST(ReplyLog, TakesATalkInTheConversationForAnAnswer) {
  const v1::ReplyLog log =
      OurLog({InThread(MailIn("1", At(1, 9)), "t"), InThread(Call("2", At(1, 10)), "t")});
  EXPECT_EQ(log.answered_us(0), absl::ToUnixMicros(At(1, 10)));
}

TEST(ReplyLog, LeavesOutLettersOutsideOfConversations) {
  v1::Engagement alone = MailIn("1", At(1, 9));
  alone.set_needs_answer(true);
  EXPECT_EQ(OurLog({alone, MailOut("2", At(1, 10))}).ByteSizeLong(), 0u);
}

TEST(ReplyLog, KeepsSixtyFourLettersAndNoneWhoseAnswerCouldBeLost) {
  std::vector<v1::Engagement> letters;
  for (int i = 0; i < 100; ++i) {
    letters.push_back(InThread(MailIn(absl::StrCat("in", i), Day(i)), absl::StrCat(i)));
  }
  EXPECT_EQ(OurLog(letters).asked_us_size(), 64);
  for (int i = 0; i < 70; ++i) {
    letters.push_back(InThread(MailOut(absl::StrCat("out", i), Day(30.5 + i)), "elsewhere"));
  }
  const v1::ReplyLog log = OurLog(letters);
  EXPECT_EQ(log.answer_us_size(), 64);
  ASSERT_EQ(log.asked_us_size(), 63);
  EXPECT_EQ(log.asked_us(62), absl::ToUnixMicros(Day(37))) << "after the oldest answer, day 36.5";
}

// Proves: E15
TEST(AnsweredShare, CountsLettersWhoseTimeIsOver) {
  const v1::ReplyLog log =
      OurLog({InThread(MailIn("1", At(1, 9)), "in time"),
              InThread(MailOut("2", At(2, 17)), "in time"), InThread(MailIn("3", At(1, 9)), "late"),
              InThread(MailOut("4", At(3, 10)), "late"), InThread(MailIn("5", At(3, 9)), "open")});
  const auto letters = LettersOf(log, kHours, kDefaults);
  const auto share = [&](absl::Time at) { return AnsweredShare(letters, absl::ToUnixMicros(at)); };
  EXPECT_NEAR(share(At(4, 12)).value, 0.5, 1e-9);
  EXPECT_EQ(share(At(4, 12)).n, 2) << "the third has time until Friday morning";
  EXPECT_NEAR(share(At(5, 10)).value, 1.0 / 3, 1e-9);
  EXPECT_EQ(AnsweredShare({}, 0).status, MEASURE_STATUS_UNDEFINED);
}

TEST(AnsweredShare, IsAThingOfTheTenantsOwnHours) {
  const v1::ReplyLog log =
      OurLog({InThread(MailIn("1", At(5, 16)), "t"), InThread(MailOut("2", At(9, 12)), "t")});
  const auto share = [&](const WorkingHours& hours) {
    return AnsweredShare(LettersOf(log, hours, kDefaults), absl::ToUnixMicros(Day(20))).value;
  };
  EXPECT_EQ(share(kHours), 1) << "Friday afternoon to Tuesday noon: 12 working hours";
  const std::vector<time::DailyWindow> always = {{0, 1440}};
  EXPECT_EQ(share(WorkingHours(always, absl::UTCTimeZone())), 0);
}

TEST(ThreadHash, IsTheOneThatIsStored) {
  EXPECT_EQ(ThreadHash(""), 14695981039346656037ULL);
  EXPECT_EQ(ThreadHash("a"), 12638187200555641996ULL);
}

}  // namespace
}  // namespace rapport::engagement::rules
