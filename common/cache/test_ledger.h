// What was acknowledged and what was seen, while something breaks: for tests of several processes
// on one store.
//
//   G1  no read that starts after a write was acknowledged returns less;
//   G2  no read that starts after another one returned gives less. This alone may break when Redis
//       loses the mark of a write that is under way, so a flush excuses it.
#ifndef RAPPORT_COMMON_CACHE_TEST_LEDGER_H_
#define RAPPORT_COMMON_CACHE_TEST_LEDGER_H_

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "common/cache/test_cache.h"
#include "common/testing/gate.h"

namespace rapport::cache {

inline constexpr int kRows = 4;

inline void Raise(std::atomic<std::int64_t>& to, std::int64_t value) {
  std::int64_t now = to.load();
  while (now < value && !to.compare_exchange_weak(now, value)) {
  }
}

struct Ledger {
  struct Line {
    std::atomic<std::int64_t> acknowledged{0};
    std::atomic<std::int64_t> seen{0};
  };
  std::array<Line, kRows> lines;
  std::atomic<int> writes{0}, reads{0}, failed_writes{0}, failed_reads{0};
  std::atomic<int> g1{0}, g2{0};
  std::atomic<std::int64_t> longest_write_ms{0};
  testing::Gate over;  // opens at the end

  void Write(Process& process, std::size_t row) {
    const absl::Time began = absl::Now();
    const auto count = process.Write(std::to_string(row));
    Raise(longest_write_ms, absl::ToInt64Milliseconds(absl::Now() - began));
    ++(count.ok() ? writes : failed_writes);
    if (count.ok()) Raise(lines[row].acknowledged, *count);
  }
  void Read(Process& process, std::size_t row) {
    Line& line = lines[row];
    const std::int64_t acknowledged = line.acknowledged.load();
    const std::int64_t seen = line.seen.load();
    const std::int64_t count = process.Read(std::to_string(row));
    ++(count >= 0 ? reads : failed_reads);
    if (count < 0) return;
    if (count < acknowledged) {
      ++g1;
    } else if (count < seen) {
      ++g2;
    }
    Raise(line.seen, count);
  }
};

using Processes = std::vector<std::unique_ptr<Process>>;

inline std::uint64_t Sum(const Processes& processes, const std::string& name) {
  std::uint64_t sum = 0;
  for (const auto& process : processes) sum += process->Counted(name);
  return sum;
}

// Opens the scopes that are closed, and lets them fill: so that there is something to break.
inline void Recover(const Processes& processes, testing::Gate& over, absl::Time end,
                    std::uint64_t more_hits = 200) {
  const auto hits = [&] { return Sum(processes, "rapport_cache_hits_total"); };
  const std::uint64_t enough = hits() + more_hits;
  bool on = false;
  while ((!on || hits() < enough) && absl::Now() < end) {
    on = true;
    for (const ScopeStatus& scope : processes[0]->cache().Status()) {
      const auto row = processes[0]->ModeInStore(scope.scope);
      on = on && row.ok() && row->mode.state == ModeState::kOn;
      if (!row.ok() || row->mode.state != ModeState::kOff) continue;
      // The write that closed it gets through before it is open again.
      over.PassWithin(absl::Milliseconds(300));
      if (scope.connection == nullptr) continue;
      EXPECT_OK(processes[0]->OpenCache(scope.connection->run_id(), scope.scope));
    }
    over.PassWithin(absl::Milliseconds(5));
  }
}

// Clients of the processes, from now until the end: three writers and six readers. A process that
// is the third of several has no Redis, and each write of it closes the cache.
class Clients {
 public:
  Clients(Ledger& ledger, const Processes& processes, std::mt19937& random,
          int longest_pause_ms = 8)
      : ledger_(ledger), longest_pause_ms_(longest_pause_ms) {
    for (int i = 0; i < 9; ++i) {
      Process* const process = processes[static_cast<std::size_t>(i) % processes.size()].get();
      const bool without_redis = i % static_cast<int>(processes.size()) == 2;
      threads_.emplace_back([this, i, process, without_redis, own = random()] {
        Run(*process, i < 3, without_redis, own);
      });
    }
  }
  // Ends them.
  ~Clients() {
    ledger_.over.Open();
    for (auto& thread : threads_) thread.join();
  }

 private:
  void Run(Process& process, bool writes, bool without_redis, std::mt19937::result_type seed) {
    std::mt19937 mine(seed);
    while (!ledger_.over.IsOpen()) {
      const std::size_t row = mine() % kRows;
      if (!writes) {
        ledger_.Read(process, row);
        // All run on a few cores, and a Redis that gets none of them is as good as gone.
        ledger_.over.PassWithin(absl::Microseconds(200));
      } else {
        ledger_.Write(process, row);
        // Values must be filled and found between writes.
        const int longest = without_redis ? 2000 : longest_pause_ms_;
        ledger_.over.PassWithin(absl::Milliseconds(mine() % static_cast<unsigned>(longest)));
      }
    }
  }

  Ledger& ledger_;
  const int longest_pause_ms_;  // of a writer
  std::vector<std::thread> threads_;
};

// After the clients have ended.
inline void Audit(const Ledger& ledger, const Processes& processes, bool flushes,
                  const std::string& title) {
  const std::uint64_t lost = Sum(processes, "rapport_cache_intent_lost_total");
  const std::uint64_t hits = Sum(processes, "rapport_cache_hits_total");
  const std::uint64_t closes = Sum(processes, "rapport_cache_closes_total");
  std::printf(
      "%s: %d writes, longest %d ms; %d reads, %d of them hits; %d closes; %d marks lost; G2 "
      "broken "
      "%d times\n",
      title.c_str(), ledger.writes.load(), static_cast<int>(ledger.longest_write_ms.load()),
      ledger.reads.load(), static_cast<int>(hits), static_cast<int>(closes), static_cast<int>(lost),
      ledger.g2.load());
  EXPECT_EQ(ledger.g1, 0);
  if (!flushes || lost == 0) {
    EXPECT_EQ(ledger.g2, 0);
  }
  EXPECT_EQ(ledger.failed_writes, 0);
  EXPECT_EQ(ledger.failed_reads, 0);
  // It was about something.
  EXPECT_GT(ledger.writes, 50);
  EXPECT_GT(hits, 200U);
  EXPECT_GT(closes, 0U);
}

}  // namespace rapport::cache

#endif  // RAPPORT_COMMON_CACHE_TEST_LEDGER_H_
