// The owner's memory of its resources. On the embedded store the owning process sees every write,
// so this cache is coherent by itself: a write replaces or voids its entry before it is
// acknowledged, and a reader can only fill in what is at least as new as what was voided. On a
// store that other processes write to, it must hold nothing.
#ifndef RAPPORT_COMMON_RESOURCE_HOT_CACHE_H_
#define RAPPORT_COMMON_RESOURCE_HOT_CACHE_H_

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/hash/hash.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "common/base/mutex.h"
#include "common/telemetry/metrics.h"
#include "grpcpp/support/byte_buffer.h"

namespace rapport::resource {

// Thread-safe. `Value` is cheap to copy.
template <class Value>
class OwnerCache {
 public:
  // Holds at most about `max_entries` resources; with 0 nothing, ever.
  explicit OwnerCache(std::size_t max_entries)
      : max_per_shard_((max_entries + kShards - 1) / kShards) {}

  absl::optional<Value> Find(absl::string_view name) {
    Shard& shard = ShardOf(name);
    base::MutexLock lock(&shard.mu);
    const auto it = shard.entries.find(name);
    if (it == shard.entries.end() || !it->second.value) {
      ++shard.misses;
      return absl::nullopt;
    }
    ++shard.hits;
    return it->second.value;
  }

  // A write of `name` is on disk with `sequence`. Without a value the entry is voided.
  void Wrote(absl::string_view name, std::int64_t sequence, absl::optional<Value> value) {
    if (max_per_shard_ == 0) return;
    Shard& shard = ShardOf(name);
    base::MutexLock lock(&shard.mu);
    Insert(shard, name, Entry{sequence, std::move(value)});
  }

  // A reader found `value` in a view that holds every commit up to `view_sequence`.
  void Fill(absl::string_view name, std::int64_t view_sequence, Value value) {
    if (max_per_shard_ == 0) return;
    Shard& shard = ShardOf(name);
    base::MutexLock lock(&shard.mu);
    const auto it = shard.entries.find(name);
    const std::int64_t known = it == shard.entries.end() ? shard.floor : it->second.sequence;
    if (view_sequence < known) return;
    Insert(shard, name, Entry{view_sequence, std::move(value)});
  }

  std::int64_t hits() const { return Sum(&Shard::hits); }
  std::int64_t misses() const { return Sum(&Shard::misses); }

  // Shows them as metrics, as long as the registry lives.
  void ReportTo(telemetry::Registry* metrics) const {
    metrics
        ->AddGauge("rapport_hot_cache_hits", "Reads that were answered from memory since the start")
        .With()
        .ReadFrom([this] { return static_cast<double>(hits()); });
    metrics
        ->AddGauge("rapport_hot_cache_misses", "Reads that had to go to the store since the start")
        .With()
        .ReadFrom([this] { return static_cast<double>(misses()); });
  }

 private:
  static constexpr std::size_t kShards = 16;
  struct Entry {
    std::int64_t sequence = 0;
    absl::optional<Value> value;  // nothing: voided at `sequence`
  };
  struct Shard {
    mutable base::Mutex mu;
    absl::flat_hash_map<std::string, Entry> entries ABSL_GUARDED_BY(mu);
    std::deque<std::string> order ABSL_GUARDED_BY(mu);  // oldest first, for eviction
    std::int64_t floor ABSL_GUARDED_BY(mu) = 0;         // highest sequence among what was evicted
    std::int64_t hits ABSL_GUARDED_BY(mu) = 0;
    std::int64_t misses ABSL_GUARDED_BY(mu) = 0;
  };

  Shard& ShardOf(absl::string_view name) {
    return shards_[(absl::Hash<absl::string_view>{}(name) >> 7) % kShards];
  }

  void Insert(Shard& shard, absl::string_view name, Entry entry)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(shard.mu) {
    const auto [it, fresh] = shard.entries.try_emplace(std::string(name));
    it->second = std::move(entry);
    if (!fresh) return;
    shard.order.emplace_back(name);
    if (shard.order.size() <= max_per_shard_) return;
    const auto oldest = shard.entries.find(shard.order.front());
    shard.floor = std::max(shard.floor, oldest->second.sequence);
    shard.entries.erase(oldest);
    shard.order.pop_front();
  }

  std::int64_t Sum(std::int64_t Shard::*count) const {
    std::int64_t sum = 0;
    for (const auto& shard : shards_) {
      base::MutexLock lock(&shard.mu);
      sum += shard.*count;
    }
    return sum;
  }

  const std::size_t max_per_shard_;
  std::array<Shard, kShards> shards_;
};

// Serialized resources, ready for the wire: for answers that are the resource itself.
using HotCache = OwnerCache<grpc::ByteBuffer>;
// Parsed resources, shared: for answers that are computed from one.
template <class M>
using ObjectCache = OwnerCache<std::shared_ptr<const M>>;

}  // namespace rapport::resource

#endif  // RAPPORT_COMMON_RESOURCE_HOT_CACHE_H_
