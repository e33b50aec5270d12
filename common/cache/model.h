// The protocol as a machine of states that can be explored exhaustively: one entity, a few writers
// and readers with one write or read each, and everything that may happen to Redis. Every decision
// is made by the functions of protocol.h; the model adds only who may take which step when.
//
// A state says: the version in the system of record, the row of trust, the Redis process with the
// entity's entry in each epoch and one old copy of them, what each writer and reader is at, and
// which of their messages are still under way. Steps: those of a write and a read; timeouts after
// which the message executes later or never; eviction; keys whose time ends; a killed Redis that
// returns empty or with old data; a crash of the writing service and the client's repetition; ends
// of leases and intents; closing, fence and opening. Time is abstract: a lease may end at any
// moment, and the fence waits for all of them; so the assumptions about clocks are not proven here.
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
  kNoDrain,     // opens while older writes are in their transactions
  kRunIdIgnored,
  kRetryWithoutStamp,  // a repeated request is answered from its record at once
  kShareAnyLoad,       // coalescing as usually written
  kShareIfFilled,      // coalescing with whoever filled
  kStampCarriesValue,  // the stamp stores the new payload
};

struct Config {
  int writers = 1;
  int readers = 2;
  int faults = 0;    // evictions and restarts of Redis
  int timeouts = 0;  // of marks and stamps, while Redis lives
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
  std::uint8_t intents = 0;  // one bit for each writer
};

enum class WriterAt : std::uint8_t {
  kStart,
  kMarking,
  kMarkFailed,
  kFenceThenStart,
  kMarked,
  kInTransaction,
  kStamping,
  kStampFailed,
  kFenceThenAnswer,
  kDone,
};
struct Writer {
  WriterAt at = WriterAt::kStart;
  ModeState mode = ModeState::kOn;  // the row as this write knows it
  std::uint8_t epoch = 0;
  std::uint8_t marked = 0;
  std::uint8_t version = 0;
  std::uint8_t marks = 0;   // under way, one bit for each epoch
  std::uint8_t stamps = 0;  // likewise
  std::uint8_t crashed = 0;
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
