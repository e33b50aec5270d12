// The protocol as a machine of states that can be explored exhaustively: one entity, a few writers
// and readers with one write or read each, and everything that may happen to Redis. Every decision
// is made by the functions of protocol.h; the model adds only who may take which step when.
//
// A state says: the version in the system of record, the row of trust, the Redis process with the
// entity's entry in each epoch and one old copy of them, what each writer and reader is at, and
// which of their messages are still under way. Steps: those of a write and a read; timeouts after
// which the message executes later or never, or its repetition executes and it does too; rolled
// back transactions, whose unmark executes late, twice or never; eviction; keys whose time ends; a
// killed Redis that returns empty or with old data; a crash of the writing service, which may leave
// its transaction in doubt, and the client's repetition; ends of leases and intents; closing, fence
// and opening. Time is abstract: a lease may end at any moment, and the fence waits for all of
// them; so the assumptions about clocks are not proven here. Transactions of two writers overlap
// freely, which is more than the locks of a row allow, and see the row of trust as it was when they
// began.
//
// Checked at each coherent read's return:
//   G1  not older than what was acknowledged when the read started
//   G2  not older than what any read had returned when the read started
#ifndef RAPPORT_COMMON_CACHE_MODEL_H_
#define RAPPORT_COMMON_CACHE_MODEL_H_

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "common/cache/protocol.h"

namespace rapport::cache::model {

inline constexpr int kWriters = 2;
inline constexpr int kReaders = 3;
inline constexpr int kEpochs = 3;
inline constexpr int kAttempts = 4;  // of one writer, as far as they left traces in one epoch

// Simplifications of the protocol that look right. Each is broken, and the model must say so.
enum class Mutant : std::uint8_t {
  kNone,
  kDeleteAfterCommit,       // cache-aside: delete the entry after the commit, fill at will
  kInvalidateBeforeCommit,  // the same before the commit only
  kStampOnly,               // no marks
  kMarkFailureIgnored,
  kVersionCompare,   // fills compare versions and need no lease
  kLeaseInOtherKey,  // evicted apart from the intents and the lowest version
  kOneFlag,          // instead of a set of intents
  kFailedStampIgnored,
  kNoFence,     // of length 0
  kOneStepOff,  // ON to OFF without CLOSING
  kClosingIsOff,
  kNoExclusion,        // opens while older writes are in their transactions
  kRowReadBefore,      // before the transaction instead of in it
  kStampBeforeCommit,  // together with the mark
  kSameIntent,         // in every attempt of a write
  kUnmarkTakesAll,     // the marks of other writes too
  kUnmarkInDoubt,      // as if it were known that the transaction is rolled back
  kRunIdIgnored,
  kRetryWithoutTouch,  // a repeated request is answered from its record at once
  kShareAnyLoad,       // coalescing as usually written
  kShareIfFilled,      // coalescing with whoever filled
  kStampCarriesValue,  // the stamp stores the new payload
};

struct Config {
  int writers = 1;
  int readers = 2;
  int faults = 0;     // evictions and restarts of Redis
  int timeouts = 0;   // of marks and stamps, while Redis lives
  int rollbacks = 0;  // of transactions that have marked
  bool evict = true;
  bool restart = true;
  bool crash = true;  // each writer's service once
  bool coalesce = false;
  bool refresh = false;  // readers may refresh early
  bool check_g2 = true;
  bool reduce = true;  // states that behave alike count as one (Canonicalise)
  Mutant mutant = Mutant::kNone;
};

// The entry of one epoch, packed; times are alive or gone.
struct Cell {
  std::uint8_t value = 0;  // version + 1; 0: blank
  std::uint8_t min_version = 0;
  std::uint8_t lease = 0;    // reader + 1
  std::uint8_t intents = 0;  // one bit for each attempt of each writer
};
static_assert(kWriters * kAttempts <= 8);

enum class WriterAt : std::uint8_t {
  kStart,
  kRowRead,  // only if the row is read before the transaction
  kMarking,  // in the transaction
  kMarkFailed,
  kFenceThenStart,
  kMarked,   // in the transaction
  kInDoubt,  // the transaction lives on, without its service
  kStamping,
  kStampFailed,
  kFenceThenAnswer,
  kDone,
};
// Messages of one attempt that are under way, one bit for each epoch.
struct Attempt {
  std::uint8_t marks = 0;
  std::uint8_t stamps = 0;
  std::uint8_t unmarks = 0;
};
struct Writer {
  WriterAt at = WriterAt::kStart;
  ModeState mode = ModeState::kOn;  // the row as the transaction sees it
  std::uint8_t epoch = 0;
  std::uint8_t attempt = 0;
  std::uint8_t version = 0;  // 0: not committed
  std::uint8_t crashed = 0;
  std::array<Attempt, kAttempts> attempts{};
};

enum class ReaderAt : std::uint8_t {
  kStart,
  kGet,
  kLease,
  kLeased,
  kDirect,
  kLoaded,
  kFollow,
  kDone
};
struct Reader {
  ReaderAt at = ReaderAt::kStart;
  std::uint8_t trusts = 0;  // holds a lease on the row
  std::uint8_t epoch = 0;
  std::uint8_t acked = 0;  // at its start: G1
  std::uint8_t seen = 0;   // at its start: G2
  std::uint8_t value = 0;
  std::uint8_t fill = 0;     // under way
  std::uint8_t filled = 0;   // it was stored
  std::uint8_t leader = 0;   // reader + 1 whose load this one follows
  std::uint8_t arrived = 0;  // tick: 0 before the leader's read was sent, 2 after (sent at 1)
};

// Bytes only, so that equal states have equal bytes.
struct State {
  std::uint8_t db = 0;     // version in the system of record
  std::uint8_t acked = 0;  // highest acknowledged version
  std::uint8_t seen = 0;   // highest version returned
  ModeState mode = ModeState::kOn;
  std::uint8_t epoch = 0;
  std::uint8_t run = 0;                        // the Redis process
  std::array<std::uint8_t, kEpochs> run_of{};  // the process that each epoch trusts
  std::array<Cell, kEpochs> cells{};
  std::array<Cell, kEpochs> saved{};  // old data
  std::uint8_t has_saved = 0;
  std::uint8_t faults = 0;
  std::uint8_t timeouts = 0;
  std::uint8_t rollbacks = 0;
  std::array<Writer, kWriters> writers{};
  std::array<Reader, kReaders> readers{};
};

enum class Breach : std::uint8_t { kNone, kG1, kG2 };
struct Step {
  const char* what = "";
  int who = -1;  // writer, kWriters + reader, -1 for neither
  Breach breach = Breach::kNone;
  State after;
};
// Every step that is possible in `state`.
void Successors(const Config& config, const State& state, std::vector<Step>* out);

// If config.reduce, brings states that behave alike to one form: forgets what nobody can look at
// any more and sorts writers and readers. `names`, if given, follows the sorting (kWriters names,
// then kReaders).
using Names = std::array<std::uint8_t, kWriters + kReaders>;
void Canonicalise(const Config& config, State& state, Names* names = nullptr);

struct Outcome {
  Breach breach = Breach::kNone;
  bool complete = true;  // false: `max_states` was reached
  std::uint64_t states = 0;
  std::uint64_t transitions = 0;
  std::vector<std::string> trace;  // a shortest one to the breach
};
// Breadth first.
Outcome Explore(const Config& config, std::uint64_t max_states);

}  // namespace rapport::cache::model

#endif  // RAPPORT_COMMON_CACHE_MODEL_H_
