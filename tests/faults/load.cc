#include "tests/faults/load.h"

#include <gtest/gtest.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/uuid.h"
#include "common/testing/matchers.h"
#include "common/time/proto_time.h"
#include "rapport/contact/v1/people_service.pb.h"
#include "rapport/contact/v1/relationship_service.pb.h"
#include "rapport/contact/v1/steward_service.pb.h"
#include "rapport/engagement/v1/engagement_service.pb.h"
#include "rapport/engagement/v1/promise_service.pb.h"
#include "rapport/engagement/v1/rapport_service.pb.h"

namespace rapport::tests {
namespace {

namespace contact = rapport::contact::v1;
namespace engagement = rapport::engagement::v1;

constexpr char kPeople[] = "rapport.contact.v1.PeopleService/";
constexpr char kEngagements[] = "rapport.engagement.v1.EngagementService/";
constexpr char kPromises[] = "rapport.engagement.v1.PromiseService/";

std::string NewId() {
  static auto* const rng = new base::SystemRng;
  return base::NewUuidV7(absl::Now(), *rng);
}

}  // namespace

std::int64_t Ledger::engagements() const {
  std::int64_t sum = 0;
  for (const auto& [name, one] : relationships) {
    sum += static_cast<std::int64_t>(one.engagements.size());
  }
  return sum;
}

std::int64_t Ledger::promises() const {
  std::int64_t sum = 0;
  for (const auto& [name, one] : relationships) {
    sum += static_cast<std::int64_t>(one.promises.size());
  }
  return sum;
}

Load::Load(House* house, Options options) : house_(*house), options_(options) {
  contact::CreateStewardRequest steward;
  steward.set_parent(house_.parent());
  steward.set_steward_id("ines");
  steward.mutable_steward()->set_display_name("Ines");
  steward_ =
      house_.Must<contact::Steward>("rapport.contact.v1.StewardService/CreateSteward", steward)
          .name();
  contact::BatchUpsertPeopleRequest people;
  people.set_parent(house_.parent());
  for (int i = 0; i < options_.relationships; ++i) {
    auto* item = people.add_people();
    item->mutable_external_id()->set_source("load");
    item->mutable_external_id()->set_id(absl::StrCat(i));
    item->mutable_person()->set_full_name(absl::StrCat("Person ", i));
    item->add_stewards(steward_);
  }
  const auto response = house_.Must<contact::BatchUpsertPeopleResponse>(
      absl::StrCat(kPeople, "BatchUpsertPeople"), people);
  for (const auto& result : response.results()) {
    EXPECT_EQ(result.status().code(), 0) << result.status().message();
    relationships_.push_back(result.relationship());
    ledger_.relationships[result.relationship()];
    // The session of the house has seen the contact service's write, so this waits for it.
    engagement::GetRapportRequest known;
    known.set_name(result.relationship());
    house_.Must<engagement::Rapport>("rapport.engagement.v1.RapportService/GetRapport", known);
  }
}

Load::~Load() { Stop(); }

void Load::Start() {
  stop_ = false;
  int writer = 0;
  for (int i = 0; i < options_.engagement_writers; ++i, ++writer) {
    writers_.emplace_back([this, writer] { RecordEngagements(writer); });
  }
  for (int i = 0; i < options_.promise_writers; ++i, ++writer) {
    writers_.emplace_back([this, writer] { MakePromises(writer); });
  }
  for (int i = 0; i < options_.people_writers; ++i, ++writer) {
    writers_.emplace_back([this, writer] { CreatePeople(writer); });
  }
}

void Load::Stop() {
  stop_ = true;
  for (auto& writer : writers_) writer.join();
  writers_.clear();
}

std::unique_ptr<rpc::Client> Load::NewClient(const std::string& service) const {
  return std::make_unique<rpc::Client>(
      rpc::ClientOptions{.target = house_.SocketOf(service), .own_connection = true});
}

bool Load::Try(rpc::Client& client, const std::function<absl::Status(rpc::Client&)>& call) {
  const absl::Time give_up = absl::Now() + absl::Seconds(60);
  while (true) {
    const absl::Status status = call(client);
    if (status.ok()) {
      ++acknowledged_;
      return true;
    }
    ++repeated_;
    if (!options_.failures_expected) ADD_FAILURE() << status;
    // A service that is away or coming back answers UNAVAILABLE, or not at all.
    const bool passing = absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) ||
                         absl::IsCancelled(status) || absl::IsUnknown(status);
    if (!passing || absl::Now() > give_up) {
      ADD_FAILURE() << "gave up: " << status;
      return false;
    }
  }
}

void Load::RecordEngagements(int writer) {
  const auto client = NewClient("engagement");
  const absl::Time first = absl::Now() - absl::Hours(24 * 100) + absl::Seconds(writer);
  for (int n = 0; !stop_; ++n) {
    const auto& relationship =
        relationships_[static_cast<std::size_t>(n + writer) % relationships_.size()];
    engagement::RecordEngagementRequest request;
    request.set_relationship(relationship);
    auto* said = request.mutable_engagement();
    said->set_source("load");
    said->set_source_id(absl::StrCat("w", writer, "-", n));
    *said->mutable_event_time() = time::ToProto(first + n * absl::Minutes(1));
    said->set_kind(engagement::Engagement::MESSAGE);
    said->set_conduct(engagement::Engagement::HUMAN);
    said->set_direction(n % 3 == 0   ? engagement::Engagement::OUT
                        : n % 3 == 1 ? engagement::Engagement::IN
                                     : engagement::Engagement::MUTUAL);
    engagement::Engagement answer;
    const bool done = Try(*client, [&](rpc::Client& c) {
      std::string token;
      const absl::Status status =
          c.CallInto(absl::StrCat(kEngagements, "RecordEngagement"), request, &answer,
                     {.wait_for_ready = options_.wait_for_ready}, &token);
      if (status.ok()) seen_->Remember(token);
      return status;
    });
    if (!done) return;
    if (answer.repeated()) ++answered_again_;
    base::MutexLock lock(&mu_);
    auto& ledger = ledger_.relationships[relationship];
    ledger.engagements[said->source_id()] = answer.name();
    if (said->direction() != engagement::Engagement::OUT) ledger.two_way.insert(said->source_id());
  }
}

void Load::MakePromises(int writer) {
  const auto client = NewClient("engagement");
  for (int n = 0; !stop_; ++n) {
    const auto& relationship =
        relationships_[static_cast<std::size_t>(n + writer) % relationships_.size()];
    engagement::MakePromiseRequest request;
    request.set_parent(relationship);
    request.set_request_id(NewId());
    request.mutable_promise()->set_promised_by(type::v1::PARTY_US);
    request.mutable_promise()->set_text(absl::StrCat("promise ", writer, "-", n));
    *request.mutable_promise()->mutable_due_time() =
        time::ToProto(absl::Now() + absl::Hours(24 * 7));
    engagement::Promise made;
    engagement::KeepPromiseRequest keep;
    keep.set_request_id(NewId());
    const auto call = [&](const char* method, const google::protobuf::MessageLite& what) {
      return Try(*client, [&](rpc::Client& c) {
        std::string token;
        const absl::Status status = c.CallInto(absl::StrCat(kPromises, method), what, &made,
                                               {.wait_for_ready = options_.wait_for_ready}, &token);
        if (status.ok()) seen_->Remember(token);
        return status;
      });
    };
    if (!call("MakePromise", request)) return;
    {
      base::MutexLock lock(&mu_);
      ledger_.relationships[relationship].promises[request.request_id()] = made.name();
    }
    // Every tenth stays open. Keeping twice would be refused, so a repeat must be a replay.
    keep.set_name(made.name());
    if (n % 10 != 0 && !call("KeepPromise", keep)) return;
  }
}

void Load::CreatePeople(int writer) {
  const auto client = NewClient("contact");
  for (int n = 0; !stop_; ++n) {
    contact::CreatePersonRequest request;
    request.set_parent(house_.parent());
    request.set_request_id(NewId());
    request.mutable_person()->set_full_name(absl::StrCat("Newcomer ", writer, "-", n));
    request.mutable_person()->add_labels("newcomer");
    contact::Person person;
    const bool done = Try(*client, [&](rpc::Client& c) {
      std::string token;
      const absl::Status status =
          c.CallInto(absl::StrCat(kPeople, "CreatePerson"), request, &person,
                     {.wait_for_ready = options_.wait_for_ready}, &token);
      if (status.ok()) seen_->Remember(token);
      return status;
    });
    if (!done) return;
    base::MutexLock lock(&mu_);
    ledger_.people[request.request_id()] = person.name();
  }
}

void Load::CheckTimeline(const std::string& relationship,
                         const RelationshipLedger& expected) const {
  std::map<std::string, std::string> engagements;
  std::set<std::string> promises;
  engagement::ListTimelineRequest request;
  request.set_parent(relationship);
  request.set_page_size(500);
  do {
    const auto page = house_.Must<engagement::ListTimelineResponse>(
        absl::StrCat(kEngagements, "ListTimeline"), request);
    for (const auto& entry : page.entries()) {
      if (entry.has_engagement()) {
        EXPECT_TRUE(
            engagements.emplace(entry.engagement().source_id(), entry.engagement().name()).second)
            << "doubled: " << entry.engagement().source_id();
      }
      if (entry.has_promise()) {
        EXPECT_TRUE(promises.insert(entry.promise().name()).second);
      }
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  EXPECT_EQ(engagements, expected.engagements) << relationship;
  std::set<std::string> promised;
  for (const auto& [id, name] : expected.promises) promised.insert(name);
  EXPECT_EQ(promised.size(), expected.promises.size()) << "two request ids got one promise";
  EXPECT_EQ(promises, promised) << relationship;

  engagement::GetRapportRequest measured;
  measured.set_name(relationship);
  const auto rapport =
      house_.Must<engagement::Rapport>("rapport.engagement.v1.RapportService/GetRapport", measured);
  EXPECT_EQ(rapport.two_way_count(), static_cast<std::int64_t>(expected.two_way.size()))
      << relationship;
}

void Load::CheckPeople() const {
  std::set<std::string> found;
  contact::ListPeopleRequest request;
  request.set_parent(house_.parent());
  request.set_page_size(500);
  do {
    const auto page =
        house_.Must<contact::ListPeopleResponse>(absl::StrCat(kPeople, "ListPeople"), request);
    for (const auto& person : page.people()) {
      if (person.labels_size() == 0) continue;  // not a newcomer
      EXPECT_TRUE(found.insert(person.name()).second);
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  std::set<std::string> created;
  for (const auto& [id, name] : ledger_.people) created.insert(name);
  EXPECT_EQ(created.size(), ledger_.people.size()) << "two request ids got one person";
  EXPECT_EQ(found, created);

  // Each newcomer has one relationship, not none and not two.
  std::map<std::string, int> relationships;
  contact::ListRelationshipsRequest all;
  all.set_parent(house_.parent());
  all.set_page_size(500);
  do {
    const auto page = house_.Must<contact::ListRelationshipsResponse>(
        "rapport.contact.v1.RelationshipService/ListRelationships", all);
    for (const auto& relationship : page.relationships()) ++relationships[relationship.person()];
    all.set_page_token(page.next_page_token());
  } while (!all.page_token().empty());
  for (const auto& name : created) EXPECT_EQ(relationships[name], 1) << name;
  EXPECT_EQ(relationships.size(), created.size() + relationships_.size());
}

void Load::Check() const {
  for (const auto& [relationship, expected] : ledger_.relationships) {
    CheckTimeline(relationship, expected);
  }
  CheckPeople();
}

}  // namespace rapport::tests
