// rapportctl export: everything that the house knows, in files that other programs read.
#include <cstdio>
#include <fstream>
#include <map>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "rapport/contact/v1/consent_service.pb.h"
#include "rapport/contact/v1/people_service.pb.h"
#include "rapport/contact/v1/relationship_service.pb.h"
#include "rapport/contact/v1/steward_service.pb.h"
#include "rapport/engagement/v1/care_service.pb.h"
#include "rapport/engagement/v1/engagement_service.pb.h"
#include "rapport/engagement/v1/need_service.pb.h"
#include "rapport/engagement/v1/promise_service.pb.h"
#include "rapport/engagement/v1/sale_service.pb.h"
#include "rapport/engagement/v1/understanding_service.pb.h"
#include "rapport/recommendation/v1/offer_service.pb.h"
#include "tools/rapportctl/commands.h"
#include "tools/rapportctl/files.h"
#include "tools/rapportctl/json.h"
#include "tools/rapportctl/vcard_writer.h"
#include "tools/rapportctl/words.h"

namespace rapport::rapportctl {
namespace {

// A file that is complete or not there under its name.
class OutFile {
 public:
  OutFile(const std::string& dir, const std::string& name)
      : path_(absl::StrCat(dir, "/", name)),
        name_(name),
        out_(path_ + ".part", std::ios::binary | std::ios::trunc) {}

  void Line(const google::protobuf::Message& message) {
    out_ << ToJson(message, JsonLayout::kOneLine);
    ++count_;
  }
  void Text(const std::string& text) {
    out_ << text;
    ++count_;
  }
  absl::Status Finish() {
    out_.close();
    if (!out_ || std::rename((path_ + ".part").c_str(), path_.c_str()) != 0) {
      return absl::FailedPreconditionError(absl::StrCat("cannot write ", path_));
    }
    return absl::OkStatus();
  }
  const std::string& name() const { return name_; }
  std::int64_t count() const { return count_; }

 private:
  const std::string path_;
  const std::string name_;
  std::ofstream out_;
  std::int64_t count_ = 0;
};

class Exporter {
 public:
  Exporter(Context& context, std::string dir)
      : context_(context), connection_(*context.connection), dir_(std::move(dir)) {}

  absl::Status Run() {
    RETURN_IF_ERROR(MakeFolder(dir_));
    OutFile& stewards = Open("stewards.jsonl");
    ASSIGN_OR_RETURN(const auto all, ListStewards(connection_));
    for (const auto& steward : all) stewards.Line(steward);
    contact::v1::GetSettingsRequest settings;
    settings.set_name(absl::StrCat(connection_.parent(), "/settings"));
    ASSIGN_OR_RETURN(const auto set,
                     connection_.Call<contact::v1::Settings>(
                         "rapport.contact.v1.StewardService/GetSettings", settings));
    Open("settings.jsonl").Line(set);
    RETURN_IF_ERROR(People());
    RETURN_IF_ERROR(Relationships());
    RETURN_IF_ERROR(Collection<recommendation::v1::ListOffersRequest>(
        "rapport.recommendation.v1.OfferService/ListOffers", connection_.parent(), "offers.jsonl",
        &recommendation::v1::ListOffersResponse::offers));
    google::protobuf::Struct json;
    std::string line;
    for (auto& [name, file] : files_) {
      RETURN_IF_ERROR(file->Finish());
      SetWhole(&json, name, file->count());
      absl::StrAppend(&line, line.empty() ? "" : " · ", name, " ", Grouped(file->count()));
    }
    if (context_.json) {
      PrintJson(context_, json);
    } else {
      *context_.out << "written to " << dir_ << ": " << line << "\n";
    }
    return absl::OkStatus();
  }

 private:
  OutFile& Open(const std::string& name) {
    auto& file = files_[name];
    if (file == nullptr) file = std::make_unique<OutFile>(dir_, name);
    return *file;
  }

  // Calls `each` with every page of a list.
  template <class Request, class Response, class Each>
  absl::Status Pages(const char* method, Request request, Each each) {
    request.set_page_size(500);
    do {
      ASSIGN_OR_RETURN(const Response page, connection_.Call<Response>(method, request));
      RETURN_IF_ERROR(each(page));
      request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty());
    return absl::OkStatus();
  }

  // Writes everything below `parent` to the file of that name.
  template <class Request, class Response, class M>
  absl::Status Collection(const char* method, const std::string& parent, const char* file,
                          const google::protobuf::RepeatedPtrField<M>& (Response::*items)() const) {
    OutFile& out = Open(file);
    Request request;
    request.set_parent(parent);
    return Pages<Request, Response>(method, request, [&](const Response& page) {
      for (const auto& item : (page.*items)()) out.Line(item);
      return absl::OkStatus();
    });
  }

  absl::Status People() {
    OutFile& people = Open("people.jsonl");
    OutFile& cards = Open("people.vcf");
    OutFile& points = Open("contact_points.jsonl");
    OutFile& preferences = Open("preferences.jsonl");
    Open("consent_entries.jsonl");
    contact::v1::ListPeopleRequest request;
    request.set_parent(connection_.parent());
    return Pages<contact::v1::ListPeopleRequest, contact::v1::ListPeopleResponse>(
        "rapport.contact.v1.PeopleService/ListPeople", request, [&](const auto& page) {
          for (const auto& person : page.people()) {
            people.Line(person);
            ASSIGN_OR_RETURN(const auto of_person, PointsOf(person.name()));
            for (const auto& point : of_person) points.Line(point);
            cards.Text(WriteVCard(person, of_person));
            contact::v1::GetPreferenceRequest get;
            get.set_name(absl::StrCat(person.name(), "/preference"));
            ASSIGN_OR_RETURN(const auto preference,
                             connection_.Call<contact::v1::Preference>(
                                 "rapport.contact.v1.PeopleService/GetPreference", get));
            if (preference.revision() > 0) preferences.Line(preference);
            RETURN_IF_ERROR(Collection<contact::v1::ListConsentEntriesRequest>(
                "rapport.contact.v1.ConsentService/ListConsentEntries", person.name(),
                "consent_entries.jsonl",
                &contact::v1::ListConsentEntriesResponse::consent_entries));
          }
          return absl::OkStatus();
        });
  }

  absl::StatusOr<std::vector<contact::v1::ContactPoint>> PointsOf(const std::string& person) {
    std::vector<contact::v1::ContactPoint> out;
    contact::v1::ListContactPointsRequest request;
    request.set_parent(person);
    const absl::Status listed =
        Pages<contact::v1::ListContactPointsRequest, contact::v1::ListContactPointsResponse>(
            "rapport.contact.v1.PeopleService/ListContactPoints", request, [&](const auto& page) {
              out.insert(out.end(), page.contact_points().begin(), page.contact_points().end());
              return absl::OkStatus();
            });
    RETURN_IF_ERROR(listed);
    return out;
  }

  absl::Status Relationships() {
    OutFile& relationships = Open("relationships.jsonl");
    Open("engagements.jsonl");
    Open("promises.jsonl");
    Open("facts.jsonl");
    Open("feedback.jsonl");
    Open("needs.jsonl");
    Open("sales.jsonl");
    Open("care_events.jsonl");
    contact::v1::ListRelationshipsRequest request;
    request.set_parent(connection_.parent());
    const absl::Status listed =
        Pages<contact::v1::ListRelationshipsRequest, contact::v1::ListRelationshipsResponse>(
            "rapport.contact.v1.RelationshipService/ListRelationships", request,
            [&](const auto& page) {
              for (const auto& relationship : page.relationships()) {
                relationships.Line(relationship);
                RETURN_IF_ERROR(Story(relationship.name()));
              }
              return absl::OkStatus();
            });
    RETURN_IF_ERROR(listed);
    // What belongs to nobody yet.
    const absl::Status unclaimed =
        Engagements(absl::StrCat(connection_.parent(), "/relationships/unclaimed"));
    if (!absl::IsNotFound(unclaimed)) return unclaimed;
    *context_.err << "left out: engagements that belong to nobody yet; the service does not list "
                     "them\n";
    return absl::OkStatus();
  }

  absl::Status Engagements(const std::string& relationship) {
    engagement::v1::ListTimelineRequest request;
    request.set_parent(relationship);
    return Pages<engagement::v1::ListTimelineRequest, engagement::v1::ListTimelineResponse>(
        "rapport.engagement.v1.EngagementService/ListTimeline", request, [&](const auto& page) {
          for (const auto& entry : page.entries()) {
            if (entry.has_engagement()) Open("engagements.jsonl").Line(entry.engagement());
          }
          return absl::OkStatus();
        });
  }

  absl::Status Story(const std::string& relationship) {
    RETURN_IF_ERROR(Engagements(relationship));
    RETURN_IF_ERROR(Collection<engagement::v1::ListPromisesRequest>(
        "rapport.engagement.v1.PromiseService/ListPromises", relationship, "promises.jsonl",
        &engagement::v1::ListPromisesResponse::promises));
    RETURN_IF_ERROR(Collection<engagement::v1::ListFactsRequest>(
        "rapport.engagement.v1.UnderstandingService/ListFacts", relationship, "facts.jsonl",
        &engagement::v1::ListFactsResponse::facts));
    RETURN_IF_ERROR(Collection<engagement::v1::ListNeedsRequest>(
        "rapport.engagement.v1.NeedService/ListNeeds", relationship, "needs.jsonl",
        &engagement::v1::ListNeedsResponse::needs));
    RETURN_IF_ERROR(Collection<engagement::v1::ListSalesRequest>(
        "rapport.engagement.v1.SaleService/ListSales", relationship, "sales.jsonl",
        &engagement::v1::ListSalesResponse::sales));
    RETURN_IF_ERROR(Collection<engagement::v1::ListCareEventsRequest>(
        "rapport.engagement.v1.CareService/ListCareEvents", relationship, "care_events.jsonl",
        &engagement::v1::ListCareEventsResponse::care_events));
    return Collection<engagement::v1::ListFeedbackRequest>(
        "rapport.engagement.v1.UnderstandingService/ListFeedback", relationship, "feedback.jsonl",
        &engagement::v1::ListFeedbackResponse::feedback);
  }

  Context& context_;
  Connection& connection_;
  const std::string dir_;
  std::map<std::string, std::unique_ptr<OutFile>> files_;
};

}  // namespace

absl::Status Export(Context& context, const std::string& dir) {
  return Exporter(context, dir).Run();
}

}  // namespace rapport::rapportctl
