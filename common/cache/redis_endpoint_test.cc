#include "common/cache/redis_endpoint.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <thread>

#include "common/cache/test_redis.h"
#include "common/testing/matchers.h"
#include "common/testing/redis_server.h"

namespace rapport::cache {
namespace {

using ::rapport::testing::RedisServer;
using Connection = std::shared_ptr<RedisConnection>;

struct Fixture {
  RedisOptions Options(const std::string& socket) {
    RedisOptions options;
    options.address = "unix:" + socket;
    return options;
  }
  RedisEndpoint::Listener Tell() {
    return [this](const Connection& connection) { changes.Push(connection); };
  }
  SystemBootClock clock;
  base::SystemRng rng;
  Events<Connection> changes;
  RedisLoop loop{clock};
};

TEST(RedisEndpoint, OpensAnewWithAnotherIdentityWhenRedisRestarts) {
  RedisServer server;
  Fixture f;
  RedisEndpoint endpoint(f.loop, f.clock, f.rng, f.Options(server.socket()), f.Tell());
  const auto first = f.changes.Next();
  ASSERT_TRUE(first.has_value() && *first != nullptr);
  EXPECT_EQ(endpoint.Current(), *first);
  EXPECT_EQ(endpoint.To((*first)->run_id()), *first);
  EXPECT_EQ(endpoint.To("another"), nullptr);
  EXPECT_OK(endpoint.status());

  server.Kill();
  const auto lost = f.changes.Next();
  ASSERT_TRUE(lost.has_value());
  EXPECT_EQ(*lost, nullptr);
  EXPECT_EQ(endpoint.Current(), nullptr);
  EXPECT_FALSE(endpoint.status().ok());

  server.Start();
  const auto second = f.changes.Next();
  ASSERT_TRUE(second.has_value() && *second != nullptr);
  EXPECT_NE((*second)->run_id(), (*first)->run_id());
  EXPECT_EQ(endpoint.To((*first)->run_id()), nullptr);
  EXPECT_EQ(endpoint.Current(), *second);
  // Who pinned the first connection is not led to the second.
  EXPECT_EQ(TextOf(Ask(**first, {"ECHO", "x"})), "failure:closed");
  EXPECT_EQ(TextOf(Ask(**second, {"ECHO", "x"})), "x");
}

TEST(RedisEndpoint, ANewConnectionToTheSameProcessHasTheSameRunId) {
  RedisServer server;
  Fixture f;
  RedisEndpoint endpoint(f.loop, f.clock, f.rng, f.Options(server.socket()), f.Tell());
  const auto first = f.changes.Next();
  ASSERT_TRUE(first.has_value() && *first != nullptr);
  Replies replies;
  (*first)->Submit({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "no"}, kForEver, Note(replies));
  ASSERT_EQ(*f.changes.Next(), nullptr);
  const auto second = f.changes.Next();
  ASSERT_TRUE(second.has_value() && *second != nullptr);
  EXPECT_NE(*second, *first);
  EXPECT_EQ((*second)->run_id(), (*first)->run_id());
}

TEST(RedisEndpoint, FindsARedisThatComesLater) {
  RedisServer server;
  server.Kill();
  Fixture f;
  RedisEndpoint endpoint(f.loop, f.clock, f.rng, f.Options(server.socket()), f.Tell());
  EXPECT_EQ(endpoint.Current(), nullptr);
  EXPECT_EQ(FailureOf(endpoint.status()), RedisFailure::kUnreachable);
  server.Start();
  const auto connection = f.changes.Next();
  ASSERT_TRUE(connection.has_value() && *connection != nullptr);
  EXPECT_EQ(TextOf(Ask(**connection, {"ECHO", "x"})), "x");
}

TEST(RedisEndpoint, DoesNotUseAReplica) {
  RedisServer server({"--replicaof", "127.0.0.1", "1"});
  Fixture f;
  RedisEndpoint endpoint(f.loop, f.clock, f.rng, f.Options(server.socket()), f.Tell());
  const absl::Time end = absl::Now() + kPatience;
  while (FailureOf(endpoint.status()) != RedisFailure::kReadOnly && absl::Now() < end) {
    std::this_thread::yield();
  }
  EXPECT_EQ(FailureOf(endpoint.status()), RedisFailure::kReadOnly);
  EXPECT_EQ(endpoint.Current(), nullptr);
  EXPECT_TRUE(f.changes.empty());
}

TEST(RedisEndpoint, ClosesItsConnectionWhenItEnds) {
  RedisServer server;
  Fixture f;
  Replies replies;
  {
    RedisEndpoint endpoint(f.loop, f.clock, f.rng, f.Options(server.socket()), f.Tell());
    const auto connection = f.changes.Next();
    ASSERT_TRUE(connection.has_value() && *connection != nullptr);
    server.Signal(SIGSTOP);
    (*connection)->Submit({"ECHO", "x"}, kForEver, Note(replies));
  }
  EXPECT_EQ(TextOf(replies.Next()), "failure:broken");
}

TEST(RedisEndpoint, EndsWhileItCannotConnect) {
  Fixture f;
  RedisEndpoint endpoint(f.loop, f.clock, f.rng, f.Options("/nowhere/s"), f.Tell());
  EXPECT_EQ(endpoint.Current(), nullptr);
}

}  // namespace
}  // namespace rapport::cache
