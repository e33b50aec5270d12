#include "tests/scenarios/story.h"

#include <gtest/gtest.h>

#include <type_traits>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/time/proto_time.h"

namespace rapport::tests {
namespace {

House::Options StartingAt(absl::string_view now, House::Options options) {
  options.now = At(now);
  return options;
}

ev::Engagement Engaged(absl::string_view id, absl::string_view when, ev::Engagement::Kind kind,
                       ev::Engagement::Channel channel, ev::Engagement::Direction direction,
                       ev::Engagement::Conduct conduct) {
  ev::Engagement engagement;
  engagement.set_source("story");
  engagement.set_source_id(std::string(id));
  *engagement.mutable_event_time() = Stamp(when);
  engagement.set_kind(kind);
  engagement.set_channel(channel);
  engagement.set_direction(direction);
  engagement.set_conduct(conduct);
  return engagement;
}

ev::Engagement Mail(absl::string_view id, absl::string_view when, absl::string_view thread,
                    ev::Engagement::Direction direction, ev::Engagement::Conduct conduct) {
  auto mail = Engaged(id, when, ev::Engagement::MESSAGE, ev::Engagement::EMAIL, direction, conduct);
  mail.set_thread(std::string(thread.empty() ? id : thread));
  mail.set_subject(std::string(id));
  return mail;
}

}  // namespace

google::protobuf::Timestamp Stamp(absl::string_view when) { return time::ToProto(At(when)); }

ev::Engagement Call(absl::string_view id, absl::string_view when, double their_seconds,
                    double our_seconds) {
  auto call = Engaged(id, when, ev::Engagement::CONVERSATION, ev::Engagement::PHONE,
                      ev::Engagement::MUTUAL, ev::Engagement::HUMAN);
  call.set_their_seconds(their_seconds);
  call.set_our_seconds(our_seconds);
  return call;
}

ev::Engagement Meeting(absl::string_view id, absl::string_view when) {
  return Engaged(id, when, ev::Engagement::MEETING, ev::Engagement::IN_PERSON,
                 ev::Engagement::MUTUAL, ev::Engagement::HUMAN);
}

ev::Engagement MailFrom(absl::string_view id, absl::string_view when, absl::string_view thread) {
  auto mail = Mail(id, when, thread, ev::Engagement::IN, ev::Engagement::HUMAN);
  mail.set_needs_answer(true);
  mail.set_their_words(120);
  return mail;
}

ev::Engagement MailTo(absl::string_view id, absl::string_view when, absl::string_view thread) {
  auto mail = Mail(id, when, thread, ev::Engagement::OUT, ev::Engagement::HUMAN);
  mail.set_our_words(80);
  return mail;
}

ev::Engagement NoiseFrom(absl::string_view id, absl::string_view when,
                         ev::Engagement::NotCounted why) {
  auto mail = Mail(id, when, "", ev::Engagement::IN, ev::Engagement::AUTOMATED);
  mail.set_not_counted(why);
  return mail;
}

Story::Story(absl::string_view now, House::Options options)
    : house(StartingAt(now, std::move(options))) {}

void Story::ItIs(absl::string_view now) { house.SetNow(At(now)); }

std::string Story::HasSteward(absl::string_view id, absl::string_view name, int daily_capacity) {
  cv::CreateStewardRequest request;
  request.set_parent(house.parent());
  request.set_steward_id(std::string(id));
  request.mutable_steward()->set_display_name(std::string(name));
  request.mutable_steward()->set_daily_capacity(daily_capacity);
  return house.Must<cv::Steward>(absl::StrCat(kStewards, "CreateSteward"), request).name();
}

Story::Known Story::Knows(absl::string_view name, const std::vector<std::string>& mail_addresses,
                          const std::vector<std::string>& stewards) {
  cv::BatchUpsertPeopleRequest request;
  request.set_parent(house.parent());
  request.set_source("story");
  auto* item = request.add_people();
  item->mutable_external_id()->set_source("story");
  item->mutable_external_id()->set_id(absl::StrCat(name, "-", ++people_));
  item->mutable_person()->set_full_name(std::string(name));
  for (const auto& address : mail_addresses) {
    auto* point = item->add_contact_points();
    point->set_kind(cv::ContactPoint::EMAIL);
    point->set_value(address);
  }
  for (const auto& steward : stewards) item->add_stewards(steward);
  const auto response = house.Must<cv::BatchUpsertPeopleResponse>(
      absl::StrCat(kPeople, "BatchUpsertPeople"), request);
  if (response.results_size() != 1) return {};
  EXPECT_EQ(response.results(0).status().code(), 0) << response.results(0).DebugString();
  EXPECT_EQ(response.results(0).refused_contact_points_size(), 0);
  return {response.results(0).person(), response.results(0).relationship()};
}

cv::Relationship Story::RelationshipOf(const Known& who) {
  cv::GetRelationshipRequest request;
  request.set_name(who.relationship);
  return house.Must<cv::Relationship>(absl::StrCat(kRelationships, "GetRelationship"), request);
}

void Story::WishesRhythm(const Known& who, double wish_days, double tolerate_days) {
  cv::UpdateRelationshipRequest request;
  request.mutable_relationship()->set_name(who.relationship);
  request.mutable_relationship()->mutable_rhythm()->set_wish_days(wish_days);
  request.mutable_relationship()->mutable_rhythm()->set_tolerate_days(tolerate_days);
  request.mutable_update_mask()->add_paths("rhythm");
  house.Must<cv::Relationship>(absl::StrCat(kRelationships, "UpdateRelationship"), request);
}

void Story::DoesNotWantToHearOf(const Known& who, absl::string_view topic) {
  cv::UpdatePreferenceRequest request;
  request.mutable_preference()->set_name(absl::StrCat(who.person, "/preference"));
  request.mutable_preference()->add_unwanted_topics()->set_topic(std::string(topic));
  request.mutable_update_mask()->add_paths("unwanted_topics");
  house.Must<cv::Preference>(absl::StrCat(kPeople, "UpdatePreference"), request);
}

void Story::LivesIn(const Known& who, absl::string_view time_zone) {
  cv::UpdatePersonRequest request;
  request.mutable_person()->set_name(who.person);
  request.mutable_person()->set_time_zone(std::string(time_zone));
  request.mutable_update_mask()->add_paths("time_zone");
  house.Must<cv::Person>(absl::StrCat(kPeople, "UpdatePerson"), request);
}

void Story::HasBirthday(const Known& who, int month, int day) {
  cv::UpdatePersonRequest request;
  request.mutable_person()->set_name(who.person);
  auto& birthday = *request.mutable_person()->add_anniversaries();
  birthday.set_kind(cv::Anniversary::BIRTH);
  birthday.mutable_date()->set_month(month);
  birthday.mutable_date()->set_day(day);
  request.mutable_update_mask()->add_paths("anniversaries");
  house.Must<cv::Person>(absl::StrCat(kPeople, "UpdatePerson"), request);
}

void Story::Allows(const Known& who, type::v1::Purpose purpose) {
  cv::RecordConsentRequest request;
  request.set_parent(who.person);
  request.mutable_consent_entry()->set_purpose(purpose);
  request.mutable_consent_entry()->set_decision(cv::ConsentEntry::GRANT);
  request.mutable_consent_entry()->set_lawful_basis(cv::ConsentEntry::CONSENT);
  request.mutable_consent_entry()->mutable_evidence()->set_text("yes, please");
  house.Must<cv::ConsentEntry>(absl::StrCat(kConsentService, "RecordConsent"), request);
}

cv::ContactDecision Story::MayWe(const Known& who, type::v1::Purpose purpose) {
  cv::CheckContactRequest request;
  request.set_relationship(who.relationship);
  request.set_purpose(purpose);
  return house.Must<cv::ContactDecision>(absl::StrCat(kConsentService, "CheckContact"), request);
}

void Story::Rests(const Known& who) {
  cv::RestRelationshipRequest request;
  request.set_name(who.relationship);
  request.set_reason("the need is over");
  house.Must<cv::Relationship>(absl::StrCat(kRelationships, "RestRelationship"), request);
}

void Story::AskedUsToStop(const Known& who) {
  cv::QuietRelationshipRequest request;
  request.set_name(who.relationship);
  request.set_reason("asked for quiet");
  request.set_said_by(type::v1::PARTY_PERSON);
  house.Must<cv::Relationship>(absl::StrCat(kRelationships, "QuietRelationship"), request);
}

void Story::TookItBack(const Known& who) {
  cv::UnquietRelationshipRequest request;
  request.set_name(who.relationship);
  request.set_reason("asked us to write again");
  request.set_said_by(type::v1::PARTY_PERSON);
  request.set_evidence("letter of today");
  house.Must<cv::Relationship>(absl::StrCat(kRelationships, "UnquietRelationship"), request);
}

ev::Engagement Story::Recorded(const Known& who, const ev::Engagement& engagement) {
  ev::RecordEngagementRequest request;
  request.set_relationship(who.relationship);
  *request.mutable_engagement() = engagement;
  return house.Must<ev::Engagement>(absl::StrCat(kEngagements, "RecordEngagement"), request);
}

ev::BatchRecordEngagementsRequest Story::Batch(const std::vector<Letter>& letters) const {
  ev::BatchRecordEngagementsRequest request;
  request.set_parent(house.parent());
  for (const auto& letter : letters) {
    auto* item = request.add_requests();
    item->set_parent(house.parent());
    item->mutable_contact_point()->set_kind(ev::ContactPointKey::EMAIL);
    item->mutable_contact_point()->set_value(letter.address);
    *item->mutable_engagement() = letter.engagement;
  }
  return request;
}

std::vector<ev::RecordResult::Outcome> Story::RecordedByAddress(
    const std::vector<Letter>& letters) {
  const auto response = house.Must<ev::BatchRecordEngagementsResponse>(
      absl::StrCat(kEngagements, "BatchRecordEngagements"), Batch(letters));
  std::vector<ev::RecordResult::Outcome> outcomes;
  for (const auto& result : response.results()) {
    EXPECT_EQ(result.status().code(), 0) << result.DebugString();
    outcomes.push_back(result.outcome());
  }
  return outcomes;
}

ev::Engagement Story::Retracted(const ev::Engagement& engagement, absl::string_view why) {
  ev::RetractEngagementRequest request;
  request.set_name(engagement.name());
  request.set_reason(std::string(why));
  return house.Must<ev::Engagement>(absl::StrCat(kEngagements, "RetractEngagement"), request);
}

ev::Promise Story::WePromised(const Known& who, absl::string_view text, absl::string_view due,
                              absl::string_view made) {
  ev::MakePromiseRequest request;
  request.set_parent(who.relationship);
  request.mutable_promise()->set_promised_by(type::v1::PARTY_US);
  request.mutable_promise()->set_text(std::string(text));
  *request.mutable_promise()->mutable_due_time() = Stamp(due);
  *request.mutable_promise()->mutable_promise_time() = Stamp(made);
  return house.Must<ev::Promise>(absl::StrCat(kPromises, "MakePromise"), request);
}

ev::Promise Story::Kept(const ev::Promise& promise, absl::string_view when) {
  ev::KeepPromiseRequest request;
  request.set_name(promise.name());
  *request.mutable_keep_time() = Stamp(when);
  request.set_evidence("sent by mail");
  return house.Must<ev::Promise>(absl::StrCat(kPromises, "KeepPromise"), request);
}

ev::Promise Story::Repaired(const ev::Promise& promise, absl::string_view when) {
  ev::RepairPromiseRequest request;
  request.set_name(promise.name());
  *request.mutable_repair_time() = Stamp(when);
  request.set_evidence("made good in person");
  return house.Must<ev::Promise>(absl::StrCat(kPromises, "RepairPromise"), request);
}

ev::Promise Story::As(const ev::Promise& promise) {
  ev::GetPromiseRequest request;
  request.set_name(promise.name());
  return house.Must<ev::Promise>(absl::StrCat(kPromises, "GetPromise"), request);
}

ev::Fact Story::Said(const Known& who, ev::Fact::Slot slot, absl::string_view text,
                     const ev::Engagement& where, absl::string_view topic) {
  ev::LearnFactRequest request;
  request.set_parent(who.relationship);
  request.mutable_fact()->set_slot(slot);
  request.mutable_fact()->set_text(std::string(text));
  request.mutable_fact()->set_said_by(type::v1::PARTY_PERSON);
  *request.mutable_fact()->mutable_said_time() = where.event_time();
  request.mutable_fact()->set_engagement(where.name());
  request.mutable_fact()->set_said_in("call");
  if (!topic.empty()) request.mutable_fact()->add_topics(std::string(topic));
  return house.Must<ev::Fact>(absl::StrCat(kUnderstanding, "LearnFact"), request);
}

ev::Feedback Story::Gave(const Known& who, ev::Feedback::Kind kind, absl::string_view verbatim,
                         absl::string_view when) {
  ev::GiveFeedbackRequest request;
  request.set_parent(who.relationship);
  request.mutable_feedback()->set_kind(kind);
  request.mutable_feedback()->set_verbatim(std::string(verbatim));
  *request.mutable_feedback()->mutable_given_time() = Stamp(when);
  return house.Must<ev::Feedback>(absl::StrCat(kUnderstanding, "GiveFeedback"), request);
}

ev::Rapport Story::RapportOf(const Known& who, absl::string_view as_of) {
  ev::GetRapportRequest request;
  request.set_name(who.relationship);
  if (!as_of.empty()) *request.mutable_as_of() = Stamp(as_of);
  return house.Must<ev::Rapport>(absl::StrCat(kRapport, "GetRapport"), request);
}

std::vector<std::string> Story::DriftingAt(absl::string_view as_of) {
  ev::ListDriftingRequest request;
  request.set_parent(house.parent());
  *request.mutable_as_of() = Stamp(as_of);
  std::vector<std::string> names;
  do {
    const auto page =
        house.Must<ev::ListDriftingResponse>(absl::StrCat(kRapport, "ListDrifting"), request);
    for (const auto& row : page.relationships()) names.push_back(row.relationship());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return names;
}

ev::ExplainChangeResponse Story::WhatChanged(const Known& who, absl::string_view from,
                                             absl::string_view to) {
  ev::ExplainChangeRequest request;
  request.set_name(who.relationship);
  *request.mutable_from_time() = Stamp(from);
  *request.mutable_to_time() = Stamp(to);
  return house.Must<ev::ExplainChangeResponse>(absl::StrCat(kRapport, "ExplainChange"), request);
}

std::vector<ev::TimelineEntry> Story::TimelineOf(const Known& who, int page_size) {
  ev::ListTimelineRequest request;
  request.set_parent(who.relationship);
  request.set_page_size(page_size);
  std::vector<ev::TimelineEntry> entries;
  do {
    const auto page =
        house.Must<ev::ListTimelineResponse>(absl::StrCat(kEngagements, "ListTimeline"), request);
    entries.insert(entries.end(), page.entries().begin(), page.entries().end());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return entries;
}

rv::Briefing Story::BriefingOn(const Known& who, absl::string_view as_of) {
  rv::GetBriefingRequest request;
  request.set_relationship(who.relationship);
  if (!as_of.empty()) *request.mutable_as_of() = Stamp(as_of);
  request.set_view(rv::GetBriefingRequest::BASIC);
  return house.Must<rv::Briefing>(absl::StrCat(kRecommendation, "GetBriefing"), request);
}

rv::GetWorklistResponse Story::WorklistOf(const std::string& steward, int capacity,
                                          absl::string_view as_of) {
  rv::GetWorklistRequest request;
  request.set_steward(steward);
  request.set_capacity(capacity);
  request.set_max_waiting(50);
  if (!as_of.empty()) *request.mutable_as_of() = Stamp(as_of);
  return house.Must<rv::GetWorklistResponse>(absl::StrCat(kRecommendation, "GetWorklist"), request);
}

rv::Decision Story::NextStepsFor(const Known& who, absl::string_view as_of) {
  rv::SuggestNextStepsRequest request;
  request.set_relationship(who.relationship);
  if (!as_of.empty()) *request.mutable_as_of() = Stamp(as_of);
  return house.Must<rv::Decision>(absl::StrCat(kRecommendation, "SuggestNextSteps"), request);
}

bool Story::Exists(const std::string& name) {
  const auto get = [&](auto request, absl::string_view method, const auto& response) {
    request.set_name(name);
    return house.Call<std::decay_t<decltype(response)>>(method, request).ok();
  };
  if (absl::StrContains(name, "/engagements/")) {
    return get(ev::GetEngagementRequest(), absl::StrCat(kEngagements, "GetEngagement"),
               ev::Engagement());
  }
  if (absl::StrContains(name, "/promises/")) {
    return get(ev::GetPromiseRequest(), absl::StrCat(kPromises, "GetPromise"), ev::Promise());
  }
  if (absl::StrContains(name, "/facts/")) {
    return get(ev::GetFactRequest(), absl::StrCat(kUnderstanding, "GetFact"), ev::Fact());
  }
  if (absl::StrContains(name, "/feedback/")) {
    return get(ev::GetFeedbackRequest(), absl::StrCat(kUnderstanding, "GetFeedback"),
               ev::Feedback());
  }
  if (absl::StrContains(name, "/needs/")) {
    return get(ev::GetNeedRequest(), absl::StrCat(kNeedService, "GetNeed"), ev::Need());
  }
  if (absl::StrContains(name, "/sales/")) {
    return get(ev::GetSaleRequest(), absl::StrCat(kSaleService, "GetSale"), ev::Sale());
  }
  if (absl::StrContains(name, "/offers/")) {
    return get(rv::GetOfferRequest(), absl::StrCat(kOfferService, "GetOffer"), rv::Offer());
  }
  if (absl::StrContains(name, "/consentEntries/")) {
    return get(cv::GetConsentEntryRequest(), absl::StrCat(kConsentService, "GetConsentEntry"),
               cv::ConsentEntry());
  }
  if (absl::EndsWith(name, "/statistics")) {  // read through GetRapport
    ev::GetRapportRequest request;
    request.set_name(name.substr(0, name.rfind('/')));
    return house.Call<ev::Rapport>(absl::StrCat(kRapport, "GetRapport"), request).ok();
  }
  if (absl::EndsWith(name, "/preference")) {
    return get(cv::GetPreferenceRequest(), absl::StrCat(kPeople, "GetPreference"),
               cv::Preference());
  }
  if (absl::StrContains(name, "/people/")) {
    return get(cv::GetPersonRequest(), absl::StrCat(kPeople, "GetPerson"), cv::Person());
  }
  if (absl::StrContains(name, "/relationships/")) {
    return get(cv::GetRelationshipRequest(), absl::StrCat(kRelationships, "GetRelationship"),
               cv::Relationship());
  }
  return false;
}

const rv::WorklistItem* ItemFor(const rv::GetWorklistResponse& worklist, const Story::Known& who) {
  for (const auto& item : worklist.items()) {
    if (item.relationship() == who.relationship) return &item;
  }
  for (const auto& item : worklist.waiting()) {
    if (item.relationship() == who.relationship) return &item;
  }
  return nullptr;
}

}  // namespace rapport::tests
