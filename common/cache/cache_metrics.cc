#include "common/cache/cache_metrics.h"

namespace rapport::cache {
namespace {

// In the order of the enums.
constexpr const char* kBypassNames[kBypasses] = {"off",  "unreachable", "deadline",    "failed",
                                                 "mark", "wait",        "wrong_value", "schema"};
constexpr const char* kFillNames[kFillAnswers] = {"stored", "no_lease", "intent", "old"};

}  // namespace

CacheMetrics::CacheMetrics(telemetry::Registry& registry)
    : hits(registry.AddCounter("rapport_cache_hits_total", "Reads answered by Redis").With()),
      misses(registry
                 .AddCounter("rapport_cache_misses_total",
                             "Reads that went to the store and may fill the cache")
                 .With()),
      wrong_values(
          registry
              .AddCounter("rapport_cache_wrong_value_total",
                          "Values in Redis that were damaged or another row's, and were dropped")
              .With()),
      marked_commits(registry
                         .AddCounter("rapport_cache_marked_commits_total",
                                     "Commits that were announced to Redis")
                         .With()),
      intents_lost(registry
                       .AddCounter("rapport_cache_intent_lost_total",
                                   "Marks that Redis lost between mark and stamp")
                       .With()),
      closes(
          registry.AddCounter("rapport_cache_closes_total", "Times this process closed the cache")
              .With()),
      opens(registry.AddCounter("rapport_cache_opens_total", "Times this process opened the cache")
                .With()),
      late_replies(registry
                       .AddCounter("rapport_cache_late_replies_total",
                                   "Replies of Redis that came when nobody waited any more")
                       .With()),
      mode(registry
               .AddGauge("rapport_cache_mode",
                         "What this process knows of the cache: 0 on, 1 closing, 2 off")
               .With()),
      breaker(registry
                  .AddGauge("rapport_cache_breaker",
                            "The breaker of reads: 0 closed, 1 open, 2 half-open")
                  .With()) {
  mode.Set(static_cast<std::int64_t>(ModeState::kOff));  // until more is known
  auto& bypass_family = registry.AddCounter("rapport_cache_bypasses_total",
                                            "Reads that went around the cache", {"reason"});
  for (int i = 0; i < kBypasses; ++i) bypasses[i] = &bypass_family.With({kBypassNames[i]});
  auto& fill_family =
      registry.AddCounter("rapport_cache_fills_total", "Fills by the answer of Redis", {"answer"});
  for (int i = 0; i < kFillAnswers; ++i) fills[i] = &fill_family.With({kFillNames[i]});
}

}  // namespace rapport::cache
