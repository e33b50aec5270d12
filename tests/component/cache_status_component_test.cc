// What a service says about the shared cache: with Redis, without one, and when it is gone.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/testing/redis_server.h"
#include "common/time/proto_time.h"
#include "rapport/cache/v1/cache_service.pb.h"
#include "tests/harness/process.h"
#include "tests/scenarios/story.h"

namespace rapport::tests {
namespace {

namespace pb = rapport::cache::v1;
using ::testing::HasSubstr;

constexpr char kStatus[] = "rapport.cache.v1.CacheService/GetCacheStatus";
constexpr char kNow[] = "2026-06-15 10:00";

pb::CacheStatus StatusOf(House& house, const std::string& service) {
  const auto status =
      house.client(service).Call<pb::CacheStatus>(kStatus, pb::GetCacheStatusRequest());
  EXPECT_OK(status);
  return status.ok() ? *status : pb::CacheStatus();
}

TEST(CacheStatus, IsEmptyWhereAProcessOwnsItsStore) {
  unsetenv("RAPPORT_TEST_STORE");
  House house;
  for (const char* service : {"contact", "engagement", "recommendation"}) {
    EXPECT_EQ(StatusOf(house, service).ByteSizeLong(), 0u) << service;
  }
}

TEST(CacheStatus, CountsButKnowsNoScopesWithoutRedis) {
  setenv("RAPPORT_TEST_STORE", "postgres", 1);
  House house;
  for (const char* service : {"contact", "engagement"}) {
    const auto status = StatusOf(house, service);
    EXPECT_EQ(status.scopes_size(), 0) << service;
    EXPECT_TRUE(status.has_counters()) << service;
  }
  EXPECT_EQ(StatusOf(house, "recommendation").ByteSizeLong(), 0u);
}

class CacheStatusOnRedis : public ::testing::Test {
 protected:
  House::Options WithRedis() {
    setenv("RAPPORT_TEST_STORE", "postgres", 1);
    House::Options options;
    for (const char* service : {"contact", "engagement"}) {
      options.flags[service] = {"--redis=unix:" + redis_.socket()};
    }
    return options;
  }
  pb::CacheScope ScopeOf(const std::string& service) {
    const auto status = StatusOf(story_.house, service);
    EXPECT_EQ(status.scopes_size(), 1);
    return status.scopes_size() == 1 ? status.scopes(0) : pb::CacheScope();
  }
  bool AwaitTrusted(const std::string& service) {
    return Eventually(absl::Seconds(60), [&] { return ScopeOf(service).trusted(); });
  }

  testing::RedisServer redis_{{"--maxmemory", "64mb", "--maxmemory-policy", "allkeys-lfu"}};
  Story story_{kNow, WithRedis()};
};

TEST_F(CacheStatusOnRedis, SaysWhatIsTrustedWhatWasCountedAndWhatRedisHolds) {
  const Story::Known ana =
      story_.Knows("Ana", {"ana@example.org"}, {story_.HasSteward("mara", "Mara", 5)});
  ASSERT_TRUE(AwaitTrusted("contact"));
  const auto before = StatusOf(story_.house, "contact").counters();
  cv::GetPersonRequest get;
  get.set_name(ana.person);
  for (int i = 0; i < 10; ++i) {
    ASSERT_OK(story_.house.Call<cv::Person>(absl::StrCat(kPeople, "GetPerson"), get));
  }
  const auto status = StatusOf(story_.house, "contact");
  const auto& scope = status.scopes(0);
  EXPECT_EQ(scope.mode(), pb::ON);
  EXPECT_EQ(scope.epoch().size(), 16u);
  EXPECT_TRUE(scope.connected());
  EXPECT_GT(scope.lease_left().seconds() * 1'000'000'000 + scope.lease_left().nanos(), 0);
  EXPECT_LT(absl::Now() - time::FromProto(scope.mode_time()), absl::Seconds(90));
  EXPECT_EQ(scope.breaker(), pb::CLOSED);
  EXPECT_EQ(scope.connection_failure(), "");
  EXPECT_EQ(scope.redis().run_id(), scope.redis_run_id());
  EXPECT_GT(scope.redis().used_memory_bytes(), 500'000);
  EXPECT_EQ(scope.redis().max_memory_bytes(), 64 << 20);
  EXPECT_EQ(scope.redis().eviction_policy(), "allkeys-lfu");
  EXPECT_GE(scope.redis().keys(), 1);
  EXPECT_GE(status.counters().hits(), before.hits() + 8);
  EXPECT_GT(status.counters().hit_ratio(), 0);
  EXPECT_GE(status.counters().opens(), 1);
  // Engagement has a mode of its own.
  EXPECT_TRUE(AwaitTrusted("engagement"));
  EXPECT_NE(ScopeOf("engagement").epoch(), scope.epoch());
}

TEST_F(CacheStatusOnRedis, IsShownByRapportctl) {
  ASSERT_TRUE(AwaitTrusted("contact"));
  const auto said = [&](const std::vector<std::string>& words, int code) {
    std::vector<std::string> arguments = {RAPPORTCTL_BINARY, "--dir", story_.house.folder()};
    for (const char* service : {"contact", "engagement", "recommendation"}) {
      arguments.push_back(absl::StrCat("--", service));
      arguments.push_back(story_.house.SocketOf(service));
    }
    arguments.insert(arguments.end(), words.begin(), words.end());
    const std::string log = story_.house.folder() + "/ctl.log";
    std::filesystem::remove(log);
    Process process(arguments, log);
    EXPECT_EQ(process.Wait(absl::Seconds(30)), code);
    std::ifstream in(log, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
  };
  const std::string text = said({"cache"}, 0);
  EXPECT_THAT(text, HasSubstr("allkeys-lfu")) << text;
  EXPECT_THAT(text, HasSubstr("64.0 MiB")) << text;
  EXPECT_THAT(text, HasSubstr(ScopeOf("contact").epoch())) << text;
  EXPECT_THAT(text, HasSubstr("): shares no cache\n")) << text;
  const std::string json = said({"--output", "json", "cache"}, 0);
  EXPECT_THAT(json, HasSubstr("\"evictionPolicy\": \"allkeys-lfu\"")) << json;
  story_.house.Kill("engagement");
  EXPECT_THAT(said({"cache"}, 7), HasSubstr("): does not answer\n"));
}

// Proves: V15
TEST_F(CacheStatusOnRedis, AnswersAtOnceWhenRedisIsDeadOrHangs) {
  ASSERT_TRUE(AwaitTrusted("contact"));
  redis_.Signal(SIGSTOP);
  const absl::Time asked = absl::Now();
  const auto hung = ScopeOf("contact");
  EXPECT_LT(absl::Now() - asked, absl::Seconds(1));
  EXPECT_TRUE(hung.connected());
  EXPECT_FALSE(hung.has_redis());
  redis_.Kill();
  ASSERT_TRUE(Eventually(absl::Seconds(20), [&] { return !ScopeOf("contact").connected(); }));
  const auto dead = ScopeOf("contact");
  EXPECT_FALSE(dead.trusted());
  EXPECT_FALSE(dead.has_redis());
  EXPECT_EQ(dead.mode(), pb::ON) << "nobody has written since";
  EXPECT_THAT(dead.connection_failure(), ::testing::AnyOf("unreachable", "broken"));
  redis_.Start();
  EXPECT_TRUE(Eventually(absl::Seconds(60), [&] {
    const auto scope = ScopeOf("contact");
    return scope.trusted() && scope.epoch() != dead.epoch();
  }));
}

}  // namespace
}  // namespace rapport::tests
