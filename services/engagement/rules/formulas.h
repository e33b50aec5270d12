// The formulas of product.md part 3 as plain functions of numbers.
#ifndef RAPPORT_SERVICES_ENGAGEMENT_RULES_FORMULAS_H_
#define RAPPORT_SERVICES_ENGAGEMENT_RULES_FORMULAS_H_

#include <cstdint>

#include "absl/types/span.h"
#include "rapport/engagement/v1/rapport.pb.h"
#include "services/engagement/rules/parameters.h"

namespace rapport::engagement::rules {

// 3.3: their share of the talk. Needs their + our > 0.
double Listening(double their_seconds, double our_seconds);

// 3.5: (gives + 1) / (asks + 1).
double GiveAsk(double gives, double asks);

// 3.6: the two sides of the beta form, from decayed outcomes.
struct PromiseEvidence {
  double r = 0;
  double s = 0;
};
// A late promise is half kept and half broken, a repaired one is half broken.
PromiseEvidence Evidence(double kept, double late, double repaired, double broken);
// (r + 1) / (r + s + 2).
double Reliability(double r, double s);
// 2 / (r + s + 2): 1 without any history.
double ReliabilityUncertainty(double r, double s);

// 3.7: beta mean of what was confided and enjoyed against what hurt; 0.5 without any.
double Intimacy(double credit, double debit);
// 3.7: (C + R + I) / (C + R + I + 3 S).
double Trust(double credibility, double reliability, double intimacy, double self_orientation);

// 3.9: 1 - |in - out| / (in + out) on who starts conversations. Needs in + out > 0.
double Reciprocity(double started_by_person, double started_by_us);
// 3.9, fast: days since the last two-way engagement, volume A of 3.2.
double Warmth(double silence_days, double volume, const Parameters& p);
// 3.9, slow: years since the first of `exchanges` two-way engagements.
double Bond(double years, double intimacy, double reciprocity, double exchanges,
            const Parameters& p);
// 3.9: mean of the two.
double Tie(double warmth, double bond);
// 3.9: high from 0.5 on.
v1::Quadrant QuadrantOf(double warmth, double bond);

// 3.10: days since the last contact whose items hold no ask.
double Care(double days, const Parameters& p);
// 3.10: an assisted contact is half human. Needs all > 0.
double HumanShare(double human, double assisted, double all);

// 3.8: median of the gaps between two-way engagements (Unix microseconds, newest first), days.
// Engagements less than a day after the one before them belong to it; without a gap: the default.
double ExpectedDays(absl::Span<const std::int64_t> newest_first_us, const Parameters& p);
// 3.8: ALIVE up to `tolerated`, DRIFTING up to 3 x expected or 2 x tolerated, DORMANT beyond.
v1::Vitality VitalityOf(double silence_days, double expected_days, double tolerated_days,
                        const Parameters& p);

}  // namespace rapport::engagement::rules

#endif  // RAPPORT_SERVICES_ENGAGEMENT_RULES_FORMULAS_H_
