#include "common/host/cache_service.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "common/base/mutex.h"
#include "common/rpc/codec.h"
#include "common/time/proto_time.h"

namespace rapport::host {

namespace pb = rapport::cache::v1;

namespace {

constexpr absl::Duration kInfoBudget = absl::Milliseconds(200);
constexpr double kDeadlineShare = 0.5;

pb::CacheMode ModeOf(cache::ModeState state) {
  switch (state) {
    case cache::ModeState::kOn:
      return pb::ON;
    case cache::ModeState::kClosing:
      return pb::CLOSING;
    case cache::ModeState::kOff:
      return pb::OFF;
  }
  return pb::CACHE_MODE_UNSPECIFIED;
}

pb::Breaker BreakerOf(cache::Breaker::State state) {
  switch (state) {
    case cache::Breaker::State::kClosed:
      return pb::CLOSED;
    case cache::Breaker::State::kOpen:
      return pb::OPEN;
    case cache::Breaker::State::kHalfOpen:
      return pb::HALF_OPEN;
  }
  return pb::BREAKER_UNSPECIFIED;
}

google::protobuf::Duration DurationOf(absl::Duration duration) {
  google::protobuf::Duration out;
  const std::int64_t us = absl::ToInt64Microseconds(duration);
  out.set_seconds(us / 1000000);
  out.set_nanos(static_cast<std::int32_t>(us % 1000000 * 1000));
  return out;
}

std::int64_t ValueOf(const telemetry::Counter& counter) {
  return static_cast<std::int64_t>(counter.value());
}

// One answer, while Redis is asked about its scopes.
class Answering {
 public:
  Answering(rpc::Call& call, pb::CacheStatus status, std::size_t asked)
      : call_(call), status_(std::move(status)), missing_(asked) {}

  void Take(int scope, const absl::StatusOr<cache::RedisReply>& reply, const std::string& run_id) {
    {
      const base::MutexLock lock(&mu_);
      if (reply.ok()) {
        *status_.mutable_scopes(scope)->mutable_redis() = ParseRedisInfo(reply->text);
        status_.mutable_scopes(scope)->mutable_redis()->set_run_id(run_id);
      }
      if (--missing_ > 0) return;
    }
    call_.Finish(rpc::Answer{rpc::Serialize(status_), 0});
  }

 private:
  rpc::Call& call_;
  base::Mutex mu_;
  pb::CacheStatus status_;  // under mu_ until the last one has come
  std::size_t missing_ ABSL_GUARDED_BY(mu_);
};

void Answer(const cache::SharedCache* cache, rpc::Call& call) {
  pb::CacheStatus status;
  if (cache == nullptr) return call.Finish(rpc::Answer{rpc::Serialize(status), 0});
  *status.mutable_counters() = ToProto(cache->metrics());
  status.set_store_id(cache->store_id());
  const std::vector<cache::ScopeStatus> scopes = cache->Status();
  std::size_t asked = 0;
  for (const cache::ScopeStatus& scope : scopes) {
    *status.add_scopes() = ToProto(scope);
    asked += scope.connection != nullptr ? 1 : 0;
  }
  if (asked == 0) return call.Finish(rpc::Answer{rpc::Serialize(status), 0});
  const absl::Duration budget =
      std::min(kInfoBudget, (call.context().deadline - absl::Now()) * kDeadlineShare);
  const auto answering = std::make_shared<Answering>(call, std::move(status), asked);
  // The call may end with the last reply: it is not looked at any more.
  for (std::size_t i = 0; i < scopes.size(); ++i) {
    const auto& connection = scopes[i].connection;
    if (connection == nullptr) continue;
    connection->Submit({"INFO", "memory", "stats", "keyspace"}, budget,
                       [answering, i, run_id = connection->run_id()](
                           const absl::StatusOr<cache::RedisReply>& reply) {
                         answering->Take(static_cast<int>(i), reply, run_id);
                       });
  }
}

}  // namespace

pb::CacheScope ToProto(const cache::ScopeStatus& status) {
  pb::CacheScope scope;
  scope.set_scope(static_cast<std::int32_t>(status.scope));
  scope.set_mode(ModeOf(status.row.mode.state));
  if (status.row.mode.epoch != 0) {
    scope.set_epoch(absl::StrFormat("%016x", status.row.mode.epoch));
    scope.set_redis_run_id(status.row.run_id);
    *scope.mutable_mode_time() = time::ToProto(status.row.changed);
  }
  *scope.mutable_lease_left() = DurationOf(status.lease_left);
  scope.set_connected(status.connection != nullptr &&
                      status.connection->run_id() == status.row.run_id);
  scope.set_trusted(status.trusted);
  scope.set_breaker(BreakerOf(status.breaker));
  if (status.connection == nullptr) {
    scope.set_connection_failure(
        std::string(cache::FailureName(cache::FailureOf(status.connection_status))));
  }
  return scope;
}

pb::CacheCounters ToProto(const cache::CacheMetrics& metrics) {
  pb::CacheCounters counters;
  counters.set_hits(ValueOf(metrics.hits));
  counters.set_misses(ValueOf(metrics.misses));
  std::int64_t reads = counters.hits() + counters.misses();
  for (int i = 0; i < cache::kBypasses; ++i) {
    const std::int64_t count = ValueOf(*metrics.bypasses[i]);
    reads += count;
    (*counters.mutable_bypasses())[cache::kBypassNames[i]] = count;
  }
  for (int i = 0; i < cache::kFillAnswers; ++i) {
    (*counters.mutable_fills())[cache::kFillNames[i]] = ValueOf(*metrics.fills[i]);
  }
  counters.set_marked_commits(ValueOf(metrics.marked_commits));
  counters.set_opens(ValueOf(metrics.opens));
  counters.set_closes(ValueOf(metrics.closes));
  counters.set_missing_marks(ValueOf(metrics.intents_lost));
  counters.set_wrong_values(ValueOf(metrics.wrong_values));
  counters.set_late_replies(ValueOf(metrics.late_replies));
  if (reads > 0) {
    counters.set_hit_ratio(static_cast<double>(counters.hits()) / static_cast<double>(reads));
  }
  return counters;
}

pb::RedisReport ParseRedisInfo(absl::string_view info) {
  pb::RedisReport report;
  for (absl::string_view line : absl::StrSplit(info, '\n')) {
    line = absl::StripSuffix(line, "\r");
    const std::pair<absl::string_view, absl::string_view> field =
        absl::StrSplit(line, absl::MaxSplits(':', 1));
    std::int64_t number = 0;
    if (field.first == "maxmemory_policy") {
      report.set_eviction_policy(std::string(field.second));
    } else if (absl::StartsWith(field.first, "db")) {  // db0:keys=12,expires=3,avg_ttl=100
      absl::string_view keys = field.second.substr(0, field.second.find(','));
      if (absl::ConsumePrefix(&keys, "keys=") && absl::SimpleAtoi(keys, &number)) {
        report.set_keys(report.keys() + number);
      }
    } else if (!absl::SimpleAtoi(field.second, &number)) {
      continue;
    } else if (field.first == "used_memory") {
      report.set_used_memory_bytes(number);
    } else if (field.first == "maxmemory") {
      report.set_max_memory_bytes(number);
    } else if (field.first == "evicted_keys") {
      report.set_evicted_keys(number);
    }
  }
  return report;
}

void AddCacheService(rpc::MethodTable* table, const cache::SharedCache* cache) {
  table->Unary("rapport.cache.v1.CacheService/GetCacheStatus", rpc::Lane::kLoop,
               [cache](rpc::Call& call) { Answer(cache, call); });
}

}  // namespace rapport::host
