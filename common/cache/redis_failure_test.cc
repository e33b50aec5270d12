// What Redis refuses, and what is no Redis.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/cache/test_redis.h"
#include "common/testing/matchers.h"
#include "common/testing/redis_server.h"

namespace rapport::cache {
namespace {

using ::rapport::testing::FreePort;
using ::rapport::testing::RedisServer;
using ::rapport::testing::StatusIs;

TEST(RedisFailure, AReplicaIsRefused) {
  RedisServer server({"--replicaof", "127.0.0.1", "1"});
  RedisFixture f;
  EXPECT_EQ(FailureOf(f.Open(server.socket()).status()), RedisFailure::kReadOnly);
}

TEST(RedisFailure, AMasterThatBecomesAReplicaBreaksTheConnection) {
  RedisServer server;
  RedisFixture f;
  ASSERT_OK_AND_ASSIGN(auto connection, f.Open(server.socket()));
  EXPECT_EQ(TextOf(Ask(*connection, {"REPLICAOF", "127.0.0.1", "1"})), "OK");
  EXPECT_EQ(TextOf(Ask(*connection, {"SET", "k", "v"})), "failure:readonly");
  const auto why = f.broken.Next();
  ASSERT_TRUE(why.has_value());
  EXPECT_EQ(FailureOf(*why), RedisFailure::kReadOnly);
  EXPECT_EQ(TextOf(Ask(*connection, {"GET", "k"})), "failure:closed");
}

TEST(RedisFailure, AnAclUserReachesItsKeysAndCommandsOnly) {
  RedisServer server(
      {"--user", "rapport", "on", ">secret", "~rp1:*", "-@all", "+get", "+set", "+info"});
  const std::string password_file = server.folder() + "/password";
  RedisOptions options;
  options.address = "unix:" + server.socket();
  options.user = "rapport";
  options.password_file = password_file;
  RedisFixture f;
  EXPECT_THAT(f.Open(options), StatusIs(absl::StatusCode::kFailedPrecondition));  // no file
  std::ofstream(password_file) << "wrong\n";
  EXPECT_EQ(FailureOf(f.Open(options).status()), RedisFailure::kDenied);
  std::ofstream(password_file) << "secret\n";
  ASSERT_OK_AND_ASSIGN(auto connection, f.Open(options));
  EXPECT_EQ(TextOf(Ask(*connection, {"SET", "rp1:x", "v"})), "OK");
  EXPECT_EQ(TextOf(Ask(*connection, {"GET", "rp1:x"})), "v");
  EXPECT_EQ(TextOf(Ask(*connection, {"GET", "other"})), "failure:denied");
  EXPECT_EQ(TextOf(Ask(*connection, {"FLUSHALL"})), "failure:denied");
  EXPECT_EQ(TextOf(Ask(*connection, {"GET", "rp1:x"})), "v");  // a refusal does not break it
}

TEST(RedisFailure, APasswordIsAskedFor) {
  RedisServer server;
  RedisFixture f;
  {
    ASSERT_OK_AND_ASSIGN(auto connection, f.Open(server.socket()));
    EXPECT_EQ(TextOf(Ask(*connection, {"CONFIG", "SET", "requirepass", "secret"})), "OK");
  }
  EXPECT_EQ(FailureOf(f.Open(server.socket()).status()), RedisFailure::kDenied);
  RedisOptions options;
  options.address = "unix:" + server.socket();
  options.password_file = server.folder() + "/password";
  std::ofstream(options.password_file) << "secret";
  EXPECT_OK(f.Open(options));
}

TEST(RedisFailure, TooManyClientsAreToldApart) {
  RedisServer server;
  RedisFixture f;
  ASSERT_OK_AND_ASSIGN(auto connection, f.Open(server.socket()));
  EXPECT_EQ(TextOf(Ask(*connection, {"CONFIG", "SET", "maxclients", "1"})), "OK");
  EXPECT_EQ(FailureOf(f.Open(server.socket()).status()), RedisFailure::kMaxClients);
}

TEST(RedisFailure, OutOfMemoryAndMissingScriptsAreToldApart) {
  RedisServer server({"--maxmemory", "1", "--maxmemory-policy", "noeviction"});
  RedisFixture f;
  ASSERT_OK_AND_ASSIGN(auto connection, f.Open(server.socket()));
  EXPECT_EQ(TextOf(Ask(*connection, {"SET", "k", "v"})), "failure:out_of_memory");
  EXPECT_EQ(TextOf(Ask(*connection, {"EVALSHA", std::string(40, '0'), "0"})), "failure:no_script");
  EXPECT_EQ(TextOf(Ask(*connection, {"NONSENSE"})), "failure:other");
  EXPECT_EQ(TextOf(Ask(*connection, {"GET", "k"})), "nil");
}

TEST(RedisFailure, AScriptThatRunsTooLongIsToldApart) {
  RedisServer server({"--busy-reply-threshold", "1"});
  RedisFixture f;
  ASSERT_OK_AND_ASSIGN(auto stuck, f.Open(server.socket()));
  ASSERT_OK_AND_ASSIGN(auto connection, f.Open(server.socket()));
  Replies replies;
  stuck->Submit({"EVAL", "while true do end", "0"}, kForEver, Note(replies));
  std::string text;
  const absl::Time end = absl::Now() + kPatience;
  do {
    text = TextOf(Ask(*connection, {"GET", "k"}));
  } while (text == "nil" && absl::Now() < end);  // the script has not begun yet
  EXPECT_EQ(text, "failure:busy");
  EXPECT_EQ(TextOf(Ask(*connection, {"SCRIPT", "KILL"})), "OK");
  EXPECT_EQ(TextOf(replies.Next()), "failure:other");
}

// Servers that are no Redis.

TEST(RedisFailure, GarbageAndHalfRepliesBreakTheConnection) {
  const struct {
    std::string said;
    RedisFailure why;
  } kCases[] = {
      {"hello\r\n", RedisFailure::kProtocol},
      {">2\r\n+invalidate\r\n*0\r\n", RedisFailure::kProtocol},
      {"$99999999999\r\n" + std::string(2 << 20, 'x'), RedisFailure::kProtocol},
      {"*1000000000\r\n", RedisFailure::kProtocol},
      {"+x\r\n+nobody asked\r\n", RedisFailure::kProtocol},
      {"$5\r\nab", RedisFailure::kBroken},  // and then it closes
      {"*2\r\n$1\r\na\r\n", RedisFailure::kBroken},
      {"", RedisFailure::kBroken},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.said.substr(0, 30));
    RudeServer server([&](int fd) {
      if (RudeServer::Greet(fd) && RudeServer::Await(fd, "ECHO")) RudeServer::Say(fd, c.said);
    });
    RedisFixture f;
    RedisOptions options;
    options.address = "unix:" + server.path();
    options.max_reply_bytes = 1 << 20;
    ASSERT_OK_AND_ASSIGN(auto connection, f.Open(options));
    EXPECT_EQ(connection->run_id(), "rude");
    Replies replies;
    connection->Submit({"ECHO", "x"}, kForEver, Note(replies));
    const std::string text = TextOf(replies.Next());
    EXPECT_TRUE(text == "failure:broken" || text == "x") << text;
    const auto why = f.broken.Next();
    ASSERT_TRUE(why.has_value());
    EXPECT_EQ(FailureOf(*why), c.why) << *why;
    EXPECT_TRUE(connection->broken());
  }
}

TEST(RedisFailure, SlicedRepliesArePutTogether) {
  RudeServer server([](int fd) {
    if (!RudeServer::Greet(fd) || !RudeServer::Await(fd, "ECHO", 2)) return;
    for (const char c : absl::string_view("$5\r\nfirst\r\n$6\r\nsecond\r\n")) {
      RudeServer::Say(fd, absl::string_view(&c, 1));
    }
    RudeServer::Await(fd, "the end");
  });
  RedisFixture f;
  ASSERT_OK_AND_ASSIGN(auto connection, f.Open(server.path()));
  Replies replies;
  connection->Submit({"ECHO", "first"}, kForEver, Note(replies));
  connection->Submit({"ECHO", "second"}, kForEver, Note(replies));
  EXPECT_EQ(TextOf(replies.Next()), "first");
  EXPECT_EQ(TextOf(replies.Next()), "second");
  connection->Close();
}

TEST(RedisFailure, AnOpeningThatGoesWrongFails) {
  const std::string no_run_id = "$3\r\nx\r\n\r\n$13\r\nrole:master\r\n\r\n";
  const struct {
    std::string said;
    RedisFailure why;
  } kCases[] = {
      {"", RedisFailure::kUnreachable},
      {"$5\r\nab", RedisFailure::kUnreachable},
      {"HTTP/1.1 400 Bad Request\r\n\r\n", RedisFailure::kProtocol},
      {"-ERR max number of clients reached\r\n", RedisFailure::kMaxClients},
      {"-DENIED Redis is running in protected mode\r\n", RedisFailure::kDenied},
      {no_run_id, RedisFailure::kProtocol},
      {"$13\r\nrun_id:rude\r\n\r\n$12\r\nrole:slave\r\n\r\n", RedisFailure::kReadOnly},
      {"$13\r\nrun_id:rude\r\n\r\n$13\r\nrole:master\r\n\r\n+more\r\n", RedisFailure::kProtocol},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.said);
    RudeServer server([&](int fd) {
      if (RudeServer::Await(fd, "INFO", 2)) RudeServer::Say(fd, c.said);
    });
    RedisFixture f;
    EXPECT_EQ(FailureOf(f.Open(server.path()).status()), c.why);
  }
}

TEST(RedisFailure, AnOpeningThatIsNotAnsweredEndsInTime) {
  RudeServer server([](int fd) { RudeServer::Await(fd, "the end"); });
  RedisFixture f;
  RedisOptions options;
  options.address = "unix:" + server.path();
  options.open_timeout = absl::Milliseconds(20);
  EXPECT_EQ(FailureOf(f.Open(options).status()), RedisFailure::kUnreachable);
}

TEST(RedisFailure, AddressesThatLeadNowhereFail) {
  RedisFixture f;
  RedisOptions options;
  for (const char* address : {"", "unix:", "localhost", ":6379", "localhost:", "nonsense"}) {
    options.address = address;
    EXPECT_THAT(f.Open(options), StatusIs(absl::StatusCode::kInvalidArgument)) << address;
  }
  options.address = "unix:/" + std::string(200, 'x');
  EXPECT_THAT(f.Open(options), StatusIs(absl::StatusCode::kInvalidArgument));
  for (const char* address : {"unix:/nowhere/s", "127.0.0.1:1", "[::1]:1"}) {
    options.address = address;
    EXPECT_EQ(FailureOf(f.Open(options).status()), RedisFailure::kUnreachable) << address;
  }
  options.address = "192.0.2.1:6379";  // an address of documentation
  EXPECT_THAT(f.Open(options), StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST(RedisFailure, LoopbackIsReachedByTcp) {
  const int port = FreePort();
  RedisServer server({"--port", absl::StrCat(port), "--bind", "127.0.0.1"});
  RedisFixture f;
  RedisOptions options;
  options.address = absl::StrCat("localhost:", port);
  ASSERT_OK_AND_ASSIGN(auto connection, f.Open(options));
  EXPECT_EQ(TextOf(Ask(*connection, {"ECHO", "x"})), "x");
}

}  // namespace
}  // namespace rapport::cache
