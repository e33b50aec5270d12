// The shared cache of one process: the guard of its writes, its reads, and its part in opening and
// closing. protocol.h says how they work together, docs/caching.md what is promised.
//
//   auto store = OpenStore({… ModeTable() among the tables …});
//   auto cache = SharedCache::Create(*store, {…});
//   … calls …
//   cache->Stop(); store.reset(); cache.reset();
#ifndef RAPPORT_COMMON_CACHE_SHARED_CACHE_H_
#define RAPPORT_COMMON_CACHE_SHARED_CACHE_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/uuid.h"
#include "common/cache/boot_clock.h"
#include "common/cache/bounded_reads.h"
#include "common/cache/cache_guard.h"
#include "common/cache/cache_keeper.h"
#include "common/cache/cache_metrics.h"
#include "common/cache/cache_scope.h"
#include "common/cache/coherent_reads.h"
#include "common/cache/guarded_tables.h"
#include "common/cache/loop_timer.h"
#include "common/cache/mode_lease.h"
#include "common/cache/near_cache.h"
#include "common/cache/read_lane.h"
#include "common/cache/redis_endpoint.h"
#include "common/cache/redis_loop.h"
#include "common/store/store.h"
#include "common/telemetry/metrics.h"
#include "common/time/clock.h"

namespace rapport::cache {

// What this process knows of one scope.
struct ScopeStatus {
  unsigned scope = 0;
  ModeRow row;
  absl::Duration lease_left;  // for how long it may still believe the row; 0: it does not
  bool trusted = false;       // a read that began now might be answered by Redis
  Breaker::State breaker = Breaker::State::kClosed;  // of reads
  // To whichever Redis there is; null: none. What it is good for is the row's to say.
  std::shared_ptr<RedisConnection> connection;
  absl::Status connection_status;  // why there is none
};

// Thread-safe.
class SharedCache {
 public:
  // All pointers outlive it.
  struct Options {
    // Without an address this process has no Redis: reads go to the store, and its first write
    // closes the cache for the processes that have.
    RedisOptions redis;
    // Into how many scopes the store's rows are divided, if no process with Redis has said so
    // before: the store keeps the first one's word, and the others take that over.
    unsigned scopes = 1;
    std::vector<GuardedTable> tables;
    bool sole_owner = false;  // no other process writes to the store
    // How long Redis may take for one command of a read, of a write.
    absl::Duration read_budget = kReadBudget;
    absl::Duration mark_budget = kMarkBudget;
    std::size_t near_bytes = std::size_t{64} << 20;  // see near_cache.h
    const time::Clock* clock = nullptr;
    base::Rng* rng = nullptr;  // thread-safe
    telemetry::Registry* metrics = nullptr;
    // What an operator must know. Any thread. Default: a line on stderr.
    std::function<void(absl::string_view)> on_event;
  };
  // Before the first transaction of others: becomes the guard of the store. Blocks while it reads
  // how many scopes there are.
  static absl::StatusOr<std::unique_ptr<SharedCache>> Create(store::Store& store, Options options);
  // After the store.
  ~SharedCache();

  // CoherentReads::Get.
  void Get(const base::TenantId& tenant, const store::Table& table,
           absl::Span<const store::Value> key, absl::Time deadline, Load load,
           CoherentReads::Done done) {
    reads_->Get(tenant, table, key, deadline, std::move(load), std::move(done));
  }
  // BoundedReads::Get.
  void GetWithin(const base::TenantId& tenant, const store::Table& table,
                 absl::Span<const store::Value> key, Bound bound, absl::Time deadline, Load load,
                 CoherentReads::Done done) {
    bounded_reads_->Get(tenant, table, key, bound, deadline, std::move(load), std::move(done));
  }
  // Of a process with Redis, as many as the store has.
  unsigned scopes() const { return static_cast<unsigned>(scopes_.size()); }
  // What this process knows of the row.
  std::shared_ptr<const ModeCopy> mode(unsigned scope = 0) const {
    return scopes_[scope]->lease.Current();
  }
  // The same for operators, by scope; empty for a process without Redis. Before Stop().
  std::vector<ScopeStatus> Status() const;
  const CacheMetrics& metrics() const { return metrics_; }
  const std::string& store_id() const { return context_.timeline; }

  // For a loop of the server, which then reads by itself what it serves; null for a process without
  // Redis. Before the loop begins. It lives until Stop(), which the loop must not outlive.
  ReadLane* AddLane();

  // When no more reads come, and before the store ends: waits for reads and loads under way, and
  // lets go of the store. It still guards the writes that the store has.
  void Stop();

 private:
  SharedCache(store::Store& store, const Options& options, GuardedTables tables, unsigned scopes);
  CacheScopes MakeScopes(unsigned count);

  const SystemBootClock boot_clock_;
  const GuardedTables tables_;
  CacheMetrics metrics_;
  const CacheContext context_;
  RedisLoop loop_;
  const std::shared_ptr<LoopTimer> timer_;
  const std::vector<RedisOptions> redis_;  // by scope; empty without Redis
  const CacheScopes scopes_;
  ModePoll poll_;
  CacheGuard guard_;
  std::vector<std::unique_ptr<CacheKeeper>> keepers_;  // one for each scope
  std::vector<std::unique_ptr<ReadLane>> lanes_;
  std::unique_ptr<CoherentReads> reads_;
  NearCache near_;
  std::unique_ptr<BoundedReads> bounded_reads_;
};

}  // namespace rapport::cache

#endif  // RAPPORT_COMMON_CACHE_SHARED_CACHE_H_
