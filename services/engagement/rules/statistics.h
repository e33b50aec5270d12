// The fold: how each entry of a relationship's journal changes its statistics (product.md 3.0).
// Additions commute: any arrival order gives the same statistics. All times are valid times (when
// it happened), never the time of recording, unless only that is known.
//
// The caller owns name, uid, etag, revision, create and update time and journal_revision of the
// statistics, and calls DeriveRhythm after a change. What was folded cannot be taken out again: for
// a corrected or retracted entry the caller replays (replay.h).
#ifndef RAPPORT_SERVICES_ENGAGEMENT_RULES_STATISTICS_H_
#define RAPPORT_SERVICES_ENGAGEMENT_RULES_STATISTICS_H_

#include <cstdint>

#include "rapport/engagement/v1/engagement.pb.h"
#include "rapport/engagement/v1/promise.pb.h"
#include "rapport/engagement/v1/rapport.pb.h"
#include "services/engagement/rules/parameters.h"

namespace rapport::engagement::rules {

// HUMAN or ASSISTED, that is: a human acted on the sending side.
bool ByHuman(const v1::Engagement& e);
// Happened, counts, by a human, IN or MUTUAL.
bool IsTwoWay(const v1::Engagement& e);

// Folds one new engagement. PLANNED and RETRACTED ones change nothing. One that is not counted only
// raises `not_counted`. An automated one raises `counted` and, if outbound, `out_all`.
// Needs name and event_time.
void ApplyEngagement(const v1::Engagement& e, const Parameters& p, v1::RelationshipStatistics* s);

// Folds a promise that is new (`before` null) or moved from `before` to `after`. KEPT and KEPT_LATE
// post at their outcome time, REPAIRED posts where the promise broke, RELEASED posts nothing; an
// open promise that breaks by the clock is seen by the reader. The caller keeps the number of open
// promises within p.max_open_promises.
// False: `before` had its outcome already, nothing was done, replay instead.
[[nodiscard]] bool ApplyPromise(const v1::Promise* before, const v1::Promise& after,
                                const Parameters& p, v1::RelationshipStatistics* s);

// Folds a new fact: only problems and implications that the person said count.
void ApplyFact(const v1::Fact& fact, const Parameters& p, v1::RelationshipStatistics* s);

// Folds feedback that is new (`before` null) or was acknowledged.
// False: the list was full, so that another feedback may now belong into it; replay instead.
[[nodiscard]] bool ApplyFeedback(const v1::Feedback* before, const v1::Feedback& after,
                                 const Parameters& p, v1::RelationshipStatistics* s);

// Fills expected_days, tolerated_days and bond (at sums_time) from all the rest.
void DeriveRhythm(const DeclaredRhythm& declared, const Parameters& p,
                  v1::RelationshipStatistics* s);

// Valid times in Unix microseconds; where the message states none, the time of recording.
std::int64_t PromiseMicros(const v1::Promise& promise);
// When the promise got its stored outcome; never before it was made.
std::int64_t OutcomeMicros(const v1::Promise& promise);
// The last instant at which the promise is not broken: due time plus grace.
std::int64_t GraceEndMicros(const google::protobuf::Timestamp& due_time, const Parameters& p);
std::int64_t FactMicros(const v1::Fact& fact);
std::int64_t GivenMicros(const v1::Feedback& feedback);
std::int64_t AcknowledgedMicros(const v1::Feedback& feedback);

}  // namespace rapport::engagement::rules

#endif  // RAPPORT_SERVICES_ENGAGEMENT_RULES_STATISTICS_H_
