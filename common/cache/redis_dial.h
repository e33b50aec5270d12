// The first moments of a connection to Redis: connect, sign in, learn who answers. Blocking.
#ifndef RAPPORT_COMMON_CACHE_REDIS_DIAL_H_
#define RAPPORT_COMMON_CACHE_REDIS_DIAL_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/cache/boot_clock.h"
#include "common/cache/redis_codec.h"
#include "common/cache/redis_stream.h"

namespace rapport::cache {

struct RedisOptions {
  std::string address;        // redis_address.h has the forms
  RedisTransport transport;   // `tls` follows from the address
  std::string user;           // of the ACL; empty for the default user
  std::string password_file;  // read at each opening; empty for no sign-in
  unsigned scope = 0;         // in a cluster: to the owner of the slot of this scope's keys
  // Commands to send at each opening (SCRIPT LOAD …); each must succeed.
  std::vector<std::vector<std::string>> setup;
  absl::Duration open_timeout = absl::Seconds(1);
  // A connection breaks if replies are due and nothing has come for so long.
  absl::Duration max_silence = absl::Seconds(5);
  // What may wait: commands without a reply yet, and bytes of commands that are not written yet.
  std::size_t max_commands = 4096;
  std::size_t max_queued_bytes = std::size_t{8} << 20;
  std::size_t max_reply_bytes = std::size_t{8} << 20;
};

// INVALID_ARGUMENT unless the address and what belongs to it go together.
absl::Status CheckRedisOptions(const RedisOptions& options);

struct DialedRedis {
  RedisStream stream;
  RedisNode node;  // where it is
  std::string run_id;
};

// Finds the Redis (redis_discovery.h), signs in (AUTH), reads run id and role (INFO), sends
// `setup`. Fails unless the other side is the master. Takes at most `open_timeout`, apart from
// looking up a host name. `reader` is new, and reads what comes afterwards. `attempt` counts the
// openings: if one node of a cluster leads astray, another is asked the next time.
absl::StatusOr<DialedRedis> DialRedis(const BootClock& clock, const RedisOptions& options,
                                      std::size_t attempt, ReplyReader& reader);

// Whether the sentinels name another process than `node` now. False without sentinels, or if none
// of them answers. (In a cluster the node itself says so: MOVED.) Takes at most `open_timeout`.
bool HasMoved(const BootClock& clock, const RedisOptions& options, const RedisNode& node);

}  // namespace rapport::cache

#endif  // RAPPORT_COMMON_CACHE_REDIS_DIAL_H_
