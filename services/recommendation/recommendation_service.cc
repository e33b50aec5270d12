#include "services/recommendation/recommendation_service.h"

#include <algorithm>
#include <utility>

#include "common/base/status_macros.h"
#include "common/time/proto_time.h"
#include "services/recommendation/rules/briefing.h"
#include "services/recommendation/rules/next_steps.h"
#include "services/recommendation/rules/readiness.h"
#include "services/recommendation/rules/steps.h"

namespace rapport::recommendation {

using base::CallContext;

namespace {

const engagement::v1::Need* FindNeed(const Case& one, const std::string& name) {
  for (const auto& need : one.copy->needs) {
    if (need.name() == name) return &need;
  }
  return nullptr;
}

// The ties of an offer to one need; without any need if it does not serve that one.
void Keep(const engagement::v1::Need& need, const Case& one, Ties* ties) {
  const bool serves = std::find(ties->needs.begin(), ties->needs.end(), &need) != ties->needs.end();
  ties->needs.clear();
  ties->facts.clear();
  ties->person_led = serves && LeadsTo(one.facts, need, one.as_of);
  if (serves) ties->needs.push_back(&need);
}

// The answer where no offer serves the need.
v1::Readiness WithoutOffer(const Circumstances& at, const engagement::v1::Need& need) {
  v1::Readiness out;
  out.set_relationship(at.facts.relationship->name());
  *out.mutable_as_of() = time::ToProto(at.as_of);
  out.set_need(need.name());
  out.set_policy_version(std::string(kPolicyVersion));
  v1::ReadinessCondition& condition = *out.add_conditions();
  condition.set_code(v1::NO_OFFER);
  condition.set_term("an offer that serves the need");
  condition.set_step("make an offer that serves the need");
  condition.add_sources(need.name());
  for (const std::string& what : DegradedOf(at.facts)) out.add_degraded(what);
  return out;
}

// The exclusion of a step, or null if it is suggested.
const v1::Exclusion* FindExclusion(const v1::Decision& decision, v1::StepKind kind,
                                   const std::string& offer) {
  for (const v1::Exclusion& exclusion : decision.excluded()) {
    if (exclusion.kind() == kind && (offer.empty() || exclusion.offer() == offer)) {
      return &exclusion;
    }
  }
  return nullptr;
}

bool IsSuggested(const v1::Decision& decision, v1::StepKind kind, const std::string& offer) {
  return std::any_of(decision.suggestions().begin(), decision.suggestions().end(),
                     [&](const v1::Suggestion& suggestion) {
                       return suggestion.kind() == kind &&
                              (offer.empty() || suggestion.offer() == offer);
                     });
}

}  // namespace

void RecommendationService::Register(resource::Methods* methods) {
  const std::string prefix = "rapport.recommendation.v1.RecommendationService/";
  methods->Read<v1::GetWorklistRequest, v1::GetWorklistResponse>(
      prefix + "GetWorklist", [this](store::Snapshot& snapshot, const CallContext& context,
                                     const v1::GetWorklistRequest& request) {
        return worklists_.Make(snapshot, context, request);
      });
  methods
      ->Read<v1::GetBriefingRequest, v1::Briefing>(
          prefix + "GetBriefing",
          [this](store::Snapshot& snapshot, const CallContext& context,
                 const v1::GetBriefingRequest& request) {
            return Brief(snapshot, context, request);
          })
      .asks_others = true;
  methods
      ->Read<v1::SuggestNextStepsRequest, v1::Decision>(
          prefix + "SuggestNextSteps",
          [this](store::Snapshot& snapshot, const CallContext& context,
                 const v1::SuggestNextStepsRequest& request) {
            return Suggest(snapshot, context, request);
          })
      .asks_others = true;
  methods
      ->Read<v1::CheckReadinessRequest, v1::Readiness>(
          prefix + "CheckReadiness",
          [this](store::Snapshot& snapshot, const CallContext& context,
                 const v1::CheckReadinessRequest& request) {
            return Check(snapshot, context, request);
          })
      .asks_others = true;
  methods
      ->Read<v1::ExplainExclusionRequest, v1::ExplainExclusionResponse>(
          prefix + "ExplainExclusion",
          [this](store::Snapshot& snapshot, const CallContext& context,
                 const v1::ExplainExclusionRequest& request) {
            return Explain(snapshot, context, request);
          })
      .asks_others = true;
}

absl::StatusOr<v1::Decision> RecommendationService::Suggest(
    store::Reader& reader, const CallContext& context,
    const v1::SuggestNextStepsRequest& request) const {
  ASSIGN_OR_RETURN(const auto one, deciding_.Open(reader, context, request));
  deciding_.AskIfWorthwhile(*one, context.deadline);
  return Decide(one->facts, one->as_of, one->zone);
}

absl::StatusOr<v1::Briefing> RecommendationService::Brief(
    store::Reader& reader, const CallContext& context,
    const v1::GetBriefingRequest& request) const {
  ASSIGN_OR_RETURN(const auto one, deciding_.Open(reader, context, request));
  deciding_.AskIfWorthwhile(*one, context.deadline);
  return MakeBriefing(one->facts, Decide(one->facts, one->as_of, one->zone), one->as_of, one->zone,
                      request.view(), request.occasion());
}

absl::StatusOr<const v1::Offer*> RecommendationService::LivingOffer(store::Reader& reader,
                                                                    const Case& one,
                                                                    const std::string& name) const {
  RETURN_IF_ERROR(offers_.GetLiving(reader, name).status());
  for (const v1::Offer* offer : one.offers->offers) {
    if (offer->name() == name) return offer;
  }
  return errors::ResourceUnknown(name);  // deleted while we looked
}

absl::StatusOr<v1::Readiness> RecommendationService::Check(
    store::Reader& reader, const CallContext& context,
    const v1::CheckReadinessRequest& request) const {
  if (request.offer().empty() && request.need().empty()) {
    return errors::InvalidField("offer", "must be set, or need");
  }
  ASSIGN_OR_RETURN(const auto one, deciding_.Open(reader, context, request));
  const engagement::v1::Need* need = nullptr;
  if (!request.need().empty()) {
    need = FindNeed(*one, request.need());
    if (need == nullptr) return errors::ResourceUnknown(request.need());
  }
  std::vector<const v1::Offer*> offers;
  if (request.offer().empty()) {
    for (const v1::Offer* offer : one->offers->offers) {
      const Ties ties = TiesOf(one->facts, *offer, one->as_of);
      if (std::find(ties.needs.begin(), ties.needs.end(), need) != ties.needs.end()) {
        offers.push_back(offer);
      }
    }
  } else {
    ASSIGN_OR_RETURN(const v1::Offer* offer, LivingOffer(reader, *one, request.offer()));
    offers.push_back(offer);
  }
  deciding_.Ask(*one, context.deadline);
  const Circumstances at = one->At();
  if (offers.empty()) return WithoutOffer(at, *need);
  std::vector<Judged> judged;
  for (const v1::Offer* offer : offers) {
    Ties ties = TiesOf(one->facts, *offer, one->as_of);
    if (need != nullptr) Keep(*need, *one, &ties);
    judged.push_back(Judge(at, std::move(ties)));
  }
  NearestFirst(judged);
  return ToReadiness(at, judged.front());
}

absl::StatusOr<v1::ExplainExclusionResponse> RecommendationService::Explain(
    store::Reader& reader, const CallContext& context,
    const v1::ExplainExclusionRequest& request) const {
  ASSIGN_OR_RETURN(const auto one, deciding_.Open(reader, context, request));
  const bool proposal = request.kind() == v1::PROPOSE;
  if (!proposal && !request.offer().empty()) {
    return errors::InvalidField("offer", "belongs to PROPOSE only");
  }
  const v1::Offer* offer = nullptr;
  if (!request.offer().empty()) {
    ASSIGN_OR_RETURN(offer, LivingOffer(reader, *one, request.offer()));
  }
  if (proposal) deciding_.Ask(*one, context.deadline);
  const v1::Decision decision = Decide(one->facts, one->as_of, one->zone);
  if (IsSuggested(decision, request.kind(), request.offer())) {
    return errors::StateTransition(request.relationship(), "SUGGESTED",
                                   "it is suggested: nothing stands in the way");
  }
  v1::ExplainExclusionResponse out;
  const v1::Exclusion* exclusion = FindExclusion(decision, request.kind(), request.offer());
  if (exclusion != nullptr) *out.mutable_exclusion() = *exclusion;
  if (!proposal) {
    // The reasons are ways to it: any one of them suffices.
    for (const v1::Reason& reason : out.exclusion().reasons()) {
      if (reason.would_change().empty()) continue;
      v1::ReadinessChange& change = *out.add_changes();
      change.set_code(reason.code());
      change.set_text(reason.would_change());
      break;
    }
    return out;
  }
  if (offer == nullptr) {
    for (const v1::Offer* considered : one->offers->offers) {
      if (considered->name() == out.exclusion().offer()) offer = considered;
    }
  }
  if (offer == nullptr) return out;  // no offer is considered
  const Circumstances at = one->At();
  const Judged judged = Judge(at, TiesOf(one->facts, *offer, one->as_of));
  *out.mutable_readiness() = ToReadiness(at, judged);
  *out.mutable_changes() = out.readiness().changes();
  if (exclusion == nullptr) {  // it was not even considered
    out.mutable_exclusion()->set_kind(v1::PROPOSE);
    out.mutable_exclusion()->set_offer(offer->name());
    for (v1::Reason& reason : ReasonsOf(judged)) {
      *out.mutable_exclusion()->add_reasons() = std::move(reason);
    }
  }
  return out;
}

}  // namespace rapport::recommendation
