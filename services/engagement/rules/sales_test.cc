#include "services/engagement/rules/sales.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "services/engagement/rules/samples.h"

namespace rapport::engagement::rules {
namespace {

using S = v1::Sale;
const Parameters kDefaults;

S Begun(S::Stage stage = S::PROPOSED) {
  S sale;
  sale.set_summary("the migration");
  EXPECT_EQ(BeginSale(stage, Day(0), &sale), SaleRule::kNone);
  return sale;
}

S In(S::Stage stage) {
  S sale = Begun();
  const auto to = [&](S::Stage next) {
    EXPECT_EQ(AdvanceSale(next, "", Day(1), &sale), SaleRule::kNone);
  };
  if (stage == S::DECLINED_FOR_NOW) to(S::DECLINED_FOR_NOW);
  if (stage == S::AGREED || stage == S::DELIVERED || stage == S::REVERSED) to(S::AGREED);
  if (stage == S::DELIVERED) to(S::DELIVERED);
  if (stage == S::REVERSED) to(S::REVERSED);
  EXPECT_EQ(sale.stage(), stage);
  return sale;
}

// Proves: E11
TEST(Sales, MoveAlongTheirStagesOnly) {
  const std::vector<S::Stage> stages = {S::PROPOSED, S::AGREED, S::DELIVERED, S::DECLINED_FOR_NOW,
                                        S::REVERSED};
  std::vector<std::string> moves;
  for (const auto from : stages) {
    for (const auto to : stages) {
      S sale = In(from);
      const std::string before = sale.SerializeAsString();
      if (AdvanceSale(to, "why", Day(2), &sale) == SaleRule::kNone) {
        moves.push_back(absl::StrCat(S::Stage_Name(from), ">", S::Stage_Name(to)));
        EXPECT_EQ(sale.stage(), to);
        EXPECT_EQ(sale.moves().rbegin()->reason(), "why");
      } else {
        EXPECT_EQ(sale.SerializeAsString(), before) << "a refused move changes nothing";
      }
    }
  }
  EXPECT_THAT(moves,
              ::testing::ElementsAre("PROPOSED>AGREED", "PROPOSED>DECLINED_FOR_NOW",
                                     "AGREED>DELIVERED", "AGREED>REVERSED", "DELIVERED>REVERSED"));
  S sale = In(S::AGREED);
  EXPECT_EQ(AdvanceSale(S::DELIVERED, "", Day(0.5), &sale), SaleRule::kBeforeLastMove);
}

TEST(Sales, BeginWhereTheyStand) {
  EXPECT_EQ(Begun(S::STAGE_UNSPECIFIED).stage(), S::PROPOSED);
  EXPECT_EQ(Begun(S::DELIVERED).moves_size(), 1);
  EXPECT_EQ(SaleMicros(Begun(S::AGREED)), absl::ToUnixMicros(Day(0)));
  S sale;
  EXPECT_EQ(BeginSale(S::REVERSED, Day(0), &sale), SaleRule::kNotABeginning);
  EXPECT_EQ(BeginSale(S::DECLINED_FOR_NOW, Day(0), &sale), SaleRule::kNotABeginning);
}

// Proves: E11
TEST(Sales, MoveTheirNeeds) {
  EXPECT_EQ(NeedStateAfter(S::PROPOSED), v1::Need::STATE_UNSPECIFIED);
  EXPECT_EQ(NeedStateAfter(S::AGREED), v1::Need::BEING_SERVED);
  EXPECT_EQ(NeedStateAfter(S::DELIVERED), v1::Need::SERVED);
  EXPECT_EQ(NeedStateAfter(S::DECLINED_FOR_NOW), v1::Need::STATED);
  EXPECT_EQ(NeedStateAfter(S::REVERSED), v1::Need::STATED);
}

// Proves: E11
TEST(AfterCare, IsPromisedAtTheDeliveryAndDueTwoWeeksLater) {
  for (const auto stage : {S::PROPOSED, S::AGREED, S::DECLINED_FOR_NOW, S::REVERSED}) {
    EXPECT_FALSE(CallsForAfterCare(In(stage))) << S::Stage_Name(stage);
  }
  S sale = In(S::DELIVERED);
  EXPECT_TRUE(CallsForAfterCare(sale));
  const v1::Promise promise = AfterCareOf(sale, Day(3), kDefaults);
  EXPECT_EQ(promise.kind(), v1::Promise::AFTER_CARE);
  EXPECT_EQ(promise.promised_by(), type::v1::PARTY_US);
  EXPECT_EQ(promise.state(), v1::Promise::OPEN);
  EXPECT_EQ(time::FromProto(promise.promise_time()), Day(1));
  EXPECT_EQ(time::FromProto(promise.due_time()), Day(15));
  EXPECT_EQ(time::FromProto(AfterCareOf(sale, Day(90), kDefaults).due_time()), Day(90))
      << "a delivery of long ago breaks no promise";
  sale.set_no_after_care(true);
  EXPECT_FALSE(CallsForAfterCare(sale));
}

TEST(AfterCare, HasATextThatFitsAPromise) {
  S sale = In(S::DELIVERED);
  EXPECT_EQ(AfterCareOf(sale, Day(1), kDefaults).text(), "ask how it goes: the migration");
  sale.set_summary(std::string(1000, 'x'));
  EXPECT_EQ(AfterCareOf(sale, Day(1), kDefaults).text(), "ask how it goes");
}

TEST(SaleRuleText, SaysEachRuleInWords) {
  EXPECT_EQ(SaleRuleText(SaleRule::kNone), "");
  for (const auto rule :
       {SaleRule::kNotABeginning, SaleRule::kNoSuchMove, SaleRule::kBeforeLastMove}) {
    EXPECT_THAT(std::string(SaleRuleText(rule)), ::testing::MatchesRegex("[a-z].*[^.]"));
  }
}

}  // namespace
}  // namespace rapport::engagement::rules
