// What may become of a promise (product.md 2.2): OPEN -> KEPT | KEPT_LATE | RELEASED, OPEN ->
// BROKEN by the clock, BROKEN -> REPAIRED. What happened is judged at the time at which it
// happened, not at the time at which it is written down.
#ifndef RAPPORT_SERVICES_ENGAGEMENT_RULES_PROMISE_RULES_H_
#define RAPPORT_SERVICES_ENGAGEMENT_RULES_PROMISE_RULES_H_

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "rapport/engagement/v1/promise.pb.h"
#include "rapport/type/v1/common.pb.h"
#include "services/engagement/rules/parameters.h"

namespace rapport::engagement::rules {

// The rule that a move violates.
enum class PromiseRule {
  // The move is allowed.
  kNone,
  // The promise was kept, released or repaired already.
  kHasOutcome,
  // It is broken: it can only be repaired.
  kBroken,
  // It is not broken: there is nothing to repair.
  kNotBroken,
  // Only the one who was promised to can let it go.
  kNotPromisedTo,
  // The move lies before the promise was made.
  kBeforePromise,
  // A new due time has to be in the future.
  kDueNotAhead,
};

// The rule in words, a clause without a name in it; empty for kNone.
absl::string_view PromiseRuleText(PromiseRule rule);

// The state at `as_of`: OPEN reads BROKEN once due time plus grace is over; an outcome later than
// `as_of` is not there yet.
v1::Promise::State PromiseStateAt(const v1::Promise& promise, absl::Time as_of,
                                  const Parameters& p);

// Each move changes the promise (state, outcome_time, evidence; due_time and due_history) if it is
// allowed, and leaves it alone if not.

// KEPT up to the due time, KEPT_LATE after it.
PromiseRule Keep(absl::Time at, absl::string_view evidence, const Parameters& p,
                 v1::Promise* promise);
// The promise stays OPEN with another due time after `now`.
PromiseRule Renegotiate(absl::Time due_time, absl::Time now, const Parameters& p,
                        v1::Promise* promise);
PromiseRule Release(type::v1::Party said_by, absl::Time at, absl::string_view evidence,
                    const Parameters& p, v1::Promise* promise);
PromiseRule Repair(absl::Time at, absl::string_view evidence, const Parameters& p,
                   v1::Promise* promise);

}  // namespace rapport::engagement::rules

#endif  // RAPPORT_SERVICES_ENGAGEMENT_RULES_PROMISE_RULES_H_
