#include "common/cache/near_cache.h"

#include <iterator>
#include <utility>

#include "common/cache/jitter.h"

namespace rapport::cache {

std::shared_ptr<const NearCache::Entry> NearCache::Find(absl::string_view name,
                                                        absl::Duration now) {
  base::MutexLock lock(&mu_);
  DropOld(now);
  const auto at = by_name_.find(name);
  if (at == by_name_.end() || now - at->second->entry->read_at >= kNearKeep) return nullptr;
  return at->second->entry;
}

void NearCache::Put(absl::string_view name, const CachedRow& row, absl::Duration read_at,
                    absl::Duration now) {
  const std::size_t bytes = kNearOverhead + name.size() + row.payload.size();
  if (bytes > max_bytes_) return;
  Kept kept{std::string(name),
            std::make_shared<const Entry>(
                Entry{row, read_at, read_at + Jittered(kNearLife, kNearJitter, rng_)}),
            bytes};
  base::MutexLock lock(&mu_);
  DropOld(now);
  const auto at = by_name_.find(name);
  if (at != by_name_.end()) {
    if (at->second->entry->read_at > read_at) return;
    Drop(at->second);
  }
  order_.push_back(std::move(kept));
  by_name_.emplace(order_.back().name, std::prev(order_.end()));
  bytes_ += bytes;
  while (bytes_ > max_bytes_) Drop(order_.begin());
  metrics_.near_bytes.Set(static_cast<std::int64_t>(bytes_));
}

void NearCache::DropOld(absl::Duration now) {
  if (order_.empty() || now - order_.front().entry->read_at < kNearKeep) return;
  while (!order_.empty() && now - order_.front().entry->read_at >= kNearKeep) {
    Drop(order_.begin());
  }
  metrics_.near_bytes.Set(static_cast<std::int64_t>(bytes_));
}

void NearCache::Drop(Order::iterator kept) {
  bytes_ -= kept->bytes;
  by_name_.erase(kept->name);
  order_.erase(kept);
}

}  // namespace rapport::cache
