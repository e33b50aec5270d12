// Readiness over the wire: what contact and engagement say decides at the moment of the call.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>

#include "absl/strings/str_cat.h"
#include "common/time/proto_time.h"
#include "rapport/contact/v1/consent_service.pb.h"
#include "rapport/engagement/v1/care_service.pb.h"
#include "rapport/engagement/v1/need_service.pb.h"
#include "rapport/engagement/v1/sale_service.pb.h"
#include "rapport/recommendation/v1/offer_service.pb.h"
#include "tests/scenarios/story.h"

namespace rapport::tests {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kNow[] = "2026-06-15 10:00";  // a Monday

class ReadinessOverTheWire : public ::testing::Test {
 protected:
  ReadinessOverTheWire()
      : story_(kNow),
        mara_(story_.HasSteward("mara", "Mara", 5)),
        ana_(story_.Knows("Ana", {"ana@example.org"}, {mara_})) {}

  template <class Response, class Request>
  Response Must(absl::string_view method, const Request& request) {
    return story_.house.Must<Response>(method, request);
  }

  rv::Offer Offers(const std::string& id, const std::string& topic, rv::Offer::Stake stake) {
    rv::CreateOfferRequest request;
    request.set_parent(story_.house.parent());
    request.set_offer_id(id);
    request.mutable_offer()->set_display_name(id);
    request.mutable_offer()->add_serves(topic);
    request.mutable_offer()->set_stake(stake);
    return Must<rv::Offer>("rapport.recommendation.v1.OfferService/CreateOffer", request);
  }
  void Allows(type::v1::Purpose purpose) {
    cv::RecordConsentRequest request;
    request.set_parent(ana_.person);
    auto& entry = *request.mutable_consent_entry();
    entry.set_purpose(purpose);
    entry.set_decision(cv::ConsentEntry::GRANT);
    entry.set_lawful_basis(cv::ConsentEntry::CONSENT);
    Must<cv::ConsentEntry>("rapport.contact.v1.ConsentService/RecordConsent", request);
  }
  void Withdraws(type::v1::Purpose purpose) {
    cv::WithdrawConsentRequest request;
    request.set_parent(ana_.person);
    request.set_purpose(purpose);
    Must<cv::ConsentEntry>("rapport.contact.v1.ConsentService/WithdrawConsent", request);
  }
  void Learn(ev::Fact::Slot slot, const std::string& text) {
    ev::LearnFactRequest request;
    request.set_parent(ana_.relationship);
    request.mutable_fact()->set_slot(slot);
    request.mutable_fact()->set_text(text);
    request.mutable_fact()->set_said_by(type::v1::PARTY_PERSON);
    request.mutable_fact()->add_topics("RE-keying");
    Must<ev::Fact>(absl::StrCat(kUnderstanding, "LearnFact"), request);
  }
  ev::Need Needs(const std::string& summary, const std::string& topic, bool explicitly,
                 bool wants_to_buy = false) {
    ev::StateNeedRequest request;
    request.set_parent(ana_.relationship);
    auto& need = *request.mutable_need();
    need.set_summary(summary);
    need.set_origin(type::v1::PARTY_PERSON);
    need.set_explicit_(explicitly);
    need.set_wants_to_buy(wants_to_buy);
    need.add_topics(topic);
    return Must<ev::Need>("rapport.engagement.v1.NeedService/StateNeed", request);
  }
  // A call in which she did most of the talking, and we gave her something.
  void SpokeWell() {
    auto call = Call("the call", "2026-06-12 10:00", 900, 600);
    auto& item = *call.add_items();
    item.set_direction(ev::Item::GIVE);
    item.set_kind("help");
    story_.Recorded(ana_, call);
  }
  // Everything that readiness asks for.
  void AllIsWell() {
    Offers("migration", "Re-Keying", rv::Offer::HIGH);
    Allows(type::v1::PURPOSE_PROPOSAL);
    SpokeWell();
    Learn(ev::Fact::SITUATION, "moved the workshop");
    Learn(ev::Fact::PROBLEM, "loses a day a week");
    Learn(ev::Fact::IMPLICATION, "orders wait");
    Learn(ev::Fact::NEED_PAYOFF, "a day for new customers");
    Needs("no more re-keying", "re-keying", true);
  }

  rv::CheckReadinessRequest About(const std::string& offer) {
    rv::CheckReadinessRequest request;
    request.set_relationship(ana_.relationship);
    if (!offer.empty()) request.set_offer(absl::StrCat(story_.house.parent(), "/offers/", offer));
    return request;
  }
  absl::StatusOr<rv::Readiness> TryCheck(const rv::CheckReadinessRequest& request) {
    return story_.house.Call<rv::Readiness>(absl::StrCat(kRecommendation, "CheckReadiness"),
                                            request);
  }
  rv::Readiness Check(const std::string& offer) {
    return Must<rv::Readiness>(absl::StrCat(kRecommendation, "CheckReadiness"), About(offer));
  }
  absl::StatusOr<rv::ExplainExclusionResponse> Explain(rv::StepKind kind,
                                                       const std::string& offer = "") {
    rv::ExplainExclusionRequest request;
    request.set_relationship(ana_.relationship);
    request.set_kind(kind);
    if (!offer.empty()) request.set_offer(absl::StrCat(story_.house.parent(), "/offers/", offer));
    return story_.house.Call<rv::ExplainExclusionResponse>(
        absl::StrCat(kRecommendation, "ExplainExclusion"), request);
  }
  static std::set<rv::ReasonCode> Unmet(const rv::Readiness& readiness) {
    std::set<rv::ReasonCode> codes;
    for (const auto& condition : readiness.conditions()) {
      if (!condition.met() && !condition.waived()) codes.insert(condition.code());
    }
    return codes;
  }
  std::vector<rv::StepKind> Steps() {
    std::vector<rv::StepKind> kinds;
    const auto decision = story_.NextStepsFor(ana_);
    for (const auto& suggestion : decision.suggestions()) {
      kinds.push_back(suggestion.kind());
    }
    return kinds;
  }

  Story story_;
  const std::string mara_;
  const Story::Known ana_;
};

// Proves: R04, R06
TEST_F(ReadinessOverTheWire, IsThereWhenAllThatItAsksForIsKnown) {
  AllIsWell();
  const auto ready = Check("migration");
  EXPECT_TRUE(ready.ready()) << ready.DebugString();
  EXPECT_THAT(ready.changes(), IsEmpty());
  EXPECT_EQ(ready.window().channel(), type::v1::CHANNEL_EMAIL);
  EXPECT_THAT(Steps(), Contains(rv::PROPOSE));
  const auto worklist = story_.WorklistOf(mara_);
  const auto* item = ItemFor(worklist, ana_);
  ASSERT_NE(item, nullptr);
  EXPECT_EQ(item->suggestion().kind(), rv::PROPOSE) << worklist.DebugString();
  EXPECT_EQ(worklist.items_size(), 1);
  EXPECT_EQ(worklist.waiting_count(), 0);
  EXPECT_EQ(worklist.left_out(), 0);
  EXPECT_THAT(Explain(rv::PROPOSE, "migration"), FailsWith(type::v1::STATE_TRANSITION));
  EXPECT_THAT(Explain(rv::PROPOSE), FailsWith(type::v1::STATE_TRANSITION));
}

// Proves: R04
TEST_F(ReadinessOverTheWire, SaysWhatIsMissingAndTheSmallestChanges) {
  Offers("migration", "re-keying", rv::Offer::HIGH);
  Allows(type::v1::PURPOSE_PROPOSAL);
  SpokeWell();
  Learn(ev::Fact::SITUATION, "moved the workshop");
  Learn(ev::Fact::PROBLEM, "loses a day a week");
  const auto early = Check("migration");
  EXPECT_FALSE(early.ready());
  EXPECT_THAT(Unmet(early), ElementsAre(rv::UNDERSTANDING_THIN, rv::NEED_NOT_EXPLICIT));
  EXPECT_NEAR(early.conditions(0).value(), 0.40, 1e-4);
  EXPECT_EQ(early.changes_size(), 2) << early.DebugString();
  ASSERT_OK_AND_ASSIGN(const auto why_not, Explain(rv::PROPOSE, "migration"));
  EXPECT_EQ(why_not.changes_size(), 2);
  EXPECT_EQ(why_not.readiness().ready(), false);
  EXPECT_EQ(why_not.exclusion().kind(), rv::PROPOSE);
  EXPECT_THAT(why_not.exclusion().reasons(), Not(IsEmpty()));
  const auto briefing = story_.BriefingOn(ana_);
  ASSERT_EQ(briefing.not_yet_size(), 2) << briefing.DebugString();
  EXPECT_EQ(briefing.not_yet(0).detail(), "UNDERSTANDING_THIN");
  EXPECT_EQ(briefing.not_yet(1).detail(), "NEED_NOT_EXPLICIT");
}

// Proves: C15, R04
TEST_F(ReadinessOverTheWire, EndsWhenAWithdrawalReturns) {
  AllIsWell();
  ASSERT_TRUE(Check("migration").ready());
  Withdraws(type::v1::PURPOSE_PROPOSAL);
  EXPECT_THAT(Unmet(Check("migration")), ElementsAre(rv::CONSENT_DENIED));
  EXPECT_THAT(Steps(), Not(Contains(rv::PROPOSE)));
  EXPECT_EQ(ItemFor(story_.WorklistOf(mara_), ana_)->suggestion().kind(), rv::WAIT);
}

// Proves: E13, R04
TEST_F(ReadinessOverTheWire, EndsWithACareGuardWhileASuggestionStands) {
  AllIsWell();
  ASSERT_THAT(Steps(), Contains(rv::PROPOSE));
  cv::SetCareGuardRequest guard;
  guard.set_name(ana_.relationship);
  guard.set_steward(mara_);
  guard.set_reason("her father died");
  Must<cv::Relationship>(absl::StrCat(kRelationships, "SetCareGuard"), guard);
  EXPECT_THAT(Steps(), Not(Contains(rv::PROPOSE)));
  EXPECT_THAT(Unmet(Check("migration")), Contains(rv::CARE_GUARD));
  const auto briefing = story_.BriefingOn(ana_);
  ASSERT_EQ(briefing.not_yet_size(), 1) << briefing.DebugString();
  EXPECT_EQ(briefing.not_yet(0).detail(), "CARE_GUARD");
}

// Proves: R04
TEST_F(ReadinessOverTheWire, GivesWayToSomebodyWhoAsksToBuy) {
  Offers("seats", "seats", rv::Offer::HIGH);
  EXPECT_FALSE(Check("seats").ready());
  const auto need = Needs("two seats", "Seats", true, true);
  const auto led = Check("seats");
  EXPECT_TRUE(led.ready()) << led.DebugString();
  EXPECT_TRUE(led.person_led());
  EXPECT_EQ(led.need(), need.name());
  const auto steps = story_.NextStepsFor(ana_);
  const auto& propose = *std::find_if(steps.suggestions().begin(), steps.suggestions().end(),
                                      [](const auto& s) { return s.kind() == rv::PROPOSE; });
  EXPECT_TRUE(propose.person_led());
  EXPECT_EQ(propose.conduct(), rv::HUMAN_REQUIRED);
  EXPECT_EQ(propose.reasons(0).code(), rv::PERSON_LED);
}

TEST_F(ReadinessOverTheWire, FindsTheOfferThatIsNearestToANeed) {
  Offers("high", "seats", rv::Offer::HIGH);
  Offers("low", "seats", rv::Offer::LOW);
  const auto need = Needs("two seats", "seats", false);
  auto request = About("");
  request.set_need(need.name());
  ASSERT_OK_AND_ASSIGN(const auto nearest, TryCheck(request));
  EXPECT_EQ(nearest.offer(), story_.house.parent() + "/offers/low");
  EXPECT_EQ(nearest.need(), need.name());
  EXPECT_THAT(Unmet(nearest), ElementsAre(rv::CONSENT_UNKNOWN));
  request.set_need(Needs("paper", "paper", true).name());
  ASSERT_OK_AND_ASSIGN(const auto none, TryCheck(request));
  EXPECT_FALSE(none.ready());
  EXPECT_THAT(Unmet(none), ElementsAre(rv::NO_OFFER));
}

TEST_F(ReadinessOverTheWire, RefusesWhatItCannotAnswer) {
  Offers("seats", "seats", rv::Offer::LOW);
  EXPECT_THAT(TryCheck(About("")), FailsWith(type::v1::FIELD));
  EXPECT_THAT(TryCheck(About("nothing")), FailsWith(type::v1::RESOURCE_UNKNOWN));
  auto need = About("seats");
  need.set_need(ana_.relationship + "/needs/none");
  EXPECT_THAT(TryCheck(need), FailsWith(type::v1::RESOURCE_UNKNOWN));
  auto nobody = About("seats");
  nobody.set_relationship(story_.house.parent() + "/relationships/nobody");
  EXPECT_THAT(TryCheck(nobody), FailsWith(type::v1::RESOURCE_UNKNOWN));
  EXPECT_THAT(Explain(rv::CARE, "seats"), FailsWith(type::v1::FIELD));
  EXPECT_THAT(Explain(rv::PROPOSE, "nothing"), FailsWith(type::v1::RESOURCE_UNKNOWN));
  EXPECT_THAT(Explain(rv::STEP_KIND_UNSPECIFIED), FailsWith(type::v1::FIELD));
  ASSERT_OK_AND_ASSIGN(const auto why, Explain(rv::REPAIR));
  EXPECT_EQ(why.exclusion().kind(), rv::REPAIR);
  EXPECT_EQ(why.changes_size(), 1);
  rv::DeleteOfferRequest gone;
  gone.set_name(story_.house.parent() + "/offers/seats");
  Must<rv::Offer>("rapport.recommendation.v1.OfferService/DeleteOffer", gone);
  EXPECT_THAT(TryCheck(About("seats")), FailsWith(type::v1::RESOURCE_UNKNOWN));
}

// Proves: R19
TEST_F(ReadinessOverTheWire, FailsShutWhileContactIsAway) {
  AllIsWell();
  ASSERT_TRUE(Check("migration").ready());
  story_.house.Kill("contact");
  // At once, long before the feed is missed.
  const auto blind = Check("migration");
  EXPECT_FALSE(blind.ready());
  EXPECT_THAT(Unmet(blind), ElementsAre(rv::DEPENDENCY_DEGRADED, rv::CONSENT_UNKNOWN));
  EXPECT_THAT(blind.degraded(), Not(IsEmpty()));
  EXPECT_THAT(blind.changes(), IsEmpty());
  EXPECT_THAT(Steps(), Not(Contains(rv::PROPOSE)));
  EXPECT_THAT(story_.WorklistOf(mara_).degraded(), Not(IsEmpty()));
  story_.house.Start("contact");
  EXPECT_TRUE(Eventually(absl::Seconds(15), [&] { return Check("migration").ready(); }));
}

// Proves: R19
TEST_F(ReadinessOverTheWire, FailsShutWhileEngagementIsAway) {
  AllIsWell();
  ASSERT_TRUE(Check("migration").ready());
  story_.house.Kill("engagement");
  const auto blind = Check("migration");
  EXPECT_FALSE(blind.ready());
  EXPECT_THAT(Unmet(blind), ElementsAre(rv::DEPENDENCY_DEGRADED));
  EXPECT_THAT(Steps(), Not(Contains(rv::PROPOSE)));
}

// Proves: E11, R09
TEST_F(ReadinessOverTheWire, HoldsNoProposalWhileAfterCareIsOpen) {
  AllIsWell();
  ev::RecordSaleRequest record;
  record.set_parent(ana_.relationship);
  record.mutable_sale()->set_summary("the migration");
  record.mutable_sale()->set_offer(story_.house.parent() + "/offers/migration");
  record.mutable_sale()->set_led_by(type::v1::PARTY_US);
  record.mutable_sale()->mutable_amount()->set_units(4000);
  record.mutable_sale()->mutable_amount()->set_currency_code("EUR");
  record.set_stage(ev::Sale::DELIVERED);
  Must<ev::Sale>("rapport.engagement.v1.SaleService/RecordSale", record);
  EXPECT_THAT(Unmet(Check("migration")), Contains(rv::AFTER_CARE_OPEN));
  EXPECT_THAT(Steps(), Not(Contains(rv::PROPOSE)));
}

// Proves: R12
TEST_F(ReadinessOverTheWire, KeepsNoAmountOfASale) {
  ev::RecordSaleRequest record;
  record.set_parent(ana_.relationship);
  record.mutable_sale()->set_summary("the migration");
  record.mutable_sale()->set_led_by(type::v1::PARTY_US);
  record.mutable_sale()->mutable_amount()->set_currency_code("XTS");
  record.mutable_sale()->mutable_amount()->set_units(4000);
  Must<ev::Sale>("rapport.engagement.v1.SaleService/RecordSale", record);
  EXPECT_TRUE(Eventually(absl::Seconds(5), [&] {
    const auto steps = story_.NextStepsFor(ana_);
    for (const auto& input : steps.inputs()) {
      if (input.name().find("/sales/") != std::string::npos) return true;
    }
    return false;
  }));
  story_.house.Stop("recommendation");
  std::ifstream store(story_.house.StoreOf("recommendation"), std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(store)), {});
  EXPECT_NE(bytes.find("the migration"), std::string::npos);
  EXPECT_EQ(bytes.find("XTS"), std::string::npos);
}

// Proves: R16
TEST_F(ReadinessOverTheWire, ProposesOnlyWhereAPlaceIsLeft) {
  AllIsWell();
  const auto bo = story_.Knows("Bo", {"bo@example.org"}, {mara_});
  story_.WePromised(bo, "the list", "2026-06-16", "2026-06-10");
  const auto one = story_.WorklistOf(mara_, 1);
  ASSERT_EQ(one.items_size(), 1);
  EXPECT_EQ(one.items(0).relationship(), bo.relationship);
  const auto two = story_.WorklistOf(mara_, 2);
  ASSERT_EQ(two.items_size(), 2) << two.DebugString();
  EXPECT_EQ(two.items(1).relationship(), ana_.relationship);
  EXPECT_EQ(two.items(1).suggestion().kind(), rv::PROPOSE);
}

}  // namespace
}  // namespace rapport::tests
