// Trust, replies and what else the new statistics carry, as the clients of the engagement service
// see them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/time/proto_time.h"
#include "rapport/engagement/v1/sale_service.pb.h"
#include "tests/scenarios/story.h"

namespace rapport::tests {
namespace {

using type::v1::MEASURE_STATUS_OK;
using type::v1::MEASURE_STATUS_UNDEFINED;
using type::v1::PARTY_PERSON;
using type::v1::PARTY_US;

constexpr char kNow[] = "2026-06-15 09:00";  // a Monday

class TrustAndReplies : public ::testing::Test {
 protected:
  absl::StatusOr<ev::Trust> TrustIn(const std::string& relationship, absl::string_view as_of = "",
                                    int max_postings = 0) {
    ev::GetTrustRequest request;
    request.set_name(relationship);
    request.set_max_postings(max_postings);
    if (!as_of.empty()) *request.mutable_as_of() = Stamp(as_of);
    return story_.house.Call<ev::Trust>(absl::StrCat(kRapport, "GetTrust"), request);
  }
  void Works(const std::string& zone, int begin_hour, int end_hour) {
    cv::UpdateSettingsRequest request;
    request.mutable_settings()->set_name(absl::StrCat(story_.house.parent(), "/settings"));
    request.mutable_settings()->set_working_zone(zone);
    auto* window = request.mutable_settings()->add_working_hours();
    for (int day = 1; day <= 5; ++day) window->add_weekdays(day);
    window->set_begin_minute(begin_hour * 60);
    window->set_end_minute(end_hour * 60);
    request.mutable_update_mask()->add_paths("working_zone");
    request.mutable_update_mask()->add_paths("working_hours");
    story_.house.Must<cv::Settings>(absl::StrCat(kStewards, "UpdateSettings"), request);
  }
  // A bit of everything that trust knows.
  void ALongStory() {
    auto call = Call("a call", "2026-03-02 10:00", 900, 300);
    call.set_reaction(ev::Engagement::WELCOMED);
    call.add_items()->set_direction(ev::Item::GIVE);
    story_.Recorded(ana_, call);
    auto letter = MailTo("a letter", "2026-04-01 10:00");
    letter.add_items()->set_direction(ev::Item::ASK);
    letter.set_reaction(ev::Engagement::UNWELCOME);
    story_.Recorded(ana_, letter);
    story_.Recorded(ana_, MailFrom("a question", "2026-05-04 10:00", "t"));
    story_.Recorded(ana_, MailTo("an answer", "2026-05-04 15:00", "t"));
    story_.Recorded(ana_, MailFrom("another", "2026-05-05 10:00", "u"));
    story_.Kept(story_.WePromised(ana_, "a", "2026-03-20", "2026-03-02"), "2026-03-10");
    story_.WePromised(ana_, "b", "2026-04-20", "2026-03-02");
    story_.Gave(ana_, ev::Feedback::PRAISE, "lovely", "2026-05-01");
    story_.Gave(ana_, ev::Feedback::GRIEVANCE, "late again", "2026-04-01");
    ev::LearnFactRequest fact;
    fact.set_parent(ana_.relationship);
    fact.mutable_fact()->set_slot(ev::Fact::PROBLEM);
    fact.mutable_fact()->set_text("it is slow");
    fact.mutable_fact()->set_said_by(PARTY_US);
    *fact.mutable_fact()->mutable_said_time() = Stamp("2026-03-03");
    const auto learned =
        story_.house.Must<ev::Fact>(absl::StrCat(kUnderstanding, "LearnFact"), fact);
    ev::ConfirmFactRequest confirm;
    confirm.set_name(learned.name());
    confirm.set_said_by(PARTY_PERSON);
    *confirm.mutable_confirm_time() = Stamp("2026-05-10");
    story_.house.Must<ev::Fact>(absl::StrCat(kUnderstanding, "ConfirmFact"), confirm);
    ev::RecordSaleRequest sale;
    sale.set_parent(ana_.relationship);
    sale.mutable_sale()->set_summary("the migration");
    sale.mutable_sale()->set_led_by(PARTY_PERSON);
    *sale.mutable_sale()->mutable_sale_time() = Stamp("2026-06-01");
    sale.set_stage(ev::Sale::DELIVERED);
    story_.house.Must<ev::Sale>("rapport.engagement.v1.SaleService/RecordSale", sale);
  }

  Story story_{kNow, {.services = {"contact", "engagement"}}};
  const Story::Known ana_ = story_.Knows("Ana", {"ana@example.org"});
};

void ExpectThatPostingsAddUp(const ev::Trust& trust) {
  std::map<ev::TrustAccount, std::pair<double, double>> sums;
  for (const auto& posting : trust.postings()) {
    const double days = absl::FDivDuration(
        time::FromProto(trust.as_of()) - time::FromProto(posting.time()), absl::Hours(24));
    EXPECT_GE(days, 0);
    EXPECT_FALSE(posting.reason().empty());
    EXPECT_FALSE(posting.source().empty());
    const double weight = std::exp2(-days / posting.half_life_days());
    sums[posting.account()].first += weight * posting.credit();
    sums[posting.account()].second += weight * posting.debit();
  }
  ASSERT_EQ(trust.balances_size(), 4);
  for (const auto& balance : trust.balances()) {
    EXPECT_NEAR(sums[balance.account()].first, balance.credit(), 1e-9) << balance.DebugString();
    EXPECT_NEAR(sums[balance.account()].second, balance.debit(), 1e-9) << balance.DebugString();
  }
}

TEST_F(TrustAndReplies, TheLedgerAddsUpToTheBalancesAtAnyInstant) {
  ALongStory();
  for (const char* as_of :
       {"2026-03-01", "2026-04-05", "2026-05-05 12:00", "2026-06-15 09:00", "2026-09-01"}) {
    SCOPED_TRACE(as_of);
    ASSERT_OK_AND_ASSIGN(const auto trust, TrustIn(ana_.relationship, as_of, 1000));
    EXPECT_EQ(trust.posting_count(), trust.postings_size());
    ExpectThatPostingsAddUp(trust);
    const auto rapport = story_.RapportOf(ana_, as_of);
    EXPECT_EQ(trust.trust().SerializeAsString(), rapport.trust().SerializeAsString());
    EXPECT_EQ(trust.reliability().SerializeAsString(), rapport.reliability().SerializeAsString());
  }
  ASSERT_OK_AND_ASSIGN(const auto now, TrustIn(ana_.relationship));
  EXPECT_EQ(now.trust().status(), MEASURE_STATUS_OK);
  const double c = now.credibility().value();
  const double r = now.reliability().value();
  const double i = now.intimacy().value();
  EXPECT_NEAR(now.trust().value(), (c + r + i) / (c + r + i + 3 * now.self_orientation().value()),
              1e-12);
  ASSERT_OK_AND_ASSIGN(const auto first, TrustIn(ana_.relationship, "", 2));
  EXPECT_EQ(first.postings_size(), 2);
  EXPECT_EQ(first.posting_count(), now.posting_count());
  EXPECT_EQ(first.postings(0).SerializeAsString(), now.postings(0).SerializeAsString());
}

// A retracted letter is in no posting and in no balance.
// Proves: E03
TEST_F(TrustAndReplies, TheLedgerFollowsCorrections) {
  auto letter = MailTo("a letter", "2026-06-01 10:00");
  letter.set_reaction(ev::Engagement::UNWELCOME);
  const auto recorded = story_.Recorded(ana_, letter);
  EXPECT_EQ(TrustIn(ana_.relationship)->posting_count(), 1);
  ev::AmendEngagementRequest amend;
  amend.mutable_engagement()->set_name(recorded.name());
  amend.mutable_engagement()->set_reaction(ev::Engagement::WELCOMED);
  amend.mutable_update_mask()->add_paths("reaction");
  story_.house.Must<ev::Engagement>(absl::StrCat(kEngagements, "AmendEngagement"), amend);
  ASSERT_OK_AND_ASSIGN(const auto amended, TrustIn(ana_.relationship));
  ASSERT_EQ(amended.postings_size(), 1);
  EXPECT_EQ(amended.postings(0).credit(), 1);
  ExpectThatPostingsAddUp(amended);
  story_.Retracted(recorded, "never sent");
  EXPECT_EQ(TrustIn(ana_.relationship)->posting_count(), 0);
}

// Proves: P04
TEST_F(TrustAndReplies, TrustOfNobodyIsUnknownAndOfSomebodyNewUndefined) {
  EXPECT_EQ(TrustIn(ana_.relationship)->trust().status(), MEASURE_STATUS_UNDEFINED);
  EXPECT_EQ(TrustIn(ana_.relationship)->posting_count(), 0);
  EXPECT_THAT(TrustIn(absl::StrCat(story_.house.parent(), "/relationships/nobody")),
              FailsWith(type::v1::RESOURCE_UNKNOWN));
  EXPECT_THAT(TrustIn(ana_.relationship, "", -1), FailsWith(type::v1::FIELD));
  EXPECT_THAT(TrustIn(ana_.relationship, "", 1001), FailsWith(type::v1::FIELD));
}

// Proves: E15
TEST_F(TrustAndReplies, ReplyTimesCountTheHoursInWhichTheHouseWorks) {
  story_.Recorded(ana_, MailFrom("a question", "2026-06-05 16:00", "t"));  // a Friday
  story_.Recorded(ana_, MailTo("an answer", "2026-06-08 10:00", "t"));
  const auto by_default = story_.RapportOf(ana_);
  EXPECT_NEAR(by_default.reply_hours().value(), 2, 1e-9);
  EXPECT_NEAR(by_default.response().value(), 1, 1e-9);
  Works("Europe/Lisbon", 8, 20);  // an hour ahead of UTC in June: 07 to 19
  const auto in_lisbon = story_.RapportOf(ana_);
  EXPECT_NEAR(in_lisbon.reply_hours().value(), 3 + 3, 1e-9);
  Works("Europe/Lisbon", 0, 24);
  EXPECT_NEAR(story_.RapportOf(ana_).reply_hours().value(), 7 + 11, 1e-9);
  EXPECT_NEAR(story_.RapportOf(ana_).response().value(), 0, 1e-9) << "more than 16 hours of work";
  story_.house.Kill("engagement");
  story_.house.Start("engagement");
  EXPECT_NEAR(story_.RapportOf(ana_).reply_hours().value(), 18, 1e-9) << "they are kept";
}

// Proves: E15
TEST_F(TrustAndReplies, OnlyOurHumanAnswerAnswersALetter) {
  story_.Recorded(ana_, MailFrom("a question", "2026-06-08 10:00", "t"));
  auto robot = MailTo("a robot's", "2026-06-08 11:00", "t");
  robot.set_conduct(ev::Engagement::AUTOMATED);
  robot.set_disclosed(true);
  story_.Recorded(ana_, robot);
  story_.Recorded(ana_, MailFrom("a reminder", "2026-06-09 10:00", "t"));
  auto rapport = story_.RapportOf(ana_, "2026-06-12 09:00");
  EXPECT_NEAR(rapport.response().value(), 0, 1e-9);
  EXPECT_EQ(rapport.health_terms(4).status(), MEASURE_STATUS_OK);
  // The answer of an hour after the question arrives late.
  story_.Recorded(ana_, MailTo("an answer", "2026-06-08 12:00", "t"));
  rapport = story_.RapportOf(ana_, "2026-06-12 09:00");
  EXPECT_NEAR(rapport.response().value(), 0.5, 1e-9) << "the reminder still waits";
}

// Proves: E14
TEST_F(TrustAndReplies, GiveAndAskMatchTheGoldenValues) {
  auto call = Call("five and one", "2026-06-15 09:00");
  for (int i = 0; i < 5; ++i) call.add_items()->set_direction(ev::Item::GIVE);
  call.add_items()->set_direction(ev::Item::ASK);
  story_.Recorded(ana_, call);
  EXPECT_NEAR(story_.RapportOf(ana_, kNow).give_ask().value(), 3.0, 1e-4);
  const auto bo = story_.Knows("Bo", {"bo@example.org"});
  auto other = Call("two and three", "2026-06-15 09:00");
  for (int i = 0; i < 2; ++i) other.add_items()->set_direction(ev::Item::GIVE);
  for (int i = 0; i < 3; ++i) other.add_items()->set_direction(ev::Item::ASK);
  story_.Recorded(bo, other);
  EXPECT_NEAR(story_.RapportOf(bo, kNow).give_ask().value(), 0.75, 1e-4);
}

// Proves: E23
TEST_F(TrustAndReplies, WhatMovedHealthStillAddsUp) {
  ALongStory();
  const auto why = story_.WhatChanged(ana_, "2026-03-01", kNow);
  double sum = 0;
  bool praised = false;
  for (const auto& line : why.lines()) {
    sum += line.difference();
    praised |= line.cause() == ev::ChangeLine::FEEDBACK && line.what() == "praise";
  }
  EXPECT_TRUE(praised);
  EXPECT_NEAR(sum, why.to_health().value() - why.from_health().value(), 1e-9);
  EXPECT_NEAR(why.to_health().value(), story_.RapportOf(ana_, kNow).health().value(), 1e-9);
}

}  // namespace
}  // namespace rapport::tests
