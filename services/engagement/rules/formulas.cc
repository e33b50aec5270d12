#include "services/engagement/rules/formulas.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "services/engagement/rules/decay.h"

namespace rapport::engagement::rules {

double Listening(double their_seconds, double our_seconds) {
  return their_seconds / (their_seconds + our_seconds);
}

double GiveAsk(double gives, double asks) { return (gives + 1) / (asks + 1); }

PromiseEvidence Evidence(double kept, double late, double repaired, double broken) {
  return {kept + 0.5 * late, broken + 0.5 * late + 0.5 * repaired};
}

double Reliability(double r, double s) { return (r + 1) / (r + s + 2); }

double ReliabilityUncertainty(double r, double s) { return 2 / (r + s + 2); }

double Intimacy(double credit, double debit) { return Reliability(credit, debit); }

double Trust(double credibility, double reliability, double intimacy, double self_orientation) {
  const double parts = credibility + reliability + intimacy;
  return parts / (parts + 3 * self_orientation);
}

double Reciprocity(double started_by_person, double started_by_us) {
  return 1 - std::abs(started_by_person - started_by_us) / (started_by_person + started_by_us);
}

double Warmth(double silence_days, double volume, const Parameters& p) {
  return 0.55 * Weight(silence_days, p.contact_half_life_days) +
         0.45 * (1 - std::exp(-volume / p.intensity_scale));
}

double Bond(double years, double intimacy, double reciprocity, double exchanges,
            const Parameters& p) {
  const double shrink = exchanges / (exchanges + p.shrink_exchanges);
  return 0.40 * (1 - std::exp(-years / p.duration_scale_years)) + 0.35 * intimacy * shrink +
         0.25 * reciprocity * shrink;
}

double Tie(double warmth, double bond) { return (warmth + bond) / 2; }

v1::Quadrant QuadrantOf(double warmth, double bond) {
  const bool warm = warmth >= 0.5;
  if (bond >= 0.5) return warm ? v1::CLOSE : v1::OLD_FRIEND;
  return warm ? v1::ACQUAINTANCE : v1::STRANGER;
}

double Care(double days, const Parameters& p) { return Weight(days, p.contact_half_life_days); }

double HumanShare(double human, double assisted, double all) {
  return (human + 0.5 * assisted) / all;
}

double ExpectedDays(absl::Span<const std::int64_t> newest_first_us, const Parameters& p) {
  std::vector<double> gaps;
  std::size_t kept = 0;
  for (std::size_t i = 1; i < newest_first_us.size(); ++i) {
    const double gap = DaysBetween(newest_first_us[i], newest_first_us[kept]);
    if (gap < p.shortest_gap_days) continue;
    gaps.push_back(gap);
    kept = i;
  }
  if (gaps.empty()) return p.default_expected_days;
  std::sort(gaps.begin(), gaps.end());
  const std::size_t middle = gaps.size() / 2;
  return gaps.size() % 2 == 1 ? gaps[middle] : (gaps[middle - 1] + gaps[middle]) / 2;
}

v1::Vitality VitalityOf(double silence_days, double expected_days, double tolerated_days,
                        const Parameters& p) {
  if (silence_days <= tolerated_days) return v1::ALIVE;
  const double dormant = std::max(p.dormancy_factor * expected_days, 2 * tolerated_days);
  return silence_days <= dormant ? v1::DRIFTING : v1::DORMANT;
}

}  // namespace rapport::engagement::rules
