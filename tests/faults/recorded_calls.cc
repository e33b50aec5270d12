#include "tests/faults/recorded_calls.h"

#include <poll.h>

#include <cstdlib>
#include <iostream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "common/base/uuid.h"
#include "common/time/proto_time.h"
#include "rapport/contact/v1/people_service.pb.h"
#include "rapport/contact/v1/relationship_service.pb.h"
#include "rapport/engagement/v1/engagement_service.pb.h"
#include "rapport/engagement/v1/rapport_service.pb.h"

namespace rapport::tests {
namespace {

namespace contact = rapport::contact::v1;
namespace engagement = rapport::engagement::v1;

constexpr char kParent[] = "tenants/home";
constexpr char kGetPerson[] = "rapport.contact.v1.PeopleService/GetPerson";
constexpr char kUpdatePerson[] = "rapport.contact.v1.PeopleService/UpdatePerson";
constexpr char kUpsert[] = "rapport.contact.v1.PeopleService/BatchUpsertPeople";
constexpr char kGetRelationship[] = "rapport.contact.v1.RelationshipService/GetRelationship";
constexpr char kUpdateRelationship[] = "rapport.contact.v1.RelationshipService/UpdateRelationship";
constexpr char kRecord[] = "rapport.engagement.v1.EngagementService/RecordEngagement";
constexpr char kTimeline[] = "rapport.engagement.v1.EngagementService/ListTimeline";
constexpr char kGetRapport[] = "rapport.engagement.v1.RapportService/GetRapport";

constexpr char kFirst[] = "first";  // what everybody is called before the first write

std::vector<std::unique_ptr<rpc::Client>> Connect(absl::string_view targets) {
  std::vector<std::unique_ptr<rpc::Client>> clients;
  for (const auto target : absl::StrSplit(targets, ',', absl::SkipEmpty())) {
    clients.push_back(std::make_unique<rpc::Client>(
        rpc::ClientOptions{.target = std::string(target), .own_connection = true}));
  }
  return clients;
}

// Through the first process that answers.
absl::Status CallAny(const Doors& doors, Kind kind, const char* method,
                     const google::protobuf::MessageLite& request,
                     google::protobuf::MessageLite* response, const std::string& seen,
                     std::string* token) {
  rpc::CallOptions options = doors.options();
  options.consistency_token = seen;
  absl::Status status = absl::UnavailableError("no process");
  for (const auto& door : doors.Of(kind)) {
    status = door->CallInto(method, request, response, options, token);
    if (status.ok()) break;
  }
  return status;
}

}  // namespace

std::string History::Entity(Kind kind, std::size_t person) const {
  return absl::StrCat(number, ".", absl::string_view(&"prs"[kind], 1), person);
}

Doors::Doors(absl::string_view contact, absl::string_view engagement, absl::Duration timeout)
    : contact_(Connect(contact)), engagement_(Connect(engagement)) {
  options_.timeout = timeout;
}

void Insist(absl::string_view what, const std::function<absl::Status()>& call) {
  const absl::Time limit = absl::Now() + absl::Minutes(1);
  while (true) {
    const absl::Status status = call();
    if (status.ok()) return;
    if (absl::Now() > limit) {
      std::cerr << what << ": " << status << std::endl;
      std::_Exit(3);
    }
    poll(nullptr, 0, 10);
  }
}

HistoryPtr NewHistory(const Doors& doors, const std::string& load, int number, int people,
                      Recorder& recorder) {
  auto history = std::make_shared<History>();
  history->load = load;
  history->number = number;
  contact::BatchUpsertPeopleRequest request;
  request.set_parent(kParent);
  for (int i = 0; i < people; ++i) {
    auto* item = request.add_people();
    item->mutable_external_id()->set_source("record_load");
    item->mutable_external_id()->set_id(absl::StrCat(load, "-", number, "-", i));
    item->mutable_person()->set_full_name(kFirst);
  }
  std::string token;
  Insist(kUpsert, [&] {
    history->people.clear();
    contact::BatchUpsertPeopleResponse made;
    const absl::Status status = CallAny(doors, kPerson, kUpsert, request, &made, "", &token);
    for (const auto& result : made.results()) {
      if (result.status().code() != 0) return absl::InternalError(result.status().message());
      history->people.push_back({result.person(), result.relationship()});
    }
    return status;
  });
  for (std::size_t i = 0; i < history->people.size(); ++i) {
    engagement::GetRapportRequest get;
    get.set_name(history->people[i].relationship);
    engagement::Rapport rapport;
    Insist(kGetRapport,
           [&] { return CallAny(doors, kStatistics, kGetRapport, get, &rapport, token, nullptr); });
    const std::int64_t now = BootNanoseconds();
    for (const Kind kind : {kPerson, kRelationship, kStatistics}) {
      recorder.Add({.entity = history->Entity(kind, i), .op = 'n', .begin = now, .done = now});
    }
  }
  return history;
}

absl::Status Read(const Doors& doors, const History& history, Kind kind, std::size_t person,
                  Record record, Recorder& recorder) {
  const KnownPerson& who = history.people[person];
  rpc::Client& door = *doors.Of(kind)[record.process];
  record.entity = history.Entity(kind, person);
  record.begin = BootNanoseconds();
  absl::Status status;
  if (kind == kPerson) {
    contact::GetPersonRequest get;
    get.set_name(who.name);
    contact::Person answer;
    status = door.CallInto(kGetPerson, get, &answer, doors.options());
    record.version = answer.revision();
    record.value = answer.full_name();
  } else if (kind == kRelationship) {
    contact::GetRelationshipRequest get;
    get.set_name(who.relationship);
    contact::Relationship answer;
    status = door.CallInto(kGetRelationship, get, &answer, doors.options());
    record.version = answer.revision();
    record.value = answer.labels_size() == 0 ? kFirst : answer.labels(0);
  } else {
    engagement::GetRapportRequest get;
    get.set_name(who.relationship);
    engagement::Rapport answer;
    status = door.CallInto(kGetRapport, get, &answer, doors.options());
    record.version = answer.two_way_count();
  }
  record.done = BootNanoseconds();
  if (!status.ok()) {
    record.op = 'f';
    record.failed_code = status.raw_code();
    record.version = -1;
    record.value.clear();
  }
  recorder.Add(record);
  return status;
}

RecordedWrite NewWrite(const History& history, Kind kind, std::size_t person,
                       const std::string& value) {
  static auto* const rng = new base::SystemRng;
  const KnownPerson& who = history.people[person];
  const std::string id = base::NewUuidV7(absl::Now(), *rng);
  if (kind == kPerson) {
    contact::UpdatePersonRequest update;
    update.set_request_id(id);
    update.mutable_person()->set_name(who.name);
    update.mutable_person()->set_full_name(value);
    update.mutable_update_mask()->add_paths("full_name");
    return [update](const Doors& doors, Record* record) {
      const auto answer = doors.Of(kPerson)[record->process]->Call<contact::Person>(
          kUpdatePerson, update, doors.options());
      if (answer.ok()) record->version = answer->revision();
      return answer.status();
    };
  }
  if (kind == kRelationship) {
    contact::UpdateRelationshipRequest update;
    update.set_request_id(id);
    update.mutable_relationship()->set_name(who.relationship);
    update.mutable_relationship()->add_labels(value);
    update.mutable_update_mask()->add_paths("labels");
    return [update](const Doors& doors, Record* record) {
      const auto answer = doors.Of(kRelationship)[record->process]->Call<contact::Relationship>(
          kUpdateRelationship, update, doors.options());
      if (answer.ok()) record->version = answer->revision();
      return answer.status();
    };
  }
  engagement::RecordEngagementRequest happened;
  happened.set_relationship(who.relationship);
  auto* said = happened.mutable_engagement();
  said->set_source(history.load);
  said->set_source_id(value);
  *said->mutable_event_time() = time::ToProto(absl::Now() - absl::Seconds(1));
  said->set_kind(engagement::Engagement::MESSAGE);
  said->set_conduct(engagement::Engagement::HUMAN);
  said->set_direction(engagement::Engagement::MUTUAL);
  return [happened](const Doors& doors, Record* record) {
    return doors.Of(kStatistics)[record->process]
        ->Call<engagement::Engagement>(kRecord, happened, doors.options())
        .status();
  };
}

std::vector<std::string> Listed(const Doors& doors, const KnownPerson& who) {
  std::vector<std::string> ids;
  engagement::ListTimelineRequest request;
  request.set_parent(who.relationship);
  request.set_page_size(500);
  do {
    engagement::ListTimelineResponse page;
    Insist(kTimeline,
           [&] { return CallAny(doors, kStatistics, kTimeline, request, &page, "", nullptr); });
    for (const auto& entry : page.entries()) {
      if (entry.has_engagement()) ids.push_back(entry.engagement().source_id());
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return ids;
}

void AwaitFirstExchange(const Doors& doors, const KnownPerson& who) {
  contact::GetRelationshipRequest get;
  get.set_name(who.relationship);
  Insist(who.relationship, [&] {
    contact::Relationship answer;
    const absl::Status status =
        CallAny(doors, kRelationship, kGetRelationship, get, &answer, "", nullptr);
    if (!status.ok() || answer.has_first_exchange_time()) return status;
    return absl::DataLossError("contact has not heard of the first exchange");
  });
}

}  // namespace rapport::tests
