// How well we understand a person (product.md 3.4). A fact is worth c * 2^(-age/H): c is 1 if the
// person said or confirmed it, 0.5 if we inferred it, 0 while it is disputed; age counts from its
// last confirmation, H is the half-life of its slot. A slot is filled to 1 - product(1 - value),
// coverage U is the weighted sum of the fills.
#ifndef RAPPORT_SERVICES_ENGAGEMENT_RULES_UNDERSTANDING_H_
#define RAPPORT_SERVICES_ENGAGEMENT_RULES_UNDERSTANDING_H_

#include <string>

#include "absl/functional/function_ref.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "google/protobuf/repeated_field.h"
#include "rapport/engagement/v1/understanding_service.pb.h"
#include "services/engagement/rules/parameters.h"

namespace rapport::engagement::rules {

using Topics = google::protobuf::RepeatedPtrField<std::string>;

// What the fact is worth at `as_of`: 0 if it was not said by then, superseded or disputed.
double FactValueAt(const v1::Fact& fact, absl::Time as_of, const Parameters& p);

// Slots, coverage, gaps and living needs at `as_of`, of the facts and needs whose topics are
// `wanted`. Slots come in the order S, P, I, N, facts the freshest first, gaps by what they miss,
// needs the latest stated first. Leaves relationship and listening empty. More facts, or fresher
// ones, never make coverage smaller.
v1::Understanding Understand(absl::Span<const v1::Fact> facts, absl::Span<const v1::Need> needs,
                             absl::FunctionRef<bool(const Topics&)> wanted, absl::Time as_of,
                             const Parameters& p);

}  // namespace rapport::engagement::rules

#endif  // RAPPORT_SERVICES_ENGAGEMENT_RULES_UNDERSTANDING_H_
