#include "services/engagement/rules/replay.h"

#include <cstdint>

#include "services/engagement/rules/decay.h"
#include "services/engagement/rules/fact_rules.h"
#include "services/engagement/rules/statistics.h"

namespace rapport::engagement::rules {
namespace {

void ReplayPromise(const v1::Promise& promise, std::int64_t as_of_us, const Parameters& p,
                   v1::RelationshipStatistics* s) {
  if (PromiseMicros(promise) > as_of_us) return;
  if (promise.state() == v1::Promise::OPEN || OutcomeMicros(promise) <= as_of_us) {
    (void)ApplyPromise(nullptr, promise, p, s);  // a new promise always folds
    return;
  }
  v1::Promise open = promise;
  open.set_state(v1::Promise::OPEN);
  (void)ApplyPromise(nullptr, open, p, s);
}

void ReplayFeedback(const v1::Feedback& feedback, std::int64_t as_of_us, const Parameters& p,
                    v1::RelationshipStatistics* s) {
  if (GivenMicros(feedback) > as_of_us) return;
  if (feedback.state() != v1::Feedback::ACKNOWLEDGED || AcknowledgedMicros(feedback) <= as_of_us) {
    (void)ApplyFeedback(nullptr, feedback, p, s);  // new feedback always folds
    return;
  }
  v1::Feedback open = feedback;
  open.set_state(v1::Feedback::RECEIVED);
  (void)ApplyFeedback(nullptr, open, p, s);
}

void ReplaySale(const v1::Sale& sale, std::int64_t as_of_us, const Parameters& p,
                v1::RelationshipStatistics* s) {
  v1::Sale then = sale;
  auto* moves = then.mutable_moves();
  while (!moves->empty() && Micros(moves->rbegin()->time()) > as_of_us) moves->RemoveLast();
  ApplySale(nullptr, then, p, s);
}

}  // namespace

v1::RelationshipStatistics Replay(const Journal& journal, absl::Time as_of,
                                  const DeclaredRhythm& declared, const Parameters& p) {
  const std::int64_t as_of_us = absl::ToUnixMicros(as_of);
  v1::RelationshipStatistics s;
  for (const v1::Engagement& e : journal.engagements) {
    if (Micros(e.event_time()) <= as_of_us) ApplyEngagement(e, p, &s);
  }
  for (const v1::Promise& promise : journal.promises) ReplayPromise(promise, as_of_us, p, &s);
  for (const v1::Fact& fact : journal.facts) {
    if (FactMicros(fact) > as_of_us) continue;
    (void)ApplyFact(nullptr, FactAt(fact, as_of), p, &s);  // a new fact always folds
  }
  for (const v1::Feedback& feedback : journal.feedback) ReplayFeedback(feedback, as_of_us, p, &s);
  for (const v1::Sale& sale : journal.sales) ReplaySale(sale, as_of_us, p, &s);
  DeriveRhythm(declared, p, &s);
  return s;
}

}  // namespace rapport::engagement::rules
