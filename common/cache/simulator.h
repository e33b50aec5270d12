// The protocol in fake time: many writes and reads over a few entities and instances, with every
// decision made by protocol.h, checked against a ledger of what was acknowledged and returned. One
// seed is one history, the same every time.
//
// What goes wrong on the way: calls of Redis that time out and execute later, twice or never;
// eviction, flush, memory limit, pause, restart with no data or with old data; instances that stop
// for a while, inside a transaction too, or die in the middle of a write; transactions that are
// rolled back after their marks or stay in doubt; late polls of the row; boot clocks that run up to
// 4 % fast or slow. The system of record is one map whose transactions lock the entities they write
// and see the row of trust as it was when they began.
#ifndef RAPPORT_COMMON_CACHE_SIMULATOR_H_
#define RAPPORT_COMMON_CACHE_SIMULATOR_H_

#include <cstdint>
#include <string>

namespace rapport::cache {

// Breaks one rule, to show that the simulator would notice.
enum class Flaw : std::uint8_t {
  kNone,
  kFailedStampIgnored,
  kNoFence,
  kRunIdIgnored,
  kFillsWithoutLease,
  kSharesAnyLoad,
  kLeasedRow,      // the row from the instance's copy instead of in the transaction
  kNoExclusion,    // the cache is opened beside running transactions
  kClosingIsOff,   // a write under CLOSING leaves out Redis
  kUnmarkInDoubt,  // only G2 breaks; noticed where marks are spared
};

struct SimulatorOptions {
  int writers = 3;
  int readers = 5;
  int keys = 3;
  std::int64_t length_ms = 6000;
  int lost_percent = 2;  // of the calls of Redis, on the way there
  // Eviction and flush spare entries with marks, so that G2 is promised and checked.
  bool spare_marks = false;
  Flaw flaw = Flaw::kNone;
};

struct SimulatorReport {
  std::int64_t stale_after_ack = 0;  // G1 broken
  std::int64_t time_travel = 0;      // G2 broken; only counted where marks are spared
  std::int64_t unfinished = 0;       // reads and writes that never ended
  std::string first_breach;          // in words; empty if there is none
  // What the history was made of.
  std::int64_t reads = 0;
  std::int64_t hits = 0;
  std::int64_t fills = 0;
  std::int64_t writes = 0;
  std::int64_t closes = 0;
  std::int64_t opens = 0;
  std::int64_t restarts = 0;
  std::int64_t marks_lost = 0;
  std::int64_t rollbacks = 0;  // after the mark
};

SimulatorReport Simulate(std::uint64_t seed, const SimulatorOptions& options);

}  // namespace rapport::cache

#endif  // RAPPORT_COMMON_CACHE_SIMULATOR_H_
