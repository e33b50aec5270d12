// What this process has read a moment ago, for readers who accept something old. Nothing tells it
// of writes: all that it promises is an age. (Invalidation by Redis could not promise more, for a
// push comes after the write was acknowledged, and what is not pushed must be bounded by age all
// the same.)
#ifndef RAPPORT_COMMON_CACHE_NEAR_CACHE_H_
#define RAPPORT_COMMON_CACHE_NEAR_CACHE_H_

#include <cstddef>
#include <list>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/base/consistency.h"
#include "common/base/mutex.h"
#include "common/base/uuid.h"
#include "common/cache/cache_metrics.h"
#include "common/cache/coherent_reads.h"

namespace rapport::cache {

// How long an entry is given out while newer ones can be had: below one second.
inline constexpr absl::Duration kNearLife = absl::Milliseconds(800);
inline constexpr double kNearJitter = 0.2;
// Until then it is kept, for times when the store and Redis are both away.
inline constexpr absl::Duration kNearKeep = base::Consistency::kLongestAge;
// Of an entry beside its name and payload, about.
inline constexpr std::size_t kNearOverhead = 256;

// Thread-safe; memory work only. Times are boot time. Names tell tenants and tables apart.
class NearCache {
 public:
  struct Entry {
    CachedRow row;
    absl::Duration read_at;      // what was acknowledged before is in it
    absl::Duration fresh_until;  // read_at and a life of this entry's own
  };

  // Holds at most `max_bytes`, by an estimate; with 0 nothing, ever. The others outlive it.
  NearCache(std::size_t max_bytes, base::Rng* rng, CacheMetrics* metrics)
      : max_bytes_(max_bytes), rng_(*rng), metrics_(*metrics) {}

  // What is kept under this name, younger than kNearKeep; null if there is nothing.
  std::shared_ptr<const Entry> Find(absl::string_view name, absl::Duration now);
  // A coherent read that began at `read_at` found this. The longest unread make room.
  void Put(absl::string_view name, const CachedRow& row, absl::Duration read_at,
           absl::Duration now);

 private:
  struct Kept {
    std::string name;
    std::shared_ptr<const Entry> entry;
    std::size_t bytes;
  };
  using Order = std::list<Kept>;

  void DropOld(absl::Duration now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Drop(Order::iterator kept) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const std::size_t max_bytes_;
  base::Rng& rng_;
  CacheMetrics& metrics_;

  base::Mutex mu_;
  Order order_ ABSL_GUARDED_BY(mu_);  // as they were put; what is in demand is put every second
  absl::flat_hash_map<absl::string_view, Order::iterator> by_name_ ABSL_GUARDED_BY(mu_);
  std::size_t bytes_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace rapport::cache

#endif  // RAPPORT_COMMON_CACHE_NEAR_CACHE_H_
