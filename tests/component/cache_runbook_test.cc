// The runbook of the shared cache, rehearsed: each condition is made with a real Redis under two
// replicas on PostgreSQL, the alerts that the runbook names must hold and its log lines must be
// there, answers must stay right, and after its remedy the alerts must clear.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/testing/postgres_server.h"
#include "common/testing/redis_server.h"
#include "tests/component/alert_rules.h"
#include "tests/scenarios/story.h"
#include "tools/cache_auditor/redis_client.h"

namespace rapport::tests {
namespace {

using ::testing::HasSubstr;

constexpr char kNow[] = "2026-06-15 10:00";
constexpr absl::Duration kPatience = absl::Seconds(60);
constexpr int kBurst = 32;  // reads at once

// Keeps Redis busy for ARGV[1] microseconds. It looks at its clients every so many instructions of
// a script, so the script must be quick at them.
constexpr char kBusy[] =
    "local function now() local t = redis.call('TIME') return t[1] * 1000000 + t[2] end "
    "local ends = now() + ARGV[1] "
    "while now() < ends do for i = 1, 10000 do end end return 1";

class CacheRunbook : public ::testing::Test {
 protected:
  CacheRunbook() {
    EXPECT_OK(Write("contact"));
    EXPECT_TRUE(Eventually(kPatience, [&] { return Clear({"RapportCacheOff"}); }));
  }

  House::Options Two() {
    setenv("RAPPORT_TEST_STORE", "postgres", 1);
    House::Options options;
    options.services = {"contact", "contact/2"};
    const std::string password = redis_->folder() + "/password";
    std::ofstream(password) << "secret";
    options.flags["contact"] = {"--redis=unix:" + redis_->socket(),
                                "--redis_password_file=" + password};
    // Whatever stands last holds.
    options.flags["contact/2"] = {"--redis_user=two"};
    for (const char* replica : {"contact", "contact/2"}) {
      ports_[replica] = FreeLoopbackPort();
      options.flags[replica].push_back(
          absl::StrCat("--metrics_listen=127.0.0.1:", ports_[replica]));
    }
    options.flags["contact"].push_back("--redis_user=one");
    return options;
  }

  // A connection that may do everything.
  std::unique_ptr<auditor::RedisClient> Administrator() const {
    auto client = auditor::RedisClient::Dial("unix:" + redis_->socket(), "", "");
    return client.ok() ? *std::move(client) : nullptr;
  }
  // One command on such a connection. The answer, or the first word of the error.
  std::string Ask(const std::vector<std::string>& words) const {
    const auto client = Administrator();
    if (client == nullptr) return "no connection";
    const auto answer = client->Ask(words);
    return answer.ok() ? answer->value_or("") : std::string(answer.status().message());
  }

  std::string Written() const { return absl::StrCat("Ana ", number_.load()); }
  absl::Status Write(const std::string& replica) {
    cv::UpdatePersonRequest update;
    update.mutable_person()->set_name(ana_.person);
    update.mutable_person()->set_full_name(absl::StrCat("Ana ", number_ + 1));
    update.mutable_update_mask()->add_paths("full_name");
    const auto written = story_.house.client(replica).Call<cv::Person>(
        absl::StrCat(kPeople, "UpdatePerson"), update);
    if (written.ok()) ++number_;
    return written.status();
  }
  // Many reads at once, of both replicas. Whatever Redis does, they see what was written.
  void Read() {
    cv::GetPersonRequest get;
    get.set_name(ana_.person);
    std::vector<absl::StatusOr<cv::Person>> answers(2 * kBurst);
    rpc::Calls calls;
    for (std::size_t i = 0; i < answers.size(); ++i) {
      calls.Start(story_.house.client(i % 2 == 0 ? "contact" : "contact/2"),
                  absl::StrCat(kPeople, "GetPerson"), get, &answers[i]);
    }
    calls.Wait();
    for (const auto& answer : answers) {
      ASSERT_OK(answer);
      ASSERT_EQ(answer->full_name(), Written());
    }
  }

  Metrics Now(const std::string& replica) const { return Scrape(ports_.at(replica)); }
  // All alerts hold at that replica, within a minute of reads.
  void Fires(const std::string& replica, const std::vector<std::string>& alerts,
             const std::function<void()>& meanwhile) {
    for (const std::string& alert : alerts) {
      SCOPED_TRACE(absl::StrCat(alert, " at ", replica));
      EXPECT_TRUE(Eventually(kPatience, [&] {
        meanwhile();
        return Holds(alerts_.at(alert), before_[replica], Now(replica));
      })) << alerts_.at(alert);
    }
  }
  // None holds at either replica while something is written and read, and Redis answers.
  bool Clear(const std::vector<std::string>& alerts) {
    std::map<std::string, Metrics> before;
    for (const auto& [replica, port] : ports_) before[replica] = Scrape(port);
    if (!Write("contact").ok() || !Write("contact/2").ok()) return false;
    for (int i = 0; i < 3; ++i) Read();
    for (const auto& [replica, port] : ports_) {
      const Metrics now = Scrape(port);
      if (!Holds("increase(rapport_cache_hits_total[1m]) > 0", before[replica], now)) return false;
      for (const std::string& alert : alerts) {
        if (alert == "RapportCacheInconsistent") continue;
        if (Holds(alerts_.at(alert), before[replica], now)) return false;
      }
    }
    return true;
  }
  void Clears() {
    std::vector<std::string> all;
    for (const auto& [alert, expression] : alerts_) all.push_back(alert);
    EXPECT_TRUE(Eventually(2 * kPatience, [&] { return Clear(all); }));
  }
  // What the alerts count, they count from here on.
  void Begin() {
    for (const auto& [replica, port] : ports_) before_[replica] = Scrape(port);
  }
  // Of both replicas.
  std::string Logs() const {
    return story_.house.LogOf("contact") + story_.house.LogOf("contact/2");
  }
  static void Nothing() {}

  const std::map<std::string, std::string> alerts_ = ReadAlerts(RAPPORT_ALERTS);
  const std::unique_ptr<testing::RedisServer> redis_ = std::make_unique<testing::RedisServer>(
      std::vector<std::string>{"--user",       "one",
                               "on",           ">secret",
                               "~rp1:*",       "&*",
                               "+get",         "+set",
                               "+pttl",        "+time",
                               "+evalsha",     "+eval",
                               "+script|load", "+info",
                               "--user",       "two",
                               "on",           ">secret",
                               "~rp1:*",       "&*",
                               "+get",         "+set",
                               "+pttl",        "+time",
                               "+evalsha",     "+eval",
                               "+script|load", "+info",
                               "--user",       "default",
                               "on",           "nopass",
                               "~*",           "&*",
                               "+@all",        "--key-load-delay",
                               "1000",         "--loading-process-events-interval-bytes",
                               "1024"});
  std::map<std::string, int> ports_;
  std::map<std::string, Metrics> before_;
  std::atomic<int> number_{0};
  Story story_{kNow, Two()};
  const Story::Known ana_ =
      story_.Knows("Ana", {"ana@example.org"}, {story_.HasSteward("mara", "Mara", 5)});
};

// Proves: V15
TEST_F(CacheRunbook, RedisIsDead) {
  Begin();
  redis_->Kill();
  ASSERT_OK(Write("contact"));
  Fires("contact", {"RapportCacheRedisUnreachable", "RapportCacheClosed", "RapportCacheOff"},
        [&] { Read(); });
  Fires("contact/2", {"RapportCacheRedisUnreachable", "RapportCacheOff"}, [&] { Read(); });
  EXPECT_THAT(Logs(),
              HasSubstr("cache: the cache (scope 0) was closed: Redis did not take a mark or a "
                        "stamp\n"));
  redis_->Start();
  Clears();
  EXPECT_THAT(Logs(), HasSubstr("cache: the cache (scope 0) was opened\n"));
}

// Proves: V15
TEST_F(CacheRunbook, RedisHangs) {
  Begin();
  redis_->Signal(SIGSTOP);
  Fires("contact", {"RapportCacheRedisSlow"}, [&] { Read(); });
  Fires("contact", {"RapportCacheRedisUnreachable"}, [&] { Read(); });
  redis_->Signal(SIGCONT);
  Clears();
}

// Proves: V15
TEST_F(CacheRunbook, RedisIsSlow) {
  Begin();
  std::atomic<bool> over{false};
  std::thread load([&] {
    while (!over) Ask({"EVAL", kBusy, "0", "40000"});
  });
  Fires("contact", {"RapportCacheRedisSlow"}, [&] { Read(); });
  over = true;
  load.join();
  Clears();
}

TEST_F(CacheRunbook, RedisWasFlushedOrEvicts) {
  Begin();
  std::atomic<bool> over{false};
  std::thread writer([&] {
    while (!over) EXPECT_OK(Write("contact"));
  });
  Fires("contact", {"RapportCacheMarksLost"}, [&] { Ask({"FLUSHALL"}); });
  over = true;
  writer.join();
  Clears();
}

TEST_F(CacheRunbook, RedisIsOutOfMemory) {
  Begin();
  Ask({"CONFIG", "SET", "maxmemory-policy", "noeviction", "maxmemory", "100kb"});
  Fires("contact", {"RapportCacheOutOfMemory"}, [&] {
    ASSERT_OK(Write("contact"));
    Read();
  });
  EXPECT_TRUE(Holds("rapport_cache_mode == 0", {}, Now("contact"))) << "marks are let through";
  Ask({"CONFIG", "SET", "maxmemory", "100mb"});
  Clears();
}

// Proves: S01
TEST_F(CacheRunbook, RedisWasRestarted) {
  for (const bool old_data : {false, true}) {
    SCOPED_TRACE(old_data);
    Read();
    if (old_data) {
      EXPECT_EQ(Ask({"SAVE"}), "OK");
    }
    ASSERT_OK(Write("contact"));
    Begin();
    redis_->Kill();
    redis_->Start();
    Fires("contact", {"RapportCacheClosed"}, [&] {
      ASSERT_OK(Write("contact"));
      Read();
    });
    Clears();
  }
}

// Proves: S01
TEST_F(CacheRunbook, AnotherRedisAnswers) {
  const int port = FreeLoopbackPort();
  EXPECT_EQ(Ask({"CONFIG", "SET", "port", absl::StrCat(port)}), "OK");
  testing::RedisServer replica({"--user", "one", "on", ">secret", "~rp1:*", "+@all", "--user",
                                "two", "on", ">secret", "~rp1:*", "+@all"});
  auto at_replica = auditor::RedisClient::Dial("unix:" + replica.socket(), "", "");
  ASSERT_OK(at_replica);
  ASSERT_OK((*at_replica)->Ask({"REPLICAOF", "127.0.0.1", absl::StrCat(port)}));
  Read();
  ASSERT_TRUE(Eventually(kPatience, [&] {
    const auto role = (*at_replica)->Ask({"INFO", "replication"});
    return role.ok() && role->has_value() && absl::StrContains(**role, "master_link_status:up");
  }));
  Begin();
  redis_->Kill();
  ASSERT_OK((*at_replica)->Ask({"REPLICAOF", "NO", "ONE"}));
  std::filesystem::rename(replica.socket(), redis_->socket());
  // Without a write: who finds another Redis closes the cache, whoever it is.
  Fires("contact", {"RapportCacheOff"}, [&] { Read(); });
  EXPECT_TRUE(Holds(alerts_.at("RapportCacheClosed"), before_["contact"], Now("contact")) ||
              Holds(alerts_.at("RapportCacheClosed"), before_["contact/2"], Now("contact/2")));
  EXPECT_THAT(Logs(), HasSubstr("cache: the cache (scope 0) was closed: another Redis or another "
                                "store than it was made on\n"));
  Clears();
}

// Proves: S01
TEST_F(CacheRunbook, RedisHoldsWrongBytes) {
  Begin();
  Fires("contact", {"RapportCacheWrongValue"}, [&] {
    Read();
    EXPECT_EQ(Ask({"EVAL",
                   "for _, key in ipairs(redis.call('KEYS', 'rp1:*:pe:*')) do "
                   "redis.call('SET', key, 'rubbish') end return 'done'",
                   "0"}),
              "done");
  });
  Clears();
}

TEST_F(CacheRunbook, OneProcessCannotReachRedis) {
  Begin();
  EXPECT_EQ(Ask({"ACL", "SETUSER", "two", "off"}), "OK");
  Ask({"CLIENT", "KILL", "USER", "two"});
  Fires("contact/2", {"RapportCacheRedisUnreachable", "RapportCacheRedisRefuses"}, [&] { Read(); });
  EXPECT_FALSE(Holds(alerts_.at("RapportCacheRedisUnreachable"), {}, Now("contact")));
  ASSERT_OK(Write("contact/2"));
  Fires("contact/2", {"RapportCacheClosed"}, [&] { Read(); });
  EXPECT_EQ(Ask({"ACL", "SETUSER", "two", "on"}), "OK");
  Clears();
}

TEST_F(CacheRunbook, RedisRefusesAsAReplica) {
  Begin();
  EXPECT_EQ(Ask({"REPLICAOF", "127.0.0.1", "1"}), "OK");
  ASSERT_OK(Write("contact"));
  Fires("contact", {"RapportCacheRedisRefuses"}, [&] { Read(); });
  EXPECT_EQ(Ask({"REPLICAOF", "NO", "ONE"}), "OK");
  Clears();
}

TEST_F(CacheRunbook, RedisRefusesWhileAScriptRuns) {
  EXPECT_EQ(Ask({"CONFIG", "SET", "busy-reply-threshold", "10"}), "OK");
  Begin();
  const auto admin = Administrator();
  std::thread script([&] { Ask({"EVAL", kBusy, "0", "20000000"}); });
  Fires("contact", {"RapportCacheRedisRefuses"}, [&] { Read(); });
  EXPECT_OK(admin->Ask({"SCRIPT", "KILL"}));
  script.join();
  Clears();
}

TEST_F(CacheRunbook, RedisRefusesMoreClients) {
  Begin();
  const auto admin = Administrator();  // the only client
  EXPECT_OK(admin->Ask({"CONFIG", "SET", "maxclients", "1"}));
  EXPECT_OK(admin->Ask({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"}));
  Fires("contact", {"RapportCacheRedisRefuses"}, [&] { Read(); });
  EXPECT_OK(admin->Ask({"CONFIG", "SET", "maxclients", "100"}));
  Clears();
}

TEST_F(CacheRunbook, RedisRefusesWhileItLoads) {
  EXPECT_EQ(
      Ask({"EVAL", "for i = 1, 3000 do redis.call('SET', 'x' .. i, i) end return 'done'", "0"}),
      "done");
  EXPECT_EQ(Ask({"SAVE"}), "OK");
  Begin();
  redis_->Kill();
  redis_->Start();  // returns when it has loaded
  Fires("contact", {"RapportCacheRedisRefuses"}, Nothing);
  Clears();
}

// Proves: S03
TEST_F(CacheRunbook, TheDatabaseIsAway) {
  Begin();
  House::Postgres().Kill();
  Fires("contact", {"RapportCacheModeUnknown"}, Nothing);
  Fires("contact/2", {"RapportCacheModeUnknown"}, Nothing);
  cv::GetPersonRequest get;
  get.set_name(ana_.person);
  EXPECT_EQ(story_.house.Call<cv::Person>(absl::StrCat(kPeople, "GetPerson"), get).status().code(),
            absl::StatusCode::kUnavailable);
  House::Postgres().Start();
  Clears();
}

}  // namespace
}  // namespace rapport::tests
