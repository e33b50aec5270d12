// What people allow, as the clients of contact see it: the ledger and the decisions from it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "absl/strings/str_cat.h"
#include "common/time/proto_time.h"
#include "rapport/contact/v1/consent_service.pb.h"
#include "rapport/feed/v1/change_feed_service.pb.h"
#include "tests/scenarios/story.h"

namespace rapport::tests {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using type::v1::CHANNEL_EMAIL;
using type::v1::CHANNEL_PHONE;
using type::v1::PURPOSE_PROPOSAL;

constexpr char kConsent[] = "rapport.contact.v1.ConsentService/";
constexpr char kNow[] = "2026-06-15 09:00";
constexpr char kRequestId[] = "3f0c8d1e-5a64-4c6e-9f5d-0a1b2c3d4e5f";

class Consent : public ::testing::Test {
 protected:
  Consent() : story_(kNow, OnlyContact()), ana_(story_.Knows("Ana", {"ana@example.org"})) {}

  static House::Options OnlyContact() {
    House::Options options;
    options.services = {"contact"};
    return options;
  }
  template <class Response, class Request>
  absl::StatusOr<Response> Call(const std::string& method, const Request& request) {
    return story_.house.Call<Response>(absl::StrCat(kConsent, method), request);
  }

  cv::RecordConsentRequest Grant() const {
    cv::RecordConsentRequest request;
    request.set_parent(ana_.person);
    auto& entry = *request.mutable_consent_entry();
    entry.set_purpose(PURPOSE_PROPOSAL);
    entry.set_channel(CHANNEL_EMAIL);
    entry.set_decision(cv::ConsentEntry::GRANT);
    entry.set_lawful_basis(cv::ConsentEntry::CONSENT);
    return request;
  }
  absl::StatusOr<cv::ConsentEntry> Record(const cv::RecordConsentRequest& request) {
    return Call<cv::ConsentEntry>("RecordConsent", request);
  }
  cv::ConsentEntry Granted() {
    return story_.house.Must<cv::ConsentEntry>(absl::StrCat(kConsent, "RecordConsent"), Grant());
  }
  cv::WithdrawConsentRequest Withdrawal() const {
    cv::WithdrawConsentRequest request;
    request.set_parent(ana_.person);
    request.set_purpose(PURPOSE_PROPOSAL);
    request.set_channel(CHANNEL_EMAIL);
    return request;
  }
  cv::ConsentEntry Withdrawn() {
    return story_.house.Must<cv::ConsentEntry>(absl::StrCat(kConsent, "WithdrawConsent"),
                                               Withdrawal());
  }
  cv::CheckConsentRequest Question(absl::string_view as_of = "") const {
    cv::CheckConsentRequest request;
    request.mutable_question()->set_person(ana_.person);
    request.mutable_question()->set_purpose(PURPOSE_PROPOSAL);
    request.mutable_question()->set_channel(CHANNEL_EMAIL);
    if (!as_of.empty()) *request.mutable_as_of() = Stamp(as_of);
    return request;
  }
  cv::ConsentDecision Decided(absl::string_view as_of = "") {
    return story_.house.Must<cv::ConsentDecision>(absl::StrCat(kConsent, "CheckConsent"),
                                                  Question(as_of));
  }
  std::vector<std::string> Listed() {
    cv::ListConsentEntriesRequest request;
    request.set_parent(ana_.person);
    const auto response = story_.house.Must<cv::ListConsentEntriesResponse>(
        absl::StrCat(kConsent, "ListConsentEntries"), request);
    std::vector<std::string> names;
    for (const auto& entry : response.consent_entries()) names.push_back(entry.name());
    return names;
  }
  std::string PointOf(const Story::Known& who) {
    cv::ListContactPointsRequest request;
    request.set_parent(who.person);
    return story_.house
        .Must<cv::ListContactPointsResponse>(absl::StrCat(kPeople, "ListContactPoints"), request)
        .contact_points(0)
        .name();
  }
  void ExpectField(const absl::Status& status, const std::string& field) {
    EXPECT_THAT(status, FailsWith(type::v1::FIELD));
    EXPECT_THAT(std::string(status.message()), HasSubstr(field));
  }

  Story story_;
  const Story::Known ana_;
};

// Proves: C14
TEST_F(Consent, ARecordedDecisionSaysWhenAndByWhomItWasCaptured) {
  auto request = Grant();
  request.mutable_consent_entry()->mutable_evidence()->set_text("ticked the box");
  request.mutable_consent_entry()->mutable_evidence()->set_text_version("v3");
  request.mutable_consent_entry()->set_jurisdiction("PT");
  request.mutable_consent_entry()->set_corrects("what callers say here is ignored");
  *request.mutable_consent_entry()->mutable_double_opt_in_time() = Stamp("2026-06-14");
  ASSERT_OK_AND_ASSIGN(const auto entry, Record(request));
  EXPECT_EQ(entry.revision(), 1);
  EXPECT_EQ(time::FromProto(entry.effective_time()), At(kNow));
  EXPECT_EQ(time::FromProto(entry.captured_time()), At(kNow));
  EXPECT_EQ(entry.evidence().captured_by(), "local");
  EXPECT_EQ(entry.evidence().text(), "ticked the box");
  EXPECT_EQ(entry.corrects(), "");
  cv::GetConsentEntryRequest get;
  get.set_name(entry.name());
  ASSERT_OK_AND_ASSIGN(const auto read, Call<cv::ConsentEntry>("GetConsentEntry", get));
  EXPECT_EQ(read.SerializeAsString(), entry.SerializeAsString());
  get.set_name(absl::StrCat(ana_.person, "/consentEntries/none"));
  EXPECT_THAT(Call<cv::ConsentEntry>("GetConsentEntry", get),
              FailsWith(type::v1::RESOURCE_UNKNOWN));
}

// Proves: C14, P04
TEST_F(Consent, WhatCannotBeRecordedIsRefusedWithItsField) {
  const auto bo = story_.Knows("Bo", {"bo@example.org"});
  const auto refused = [&](const char* field, auto change) {
    auto request = Grant();
    change(request.mutable_consent_entry());
    ExpectField(Record(request).status(), absl::StrCat("consent_entry.", field));
  };
  refused("decision", [](auto* entry) { entry->clear_decision(); });
  refused("lawful_basis", [](auto* entry) { entry->clear_lawful_basis(); });
  refused("effective_time",
          [](auto* entry) { *entry->mutable_effective_time() = Stamp("2026-06-16"); });
  refused("captured_time",
          [](auto* entry) { *entry->mutable_captured_time() = Stamp("2026-06-16"); });
  refused("expire_time", [](auto* entry) { *entry->mutable_expire_time() = Stamp(kNow); });
  refused("expire_time", [](auto* entry) {
    entry->set_decision(cv::ConsentEntry::WITHDRAW);
    *entry->mutable_expire_time() = Stamp("2027-01-01");
  });
  refused("house", [](auto* entry) { entry->set_house("nowhere"); });
  refused("jurisdiction", [](auto* entry) { entry->set_jurisdiction("Portugal"); });
  refused("contact_point", [&](auto* entry) { entry->set_contact_point(PointOf(bo)); });
  refused("contact_point", [&](auto* entry) {
    entry->set_contact_point(PointOf(ana_));
    entry->set_channel(CHANNEL_PHONE);
  });
  auto request = Grant();
  request.mutable_consent_entry()->set_contact_point(
      absl::StrCat(ana_.person, "/contactPoints/none"));
  EXPECT_THAT(Record(request), FailsWith(type::v1::RESOURCE_UNKNOWN));
  request = Grant();
  request.set_parent("tenants/home/people/nobody");
  EXPECT_THAT(Record(request), FailsWith(type::v1::RESOURCE_UNKNOWN));
  EXPECT_THAT(Listed(), IsEmpty());
}

// Story V6, the part of contact.
// Proves: C14, C15, S08
TEST_F(Consent, AWithdrawalIsEffectiveWhenItsCallReturns) {
  EXPECT_EQ(Decided().verdict(), cv::CONSENT_UNKNOWN);
  const auto grant = Granted();
  EXPECT_EQ(Decided().verdict(), cv::CONSENT_ALLOWED);
  EXPECT_EQ(Decided().deciding_entry(), grant.name());
  const auto withdrawal = Withdrawn();
  EXPECT_EQ(withdrawal.decision(), cv::ConsentEntry::WITHDRAW);
  const auto decision = Decided();
  EXPECT_EQ(decision.verdict(), cv::CONSENT_DENIED) << "although the clock stands still";
  EXPECT_EQ(decision.deciding_entry(), withdrawal.name());
  ASSERT_EQ(decision.trail_size(), 1);
  EXPECT_EQ(decision.trail(0).scope(), "channel+purpose");
  EXPECT_EQ(decision.trail(0).entries(), 2);
  EXPECT_THAT(Listed(), ElementsAre(grant.name(), withdrawal.name())) << "nothing is erased";
  story_.ItIs("2026-06-16 09:00");
  EXPECT_EQ(Decided().verdict(), cv::CONSENT_DENIED);
  const auto again = Granted();
  EXPECT_EQ(Decided().verdict(), cv::CONSENT_ALLOWED) << "a person may consent again";
  EXPECT_EQ(Decided("2026-06-15 10:00").verdict(), cv::CONSENT_DENIED);
  EXPECT_EQ(Decided("2026-06-15 08:59").verdict(), cv::CONSENT_UNKNOWN);
  EXPECT_EQ(Decided("2026-06-16 09:00").deciding_entry(), again.name());
}

// Proves: C15
TEST_F(Consent, AWithdrawalHoldsAlsoIfTheClockIsSetBack) {
  Granted();
  story_.ItIs("2026-06-14 09:00");
  Withdrawn();
  EXPECT_EQ(Decided().verdict(), cv::CONSENT_DENIED);
  story_.ItIs("2026-06-20 09:00");
  EXPECT_EQ(Decided().verdict(), cv::CONSENT_DENIED);
}

// Proves: S08
TEST_F(Consent, NoAnswerThatBeginsAfterAWithdrawalIsAllowed) {
  std::atomic<bool> withdrawn = false;
  std::atomic<bool> stop = false;
  std::atomic<int> rounds = 0;
  std::atomic<int> wrong = 0;
  std::thread asker([&] {
    while (!stop) {
      const bool after = withdrawn;
      const auto decision = Call<cv::ConsentDecision>("CheckConsent", Question());
      if (!decision.ok() || (after && decision->verdict() != cv::CONSENT_DENIED)) ++wrong;
      ++rounds;
    }
  });
  const auto a_few_rounds = [&] {
    const int seen = rounds;
    EXPECT_TRUE(Eventually(absl::Seconds(5), [&] { return rounds >= seen + 3; }));
  };
  for (int i = 0; i < 20; ++i) {
    Granted();
    Withdrawn();
    withdrawn = true;
    a_few_rounds();
    withdrawn = false;
    a_few_rounds();  // no question that saw the flag is under way when the next grant comes
  }
  stop = true;
  asker.join();
  EXPECT_EQ(wrong, 0);
}

// Proves: C14
TEST_F(Consent, ACorrectionTakesThePlaceOfWhatWasWrong) {
  story_.ItIs("2026-06-10 09:00");
  const auto grant = Granted();
  story_.ItIs(kNow);
  cv::CorrectConsentRequest correct;
  correct.set_name(grant.name());
  correct.mutable_consent_entry()->set_purpose(PURPOSE_PROPOSAL);
  correct.mutable_consent_entry()->set_channel(CHANNEL_EMAIL);
  correct.mutable_consent_entry()->set_decision(cv::ConsentEntry::REFUSE);
  ASSERT_OK_AND_ASSIGN(const auto correction, Call<cv::ConsentEntry>("CorrectConsent", correct));
  EXPECT_EQ(correction.corrects(), grant.name());
  EXPECT_EQ(time::FromProto(correction.effective_time()), At("2026-06-10 09:00"));
  EXPECT_EQ(Decided().verdict(), cv::CONSENT_DENIED);
  EXPECT_EQ(Decided("2026-06-11").verdict(), cv::CONSENT_DENIED) << "by what is known now";
  EXPECT_THAT(Listed(), ElementsAre(grant.name(), correction.name()));

  const auto again = Call<cv::ConsentEntry>("CorrectConsent", correct);
  EXPECT_THAT(again, FailsWith(type::v1::STATE_TRANSITION));
  EXPECT_THAT(std::string(again.status().message()), HasSubstr(correction.name()));
  correct.set_name(correction.name());
  correct.mutable_consent_entry()->set_decision(cv::ConsentEntry::GRANT);
  ExpectField(Call<cv::ConsentEntry>("CorrectConsent", correct).status(),
              "consent_entry.lawful_basis");
  correct.mutable_consent_entry()->set_lawful_basis(cv::ConsentEntry::CONSENT);
  ASSERT_OK(Call<cv::ConsentEntry>("CorrectConsent", correct));
  EXPECT_EQ(Decided().verdict(), cv::CONSENT_ALLOWED);
  correct.set_name(absl::StrCat(ana_.person, "/consentEntries/none"));
  EXPECT_THAT(Call<cv::ConsentEntry>("CorrectConsent", correct),
              FailsWith(type::v1::RESOURCE_UNKNOWN));
}

// Proves: C14, P04
TEST_F(Consent, ARepeatedRequestWritesOneLineAndAValidationNone) {
  auto request = Grant();
  request.set_validate_only(true);
  ASSERT_OK(Record(request));
  EXPECT_THAT(Listed(), IsEmpty());
  request.set_validate_only(false);
  request.set_request_id(kRequestId);
  ASSERT_OK_AND_ASSIGN(const auto first, Record(request));
  ASSERT_OK_AND_ASSIGN(const auto replayed, Record(request));
  EXPECT_EQ(replayed.SerializeAsString(), first.SerializeAsString());
  EXPECT_THAT(Listed(), ElementsAre(first.name()));
  request.mutable_consent_entry()->set_decision(cv::ConsentEntry::REFUSE);
  EXPECT_THAT(Record(request), FailsWith(type::v1::REQUEST_ID_REUSED));

  auto withdraw = Withdrawal();
  withdraw.set_request_id(kRequestId);
  ASSERT_OK_AND_ASSIGN(const auto once, Call<cv::ConsentEntry>("WithdrawConsent", withdraw));
  ASSERT_OK_AND_ASSIGN(const auto twice, Call<cv::ConsentEntry>("WithdrawConsent", withdraw));
  EXPECT_EQ(once.name(), twice.name());
  withdraw.clear_request_id();
  withdraw.set_house("nowhere");
  ExpectField(Call<cv::ConsentEntry>("WithdrawConsent", withdraw).status(), "house");
  withdraw = Withdrawal();
  withdraw.set_parent("tenants/home/people/nobody");
  EXPECT_THAT(Call<cv::ConsentEntry>("WithdrawConsent", withdraw),
              FailsWith(type::v1::RESOURCE_UNKNOWN));
}

// Proves: C14, P04
TEST_F(Consent, TheLedgerIsListedInTheOrderOfWriting) {
  std::vector<std::string> written;
  for (int i = 0; i < 4; ++i) {  // all in the same millisecond of the services' clock
    written.push_back(Granted().name());
    written.push_back(Withdrawn().name());
  }
  EXPECT_EQ(Listed(), written);
  cv::ListConsentEntriesRequest page;
  page.set_parent(ana_.person);
  page.set_page_size(3);
  std::vector<std::string> paged;
  do {
    ASSERT_OK_AND_ASSIGN(const auto response,
                         Call<cv::ListConsentEntriesResponse>("ListConsentEntries", page));
    for (const auto& entry : response.consent_entries()) paged.push_back(entry.name());
    page.set_page_token(response.next_page_token());
  } while (!page.page_token().empty());
  EXPECT_EQ(paged, written);
  page.set_page_token("nonsense");
  EXPECT_THAT(Call<cv::ListConsentEntriesResponse>("ListConsentEntries", page),
              FailsWith(type::v1::PAGE_TOKEN));
  page.clear_page_token();
  page.set_parent("tenants/home/people/nobody");
  EXPECT_THAT(Call<cv::ListConsentEntriesResponse>("ListConsentEntries", page),
              FailsWith(type::v1::RESOURCE_UNKNOWN));
}

// Proves: C15, P04
TEST_F(Consent, ABatchAnswersInOrderOrNotAtAll) {
  Granted();
  cv::BatchCheckConsentRequest batch;
  batch.set_parent(story_.house.parent());
  *batch.add_questions() = Question().question();
  *batch.add_questions() = Question().question();
  batch.mutable_questions(1)->set_channel(CHANNEL_PHONE);
  *batch.add_questions() = Question().question();
  batch.mutable_questions(2)->set_contact_point(PointOf(ana_));
  ASSERT_OK_AND_ASSIGN(const auto response,
                       Call<cv::BatchCheckConsentResponse>("BatchCheckConsent", batch));
  ASSERT_EQ(response.decisions_size(), 3);
  EXPECT_EQ(response.decisions(0).verdict(), cv::CONSENT_ALLOWED);
  EXPECT_EQ(response.decisions(1).verdict(), cv::CONSENT_UNKNOWN);
  EXPECT_EQ(response.decisions(2).verdict(), cv::CONSENT_ALLOWED);
  *batch.mutable_as_of() = Stamp("2026-06-01");
  ASSERT_OK_AND_ASSIGN(const auto earlier,
                       Call<cv::BatchCheckConsentResponse>("BatchCheckConsent", batch));
  EXPECT_EQ(earlier.decisions(0).verdict(), cv::CONSENT_UNKNOWN);

  const auto bo = story_.Knows("Bo", {"bo@example.org"});
  auto other = batch;
  other.mutable_questions(2)->set_contact_point(PointOf(bo));
  ExpectField(Call<cv::BatchCheckConsentResponse>("BatchCheckConsent", other).status(),
              "questions[2].contact_point");
  other = batch;
  other.mutable_questions(1)->set_person("tenants/home/people/nobody");
  EXPECT_THAT(Call<cv::BatchCheckConsentResponse>("BatchCheckConsent", other),
              FailsWith(type::v1::RESOURCE_UNKNOWN));
  other = batch;
  for (int i = 3; i < 501; ++i) *other.add_questions() = Question().question();
  ExpectField(Call<cv::BatchCheckConsentResponse>("BatchCheckConsent", other).status(),
              "questions");
  other.mutable_questions()->RemoveLast();
  EXPECT_OK(Call<cv::BatchCheckConsentResponse>("BatchCheckConsent", other));
}

// Proves: C15, P04
TEST_F(Consent, AQuestionNamesAPersonAPurposeAndAChannel) {
  auto question = Question();
  question.mutable_question()->clear_purpose();
  ExpectField(Call<cv::ConsentDecision>("CheckConsent", question).status(), "question.purpose");
  question = Question();
  question.mutable_question()->clear_channel();
  ExpectField(Call<cv::ConsentDecision>("CheckConsent", question).status(), "question.channel");
  question = Question();
  question.mutable_question()->set_person("tenants/home/people/nobody");
  EXPECT_THAT(Call<cv::ConsentDecision>("CheckConsent", question),
              FailsWith(type::v1::RESOURCE_UNKNOWN));
  question = Question();
  question.mutable_question()->set_contact_point(absl::StrCat(ana_.person, "/contactPoints/none"));
  EXPECT_THAT(Call<cv::ConsentDecision>("CheckConsent", question),
              FailsWith(type::v1::RESOURCE_UNKNOWN));
}

// Proves: C14
TEST_F(Consent, TheLedgerSurvivesKillMinusNine) {
  auto grant = Grant();
  grant.set_request_id(kRequestId);
  ASSERT_OK_AND_ASSIGN(const auto granted, Record(grant));
  const auto withdrawal = Withdrawn();
  const auto before = Decided();
  story_.house.Kill("contact");
  story_.house.Start("contact");
  EXPECT_THAT(Listed(), ElementsAre(granted.name(), withdrawal.name()));
  EXPECT_EQ(Decided().SerializeAsString(), before.SerializeAsString());
  ASSERT_OK_AND_ASSIGN(const auto replayed, Record(grant));
  EXPECT_EQ(replayed.SerializeAsString(), granted.SerializeAsString());
  EXPECT_EQ(Decided().verdict(), cv::CONSENT_DENIED) << "a late repeat does not widen";
}

TEST_F(Consent, EntriesArePublishedInTheChangeFeed) {
  const auto grant = Granted();
  const auto stream = story_.house.client("contact").ReadStream<feed::v1::ChangeBatch>(
      "rapport.feed.v1.ChangeFeedService/WatchChanges", feed::v1::WatchChangesRequest());
  feed::v1::ChangeBatch batch;
  bool found = false;
  while (!found && stream->Read(&batch)) {
    for (const auto& change : batch.changes()) {
      cv::ConsentEntry entry;
      if (!change.resource().UnpackTo(&entry)) continue;
      EXPECT_EQ(entry.SerializeAsString(), grant.SerializeAsString());
      found = true;
    }
    if (batch.caught_up()) break;
  }
  stream->Cancel();
  EXPECT_TRUE(found);
}

}  // namespace
}  // namespace rapport::tests
