// list: any collection of the services, by filter and order as AIP-160 and AIP-132 write them.
#include <algorithm>
#include <functional>
#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
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
#include "rapport/recommendation/v1/offer_service.pb.h"
#include "tools/rapportctl/choices.h"
#include "tools/rapportctl/commands.h"
#include "tools/rapportctl/render_allowed.h"
#include "tools/rapportctl/render_needs.h"
#include "tools/rapportctl/render_story.h"
#include "tools/rapportctl/who.h"
#include "tools/rapportctl/words.h"

namespace rapport::rapportctl {
namespace {

namespace c = contact::v1;
namespace e = engagement::v1;
namespace r = recommendation::v1;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

enum class Below { kTenant, kPerson, kRelationship };

struct Kind {
  absl::string_view word;
  const char* method;
  Below below;
  const Message* request;
  const Message* response;
  const FieldDescriptor* items;  // of the response
  std::function<std::string(const Message&, const DayStyle&)> line;
};

template <class Request, class Response, class Resource, class Line>
Kind KindOf(absl::string_view word, const char* method, Below below, Line line) {
  Kind kind{word,
            method,
            below,
            &Request::default_instance(),
            &Response::default_instance(),
            nullptr,
            [line](const Message& item, const DayStyle& days) {
              return line(static_cast<const Resource&>(item), days);
            }};
  for (int i = 0; i < Response::descriptor()->field_count(); ++i) {
    const FieldDescriptor* field = Response::descriptor()->field(i);
    if (field->message_type() == Resource::descriptor()) kind.items = field;
  }
  return kind;
}

std::string MeasureWords(const type::v1::Measure& measure) {
  return measure.status() == type::v1::MEASURE_STATUS_OK ? absl::StrFormat("%.2f", measure.value())
                                                         : "unknown";
}

std::string PersonWords(const c::Person& person, const DayStyle&) {
  std::string out = Plain(person.full_name());
  if (!person.organization().empty()) {
    absl::StrAppend(&out, " (", Plain(person.organization()), ")");
  }
  if (!person.labels().empty()) {
    absl::StrAppend(&out, " · ", Plain(absl::StrJoin(person.labels(), ", ")));
  }
  return out;
}
std::string StewardWords(const c::Steward& steward, const DayStyle&) {
  return absl::StrCat(Plain(steward.display_name()), steward.bot() ? " (a machine)" : "");
}
std::string ContactPointWords(const c::ContactPoint& point, const DayStyle&) {
  return absl::StrCat(FoldChoice(c::ContactPoint::Kind_Name(point.kind())), " ",
                      Plain(point.value()),
                      point.label().empty() ? "" : absl::StrCat(" (", Plain(point.label()), ")"));
}
std::string RelationshipWords(const c::Relationship& relationship, const DayStyle&) {
  std::string out = absl::StrCat(
      FoldChoice(c::Standing_Name(relationship.standing())),
      relationship.house().empty() ? "" : absl::StrCat(" · house ", Plain(relationship.house())),
      relationship.orphaned() ? " · without a steward" : "");
  return absl::StrCat(out, " · ", relationship.person());
}
std::string RapportWords(const e::Rapport& rapport, const DayStyle& days) {
  std::string out = absl::StrCat(FoldChoice(e::Vitality_Name(rapport.vitality())), " · health ",
                                 MeasureWords(rapport.health()));
  if (rapport.has_last_two_way_time()) {
    absl::StrAppend(&out, " · last contact ",
                    SayMoment(time::FromProto(rapport.last_two_way_time()), days));
  }
  return out;
}
std::string OfferWords(const r::Offer& offer, const DayStyle&) {
  return absl::StrCat(Plain(offer.display_name()), " (for ",
                      Plain(absl::StrJoin(offer.serves(), ", ")), ")",
                      offer.paused() ? " · not offered now" : "");
}

const std::vector<Kind>& Kinds() {
  static const auto* const kinds = new std::vector<Kind>{
      KindOf<c::ListPeopleRequest, c::ListPeopleResponse, c::Person>(
          "people", "rapport.contact.v1.PeopleService/ListPeople", Below::kTenant, PersonWords),
      KindOf<c::ListContactPointsRequest, c::ListContactPointsResponse, c::ContactPoint>(
          "contact-points", "rapport.contact.v1.PeopleService/ListContactPoints", Below::kPerson,
          ContactPointWords),
      KindOf<c::ListConsentEntriesRequest, c::ListConsentEntriesResponse, c::ConsentEntry>(
          "consents", "rapport.contact.v1.ConsentService/ListConsentEntries", Below::kPerson,
          [](const c::ConsentEntry& entry, const DayStyle& days) {
            return ConsentLine(entry, {}, days);
          }),
      KindOf<c::ListRelationshipsRequest, c::ListRelationshipsResponse, c::Relationship>(
          "relationships", "rapport.contact.v1.RelationshipService/ListRelationships",
          Below::kTenant, RelationshipWords),
      KindOf<c::ListStewardsRequest, c::ListStewardsResponse, c::Steward>(
          "stewards", "rapport.contact.v1.StewardService/ListStewards", Below::kTenant,
          StewardWords),
      KindOf<e::ListRapportsRequest, e::ListRapportsResponse, e::Rapport>(
          "rapports", "rapport.engagement.v1.RapportService/ListRapports", Below::kTenant,
          RapportWords),
      KindOf<e::ListEngagementsRequest, e::ListEngagementsResponse, e::Engagement>(
          "engagements", "rapport.engagement.v1.EngagementService/ListEngagements",
          Below::kRelationship,
          [](const e::Engagement& engagement, const DayStyle& days) {
            return absl::StrCat(SayMoment(time::FromProto(engagement.event_time()), days), "  ",
                                EngagementLine(engagement));
          }),
      KindOf<e::ListPromisesRequest, e::ListPromisesResponse, e::Promise>(
          "promises", "rapport.engagement.v1.PromiseService/ListPromises", Below::kRelationship,
          PromiseLine),
      KindOf<e::ListFactsRequest, e::ListFactsResponse, e::Fact>(
          "facts", "rapport.engagement.v1.UnderstandingService/ListFacts", Below::kRelationship,
          [](const e::Fact& fact, const DayStyle&) { return FactLine(fact); }),
      KindOf<e::ListFeedbackRequest, e::ListFeedbackResponse, e::Feedback>(
          "feedback", "rapport.engagement.v1.UnderstandingService/ListFeedback",
          Below::kRelationship,
          [](const e::Feedback& feedback, const DayStyle&) { return FeedbackLine(feedback); }),
      KindOf<e::ListNeedsRequest, e::ListNeedsResponse, e::Need>(
          "needs", "rapport.engagement.v1.NeedService/ListNeeds", Below::kRelationship, NeedLine),
      KindOf<e::ListSalesRequest, e::ListSalesResponse, e::Sale>(
          "sales", "rapport.engagement.v1.SaleService/ListSales", Below::kRelationship, SaleLine),
      KindOf<e::ListCareEventsRequest, e::ListCareEventsResponse, e::CareEvent>(
          "care-events", "rapport.engagement.v1.CareService/ListCareEvents", Below::kRelationship,
          [](const e::CareEvent& event, const DayStyle&) { return CareEventLine(event); }),
      KindOf<r::ListOffersRequest, r::ListOffersResponse, r::Offer>(
          "offers", "rapport.recommendation.v1.OfferService/ListOffers", Below::kTenant,
          OfferWords),
  };
  return *kinds;
}

// Null if the request has none of that name.
const FieldDescriptor* FieldOf(const Message& message, const char* name) {
  return message.GetDescriptor()->FindFieldByName(name);
}

void SetText(Message* message, const char* field, const std::string& text) {
  message->GetReflection()->SetString(message, FieldOf(*message, field), text);
}

// INVALID_ARGUMENT (FIELD) where this list has no such argument.
absl::Status Takes(const Message& request, const char* field, absl::string_view why) {
  if (FieldOf(request, field) != nullptr) return absl::OkStatus();
  return errors::InvalidField(field, std::string(why));
}

// A name of the collection's parent is taken as it is: "tenants/home/relationships/unclaimed" is no
// relationship.
absl::StatusOr<std::string> ParentOf(Context& context, const Kind& kind, const std::string& who) {
  const bool person = kind.below == Below::kPerson;
  if (absl::StartsWith(who, "tenants/") &&
      absl::StrContains(who, person ? "/people/" : "/relationships/")) {
    return who;
  }
  ASSIGN_OR_RETURN(const Who found, FindWho(*context.connection, who));
  return person ? found.person : found.relationship;
}

absl::Status Aim(Context& context, const Kind& kind, const std::string& who, Message* request) {
  if (kind.below != Below::kTenant) {
    if (who.empty()) {
      return errors::InvalidField("who",
                                  absl::StrCat("of whom? rapportctl list ", kind.word, " WHO"));
    }
    ASSIGN_OR_RETURN(const std::string parent, ParentOf(context, kind, who));
    SetText(request, "parent", parent);
    return absl::OkStatus();
  }
  SetText(request, "parent", context.connection->parent());
  if (who.empty()) return absl::OkStatus();
  if (FieldOf(*request, "person") == nullptr) {
    return errors::InvalidField("who", absl::StrCat(kind.word, " are of the whole house: no WHO"));
  }
  ASSIGN_OR_RETURN(const Who found, FindWho(*context.connection, who));
  SetText(request, "person", found.person);
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Message>> RequestFor(Context& context, const Seat& seat,
                                                    const Kind& kind, const ListOptions& options) {
  std::unique_ptr<Message> request(kind.request->New());
  SetText(request.get(), "filter", options.filter);
  if (!options.order_by.empty()) {
    RETURN_IF_ERROR(Takes(*request, "order_by",
                          absl::StrCat(kind.word, " are in the order of their names alone")));
    SetText(request.get(), "order_by", options.order_by);
  }
  if (options.deleted) {
    RETURN_IF_ERROR(
        Takes(*request, "show_deleted", absl::StrCat(kind.word, " are not deleted one by one")));
    request->GetReflection()->SetBool(request.get(), FieldOf(*request, "show_deleted"), true);
  }
  if (seat.as_of) {
    RETURN_IF_ERROR(
        Takes(*request, "as_of", absl::StrCat(kind.word, " are listed as they are now")));
    request->GetReflection()
        ->MutableMessage(request.get(), FieldOf(*request, "as_of"))
        ->CopyFrom(time::ToProto(*seat.as_of));
  }
  RETURN_IF_ERROR(Aim(context, kind, options.who, request.get()));
  return request;
}

std::string NameOf(const Message& item) {
  const FieldDescriptor* name = FieldOf(item, "name");
  if (name == nullptr) name = FieldOf(item, "relationship");  // whose rapport it is
  return item.GetReflection()->GetString(item, name);
}

}  // namespace

std::vector<absl::string_view> ListedKinds() {
  std::vector<absl::string_view> words;
  for (const Kind& kind : Kinds()) words.push_back(kind.word);
  return words;
}

absl::Status List(Context& context, const ListOptions& options) {
  const auto kind = std::find_if(Kinds().begin(), Kinds().end(),
                                 [&](const Kind& k) { return k.word == FoldChoice(options.kind); });
  if (kind == Kinds().end()) return NoSuchChoice("kind", options.kind, ListedKinds());
  ASSIGN_OR_RETURN(const Seat seat, TakeSeat(context));
  ASSIGN_OR_RETURN(const auto request, RequestFor(context, seat, *kind, options));
  const std::unique_ptr<Message> all(kind->response->New());
  const auto& reflection = *all->GetReflection();
  const FieldDescriptor* const next = FieldOf(*all, "next_page_token");
  int count = 0;
  std::string token;
  do {
    request->GetReflection()->SetInt32(request.get(), FieldOf(*request, "page_size"),
                                       std::min(500, options.count - count));
    const std::unique_ptr<Message> page(kind->response->New());
    RETURN_IF_ERROR(context.connection->CallInto(kind->method, *request, page.get()));
    count += reflection.FieldSize(*page, kind->items);
    token = reflection.GetString(*page, next);
    SetText(request.get(), "page_token", token);
    if (context.json) {
      reflection.ClearField(all.get(), next);
      all->MergeFrom(*page);
      continue;
    }
    for (int i = 0; i < reflection.FieldSize(*page, kind->items); ++i) {
      const Message& item = reflection.GetRepeatedMessage(*page, kind->items, i);
      *context.out << kind->line(item, seat.style) << "  " << NameOf(item) << "\n";
    }
  } while (!token.empty() && count < options.count);
  if (context.json) {
    PrintJson(context, *all);
    return absl::OkStatus();
  }
  if (count == 0) *context.out << "Nothing fits.\n";
  if (!token.empty()) {
    *context.out << "\nmore: rapportctl list " << kind->word << " … -n "
                 << std::min(std::int64_t{options.count} * 5, kMostListed) << "\n";
  }
  return absl::OkStatus();
}

}  // namespace rapport::rapportctl
