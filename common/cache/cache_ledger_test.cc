// Writers and readers on a few hot rows, several processes (one that has no Redis), and a Redis
// that is killed, stopped, flushed, cut off and brought back with old data. test_ledger.h says what
// must hold.
#include <gtest/gtest.h>
#include <signal.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "common/cache/test_cache.h"
#include "common/cache/test_ledger.h"
#include "common/cache/test_tls.h"

namespace rapport::cache {
namespace {

using ::rapport::testing::RedisServer;
using store::OnDisk;
using store::OnPostgres;

constexpr absl::Duration kRun = absl::Seconds(7);
constexpr absl::Duration kLongestStop = absl::Milliseconds(600);

void MakeChaos(RedisServer& redis, Operator& outside, const Processes& processes,
               testing::Gate& over, std::mt19937& random, bool flushes) {
  const auto pause = [&](absl::Duration up_to) {
    over.PassWithin(up_to * std::uniform_real_distribution<>(0.05, 1)(random));
  };
  const absl::Time end = absl::Now() + kRun;
  for (int step = 0; absl::Now() < end; ++step) {
    Recover(processes, over, end);
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
void KeepLedger(bool flushes, RedisServer& redis, const RedisOptions& way) {
  constexpr bool shared = std::is_same_v<Engine, OnPostgres>;
  const auto seed = std::random_device()();
  ::testing::Test::RecordProperty("seed", std::to_string(seed));
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  Operator outside(redis);
  Engine place;
  Processes processes;
  for (int i = 0; i < (shared ? 3 : 1); ++i) {
    processes.push_back(std::make_unique<Process>(
        place.Open(CacheTables()), i < 2 ? way : RedisOptions(), Budget::kOfABusyMachine));
  }
  Ledger ledger;
  {
    Clients clients(ledger, processes, random);
    MakeChaos(redis, outside, processes, ledger.over, random, flushes);
  }
  Audit(ledger, processes, flushes, "seed " + std::to_string(seed));
}
template <class Engine>
void KeepLedger(bool flushes) {
  RedisServer redis;
  KeepLedger<Engine>(flushes, redis, AtSocket(redis.socket()));
}

// Proves: S04, S05, S06
TEST(CacheLedger, OneProcessOnSqliteIsLinearizableWhileRedisFails) { KeepLedger<OnDisk>(false); }
// Proves: S04, S05, S06
TEST(CacheLedger, ReplicasOnPostgresAreLinearizableWhileRedisFails) {
  KeepLedger<OnPostgres>(false);
}
// Proves: S04, S05, S06
TEST(CacheLedger, ReplicasOnPostgresAreLinearizableWhileRedisFailsBehindTls) {
  TlsRedis redis;
  KeepLedger<OnPostgres>(false, redis.server, redis.Options());
}
// Proves: S04, S06
TEST(CacheLedger, OneProcessOnSqliteIsNeverStaleWhileRedisIsFlushed) { KeepLedger<OnDisk>(true); }
// Proves: S04, S06
TEST(CacheLedger, ReplicasOnPostgresAreNeverStaleWhileRedisIsFlushed) {
  KeepLedger<OnPostgres>(true);
}

}  // namespace
}  // namespace rapport::cache
