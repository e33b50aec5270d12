#include "common/resource/hot_cache.h"

#include <algorithm>
#include <utility>

#include "absl/hash/hash.h"

namespace rapport::resource {

HotCache::HotCache(std::size_t max_entries)
    : max_per_shard_(std::max<std::size_t>(1, max_entries / 16)) {}

HotCache::Shard& HotCache::ShardOf(absl::string_view name) {
  return shards_[(absl::Hash<absl::string_view>{}(name) >> 7) % shards_.size()];
}

absl::optional<grpc::ByteBuffer> HotCache::Find(absl::string_view name) {
  Shard& shard = ShardOf(name);
  base::MutexLock lock(&shard.mu);
  const auto it = shard.entries.find(name);
  if (it == shard.entries.end() || !it->second.bytes) {
    ++shard.misses;
    return absl::nullopt;
  }
  ++shard.hits;
  return it->second.bytes;
}

void HotCache::Insert(Shard& shard, absl::string_view name, Entry entry) {
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

void HotCache::Wrote(absl::string_view name, std::int64_t sequence,
                     absl::optional<grpc::ByteBuffer> bytes) {
  Shard& shard = ShardOf(name);
  base::MutexLock lock(&shard.mu);
  Insert(shard, name, Entry{sequence, std::move(bytes)});
}

void HotCache::Fill(absl::string_view name, std::int64_t view_sequence,
                    const grpc::ByteBuffer& bytes) {
  Shard& shard = ShardOf(name);
  base::MutexLock lock(&shard.mu);
  const auto it = shard.entries.find(name);
  const std::int64_t known = it == shard.entries.end() ? shard.floor : it->second.sequence;
  if (view_sequence < known) return;
  Insert(shard, name, Entry{view_sequence, bytes});
}

std::int64_t HotCache::hits() const {
  std::int64_t sum = 0;
  for (const auto& shard : shards_) {
    base::MutexLock lock(&shard.mu);
    sum += shard.hits;
  }
  return sum;
}

std::int64_t HotCache::misses() const {
  std::int64_t sum = 0;
  for (const auto& shard : shards_) {
    base::MutexLock lock(&shard.mu);
    sum += shard.misses;
  }
  return sum;
}

}  // namespace rapport::resource
