// What the shared cache tells of itself.
#ifndef RAPPORT_COMMON_CACHE_CACHE_METRICS_H_
#define RAPPORT_COMMON_CACHE_CACHE_METRICS_H_

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <string>

#include "common/cache/entry.h"
#include "common/cache/protocol.h"
#include "common/cache/redis_codec.h"
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
// Values of labels, in the order of the enums.
inline constexpr const char* kBypassNames[kBypasses] = {
    "off", "unreachable", "deadline", "failed", "mark", "wait", "wrong_value", "schema"};
inline constexpr const char* kFillNames[kFillAnswers] = {"stored", "no_lease", "intent", "old"};

// A gauge of which the highest value is the worst: it tells the worst of all scopes. Thread-safe.
class WorstOfScopes {
 public:
  explicit WorstOfScopes(telemetry::Gauge& gauge) : gauge_(gauge) {
    for (auto& value : values_) value = -1;
  }
  void Set(unsigned scope, int value) {
    if (values_[scope].load() == value) return;
    values_[scope] = value;
    int worst = value;
    for (const auto& other : values_) worst = std::max(worst, other.load());
    gauge_.Set(worst);
  }
  // Until more is known.
  void Begin(int value) { gauge_.Set(value); }

 private:
  telemetry::Gauge& gauge_;
  std::array<std::atomic<int>, kMaxScopes> values_;
};

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
  telemetry::Counter& near_hits;
  telemetry::Counter& near_misses;
  telemetry::Counter& near_outages;
  telemetry::Gauge& near_bytes;
  // By FailureName: commands, and looks of the keeper that found no connection.
  telemetry::Family<telemetry::Counter>& failures;
  WorstOfScopes connection;      // 0 to the trusted Redis, 1 to another, 2 none, 3 without Redis
  telemetry::Gauge& mode_known;  // whether what the store says of the mode may be believed
  WorstOfScopes mode;            // 0 on, 1 closing, 2 off
  WorstOfScopes breaker;         // 0 closed, 1 open, 2 half-open

  // Ignores what is no failure of Redis.
  void Count(RedisFailure failure) {
    if (failure != RedisFailure::kNone) failures.With({std::string(FailureName(failure))}).Add();
  }
  void Count(Bypass why) { bypasses[static_cast<int>(why)]->Add(); }
  void Count(FillAnswer answer) { fills[static_cast<int>(answer)]->Add(); }
};

}  // namespace rapport::cache

#endif  // RAPPORT_COMMON_CACHE_CACHE_METRICS_H_
