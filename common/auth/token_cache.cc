#include "common/auth/token_cache.h"

#include <algorithm>
#include <utility>

#include "absl/hash/hash.h"
#include "absl/strings/string_view.h"

namespace rapport::auth {
namespace {

constexpr absl::Duration kMaxAge = absl::Seconds(60);

}  // namespace

TokenCache::TokenCache(std::size_t max_entries)
    : max_half_(std::max<std::size_t>(1, max_entries / (2 * kShards))) {}

std::uint64_t TokenCache::Hash(absl::string_view token) { return absl::HashOf(token); }

PrincipalPtr TokenCache::Find(absl::string_view token, absl::Time now,
                              std::uint64_t generation) const {
  const std::uint64_t hash = Hash(token);
  const Shard& shard = shards_[hash % kShards];
  base::MutexLock lock(&shard.mu);
  for (const Half* half : {&shard.young, &shard.old}) {
    const auto it = half->find(hash);
    if (it == half->end()) continue;
    const Entry& entry = it->second;
    if (entry.generation != generation || now < entry.from || now >= entry.until) continue;
    if (entry.token == token) return entry.principal;
  }
  return nullptr;
}

void TokenCache::Insert(absl::string_view token, PrincipalPtr principal, absl::Time now,
                        std::uint64_t generation) {
  const absl::Time until = std::min(now + kMaxAge, principal->expire_time);
  if (until <= now) return;
  const std::uint64_t hash = Hash(token);
  Half dropped;  // destroyed after the lock is released
  Shard& shard = shards_[hash % kShards];
  base::MutexLock lock(&shard.mu);
  if (shard.young.size() >= max_half_) {
    dropped = std::exchange(shard.old, std::exchange(shard.young, Half()));
  }
  shard.young[hash] = Entry{std::string(token), std::move(principal), now, until, generation};
}

std::size_t TokenCache::size() const {
  std::size_t total = 0;
  for (const Shard& shard : shards_) {
    base::MutexLock lock(&shard.mu);
    total += shard.young.size() + shard.old.size();
  }
  return total;
}

}  // namespace rapport::auth
