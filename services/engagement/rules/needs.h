// What may become of a need (product.md 2.2): SENSED -> STATED -> BEING_SERVED -> SERVED -> STATED,
// any -> OUTLIVED -> STATED again. Only the person can state a need or say how much they want it; a
// sale moves its needs whatever they were.
#ifndef RAPPORT_SERVICES_ENGAGEMENT_RULES_NEEDS_H_
#define RAPPORT_SERVICES_ENGAGEMENT_RULES_NEEDS_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "rapport/engagement/v1/need.pb.h"
#include "rapport/type/v1/common.pb.h"
#include "services/engagement/rules/parameters.h"

namespace rapport::engagement::rules {

// The rule that a move violates.
enum class NeedRule {
  // The move is allowed.
  kNone,
  // Only the person can say that: it is stated, explicit, or they want to buy.
  kNotSaidByPerson,
  // Neither a state nor anything new about the need.
  kNothingNew,
  // The move lies before the last one.
  kBeforeLastMove,
  // From here there is no way there.
  kNoSuchMove,
  // The person has not stated it yet.
  kNotStated,
  // It is served or outlived; ReviveNeed brings it back.
  kOver,
  // It is not over: there is nothing to revive.
  kNotOver,
  // It is outlived already.
  kOutlived,
  // What the person outlived only the person brings back.
  kOutlivedByPerson,
  // It has moved p.max_moves times.
  kTooManyMoves,
};

// The rule in words, a clause without a name in it; empty for kNone.
absl::string_view NeedRuleText(NeedRule rule);

// When it was first stated or sensed, in Unix microseconds.
std::int64_t NeedMicros(const v1::Need& need);

// The need as it stood at an instant: moves that came later are not there yet. The caller leaves
// out needs that were first stated later.
v1::Need NeedAt(const v1::Need& need, absl::Time as_of);

// What the person adds to a need.
struct NeedWords {
  type::v1::Party said_by = type::v1::PARTY_UNSPECIFIED;
  bool explicit_need = false;
  bool wants_to_buy = false;
};

// Each move changes the need if it is allowed, and leaves it alone if not.

// A new need at `at`: STATED if its origin is the person, else SENSED. Never kBeforeLastMove.
NeedRule StateNeed(absl::Time at, v1::Need* need);
// To `to`, or where it is if `to` is unspecified; takes up the words.
NeedRule AdvanceNeed(v1::Need::State to, const NeedWords& words, absl::Time at, const Parameters& p,
                     v1::Need* need);
NeedRule OutliveNeed(type::v1::Party said_by, absl::string_view reason, absl::Time at,
                     const Parameters& p, v1::Need* need);
// To STATED, or SENSED if we say so.
NeedRule ReviveNeed(const NeedWords& words, absl::Time at, const Parameters& p, v1::Need* need);

// A sale moves the need: BEING_SERVED when it is agreed, SERVED when it is delivered, STATED when
// it is declined or reversed. Never earlier than the last move. Nothing happens if the need is
// there already, or for STATED unless it is under way or this sale served it. Violates
// kTooManyMoves only.
NeedRule MoveBySale(v1::Need::State to, absl::string_view sale, absl::Time at, const Parameters& p,
                    v1::Need* need);

}  // namespace rapport::engagement::rules

#endif  // RAPPORT_SERVICES_ENGAGEMENT_RULES_NEEDS_H_
