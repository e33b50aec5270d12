#include "common/cache/cache_metrics.h"

namespace rapport::cache {
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
      near_hits(registry
                    .AddCounter("rapport_near_cache_hits_total",
                                "Reads that accept old answers and were given one from this "
                                "process's memory")
                    .With()),
      near_misses(registry
                      .AddCounter("rapport_near_cache_misses_total",
                                  "Reads that accept old answers and had to ask further")
                      .With()),
      near_outages(registry
                       .AddCounter("rapport_near_cache_outage_answers_total",
                                   "Old answers, up to a minute, because neither the store nor "
                                   "Redis gave one")
                       .With()),
      near_bytes(registry
                     .AddGauge("rapport_near_cache_bytes",
                               "Memory for answers to reads that accept old ones")
                     .With()),
      failures(registry.AddCounter("rapport_cache_redis_failures_total",
                                   "Commands that Redis refused or did not answer in time, and "
                                   "looks, four a second, that found no connection; by kind",
                                   {"kind"})),
      connection(registry
                     .AddGauge("rapport_cache_connection",
                               "To which Redis this process is connected: 0 the trusted one, 1 "
                               "another, 2 none, 3 it was started without")
                     .With()),
      mode_known(registry
                     .AddGauge("rapport_cache_mode_known",
                               "1 if the database says, and has said lately, whether Redis may be "
                               "believed")
                     .With()),
      mode(registry
               .AddGauge("rapport_cache_mode",
                         "What this process knows of the cache: 0 on, 1 closing, 2 off")
               .With()),
      breaker(registry
                  .AddGauge("rapport_cache_breaker",
                            "The breaker of reads: 0 closed, 1 open, 2 half-open")
                  .With()) {
  mode.Begin(static_cast<int>(ModeState::kOff));
  connection.Begin(3);
  mode_known.Set(1);
  // A series that is there from the start shows its first rise.
  for (int i = 1; i <= static_cast<int>(RedisFailure::kOther); ++i) {
    failures.With({std::string(FailureName(static_cast<RedisFailure>(i)))});
  }
  auto& bypass_family = registry.AddCounter("rapport_cache_bypasses_total",
                                            "Reads that went around the cache", {"reason"});
  for (int i = 0; i < kBypasses; ++i) bypasses[i] = &bypass_family.With({kBypassNames[i]});
  auto& fill_family =
      registry.AddCounter("rapport_cache_fills_total", "Fills by the answer of Redis", {"answer"});
  for (int i = 0; i < kFillAnswers; ++i) fills[i] = &fill_family.With({kFillNames[i]});
}

}  // namespace rapport::cache
