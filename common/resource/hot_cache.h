// The owner's memory of serialized resources. On the embedded store the owning process sees every
// write, so this cache is coherent by itself: a write replaces or voids its entry before it is
// acknowledged, and a reader can only fill in what is at least as new as what was voided.
#ifndef RAPPORT_COMMON_RESOURCE_HOT_CACHE_H_
#define RAPPORT_COMMON_RESOURCE_HOT_CACHE_H_

#include <array>
#include <cstdint>
#include <deque>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "common/base/mutex.h"
#include "grpcpp/support/byte_buffer.h"

namespace rapport::resource {

// Thread-safe.
class HotCache {
 public:
  // Holds at most about `max_entries` resources.
  explicit HotCache(std::size_t max_entries);

  // The serialized resource, ready for the wire.
  absl::optional<grpc::ByteBuffer> Find(absl::string_view name);
  // A write of `name` is on disk with `sequence`. Without `bytes` the entry is voided.
  void Wrote(absl::string_view name, std::int64_t sequence, absl::optional<grpc::ByteBuffer> bytes);
  // A reader found `bytes` in a view that holds every commit up to `view_sequence`.
  void Fill(absl::string_view name, std::int64_t view_sequence, const grpc::ByteBuffer& bytes);

  std::int64_t hits() const;
  std::int64_t misses() const;

 private:
  struct Entry {
    std::int64_t sequence = 0;
    absl::optional<grpc::ByteBuffer> bytes;  // nothing: voided at `sequence`
  };
  struct Shard {
    mutable base::Mutex mu;
    absl::flat_hash_map<std::string, Entry> entries ABSL_GUARDED_BY(mu);
    std::deque<std::string> order ABSL_GUARDED_BY(mu);  // oldest first, for eviction
    std::int64_t floor ABSL_GUARDED_BY(mu) = 0;         // highest sequence among what was evicted
    std::int64_t hits ABSL_GUARDED_BY(mu) = 0;
    std::int64_t misses ABSL_GUARDED_BY(mu) = 0;
  };
  Shard& ShardOf(absl::string_view name);
  void Insert(Shard& shard, absl::string_view name, Entry entry)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(shard.mu);

  const std::size_t max_per_shard_;
  std::array<Shard, 16> shards_;
};

}  // namespace rapport::resource

#endif  // RAPPORT_COMMON_RESOURCE_HOT_CACHE_H_
