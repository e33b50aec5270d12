// Tokens that were verified a moment ago.
#ifndef RAPPORT_COMMON_AUTH_TOKEN_CACHE_H_
#define RAPPORT_COMMON_AUTH_TOKEN_CACHE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/auth/principal.h"
#include "common/base/mutex.h"

namespace rapport::auth {

// Remembers a token until it expires, at most 60 s, and only as long as the keys stay the same.
// Found by hash, then compared byte by byte: a collision is a miss. Holds at most `max_entries`
// tokens: each shard keeps a young and an old half, and drops the old one when the young is full.
// Thread-safe.
class TokenCache {
 public:
  explicit TokenCache(std::size_t max_entries);

  // Null if unknown, too old, or verified with other keys than those of `generation`.
  PrincipalPtr Find(absl::string_view token, absl::Time now, std::uint64_t generation) const;
  void Insert(absl::string_view token, PrincipalPtr principal, absl::Time now,
              std::uint64_t generation);
  std::size_t size() const;

 private:
  static constexpr std::size_t kShards = 16;
  struct Entry {
    std::string token;
    PrincipalPtr principal;
    absl::Time from;
    absl::Time until;
    std::uint64_t generation = 0;
  };
  using Half = absl::flat_hash_map<std::uint64_t, Entry>;
  struct alignas(64) Shard {
    mutable base::Mutex mu;
    Half young ABSL_GUARDED_BY(mu);
    Half old ABSL_GUARDED_BY(mu);
  };

  static std::uint64_t Hash(absl::string_view token);

  const std::size_t max_half_;
  std::array<Shard, kShards> shards_;
};

}  // namespace rapport::auth

#endif  // RAPPORT_COMMON_AUTH_TOKEN_CACHE_H_
