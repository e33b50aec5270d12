// The engagement service as its clients see it, with the services around it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "tests/scenarios/story.h"

namespace rapport::tests {
namespace {

using ::testing::ElementsAre;

constexpr char kNow[] = "2026-06-15 09:00";

// Proves: E02
TEST(Recording, TakesAnEventALittleAheadOfOurClockForNow) {
  Story story(kNow);
  const auto ana = story.Knows("Ana", {"ana@example.org"});
  const auto now = Stamp(kNow);
  auto call = Call("a call", kNow, 900, 600);
  call.mutable_event_time()->set_seconds(now.seconds() + 60);
  const auto recorded = story.Recorded(ana, call);
  EXPECT_EQ(recorded.state(), ev::Engagement::RECORDED);
  EXPECT_EQ(recorded.event_time().seconds(), now.seconds());
  EXPECT_TRUE(story.Recorded(ana, call).repeated());
  EXPECT_NEAR(story.RapportOf(ana).silence_days().value(), 0, 1e-6);

  auto later = Call("a call to come", kNow, 900, 600);
  later.mutable_event_time()->set_seconds(now.seconds() + 61);
  const auto planned = story.Recorded(ana, later);
  EXPECT_EQ(planned.state(), ev::Engagement::PLANNED);
  EXPECT_EQ(planned.event_time().seconds(), now.seconds() + 61);
}

class Promises : public ::testing::Test {
 protected:
  absl::StatusOr<ev::Promise> Keep(const ev::Promise& promise, absl::string_view when = "") {
    ev::KeepPromiseRequest request;
    request.set_name(promise.name());
    if (!when.empty()) *request.mutable_keep_time() = Stamp(when);
    return story_.house.Call<ev::Promise>(absl::StrCat(kPromises, "KeepPromise"), request);
  }
  absl::StatusOr<ev::Promise> Repair(const ev::Promise& promise) {
    ev::RepairPromiseRequest request;
    request.set_name(promise.name());
    request.set_evidence("sent with an apology");
    return story_.house.Call<ev::Promise>(absl::StrCat(kPromises, "RepairPromise"), request);
  }
  absl::StatusOr<ev::Promise> Release(const ev::Promise& promise, type::v1::Party said_by) {
    ev::ReleasePromiseRequest request;
    request.set_name(promise.name());
    request.set_said_by(said_by);
    return story_.house.Call<ev::Promise>(absl::StrCat(kPromises, "ReleasePromise"), request);
  }
  absl::StatusOr<ev::Promise> Renegotiate(const ev::Promise& promise, absl::string_view due) {
    ev::RenegotiatePromiseRequest request;
    request.set_name(promise.name());
    *request.mutable_due_time() = Stamp(due);
    return story_.house.Call<ev::Promise>(absl::StrCat(kPromises, "RenegotiatePromise"), request);
  }
  ev::Promise::State StateOf(const ev::Promise& promise) {
    ev::GetPromiseRequest request;
    request.set_name(promise.name());
    return story_.house.Must<ev::Promise>(absl::StrCat(kPromises, "GetPromise"), request).state();
  }

  Story story_{kNow};
  const Story::Known ana_ = story_.Knows("Ana", {"ana@example.org"});
};

// Proves: E10
TEST_F(Promises, AreKeptKeptLateOrBrokenByTheClock) {
  const auto in_time = story_.WePromised(ana_, "a", "2026-06-20", "2026-06-01");
  const auto late = story_.WePromised(ana_, "b", "2026-06-14 09:00", "2026-06-01");
  const auto forgotten = story_.WePromised(ana_, "c", "2026-06-14 09:00", "2026-06-01");
  EXPECT_EQ(Keep(in_time)->state(), ev::Promise::KEPT);
  EXPECT_EQ(Keep(late)->state(), ev::Promise::KEPT_LATE);
  EXPECT_THAT(Keep(late), FailsWith(type::v1::STATE_TRANSITION));
  EXPECT_EQ(StateOf(forgotten), ev::Promise::OPEN) << "within the grace of two days";
  story_.ItIs("2026-06-16 09:01");
  EXPECT_EQ(StateOf(forgotten), ev::Promise::BROKEN);
  EXPECT_THAT(Keep(forgotten), FailsWith(type::v1::STATE_TRANSITION));
  EXPECT_THAT(Renegotiate(forgotten, "2026-07-01"), FailsWith(type::v1::STATE_TRANSITION));
  ASSERT_OK_AND_ASSIGN(const auto repaired, Repair(forgotten));
  EXPECT_EQ(repaired.state(), ev::Promise::REPAIRED);
  EXPECT_EQ(repaired.evidence(), "sent with an apology");
  EXPECT_THAT(Repair(forgotten), FailsWith(type::v1::STATE_TRANSITION));
  const auto rapport = story_.RapportOf(ana_);
  EXPECT_EQ(rapport.our_open_promises(), 0);
  EXPECT_GT(rapport.reliability().n(), 0);
}

// Proves: E10
TEST_F(Promises, ARenegotiatedOneKeepsItsHistory) {
  const auto promise = story_.WePromised(ana_, "a", "2026-06-20", "2026-06-01");
  EXPECT_THAT(Repair(promise), FailsWith(type::v1::STATE_TRANSITION)) << "it is not broken";
  EXPECT_THAT(Renegotiate(promise, "2026-06-01"), FailsWith(type::v1::STATE_TRANSITION));
  ASSERT_OK_AND_ASSIGN(const auto moved, Renegotiate(promise, "2026-07-20"));
  EXPECT_EQ(moved.state(), ev::Promise::OPEN);
  ASSERT_EQ(moved.due_history_size(), 1);
  EXPECT_EQ(moved.due_history(0).seconds(), Stamp("2026-06-20").seconds());
  story_.ItIs("2026-07-01");
  EXPECT_EQ(StateOf(promise), ev::Promise::OPEN);
}

// Proves: E10
TEST_F(Promises, OnlyTheOnePromisedToLetsItGo) {
  const auto promise = story_.WePromised(ana_, "a", "2026-06-20", "2026-06-01");
  EXPECT_THAT(Release(promise, type::v1::PARTY_US), FailsWith(type::v1::STATE_TRANSITION));
  EXPECT_EQ(Release(promise, type::v1::PARTY_PERSON)->state(), ev::Promise::RELEASED);
  EXPECT_THAT(Keep(promise), FailsWith(type::v1::STATE_TRANSITION));

  ev::MakePromiseRequest theirs;
  theirs.set_parent(ana_.relationship);
  theirs.mutable_promise()->set_promised_by(type::v1::PARTY_PERSON);
  theirs.mutable_promise()->set_text("the plans");
  *theirs.mutable_promise()->mutable_due_time() = Stamp("2026-06-20");
  const auto hers = story_.house.Must<ev::Promise>(absl::StrCat(kPromises, "MakePromise"), theirs);
  EXPECT_THAT(Release(hers, type::v1::PARTY_PERSON), FailsWith(type::v1::STATE_TRANSITION));
  EXPECT_OK(Release(hers, type::v1::PARTY_US));
}

// Proves: E10, P04
TEST_F(Promises, RefuseWhatCannotBe) {
  const auto promise = story_.WePromised(ana_, "a", "2026-06-20", "2026-06-10");
  EXPECT_THAT(Keep(promise, "2026-06-16"), FailsWith(type::v1::FIELD)) << "not yet";
  EXPECT_THAT(Keep(promise, "2026-06-01"), FailsWith(type::v1::STATE_TRANSITION))
      << "not promised then";
  ev::MakePromiseRequest make;
  make.set_parent(ana_.relationship);
  make.mutable_promise()->set_promised_by(type::v1::PARTY_US);
  make.mutable_promise()->set_text("x");
  EXPECT_THAT(story_.house.Call<ev::Promise>(absl::StrCat(kPromises, "MakePromise"), make),
              FailsWith(type::v1::FIELD));
  *make.mutable_promise()->mutable_due_time() = Stamp("2026-06-01");
  EXPECT_THAT(story_.house.Call<ev::Promise>(absl::StrCat(kPromises, "MakePromise"), make),
              FailsWith(type::v1::FIELD))
      << "due before it was made";
  *make.mutable_promise()->mutable_due_time() = Stamp("2026-07-01");
  make.set_parent(absl::StrCat(story_.house.parent(), "/relationships/nobody"));
  EXPECT_THAT(story_.house.Call<ev::Promise>(absl::StrCat(kPromises, "MakePromise"), make),
              FailsWith(type::v1::RESOURCE_UNKNOWN));
}

// Proves: E01, E04
TEST(Engagements, AutomatedMailMustSayThatItIs) {
  Story story(kNow);
  const auto ana = story.Knows("Ana", {"ana@example.org"});
  auto mail = MailTo("a robot's mail", "2026-06-01");
  mail.set_conduct(ev::Engagement::AUTOMATED);
  ev::RecordEngagementRequest request;
  request.set_relationship(ana.relationship);
  *request.mutable_engagement() = mail;
  const std::string record = absl::StrCat(kEngagements, "RecordEngagement");
  EXPECT_THAT(story.house.Call<ev::Engagement>(record, request),
              FailsWith(type::v1::DISCLOSURE_MISSING));
  const auto batch = story.house.Must<ev::BatchRecordEngagementsResponse>(
      absl::StrCat(kEngagements, "BatchRecordEngagements"),
      story.Batch({{"ana@example.org", mail}, {"ana@example.org", MailTo("ours", "2026-06-02")}}));
  ASSERT_EQ(batch.results_size(), 2);
  EXPECT_EQ(errors::ReasonOf(errors::FromProto(batch.results(0).status())),
            type::v1::DISCLOSURE_MISSING);
  EXPECT_EQ(batch.results(1).outcome(), ev::RecordResult::RECORDED);
  request.mutable_engagement()->set_disclosed(true);
  const auto disclosed = story.house.Must<ev::Engagement>(record, request);
  ev::AmendEngagementRequest amend;
  amend.mutable_engagement()->set_name(disclosed.name());
  amend.mutable_update_mask()->add_paths("disclosed");
  EXPECT_THAT(
      story.house.Call<ev::Engagement>(absl::StrCat(kEngagements, "AmendEngagement"), amend),
      FailsWith(type::v1::DISCLOSURE_MISSING));
  EXPECT_EQ(story.RapportOf(ana).two_way_count(), 0);
}

// Proves: E02
TEST(Engagements, GiveTheSameStateInAnyOrder) {
  Story story(kNow);
  std::vector<int> order = {0, 1, 2, 3};
  ev::Rapport first;
  int permutation = 0;
  do {
    const std::string who = absl::StrCat("p", permutation);
    const auto person = story.Knows(who, {});
    const std::vector<ev::Engagement> all = {
        Call(who + "1", "2026-01-10", 300, 200), MailFrom(who + "2", "2026-05-20", who),
        MailTo(who + "3", "2026-05-21", who), Meeting(who + "4", "2026-03-03")};
    for (const int i : order) story.Recorded(person, all[static_cast<std::size_t>(i)]);
    const auto rapport = story.RapportOf(person, kNow);
    if (permutation++ == 0) {
      first = rapport;
      continue;
    }
    EXPECT_NEAR(rapport.health().value(), first.health().value(), 1e-9);
    EXPECT_NEAR(rapport.volume().value(), first.volume().value(), 1e-9);
    EXPECT_NEAR(rapport.listening().value(), first.listening().value(), 1e-9);
    EXPECT_NEAR(rapport.expected_days(), first.expected_days(), 1e-9);
    EXPECT_EQ(rapport.turn(), first.turn());
    EXPECT_EQ(rapport.awaiting_us(), first.awaiting_us());
    EXPECT_EQ(rapport.last_two_way_time().seconds(), first.last_two_way_time().seconds());
  } while (std::next_permutation(order.begin(), order.end()));
  EXPECT_EQ(permutation, 24);
}

// Proves: E03, P04
TEST(Engagements, RefuseAmendmentsThatCannotBe) {
  Story story(kNow);
  const auto ana = story.Knows("Ana", {});
  const auto call = story.Recorded(ana, Call("a call", "2026-06-01"));
  ev::AmendEngagementRequest amend;
  amend.mutable_engagement()->set_name(call.name());
  amend.mutable_engagement()->set_source_id("another");
  const std::string method = absl::StrCat(kEngagements, "AmendEngagement");
  EXPECT_THAT(story.house.Call<ev::Engagement>(method, amend), FailsWith(type::v1::FIELD));
  amend.mutable_engagement()->clear_source_id();
  amend.mutable_engagement()->set_etag("\"17\"");
  amend.mutable_engagement()->set_subject("s");
  EXPECT_THAT(story.house.Call<ev::Engagement>(method, amend), FailsWith(type::v1::ETAG_MISMATCH));
  story.Retracted(call, "no");
  amend.mutable_engagement()->clear_etag();
  EXPECT_THAT(story.house.Call<ev::Engagement>(method, amend),
              FailsWith(type::v1::STATE_TRANSITION));
  ev::RetractEngagementRequest retract;
  retract.set_name(call.name());
  EXPECT_THAT(
      story.house.Call<ev::Engagement>(absl::StrCat(kEngagements, "RetractEngagement"), retract),
      FailsWith(type::v1::STATE_TRANSITION));
}

TEST(Feedback, IsAnsweredOnce) {
  Story story(kNow);
  const auto ana = story.Knows("Ana", {});
  const auto feedback =
      story.Gave(ana, ev::Feedback::GRIEVANCE, "You forgot me.\nTwice.", "2026-06-01");
  EXPECT_EQ(feedback.verbatim(), "You forgot me.\nTwice.");
  ev::AcknowledgeFeedbackRequest answer;
  answer.set_name(feedback.name());
  const std::string method = absl::StrCat(kUnderstanding, "AcknowledgeFeedback");
  EXPECT_EQ(story.house.Must<ev::Feedback>(method, answer).state(), ev::Feedback::ACKNOWLEDGED);
  EXPECT_THAT(story.house.Call<ev::Feedback>(method, answer),
              FailsWith(type::v1::STATE_TRANSITION));
}

// Proves: E22
TEST(Rapport, OfManyIsGivenInOrderAllOrNone) {
  Story story(kNow);
  ev::BatchGetRapportRequest request;
  request.set_parent(story.house.parent());
  std::vector<std::string> drifting;
  for (int i = 0; i < 3; ++i) {
    const auto who = story.Knows(absl::StrCat("P", i), {});
    story.WishesRhythm(who, 10, 10);
    story.Recorded(who, Call(absl::StrCat("call ", i), absl::StrCat("2026-04-0", 3 - i)));
    request.add_names(who.relationship);
    drifting.insert(drifting.begin(), who.relationship);  // the longest silence first
  }
  const std::string method = absl::StrCat(kRapport, "BatchGetRapport");
  const auto many = story.house.Must<ev::BatchGetRapportResponse>(method, request);
  ASSERT_EQ(many.rapports_size(), 3);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(many.rapports(i).relationship(), request.names(i));
  EXPECT_EQ(story.DriftingAt(kNow), drifting);

  ev::ListDriftingRequest list;
  list.set_parent(story.house.parent());
  list.set_page_size(2);
  const auto page =
      story.house.Must<ev::ListDriftingResponse>(absl::StrCat(kRapport, "ListDrifting"), list);
  EXPECT_EQ(page.relationships_size(), 2);
  list.set_page_token(page.next_page_token());
  EXPECT_EQ(story.house.Must<ev::ListDriftingResponse>(absl::StrCat(kRapport, "ListDrifting"), list)
                .relationships_size(),
            1);
  request.add_names(absl::StrCat(story.house.parent(), "/relationships/nobody"));
  EXPECT_THAT(story.house.Call<ev::BatchGetRapportResponse>(method, request),
              FailsWith(type::v1::RESOURCE_UNKNOWN));
}

}  // namespace
}  // namespace rapport::tests
