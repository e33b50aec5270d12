// What the shared cache tells of itself.
#ifndef RAPPORT_COMMON_CACHE_CACHE_METRICS_H_
#define RAPPORT_COMMON_CACHE_CACHE_METRICS_H_

#include <cstdint>

#include "common/cache/protocol.h"
#include "common/telemetry/metrics.h"

namespace rapport::cache {

// Why a read went to the store and did not fill the cache.
enum class Bypass : std::uint8_t {
  kOff,          // the cache is not believed now
  kUnreachable,  // no connection to the process that is trusted, or the breaker is open
  kDeadline,     // too little time is left to ask Redis
  kFailed,       // Redis answered with an error or not in time
  kMark,         // a write is under way
  kWait,         // another reader that fills it took too long
  kWrongValue,   // the value was damaged, or another row's
  kSchema,       // the value was written by a newer program
};
inline constexpr int kBypasses = 8;
inline constexpr int kFillAnswers = 4;

// Handles live as long as the registry.
struct CacheMetrics {
  explicit CacheMetrics(telemetry::Registry& registry);

  telemetry::Counter& hits;
  telemetry::Counter& misses;
  telemetry::Counter* bypasses[kBypasses];  // by Bypass
  telemetry::Counter* fills[kFillAnswers];  // by FillAnswer
  telemetry::Counter& wrong_values;
  telemetry::Counter& marked_commits;
  telemetry::Counter& intents_lost;
  telemetry::Counter& closes;  // by this process
  telemetry::Counter& opens;   // by this process
  telemetry::Counter& late_replies;
  telemetry::Gauge& mode;     // 0 on, 1 closing, 2 off
  telemetry::Gauge& breaker;  // 0 closed, 1 open, 2 half-open

  void Count(Bypass why) { bypasses[static_cast<int>(why)]->Add(); }
  void Count(FillAnswer answer) { fills[static_cast<int>(answer)]->Add(); }
};

}  // namespace rapport::cache

#endif  // RAPPORT_COMMON_CACHE_CACHE_METRICS_H_
