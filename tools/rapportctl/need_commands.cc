// need.
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "rapport/engagement/v1/need_service.pb.h"
#include "tools/rapportctl/choices.h"
#include "tools/rapportctl/found.h"
#include "tools/rapportctl/proposing_commands.h"
#include "tools/rapportctl/render_needs.h"
#include "tools/rapportctl/understanding_commands.h"
#include "tools/rapportctl/who.h"
#include "tools/rapportctl/words.h"

namespace rapport::rapportctl {
namespace {

using NeedProto = engagement::v1::Need;

constexpr char kService[] = "rapport.engagement.v1.NeedService/";

absl::StatusOr<std::vector<NeedProto>> NeedsOf(Connection& connection,
                                               const std::string& relationship) {
  engagement::v1::ListNeedsRequest request;
  request.set_parent(relationship);
  return ListAll<NeedProto, engagement::v1::ListNeedsResponse>(
      connection, absl::StrCat(kService, "ListNeeds"), request,
      [](auto& page) { return page.mutable_needs(); });
}

absl::Status List(Context& context, const Seat& seat, const Who& who,
                  const std::vector<NeedProto>& needs) {
  if (context.json) {
    engagement::v1::ListNeedsResponse all;
    for (const NeedProto& need : needs) *all.add_needs() = need;
    PrintJson(context, all);
    return absl::OkStatus();
  }
  *context.out << Plain(who.display_name) << "\n\n";
  if (needs.empty()) *context.out << "No need is known.\n";
  for (const auto state : {NeedProto::STATED, NeedProto::SENSED, NeedProto::BEING_SERVED,
                           NeedProto::SERVED, NeedProto::OUTLIVED}) {
    for (const NeedProto& need : needs) {
      if (need.state() != state) continue;
      *context.out << Hanging("", NeedLine(need, seat.style), context.width);
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<type::v1::Party> SaidBy(const NeedOptions& options, const char* missing) {
  if (!options.said_by.empty()) return ReadChoice("said_by", options.said_by, Parties());
  // What only they can say was said by them.
  if (options.solved || options.buy) return type::v1::PARTY_PERSON;
  return errors::InvalidField("said_by", missing);
}

absl::StatusOr<NeedProto> State(Context& context, const Seat& seat, const Who& who,
                                const NeedOptions& options) {
  engagement::v1::StateNeedRequest request;
  request.set_parent(who.relationship);
  request.set_request_id(NewId(context));
  NeedProto& need = *request.mutable_need();
  need.set_summary(options.text);
  need.set_origin(options.sensed ? type::v1::PARTY_US : type::v1::PARTY_PERSON);
  need.set_explicit_(options.solved || options.buy);
  need.set_wants_to_buy(options.buy);
  need.set_recurrence_days(options.recurs_days);
  for (const std::string& topic : options.topics) need.add_topics(topic);
  for (const std::string& typed : options.offers) {
    ASSIGN_OR_RETURN(const auto offer, FindOffer(*context.connection, typed));
    need.add_offers(offer.name());
  }
  if (!options.when.empty()) {
    ASSIGN_OR_RETURN(*need.mutable_stated_time(),
                     ReadStamp(seat, "need.stated_time", options.when));
  }
  return context.connection->Call<NeedProto>(absl::StrCat(kService, "StateNeed"), request);
}

template <class Request>
absl::StatusOr<NeedProto> Send(Context& context, const char* method, Request request,
                               const NeedProto& need) {
  request.set_name(need.name());
  request.set_etag(need.etag());
  request.set_request_id(NewId(context));
  return context.connection->Call<NeedProto>(absl::StrCat(kService, method), request);
}

absl::StatusOr<NeedProto> Advance(Context& context, const Seat& seat, const NeedProto& need,
                                  const NeedOptions& options) {
  engagement::v1::AdvanceNeedRequest request;
  if (!options.to.empty()) {
    ASSIGN_OR_RETURN(const auto state, ReadChoice("state", options.to, NeedStates()));
    request.set_state(state);
  }
  if (!options.said_by.empty() || options.solved || options.buy ||
      request.state() == NeedProto::STATED) {
    ASSIGN_OR_RETURN(const auto party, SaidBy(options, "say who says so: --said-by them"));
    request.set_said_by(party);
  }
  request.set_explicit_(options.solved || options.buy);
  request.set_wants_to_buy(options.buy);
  if (!options.when.empty()) {
    ASSIGN_OR_RETURN(*request.mutable_state_time(), ReadStamp(seat, "state_time", options.when));
  }
  return Send(context, "AdvanceNeed", request, need);
}

absl::StatusOr<NeedProto> Outlive(Context& context, const Seat& seat, const NeedProto& need,
                                  const NeedOptions& options) {
  engagement::v1::OutliveNeedRequest request;
  ASSIGN_OR_RETURN(const auto party, SaidBy(options, "say who says so: --said-by them or us"));
  request.set_said_by(party);
  request.set_reason(options.reason);
  if (!options.when.empty()) {
    ASSIGN_OR_RETURN(*request.mutable_outlive_time(),
                     ReadStamp(seat, "outlive_time", options.when));
  }
  return Send(context, "OutliveNeed", request, need);
}

absl::StatusOr<NeedProto> Revive(Context& context, const Seat& seat, const NeedProto& need,
                                 const NeedOptions& options) {
  engagement::v1::ReviveNeedRequest request;
  ASSIGN_OR_RETURN(const auto party, SaidBy(options, "say who says so: --said-by them or us"));
  request.set_said_by(party);
  request.set_explicit_(options.solved || options.buy);
  request.set_wants_to_buy(options.buy);
  if (!options.when.empty()) {
    ASSIGN_OR_RETURN(*request.mutable_revive_time(), ReadStamp(seat, "revive_time", options.when));
  }
  return Send(context, "ReviveNeed", request, need);
}

}  // namespace

absl::Status Need(Context& context, const NeedOptions& options) {
  ASSIGN_OR_RETURN(const Seat seat, TakeSeat(context));
  ASSIGN_OR_RETURN(const Who who, FindWho(*context.connection, options.who));
  absl::StatusOr<NeedProto> moved;
  const std::string& wanted = !options.advance.empty()   ? options.advance
                              : !options.outlive.empty() ? options.outlive
                                                         : options.revive;
  if (!wanted.empty() || options.text.empty()) {
    ASSIGN_OR_RETURN(const auto needs, NeedsOf(*context.connection, who.relationship));
    if (wanted.empty()) return List(context, seat, who, needs);
    ASSIGN_OR_RETURN(const NeedProto need,
                     FindIn(needs, wanted, "need", absl::StrCat(" of ", who.display_name),
                            [](const NeedProto& n) { return n.summary(); }));
    moved = !options.advance.empty()   ? Advance(context, seat, need, options)
            : !options.outlive.empty() ? Outlive(context, seat, need, options)
                                       : Revive(context, seat, need, options);
  } else {
    moved = State(context, seat, who, options);
  }
  RETURN_IF_ERROR(moved.status());
  PrintLine(context, *moved,
            absl::StrCat(Plain(who.display_name), ", ", NeedLine(*moved, seat.style)));
  return absl::OkStatus();
}

}  // namespace rapport::rapportctl
