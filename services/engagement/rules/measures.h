// Statistics read at an instant (product.md 3.2 to 3.10, 3.15). Constant time, whatever the
// history.
#ifndef RAPPORT_SERVICES_ENGAGEMENT_RULES_MEASURES_H_
#define RAPPORT_SERVICES_ENGAGEMENT_RULES_MEASURES_H_

#include "absl/time/time.h"
#include "rapport/engagement/v1/rapport.pb.h"
#include "services/engagement/rules/health.h"
#include "services/engagement/rules/parameters.h"
#include "services/engagement/rules/reading.h"
#include "services/engagement/rules/trust.h"
#include "services/engagement/rules/working_hours.h"

namespace rapport::engagement::rules {

// Every measure of a relationship. Absence is never zero: what has no input is UNDEFINED.
struct Readings {
  Reading silence_days;
  Reading volume;
  // INSUFFICIENT below p.listening_minimum_seconds.
  Reading listening;
  Reading give_ask;
  Reading reliability;
  double reliability_uncertainty = 1;
  Reading their_reliability;
  // Trust and its parts (trust.h); reliability is its R.
  Reading credibility;
  Reading intimacy;
  Reading self_orientation;
  Reading trust;
  Balances balances;
  // Share of their letters that were answered in time (replies.h).
  Reading response;
  Reading reciprocity;
  // Warmth, bond and tie need a two-way engagement. Within bond, an unknown intimacy counts as its
  // prior 0.5 and an unknown reciprocity as 0.
  Reading warmth;
  Reading bond;
  Reading tie;
  Reading care;
  Reading human_share;
  HealthReading health;
};

// True if the statistics can be read at `as_of`: not before sums_time. For an earlier instant the
// caller replays (replay.h).
bool ReadableAt(const v1::RelationshipStatistics& s, absl::Time as_of);

// All measures but the median waits, which nothing else rests on. `hours` are the house's. Needs
// ReadableAt(s, as_of).
Readings Read(const v1::RelationshipStatistics& s, absl::Time as_of, const Parameters& p,
              const WorkingHours& hours);

// The same as the message of the API, with median waits, question mix, vitality, turn and quadrant.
// Rhythm is taken from the
// statistics (DeriveRhythm), or the default if it is not there.
//   turn: OURS if a conversation waits for us since less than p.answer_window; THEIRS if our last
//   message is later than everything that came from them; else NONE.
// Needs ReadableAt(s, as_of).
v1::Rapport Measure(const v1::RelationshipStatistics& s, absl::Time as_of, const Parameters& p,
                    const WorkingHours& hours);
// The same into an empty message.
void Measure(const v1::RelationshipStatistics& s, absl::Time as_of, const Parameters& p,
             const WorkingHours& hours, v1::Rapport* out);

// Bond at `as_of`, 0 where it is undefined.
double BondAt(const v1::RelationshipStatistics& s, absl::Time as_of, const Parameters& p);

// True if the promise is broken at `as_of` unless it has an outcome: due time plus grace is over.
bool IsBroken(const v1::OpenPromise& promise, absl::Time as_of, const Parameters& p);

type::v1::Measure ToMeasure(const Reading& reading);

}  // namespace rapport::engagement::rules

#endif  // RAPPORT_SERVICES_ENGAGEMENT_RULES_MEASURES_H_
