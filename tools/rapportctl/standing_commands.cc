// rest, reopen, quiet, guard, care.
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "rapport/contact/v1/relationship_service.pb.h"
#include "rapport/engagement/v1/care_service.pb.h"
#include "tools/rapportctl/allowing_commands.h"
#include "tools/rapportctl/choices.h"
#include "tools/rapportctl/found.h"
#include "tools/rapportctl/render_allowed.h"
#include "tools/rapportctl/render_needs.h"
#include "tools/rapportctl/who.h"
#include "tools/rapportctl/words.h"

namespace rapport::rapportctl {
namespace {

using contact::v1::Relationship;
using engagement::v1::CareEvent;

constexpr char kService[] = "rapport.contact.v1.RelationshipService/";
constexpr char kCare[] = "rapport.engagement.v1.CareService/";

absl::StatusOr<Relationship> Read(Context& context, const Who& who) {
  contact::v1::GetRelationshipRequest request;
  request.set_name(who.relationship);
  return context.connection->Call<Relationship>(absl::StrCat(kService, "GetRelationship"), request);
}

void Show(Context& context, const Seat& seat, const Who& who, const Relationship& relationship) {
  PrintLine(context, relationship,
            absl::StrCat(Plain(who.display_name), ": ", StandingLine(relationship, seat.style)));
}

// Moves the relationship; what the request says besides is set by `more`.
template <class Request, class More>
absl::Status Move(Context& context, const char* method, const StandingOptions& options,
                  type::v1::Party usually, More more) {
  Request request;
  request.set_said_by(usually);
  if (!options.said_by.empty()) {
    ASSIGN_OR_RETURN(const auto party, ReadChoice("said_by", options.said_by, Parties()));
    request.set_said_by(party);
  }
  request.set_reason(options.reason);
  more(&request);
  ASSIGN_OR_RETURN(const Seat seat, TakeSeat(context));
  ASSIGN_OR_RETURN(const Who who, FindWho(*context.connection, options.who));
  request.set_name(who.relationship);
  request.set_request_id(NewId(context));
  ASSIGN_OR_RETURN(const auto moved,
                   context.connection->Call<Relationship>(absl::StrCat(kService, method), request));
  Show(context, seat, who, moved);
  return absl::OkStatus();
}

// "2026-10-12", "2026-10", "2026" and "--10-12": a day, as far as it is known.
absl::StatusOr<type::v1::PartialDate> ReadDate(const std::string& text) {
  type::v1::PartialDate out;
  const bool no_year = text.rfind("--", 0) == 0;
  const std::vector<std::string> parts = absl::StrSplit(no_year ? text.substr(2) : text, '-');
  std::vector<int> numbers;
  bool good = !parts.empty() && parts.size() <= (no_year ? 2u : 3u);
  for (const std::string& part : parts) {
    int number = 0;
    good = good && absl::SimpleAtoi(part, &number) && number > 0;
    numbers.push_back(number);
  }
  if (!good) {
    return errors::InvalidField(
        "care_event.date",
        absl::StrCat("\"", Clip(Plain(text), 40),
                     "\" is no date; write 2026-10-12, 2026-10, 2026 or --10-12"));
  }
  std::size_t at = 0;
  if (!no_year) out.set_year(numbers[at++]);
  if (at < numbers.size()) out.set_month(numbers[at++]);
  if (at < numbers.size()) out.set_day(numbers[at]);
  return out;
}

absl::StatusOr<CareEvent> RecordEvent(Context& context, const Seat& seat, const Who& who,
                                      const CareOptions& options) {
  engagement::v1::RecordCareEventRequest request;
  request.set_parent(who.relationship);
  request.set_request_id(NewId(context));
  CareEvent& event = *request.mutable_care_event();
  event.set_text(options.text);
  ASSIGN_OR_RETURN(const auto kind, ReadChoice("care_event.kind", options.event, LifeEvents()));
  event.set_kind(kind);
  event.set_said_by(type::v1::PARTY_PERSON);
  if (!options.said_by.empty()) {
    ASSIGN_OR_RETURN(const auto party,
                     ReadChoice("care_event.said_by", options.said_by, Parties()));
    event.set_said_by(party);
  }
  if (!options.date.empty()) {
    ASSIGN_OR_RETURN(*event.mutable_date(), ReadDate(options.date));
  }
  if (!options.when.empty()) {
    ASSIGN_OR_RETURN(*event.mutable_said_time(),
                     ReadStamp(seat, "care_event.said_time", options.when));
  }
  return context.connection->Call<CareEvent>(absl::StrCat(kCare, "RecordCareEvent"), request);
}

absl::Status ListEvents(Context& context, const Who& who) {
  engagement::v1::ListCareEventsRequest request;
  request.set_parent(who.relationship);
  ASSIGN_OR_RETURN(const auto events,
                   (ListAll<CareEvent, engagement::v1::ListCareEventsResponse>(
                       *context.connection, absl::StrCat(kCare, "ListCareEvents"), request,
                       [](auto& page) { return page.mutable_care_events(); })));
  if (context.json) {
    engagement::v1::ListCareEventsResponse all;
    for (const CareEvent& event : events) *all.add_care_events() = event;
    PrintJson(context, all);
    return absl::OkStatus();
  }
  *context.out << Plain(who.display_name) << "\n\n";
  if (events.empty()) *context.out << "They told nothing of their life yet.\n";
  for (const CareEvent& event : events) {
    *context.out << Hanging("", CareEventLine(event), context.width);
  }
  return absl::OkStatus();
}

absl::StatusOr<Relationship> Set(Context& context, const Seat& seat, const Who& who,
                                 const std::string& reason, const std::string& care_event) {
  contact::v1::SetCareGuardRequest request;
  request.set_name(who.relationship);
  request.set_request_id(NewId(context));
  request.set_steward(seat.steward.name());
  request.set_reason(reason);
  request.set_care_event(care_event);
  return context.connection->Call<Relationship>(absl::StrCat(kService, "SetCareGuard"), request);
}

absl::StatusOr<Relationship> Lift(Context& context, const Seat& seat, const Who& who,
                                  const std::string& reason) {
  contact::v1::LiftCareGuardRequest request;
  request.set_name(who.relationship);
  request.set_request_id(NewId(context));
  request.set_steward(seat.steward.name());
  request.set_reason(reason);
  return context.connection->Call<Relationship>(absl::StrCat(kService, "LiftCareGuard"), request);
}

}  // namespace

absl::Status Rest(Context& context, const StandingOptions& options) {
  return Move<contact::v1::RestRelationshipRequest>(
      context, "RestRelationship", options, type::v1::PARTY_US,
      [&](auto* request) { request->set_evidence(options.evidence); });
}

absl::Status Reopen(Context& context, const StandingOptions& options) {
  return Move<contact::v1::ReopenRelationshipRequest>(context, "ReopenRelationship", options,
                                                      type::v1::PARTY_US, [](auto*) {});
}

absl::Status Quiet(Context& context, const StandingOptions& options) {
  if (!options.lift) {
    return Move<contact::v1::QuietRelationshipRequest>(context, "QuietRelationship", options,
                                                       type::v1::PARTY_PERSON, [](auto*) {});
  }
  if (options.evidence.empty()) {
    return errors::InvalidField("evidence",
                                "say where they said so: --evidence \"their letter of 3 March\"");
  }
  return Move<contact::v1::UnquietRelationshipRequest>(
      context, "UnquietRelationship", options, type::v1::PARTY_PERSON,
      [&](auto* request) { request->set_evidence(options.evidence); });
}

absl::Status Care(Context& context, const CareOptions& options) {
  if (!options.text.empty() && options.event.empty()) {
    return errors::InvalidField("care_event.kind",
                                "say what kind of event it is: --event celebration, illness, …");
  }
  ASSIGN_OR_RETURN(const Seat seat, TakeSeat(context));
  ASSIGN_OR_RETURN(const Who who, FindWho(*context.connection, options.who));
  if (options.text.empty()) return ListEvents(context, who);
  ASSIGN_OR_RETURN(const CareEvent event, RecordEvent(context, seat, who, options));
  PrintLine(context, event,
            absl::StrCat("Recorded: ", Plain(who.display_name), ", ", CareEventLine(event)));
  return absl::OkStatus();
}

absl::Status Guard(Context& context, const GuardOptions& options) {
  const CareOptions& care = options.care;
  if (!care.event.empty() && care.text.empty()) {
    return errors::InvalidField("reason", "say why: rapportctl guard WHO \"her father died\"");
  }
  ASSIGN_OR_RETURN(const Seat seat, TakeSeat(context));
  ASSIGN_OR_RETURN(const Who who, FindWho(*context.connection, care.who));
  absl::StatusOr<Relationship> relationship;
  if (options.lift) {
    relationship = Lift(context, seat, who, care.text);
  } else if (care.text.empty()) {
    relationship = Read(context, who);
  } else {
    std::string name;
    if (!care.event.empty()) {
      ASSIGN_OR_RETURN(const CareEvent event, RecordEvent(context, seat, who, care));
      name = event.name();
      if (!context.json) {
        *context.out << "Recorded: " << Plain(who.display_name) << ", " << CareEventLine(event)
                     << "\n";
      }
    }
    relationship = Set(context, seat, who, care.text, name);
  }
  RETURN_IF_ERROR(relationship.status());
  Show(context, seat, who, *relationship);
  return absl::OkStatus();
}

}  // namespace rapport::rapportctl
