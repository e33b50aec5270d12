// check, why-not.
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "rapport/contact/v1/consent_service.pb.h"
#include "rapport/engagement/v1/need_service.pb.h"
#include "rapport/recommendation/v1/offer_service.pb.h"
#include "rapport/recommendation/v1/recommendation_service.pb.h"
#include "tools/rapportctl/choices.h"
#include "tools/rapportctl/found.h"
#include "tools/rapportctl/proposing_commands.h"
#include "tools/rapportctl/render_allowed.h"
#include "tools/rapportctl/render_readiness.h"
#include "tools/rapportctl/who.h"
#include "tools/rapportctl/words.h"

namespace rapport::rapportctl {
namespace {

using recommendation::v1::ExplainExclusionResponse;
using recommendation::v1::Readiness;
using recommendation::v1::StepKind;

constexpr char kService[] = "rapport.recommendation.v1.RecommendationService/";

DayStyle At(const Seat& seat, const google::protobuf::Timestamp& as_of) {
  DayStyle days = seat.style;
  if (as_of.seconds() != 0) days.now = time::FromProto(as_of);
  return days;
}

absl::Status CheckContact(Context& context, const Seat& seat, const Who& who,
                          const CheckOptions& options, bool* no) {
  contact::v1::CheckContactRequest request;
  request.set_relationship(who.relationship);
  request.set_automated(options.automated);
  ASSIGN_OR_RETURN(const auto purpose, ReadChoice("purpose", options.purpose, Purposes()));
  request.set_purpose(purpose);
  if (!options.channel.empty()) {
    ASSIGN_OR_RETURN(const auto channel, ReadChoice("channel", options.channel, Ways()));
    request.set_channel(channel);
  }
  SetAsOf(seat, &request);
  ASSIGN_OR_RETURN(const auto decision,
                   context.connection->Call<contact::v1::ContactDecision>(
                       "rapport.contact.v1.ConsentService/CheckContact", request));
  *no = !decision.permitted();
  if (context.json) {
    PrintJson(context, decision);
    return absl::OkStatus();
  }
  *context.out << Plain(who.display_name) << "\n"
               << RenderContact(decision, purpose, At(seat, decision.as_of()), context.width);
  return absl::OkStatus();
}

absl::StatusOr<std::string> NeedNamed(Connection& connection, const Who& who,
                                      const std::string& typed) {
  engagement::v1::ListNeedsRequest list;
  list.set_parent(who.relationship);
  ASSIGN_OR_RETURN(const auto needs,
                   (ListAll<engagement::v1::Need, engagement::v1::ListNeedsResponse>(
                       connection, "rapport.engagement.v1.NeedService/ListNeeds", list,
                       [](auto& page) { return page.mutable_needs(); })));
  ASSIGN_OR_RETURN(const auto need,
                   FindIn(needs, typed, "need", absl::StrCat(" of ", who.display_name),
                          [](const auto& n) { return n.summary(); }));
  return need.name();
}

// What people call the offer; empty for none.
std::string OfferNamed(Connection& connection, const std::string& name) {
  if (name.empty()) return "";
  recommendation::v1::GetOfferRequest request;
  request.set_name(name);
  const auto offer = connection.Call<recommendation::v1::Offer>(
      "rapport.recommendation.v1.OfferService/GetOffer", request);
  return offer.ok() ? offer->display_name() : "";
}

absl::StatusOr<Readiness> ReadinessFor(Context& context, const Seat& seat, const Who& who,
                                       const std::string& offer, const std::string& need) {
  recommendation::v1::CheckReadinessRequest request;
  request.set_relationship(who.relationship);
  request.set_offer(offer);
  request.set_need(need);
  SetAsOf(seat, &request);
  return context.connection->Call<Readiness>(absl::StrCat(kService, "CheckReadiness"), request);
}

absl::StatusOr<ExplainExclusionResponse> Explain(Context& context, const Seat& seat, const Who& who,
                                                 StepKind kind, const std::string& offer) {
  recommendation::v1::ExplainExclusionRequest request;
  request.set_relationship(who.relationship);
  request.set_kind(kind);
  request.set_offer(offer);
  SetAsOf(seat, &request);
  return context.connection->Call<ExplainExclusionResponse>(
      absl::StrCat(kService, "ExplainExclusion"), request);
}

bool IsSuggested(const absl::Status& status) {
  return errors::ReasonOf(status) == type::v1::STATE_TRANSITION;
}

const Choices<StepKind>& StepKinds() {
  static const auto& words =
      *new Choices<StepKind>{{"repair", recommendation::v1::REPAIR},
                             {"answer", recommendation::v1::ANSWER},
                             {"keep-promise", recommendation::v1::KEEP_PROMISE},
                             {"care", recommendation::v1::CARE},
                             {"listen", recommendation::v1::LISTEN},
                             {"tell-back", recommendation::v1::TELL_BACK},
                             {"thank", recommendation::v1::THANK},
                             {"give", recommendation::v1::GIVE},
                             {"propose", recommendation::v1::PROPOSE},
                             {"rest", recommendation::v1::REST},
                             {"wait", recommendation::v1::WAIT}};
  return words;
}

absl::Status WhyNotStep(Context& context, const Seat& seat, const Who& who, StepKind kind) {
  const auto why = Explain(context, seat, who, kind, "");
  if (IsSuggested(why.status()) && !context.json) {
    *context.out << "Nothing stands in the way: it is suggested (rapportctl why \""
                 << Plain(who.display_name) << "\").\n";
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(why.status());
  if (context.json) {
    PrintJson(context, *why);
    return absl::OkStatus();
  }
  *context.out << RenderExclusion(why->exclusion(), {.days = At(seat, why->readiness().as_of()),
                                                     .width = context.width,
                                                     .person = who.display_name});
  return absl::OkStatus();
}

}  // namespace

absl::Status Check(Context& context, const CheckOptions& options, bool* no) {
  ASSIGN_OR_RETURN(const Seat seat, TakeSeat(context));
  ASSIGN_OR_RETURN(const Who who, FindWho(*context.connection, options.who));
  if (options.offer.empty() && options.need.empty()) {
    return CheckContact(context, seat, who, options, no);
  }
  std::string offer;
  std::string need;
  if (!options.offer.empty()) {
    ASSIGN_OR_RETURN(const auto found, FindOffer(*context.connection, options.offer));
    offer = found.name();
  }
  if (!options.need.empty()) {
    ASSIGN_OR_RETURN(need, NeedNamed(*context.connection, who, options.need));
  }
  ASSIGN_OR_RETURN(const Readiness readiness, ReadinessFor(context, seat, who, offer, need));
  *no = !readiness.ready();
  if (context.json) {
    PrintJson(context, readiness);
    return absl::OkStatus();
  }
  recommendation::v1::Exclusion exclusion;  // says more about what is missing
  if (!readiness.ready() && !readiness.offer().empty()) {
    const auto why = Explain(context, seat, who, recommendation::v1::PROPOSE, readiness.offer());
    if (why.ok()) exclusion = why->exclusion();
  }
  *context.out << RenderReadiness(readiness, exclusion,
                                  {.days = At(seat, readiness.as_of()),
                                   .width = context.width,
                                   .all = options.all,
                                   .person = who.display_name,
                                   .offer = OfferNamed(*context.connection, readiness.offer())});
  return absl::OkStatus();
}

absl::Status WhyNot(Context& context, const std::string& who_typed, const std::string& what) {
  ASSIGN_OR_RETURN(const Seat seat, TakeSeat(context));
  ASSIGN_OR_RETURN(const Who who, FindWho(*context.connection, who_typed));
  const auto offer = FindOffer(*context.connection, what);
  if (absl::IsNotFound(offer.status())) {
    const auto kind = ReadChoice("kind", what, StepKinds());
    if (kind.ok()) return WhyNotStep(context, seat, who, *kind);
    if (!absl::StrContains(offer.status().message(), "offers say")) {
      return absl::NotFoundError(absl::StrCat(
          "\"", Plain(what),
          "\" is part of no offer, and no step: ", absl::StrJoin(ListedWords(StepKinds()), ", ")));
    }
  }
  RETURN_IF_ERROR(offer.status());
  auto why = Explain(context, seat, who, recommendation::v1::PROPOSE, offer->name());
  if (IsSuggested(why.status())) {
    why = ExplainExclusionResponse();
    ASSIGN_OR_RETURN(*why->mutable_readiness(),
                     ReadinessFor(context, seat, who, offer->name(), ""));
  }
  RETURN_IF_ERROR(why.status());
  if (context.json) {
    PrintJson(context, *why);
    return absl::OkStatus();
  }
  *context.out << RenderReadiness(why->readiness(), why->exclusion(),
                                  {.days = At(seat, why->readiness().as_of()),
                                   .width = context.width,
                                   .person = who.display_name,
                                   .offer = offer->display_name()});
  return absl::OkStatus();
}

}  // namespace rapport::rapportctl
