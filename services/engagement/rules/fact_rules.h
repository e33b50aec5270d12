// What may become of a fact (product.md 2.5): it is confirmed, disputed, superseded, never
// overwritten. How it stands follows from when it was said and from its moves in the order of
// their times, whatever order they were written down in.
#ifndef RAPPORT_SERVICES_ENGAGEMENT_RULES_FACT_RULES_H_
#define RAPPORT_SERVICES_ENGAGEMENT_RULES_FACT_RULES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "rapport/engagement/v1/promise.pb.h"
#include "rapport/type/v1/common.pb.h"
#include "services/engagement/rules/parameters.h"

namespace rapport::engagement::rules {

// The rule that a move violates.
enum class FactRule {
  // The move is allowed.
  kNone,
  // A newer fact stands in its place.
  kSuperseded,
  // The move lies before the fact was said.
  kBeforeSaid,
  // The person disputes it; our word does not end that.
  kDisputedByPerson,
  // It has moved p.max_moves times.
  kTooManyMoves,
};

// The rule in words, a clause without a name in it; empty for kNone.
absl::string_view FactRuleText(FactRule rule);

// Fills confirmed_time, confirmed_by and the fields of a dispute from said_time, said_by and moves.
void DeriveFact(v1::Fact* fact);

// Each move changes the fact if it is allowed, and leaves it alone if not.

FactRule Confirm(type::v1::Party said_by, absl::Time at, absl::string_view engagement,
                 const Parameters& p, v1::Fact* fact);
FactRule Dispute(type::v1::Party said_by, absl::Time at, absl::string_view reason,
                 absl::string_view contradicted_by, const Parameters& p, v1::Fact* fact);
// `by` stands in its place from `at` on, but not from before the fact was said.
FactRule Supersede(absl::string_view by, absl::Time at, v1::Fact* fact);

// The fact as it stood at an instant: moves that came later are not there yet. The caller leaves
// out facts that were said later.
v1::Fact FactAt(const v1::Fact& fact, absl::Time as_of);

// An inference of ours was confirmed or disputed by the person.
struct ClaimMove {
  std::int64_t us = 0;
  bool borne_out = false;
  bool operator==(const ClaimMove&) const = default;
};
// By time. To be told the same again says nothing new. Empty for what the person said.
std::vector<ClaimMove> ClaimMovesOf(const v1::Fact& fact);

}  // namespace rapport::engagement::rules

#endif  // RAPPORT_SERVICES_ENGAGEMENT_RULES_FACT_RULES_H_
