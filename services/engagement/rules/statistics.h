// The fold: how each entry of a relationship's journal changes its statistics (product.md 3.0).
// Additions commute: any arrival order gives the same statistics. All times are valid times (when
// it happened), never the time of recording, unless only that is known.
//
// The caller owns name, uid, etag, revision, create and update time and journal_revision of the
// statistics, and calls DeriveRhythm after a change. What was folded cannot be taken out again: for
// a corrected or retracted entry the caller replays (replay.h).
#ifndef RAPPORT_SERVICES_ENGAGEMENT_RULES_STATISTICS_H_
#define RAPPORT_SERVICES_ENGAGEMENT_RULES_STATISTICS_H_

#include "rapport/engagement/v1/engagement.pb.h"
#include "rapport/engagement/v1/promise.pb.h"
#include "rapport/engagement/v1/rapport.pb.h"
#include "rapport/engagement/v1/sale.pb.h"
#include "services/engagement/rules/entries.h"
#include "services/engagement/rules/parameters.h"

namespace rapport::engagement::rules {

// Folds one new engagement. What has not happened changes nothing. One that is not counted raises
// `not_counted`; an automated one raises `counted` and, if outbound, `out_all`. Both also show what
// presses on the person: asks, and contact that they did not want. What a machine asked or gave has
// no part in the ratio of gives and asks.
// Needs name and event_time.
void ApplyEngagement(const v1::Engagement& e, const Parameters& p, v1::RelationshipStatistics* s);

// Folds a promise that is new (`before` null) or moved from `before` to `after`. KEPT and KEPT_LATE
// post at their outcome time, REPAIRED posts where the promise broke, RELEASED posts nothing; an
// open promise that breaks by the clock is seen by the reader. The caller keeps the number of open
// promises within p.max_open_promises.
// False: `before` had its outcome already, nothing was done, replay instead.
[[nodiscard]] bool ApplyPromise(const v1::Promise* before, const v1::Promise& after,
                                const Parameters& p, v1::RelationshipStatistics* s);

// Folds a fact that is new (`before` null) or has moved. It counts where it was volunteered, and
// where the person confirms or disputes an inference of ours (fact_rules.h).
// False: a move lies before an earlier one and changes what that means; replay instead.
[[nodiscard]] bool ApplyFact(const v1::Fact* before, const v1::Fact& after, const Parameters& p,
                             v1::RelationshipStatistics* s);

// Folds a sale that is new (`before` null) or has moved: deliveries and reversals count.
void ApplySale(const v1::Sale* before, const v1::Sale& after, const Parameters& p,
               v1::RelationshipStatistics* s);

// Folds feedback that is new (`before` null) or was acknowledged. An answer counts for us up to
// p.feedback_time after it was given, and against us, from that instant on, if it came later.
// False: the list was full, so that another feedback may now belong into it; replay instead.
[[nodiscard]] bool ApplyFeedback(const v1::Feedback* before, const v1::Feedback& after,
                                 const Parameters& p, v1::RelationshipStatistics* s);

// Fills expected_days, tolerated_days and bond (at sums_time) from all the rest.
void DeriveRhythm(const DeclaredRhythm& declared, const Parameters& p,
                  v1::RelationshipStatistics* s);

}  // namespace rapport::engagement::rules

#endif  // RAPPORT_SERVICES_ENGAGEMENT_RULES_STATISTICS_H_
