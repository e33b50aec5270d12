// Writers and readers on a few hot rows, several processes (one that has no Redis), and a Redis
// that is killed, stopped, flushed, cut off and brought back with old data. A ledger knows what was
// acknowledged and what was seen:
//
//   G1  no read that starts after a write was acknowledged returns less;
//   G2  no read that starts after another one returned gives less. This alone may break when Redis
//       loses the mark of a write that is under way, so a flush excuses it.
#include <gtest/gtest.h>
#include <signal.h>

#include <array>
#include <atomic>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "common/cache/test_cache.h"

namespace rapport::cache {
namespace {

namespace testing = ::rapport::testing;
using ::rapport::testing::RedisServer;
using store::OnDisk;
using store::OnPostgres;

constexpr int kRows = 4;
constexpr absl::Duration kRun = absl::Seconds(7);
constexpr absl::Duration kLongestStop = absl::Milliseconds(600);

void Raise(std::atomic<std::int64_t>& to, std::int64_t value) {
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

std::uint64_t Sum(const Processes& processes, const std::string& name) {
  std::uint64_t sum = 0;
  for (const auto& process : processes) sum += process->Counted(name);
  return sum;
}

// Opens the cache if it is closed, and lets it fill: so that there is something to break.
void Recover(Operator& outside, const Processes& processes, testing::Gate& over, absl::Time end) {
  const auto hits = [&] { return Sum(processes, "rapport_cache_hits_total"); };
  const std::uint64_t enough = hits() + 200;
  while (hits() < enough && absl::Now() < end) {
    const auto row = processes[0]->ModeInStore();
    if (row.ok() && row->mode.state == ModeState::kOff) {
      // The write that closed it gets through before it is open again.
      over.PassWithin(absl::Milliseconds(300));
      const auto connection = outside.Connect();
      if (connection == nullptr) continue;
      EXPECT_OK(processes[0]->OpenCache(connection->run_id()));
      connection->Close();
    }
    over.PassWithin(absl::Milliseconds(5));
  }
}

void MakeChaos(RedisServer& redis, Operator& outside, const Processes& processes,
               testing::Gate& over, std::mt19937& random, bool flushes) {
  const auto pause = [&](absl::Duration up_to) {
    over.PassWithin(up_to * std::uniform_real_distribution<>(0.05, 1)(random));
  };
  const absl::Time end = absl::Now() + kRun;
  for (int step = 0; absl::Now() < end; ++step) {
    Recover(outside, processes, over, end);
    const int faults = flushes ? 6 : 5;
    // Each once, then any.
    switch (step < faults ? faults - 1 - step
                          : static_cast<int>(random() % static_cast<unsigned>(faults))) {
      case 0:
        redis.Kill();
        pause(absl::Milliseconds(50));
        redis.Start();
        break;
      case 1:  // long enough to close
        redis.Signal(SIGSTOP);
        pause(kLongestStop);
        redis.Signal(SIGCONT);
        break;
      case 2:  // commands are late, but in time
        redis.Signal(SIGSTOP);
        pause(kMarkBudget);
        redis.Signal(SIGCONT);
        break;
      case 3:  // comes back with old data, under the epoch that is believed
        EXPECT_EQ(outside.Run({"SAVE"}), "OK");
        pause(absl::Milliseconds(100));
        redis.Kill();
        redis.Start();
        break;
      case 4:
        outside.Run({"CLIENT", "KILL", "TYPE", "normal"});
        break;
      default:
        EXPECT_EQ(outside.Run({"FLUSHALL"}), "OK");
        break;
    }
  }
}

template <class Engine>
void KeepLedger(bool flushes) {
  constexpr bool shared = std::is_same_v<Engine, OnPostgres>;
  const auto seed = std::random_device()();
  ::testing::Test::RecordProperty("seed", std::to_string(seed));
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  RedisServer redis;
  Operator outside(redis);
  Engine place;
  Processes processes;
  for (int i = 0; i < (shared ? 3 : 1); ++i) {
    processes.push_back(std::make_unique<Process>(
        place.Open(CacheTables()), i < 2 ? redis.socket() : "", Budget::kOfABusyMachine));
  }
  Ledger ledger;
  std::vector<std::thread> threads;
  for (int i = 0; i < 9; ++i) {
    threads.emplace_back([&, i, own = random()] {
      std::mt19937 mine(own);
      Process& process = *processes[static_cast<std::size_t>(i) % processes.size()];
      const bool without_redis = i % static_cast<int>(processes.size()) == 2;
      const bool writes = i < 3;
      while (!ledger.over.IsOpen()) {
        const std::size_t row = mine() % kRows;
        if (!writes) {
          ledger.Read(process, row);
          // All run on a few cores, and a Redis that gets none of them is as good as gone.
          ledger.over.PassWithin(absl::Microseconds(200));
        } else {
          ledger.Write(process, row);
          // Values must be filled and found between writes; and each write of this process closes.
          ledger.over.PassWithin(absl::Milliseconds(mine() % (without_redis ? 2000 : 8)));
        }
      }
    });
  }
  MakeChaos(redis, outside, processes, ledger.over, random, flushes);
  ledger.over.Open();
  for (auto& thread : threads) thread.join();

  const std::uint64_t lost = Sum(processes, "rapport_cache_intent_lost_total");
  const std::uint64_t hits = Sum(processes, "rapport_cache_hits_total");
  const std::uint64_t closes = Sum(processes, "rapport_cache_closes_total");
  std::printf(
      "seed %u: %d writes, longest %d ms; %d reads, %d of them hits; %d closes; %d marks "
      "lost; G2 broken %d times\n",
      seed, ledger.writes.load(), static_cast<int>(ledger.longest_write_ms.load()),
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

// Proves: S04, S05, S06
TEST(CacheLedger, OneProcessOnSqliteIsLinearizableWhileRedisFails) { KeepLedger<OnDisk>(false); }
// Proves: S04, S05, S06
TEST(CacheLedger, ReplicasOnPostgresAreLinearizableWhileRedisFails) {
  KeepLedger<OnPostgres>(false);
}
// Proves: S04, S06
TEST(CacheLedger, OneProcessOnSqliteIsNeverStaleWhileRedisIsFlushed) { KeepLedger<OnDisk>(true); }
// Proves: S04, S06
TEST(CacheLedger, ReplicasOnPostgresAreNeverStaleWhileRedisIsFlushed) {
  KeepLedger<OnPostgres>(true);
}

}  // namespace
}  // namespace rapport::cache
