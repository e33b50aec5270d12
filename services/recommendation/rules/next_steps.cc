#include "services/recommendation/rules/next_steps.h"

#include <string>
#include <utility>

#include "common/time/proto_time.h"
#include "services/recommendation/rules/steps.h"

namespace rapport::recommendation {
namespace {

void AddInputs(const RelationshipFacts& facts, v1::Decision& decision) {
  const auto add = [&](const auto& resource) {
    if (resource.name().empty()) return;
    v1::DecisionInput& input = *decision.add_inputs();
    input.set_name(resource.name());
    input.set_revision(resource.revision());
  };
  add(*facts.relationship);
  if (facts.person != nullptr) add(*facts.person);
  if (facts.statistics != nullptr) add(*facts.statistics);
  for (const auto* promise : Distinct(facts.promises)) {
    if (promise->promised_by() == type::v1::PARTY_US) add(*promise);
  }
  for (const auto* feedback : Distinct(facts.feedback)) add(*feedback);
  for (const auto* fact : Distinct(facts.facts)) add(*fact);
  for (const auto* need : Distinct(facts.needs)) add(*need);
  for (const auto* sale : Distinct(facts.sales)) add(*sale);
  for (const auto* event : Distinct(facts.care_events)) add(*event);
  // What only a proposal reads.
  if (facts.live == nullptr) return;
  if (facts.preference != nullptr) add(*facts.preference);
  if (facts.settings != nullptr) add(*facts.settings);
  for (const v1::Offer* offer : facts.offers) {
    for (const auto& exclusion : decision.excluded()) {
      if (exclusion.offer() == offer->name()) add(*offer);
    }
    for (const auto& suggestion : decision.suggestions()) {
      if (suggestion.offer() == offer->name()) add(*offer);
    }
  }
}

}  // namespace

v1::Decision Decide(const RelationshipFacts& facts, absl::Time as_of, absl::TimeZone steward_zone) {
  Steps steps(facts, as_of, steward_zone);
  steps.decision.set_relationship(facts.relationship->name());
  *steps.decision.mutable_as_of() = time::ToProto(steps.at.as_of);
  steps.decision.set_policy_version(std::string(kPolicyVersion));
  for (const auto step :
       {Repair, Answer, KeepPromise, Care, TellBack, Thank, Listen, Give, Propose, Rest, Wait}) {
    step(steps);
  }
  AddInputs(facts, steps.decision);
  for (const std::string& what : DegradedOf(facts)) steps.decision.add_degraded(what);
  return std::move(steps.decision);
}

}  // namespace rapport::recommendation
