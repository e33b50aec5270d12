// Exponential forgetting (product.md 3.0): what is H days old weighs half.
#ifndef RAPPORT_SERVICES_ENGAGEMENT_RULES_DECAY_H_
#define RAPPORT_SERVICES_ENGAGEMENT_RULES_DECAY_H_

#include <cmath>
#include <cstdint>

#include "absl/time/time.h"
#include "common/time/proto_time.h"
#include "google/protobuf/timestamp.pb.h"

namespace rapport::engagement::rules {

inline constexpr double kMicrosPerDay = 86400e6;

// w(age, H) = 2^(-age/H). An age below zero weighs 1: nothing counts more than today.
inline double Weight(double age_days, double half_life_days) {
  return age_days <= 0 ? 1.0 : std::exp2(-age_days / half_life_days);
}

// All rules reckon in Unix microseconds, the precision of the store.
inline std::int64_t Micros(const google::protobuf::Timestamp& t) {
  return absl::ToUnixMicros(time::FromProto(t));
}

inline google::protobuf::Timestamp MicrosToProto(std::int64_t us) {
  return time::ToProto(absl::FromUnixMicros(us));
}

// Days from `from_us` to `to_us`; negative if `to_us` is earlier.
inline double DaysBetween(std::int64_t from_us, std::int64_t to_us) {
  return static_cast<double>(to_us - from_us) / kMicrosPerDay;
}

}  // namespace rapport::engagement::rules

#endif  // RAPPORT_SERVICES_ENGAGEMENT_RULES_DECAY_H_
