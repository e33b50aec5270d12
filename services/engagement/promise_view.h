#ifndef RAPPORT_SERVICES_ENGAGEMENT_PROMISE_VIEW_H_
#define RAPPORT_SERVICES_ENGAGEMENT_PROMISE_VIEW_H_

#include "services/engagement/rules/promise_rules.h"

namespace rapport::engagement {

// A promise as callers see it: BROKEN is said, though it is never stored.
inline v1::Promise PromiseView(v1::Promise promise, absl::Time now,
                               const rules::Parameters& parameters) {
  promise.set_state(rules::PromiseStateAt(promise, now, parameters));
  return promise;
}

}  // namespace rapport::engagement

#endif  // RAPPORT_SERVICES_ENGAGEMENT_PROMISE_VIEW_H_
