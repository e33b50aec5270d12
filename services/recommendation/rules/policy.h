// Policy version 1: the numbers that the rules hold things against (product measures 3.8, 3.14).
#ifndef RAPPORT_SERVICES_RECOMMENDATION_RULES_POLICY_H_
#define RAPPORT_SERVICES_RECOMMENDATION_RULES_POLICY_H_

#include <cstdint>
#include <string_view>

namespace rapport::recommendation {

// Counts the changes of these rules.
inline constexpr std::string_view kPolicyVersion = "1";

// Readiness to propose where much is at stake. A value meets its line if it reaches it; listening
// has to be above.
inline constexpr double kMinCoverage = 0.60;
inline constexpr double kMinFill = 0.5;  // of PROBLEM and NEED_PAYOFF
inline constexpr double kMinListening = 0.5;
inline constexpr double kMinReliability = 0.5;
inline constexpr double kMinGiveAsk = 1.0;

// A person who asked to buy leads for this long.
inline constexpr double kPersonLedDays = 30;
// An offer rests this long after a decline, unless it says otherwise.
inline constexpr double kRestAfterDeclineDays = 90;
// Contacts of one purpose, unless Settings say otherwise.
inline constexpr int kDefaultCapCount = 2;
inline constexpr int kDefaultCapDays = 7;
// A contact that was not wanted counts once more for this long.
inline constexpr double kUnwelcomeDays = 30;
// Contact that becomes welcome within this many hours can be prepared now.
inline constexpr double kHoursAhead = 24;

inline constexpr std::int64_t kSecondsPerDay = 86400;

// After these the person deserves a human in person: a refusal, a loss.
inline constexpr std::int64_t kRefusalSeconds = 30 * kSecondsPerDay;
inline constexpr std::int64_t kLossSeconds = 90 * kSecondsPerDay;
// How long something is worth a step of its own.
inline constexpr std::int64_t kLifeEventSeconds =
    30 * kSecondsPerDay;                                             // what happened in their life
inline constexpr std::int64_t kThanksSeconds = 90 * kSecondsPerDay;  // thanks for what they gave
inline constexpr std::int64_t kAskSeconds = 90 * kSecondsPerDay;  // an ask that we gave nothing for
// A gift in the same breath as the ask would be a trade.
inline constexpr std::int64_t kBreathSeconds = 7 * kSecondsPerDay;

}  // namespace rapport::recommendation

#endif  // RAPPORT_SERVICES_RECOMMENDATION_RULES_POLICY_H_
