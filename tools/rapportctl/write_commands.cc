// record, promise.
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "rapport/engagement/v1/promise_service.pb.h"
#include "tools/rapportctl/commands.h"
#include "tools/rapportctl/found.h"
#include "tools/rapportctl/record_words.h"
#include "tools/rapportctl/render_story.h"
#include "tools/rapportctl/who.h"
#include "tools/rapportctl/words.h"

namespace rapport::rapportctl {
namespace {

using PromiseProto = engagement::v1::Promise;

std::string Service(absl::string_view method) {
  return absl::StrCat("rapport.engagement.v1.PromiseService/", method);
}

// A promise that is due on a day is due by its evening.
constexpr absl::Duration kEvening = absl::Hours(18);

absl::StatusOr<std::vector<PromiseProto>> PromisesOf(Connection& connection,
                                                     const std::string& relationship) {
  engagement::v1::ListPromisesRequest request;
  request.set_parent(relationship);
  return ListAll<PromiseProto, engagement::v1::ListPromisesResponse>(
      connection, Service("ListPromises"), request,
      [](auto& page) { return page.mutable_promises(); });
}

bool IsOpen(const PromiseProto& promise) {
  return promise.state() == PromiseProto::OPEN || promise.state() == PromiseProto::BROKEN;
}

// The promise that is named, or the only open one of `who` that has the words.
absl::StatusOr<PromiseProto> FindPromise(Connection& connection, const std::string& who,
                                         const std::string& wanted) {
  if (absl::StartsWith(wanted, "tenants/")) {
    engagement::v1::GetPromiseRequest request;
    request.set_name(wanted);
    return connection.Call<PromiseProto>(Service("GetPromise"), request);
  }
  if (who.empty()) {
    return absl::InvalidArgumentError(
        "say whose promise it is: rapportctl promise WHO --keep \"some of its words\"");
  }
  ASSIGN_OR_RETURN(const Who person, FindWho(connection, who));
  ASSIGN_OR_RETURN(auto promises, PromisesOf(connection, person.relationship));
  std::erase_if(promises, [](const PromiseProto& promise) { return !IsOpen(promise); });
  return FindIn(promises, wanted, "open promise", absl::StrCat(" with ", person.display_name),
                [](const PromiseProto& promise) { return promise.text(); });
}

absl::Status Show(Context& context, const Seat& seat, const PromiseProto& promise) {
  if (context.json) {
    PrintJson(context, promise);
  } else {
    *context.out << PromiseLine(promise, seat.style) << "\n";
  }
  return absl::OkStatus();
}

absl::Status Make(Context& context, const Seat& seat, const PromiseOptions& options) {
  if (options.due.empty()) {
    return errors::InvalidField("promise.due_time", "say by when: --due tomorrow");
  }
  engagement::v1::MakePromiseRequest request;
  PromiseProto& promise = *request.mutable_promise();
  ASSIGN_OR_RETURN(const absl::Time due,
                   ReadTime("promise.due_time", options.due, seat.Typed(Tense::kFuture, kEvening)));
  *promise.mutable_due_time() = time::ToProto(due);
  promise.set_text(options.text);
  promise.set_promised_by(options.theirs ? type::v1::PARTY_PERSON : type::v1::PARTY_US);
  if (!options.theirs) promise.set_steward(seat.steward.name());
  ASSIGN_OR_RETURN(const Who who, FindWho(*context.connection, options.who));
  request.set_parent(who.relationship);
  request.set_request_id(NewId(context));
  ASSIGN_OR_RETURN(const PromiseProto made,
                   context.connection->Call<PromiseProto>(Service("MakePromise"), request));
  return Show(context, seat, made);
}

template <class Request>
absl::StatusOr<PromiseProto> Move(Context& context, const char* method, Request request,
                                  const PromiseProto& promise) {
  request.set_name(promise.name());
  request.set_etag(promise.etag());
  request.set_request_id(NewId(context));
  return context.connection->Call<PromiseProto>(Service(method), request);
}

absl::Status List(Context& context, const Seat& seat, const std::string& typed) {
  ASSIGN_OR_RETURN(const Who who, FindWho(*context.connection, typed));
  ASSIGN_OR_RETURN(const auto promises, PromisesOf(*context.connection, who.relationship));
  if (context.json) {
    engagement::v1::ListPromisesResponse all;
    for (const auto& promise : promises) *all.add_promises() = promise;
    PrintJson(context, all);
    return absl::OkStatus();
  }
  *context.out << Plain(who.display_name) << "\n\n";
  if (promises.empty()) *context.out << "Nothing was promised.\n";
  for (const bool open : {true, false}) {
    for (const auto& promise : promises) {
      if (IsOpen(promise) == open) *context.out << PromiseLine(promise, seat.style) << "\n";
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status Record(Context& context, const RecordOptions& options) {
  // Wrong words are said before anybody is called.
  RETURN_IF_ERROR(
      EngagementFrom(options, {.now = context.now, .zone = absl::UTCTimeZone()}).status());
  ASSIGN_OR_RETURN(const Seat seat, TakeSeat(context));
  ASSIGN_OR_RETURN(const Who who, FindWho(*context.connection, options.who));
  engagement::v1::RecordEngagementRequest request;
  request.set_parent(context.connection->parent());
  request.set_relationship(who.relationship);
  ASSIGN_OR_RETURN(*request.mutable_engagement(),
                   EngagementFrom(options, seat.Typed(Tense::kPast)));
  if (options.id.empty()) {
    request.mutable_engagement()->set_source_id(NewId(context));
  }
  request.mutable_engagement()->set_steward(seat.steward.name());
  ASSIGN_OR_RETURN(const auto recorded,
                   context.connection->Call<engagement::v1::Engagement>(
                       "rapport.engagement.v1.EngagementService/RecordEngagement", request));
  if (context.json) {
    PrintJson(context, recorded);
    return absl::OkStatus();
  }
  *context.out << (recorded.repeated() ? "Known already: " : "Recorded: ")
               << Plain(who.display_name) << ", " << EngagementLine(recorded) << ", "
               << SayMoment(time::FromProto(recorded.event_time()), seat.style) << "\n";
  return absl::OkStatus();
}

absl::Status Promise(Context& context, const PromiseOptions& options) {
  ASSIGN_OR_RETURN(const Seat seat, TakeSeat(context));
  Connection& connection = *context.connection;
  absl::StatusOr<PromiseProto> moved;
  if (!options.keep.empty()) {
    ASSIGN_OR_RETURN(const auto promise, FindPromise(connection, options.who, options.keep));
    engagement::v1::KeepPromiseRequest request;
    request.set_evidence(options.evidence);
    moved = Move(context, "KeepPromise", request, promise);
  } else if (!options.repair.empty()) {
    ASSIGN_OR_RETURN(const auto promise, FindPromise(connection, options.who, options.repair));
    engagement::v1::RepairPromiseRequest request;
    request.set_evidence(options.evidence);
    moved = Move(context, "RepairPromise", request, promise);
  } else if (!options.release.empty()) {
    ASSIGN_OR_RETURN(const auto promise, FindPromise(connection, options.who, options.release));
    engagement::v1::ReleasePromiseRequest request;
    request.set_evidence(options.evidence);
    // Only the side that was promised to can let it go.
    request.set_said_by(promise.promised_by() == type::v1::PARTY_US ? type::v1::PARTY_PERSON
                                                                    : type::v1::PARTY_US);
    moved = Move(context, "ReleasePromise", request, promise);
  } else if (!options.move.empty()) {
    if (options.due.empty()) {
      return errors::InvalidField("due_time", "say the new time: --due friday");
    }
    engagement::v1::RenegotiatePromiseRequest request;
    ASSIGN_OR_RETURN(const absl::Time due,
                     ReadTime("due_time", options.due, seat.Typed(Tense::kFuture, kEvening)));
    *request.mutable_due_time() = time::ToProto(due);
    ASSIGN_OR_RETURN(const auto promise, FindPromise(connection, options.who, options.move));
    moved = Move(context, "RenegotiatePromise", request, promise);
  } else if (!options.text.empty()) {
    return Make(context, seat, options);
  } else if (!options.who.empty()) {
    return List(context, seat, options.who);
  } else {
    return absl::InvalidArgumentError("say whose promises: rapportctl promise WHO");
  }
  RETURN_IF_ERROR(moved.status());
  return Show(context, seat, *moved);
}

}  // namespace rapport::rapportctl
