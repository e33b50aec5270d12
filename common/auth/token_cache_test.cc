#include "common/auth/token_cache.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace rapport::auth {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1800000000);

PrincipalPtr Until(absl::Time time) {
  auto principal = std::make_shared<Principal>();
  principal->expire_time = time;
  return principal;
}

TEST(TokenCache, RemembersForAMinuteAtMost) {
  TokenCache cache(100);
  cache.Insert("token", Until(kNow + absl::Hours(1)), kNow, 1);
  EXPECT_NE(cache.Find("token", kNow, 1), nullptr);
  EXPECT_NE(cache.Find("token", kNow + absl::Seconds(59), 1), nullptr);
  EXPECT_EQ(cache.Find("token", kNow + absl::Seconds(60), 1), nullptr);
  EXPECT_EQ(cache.Find("token", kNow - absl::Seconds(1), 1), nullptr);
  EXPECT_EQ(cache.Find("Token", kNow, 1), nullptr);
}

TEST(TokenCache, ForgetsWhatExpires) {
  TokenCache cache(100);
  cache.Insert("token", Until(kNow + absl::Seconds(5)), kNow, 1);
  EXPECT_NE(cache.Find("token", kNow + absl::Seconds(4), 1), nullptr);
  EXPECT_EQ(cache.Find("token", kNow + absl::Seconds(5), 1), nullptr);
  cache.Insert("late", Until(kNow - absl::Seconds(5)), kNow, 1);
  EXPECT_EQ(cache.Find("late", kNow, 1), nullptr);
}

TEST(TokenCache, ForgetsWhatOtherKeysVerified) {
  TokenCache cache(100);
  cache.Insert("token", Until(kNow + absl::Hours(1)), kNow, 1);
  EXPECT_EQ(cache.Find("token", kNow, 2), nullptr);
}

TEST(TokenCache, StaysWithinItsBound) {
  TokenCache cache(320);
  for (int i = 0; i < 10000; ++i) {
    cache.Insert("token" + std::to_string(i), Until(kNow + absl::Hours(1)), kNow, 1);
  }
  EXPECT_LE(cache.size(), 320u);
  EXPECT_NE(cache.Find("token9999", kNow, 1), nullptr);
}

TEST(TokenCache, ServesManyThreads) {
  TokenCache cache(64);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&cache, t] {
      for (int i = 0; i < 2000; ++i) {
        const std::string token = "token" + std::to_string((i * 7 + t) % 100);
        if (cache.Find(token, kNow, 1) == nullptr) {
          cache.Insert(token, Until(kNow + absl::Hours(1)), kNow, 1);
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(cache.size(), 64u);
}

}  // namespace
}  // namespace rapport::auth
