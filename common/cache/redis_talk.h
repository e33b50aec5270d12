// Questions and answers with a Redis, before a connection is made of the stream or without one.
#ifndef RAPPORT_COMMON_CACHE_REDIS_TALK_H_
#define RAPPORT_COMMON_CACHE_REDIS_TALK_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/cache/boot_clock.h"
#include "common/cache/redis_codec.h"
#include "common/cache/redis_stream.h"

namespace rapport::cache {

// Sends the commands at once and waits for their replies until `deadline` (boot time). The first
// error reply ends it and is the status.
absl::StatusOr<std::vector<RedisReply>> Talk(const BootClock& clock, RedisStream& stream,
                                             ReplyReader& reader,
                                             const std::vector<std::vector<std::string>>& commands,
                                             absl::Duration deadline);

}  // namespace rapport::cache

#endif  // RAPPORT_COMMON_CACHE_REDIS_TALK_H_
