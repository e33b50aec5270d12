#include "common/cache/cache_keeper.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/time/clock.h"
#include "common/cache/mode_table.h"
#include "common/cache/redis_script.h"
#include "common/cache/test_redis.h"
#include "common/store/contract_suite.h"
#include "common/testing/matchers.h"
#include "common/testing/redis_server.h"

namespace rapport::cache {
namespace {

using ::rapport::testing::RedisServer;

constexpr absl::Duration kStep = kModePoll;

// Distinct numbers in the middle of the range, so that nothing is jittered.
class MiddleRng final : public base::Rng {
 public:
  std::uint64_t Next() override { return (std::uint64_t{1} << 63) + ++count_; }

 private:
  std::atomic<std::uint64_t> count_{0};
};

// Time passes in steps of one look.
class CacheKeeperTest : public ::testing::Test {
 protected:
  CacheKeeperTest() {
    store::EngineOptions options;
    options.tables = {&ModeTable()};
    options.clock = &wall_;
    auto opened = engine_.Open(options);
    EXPECT_OK(opened);
    store_ = *std::move(opened);
    RedisOptions redis;
    redis.address = "unix:" + redis_.socket();
    redis.setup = LoadScripts();
    endpoint_ = std::make_shared<RedisEndpoint>(loop_, clock_, rng_, redis);
    context_ = {.boot_clock = &clock_,
                .clock = &wall_,
                .rng = &rng_,
                .metrics = &metrics_,
                .timeline = store_->id(),
                .on_event = [](absl::string_view) {}};
    scope_ = std::make_unique<CacheScope>(0, context_, endpoint_);
    keeper_ = std::make_unique<CacheKeeper>(
        CacheKeeper::Parts{.context = &context_, .scope = scope_.get(), .store = store_.get()});
    AwaitConnection();
  }

  void AwaitConnection() {
    const absl::Time end = absl::Now() + kPatience;
    while (endpoint_->Current() == nullptr) {
      clock_.Advance(absl::Milliseconds(1));  // for the pause between attempts
      ASSERT_LT(absl::Now(), end);
    }
  }
  void AwaitNoConnection() const {
    const absl::Time end = absl::Now() + kPatience;
    while (endpoint_->Current() != nullptr) ASSERT_LT(absl::Now(), end);
  }
  ModeRow Read() {
    const auto snapshot = store_->Read({}, ModeTenant());
    EXPECT_OK(snapshot);
    const auto row = ReadMode(**snapshot, 0);
    EXPECT_OK(row);
    return *row;
  }
  ModeState State() { return Read().mode.state; }
  void Write(const ModeRow& row) {
    EXPECT_OK(store::TransactAndWait(*store_, {}, ModeTenant(), [&](store::Tx& tx) {
      return ChangeMode(tx, 0, absl::Now(), [&](const ModeRow&) { return row; }).status();
    }));
  }
  ModeRow OnFor(const std::string& run_id) {
    return {{ModeState::kOn, rng_.Next()}, run_id, store_->id()};
  }
  void Look() {
    scope_->lease.Offer(Read(), clock_.Now());
    keeper_->Look();
  }
  // Looks until the state is there; how long that took.
  absl::Duration TimeUntil(ModeState state) {
    const absl::Duration began = clock_.Now();
    Look();
    while (State() != state && clock_.Now() - began < absl::Minutes(5)) {
      clock_.Advance(kStep);
      Look();
    }
    return clock_.Now() - began;
  }
  // As a writer that could not mark: what it leaves behind after its fence.
  void CloseFromOutside() {
    ModeRow row = Read();
    row.mode.state = ModeState::kOff;
    Write(row);
  }

  RedisServer redis_;
  FakeBootClock clock_;
  const time::SystemClock wall_;
  MiddleRng rng_;
  telemetry::Registry registry_;
  CacheMetrics metrics_{registry_};
  store::InMemory engine_;
  std::unique_ptr<store::Store> store_;
  CacheContext context_;
  RedisLoop loop_{clock_};
  std::shared_ptr<RedisEndpoint> endpoint_;
  std::unique_ptr<CacheScope> scope_;
  std::unique_ptr<CacheKeeper> keeper_;
};

// Proves: N16
TEST_F(CacheKeeperTest, OpensWhenRedisHasBeenWellForTwoSeconds) {
  scope_->known_off = true;
  EXPECT_EQ(TimeUntil(ModeState::kOn), kHealthBeforeOpen);
  const ModeRow row = Read();
  EXPECT_EQ(row.run_id, endpoint_->Current()->run_id());
  EXPECT_EQ(row.timeline, store_->id());
  EXPECT_NE(row.mode.epoch, 0U);
  EXPECT_FALSE(scope_->known_off);
  EXPECT_TRUE(scope_->lease.Current()->Trusts(clock_.Now()));
  EXPECT_EQ(metrics_.opens.value(), 1U);
}

TEST_F(CacheKeeperTest, WaitsAnewForARedisThatWasAway) {
  Look();
  clock_.Advance(kHealthBeforeOpen - kStep);
  redis_.Kill();
  AwaitNoConnection();
  Look();
  redis_.Start();
  AwaitConnection();
  EXPECT_EQ(TimeUntil(ModeState::kOn), kHealthBeforeOpen);
}

TEST_F(CacheKeeperTest, ARedisThatRefusesMarksIsNotWell) {
  ASSERT_EQ(TextOf(Ask(*endpoint_->Current(), {"ACL", "SETUSER", "default", "-eval", "-evalsha"})),
            "OK");
  Look();
  clock_.Advance(2 * kHealthBeforeOpen);
  Look();
  EXPECT_EQ(State(), ModeState::kOff);
}

TEST_F(CacheKeeperTest, WaitsTwiceAsLongAfterEachClose) {
  TimeUntil(ModeState::kOn);
  for (const int seconds : {2, 4, 8, 16, 32, 60, 60}) {
    Look();
    CloseFromOutside();
    EXPECT_EQ(TimeUntil(ModeState::kOn), absl::Seconds(seconds));
  }
  Look();
  clock_.Advance(kLastReopen);
  CloseFromOutside();
  EXPECT_EQ(TimeUntil(ModeState::kOn), kFirstReopen);
}

TEST_F(CacheKeeperTest, EachOpeningHasAnEpochOfItsOwn) {
  TimeUntil(ModeState::kOn);
  const std::uint64_t first = Read().mode.epoch;
  CloseFromOutside();
  TimeUntil(ModeState::kOn);
  EXPECT_NE(Read().mode.epoch, first);
}

TEST_F(CacheKeeperTest, ClosesWhenItIsConnectedToAnotherRedis) {
  const ModeRow other = OnFor("another");
  Write(other);
  EXPECT_EQ(TimeUntil(ModeState::kClosing), kForeignPatience);
  EXPECT_EQ(Read().mode.epoch, other.mode.epoch);
  EXPECT_GE(TimeUntil(ModeState::kOff), FenceLength(kModeLease));
  TimeUntil(ModeState::kOn);
  EXPECT_EQ(Read().run_id, endpoint_->Current()->run_id());
}

TEST_F(CacheKeeperTest, DoesNotCloseWhenItHasNoConnection) {
  Write(OnFor(endpoint_->Current()->run_id()));
  redis_.Kill();
  AwaitNoConnection();
  for (int i = 0; i < 20; ++i) {
    Look();
    clock_.Advance(kStep);
  }
  EXPECT_EQ(State(), ModeState::kOn);
}

TEST_F(CacheKeeperTest, ClosesAtOnceForAnotherStateOfTheStore) {
  ModeRow restored = OnFor(endpoint_->Current()->run_id());
  restored.timeline = "the store before it was restored";
  Write(restored);
  Look();
  EXPECT_EQ(State(), ModeState::kClosing);
}

TEST_F(CacheKeeperTest, EndsTheFenceOfAProcessThatDied) {
  ModeRow row = OnFor(endpoint_->Current()->run_id());
  row.mode.state = ModeState::kClosing;
  Write(row);
  Look();
  clock_.Advance(FenceLength(kModeLease) - absl::Milliseconds(10));
  Look();
  EXPECT_EQ(State(), ModeState::kClosing);
  clock_.Advance(absl::Milliseconds(10));
  Look();
  EXPECT_EQ(State(), ModeState::kOff);
}

TEST_F(CacheKeeperTest, DoesNothingWithoutFreshNewsOfTheRow) {
  Look();
  clock_.Advance(absl::Minutes(1));
  keeper_->Look();
  keeper_->Look();
  EXPECT_EQ(State(), ModeState::kOff);
}

}  // namespace
}  // namespace rapport::cache
