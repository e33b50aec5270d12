// The guard by itself: what it says to Redis and to the mode row. How it works with stores is in
// shared_cache_test.cc.
#include "common/cache/cache_guard.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "common/cache/test_cache.h"

namespace rapport::cache {
namespace {

using ::rapport::testing::RedisServer;
using ::rapport::testing::StatusIs;
using store::GuardedCommit;

class CacheGuardTest : public ::testing::Test {
 protected:
  CacheGuardTest() {
    auto opened = engine_.Open(CacheTables());
    EXPECT_OK(opened);
    store_ = *std::move(opened);
    auto tables = GuardedTables::Make({{&Counters(), kCounterKind}});
    EXPECT_OK(tables);
    tables_ = std::make_unique<GuardedTables>(*std::move(tables));
    RedisOptions redis;
    redis.address = "unix:" + redis_.socket();
    redis.setup = LoadScripts();
    endpoint_ = std::make_shared<RedisEndpoint>(loop_, clock_, rng_, redis);
    const absl::Time end = absl::Now() + kPatience;
    while (endpoint_->Current() == nullptr && absl::Now() < end) {
    }
    context_ = {.tables = tables_.get(),
                .boot_clock = &clock_,
                .clock = &wall_,
                .rng = &rng_,
                .metrics = &metrics_,
                .timeline = store_->id(),
                .on_event = [](absl::string_view) {}};
    scopes_.push_back(std::make_unique<CacheScope>(0, context_, endpoint_));
    guard_ = std::make_unique<CacheGuard>(PartsWith());
  }

  CacheGuard::Parts PartsWith(bool sole_owner = false, absl::Duration budget = kPatience) {
    return {
        .context = &context_, .scopes = &scopes_, .sole_owner = sole_owner, .mark_budget = budget};
  }
  void Write(const Mode& mode) {
    const ModeRow row{mode, endpoint_->Current()->run_id(), store_->id()};
    Write(row);
  }
  void Write(const ModeRow& row) {
    EXPECT_OK(store::TransactAndWait(*store_, {}, ModeTenant(), [&](store::Tx& tx) {
      return ChangeMode(tx, 0, absl::Now(), [&](const ModeRow&) { return row; }).status();
    }));
  }
  ModeRow Read() {
    const auto snapshot = store_->Read({}, ModeTenant());
    EXPECT_OK(snapshot);
    return *ReadMode(**snapshot, 0);
  }
  absl::StatusOr<std::unique_ptr<GuardedCommit>> Announce(
      CacheGuard& guard, const std::vector<store::TouchedRow>& rows) {
    absl::StatusOr<std::unique_ptr<GuardedCommit>> commit = absl::InternalError("not announced");
    EXPECT_OK(store::TransactAndWait(*store_, {}, ModeTenant(), [&](store::Tx& tx) {
      commit = guard.Announce(tx, rows);
      return absl::OkStatus();
    }));
    return commit;
  }
  static store::TouchedRow Touched(const std::string& id, std::uint64_t version) {
    return {Acme(), &Counters(), CounterKey(id), version};
  }
  EntryState StateOf(const std::string& id, std::uint64_t epoch) {
    const base::TenantId acme = Acme();
    const std::string row = RowId(CounterKey(id));
    const std::string key = EncodeKey(0, epoch, {kCounterKind, acme, row});
    return DecodeHeader(TextOf(Ask(*endpoint_->Current(), {"GET", key}))).state;
  }
  absl::Status Mend(CacheGuard& guard) {
    return guard.Mend([&](absl::FunctionRef<absl::Status(store::Tx&)> body) {
      return store::TransactAndWait(*store_, {}, ModeTenant(),
                                    [body](store::Tx& tx) { return body(tx); })
          .status();
    });
  }

  RedisServer redis_;
  const SystemBootClock clock_;
  const time::SystemClock wall_;
  base::SystemRng rng_;
  telemetry::Registry registry_;
  CacheMetrics metrics_{registry_};
  store::InMemory engine_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<GuardedTables> tables_;
  CacheContext context_;
  RedisLoop loop_{clock_};
  std::shared_ptr<RedisEndpoint> endpoint_;
  CacheScopes scopes_;
  std::unique_ptr<CacheGuard> guard_;
};

TEST_F(CacheGuardTest, GuardsTheTablesOfTheCacheAlone) {
  EXPECT_TRUE(guard_->Guards(Counters()));
  EXPECT_FALSE(guard_->Guards(ModeTable()));
}

TEST_F(CacheGuardTest, ACommitCarriesItsMarkUntilItsStamp) {
  for (const ModeState state : {ModeState::kOn, ModeState::kClosing}) {
    const auto epoch = static_cast<std::uint64_t>(state) + 1;
    Write(Mode{state, epoch});
    ASSERT_OK_AND_ASSIGN(auto commit, Announce(*guard_, {Touched("a", 5), Touched("a", 6)}));
    EXPECT_EQ(StateOf("a", epoch).intents.size(), 1U);
    ASSERT_OK(commit->Finish(GuardedCommit::Outcome::kCommitted));
    EXPECT_TRUE(StateOf("a", epoch).intents.empty());
    EXPECT_EQ(StateOf("a", epoch).min_version, 6U);
  }
  EXPECT_EQ(metrics_.intents_lost.value(), 0U);
}

TEST_F(CacheGuardTest, WhatWasRolledBackTakesItsMarkAway) {
  Write(Mode{ModeState::kOn, 7});
  ASSERT_OK_AND_ASSIGN(auto commit, Announce(*guard_, {Touched("a", 5)}));
  ASSERT_OK(commit->Finish(GuardedCommit::Outcome::kRolledBack));
  EXPECT_TRUE(StateOf("a", 7).intents.empty());
  EXPECT_EQ(StateOf("a", 7).min_version, 0U);
}

TEST_F(CacheGuardTest, AMarkThatRedisLostIsCounted) {
  Write(Mode{ModeState::kOn, 7});
  ASSERT_OK_AND_ASSIGN(auto commit, Announce(*guard_, {Touched("a", 5), Touched("b", 5)}));
  EXPECT_EQ(TextOf(Ask(*endpoint_->Current(), {"FLUSHALL"})), "OK");
  ASSERT_OK(commit->Finish(GuardedCommit::Outcome::kCommitted));
  EXPECT_EQ(metrics_.intents_lost.value(), 2U);
}

TEST_F(CacheGuardTest, ScriptsThatRedisForgotAreSentAgain) {
  Write(Mode{ModeState::kOn, 7});
  EXPECT_EQ(TextOf(Ask(*endpoint_->Current(), {"SCRIPT", "FLUSH"})), "OK");
  ASSERT_OK_AND_ASSIGN(auto commit, Announce(*guard_, {Touched("a", 5)}));
  EXPECT_OK(commit->Finish(GuardedCommit::Outcome::kCommitted));
}

TEST_F(CacheGuardTest, NothingIsMarkedUnderOff) {
  Write(Mode{ModeState::kOff, 7});
  ASSERT_OK_AND_ASSIGN(auto commit, Announce(*guard_, {Touched("a", 5)}));
  EXPECT_EQ(TextOf(Ask(*endpoint_->Current(), {"DBSIZE"})), "0");
  EXPECT_OK(commit->Finish(GuardedCommit::Outcome::kCommitted));
}

TEST_F(CacheGuardTest, ASoleOwnerReadsTheRowAgainOnlyWhenItWasChanged) {
  CacheGuard owner(PartsWith(true));
  ASSERT_OK(Announce(owner, {Touched("a", 5)}));
  Write(Mode{ModeState::kOn, 7});
  ASSERT_OK(Announce(owner, {Touched("a", 5)}));
  EXPECT_EQ(metrics_.marked_commits.value(), 0U);
  scopes_[0]->known_off = false;  // what opening it does
  ASSERT_OK(Announce(owner, {Touched("a", 5)}));
  EXPECT_EQ(metrics_.marked_commits.value(), 1U);
}

TEST_F(CacheGuardTest, RefusesToCommitWithoutTheTrustedRedis) {
  Write(ModeRow{{ModeState::kOn, 7}, "another", store_->id()});
  CacheGuard impatient(PartsWith(false, kMarkBudget));
  EXPECT_THAT(Announce(impatient, {Touched("a", 5)}).status(),
              StatusIs(absl::StatusCode::kUnavailable));
  CacheScopes none;
  none.push_back(std::make_unique<CacheScope>(0, context_, nullptr));
  CacheGuard without({.context = &context_, .scopes = &none});
  EXPECT_THAT(Announce(without, {Touched("a", 5)}).status(),
              StatusIs(absl::StatusCode::kUnavailable));
  Write(ModeRow{{ModeState::kOn, 7}, endpoint_->Current()->run_id(), "an earlier state"});
  EXPECT_THAT(Announce(*guard_, {Touched("a", 5)}).status(),
              StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST_F(CacheGuardTest, AStampThatFailsIsToldAndMendedByTheFence) {
  Write(Mode{ModeState::kOn, 7});
  scopes_[0]->lease.Offer(Read(), clock_.Now());
  ASSERT_OK_AND_ASSIGN(auto commit, Announce(*guard_, {Touched("a", 5)}));
  redis_.Kill();
  EXPECT_FALSE(commit->Finish(GuardedCommit::Outcome::kCommitted).ok());
  const absl::Duration before = clock_.Now();
  const auto trusted_until = scopes_[0]->lease.Current()->valid_until;
  EXPECT_OK(Mend(*guard_));
  EXPECT_GE(clock_.Now() - before, FenceLength(kModeLease));
  EXPECT_GT(clock_.Now(), trusted_until);
  EXPECT_EQ(Read().mode, (Mode{ModeState::kOff, 7}));
  EXPECT_EQ(scopes_[0]->lease.Current()->row.mode, (Mode{ModeState::kOff, 7}));
  EXPECT_EQ(metrics_.closes.value(), 1U);
}

TEST_F(CacheGuardTest, MendWaitsFromWhenTheCloseWasFirstSeen) {
  Write(Mode{ModeState::kClosing, 7});
  scopes_[0]->lease.Offer(Read(), clock_.Now());
  const absl::Duration seen = clock_.Now();
  while (clock_.Now() < seen + FenceLength(kModeLease)) std::this_thread::yield();
  const absl::Duration before = clock_.Now();
  EXPECT_OK(Mend(*guard_));
  EXPECT_LT(clock_.Now() - before, FenceLength(kModeLease));
  EXPECT_EQ(Read().mode, (Mode{ModeState::kOff, 7}));
  EXPECT_EQ(metrics_.closes.value(), 0U);
}

TEST_F(CacheGuardTest, MendHasNothingToDoWhenTheCacheIsOff) {
  Write(Mode{ModeState::kOff, 7});
  const absl::Duration before = clock_.Now();
  EXPECT_OK(Mend(*guard_));
  EXPECT_LT(clock_.Now() - before, FenceLength(kModeLease));
  EXPECT_EQ(Read().mode, (Mode{ModeState::kOff, 7}));
}

TEST_F(CacheGuardTest, MendSaysIfTheStoreDoesNotWork) {
  EXPECT_THAT(guard_->Mend([](absl::FunctionRef<absl::Status(store::Tx&)>) {
    return absl::UnavailableError("gone");
  }),
              StatusIs(absl::StatusCode::kUnavailable));
}

}  // namespace
}  // namespace rapport::cache
