// Facts, understanding and listening as the clients of the engagement service see them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/scenarios/story.h"

namespace rapport::tests {
namespace {

using type::v1::MEASURE_STATUS_INSUFFICIENT;
using type::v1::MEASURE_STATUS_OK;
using type::v1::MEASURE_STATUS_UNDEFINED;
using type::v1::PARTY_PERSON;
using type::v1::PARTY_US;

constexpr char kNow[] = "2026-06-15 09:00";
constexpr char kGoldenDay[] = "2026-06-15 00:00";

class Facts : public ::testing::Test {
 protected:
  absl::StatusOr<ev::Fact> Learn(ev::Fact::Slot slot, type::v1::Party said_by,
                                 absl::string_view when, const std::string& topic = "",
                                 const std::vector<std::string>& supersedes = {}) {
    ev::LearnFactRequest request;
    request.set_parent(ana_.relationship);
    request.mutable_fact()->set_slot(slot);
    request.mutable_fact()->set_text("a fact");
    request.mutable_fact()->set_said_by(said_by);
    *request.mutable_fact()->mutable_said_time() = Stamp(when);
    if (!topic.empty()) request.mutable_fact()->add_topics(topic);
    for (const auto& name : supersedes) request.add_supersedes(name);
    return story_.house.Call<ev::Fact>(absl::StrCat(kUnderstanding, "LearnFact"), request);
  }
  absl::StatusOr<ev::Fact> Confirm(const std::string& fact, type::v1::Party said_by,
                                   absl::string_view when = "", const std::string& etag = "") {
    ev::ConfirmFactRequest request;
    request.set_name(fact);
    request.set_said_by(said_by);
    request.set_etag(etag);
    if (!when.empty()) *request.mutable_confirm_time() = Stamp(when);
    return story_.house.Call<ev::Fact>(absl::StrCat(kUnderstanding, "ConfirmFact"), request);
  }
  absl::StatusOr<ev::Fact> Dispute(const std::string& fact, type::v1::Party said_by,
                                   absl::string_view when = "",
                                   const std::string& contradicted_by = "",
                                   const std::string& etag = "") {
    ev::DisputeFactRequest request;
    request.set_name(fact);
    request.set_said_by(said_by);
    request.set_reason("the numbers differ");
    request.set_contradicted_by(contradicted_by);
    request.set_etag(etag);
    if (!when.empty()) *request.mutable_dispute_time() = Stamp(when);
    return story_.house.Call<ev::Fact>(absl::StrCat(kUnderstanding, "DisputeFact"), request);
  }
  absl::StatusOr<ev::Understanding> Understand(absl::string_view as_of = "",
                                               const std::string& topic = "") {
    ev::GetUnderstandingRequest request;
    request.set_name(ana_.relationship);
    if (!topic.empty()) request.add_topics(topic);
    if (!as_of.empty()) *request.mutable_as_of() = Stamp(as_of);
    return story_.house.Call<ev::Understanding>(absl::StrCat(kUnderstanding, "GetUnderstanding"),
                                                request);
  }
  ev::Fact Get(const std::string& fact) {
    ev::GetFactRequest request;
    request.set_name(fact);
    return story_.house.Must<ev::Fact>(absl::StrCat(kUnderstanding, "GetFact"), request);
  }

  Story story_{kNow, {.services = {"contact", "engagement"}}};
  const Story::Known ana_ = story_.Knows("Ana", {"ana@example.org"});
};

// Proves: E08
TEST_F(Facts, FillSlotsAndShowWhatIsMissing) {
  EXPECT_EQ(Understand()->coverage().status(), MEASURE_STATUS_UNDEFINED);
  EXPECT_EQ(Understand()->gaps_size(), 4) << "of somebody unknown everything is missing";
  ASSERT_OK(Learn(ev::Fact::SITUATION, PARTY_PERSON, "2025-06-15"));
  ASSERT_OK(Learn(ev::Fact::PROBLEM, PARTY_PERSON, "2026-06-15"));
  ASSERT_OK(Learn(ev::Fact::IMPLICATION, PARTY_US, "2025-12-17"));
  ASSERT_OK(Learn(ev::Fact::IMPLICATION, PARTY_PERSON, "2025-06-20"));
  ASSERT_OK(Learn(ev::Fact::NEED_PAYOFF, PARTY_PERSON, "2026-02-15"));
  ASSERT_OK_AND_ASSIGN(const auto golden, Understand(kGoldenDay));
  EXPECT_EQ(golden.relationship(), ana_.relationship);
  EXPECT_NEAR(golden.coverage().value(), 0.6063, 1e-4);
  EXPECT_EQ(golden.gaps(0).slot(), ev::Fact::IMPLICATION);
  EXPECT_GT(golden.gaps(0).questions_size(), 0);
  EXPECT_EQ(golden.listening().status(), MEASURE_STATUS_UNDEFINED);
  ASSERT_OK_AND_ASSIGN(const auto later, Understand("2026-12-12"));
  EXPECT_LT(later.coverage().value(), golden.coverage().value());
  ASSERT_OK_AND_ASSIGN(const auto earlier, Understand("2025-06-16"));
  EXPECT_EQ(earlier.coverage().n(), 1);
}

// Proves: E08
TEST_F(Facts, OfTheirTopicCountForIt) {
  ASSERT_OK(Learn(ev::Fact::PROBLEM, PARTY_PERSON, "2026-06-15", "Straße"));
  ASSERT_OK(Learn(ev::Fact::PROBLEM, PARTY_PERSON, "2026-06-15", "pricing"));
  EXPECT_EQ(Understand("", "STRASSE")->slots(1).facts_size(), 1);
  EXPECT_EQ(Understand("", "export")->coverage().status(), MEASURE_STATUS_UNDEFINED);
}

// Proves: E08
TEST_F(Facts, AnInferenceThatThePersonConfirmsCountsAsTheirWord) {
  ASSERT_OK_AND_ASSIGN(const auto fact, Learn(ev::Fact::PROBLEM, PARTY_US, "2026-06-01"));
  EXPECT_EQ(fact.confirmed_by(), PARTY_US);
  EXPECT_NEAR(Understand(kGoldenDay)->slots(1).fill(), .5 * std::exp2(-14.0 / 180), 1e-6);
  ASSERT_OK_AND_ASSIGN(const auto confirmed, Confirm(fact.name(), PARTY_PERSON, "2026-06-15"));
  EXPECT_EQ(confirmed.confirmed_by(), PARTY_PERSON);
  EXPECT_EQ(confirmed.said_by(), PARTY_US);
  EXPECT_EQ(confirmed.revision(), 2);
  EXPECT_NEAR(Understand(kGoldenDay)->slots(1).fill(), 1, 1e-6);
  EXPECT_NEAR(Understand("2026-06-10")->slots(1).fill(), .5 * std::exp2(-9.0 / 180), 1e-6)
      << "then it was an inference";
}

// Proves: E08, E22
TEST_F(Facts, ComeWithEveryMeasureOfTheInstant) {
  story_.Recorded(ana_, Call("the call", "2026-06-10", 900, 600));
  ASSERT_OK(Learn(ev::Fact::PROBLEM, type::v1::PARTY_PERSON, "2026-06-10"));
  for (const char* as_of : {"2026-06-15", "2026-06-11"}) {
    ASSERT_OK_AND_ASSIGN(const auto understood, Understand(as_of));
    EXPECT_EQ(understood.rapport().SerializeAsString(),
              story_.RapportOf(ana_, as_of).SerializeAsString());
    EXPECT_NEAR(understood.listening().value(), understood.rapport().listening().value(), 1e-12);
  }
}

// Proves: E08
TEST_F(Facts, InDisputeCountForNothingAndStayVisible) {
  ASSERT_OK_AND_ASSIGN(const auto fact, Learn(ev::Fact::PROBLEM, PARTY_US, "2026-06-01"));
  ASSERT_OK_AND_ASSIGN(const auto other, Learn(ev::Fact::SITUATION, PARTY_PERSON, "2026-06-02"));
  ASSERT_OK_AND_ASSIGN(const auto disputed,
                       Dispute(fact.name(), PARTY_PERSON, "2026-06-03", other.name()));
  EXPECT_EQ(disputed.dispute_reason(), "the numbers differ");
  EXPECT_EQ(disputed.contradicted_by(), other.name());
  EXPECT_EQ(Understand(kGoldenDay)->slots(1).fill(), 0);
  EXPECT_GT(Understand("2026-06-02 12:00")->slots(1).fill(), 0.4);
  EXPECT_THAT(Confirm(fact.name(), PARTY_US), FailsWith(type::v1::STATE_TRANSITION))
      << "only the person ends the person's doubt";
  ASSERT_OK_AND_ASSIGN(const auto settled, Confirm(fact.name(), PARTY_PERSON));
  EXPECT_FALSE(settled.has_dispute_time());
  EXPECT_NEAR(Understand()->slots(1).fill(), 1, 1e-6);
}

// Proves: E08
TEST_F(Facts, AreSupersededNeverOverwritten) {
  ASSERT_OK_AND_ASSIGN(const auto old, Learn(ev::Fact::SITUATION, PARTY_PERSON, "2026-05-01"));
  ASSERT_OK_AND_ASSIGN(const auto newer,
                       Learn(ev::Fact::SITUATION, PARTY_PERSON, "2026-06-01", "", {old.name()}));
  const auto kept = Get(old.name());
  EXPECT_EQ(kept.superseded_by(), newer.name());
  EXPECT_EQ(kept.supersede_time().seconds(), Stamp("2026-06-01").seconds());
  EXPECT_EQ(kept.text(), old.text());
  EXPECT_EQ(Understand()->slots(0).facts_size(), 1);
  EXPECT_EQ(Understand("2026-05-15")->slots(0).facts(0).fact().name(), old.name());
  EXPECT_THAT(Confirm(old.name(), PARTY_PERSON), FailsWith(type::v1::STATE_TRANSITION));
  EXPECT_THAT(Dispute(old.name(), PARTY_PERSON), FailsWith(type::v1::STATE_TRANSITION));
  EXPECT_THAT(Learn(ev::Fact::SITUATION, PARTY_PERSON, "2026-06-02", "", {old.name()}),
              FailsWith(type::v1::STATE_TRANSITION));
}

// Proves: N1, E08
TEST_F(Facts, SurviveAKill) {
  ASSERT_OK_AND_ASSIGN(const auto old, Learn(ev::Fact::PROBLEM, PARTY_US, "2026-06-01"));
  ASSERT_OK(Confirm(old.name(), PARTY_PERSON, "2026-06-03"));
  ASSERT_OK_AND_ASSIGN(const auto doubtful, Learn(ev::Fact::SITUATION, PARTY_US, "2026-06-02"));
  ASSERT_OK(Dispute(doubtful.name(), PARTY_PERSON, "2026-06-04"));
  ASSERT_OK(Learn(ev::Fact::PROBLEM, PARTY_PERSON, "2026-06-05", "", {old.name()}));
  ASSERT_OK_AND_ASSIGN(const auto before, Understand(kGoldenDay));
  const auto rapport = story_.RapportOf(ana_, kNow);
  story_.house.Kill("engagement");
  story_.house.Start("engagement");
  EXPECT_EQ(Understand(kGoldenDay)->SerializeAsString(), before.SerializeAsString());
  EXPECT_EQ(story_.RapportOf(ana_, kNow).SerializeAsString(), rapport.SerializeAsString());
  EXPECT_EQ(rapport.credibility().status(), MEASURE_STATUS_OK);
}

// Proves: E08, P04
TEST_F(Facts, RefuseWhatCannotBe) {
  const auto bo = story_.Knows("Bo", {"bo@example.org"});
  ASSERT_OK_AND_ASSIGN(const auto fact, Learn(ev::Fact::PROBLEM, PARTY_US, "2026-06-01"));
  const std::string unknown = absl::StrCat(ana_.relationship, "/facts/nothing");
  const std::string elsewhere = absl::StrCat(bo.relationship, "/facts/nothing");
  EXPECT_THAT(Learn(ev::Fact::PROBLEM, PARTY_US, "2026-06-16"), FailsWith(type::v1::FIELD));
  EXPECT_THAT(Learn(ev::Fact::PROBLEM, PARTY_US, "2026-06-01", "", {unknown}),
              FailsWith(type::v1::RESOURCE_UNKNOWN));
  EXPECT_THAT(Learn(ev::Fact::PROBLEM, PARTY_US, "2026-06-01", "", {elsewhere}),
              FailsWith(type::v1::FIELD));
  EXPECT_THAT(Confirm(unknown, PARTY_US), FailsWith(type::v1::RESOURCE_UNKNOWN));
  EXPECT_THAT(Confirm(fact.name(), type::v1::PARTY_UNSPECIFIED), FailsWith(type::v1::FIELD));
  EXPECT_THAT(Confirm(fact.name(), PARTY_US, "2026-05-31"), FailsWith(type::v1::FIELD));
  EXPECT_THAT(Confirm(fact.name(), PARTY_US, "2026-06-16"), FailsWith(type::v1::FIELD));
  EXPECT_THAT(Confirm(fact.name(), PARTY_US, "", "\"9\""), FailsWith(type::v1::ETAG_MISMATCH));
  EXPECT_THAT(Dispute(unknown, PARTY_US), FailsWith(type::v1::RESOURCE_UNKNOWN));
  EXPECT_THAT(Dispute(fact.name(), type::v1::PARTY_UNSPECIFIED), FailsWith(type::v1::FIELD));
  EXPECT_THAT(Dispute(fact.name(), PARTY_US, "2026-05-31"), FailsWith(type::v1::FIELD));
  EXPECT_THAT(Dispute(fact.name(), PARTY_US, "", elsewhere), FailsWith(type::v1::FIELD));
  EXPECT_THAT(Dispute(fact.name(), PARTY_US, "", unknown), FailsWith(type::v1::RESOURCE_UNKNOWN));
  EXPECT_THAT(Dispute(fact.name(), PARTY_US, "", "", "\"9\""), FailsWith(type::v1::ETAG_MISMATCH));
  EXPECT_EQ(Get(fact.name()).SerializeAsString(), fact.SerializeAsString());
  ev::GetUnderstandingRequest nobody;
  nobody.set_name(absl::StrCat(story_.house.parent(), "/relationships/nobody"));
  EXPECT_THAT(story_.house.Call<ev::Understanding>(absl::StrCat(kUnderstanding, "GetUnderstanding"),
                                                   nobody),
              FailsWith(type::v1::RESOURCE_UNKNOWN));
}

class Listening : public ::testing::Test {
 protected:
  absl::StatusOr<ev::ListeningReport> Measure(const ev::MeasureListeningRequest& request) {
    return story_.house.Call<ev::ListeningReport>(absl::StrCat(kUnderstanding, "MeasureListening"),
                                                  request);
  }
  ev::MeasureListeningRequest OfAna() const {
    ev::MeasureListeningRequest request;
    request.set_relationship(ana_.relationship);
    return request;
  }

  Story story_{kNow, {.services = {"contact", "engagement"}}};
  const std::string mara_ = story_.HasSteward("mara", "Mara");
  const Story::Known ana_ = story_.Knows("Ana", {"ana@example.org"});
};

// Proves: E07
TEST_F(Listening, IsMeasuredForARelationshipAWindowAndOneEngagement) {
  story_.Recorded(ana_, Call("the call of today", "2026-06-15", 900, 600));
  auto mail = MailTo("a mail of March", "2026-03-17");
  mail.set_our_words(300);
  mail.mutable_questions()->set_problem(3);
  mail.mutable_questions()->set_implication(1);
  const auto recorded = story_.Recorded(ana_, mail);
  auto request = OfAna();
  *request.mutable_to_time() = Stamp(kGoldenDay);
  ASSERT_OK_AND_ASSIGN(const auto all, Measure(request));
  EXPECT_NEAR(all.listening().value(), 0.5769, 1e-4);
  EXPECT_EQ(all.their_seconds(), 900);
  EXPECT_EQ(all.our_seconds(), 720);
  EXPECT_THAT(all.question_mix(), ::testing::ElementsAre(0, .75, .25, 0));
  const auto rapport = story_.RapportOf(ana_, kGoldenDay);
  EXPECT_NEAR(rapport.listening().value(), all.listening().value(), 1e-9);
  EXPECT_THAT(rapport.question_mix(), ::testing::ElementsAre(0, .75, .25, 0));

  *request.mutable_from_time() = recorded.event_time();
  *request.mutable_to_time() = recorded.event_time();
  ASSERT_OK_AND_ASSIGN(const auto one, Measure(request));
  EXPECT_EQ(one.engagements(), 1);
  EXPECT_EQ(one.our_seconds(), 120);
  EXPECT_EQ(one.listening().status(), MEASURE_STATUS_INSUFFICIENT) << "below five minutes";
  *request.mutable_from_time() = Stamp("2026-04-01");
  *request.mutable_to_time() = Stamp("2026-05-01");
  EXPECT_EQ(Measure(request)->listening().status(), MEASURE_STATUS_UNDEFINED);
}

// Proves: E07
TEST_F(Listening, IsMeasuredForAStewardOverAllPeople) {
  const auto bo = story_.Knows("Bo", {"bo@example.org"});
  auto first = Call("a", "2026-06-15", 400, 200);
  first.set_steward(mara_);
  auto second = Call("b", "2026-06-15", 200, 400);
  second.set_steward(mara_);
  story_.Recorded(ana_, first);
  story_.Recorded(bo, second);
  story_.Recorded(bo, Call("somebody else's", "2026-06-15", 900, 0));
  ev::MeasureListeningRequest request;
  request.set_steward(mara_);
  ASSERT_OK_AND_ASSIGN(const auto report, Measure(request));
  EXPECT_NEAR(report.listening().value(), 0.5, 1e-9);
  EXPECT_EQ(report.engagements(), 2);
}

// Proves: E07, P04
TEST_F(Listening, RefusesWhatCannotBe) {
  ev::MeasureListeningRequest request;
  EXPECT_THAT(Measure(request), FailsWith(type::v1::FIELD));
  request = OfAna();
  request.set_steward(mara_);
  EXPECT_THAT(Measure(request), FailsWith(type::v1::FIELD));
  request = OfAna();
  *request.mutable_from_time() = Stamp("2026-06-02");
  *request.mutable_to_time() = Stamp("2026-06-01");
  EXPECT_THAT(Measure(request), FailsWith(type::v1::FIELD));
  request.clear_to_time();
  request.set_relationship(absl::StrCat(story_.house.parent(), "/relationships/nobody"));
  EXPECT_THAT(Measure(request), FailsWith(type::v1::RESOURCE_UNKNOWN));
}

}  // namespace
}  // namespace rapport::tests
