#include "benchmarks/loadgen/house.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "benchmarks/loadgen/machine.h"
#include "benchmarks/loadgen/requests.h"
#include "common/base/status_macros.h"
#include "common/rpc/client.h"
#include "rapport/contact/v1/consent_service.pb.h"
#include "rapport/contact/v1/people_service.pb.h"
#include "rapport/contact/v1/relationship_service.pb.h"
#include "rapport/contact/v1/steward_service.pb.h"
#include "rapport/engagement/v1/engagement_service.pb.h"
#include "rapport/engagement/v1/need_service.pb.h"
#include "rapport/engagement/v1/rapport_service.pb.h"
#include "rapport/engagement/v1/understanding_service.pb.h"
#include "rapport/recommendation/v1/offer_service.pb.h"
#include "rapport/recommendation/v1/recommendation_service.pb.h"

namespace rapport::benchmarks {
namespace {

constexpr int kBatch = 1000;
constexpr char kTopic[] = "linen";
constexpr absl::Duration kPatience = absl::Hours(2);

std::unique_ptr<rpc::Client> Connect(const std::string& target,
                                     std::shared_ptr<rpc::Session> session) {
  rpc::ClientOptions options;
  options.target = target;
  options.session = std::move(session);
  return std::make_unique<rpc::Client>(options);
}

double SecondsSince(std::int64_t begin_ns) {
  return static_cast<double>(NowNs() - begin_ns) * 1e-9;
}

// Repeats a read that waits for a feed, until it is answered.
template <class Response>
absl::Status Await(rpc::Client& client, absl::string_view method,
                   const google::protobuf::MessageLite& request) {
  const absl::Time give_up = absl::Now() + kPatience;
  while (true) {
    absl::Status status = client.Call<Response>(method, request).status();
    if (status.ok() || absl::Now() > give_up) return status;
    if (!absl::IsUnavailable(status) && !absl::IsNotFound(status) &&
        !absl::IsDeadlineExceeded(status)) {
      return status;
    }
    absl::SleepFor(absl::Milliseconds(20));
  }
}

absl::StatusOr<std::vector<std::string>> MakeStewards(rpc::Client& contact,
                                                      const FillOptions& options) {
  std::vector<std::string> names;
  for (int i = 0; i <= options.stewards; ++i) {
    contact::v1::CreateStewardRequest request;
    request.set_parent(absl::StrCat("tenants/", options.tenant));
    request.set_steward_id(i == 0 ? "all" : absl::StrCat("s", i));
    request.mutable_steward()->set_display_name(absl::StrCat("Steward ", i));
    request.mutable_steward()->set_time_zone("Europe/Lisbon");
    ASSIGN_OR_RETURN(const auto made,
                     contact.Call<contact::v1::Steward>(
                         "rapport.contact.v1.StewardService/CreateSteward", request));
    names.push_back(made.name());
  }
  return names;
}

void AddPerson(int number, const std::vector<std::string>& stewards,
               contact::v1::BatchUpsertPeopleRequest* batch) {
  auto* item = batch->add_people();
  item->mutable_external_id()->set_source("bench");
  item->mutable_external_id()->set_id(absl::StrCat("p", number));
  item->mutable_person()->set_full_name(absl::StrCat("Ana Person ", number));
  item->mutable_person()->set_organization(absl::StrCat("Linen and Sons ", number / 5));
  auto* point = item->add_contact_points();
  point->set_kind(contact::v1::ContactPoint::EMAIL);
  point->set_value(absl::StrCat("ana.", number, "@people.example"));
  item->add_stewards(stewards[0]);
  const auto others = stewards.size() - 1;
  if (others > 0) item->add_stewards(stewards[1 + static_cast<std::size_t>(number) % others]);
}

}  // namespace

absl::StatusOr<Filled> FillPeople(const FillOptions& options) {
  const auto session = std::make_shared<rpc::Session>();
  const auto contact = Connect(options.contact, session);
  ASSIGN_OR_RETURN(const auto stewards, MakeStewards(*contact, options));
  Filled filled;
  const std::int64_t begin = NowNs();
  for (int first = 0; first < options.people; first += kBatch) {
    contact::v1::BatchUpsertPeopleRequest batch;
    batch.set_parent(absl::StrCat("tenants/", options.tenant));
    batch.set_source("bench");
    for (int i = first; i < std::min(options.people, first + kBatch); ++i) {
      AddPerson(i, stewards, &batch);
    }
    ASSIGN_OR_RETURN(const auto answer, contact->Call<contact::v1::BatchUpsertPeopleResponse>(
                                            "rapport.contact.v1.PeopleService/BatchUpsertPeople",
                                            batch, {.timeout = absl::Minutes(1)}));
    for (const auto& result : answer.results()) {
      if (result.relationship().empty()) return absl::InternalError(result.status().message());
      filled.relationships.push_back(result.relationship());
    }
  }
  filled.upsert_seconds = SecondsSince(begin);
  // The session makes these calls wait for everything that was written above.
  const auto engagement = Connect(options.engagement, session);
  engagement::v1::GetRapportRequest last;
  last.set_name(filled.relationships.back());
  RETURN_IF_ERROR(Await<engagement::v1::Rapport>(
      *engagement, "rapport.engagement.v1.RapportService/GetRapport", last));
  if (!options.recommendation.empty()) {
    const auto recommendation = Connect(options.recommendation, session);
    recommendation::v1::GetBriefingRequest brief;
    brief.set_relationship(filled.relationships.back());
    RETURN_IF_ERROR(Await<recommendation::v1::Briefing>(
        *recommendation, "rapport.recommendation.v1.RecommendationService/GetBriefing", brief));
  }
  filled.follow_seconds = SecondsSince(begin) - filled.upsert_seconds;
  return filled;
}

absl::StatusOr<Streamed> StreamMail(const StreamOptions& options,
                                    const std::vector<std::string>& relationships) {
  namespace v1 = engagement::v1;
  const auto client = Connect(options.engagement, nullptr);
  // All messages are made before the clock starts.
  Mail mail(relationships, options.seed);
  const std::string parent = relationships[0].substr(0, relationships[0].find("/relationships/"));
  const absl::Duration step =
      (options.until - options.from) / std::max<std::int64_t>(1, options.count);
  std::vector<v1::StreamEngagementsRequest> requests;
  for (std::int64_t made = 0; made < options.count;) {
    v1::StreamEngagementsRequest request;
    request.mutable_batch()->set_parent(parent);
    for (int i = 0; i < kBatch && made < options.count; ++i, ++made) {
      mail.Next(options.from + step * made, request.mutable_batch()->add_requests());
    }
    request.set_position(made);
    requests.push_back(std::move(request));
  }
  auto stream = client->OpenStream<v1::StreamEngagementsRequest, v1::StreamEngagementsResponse>(
      "rapport.engagement.v1.EngagementService/StreamEngagements");
  const std::int64_t begin = NowNs();
  std::thread writer([&] {
    for (const auto& request : requests) {
      if (!stream->Write(request)) return;
    }
    stream->WritesDone();
  });
  Streamed streamed;
  v1::StreamEngagementsResponse ack;
  while (stream->Read(&ack)) {
    streamed.recorded += ack.recorded();
    streamed.refused += ack.refused_size() + ack.repeated() + ack.unclaimed();
    streamed.seconds = SecondsSince(begin);
  }
  writer.join();
  RETURN_IF_ERROR(stream->Finish());
  return streamed;
}

absl::StatusOr<std::string> Understand(const FillOptions& options,
                                       const std::vector<std::string>& relationships) {
  namespace v1 = engagement::v1;
  const auto session = std::make_shared<rpc::Session>();
  const auto contact = Connect(options.contact, session);
  const auto engagement = Connect(options.engagement, session);
  const auto recommendation = Connect(options.recommendation, session);
  recommendation::v1::CreateOfferRequest offer;
  offer.set_parent(absl::StrCat("tenants/", options.tenant));
  offer.set_offer_id("linen");
  offer.mutable_offer()->set_display_name("Linen, twice a year");
  offer.mutable_offer()->add_serves(kTopic);
  offer.mutable_offer()->set_stake(recommendation::v1::Offer::HIGH);
  ASSIGN_OR_RETURN(const auto made,
                   recommendation->Call<recommendation::v1::Offer>(
                       "rapport.recommendation.v1.OfferService/CreateOffer", offer));
  for (const auto& name : relationships) {
    contact::v1::GetRelationshipRequest get;
    get.set_name(name);
    ASSIGN_OR_RETURN(const auto relationship,
                     contact->Call<contact::v1::Relationship>(
                         "rapport.contact.v1.RelationshipService/GetRelationship", get));
    contact::v1::RecordConsentRequest consent;
    consent.set_parent(relationship.person());
    consent.mutable_consent_entry()->set_purpose(type::v1::PURPOSE_PROPOSAL);
    consent.mutable_consent_entry()->set_decision(contact::v1::ConsentEntry::GRANT);
    consent.mutable_consent_entry()->set_lawful_basis(contact::v1::ConsentEntry::CONSENT);
    RETURN_IF_ERROR(contact
                        ->Call<contact::v1::ConsentEntry>(
                            "rapport.contact.v1.ConsentService/RecordConsent", consent)
                        .status());
    v1::StateNeedRequest need;
    need.set_parent(name);
    need.mutable_need()->set_summary("Linen that lasts");
    need.mutable_need()->set_origin(type::v1::PARTY_PERSON);
    need.mutable_need()->set_explicit_(true);
    need.mutable_need()->add_topics(kTopic);
    RETURN_IF_ERROR(
        engagement->Call<v1::Need>("rapport.engagement.v1.NeedService/StateNeed", need).status());
    for (const auto slot :
         {v1::Fact::SITUATION, v1::Fact::PROBLEM, v1::Fact::IMPLICATION, v1::Fact::NEED_PAYOFF}) {
      v1::LearnFactRequest fact;
      fact.set_parent(name);
      fact.mutable_fact()->set_slot(slot);
      fact.mutable_fact()->set_text("The sheets wear out in a year");
      fact.mutable_fact()->set_said_by(type::v1::PARTY_PERSON);
      fact.mutable_fact()->add_topics(kTopic);
      RETURN_IF_ERROR(
          engagement->Call<v1::Fact>("rapport.engagement.v1.UnderstandingService/LearnFact", fact)
              .status());
    }
  }
  return made.name();
}

absl::Status WaitForFeeds(const std::string& contact, const std::string& engagement,
                          const std::string& recommendation, const std::string& relationship) {
  const auto session = std::make_shared<rpc::Session>();
  // One more write gives the position to wait for.
  Mail mail({relationship}, static_cast<std::uint64_t>(absl::ToUnixNanos(absl::Now())));
  engagement::v1::RecordEngagementRequest request;
  mail.Next(absl::Now(), &request);
  RETURN_IF_ERROR(Connect(engagement, session)
                      ->Call<engagement::v1::Engagement>(
                          "rapport.engagement.v1.EngagementService/RecordEngagement", request)
                      .status());
  contact::v1::GetRelationshipRequest get;
  get.set_name(relationship);
  RETURN_IF_ERROR(Await<contact::v1::Relationship>(
      *Connect(contact, session), "rapport.contact.v1.RelationshipService/GetRelationship", get));
  recommendation::v1::GetBriefingRequest brief;
  brief.set_relationship(relationship);
  return Await<recommendation::v1::Briefing>(
      *Connect(recommendation, session),
      "rapport.recommendation.v1.RecommendationService/GetBriefing", brief);
}

}  // namespace rapport::benchmarks
