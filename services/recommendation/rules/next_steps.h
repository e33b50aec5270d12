// What would be a sincere next step for one relationship, and why; what would not, and why not.
// Obligations come first, and waiting competes: if nothing else is called for, WAIT is the answer.
// In the order of their classes:
//
//   REPAIR        a promise of ours is broken: due time plus two days of grace is over
//   ANSWER        they wrote at most 30 days ago and wait, or their feedback is unanswered
//   KEEP_PROMISE  a promise of ours falls due within two working days, or is late within grace
//   CARE          a day that matters to them is near, something happened in their life in the last
//                 30 days and we have not been in touch since, or an old friend (bond >= 0.5) or a
//                 person under a care guard went quiet
//   TELL_BACK     as KEEP_PROMISE, for a promise to tell what became of their feedback
//   THANK         they gave, helped or praised in the last 90 days and were not thanked
//   LISTEN        silence is longer than tolerated, or nothing two-way within 7 days of knowing
//   them GIVE          we asked more than we gave, and asked in the last 90 days PROPOSE       an
//   offer is ready to be proposed (readiness.h), and both services were asked REST          every
//   need that we knew is outlived WAIT          none of these
//
// QUIETED leaves only what they wrote and what was promised; RESTING leaves out LISTEN, GIVE,
// PROPOSE (unless they asked to buy) and REST. A care guard leaves out PROPOSE. Without
// engagement's statistics only known promises and feedback lead to a step.
#ifndef RAPPORT_SERVICES_RECOMMENDATION_RULES_NEXT_STEPS_H_
#define RAPPORT_SERVICES_RECOMMENDATION_RULES_NEXT_STEPS_H_

#include "absl/time/time.h"
#include "rapport/recommendation/v1/suggestion.pb.h"
#include "services/recommendation/rules/facts.h"
#include "services/recommendation/rules/policy.h"

namespace rapport::recommendation {

// Pure; thread-safe. Every kind of step is either suggested once or excluded (PROPOSE: once for
// every other offer that is considered). Suggestions are ordered by class, then kind; all carry the
// relationship's score, silence divided by tolerated silence (0 if not known). `steward_zone`
// decides what "tomorrow" and a working day are; days that matter to the person follow the person's
// own time zone, if known.
//
// due_time of a suggestion: REPAIR, KEEP_PROMISE and TELL_BACK the earliest promise; ANSWER one
// working day after the earliest waiting message; CARE noon of the day that is near; WAIT when
// silence will be too long; else unset.
v1::Decision Decide(const RelationshipFacts& facts, absl::Time as_of, absl::TimeZone steward_zone);

}  // namespace rapport::recommendation

#endif  // RAPPORT_SERVICES_RECOMMENDATION_RULES_NEXT_STEPS_H_
