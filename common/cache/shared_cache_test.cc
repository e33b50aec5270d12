// The whole cache on real stores and a real Redis: what it promises when Redis is well, and what
// stays of that when it is not.
#include "common/cache/shared_cache.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <string>
#include <thread>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/cache/test_cache.h"
#include "common/cache/test_ledger.h"

namespace rapport::cache {
namespace {

using ::rapport::testing::RedisServer;
using ::rapport::testing::StatusIs;
using store::OnDisk;
using store::OnPostgres;

constexpr absl::Duration kLongestPause = absl::Milliseconds(1500);

template <class Engine>
class SharedCacheTest : public ::testing::Test {
 protected:
  explicit SharedCacheTest(Budget budget = Budget::kGenerous)
      : process_(engine_.Open(CacheTables()), redis_.socket(), budget) {}

  // Opens the cache; then "warm" is answered by Redis.
  void OpenCache() {
    const auto connection = operator_.Connect();
    ASSERT_NE(connection, nullptr);
    ASSERT_OK(process_.OpenCache(connection->run_id()));
    connection->Close();
    ASSERT_TRUE(process_.AwaitMode(ModeState::kOn));
    ASSERT_OK(process_.Write("warm"));
    Warm("warm");
  }
  void Warm(const std::string& id) {
    const absl::Time end = absl::Now() + kPatience;
    while (!process_.Hits(id)) ASSERT_LT(absl::Now(), end) << id;
  }
  EntryState StateOf(const std::string& id) {
    return DecodeHeader(operator_.Run({"GET", process_.KeyOf(id)})).state;
  }
  // Waits until the process is connected to the Redis of now: it alone loads scripts.
  void AwaitConnection() {
    const absl::Time end = absl::Now() + kPatience;
    while (operator_.Run({"CLIENT", "LIST"}).find("cmd=script|load") == std::string::npos) {
      ASSERT_LT(absl::Now(), end);
    }
  }
  std::uint64_t Wrong() { return process_.Counted("rapport_cache_wrong_value_total"); }
  std::uint64_t Bypasses(const std::string& why) {
    return process_.Counted("rapport_cache_bypasses_total", {why});
  }
  std::uint64_t Stored() { return process_.Counted("rapport_cache_fills_total", {"stored"}); }
  bool IsOpen() {
    const auto row = process_.ModeInStore();
    EXPECT_OK(row);
    return row.ok() && row->mode.state == ModeState::kOn;
  }

  // Writes go on, each at once but one, and every read sees the last of them.
  void ExpectCoherentWrites(const std::string& id) {
    for (int i = 0; i < 20; ++i) {
      const absl::Time before = absl::Now();
      ASSERT_OK_AND_ASSIGN(const std::int64_t count, process_.Write(id));
      EXPECT_LE(absl::Now() - before, kLongestPause) << "write " << i;
      EXPECT_EQ(process_.Read(id), count);
    }
  }

  RedisServer redis_;
  Operator operator_{redis_};
  Engine engine_;
  Process process_;
};
template <class Engine>
class SharedCacheFaultsTest : public SharedCacheTest<Engine> {
 protected:
  SharedCacheFaultsTest() : SharedCacheTest<Engine>(Budget::kOfProtocol) {}
};

using CacheEngines = ::testing::Types<OnDisk, OnPostgres>;
TYPED_TEST_SUITE(SharedCacheTest, CacheEngines);
TYPED_TEST_SUITE(SharedCacheFaultsTest, CacheEngines);

TYPED_TEST(SharedCacheTest, AnswersFromTheStoreWhileNobodyOpenedIt) {
  ASSERT_OK(this->process_.Write("a"));
  EXPECT_EQ(this->process_.Read("a"), 1);
  EXPECT_EQ(this->Bypasses("off"), 1U);
  EXPECT_EQ(this->process_.Counted("rapport_cache_marked_commits_total"), 0U);
}

// Proves: S04
TYPED_TEST(SharedCacheTest, AWriteIsMarkedAndStampedBeforeItIsAcknowledged) {
  this->OpenCache();
  ASSERT_OK(this->process_.Write("a"));
  this->Warm("a");
  const auto marked = this->process_.Counted("rapport_cache_marked_commits_total");
  const std::uint64_t before = this->StateOf("a").version;
  EXPECT_GT(before, 0U);

  ASSERT_OK(this->process_.Write("a"));
  EXPECT_EQ(this->process_.Counted("rapport_cache_marked_commits_total"), marked + 1);
  const EntryState after = this->StateOf("a");
  EXPECT_EQ(after.kind, EntryKind::kBlank);
  EXPECT_GT(after.min_version, before);
  EXPECT_TRUE(after.intents.empty());
  EXPECT_EQ(this->process_.Read("a"), 2);
  this->Warm("a");
  EXPECT_EQ(this->process_.Read("a"), 2);
  EXPECT_EQ(this->process_.Counted("rapport_cache_intent_lost_total"), 0U);
}

// This thread is the server's loop.
TYPED_TEST(SharedCacheTest, ALoopOfTheServerReadsByItself) {
  this->OpenCache();
  ReadLane* const lane = this->process_.cache().AddLane();
  ASSERT_NE(lane, nullptr);
  lane->Begin([] {});
  const std::string run_id = this->process_.cache().mode()->row.run_id;
  const absl::Time end = absl::Now() + kPatience;
  while (lane->To(0, run_id) == nullptr) {
    ASSERT_LT(absl::Now(), end);
    lane->Turn();
  }
  EXPECT_EQ(lane->To(0, "another"), nullptr);
  const auto loop = std::this_thread::get_id();
  const auto read = [&] {
    struct Answer {
      std::string count;
      std::thread::id thread;
    };
    Events<Answer> answers;
    this->process_.Ask("warm", [&answers](const absl::StatusOr<CachedRow>& row) {
      answers.Push({row.ok() ? row->payload : "failed", std::this_thread::get_id()});
    });
    while (answers.empty() && absl::Now() < end) lane->Turn();
    return *answers.Next();
  };
  const auto hits = this->process_.Counted("rapport_cache_hits_total");
  auto answer = read();
  EXPECT_EQ(answer.count, "1");
  EXPECT_EQ(answer.thread, loop);
  EXPECT_EQ(this->process_.Counted("rapport_cache_hits_total"), hits + 1);

  ASSERT_OK(this->process_.Write("warm"));
  EXPECT_EQ(read().count, "2");  // a miss
  do answer = read();
  while (answer.thread != loop && absl::Now() < end);
  EXPECT_EQ(answer.count, "2");

  lane->End();
  EXPECT_EQ(this->process_.Read("warm"), 2);
}

TYPED_TEST(SharedCacheTest, OneCommitStampsHundredsOfRows) {
  this->OpenCache();
  ASSERT_OK(this->process_.Transact([](store::Tx& tx) -> absl::Status {
    for (int i = 0; i < 300; ++i) {
      RETURN_IF_ERROR(
          tx.Put(Counters(), {absl::StrCat("r", i), std::int64_t{7}, store::Value()}).status());
    }
    return absl::OkStatus();
  }));
  for (const int i : {0, 150, 299}) {
    EXPECT_GT(this->StateOf(absl::StrCat("r", i)).min_version, 0U);
    EXPECT_EQ(this->process_.Read(absl::StrCat("r", i)), 7);
  }
  EXPECT_TRUE(this->IsOpen());
}

// Proves: S06, N15
TYPED_TEST(SharedCacheFaultsTest, RedisKilledCostsOnePause) {
  this->OpenCache();
  this->redis_.Kill();
  this->ExpectCoherentWrites("warm");
  EXPECT_FALSE(this->IsOpen());
  this->redis_.Start();
  this->ExpectCoherentWrites("warm");
}

// Proves: S06, N15
TYPED_TEST(SharedCacheFaultsTest, RedisHungCostsOnePause) {
  this->OpenCache();
  this->redis_.Signal(SIGSTOP);
  this->ExpectCoherentWrites("warm");
  EXPECT_FALSE(this->IsOpen());
  this->redis_.Signal(SIGCONT);
  this->ExpectCoherentWrites("warm");
}

TYPED_TEST(SharedCacheTest, FlushedRedisIsFilledAgain) {
  this->OpenCache();
  EXPECT_EQ(this->operator_.Run({"FLUSHALL"}), "OK");
  EXPECT_EQ(this->process_.Read("warm"), 1);
  this->ExpectCoherentWrites("warm");
  EXPECT_TRUE(this->IsOpen());
  this->Warm("warm");
}

// Proves: S06
TYPED_TEST(SharedCacheFaultsTest, RedisRestartedWithOldDataIsNotBelieved) {
  this->OpenCache();
  EXPECT_EQ(this->operator_.Run({"SAVE"}), "OK");
  ASSERT_OK_AND_ASSIGN(const std::int64_t count, this->process_.Write("warm"));
  const std::string key = this->process_.KeyOf("warm");
  this->redis_.Kill();
  this->redis_.Start();
  // The old value is there, under a key of the epoch that is ON.
  const std::string bytes = this->operator_.Run({"GET", key});
  ASSERT_OK_AND_ASSIGN(const Entry old, DecodeEntry(bytes));
  ASSERT_EQ(old.tail.payload, "1");
  this->AwaitConnection();
  EXPECT_TRUE(this->IsOpen());
  EXPECT_EQ(this->process_.Read("warm"), count);
  this->ExpectCoherentWrites("warm");
  EXPECT_FALSE(this->IsOpen());
}

// Proves: S06
TYPED_TEST(SharedCacheTest, RedisAtItsMemoryLimitTakesMarksAndStamps) {
  this->OpenCache();
  EXPECT_EQ(this->operator_.Run({"CONFIG", "SET", "maxmemory-policy", "noeviction"}), "OK");
  EXPECT_EQ(this->operator_.Run({"CONFIG", "SET", "maxmemory", "1"}), "OK");
  this->ExpectCoherentWrites("warm");
  EXPECT_TRUE(this->IsOpen());
  EXPECT_FALSE(this->process_.Hits("warm"));
  EXPECT_EQ(this->operator_.Run({"CONFIG", "SET", "maxmemory", "0"}), "OK");
  this->Warm("warm");
}

// Proves: S05
TYPED_TEST(SharedCacheTest, ARepeatedAnswerIsStampedAgain) {
  this->OpenCache();
  const std::uint64_t version = this->StateOf("warm").version;
  ASSERT_OK(this->process_.Transact(
      [](store::Tx& tx) { return tx.Touch("counters", CounterKey("warm")); }));
  const EntryState state = this->StateOf("warm");
  EXPECT_EQ(state.kind, EntryKind::kBlank);
  EXPECT_EQ(state.min_version, version);
  EXPECT_TRUE(state.intents.empty());
  EXPECT_EQ(this->process_.Read("warm"), 1);
}

TYPED_TEST(SharedCacheTest, ARowThatDoesNotExistIsKeptAfterItsSecondMissUntilItIsCreated) {
  this->OpenCache();
  const std::uint64_t stored = this->Stored();
  EXPECT_FALSE(this->process_.Hits("new"));
  EXPECT_FALSE(this->process_.Hits("new"));
  EXPECT_TRUE(this->process_.Hits("new"));  // behind the fill, on the same connection
  EXPECT_EQ(this->Stored(), stored + 1);
  EXPECT_EQ(this->StateOf("new").kind, EntryKind::kNegative);
  ASSERT_OK(this->process_.Write("new"));
  EXPECT_EQ(this->process_.Read("new"), 1);
}

TYPED_TEST(SharedCacheTest, WrongBytesAreDroppedAndCounted) {
  this->OpenCache();
  EXPECT_EQ(this->operator_.Run({"SET", this->process_.KeyOf("warm"), "garbage"}), "OK");
  EXPECT_EQ(this->process_.Read("warm"), 1);
  EXPECT_EQ(this->Wrong(), 1U);
  this->Warm("warm");
  std::string damaged = this->operator_.Run({"GET", this->process_.KeyOf("warm")});
  damaged.back() = '9';
  EXPECT_EQ(this->operator_.Run({"SET", this->process_.KeyOf("warm"), damaged}), "OK");
  EXPECT_EQ(this->process_.Read("warm"), 1);
  EXPECT_EQ(this->Wrong(), 2U);
}

TYPED_TEST(SharedCacheTest, AnotherTenantsValueIsDroppedAndCounted) {
  this->OpenCache();
  const std::string value = this->operator_.Run({"GET", this->process_.KeyOf("warm")});
  EXPECT_EQ(this->operator_.Run({"SET", this->process_.KeyOf("warm", Bolt()), value}), "OK");
  EXPECT_EQ(this->process_.Read("warm", Bolt()), 0);
  EXPECT_EQ(this->Wrong(), 1U);
  EXPECT_EQ(this->process_.Read("warm", Bolt()), 0);
  EXPECT_EQ(this->Wrong(), 1U);
}

TYPED_TEST(SharedCacheTest, AMarkOfAnotherWriteSendsReadersToTheStore) {
  this->OpenCache();
  const auto connection = this->operator_.Connect();
  ASSERT_OK(RunScriptAndWait(connection, MarkCommand({this->process_.KeyOf("warm")}, 5, kIntentTtl),
                             kPatience, 1));
  const std::uint64_t stored = this->Stored();
  EXPECT_EQ(this->process_.Read("warm"), 1);
  EXPECT_EQ(this->Bypasses("mark"), 1U);
  EXPECT_EQ(this->Stored(), stored);
}

TYPED_TEST(SharedCacheTest, WhoeverWaitsInVainForAnotherReaderAsksTheStore) {
  this->OpenCache();
  const auto connection = this->operator_.Connect();
  ASSERT_OK(RunScriptAndWait(
      connection, LeaseCommand(this->process_.KeyOf("b"), 5, kLeaseTtl, false), kPatience, 1));
  EXPECT_EQ(this->process_.Read("b"), 0);
  EXPECT_EQ(this->Bypasses("wait"), 1U);
}

TYPED_TEST(SharedCacheTest, AValueNearItsEndIsRefreshedBehindTheReader) {
  this->OpenCache();
  const std::string key = this->process_.KeyOf("warm");
  const auto connection = this->operator_.Connect();
  const EntryState state = this->StateOf("warm");
  ASSERT_OK(RunScriptAndWait(connection, LeaseCommand(key, 5, kLeaseTtl, true), kPatience, 1));
  const base::TenantId acme = Acme();
  const std::string id = RowId(CounterKey("warm"));
  Tail tail;
  tail.schema = 1;
  tail.soft_expire = absl::Now() - absl::Seconds(1);
  tail.fingerprint = Fingerprint({kCounterKind, acme, id});
  tail.payload = "1";
  ASSERT_OK(RunScriptAndWait(connection,
                             FillCommand(key, 5, state.version, EntryKind::kValue, kPositiveTtl,
                                         EncodeTail(EntryKind::kValue, state.version, tail)),
                             kPatience, 1));
  const std::uint64_t stored = this->Stored();
  EXPECT_TRUE(this->process_.Hits("warm"));
  const absl::Time end = absl::Now() + kPatience;
  while (this->Stored() == stored) ASSERT_LT(absl::Now(), end);
}

TYPED_TEST(SharedCacheTest, AValueThatIsTooLargeIsNotStoredAndNobodyWaitsForIt) {
  this->OpenCache();
  Lane lane(1);
  for (int i = 0; i < 3; ++i) {
    Events<std::size_t> sizes;
    this->process_.cache().Get(
        Acme(), Counters(), CounterKey("large"), absl::Now() + kPatience,
        [&lane](std::unique_ptr<Loading> loading) {
          lane.Post([loading = std::move(loading)] {
            loading->BeginRead();
            loading->Finish(CachedRow{true, 1, std::string(kMaxValueBytes + 1, 'x')});
          });
        },
        [&sizes](const absl::StatusOr<CachedRow>& row) {
          sizes.Push(row.ok() ? row->payload.size() : 0);
        });
    EXPECT_EQ(sizes.Next(), kMaxValueBytes + 1);
  }
  EXPECT_EQ(this->Bypasses("wait"), 0U);
  EXPECT_EQ(this->StateOf("large").kind, EntryKind::kBlank);
}

TYPED_TEST(SharedCacheTest, AReaderHearsWhenItsTimeIsUp) {
  std::unique_ptr<Loading> never;
  Events<absl::Status> answers;
  this->process_.cache().Get(
      Acme(), Counters(), CounterKey("a"), absl::Now() + absl::Milliseconds(20),
      [&never](std::unique_ptr<Loading> loading) { never = std::move(loading); },
      [&answers](const absl::StatusOr<CachedRow>& row) { answers.Push(row.status()); });
  EXPECT_THAT(*answers.Next(), StatusIs(absl::StatusCode::kDeadlineExceeded));
  never = nullptr;
}

// The keeper opens; until then and from then on, the owner of the file knows what to do.
TEST(SharedCacheOfAnOwner, MarksAsSoonAsTheCacheIsOpen) {
  RedisServer redis;
  OnDisk engine;
  Process process(engine.Open(CacheTables()), redis.socket(), Budget::kGenerous, true);
  ASSERT_OK(process.Write("a"));
  ASSERT_OK(process.Write("a"));
  EXPECT_EQ(process.Counted("rapport_cache_marked_commits_total"), 0U);
  ASSERT_TRUE(process.AwaitMode(ModeState::kOn));
  ASSERT_OK(process.Write("a"));
  EXPECT_EQ(process.Counted("rapport_cache_marked_commits_total"), 1U);
  EXPECT_EQ(process.Read("a"), 3);
}

TEST(SharedCacheOfAnOwner, GoesOnWithTheSameEpochAfterARestart) {
  RedisServer redis;
  OnDisk engine;
  std::uint64_t epoch = 0;
  {
    Process process(engine.Open(CacheTables()), redis.socket(), Budget::kGenerous, true);
    ASSERT_TRUE(process.AwaitMode(ModeState::kOn));
    epoch = process.cache().mode()->row.mode.epoch;
    ASSERT_OK(process.Write("a"));
    while (!process.Hits("a")) {
    }
  }
  Process process(engine.Open(CacheTables()), redis.socket(), Budget::kGenerous, true);
  ASSERT_OK(process.Write("a"));
  ASSERT_TRUE(process.AwaitMode(ModeState::kOn));
  EXPECT_EQ(process.cache().mode()->row.mode.epoch, epoch);
  EXPECT_EQ(process.Read("a"), 2);
}

// Proves: S05
TEST(SharedCacheOfReplicas, AWriteOfOneIsSeenByTheOther) {
  RedisServer redis;
  OnPostgres place;
  Process one(place.Open(CacheTables()), redis.socket());
  Process two(place.Open(CacheTables()), redis.socket());
  ASSERT_TRUE(one.AwaitMode(ModeState::kOn));
  ASSERT_TRUE(two.AwaitMode(ModeState::kOn));
  for (std::int64_t i = 1; i <= 50; i += 2) {
    EXPECT_EQ(*one.Write("a"), i);
    EXPECT_EQ(two.Read("a"), i);
    EXPECT_EQ(two.Read("a"), i);
    EXPECT_EQ(*two.Write("a"), i + 1);
    EXPECT_EQ(one.Read("a"), i + 1);
  }
  EXPECT_GT(two.Counted("rapport_cache_hits_total"), 0U);
}

// Many readers of one row on the loop of each replica: they share commands.
// Proves: S05
TEST(SharedCacheOfReplicas, ReadersThatShareACommandSeeWhatWasAcknowledgedBeforeTheyCame) {
  RedisServer redis;
  OnPostgres place;
  Process one(place.Open(CacheTables()), redis.socket(), Budget::kGenerous);
  Process two(place.Open(CacheTables()), redis.socket(), Budget::kGenerous);
  ASSERT_TRUE(one.AwaitMode(ModeState::kOn));
  ASSERT_TRUE(two.AwaitMode(ModeState::kOn));
  ASSERT_OK(one.Write("a"));
  std::atomic<std::int64_t> acknowledged{1}, seen{0};
  std::atomic<bool> over{false};
  const auto serve = [&](Process& process) {
    std::atomic<int> under_way{0};
    ReadLane* const lane = process.cache().AddLane();
    lane->Begin([] {});
    while (!over || under_way > 0) {
      while (under_way < 8 && !over) {
        ++under_way;
        process.Ask(
            "a",
            [&, least = std::max(acknowledged.load(), seen.load())](
                const absl::StatusOr<CachedRow>& row) {
              std::int64_t count = -1;
              EXPECT_TRUE(row.ok() && absl::SimpleAtoi(row->payload, &count));
              EXPECT_GE(count, least);
              Raise(seen, count);
              --under_way;
            },
            absl::InfiniteFuture());
      }
      lane->Turn();
    }
    lane->End();
  };
  std::thread first(serve, std::ref(one));
  std::thread second(serve, std::ref(two));
  const auto hits = [&] {
    return one.Counted("rapport_cache_hits_total") + two.Counted("rapport_cache_hits_total");
  };
  const absl::Time end = absl::Now() + kPatience;
  for (std::int64_t i = 2; i <= 30; ++i) {
    const auto written = (i % 2 == 0 ? one : two).Write("a");
    EXPECT_OK(written);
    if (written.ok()) acknowledged = *written;
    const std::uint64_t enough = hits() + 10;
    while (hits() < enough && absl::Now() < end) std::this_thread::yield();
  }
  // They did share: without writes scripts read nothing, and a turn asks up to eight times.
  const auto gets = [&] {
    std::uint64_t count = 0;
    EXPECT_TRUE(absl::SimpleAtoi(GetsOf(redis.socket()), &count));
    return count;
  };
  const auto await = [&](std::uint64_t more) {
    const std::uint64_t before = hits();
    while (hits() < before + more && absl::Now() < end) std::this_thread::yield();
    return hits() - before;
  };
  await(100);
  const std::uint64_t before = gets();
  const std::uint64_t found = await(2000);
  EXPECT_GT(found, 2 * (gets() - before));
  over = true;
  first.join();
  second.join();
}

// Proves: S06
TEST(SharedCacheOfReplicas, AReplicaWithoutRedisClosesTheCacheAndNobodyIsStale) {
  RedisServer redis;
  OnPostgres place;
  Process with(place.Open(CacheTables()), redis.socket());
  Process without(place.Open(CacheTables()), "");
  ASSERT_TRUE(with.AwaitMode(ModeState::kOn));
  ASSERT_OK(with.Write("a"));
  while (!with.Hits("a")) {
  }
  EXPECT_EQ(without.Read("a"), 1);
  for (int i = 2; i < 10; ++i) {
    const absl::Time before = absl::Now();
    EXPECT_EQ(*without.Write("a"), i);
    EXPECT_LE(absl::Now() - before, kLongestPause);
    EXPECT_EQ(with.Read("a"), i);
  }
  EXPECT_EQ(without.Counted("rapport_cache_closes_total"), 1U);
  EXPECT_EQ(with.ModeInStore()->mode.state, ModeState::kOff);
}

// Proves: S06
TEST(SharedCacheOfReplicas, AReplicaThatIsCutOffFromRedisClosesTheCache) {
  RedisServer redis;
  RedisServer nothing;
  OnPostgres place;
  Process with(place.Open(CacheTables()), redis.socket());
  ASSERT_TRUE(with.AwaitMode(ModeState::kOn));
  nothing.Kill();
  Process cut(place.Open(CacheTables()), nothing.socket());
  ASSERT_OK(with.Write("a"));
  while (!with.Hits("a")) {
  }
  const absl::Time before = absl::Now();
  EXPECT_EQ(*cut.Write("a"), 2);
  EXPECT_LE(absl::Now() - before, kLongestPause);
  EXPECT_EQ(with.Read("a"), 2);
}

TEST(SharedCache, RefusesTablesThatItCannotTellApart) {
  OnDisk engine;
  auto opened = engine.Open(CacheTables());
  ASSERT_OK(opened);
  const time::SystemClock clock;
  base::SystemRng rng;
  telemetry::Registry metrics;
  for (const std::vector<GuardedTable>& tables :
       {std::vector<GuardedTable>{{&Counters(), "C1"}},
        std::vector<GuardedTable>{{&Counters(), "abc"}},
        std::vector<GuardedTable>{{&Counters(), "c1"}, {&Counters(), "c2"}},
        std::vector<GuardedTable>{{&ModeTable(), "cm"}}}) {
    SharedCache::Options options;
    options.tables = tables;
    options.clock = &clock;
    options.rng = &rng;
    options.metrics = &metrics;
    EXPECT_THAT(SharedCache::Create(**opened, options).status(),
                StatusIs(absl::StatusCode::kInvalidArgument));
  }
}

}  // namespace
}  // namespace rapport::cache
