#include "tests/matrix/house_world.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <functional>
#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/time/proto_time.h"
#include "rapport/cache/v1/cache_service.pb.h"
#include "rapport/contact/v1/consent_service.pb.h"
#include "rapport/contact/v1/people_service.pb.h"
#include "rapport/contact/v1/relationship_service.pb.h"
#include "rapport/contact/v1/steward_service.pb.h"
#include "rapport/engagement/v1/care_service.pb.h"
#include "rapport/engagement/v1/engagement_service.pb.h"
#include "rapport/engagement/v1/need_service.pb.h"
#include "rapport/engagement/v1/promise_service.pb.h"
#include "rapport/engagement/v1/rapport_service.pb.h"
#include "rapport/engagement/v1/sale_service.pb.h"
#include "rapport/engagement/v1/understanding_service.pb.h"
#include "rapport/feed/v1/change_feed_service.pb.h"
#include "rapport/recommendation/v1/offer_service.pb.h"
#include "rapport/recommendation/v1/recommendation_service.pb.h"
#include "rapport/transfer/v1/transfer_service.pb.h"

namespace rapport::tests {
namespace {

namespace contact = rapport::contact::v1;
namespace engagement = rapport::engagement::v1;
namespace recommendation = rapport::recommendation::v1;

constexpr char kPeople[] = "rapport.contact.v1.PeopleService/";
constexpr char kRelationships[] = "rapport.contact.v1.RelationshipService/";
constexpr char kStewards[] = "rapport.contact.v1.StewardService/";
constexpr char kUnderstanding[] = "rapport.engagement.v1.UnderstandingService/";
constexpr char kNeeds[] = "rapport.engagement.v1.NeedService/";

// A person with one relationship; gives the names of both.
std::pair<std::string, std::string> MakePerson(House& house, const std::string& external_id,
                                               const std::string& steward) {
  contact::BatchUpsertPeopleRequest request;
  request.set_parent(house.parent());
  auto* item = request.add_people();
  item->mutable_external_id()->set_source("world");
  item->mutable_external_id()->set_id(external_id);
  item->mutable_person()->set_full_name("Nora " + external_id);
  item->add_stewards(steward);
  auto* point = item->add_contact_points();
  point->set_kind(contact::ContactPoint::EMAIL);
  point->set_value(external_id + "@example.org");
  const auto response = house.Must<contact::BatchUpsertPeopleResponse>(
      absl::StrCat(kPeople, "BatchUpsertPeople"), request);
  if (response.results_size() != 1 || response.results(0).status().code() != 0) {
    ADD_FAILURE() << response.DebugString();
    return {};
  }
  return {response.results(0).person(), response.results(0).relationship()};
}

std::string MakePromise(House& house, const std::string& relationship, absl::Time made,
                        absl::Time due) {
  engagement::MakePromiseRequest request;
  request.set_parent(relationship);
  auto* promise = request.mutable_promise();
  promise->set_promised_by(type::v1::PARTY_US);
  promise->set_text("send the plan");
  *promise->mutable_promise_time() = time::ToProto(made);
  *promise->mutable_due_time() = time::ToProto(due);
  return house
      .Must<engagement::Promise>("rapport.engagement.v1.PromiseService/MakePromise", request)
      .name();
}

std::string MakeNeed(House& house, const std::string& relationship) {
  engagement::StateNeedRequest request;
  request.set_parent(relationship);
  request.mutable_need()->set_summary("a shorter report");
  request.mutable_need()->set_origin(type::v1::PARTY_PERSON);
  request.mutable_need()->add_topics("reports");
  return house.Must<engagement::Need>(absl::StrCat(kNeeds, "StateNeed"), request).name();
}

std::string MakeOffer(House& house, const std::string& id) {
  recommendation::CreateOfferRequest request;
  request.set_parent(house.parent());
  request.set_offer_id(id);
  request.mutable_offer()->set_display_name("Short reports");
  request.mutable_offer()->add_serves("reports");
  request.mutable_offer()->set_stake(recommendation::Offer::HIGH);
  return house
      .Must<recommendation::Offer>("rapport.recommendation.v1.OfferService/CreateOffer", request)
      .name();
}

}  // namespace

World::World(House* house, const std::string& id) : parent_(house->parent()) {
  // Keeps their files linked: the pool knows a service only then.
  EXPECT_NE(engagement::GetRapportRequest::descriptor(), nullptr);
  EXPECT_NE(feed::v1::WatchChangesRequest::descriptor(), nullptr);
  EXPECT_NE(cache::v1::GetCacheStatusRequest::descriptor(), nullptr);
  EXPECT_NE(transfer::v1::ExportResourcesRequest::descriptor(), nullptr);
  const absl::Time now = absl::Now();
  contact::CreateStewardRequest steward;
  steward.set_parent(parent_);
  steward.set_steward_id("steward-" + id);
  steward.mutable_steward()->set_display_name("Steward " + id);
  names_["rapport/Steward"] =
      house->Must<contact::Steward>(absl::StrCat(kStewards, "CreateSteward"), steward).name();

  contact::UpdateSettingsRequest settings;
  settings.mutable_settings()->set_name(parent_ + "/settings");
  settings.mutable_settings()->add_houses()->set_id("default");
  settings.mutable_settings()->add_houses()->set_id("atelier");
  names_["rapport/Settings"] =
      house->Must<contact::Settings>(absl::StrCat(kStewards, "UpdateSettings"), settings).name();

  const auto [person, relationship] = MakePerson(*house, id, names_["rapport/Steward"]);
  names_["rapport/Person"] = person;
  names_["rapport/Relationship"] = relationship;
  names_["rapport/Preference"] = person + "/preference";
  contact::ListContactPointsRequest points;
  points.set_parent(person);
  const auto point = house->Must<contact::ListContactPointsResponse>(
      absl::StrCat(kPeople, "ListContactPoints"), points);
  if (point.contact_points_size() == 1) {
    names_["rapport/ContactPoint"] = point.contact_points(0).name();
  }

  contact::CreateContactPointRequest spare;
  spare.set_parent(person);
  spare.mutable_contact_point()->set_kind(contact::ContactPoint::EMAIL);
  spare.mutable_contact_point()->set_value(id + "-spare@example.org");
  contact::DeleteContactPointRequest remove_point;
  remove_point.set_name(
      house->Must<contact::ContactPoint>(absl::StrCat(kPeople, "CreateContactPoint"), spare)
          .name());
  house->Must<contact::ContactPoint>(absl::StrCat(kPeople, "DeleteContactPoint"), remove_point);
  names_for_["UndeleteContactPoint rapport/ContactPoint"] = remove_point.name();

  const auto [deleted, deleted_relationship] =
      MakePerson(*house, id + "-deleted", names_["rapport/Steward"]);
  contact::DeletePersonRequest remove;
  remove.set_name(deleted);
  house->Must<contact::Person>(absl::StrCat(kPeople, "DeletePerson"), remove);
  names_for_["UndeletePerson rapport/Person"] = deleted;

  // A relationship in the state that `undo` leads out of.
  const auto prepared = [&](const char* state, const char* verb, const char* undo, auto request) {
    const auto [person_of, name] =
        MakePerson(*house, absl::StrCat(id, state), names_["rapport/Steward"]);
    request.set_name(name);
    house->Must<contact::Relationship>(absl::StrCat(kRelationships, verb), request);
    names_for_[absl::StrCat(undo, " rapport/Relationship")] = name;
  };
  prepared("-resting", "RestRelationship", "ReopenRelationship",
           contact::RestRelationshipRequest());
  prepared("-quieted", "QuietRelationship", "UnquietRelationship",
           contact::QuietRelationshipRequest());
  contact::SetCareGuardRequest guard;
  guard.set_steward(names_["rapport/Steward"]);
  guard.set_reason("a loss");
  prepared("-guarded", "SetCareGuard", "LiftCareGuard", guard);

  contact::RecordConsentRequest consent;
  consent.set_parent(person);
  consent.mutable_consent_entry()->set_purpose(type::v1::PURPOSE_PROPOSAL);
  consent.mutable_consent_entry()->set_decision(contact::ConsentEntry::GRANT);
  consent.mutable_consent_entry()->set_lawful_basis(contact::ConsentEntry::CONSENT);
  for (int i = 0; i < 2; ++i) {
    names_["rapport/ConsentEntry"] =
        house
            ->Must<contact::ConsentEntry>("rapport.contact.v1.ConsentService/RecordConsent",
                                          consent)
            .name();
  }

  engagement::RecordEngagementRequest record;
  record.set_relationship(relationship);
  auto* said = record.mutable_engagement();
  said->set_source("world");
  said->set_source_id(id);
  *said->mutable_event_time() = time::ToProto(now - absl::Hours(24 * 10));
  said->set_kind(engagement::Engagement::CONVERSATION);
  said->set_direction(engagement::Engagement::MUTUAL);
  said->set_conduct(engagement::Engagement::HUMAN);
  names_["rapport/Engagement"] =
      house
          ->Must<engagement::Engagement>("rapport.engagement.v1.EngagementService/RecordEngagement",
                                         record)
          .name();

  names_["rapport/Promise"] =
      MakePromise(*house, relationship, now - absl::Hours(24 * 20), now + absl::Hours(24 * 5));
  names_for_["RepairPromise rapport/Promise"] =
      MakePromise(*house, relationship, now - absl::Hours(24 * 20), now - absl::Hours(24 * 9));

  engagement::LearnFactRequest fact;
  fact.set_parent(relationship);
  fact.mutable_fact()->set_slot(engagement::Fact::PROBLEM);
  fact.mutable_fact()->set_text("the report page is slow");
  fact.mutable_fact()->set_said_by(type::v1::PARTY_PERSON);
  for (int i = 0; i < 2; ++i) {
    names_["rapport/Fact"] =
        house->Must<engagement::Fact>(absl::StrCat(kUnderstanding, "LearnFact"), fact).name();
  }
  engagement::GiveFeedbackRequest feedback;
  feedback.set_parent(relationship);
  feedback.mutable_feedback()->set_kind(engagement::Feedback::WISH);
  feedback.mutable_feedback()->set_verbatim("a shorter report");
  for (int i = 0; i < 2; ++i) {
    names_["rapport/Feedback"] =
        house->Must<engagement::Feedback>(absl::StrCat(kUnderstanding, "GiveFeedback"), feedback)
            .name();
  }
  for (int i = 0; i < 2; ++i) names_["rapport/Need"] = MakeNeed(*house, relationship);
  engagement::OutliveNeedRequest outlive;
  outlive.set_name(MakeNeed(*house, relationship));
  outlive.set_said_by(type::v1::PARTY_PERSON);
  names_for_["ReviveNeed rapport/Need"] =
      house->Must<engagement::Need>(absl::StrCat(kNeeds, "OutliveNeed"), outlive).name();

  engagement::RecordSaleRequest sale;
  sale.set_parent(relationship);
  sale.mutable_sale()->set_summary("short reports");
  sale.mutable_sale()->set_led_by(type::v1::PARTY_US);
  engagement::RecordCareEventRequest event;
  event.set_parent(relationship);
  event.mutable_care_event()->set_kind(engagement::CareEvent::WEDDING);
  event.mutable_care_event()->set_text("her daughter marries");
  event.mutable_care_event()->set_said_by(type::v1::PARTY_PERSON);
  for (int i = 0; i < 2; ++i) {
    names_["rapport/Sale"] =
        house->Must<engagement::Sale>("rapport.engagement.v1.SaleService/RecordSale", sale).name();
    names_["rapport/CareEvent"] =
        house
            ->Must<engagement::CareEvent>("rapport.engagement.v1.CareService/RecordCareEvent",
                                          event)
            .name();
    names_["rapport/Offer"] = MakeOffer(*house, absl::StrCat("offer-", id, i));
  }

  recommendation::DeleteOfferRequest remove_offer;
  remove_offer.set_name(MakeOffer(*house, absl::StrCat("offer-", id, "-deleted")));
  house->Must<recommendation::Offer>("rapport.recommendation.v1.OfferService/DeleteOffer",
                                     remove_offer);
  names_for_["UndeleteOffer rapport/Offer"] = remove_offer.name();

  recommendation::GetBriefingRequest briefing;  // waits until recommendation knows all this
  briefing.set_relationship(relationship);
  house->Must<recommendation::Briefing>(
      "rapport.recommendation.v1.RecommendationService/GetBriefing", briefing);
}

std::string World::NameOf(absl::string_view type) const {
  const auto it = names_.find(type);
  if (it != names_.end()) return it->second;
  ADD_FAILURE() << "the world has no " << type;
  return "";
}

std::string World::NameFor(absl::string_view method, absl::string_view type) const {
  const auto it = names_for_.find(absl::StrCat(method, " ", type));
  return it == names_for_.end() ? NameOf(type) : it->second;
}

StoreContent ReadStore(const std::string& path) {
  StoreContent out;
  sqlite3* db = nullptr;
  if (sqlite3_open_v2(path.c_str(), &db, SQLITE_OPEN_READONLY, nullptr) != SQLITE_OK) {
    ADD_FAILURE() << "cannot open " << path;
    sqlite3_close(db);
    return out;
  }
  sqlite3_busy_timeout(db, 5000);
  const auto query = [&](const std::string& sql, const std::function<void(sqlite3_stmt*)>& row) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(db, sql.c_str(), -1, &statement, nullptr) != SQLITE_OK) {
      ADD_FAILURE() << sql << ": " << sqlite3_errmsg(db);
    }
    while (sqlite3_step(statement) == SQLITE_ROW) row(statement);
    sqlite3_finalize(statement);
  };
  std::vector<std::string> tables;
  // How far a service has read in another's feed is noted some time later, by itself.
  query("SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'cursors' ORDER BY name",
        [&](sqlite3_stmt* s) {
          tables.emplace_back(reinterpret_cast<const char*>(sqlite3_column_text(s, 0)));
        });
  for (const auto& table : tables) {
    std::int64_t& rows = out.rows[table];
    std::size_t& sum = out.content[table];
    query(absl::StrCat("SELECT * FROM \"", table, "\""), [&](sqlite3_stmt* s) {
      ++rows;
      std::string text;
      for (int i = 0; i < sqlite3_column_count(s); ++i) {
        const auto size = static_cast<std::size_t>(sqlite3_column_bytes(s, i));
        const auto* bytes = static_cast<const char*>(sqlite3_column_blob(s, i));
        absl::StrAppend(&text, size, ":");
        if (bytes != nullptr) text.append(bytes, size);
      }
      sum += std::hash<std::string>()(text);  // the order of rows does not matter
    });
  }
  sqlite3_close(db);
  return out;
}

}  // namespace rapport::tests
