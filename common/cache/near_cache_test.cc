#include "common/cache/near_cache.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "common/base/uuid.h"

namespace rapport::cache {
namespace {

constexpr absl::Duration kSecond = absl::Seconds(1);

class NearCacheTest : public ::testing::Test {
 protected:
  // The payload that is kept; "no row" or "nothing".
  static std::string Found(NearCache& near, const std::string& name, absl::Duration now) {
    const auto entry = near.Find(name, now);
    if (entry == nullptr) return "nothing";
    return entry->row.exists ? entry->row.payload : "no row";
  }
  static void Keep(NearCache& near, const std::string& name, const std::string& payload,
                   absl::Duration read_at) {
    near.Put(name, CachedRow{true, 1, payload}, read_at, read_at);
  }

  base::SystemRng rng_;
  telemetry::Registry registry_;
  CacheMetrics metrics_{registry_};
};

TEST_F(NearCacheTest, KeepsRowsAndThatThereIsNone) {
  NearCache near(10'000, &rng_, &metrics_);
  Keep(near, "a", "one", kSecond);
  near.Put("b", CachedRow{}, kSecond, kSecond);
  EXPECT_EQ(Found(near, "a", kSecond), "one");
  EXPECT_EQ(Found(near, "b", kSecond), "no row");
  EXPECT_EQ(Found(near, "c", kSecond), "nothing");
}

TEST_F(NearCacheTest, AnEntryIsFreshForLessThanASecondAndNotAllForTheSameTime) {
  NearCache near(1'000'000, &rng_, &metrics_);
  absl::Duration shortest = absl::InfiniteDuration();
  absl::Duration longest = absl::ZeroDuration();
  for (int i = 0; i < 1000; ++i) {
    const std::string name = absl::StrCat("n", i);
    Keep(near, name, "x", 7 * kSecond);
    const absl::Duration life = near.Find(name, 7 * kSecond)->fresh_until - 7 * kSecond;
    shortest = std::min(shortest, life);
    longest = std::max(longest, life);
  }
  EXPECT_LT(longest, kSecond);
  EXPECT_GT(shortest, kSecond / 2);
  EXPECT_GT(longest - shortest, kSecond / 10);
}

// Proves: S05
TEST_F(NearCacheTest, NothingIsKeptForAMinute) {
  NearCache near(10'000, &rng_, &metrics_);
  Keep(near, "a", "one", kSecond);
  EXPECT_EQ(Found(near, "a", 61 * kSecond - absl::Microseconds(1)), "one");
  EXPECT_EQ(Found(near, "a", 61 * kSecond), "nothing");
  EXPECT_EQ(metrics_.near_bytes.value(), 0);
}

// Proves: S04
TEST_F(NearCacheTest, ASlowReaderDoesNotPutAnOlderRowInThePlaceOfANewerOne) {
  NearCache near(10'000, &rng_, &metrics_);
  Keep(near, "a", "two", 5 * kSecond);
  near.Put("a", CachedRow{true, 1, "one"}, 4 * kSecond, 6 * kSecond);
  EXPECT_EQ(Found(near, "a", 6 * kSecond), "two");
  Keep(near, "a", "three", 7 * kSecond);
  EXPECT_EQ(Found(near, "a", 7 * kSecond), "three");
}

// Proves: S03
TEST_F(NearCacheTest, HoldsNoMoreBytesThanItMayAndLetsTheLongestUnreadGo) {
  constexpr std::size_t kMost = 20'000;
  NearCache near(kMost, &rng_, &metrics_);
  const std::string payload(1000, 'x');
  for (int i = 0; i < 1000; ++i) {
    Keep(near, absl::StrCat("n", i), payload, kSecond);
    Keep(near, "wanted", payload, kSecond);
    ASSERT_LE(metrics_.near_bytes.value(), static_cast<std::int64_t>(kMost));
  }
  EXPECT_GT(metrics_.near_bytes.value(), static_cast<std::int64_t>(kMost / 2));
  EXPECT_EQ(Found(near, "n0", kSecond), "nothing");
  EXPECT_EQ(Found(near, "n999", kSecond), payload);
  EXPECT_EQ(Found(near, "wanted", kSecond), payload);
  Keep(near, "too large", std::string(kMost, 'x'), kSecond);
  EXPECT_EQ(Found(near, "too large", kSecond), "nothing");
  EXPECT_EQ(Found(near, "wanted", kSecond), payload);
}

TEST_F(NearCacheTest, WithoutMemoryItKeepsNothing) {
  NearCache near(0, &rng_, &metrics_);
  Keep(near, "a", "one", kSecond);
  EXPECT_EQ(Found(near, "a", kSecond), "nothing");
}

}  // namespace
}  // namespace rapport::cache
