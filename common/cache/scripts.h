// The four Lua scripts, their arguments and their replies. Each does to an entry what the function
// of the same name in protocol.h does, atomically; scripts_test.cc compares the two on a real
// Redis. All are idempotent and monotone: late, lost and doubled execution is harmless.
//
// Time is the clock of Redis (TIME), not an argument: who sets an intent and who judges it must
// read one clock, or a client whose clock is ahead would end other clients' intents. Nothing else
// rests on that clock: a step forward by more than kIntentTtl - kMarkToCommit is the loss of a
// mark, which the protocol bears as it bears eviction; a step back keeps readers on the system of
// record.
//
// MARK and STAMP carry the flag allow-oom: at maxmemory with noeviction an invalidation that is
// refused would be a stale read. LEASE and FILL may be refused: a miss.
#ifndef RAPPORT_COMMON_CACHE_SCRIPTS_H_
#define RAPPORT_COMMON_CACHE_SCRIPTS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/cache/protocol.h"

namespace rapport::cache {

struct Script {
  std::string text;
  std::string sha1;  // 40 hex digits, the name for EVALSHA
};

const Script& MarkScript();
const Script& StampScript();
const Script& LeaseScript();
const Script& FillScript();

// One command of the Redis protocol, argument by argument.
using Command = std::vector<std::string>;

// SCRIPT LOAD; every new connection sends it once for each script.
Command LoadCommand(const Script& script);
// The same call with the text in place of its name, for a server that answered NOSCRIPT.
Command WithText(Command evalsha);

// Keys of one scope. Replies with an integer, the number of keys.
Command MarkCommand(absl::Span<const std::string> keys, std::uint64_t intent, absl::Duration ttl);

// Keys of one scope, each with the version that the write gave its entity. Replies with an integer:
// in how many keys the intent was missing (cache_intent_lost_total). A key that was stamped with
// this version before, or a later one, has lost nothing: that is how a repeated stamp finds it.
struct StampedKey {
  std::string key;
  std::uint64_t version = 0;
};
Command StampCommand(absl::Span<const StampedKey> keys, std::uint64_t intent,
                     absl::Duration blank_ttl);

// Replies with a string for ParseLeaseReply.
Command LeaseCommand(const std::string& key, std::uint64_t lease, absl::Duration ttl, bool refresh);

// `tail` is EncodeTail's. Replies with a string for ParseFillReply.
Command FillCommand(const std::string& key, std::uint64_t lease, std::uint64_t version,
                    EntryKind kind, absl::Duration ttl, absl::string_view tail);

// Drops a payload that proved wrong, by a mark that ends at once: a DEL would take the intents of
// running writes with it. `intent` is fresh.
Command DropCommand(const std::string& key, std::uint64_t intent);

struct LeaseReply {
  LeaseAnswer answer = LeaseAnswer::kBypass;
  absl::string_view entry;  // for kHit: the value of the key; points into the reply
};
// INTERNAL for a reply that the scripts do not make.
absl::StatusOr<LeaseReply> ParseLeaseReply(absl::string_view reply);
absl::StatusOr<FillAnswer> ParseFillReply(absl::string_view reply);

}  // namespace rapport::cache

#endif  // RAPPORT_COMMON_CACHE_SCRIPTS_H_
