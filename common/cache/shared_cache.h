// The shared cache of one process: the guard of its writes, its reads, and its part in opening and
// closing. protocol.h says how they work together, docs/caching.md what is promised.
//
//   auto store = OpenStore({… ModeTable() among the tables …});
//   auto cache = SharedCache::Create(*store, {…});
//   … calls …
//   cache->Stop(); store.reset(); cache.reset();
#ifndef RAPPORT_COMMON_CACHE_SHARED_CACHE_H_
#define RAPPORT_COMMON_CACHE_SHARED_CACHE_H_

#include <functional>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/uuid.h"
#include "common/cache/boot_clock.h"
#include "common/cache/cache_guard.h"
#include "common/cache/cache_keeper.h"
#include "common/cache/cache_metrics.h"
#include "common/cache/coherent_reads.h"
#include "common/cache/guarded_tables.h"
#include "common/cache/loop_timer.h"
#include "common/cache/mode_lease.h"
#include "common/cache/redis_endpoint.h"
#include "common/cache/redis_loop.h"
#include "common/store/store.h"
#include "common/telemetry/metrics.h"
#include "common/time/clock.h"

namespace rapport::cache {

// Thread-safe.
class SharedCache {
 public:
  // All pointers outlive it.
  struct Options {
    // Without an address this process has no Redis: reads go to the store, and its first write
    // closes the cache for the processes that have.
    RedisOptions redis;
    std::vector<GuardedTable> tables;
    bool sole_owner = false;  // no other process writes to the store
    // How long Redis may take for one command of a read, of a write.
    absl::Duration read_budget = kReadBudget;
    absl::Duration mark_budget = kMarkBudget;
    const time::Clock* clock = nullptr;
    base::Rng* rng = nullptr;  // thread-safe
    telemetry::Registry* metrics = nullptr;
    // What an operator must know. Any thread. Default: a line on stderr.
    std::function<void(absl::string_view)> on_event;
  };
  // Before the first transaction: becomes the guard of the store.
  static absl::StatusOr<std::unique_ptr<SharedCache>> Create(store::Store& store, Options options);
  // After the store.
  ~SharedCache();

  // CoherentReads::Get.
  void Get(const base::TenantId& tenant, const store::Table& table,
           absl::Span<const store::Value> key, absl::Time deadline, Load load,
           CoherentReads::Done done) {
    reads_->Get(tenant, table, key, deadline, std::move(load), std::move(done));
  }
  // What this process knows of the row.
  std::shared_ptr<const ModeCopy> mode() const { return lease_.Current(); }

  // When no more reads come, and before the store ends: waits for reads and loads under way, and
  // lets go of the store. It still guards the writes that the store has.
  void Stop();

 private:
  SharedCache(store::Store& store, Options options, GuardedTables tables);

  const SystemBootClock boot_clock_;
  const GuardedTables tables_;
  CacheMetrics metrics_;
  RedisLoop loop_;
  const std::shared_ptr<LoopTimer> timer_;
  std::unique_ptr<RedisEndpoint> endpoint_;
  ModeLease lease_;
  std::unique_ptr<CacheGuard> guard_;
  std::unique_ptr<CacheKeeper> keeper_;
  std::unique_ptr<CoherentReads> reads_;
};

}  // namespace rapport::cache

#endif  // RAPPORT_COMMON_CACHE_SHARED_CACHE_H_
