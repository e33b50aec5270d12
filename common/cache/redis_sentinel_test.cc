// The way to a Redis that sentinels watch.
#include <gtest/gtest.h>
#include <signal.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/cache/redis_discovery.h"
#include "common/cache/redis_endpoint.h"
#include "common/cache/test_redis.h"
#include "common/cache/test_sentinel.h"
#include "common/testing/matchers.h"

namespace rapport::cache {
namespace {

using ::rapport::testing::FreePort;

std::string RunIdOf(const testing::RedisServer& server) {
  const std::string info = TextOf(RunOn(server.socket(), {"INFO", "server"}));
  const std::size_t at = info.find("run_id:");
  return at == std::string::npos ? info : info.substr(at + 7, 40);
}

struct Fixture {
  SystemBootClock clock;
  base::SystemRng rng;
  Events<std::shared_ptr<RedisConnection>> changes;
  RedisLoop loop{clock};
};

TEST(RedisSentinel, LeadsToTheMasterAndToItsSuccessor) {
  SentinelGroup group;
  Fixture f;
  RedisEndpoint endpoint(f.loop, f.clock, f.rng, group.Options(),
                         [&](const auto& connection) { f.changes.Push(connection); });
  const auto before = f.changes.Next();
  ASSERT_TRUE(before.has_value() && *before != nullptr);
  EXPECT_EQ((*before)->run_id(), RunIdOf(*group.first));
  EXPECT_EQ(TextOf(Ask(**before, {"SET", "rp1:k", "v"})), "OK");
  ASSERT_TRUE(AwaitText(group.second->socket(), {"INFO", "replication"}, "master_link_status:up"));

  // It stands still, and breaks no connection.
  group.first->Signal(SIGSTOP);
  const auto left = f.changes.Next();
  ASSERT_TRUE(left.has_value());
  EXPECT_EQ(*left, nullptr);
  const auto after = f.changes.Next();
  ASSERT_TRUE(after.has_value() && *after != nullptr);
  EXPECT_EQ((*after)->run_id(), RunIdOf(*group.second));
  EXPECT_EQ(TextOf(Ask(**after, {"SET", "rp1:k", "w"})), "OK");
  group.first->Signal(SIGCONT);
}

TEST(RedisSentinel, TheLatestFailoverCountsWhoeverIsAskedFirst) {
  const int masters[] = {FreePort(), FreePort()};
  const int ports[] = {FreePort(), FreePort()};
  const auto old_master = NewNode(masters[0], 0);
  const auto new_master = NewNode(masters[1], 0);
  const auto behind = NewSentinel(ports[0], masters[0], 4, "");
  const auto ahead = NewSentinel(ports[1], masters[1], 5, "");
  RedisFixture f;
  for (const bool turned : {false, true}) {
    RedisOptions options;
    options.address = absl::StrCat("sentinel://127.0.0.1:", ports[turned ? 1 : 0],
                                   ",127.0.0.1:", ports[turned ? 0 : 1], "/cache");
    ASSERT_OK_AND_ASSIGN(auto connection, f.Open(options));
    EXPECT_EQ(connection->run_id(), RunIdOf(*new_master));
    EXPECT_FALSE(HasMoved(f.clock, options, connection->node()));
    EXPECT_TRUE(HasMoved(f.clock, options, {"", "127.0.0.1", absl::StrCat(masters[0])}));
  }
}

TEST(RedisSentinel, WhoIsNoMasterIsNotUsedWhateverTheySay) {
  const int port = FreePort();
  const int sentinel_port = FreePort();
  const auto replica = NewNode(port, 1);
  const auto sentinel = NewSentinel(sentinel_port, port, 0, "");
  RedisFixture f;
  RedisOptions options;
  options.address = absl::StrCat("sentinel://127.0.0.1:", sentinel_port, "/cache");
  EXPECT_EQ(FailureOf(f.Open(options).status()), RedisFailure::kReadOnly);
}

TEST(RedisSentinel, ASentinelMayForbidAllElse) {
  const int master = FreePort();
  const int port = FreePort();
  const auto node = NewNode(master, 0);
  const auto sentinel = NewSentinel(port, master, 0, "");
  ASSERT_EQ(
      TextOf(RunOn(sentinel->socket(), {"ACL", "SETUSER", "default", "-@all", "+sentinel|master"})),
      "OK");
  ASSERT_EQ(TextOf(RunOn(sentinel->socket(), {"PING"})), "failure:denied");
  RedisFixture f;
  RedisOptions options;
  options.address = absl::StrCat("sentinel://127.0.0.1:", port, "/cache");
  SignIn(options, node->folder());
  ASSERT_OK_AND_ASSIGN(auto connection, f.Open(options));
  EXPECT_EQ(connection->run_id(), RunIdOf(*node));
}

TEST(RedisSentinel, WithoutAnAnswerThereIsNoWay) {
  const int port = FreePort();
  const auto sentinel = NewSentinel(port, 1, 0, "");
  RedisFixture f;
  RedisOptions options;
  options.address = absl::StrCat("sentinel://127.0.0.1:", port, "/another");
  EXPECT_EQ(FailureOf(f.Open(options).status()), RedisFailure::kUnreachable);
  options.address = absl::StrCat("sentinel://127.0.0.1:", FreePort(), "/cache");
  EXPECT_EQ(FailureOf(f.Open(options).status()), RedisFailure::kUnreachable);
  EXPECT_FALSE(HasMoved(f.clock, options, {"", "127.0.0.1", "1"}));
}

}  // namespace
}  // namespace rapport::cache
