// What operators are told about the shared cache, from what is known of it.
#include "common/host/cache_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rapport::host {
namespace {

namespace pb = rapport::cache::v1;

TEST(ParseRedisInfo, FindsWhatAnOperatorNeeds) {
  const auto report = ParseRedisInfo(
      "# Memory\r\nused_memory:1048576\r\nused_memory_human:1.00M\r\nmaxmemory:4194304\r\n"
      "maxmemory_policy:allkeys-lfu\r\n# Stats\r\nevicted_keys:7\r\n# Keyspace\r\n"
      "db0:keys=12,expires=3,avg_ttl=100\r\ndb3:keys=4,expires=0,avg_ttl=0\r\n");
  EXPECT_EQ(report.used_memory_bytes(), 1048576);
  EXPECT_EQ(report.max_memory_bytes(), 4194304);
  EXPECT_EQ(report.eviction_policy(), "allkeys-lfu");
  EXPECT_EQ(report.evicted_keys(), 7);
  EXPECT_EQ(report.keys(), 16);
  EXPECT_EQ(ParseRedisInfo("no info at all:").ByteSizeLong(), 0u);
  EXPECT_EQ(ParseRedisInfo("").ByteSizeLong(), 0u);
}

TEST(CacheScope, SaysNothingOfAnEpochBeforeTheFirst) {
  cache::ScopeStatus status;
  status.connection_status = cache::RedisError(cache::RedisFailure::kDenied, "no");
  const auto scope = ToProto(status);
  EXPECT_EQ(scope.mode(), pb::OFF);
  EXPECT_EQ(scope.epoch(), "");
  EXPECT_FALSE(scope.has_mode_time());
  EXPECT_FALSE(scope.connected());
  EXPECT_FALSE(scope.trusted());
  EXPECT_EQ(scope.connection_failure(), "denied");
}

TEST(CacheScope, WritesTheEpochAsKeysDo) {
  cache::ScopeStatus status;
  status.row = {{cache::ModeState::kClosing, 0xabc}, "run", "timeline", absl::FromUnixSeconds(90)};
  status.lease_left = absl::Milliseconds(1500);
  const auto scope = ToProto(status);
  EXPECT_EQ(scope.mode(), pb::CLOSING);
  EXPECT_EQ(scope.epoch(), "0000000000000abc");
  EXPECT_EQ(scope.redis_run_id(), "run");
  EXPECT_EQ(scope.mode_time().seconds(), 90);
  EXPECT_EQ(scope.lease_left().seconds(), 1);
  EXPECT_EQ(scope.lease_left().nanos(), 500'000'000);
}

TEST(CacheCounters, GiveTheShareOfHitsAmongAllReads) {
  telemetry::Registry registry;
  cache::CacheMetrics metrics(registry);
  EXPECT_FALSE(ToProto(metrics).has_hit_ratio());
  metrics.hits.Add(6);
  metrics.misses.Add();
  metrics.Count(cache::Bypass::kMark);
  metrics.Count(cache::FillAnswer::kOld);
  const auto counters = ToProto(metrics);
  EXPECT_DOUBLE_EQ(counters.hit_ratio(), 0.75);
  EXPECT_EQ(counters.bypasses().at("mark"), 1);
  EXPECT_EQ(counters.bypasses().size(), 8u);
  EXPECT_EQ(counters.fills().at("old"), 1);
}

}  // namespace
}  // namespace rapport::host
