#include "services/engagement/rules/promise_rules.h"

#include <cstdint>
#include <string>

#include "services/engagement/rules/decay.h"
#include "services/engagement/rules/statistics.h"

namespace rapport::engagement::rules {
namespace {

// The rule that keeps a promise from being moved at all at `at`.
PromiseRule Movable(const v1::Promise& promise, absl::Time at) {
  if (promise.state() != v1::Promise::OPEN) return PromiseRule::kHasOutcome;
  if (absl::ToUnixMicros(at) < PromiseMicros(promise)) return PromiseRule::kBeforePromise;
  return PromiseRule::kNone;
}

PromiseRule MovableWhileOpen(const v1::Promise& promise, absl::Time at, const Parameters& p) {
  const PromiseRule rule = Movable(promise, at);
  if (rule != PromiseRule::kNone) return rule;
  return PromiseStateAt(promise, at, p) == v1::Promise::BROKEN ? PromiseRule::kBroken
                                                               : PromiseRule::kNone;
}

PromiseRule Conclude(v1::Promise::State state, absl::Time at, absl::string_view evidence,
                     v1::Promise* promise) {
  promise->set_state(state);
  *promise->mutable_outcome_time() = time::ToProto(at);
  promise->set_evidence(std::string(evidence));
  return PromiseRule::kNone;
}

}  // namespace

absl::string_view PromiseRuleText(PromiseRule rule) {
  switch (rule) {
    case PromiseRule::kNone:
      return "";
    case PromiseRule::kHasOutcome:
      return "the promise was kept, released or repaired already";
    case PromiseRule::kBroken:
      return "the promise is broken; it can only be repaired";
    case PromiseRule::kNotBroken:
      return "the promise is not broken; there is nothing to repair";
    case PromiseRule::kNotPromisedTo:
      return "only the side that was promised to can let the promise go";
    case PromiseRule::kBeforePromise:
      return "the promise was not made yet at that time";
    case PromiseRule::kDueNotAhead:
      return "the new due time must be in the future";
  }
  return "";
}

v1::Promise::State PromiseStateAt(const v1::Promise& promise, absl::Time as_of,
                                  const Parameters& p) {
  const std::int64_t us = absl::ToUnixMicros(as_of);
  if (promise.state() != v1::Promise::OPEN && OutcomeMicros(promise) <= us) return promise.state();
  return GraceEndMicros(promise.due_time(), p) < us ? v1::Promise::BROKEN : v1::Promise::OPEN;
}

PromiseRule Keep(absl::Time at, absl::string_view evidence, const Parameters& p,
                 v1::Promise* promise) {
  const PromiseRule rule = MovableWhileOpen(*promise, at, p);
  if (rule != PromiseRule::kNone) return rule;
  const bool late = absl::ToUnixMicros(at) > Micros(promise->due_time());
  return Conclude(late ? v1::Promise::KEPT_LATE : v1::Promise::KEPT, at, evidence, promise);
}

PromiseRule Renegotiate(absl::Time due_time, absl::Time now, const Parameters& p,
                        v1::Promise* promise) {
  const PromiseRule rule = MovableWhileOpen(*promise, now, p);
  if (rule != PromiseRule::kNone) return rule;
  if (due_time <= now) return PromiseRule::kDueNotAhead;
  *promise->add_due_history() = promise->due_time();
  *promise->mutable_due_time() = time::ToProto(due_time);
  return PromiseRule::kNone;
}

PromiseRule Release(type::v1::Party said_by, absl::Time at, absl::string_view evidence,
                    const Parameters& p, v1::Promise* promise) {
  const PromiseRule rule = MovableWhileOpen(*promise, at, p);
  if (rule != PromiseRule::kNone) return rule;
  const type::v1::Party promised_to =
      promise->promised_by() == type::v1::PARTY_US ? type::v1::PARTY_PERSON : type::v1::PARTY_US;
  if (said_by != promised_to) return PromiseRule::kNotPromisedTo;
  return Conclude(v1::Promise::RELEASED, at, evidence, promise);
}

PromiseRule Repair(absl::Time at, absl::string_view evidence, const Parameters& p,
                   v1::Promise* promise) {
  const PromiseRule rule = Movable(*promise, at);
  if (rule != PromiseRule::kNone) return rule;
  if (PromiseStateAt(*promise, at, p) != v1::Promise::BROKEN) return PromiseRule::kNotBroken;
  return Conclude(v1::Promise::REPAIRED, at, evidence, promise);
}

}  // namespace rapport::engagement::rules
