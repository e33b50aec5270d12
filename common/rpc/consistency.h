// Consistency tokens: which store has reached which sequence. A write answers with one (trailing
// metadata "rapport-consistency-token"); a call that carries it (metadata of the same name) sees
// that write, in any service. Form: parts "<store id>.<sequence>" joined by commas; opaque to
// callers.
#ifndef RAPPORT_COMMON_RPC_CONSISTENCY_H_
#define RAPPORT_COMMON_RPC_CONSISTENCY_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/base/consistency.h"

namespace rapport::rpc {

inline constexpr char kConsistencyHeader[] = "rapport-consistency-token";
// The level that a read asks for, and the age of an answer that may be old, in milliseconds.
inline constexpr char kLevelHeader[] = "rapport-consistency";
inline constexpr char kAgeTrailer[] = "rapport-age-ms";

struct Position {
  std::string store_id;
  std::int64_t sequence = 0;
};

std::string FormatToken(const std::vector<Position>& positions);
// INVALID_ARGUMENT (CONSISTENCY_TOKEN) for anything that FormatToken did not make. At most 8 parts.
absl::StatusOr<std::vector<Position>> ParseToken(absl::string_view token);
// The positions of both, the later one where they name the same store.
std::string MergeTokens(absl::string_view a, absl::string_view b);

// "coherent", "at_least_as_fresh", "minimize_latency", "minimize_latency;max_age=500ms" or
// "fully_consistent"; max_age is 0 to 60 s. INVALID_ARGUMENT (FIELD) for anything else.
absl::StatusOr<base::Consistency> ParseConsistency(absl::string_view level);
// The inverse; "" for what callers get who say nothing.
std::string FormatConsistency(const base::Consistency& consistency);

// Knows how far this process has come with the changes of each store. Thread-safe.
class ConsistencyGate {
 public:
  virtual ~ConsistencyGate() = default;
  // Calls `then` once: with OK as soon as all positions are reached, or with UNAVAILABLE (BEHIND)
  // at `deadline`; at once if nothing has to be waited for. Stores that this service does not
  // follow are ignored.
  virtual void Wait(const std::vector<Position>& positions, absl::Time deadline,
                    absl::AnyInvocable<void(absl::Status)> then) = 0;
};

}  // namespace rapport::rpc

#endif  // RAPPORT_COMMON_RPC_CONSISTENCY_H_
