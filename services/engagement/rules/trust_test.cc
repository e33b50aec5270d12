#include "services/engagement/rules/trust.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "services/engagement/rules/measures.h"
#include "services/engagement/rules/samples.h"

namespace rapport::engagement::rules {
namespace {

using ::rapport::type::v1::MEASURE_STATUS_INSUFFICIENT;
using ::rapport::type::v1::MEASURE_STATUS_UNDEFINED;
using ::rapport::type::v1::PARTY_PERSON;
using ::rapport::type::v1::PARTY_US;
using ::testing::ElementsAre;

constexpr double kGolden = 1e-4;
const Parameters kDefaults;
const WorkingHours kHours;

Reading Known1(double value) { return Known(value, 1, 0); }

TEST(Trust, MatchesTheGoldenValue) {
  const Reading t = TrustOf(Known1(.7), Known1(.6), Known1(.5), Known1(.3));
  EXPECT_NEAR(t.value, .6667, kGolden);
  EXPECT_EQ(t.n, 4);
}

TEST(Trust, CountsAnUnknownPartAsOneHalfAndSaysWhenItCannotSpeak) {
  const Reading none = Undefined(0);
  EXPECT_NEAR(TrustOf(Known1(.7), none, none, Known1(.3)).value, 1.7 / (1.7 + .9), 1e-9);
  EXPECT_EQ(TrustOf(none, none, none, Known1(.3)).status, MEASURE_STATUS_INSUFFICIENT);
  EXPECT_EQ(TrustOf(Known1(.7), Known1(.6), Known1(.5), none).status, MEASURE_STATUS_UNDEFINED);
}

TEST(SelfOrientation, IsTheShareOfAsksAndNeverBelowItsFloor) {
  EXPECT_NEAR(SelfOrientation({7, 3}, kDefaults).value, .3, 1e-12);
  EXPECT_NEAR(SelfOrientation({99, 1}, kDefaults).value, .05, 1e-12);
  EXPECT_NEAR(SelfOrientation({5, 0}, kDefaults).value, .05, 1e-12);
  EXPECT_EQ(SelfOrientation({}, kDefaults).status, MEASURE_STATUS_UNDEFINED);
}

TEST(BetaMean, StartsAtOneHalf) {
  EXPECT_NEAR(BetaMean({2, 1}, 180).value, 0.6, 1e-12);
  EXPECT_EQ(BetaMean({}, 180).status, MEASURE_STATUS_UNDEFINED);
}

std::vector<std::string> Lines(const std::vector<v1::TrustPosting>& postings) {
  std::vector<std::string> out;
  for (const v1::TrustPosting& posting : postings) {
    const double day =
        absl::FDivDuration(time::FromProto(posting.time()) - Day(0), absl::Hours(24));
    out.push_back(absl::StrCat(day, " ", v1::TrustAccount_Name(posting.account()), " ",
                               posting.credit(), "/", posting.debit(), " ", posting.reason(), " ",
                               posting.source().substr(sizeof(kAna))));
  }
  return out;
}

TEST(Postings, TellWhatEveryEntryDidNewestFirst) {
  using E = v1::Engagement;
  Story story{{With(Taken(Talk("a", Day(1), 60, 30), E::WELCOMED), v1::Item::GIVE, 2),
               With(Taken(MailOut("b", Day(2)), E::UNWELCOME), v1::Item::ASK)}};
  story.promises = {
      Concluded(OpenPromise("kept", PARTY_US, Day(1), Day(9)), v1::Promise::KEPT, Day(3)),
      Concluded(OpenPromise("late", PARTY_US, Day(1), Day(3)), v1::Promise::KEPT_LATE, Day(4)),
      OpenPromise("broken", PARTY_US, Day(1), Day(3)),
      Concluded(OpenPromise("repaired", PARTY_US, Day(1), Day(4)), v1::Promise::REPAIRED, Day(12)),
      Concluded(OpenPromise("released", PARTY_US, Day(1), Day(9)), v1::Promise::RELEASED, Day(3)),
      OpenPromise("theirs", PARTY_PERSON, Day(1), Day(3))};
  story.facts = {Said("p", v1::Fact::PROBLEM, Day(7)), Said("s", v1::Fact::SITUATION, Day(7)),
                 Moved(Said("i", v1::Fact::PROBLEM, Day(1), PARTY_US), v1::FactMove::CONFIRMED,
                       PARTY_PERSON, Day(8))};
  story.sales = {Then(SaleThat("x", v1::Sale::DELIVERED, Day(9)), v1::Sale::REVERSED, Day(10))};
  EXPECT_THAT(
      Lines(Postings(story.journal(), Day(20), kDefaults, kHours)),
      ElementsAre("10 CREDIBILITY 0/1 sale reversed sales/x",
                  "9 CREDIBILITY 1/0 sale delivered sales/x",
                  "8 CREDIBILITY 1/0 inference confirmed facts/i", "7 INTIMACY 1/0 told us facts/p",
                  "6 RELIABILITY 0/0.5 promise broken and repaired promises/repaired",
                  "5 RELIABILITY 0/1 promise broken promises/broken",
                  "4 RELIABILITY 0.5/0.5 promise kept late promises/late",
                  "3 RELIABILITY 1/0 promise kept promises/kept",
                  "2 INTIMACY 0/1 contact unwelcome engagements/b",
                  "2 SELF_ORIENTATION 0/1 asked engagements/b",
                  "1 INTIMACY 1/0 contact welcomed engagements/a",
                  "1 SELF_ORIENTATION 2/0 gave engagements/a",
                  "1 SELF_ORIENTATION 1/0 listened engagements/a"));
  EXPECT_THAT(Lines(Postings(story.journal(), Day(5), kDefaults, kHours)).size(), 7)
      << "what was not over then is not there";
}

TEST(Postings, TellWhoWasAnsweredInTimeAndWhoWaits) {
  Story story{{InThread(MailIn("1", Day(1) + absl::Hours(9)), "t"),
               InThread(MailOut("2", Day(1) + absl::Hours(15)), "t"),
               InThread(MailIn("3", Day(2) + absl::Hours(9)), "t")}};
  story.feedback = {Answered(Received("soon", Day(1)), Day(5)),
                    Answered(Received("late", Day(2)), Day(40)), Received("open", Day(3)),
                    Received("praise", Day(30), v1::Feedback::PRAISE),
                    Received("grievance", Day(31), v1::Feedback::GRIEVANCE)};
  EXPECT_THAT(Lines(Postings(story.journal(), Day(45), kDefaults, kHours)),
              ElementsAre("33 CREDIBILITY 0/1 feedback left waiting feedback/open",
                          "32 CREDIBILITY 0/1 feedback answered late feedback/late",
                          "31 INTIMACY 0/1 grievance feedback/grievance",
                          "30 INTIMACY 1/0 praise feedback/praise",
                          "5 CREDIBILITY 1/0 feedback answered feedback/soon",
                          "4.375 CREDIBILITY 0/1 letter left waiting engagements/3",
                          "1.625 CREDIBILITY 1/0 letter answered in time engagements/1"));
}

// Replies and feedback have no part in R: it is that of promises alone.
TEST(Postings, LeaveReliabilityToPromises) {
  Story story;
  story.promises = {
      Concluded(OpenPromise("a", PARTY_US, Day(0), Day(4)), v1::Promise::KEPT, Day(2))};
  const auto before = Measure(Fold(story, Day(60)), Day(60), kDefaults, kHours);
  story.feedback = {Received("open", Day(3))};
  story.engagements = {InThread(MailIn("3", Day(2)), "t")};
  const auto after = Measure(Fold(story, Day(60)), Day(60), kDefaults, kHours);
  EXPECT_EQ(after.reliability().value(), before.reliability().value());
  EXPECT_EQ(before.credibility().status(), MEASURE_STATUS_UNDEFINED);
  EXPECT_LT(after.credibility().value(), 0.5);
}

}  // namespace
}  // namespace rapport::engagement::rules
