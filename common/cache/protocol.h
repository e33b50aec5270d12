// The pure decisions of the shared cache: what a write may do, what a reader may trust and what
// each script does to an entry. The product, the explored model (model.h) and the simulator
// (simulator.h) all call these functions; the Lua scripts (scripts.h) are compared with them on a
// real Redis. So none of them can drift from the others.
//
// The protocol in short: a write marks its entities in Redis at the end of its transaction in the
// system of record, commits, stamps the entities with their new versions, and only then answers. A
// mark blanks an entry and keeps readers from filling it; a stamp removes the mark and sets the
// lowest version that may be filled. A reader fills only with a lease that it took before it read
// the system of record; marks and stamps void leases. Whoever cannot mark or stamp closes the cache
// and waits out the fence.
//
// Everything here is free of side effects and may be called from any thread.
#ifndef RAPPORT_COMMON_CACHE_PROTOCOL_H_
#define RAPPORT_COMMON_CACHE_PROTOCOL_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/time/time.h"

namespace rapport::cache {

// --- Trust: one row of the system of record ---------------------------------------------------

enum class ModeState : std::uint8_t { kOn, kClosing, kOff };

// Entries of another epoch are out of reach: the epoch is part of every key.
struct Mode {
  ModeState state = ModeState::kOff;
  std::uint64_t epoch = 0;
  friend constexpr bool operator==(const Mode&, const Mode&) = default;
};

// The transitions of the row. Each is one conditional UPDATE; a row that does not meet the
// condition stays as it is.
constexpr Mode Close(Mode row, std::uint64_t epoch) {
  return row == Mode{ModeState::kOn, epoch} ? Mode{ModeState::kClosing, epoch} : row;
}
constexpr Mode EndFence(Mode row, std::uint64_t epoch) {
  return row == Mode{ModeState::kClosing, epoch} ? Mode{ModeState::kOff, epoch} : row;
}
// In a transaction that no other one overlaps (store::Tx::Exclude): those under way may have seen
// the old row, and commit without marks.
constexpr Mode Open(Mode row, std::uint64_t new_epoch) {
  return row.state == ModeState::kOff ? Mode{ModeState::kOn, new_epoch} : row;
}

// How long a copy of the row may be relied on, from before the read of the row was sent, in boot
// time (CLOCK_BOOTTIME); how often it is read; and how long a closer waits after CLOSING was
// committed (or first seen) until nobody trusts the epoch any more: a tenth longer, for clocks that
// run at different rates.
inline constexpr absl::Duration kModeLease = absl::Milliseconds(1000);
inline constexpr absl::Duration kModePoll = absl::Milliseconds(250);
inline absl::Duration FenceLength(absl::Duration lease) { return lease + lease / 10; }

// Whether a coherent read that started at `started` may use Redis; `valid_until` is the end of its
// copy of the row. The start counts: a read that pauses afterwards is concurrent with every write
// acknowledged meanwhile. All in boot time.
inline bool MayTrust(ModeState state, absl::Duration started, absl::Duration valid_until) {
  return state == ModeState::kOn && started < valid_until;
}
// A connection serves coherent traffic only while it leads to the process that the row names.
template <class RunId>
constexpr bool MayUseConnection(const RunId& connected_to, const RunId& trusted) {
  return connected_to == trusted;
}

// --- Writes -----------------------------------------------------------------------------------

// The one decision of a write, by the row as its transaction sees it (not a copy from before: no
// other epoch can be opened until the transaction ends). If so, mark what the transaction touched,
// after its last read and before COMMIT, and stamp it before the answer, both under this row.
//   The mark fails: roll back, close, wait out the fence, begin anew.
//   The stamp fails: close, wait out the fence, answer.
//   Rolled back after a mark: unmark, that is stamp with kUnmark; nobody waits for it.
//   Nobody knows whether it is committed: leave the mark to time, and do not answer OK.
// Each attempt has an intent of its own, for the unmark of one may come late. A repeated request
// that finds its record touches the rows of the first run, so they are marked and stamped again.
constexpr bool MustMark(ModeState in_transaction) { return in_transaction != ModeState::kOff; }
inline constexpr std::uint64_t kUnmark = 0;  // below every version

// --- Entries ----------------------------------------------------------------------------------

enum class EntryKind : char { kValue = 'V', kNegative = 'N', kBlank = 'B' };

// The mark of one write, or the lease of one reader. Times in milliseconds since 1970 by the clock
// of Redis. Ids are random and not zero.
struct Hold {
  std::uint64_t id = 0;
  std::int64_t expires_ms = 0;
  friend constexpr bool operator==(const Hold&, const Hold&) = default;
};

// One Redis string, without its payload (which stands exactly if the kind is not blank). A missing
// key is a default EntryState.
struct EntryState {
  EntryKind kind = EntryKind::kBlank;
  std::uint64_t version = 0;      // of the payload
  std::uint64_t min_version = 0;  // no fill below it
  Hold lease;                     // id 0: nobody
  std::vector<Hold> intents;
  std::int64_t expires_ms = 0;  // when Redis forgets the key
  friend bool operator==(const EntryState&, const EntryState&) = default;
};

// Lua's numbers are doubles. No version reaches this.
inline constexpr std::uint64_t kVersionLimit = std::uint64_t{1} << 53;
// More writes at once share one nameless intent that only time removes.
inline constexpr std::size_t kMaxIntents = 32;
inline constexpr std::uint64_t kNamelessIntent = ~std::uint64_t{0};
inline constexpr std::int64_t kMaxKeyLifeMs = 3'600'000;  // whatever a caller asks for

// What time alone does: each script begins with it.
void DropExpired(EntryState& entry, std::int64_t now_ms);

// Before COMMIT: blanks the entry, voids its lease, adds the intent.
void Mark(EntryState& entry, std::uint64_t intent, std::int64_t ttl_ms, std::int64_t now_ms);

// After COMMIT: removes the intent, raises the lowest version, voids the lease. Returns whether the
// intent was missing (evicted or flushed); not if it was stamped so before, or later.
bool Stamp(EntryState& entry, std::uint64_t intent, std::uint64_t version, std::int64_t blank_ms,
           std::int64_t now_ms);

// `refresh` asks for a lease beside a value that still stands (early refresh).
enum class LeaseAnswer : std::uint8_t { kHit, kBypass, kWait, kGo };
LeaseAnswer Lease(EntryState& entry, std::uint64_t lease, std::int64_t ttl_ms, bool refresh,
                  std::int64_t now_ms);

enum class FillAnswer : std::uint8_t { kStored, kNoLease, kIntent, kOld };
FillAnswer Fill(EntryState& entry, std::uint64_t lease, std::uint64_t version, EntryKind kind,
                std::int64_t ttl_ms, std::int64_t now_ms);

// --- Reads ------------------------------------------------------------------------------------

// kHit: return the payload; kBypass: read the system of record and do not fill; kLease: ask the
// LEASE script. `at_least` is the version a consistency token asks for. `now_ms` is a hint from the
// reader's own clock: it can only send a reader to LEASE, which decides by the clock of Redis.
enum class ReadStep : std::uint8_t { kHit, kBypass, kLease };
ReadStep OnGet(const EntryState& entry, std::uint64_t at_least, std::int64_t now_ms);

// Coalescing of reads of the system of record: a follower shares the answer of a leader only if it
// arrived before the leader's read was sent (ticks of one counter); all later ones share the next.
constexpr bool MayShare(std::uint64_t follower_arrived, std::uint64_t read_sent) {
  return follower_arrived < read_sent;
}

// Early refresh (XFetch): true for one reader in many, ever more often towards the end. `random` is
// uniform in (0, 1].
bool RefreshEarly(absl::Time now, absl::Time soft_expire, absl::Duration fill_cost, double random);

// --- Constants --------------------------------------------------------------------------------

inline constexpr absl::Duration kPositiveTtl = absl::Seconds(600);  // bound for the unforeseen
inline constexpr double kPositiveJitter = 0.2;                      // ± share, uniform
inline constexpr absl::Duration kNegativeTtl = absl::Seconds(5);
inline constexpr double kNegativeJitter = 0.4;
inline constexpr absl::Duration kSecondMissWindow = absl::Seconds(10);  // negatives: second miss
inline constexpr double kNegativeShare = 0.05;                          // of the keys of a tenant
inline constexpr absl::Duration kRefreshWindow = absl::Seconds(60);     // the last tenth
inline constexpr absl::Duration kLeaseTtl = absl::Seconds(3);    // longer than a fill at p99.9
inline constexpr absl::Duration kIntentTtl = absl::Seconds(30);  // outlives its write by far
// The store's limit for one statement. Statements that wait for locks one after the other add up.
inline constexpr absl::Duration kMarkToCommit = absl::Seconds(5);
inline constexpr absl::Duration kBlankTtl = absl::Seconds(60);
inline constexpr absl::Duration kReadBudget = absl::Milliseconds(20);
inline constexpr absl::Duration kMarkBudget = absl::Milliseconds(50);  // also a stamp's
inline constexpr int kMarkTries = 2;
inline constexpr double kDeadlineShare = 0.1;  // of what is left, for one Redis call
inline constexpr std::size_t kMaxValueBytes = std::size_t{256} * 1024;

}  // namespace rapport::cache

#endif  // RAPPORT_COMMON_CACHE_PROTOCOL_H_
