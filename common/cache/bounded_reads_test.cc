// How old an answer may be, by a clock that stands still.
#include "common/cache/bounded_reads.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/errors.h"
#include "common/cache/test_cache.h"

namespace rapport::cache {
namespace {

constexpr absl::Duration kSecond = absl::Seconds(1);
constexpr absl::Duration kMilli = absl::Milliseconds(1);
constexpr absl::Duration kLongest = base::Consistency::kLongestAge;

class BoundedReadsTest : public ::testing::Test {
 protected:
  // What the store says next; its answers are "1", "2", … in the order of versions.
  enum class Upstream { kAnswers, kHasNone, kIsAway, kIsMute };

  struct Answer {
    std::string text;  // the payload, "no row", or the code of an error
    absl::Duration age;
  };
  void Ask(Bound bound, const base::TenantId& tenant, absl::Duration timeout,
           Events<Answer>* answers) {
    reads_.Get(
        tenant, Counters(), CounterKey("a"), bound, absl::Now() + timeout,
        [this](std::unique_ptr<Loading> loading) { Load(std::move(loading)); },
        [answers](const absl::StatusOr<CachedRow>& row) {
          if (!row.ok()) {
            answers->Push({absl::StatusCodeToString(row.status().code()), {}});
          } else {
            answers->Push({row->exists ? row->payload : "no row", row->age});
          }
        });
  }
  Answer Ask(Bound bound, const base::TenantId& tenant = Acme(),
             absl::Duration timeout = kPatience) {
    Events<Answer> answers;
    Ask(bound, tenant, timeout, &answers);
    return answers.Next().value_or(Answer{"nobody", {}});
  }
  void Load(std::unique_ptr<Loading> loading) {
    loading->BeginRead();
    switch (upstream_) {
      case Upstream::kAnswers:
        ++version_;
        return loading->Finish(CachedRow{true, version_, absl::StrCat(version_)});
      case Upstream::kHasNone:
        return loading->Finish(CachedRow{});
      case Upstream::kIsAway:
        return loading->Finish(errors::StoreUnavailable());
      case Upstream::kIsMute:
        mute_.push_back(std::move(loading));
    }
  }

  FakeBootClock clock_;
  const time::SystemClock wall_;
  base::SystemRng rng_;
  telemetry::Registry registry_;
  CacheMetrics metrics_{registry_};
  const GuardedTables tables_ = *GuardedTables::Make({{&Counters(), kCounterKind}});
  SystemBootClock real_clock_;  // of the timer alone
  RedisLoop loop_{real_clock_};
  const std::shared_ptr<LoopTimer> timer_ = LoopTimer::Make(loop_, real_clock_);
  NearCache near_{1'000'000, &rng_, &metrics_};
  Upstream upstream_ = Upstream::kAnswers;
  std::uint64_t version_ = 0;
  const CacheContext context_{.tables = &tables_,
                              .boot_clock = &clock_,
                              .clock = &wall_,
                              .rng = &rng_,
                              .metrics = &metrics_,
                              .timeline = "this",
                              .on_event = nullptr};
  const CacheScopes scopes_ = [this] {
    CacheScopes scopes;
    scopes.push_back(std::make_unique<CacheScope>(0, context_, nullptr));
    return scopes;
  }();
  CoherentReads coherent_{{.context = &context_, .scopes = &scopes_, .timer = timer_.get()}};
  std::vector<std::unique_ptr<Loading>> mute_;
  BoundedReads reads_{{.tables = &tables_,
                       .reads = &coherent_,
                       .near = &near_,
                       .boot_clock = &clock_,
                       .clock = &wall_,
                       .metrics = &metrics_}};
};

// Proves: S05
TEST_F(BoundedReadsTest, AnAnswerIsGivenAgainForLessThanASecondAndSaysHowOldItIs) {
  EXPECT_EQ(Ask({kLongest}).text, "1");
  clock_.Advance(500 * kMilli);
  const Answer again = Ask({kLongest});
  EXPECT_EQ(again.text, "1");
  EXPECT_EQ(again.age, 500 * kMilli);
  EXPECT_EQ(metrics_.near_hits.value(), 1u);
  clock_.Advance(500 * kMilli);
  const Answer fresh = Ask({kLongest});
  EXPECT_EQ(fresh.text, "2");
  EXPECT_EQ(fresh.age, absl::ZeroDuration());
  EXPECT_EQ(metrics_.near_misses.value(), 2u);
}

// Proves: S05
TEST_F(BoundedReadsTest, AnAnswerIsYoungerThanTheCallerAccepts) {
  EXPECT_EQ(Ask({kLongest}).text, "1");
  clock_.Advance(100 * kMilli);
  EXPECT_EQ(Ask({101 * kMilli}).text, "1");
  EXPECT_EQ(Ask({100 * kMilli}).text, "2");
  EXPECT_EQ(Ask({absl::ZeroDuration()}).text, "3");
}

// Proves: S05
TEST_F(BoundedReadsTest, AnAnswerIsAsNewAsTheTokenAsks) {
  EXPECT_EQ(Ask({kLongest}).text, "1");
  EXPECT_EQ(Ask({kLongest, 1}).text, "1");
  EXPECT_EQ(Ask({kLongest, 2}).text, "2");
  upstream_ = Upstream::kIsAway;
  EXPECT_EQ(Ask({kLongest, 2}).text, "2");
  EXPECT_EQ(Ask({kLongest, 3}).text, "UNAVAILABLE");
}

TEST_F(BoundedReadsTest, ThatThereIsNoRowIsKeptToo) {
  upstream_ = Upstream::kHasNone;
  EXPECT_EQ(Ask({kLongest}).text, "no row");
  upstream_ = Upstream::kAnswers;
  EXPECT_EQ(Ask({kLongest}).text, "no row");
  EXPECT_EQ(Ask({kLongest, 1}).text, "1");  // no row proves nothing
}

TEST_F(BoundedReadsTest, NoTenantIsGivenWhatAnotherOneRead) {
  EXPECT_EQ(Ask({kLongest}).text, "1");
  EXPECT_EQ(Ask({kLongest}, Bolt()).text, "2");
  EXPECT_EQ(Ask({kLongest}).text, "1");
}

// Proves: S06
TEST_F(BoundedReadsTest, WithEverythingAwayAnAnswerIsGivenForAMinuteWithItsAge) {
  EXPECT_EQ(Ask({kLongest}).text, "1");
  upstream_ = Upstream::kIsAway;
  clock_.Advance(59 * kSecond);
  const Answer old = Ask({kLongest});
  EXPECT_EQ(old.text, "1");
  EXPECT_EQ(old.age, 59 * kSecond);
  EXPECT_EQ(metrics_.near_outages.value(), 1u);
  clock_.Advance(kSecond);
  EXPECT_EQ(Ask({kLongest}).text, "UNAVAILABLE");
}

// Proves: S06
TEST_F(BoundedReadsTest, WithEverythingAwayNobodyIsGivenOlderThanTheySaid) {
  EXPECT_EQ(Ask({2 * kSecond}).text, "1");
  upstream_ = Upstream::kIsAway;
  clock_.Advance(kSecond);
  EXPECT_EQ(Ask({2 * kSecond}).text, "1");
  clock_.Advance(kSecond);
  EXPECT_EQ(Ask({2 * kSecond}).text, "UNAVAILABLE");
}

// Proves: S06
TEST_F(BoundedReadsTest, WhatGrowsTooOldWhileTheStoreIsAskedIsNotGiven) {
  EXPECT_EQ(Ask({kLongest}).text, "1");
  upstream_ = Upstream::kIsMute;
  clock_.Advance(59 * kSecond);
  Events<Answer> answers;
  Ask({kLongest}, Acme(), kPatience, &answers);
  clock_.Advance(kSecond);
  ASSERT_EQ(mute_.size(), 1u);
  mute_[0]->Finish(errors::StoreUnavailable());
  EXPECT_EQ(answers.Next()->text, "UNAVAILABLE");
  mute_.clear();
}

// Proves: S06
TEST_F(BoundedReadsTest, AStoreThatDoesNotAnswerIsWaitedForHalfTheTime) {
  EXPECT_EQ(Ask({kLongest}).text, "1");
  upstream_ = Upstream::kIsMute;
  clock_.Advance(5 * kSecond);
  const absl::Time began = absl::Now();
  const Answer old = Ask({kLongest}, Acme(), 2 * kSecond);
  EXPECT_LT(absl::Now() - began, 2 * kSecond);
  EXPECT_EQ(old.text, "1");
  EXPECT_EQ(old.age, 5 * kSecond);
  mute_.clear();
}

// Proves: S07
TEST_F(BoundedReadsTest, AThousandReadersOfOneRowReadTheStoreTwiceAtMost) {
  upstream_ = Upstream::kIsMute;
  Events<Answer> answers;
  for (int i = 0; i < 1000; ++i) {
    Ask({kLongest}, Acme(), kPatience, &answers);
    clock_.Advance(absl::Microseconds(1));
  }
  upstream_ = Upstream::kAnswers;
  ASSERT_EQ(mute_.size(), 1u);
  mute_[0]->Finish(CachedRow{true, ++version_, "1"});
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(answers.Next()->text, i == 999 ? "1" : "2");
  EXPECT_EQ(version_, 2u);
  EXPECT_EQ(Ask({kLongest}).text, "2");
  mute_.clear();
}

}  // namespace
}  // namespace rapport::cache
