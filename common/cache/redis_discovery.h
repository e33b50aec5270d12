// Finds out which process an address leads to now. Blocking.
#ifndef RAPPORT_COMMON_CACHE_REDIS_DISCOVERY_H_
#define RAPPORT_COMMON_CACHE_REDIS_DISCOVERY_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/cache/boot_clock.h"
#include "common/cache/redis_address.h"
#include "common/cache/redis_stream.h"

namespace rapport::cache {

// How long one sentinel, or one node of a cluster, may take to answer.
inline constexpr absl::Duration kAskTimeout = absl::Milliseconds(200);

struct RedisQuestion {
  RedisAddress address;
  RedisTransport transport;
  unsigned scope = 0;             // whose keys are looked for in a cluster
  std::vector<std::string> auth;  // the command that signs in to a node of a cluster; or empty
  std::size_t first = 0;          // which node of a cluster is asked first, modulo their number
};

// kDirect: what the address says. kSentinel: the master that most lately became it, by all
// sentinels that answer. kCluster: the owner of the scope's slot, by the first node that answers.
// What they say is a hint and may be old: who is dialed must say itself that it is a master, and
// only the system of record says whether it is trusted. kUnreachable if nobody answers.
absl::StatusOr<RedisNode> FindRedis(const BootClock& clock, const RedisQuestion& question,
                                    absl::Duration deadline);

// The slot of a key, by its tag ("…{tag}…"): CRC-16/XMODEM modulo 16384, as the Redis Cluster
// specification says.
std::uint16_t SlotOfTag(absl::string_view tag);
// What keys of this scope have between their braces: two digits.
std::string TagOfScope(unsigned scope);

}  // namespace rapport::cache

#endif  // RAPPORT_COMMON_CACHE_REDIS_DISCOVERY_H_
