// What a fact is worth to the rules, and what to ask where there is none.
#ifndef RAPPORT_SERVICES_RECOMMENDATION_RULES_KNOWLEDGE_H_
#define RAPPORT_SERVICES_RECOMMENDATION_RULES_KNOWLEDGE_H_

#include <array>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/recommendation/rules/facts.h"

namespace rapport::recommendation {

// In the order of SPIN (Rackham 1988).
inline constexpr std::array<engagement::v1::Fact::Slot, 4> kSlots = {
    engagement::v1::Fact::SITUATION, engagement::v1::Fact::PROBLEM,
    engagement::v1::Fact::IMPLICATION, engagement::v1::Fact::NEED_PAYOFF};

absl::Time SaidTime(const engagement::v1::Fact& fact);

// Neither superseded nor in doubt; of any time.
bool Stands(const engagement::v1::Fact& fact);
// Stands, and was said by `as_of`.
bool StandsAt(const engagement::v1::Fact& fact, absl::Time as_of);

// The person said it, or confirmed what we inferred.
bool SaidByThem(const engagement::v1::Fact& fact);

// What a fact of this slot tells, to put after "what we do not know is" or "learn": "what it leads
// to".
absl::string_view WhatItTells(engagement::v1::Fact::Slot slot);

// A question of the kind that fills the slot; SPIN questions are open ones.
absl::string_view QuestionFor(engagement::v1::Fact::Slot slot);

// "a", "a and b", "a, b and c".
std::string Listed(const std::vector<std::string>& parts, absl::string_view last = " and ");

}  // namespace rapport::recommendation

#endif  // RAPPORT_SERVICES_RECOMMENDATION_RULES_KNOWLEDGE_H_
