// What would be a sincere next step for one relationship, and why; what would not, and why not.
// Obligations come first, and waiting competes: if nothing else is called for, WAIT is the answer.
//
//   REPAIR        a promise of ours is broken: due time plus two days of grace is over
//   ANSWER        they wrote at most 30 days ago and wait, or their feedback is unanswered
//   KEEP_PROMISE  a promise of ours falls due within two working days, or is late within grace
//   CARE          a day that matters to them is near, or an old friend (bond >= 0.5) went quiet
//   LISTEN        silence is longer than tolerated, or nothing two-way within 7 days of knowing
//   them WAIT          none of these
//
// QUIETED leaves only what they wrote and what was promised; RESTING leaves out LISTEN. Without
// engagement's statistics only known promises and feedback lead to a step.
#ifndef RAPPORT_SERVICES_RECOMMENDATION_RULES_NEXT_STEPS_H_
#define RAPPORT_SERVICES_RECOMMENDATION_RULES_NEXT_STEPS_H_

#include <string_view>

#include "absl/time/time.h"
#include "rapport/recommendation/v1/suggestion.pb.h"
#include "services/recommendation/rules/facts.h"

namespace rapport::recommendation {

// Counts the changes of these rules.
inline constexpr std::string_view kPolicyVersion = "1";

// Pure; thread-safe. Every kind of step is either suggested once or excluded once. Suggestions are
// ordered by class, then kind; all carry the relationship's score, silence divided by tolerated
// silence (0 if not known). `steward_zone` decides what "tomorrow" and a working day are; days that
// matter to the person follow the person's own time zone, if known.
//
// due_time of a suggestion: REPAIR and KEEP_PROMISE the earliest promise; ANSWER one working day
// after the earliest waiting message; CARE noon of the day that is near; WAIT when silence will be
// too long; else unset.
v1::Decision Decide(const RelationshipFacts& facts, absl::Time as_of, absl::TimeZone steward_zone);

}  // namespace rapport::recommendation

#endif  // RAPPORT_SERVICES_RECOMMENDATION_RULES_NEXT_STEPS_H_
