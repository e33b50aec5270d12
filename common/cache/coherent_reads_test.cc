// When a read believes what it finds in Redis. The rest is in shared_cache_test.cc.
#include "common/cache/coherent_reads.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/time/clock.h"
#include "common/cache/test_cache.h"

namespace rapport::cache {
namespace {

using ::rapport::testing::RedisServer;

class CoherentReadsTest : public ::testing::Test {
 protected:
  CoherentReadsTest() : tables_(*GuardedTables::Make({{&Counters(), kCounterKind}})) {
    RedisOptions redis;
    redis.address = "unix:" + redis_.socket();
    redis.setup = LoadScripts();
    endpoint_ = std::make_shared<RedisEndpoint>(loop_, clock_, rng_, redis);
    const absl::Time end = absl::Now() + kPatience;
    while (endpoint_->Current() == nullptr && absl::Now() < end) {
    }
    row_ = {{ModeState::kOn, 7}, endpoint_->Current()->run_id(), "this"};
    scopes_.push_back(std::make_unique<CacheScope>(0, context_, endpoint_));
    reads_ = std::make_unique<CoherentReads>(
        CoherentReads::Parts{.context = &context_, .scopes = &scopes_, .timer = timer_.get()});
  }

  // Who answers: "redis", "store", or the code of an error.
  std::string Ask() {
    scopes_[0]->lease.Offer(row_, clock_.Now());
    return AskOnce();
  }
  std::string AskOnce() {
    const std::uint64_t hits = metrics_.hits.value();
    Events<std::string> answers;
    reads_->Get(
        Acme(), Counters(), CounterKey("a"), absl::Now() + kPatience,
        [](std::unique_ptr<Loading> loading) {
          loading->BeginRead();
          loading->Finish(CachedRow{true, 1, "1"});
        },
        [&](const absl::StatusOr<CachedRow>& row) {
          answers.Push(!row.ok()                      ? row.status().ToString()
                       : metrics_.hits.value() > hits ? "redis"
                                                      : "store");
        });
    return answers.Next().value_or("nobody");
  }

  RedisServer redis_;
  FakeBootClock clock_;
  const time::SystemClock wall_;
  base::SystemRng rng_;
  telemetry::Registry registry_;
  CacheMetrics metrics_{registry_};
  const GuardedTables tables_;
  ModeRow row_;
  const CacheContext context_{.tables = &tables_,
                              .boot_clock = &clock_,
                              .clock = &wall_,
                              .rng = &rng_,
                              .metrics = &metrics_,
                              .timeline = "this",
                              .on_event = [](absl::string_view) {}};
  RedisLoop loop_{clock_};
  const std::shared_ptr<LoopTimer> timer_ = LoopTimer::Make(loop_, clock_);
  std::shared_ptr<RedisEndpoint> endpoint_;
  CacheScopes scopes_;
  std::unique_ptr<CoherentReads> reads_;
};

TEST_F(CoherentReadsTest, BelieveTheProcessThatTheRowNamesWhileTheCacheIsOn) {
  EXPECT_EQ(Ask(), "store");
  EXPECT_EQ(Ask(), "redis");
  row_.run_id = "another";
  clock_.Advance(kModePoll);
  EXPECT_EQ(Ask(), "store");
  row_.run_id = endpoint_->Current()->run_id();
  EXPECT_EQ(Ask(), "redis");
  row_.mode.state = ModeState::kClosing;
  EXPECT_EQ(Ask(), "store");
}

TEST_F(CoherentReadsTest, BelieveNothingFromAnEarlierStateOfTheStore) {
  EXPECT_EQ(Ask(), "store");
  EXPECT_EQ(Ask(), "redis");
  row_.timeline = "before the restore";
  EXPECT_EQ(Ask(), "store");
}

TEST_F(CoherentReadsTest, BelieveNothingWhenTheLeaseHasRunOut) {
  EXPECT_EQ(Ask(), "store");
  EXPECT_EQ(Ask(), "redis");
  clock_.Advance(kModeLease);
  EXPECT_EQ(AskOnce(), "store");
  EXPECT_EQ(Ask(), "redis");
}

TEST_F(CoherentReadsTest, ValuesOfANewerProgramAreLeftAlone) {
  EXPECT_EQ(Ask(), "store");
  const base::TenantId acme = Acme();
  const std::string id = RowId(CounterKey("a"));
  const EntityRef entity{kCounterKind, acme, id};
  const std::string key = EncodeKey(0, 7, entity);
  Tail tail;
  tail.schema = 2;
  tail.soft_expire = absl::Now() + absl::Hours(1);
  tail.fingerprint = Fingerprint(entity);
  tail.payload = "new";
  EntryState state;
  state.kind = EntryKind::kValue;
  state.version = 1;
  const std::string value =
      absl::StrCat(EncodeHeader(state), EncodeTail(EntryKind::kValue, 1, tail));
  ASSERT_EQ(TextOf(cache::Ask(*endpoint_->Current(), {"SET", key, value})), "OK");
  EXPECT_EQ(Ask(), "store");
  EXPECT_EQ(TextOf(cache::Ask(*endpoint_->Current(), {"GET", key})), value);
}

}  // namespace
}  // namespace rapport::cache
