// Calls of the scripts (scripts.h) over a connection.
#ifndef RAPPORT_COMMON_CACHE_REDIS_SCRIPT_H_
#define RAPPORT_COMMON_CACHE_REDIS_SCRIPT_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/uuid.h"
#include "common/cache/redis_connection.h"
#include "common/cache/scripts.h"

namespace rapport::cache {

// For RedisOptions::setup: each connection loads the scripts when it is opened.
std::vector<std::vector<std::string>> LoadScripts();

// As Submit. Sends the text of the script, with a new budget, if Redis has forgotten it.
void RunScript(const std::shared_ptr<RedisConnection>& connection, Command command,
               absl::Duration budget, RedisConnection::Callback callback);

// The same with one command for each of several connections, side by side, and waits for all; each
// up to `tries` times while it fails and its connection stands. Replies in the order of the calls.
// Not on a loop.
struct ScriptCall {
  std::shared_ptr<RedisConnection> connection;
  Command command;
};
std::vector<absl::StatusOr<RedisReply>> RunScriptsAndWait(absl::Span<const ScriptCall> calls,
                                                          absl::Duration budget, int tries);
// One of them.
absl::StatusOr<RedisReply> RunScriptAndWait(const std::shared_ptr<RedisConnection>& connection,
                                            const Command& command, absl::Duration budget,
                                            int tries);

// A fresh id for an intent or a lease.
std::uint64_t NewHoldId(base::Rng& rng);

}  // namespace rapport::cache

#endif  // RAPPORT_COMMON_CACHE_REDIS_SCRIPT_H_
