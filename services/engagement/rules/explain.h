// Why health moved (product.md 3.15).
#ifndef RAPPORT_SERVICES_ENGAGEMENT_RULES_EXPLAIN_H_
#define RAPPORT_SERVICES_ENGAGEMENT_RULES_EXPLAIN_H_

#include "absl/time/time.h"
#include "rapport/engagement/v1/rapport_service.pb.h"
#include "services/engagement/rules/parameters.h"
#include "services/engagement/rules/replay.h"
#include "services/engagement/rules/working_hours.h"

namespace rapport::engagement::rules {

// Replays what happened after `from` and up to `to` in the order of (time, name). Each entry gets
// the jump that it made: health at its time with it minus without it. A promise breaks by the clock
// when due time plus grace is over. The stretches between are one line PASSAGE_OF_TIME, the last
// one, dated `to`. The lines add up to to_health - from_health, where an UNDEFINED health counts
// as 0. Entries that moved nothing have no line. Rhythm has no part in health.
// Needs from <= to. One pass after sorting: n log n in the size of the journal.
v1::ExplainChangeResponse ExplainChange(const Journal& journal, absl::Time from, absl::Time to,
                                        const Parameters& p, const WorkingHours& hours);

}  // namespace rapport::engagement::rules

#endif  // RAPPORT_SERVICES_ENGAGEMENT_RULES_EXPLAIN_H_
