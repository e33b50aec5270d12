#include "common/cache/redis_connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <array>
#include <atomic>
#include <string>
#include <thread>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/cache/test_redis.h"
#include "common/testing/matchers.h"
#include "common/testing/redis_server.h"

namespace rapport::cache {
namespace {

using ::rapport::testing::RedisServer;

// With a healthy Redis.

TEST(RedisConnection, KnowsTheProcessThatItLeadsTo) {
  RedisServer server;
  RedisFixture f;
  ASSERT_OK_AND_ASSIGN(auto connection, f.Open(server.socket()));
  EXPECT_EQ(connection->run_id().size(), 40);
  const Reply info = Ask(*connection, {"INFO", "server"});
  EXPECT_THAT(TextOf(info), ::testing::HasSubstr("run_id:" + connection->run_id()));
  EXPECT_FALSE(connection->broken());
}

TEST(RedisConnection, RepliesComeInTheOrderOfTheCommandsUnderManyThreads) {
  constexpr std::size_t kThreads = 8;
  constexpr std::size_t kCommands = 2000;
  RedisServer server;
  RedisFixture f;
  RedisOptions options;
  options.address = "unix:" + server.socket();
  options.max_commands = kThreads * kCommands;
  ASSERT_OK_AND_ASSIGN(auto connection, f.Open(options));
  std::array<std::size_t, kThreads> next{};  // touched by the loop only
  int wrong = 0;
  std::size_t answered = 0;
  Events<bool> done;
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (std::size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (std::size_t i = 0; i < kCommands; ++i) {
        const std::string text = absl::StrCat(t, ":", i);
        connection->Submit({"ECHO", text}, kForEver, [&, t, text](const Reply& reply) {
          if (TextOf(reply) != text || text != absl::StrCat(t, ":", next[t]++)) ++wrong;
          if (++answered == kThreads * kCommands) done.Push(true);
        });
      }
    });
  }
  for (auto& thread : threads) thread.join();
  ASSERT_TRUE(done.Next().has_value());
  EXPECT_EQ(wrong, 0);
}

TEST(RedisConnection, ValuesLargerThanTheSocketHoldsPassBothWays) {
  RedisServer server;
  RedisFixture f;
  ASSERT_OK_AND_ASSIGN(auto connection, f.Open(server.socket()));
  constexpr int kValues = 6;
  Replies replies;
  for (int i = 0; i < kValues; ++i) {
    const std::string value(1 << 20, static_cast<char>('a' + i));
    connection->Submit({"SET", absl::StrCat("k", i), value}, kForEver, Note(replies));
  }
  for (int i = 0; i < kValues; ++i) {
    connection->Submit({"GET", absl::StrCat("k", i)}, kForEver, Note(replies));
  }
  for (int i = 0; i < kValues; ++i) EXPECT_EQ(TextOf(replies.Next()), "OK");
  for (int i = 0; i < kValues; ++i) {
    EXPECT_TRUE(TextOf(replies.Next()) == std::string(1 << 20, static_cast<char>('a' + i)));
  }
}

TEST(RedisConnection, ACallbackMayGoOnWithTheNextCommand) {
  RedisServer server;
  RedisFixture f;
  ASSERT_OK_AND_ASSIGN(auto connection, f.Open(server.socket()));
  Replies replies;
  RedisConnection* raw = connection.get();
  connection->Submit({"SET", "k", "1"}, kForEver, [raw, &replies](const Reply&) {
    raw->Submit({"INCR", "k"}, kForEver, Note(replies));
  });
  EXPECT_EQ(TextOf(replies.Next()), "2");
}

TEST(RedisConnection, TheCommandsOfTheSetUpAreDoneBeforeItIsUsed) {
  RedisServer server;
  RedisFixture f;
  RedisOptions options;
  options.address = "unix:" + server.socket();
  options.setup = {{"SCRIPT", "LOAD", "return 7"}, {"SET", "k", "v"}};
  ASSERT_OK_AND_ASSIGN(auto connection, f.Open(options));
  EXPECT_EQ(TextOf(Ask(*connection, {"GET", "k"})), "v");
  // The SHA-1 of "return 7".
  EXPECT_EQ(TextOf(Ask(*connection, {"EVALSHA", "59b6ab2fbe0ee4b25733de0f62e6cda4899ef8e9", "0"})),
            "7");
  options.setup = {{"NONSENSE"}};
  EXPECT_EQ(FailureOf(f.Open(options).status()), RedisFailure::kOther);
}

// Budgets and bounds, with a Redis that is stopped.

TEST(RedisConnection, DeadlinesPassAndTheStreamStaysInStep) {
  RedisServer server;
  RedisFixture f;
  ASSERT_OK_AND_ASSIGN(auto connection, f.Open(server.socket()));
  Replies late;
  Replies patient;
  server.Signal(SIGSTOP);
  for (int i = 0; i < 100; ++i) {
    connection->Submit({"ECHO", "late"}, absl::Milliseconds(1 + i % 20), Note(late));
    connection->Submit({"ECHO", absl::StrCat(i)}, kForEver, Note(patient));
  }
  for (int i = 0; i < 100; ++i) ASSERT_EQ(TextOf(late.Next()), "failure:deadline");
  EXPECT_TRUE(patient.empty());
  server.Signal(SIGCONT);
  for (int i = 0; i < 100; ++i) ASSERT_EQ(TextOf(patient.Next()), absl::StrCat(i));
  EXPECT_EQ(TextOf(Ask(*connection, {"ECHO", "now"})), "now");
  EXPECT_EQ(connection->late_replies(), 100);
  EXPECT_TRUE(late.empty());
}

TEST(RedisConnection, RefusesAtOnceWhatIsBeyondItsBounds) {
  RedisServer server;
  RedisFixture f;
  RedisOptions options;
  options.address = "unix:" + server.socket();
  options.max_commands = 10;
  options.max_queued_bytes = 1000;
  ASSERT_OK_AND_ASSIGN(auto connection, f.Open(options));
  server.Signal(SIGSTOP);
  Replies accepted;
  Replies refused;
  connection->Submit({"ECHO", std::string(1001, 'x')}, kForEver, Note(refused));
  EXPECT_EQ(TextOf(refused.Next()), "failure:full");
  for (int i = 0; i < 10; ++i) connection->Submit({"ECHO", "x"}, kForEver, Note(accepted));
  connection->Submit({"ECHO", "x"}, kForEver, Note(refused));
  EXPECT_EQ(TextOf(refused.Next()), "failure:full");
  EXPECT_TRUE(accepted.empty());
  server.Signal(SIGCONT);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(TextOf(accepted.Next()), "x");
  for (int i = 0; i < 100; ++i) {  // what is done does not count
    ASSERT_EQ(TextOf(Ask(*connection, {"ECHO", "again"})), "again");
  }
}

TEST(RedisConnection, CommandsThatMissedTheirDeadlineStillCountUntilTheirReply) {
  RedisServer server;
  RedisFixture f;
  RedisOptions options;
  options.address = "unix:" + server.socket();
  options.max_commands = 1;
  ASSERT_OK_AND_ASSIGN(auto connection, f.Open(options));
  server.Signal(SIGSTOP);
  EXPECT_EQ(TextOf(Ask(*connection, {"ECHO", "x"}, absl::Milliseconds(1))), "failure:deadline");
  EXPECT_EQ(TextOf(Ask(*connection, {"ECHO", "x"})), "failure:full");
  server.Signal(SIGCONT);
}

TEST(RedisConnection, BreaksWhenRedisIsSilentForTooLong) {
  RedisServer server;
  RedisFixture f;
  RedisOptions options;
  options.address = "unix:" + server.socket();
  options.max_silence = absl::Milliseconds(50);
  ASSERT_OK_AND_ASSIGN(auto connection, f.Open(options));
  EXPECT_EQ(TextOf(Ask(*connection, {"ECHO", "x"})), "x");
  server.Signal(SIGSTOP);
  EXPECT_EQ(TextOf(Ask(*connection, {"ECHO", "x"})), "failure:broken");
  EXPECT_TRUE(f.broken.Next().has_value());
  EXPECT_TRUE(connection->broken());
}

// The end of a connection.

TEST(RedisConnection, EverythingUnderWayFailsWhenRedisIsKilled) {
  RedisServer server;
  RedisFixture f;
  ASSERT_OK_AND_ASSIGN(auto connection, f.Open(server.socket()));
  server.Signal(SIGSTOP);  // so that nothing is answered
  Replies replies;
  for (int i = 0; i < 1000; ++i) connection->Submit({"INCR", "k"}, kForEver, Note(replies));
  server.Kill();
  for (int i = 0; i < 1000; ++i) {
    const auto reply = replies.Next();
    ASSERT_EQ(TextOf(reply), "failure:broken");
    ASSERT_THAT(*reply, ::rapport::testing::StatusIs(absl::StatusCode::kUnavailable,
                                                     ::testing::HasSubstr("outcome is unknown")));
  }
  EXPECT_TRUE(f.broken.Next().has_value());
  EXPECT_TRUE(connection->broken());
  EXPECT_EQ(TextOf(Ask(*connection, {"GET", "k"})), "failure:closed");
}

TEST(RedisConnection, NothingHangsWhenRedisIsKilledUnderLoad) {
  RedisServer server;
  RedisFixture f;
  ASSERT_OK_AND_ASSIGN(auto connection, f.Open(server.socket()));
  constexpr int kThreads = 4;
  constexpr int kCommands = 20'000;
  Events<bool> warm;
  Events<bool> done;
  std::atomic<int> answered{0};
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kCommands; ++i) {
        connection->Submit({"INCR", "k"}, kForEver, [&](const Reply&) {
          const int count = ++answered;
          if (count == 100) warm.Push(true);
          if (count == kThreads * kCommands) done.Push(true);
        });
      }
    });
  }
  ASSERT_TRUE(warm.Next().has_value());
  server.Kill();
  for (auto& thread : threads) thread.join();
  EXPECT_TRUE(done.Next().has_value()) << answered;
}

TEST(RedisConnection, NothingIsForgottenWhenItIsClosedUnderLoad) {
  RedisServer server;
  RedisFixture f;
  for (int round = 0; round < 20; ++round) {
    ASSERT_OK_AND_ASSIGN(auto connection, f.Open(server.socket()));
    std::atomic<int> waiting{1};  // one is for the end of the senders
    Events<bool> done;
    const auto finish_one = [&] {
      if (--waiting == 0) done.Push(true);
    };
    std::vector<std::thread> threads;
    threads.reserve(2);
    for (int t = 0; t < 2; ++t) {
      threads.emplace_back([&] {
        while (!connection->broken()) {
          ++waiting;
          connection->Submit({"INCR", "k"}, kForEver, [&](const Reply&) { finish_one(); });
        }
      });
    }
    (void)Ask(*connection, {"ECHO", "x"});  // refused or not: the load has begun
    connection->Close();
    for (auto& thread : threads) thread.join();
    finish_one();
    ASSERT_TRUE(done.Next().has_value()) << waiting;
  }
}

TEST(RedisConnection, ARestartIsAnotherProcessAndTheOldConnectionStaysDead) {
  RedisServer server;
  RedisFixture f;
  ASSERT_OK_AND_ASSIGN(auto before, f.Open(server.socket()));
  server.Kill();
  ASSERT_TRUE(f.broken.Next().has_value());
  server.Start();
  ASSERT_OK_AND_ASSIGN(auto after, f.Open(server.socket()));
  EXPECT_NE(after->run_id(), before->run_id());
  EXPECT_EQ(TextOf(Ask(*after, {"ECHO", "x"})), "x");
  EXPECT_EQ(TextOf(Ask(*before, {"ECHO", "x"})), "failure:closed");
}

TEST(RedisConnection, CloseFailsWhatIsUnderWay) {
  RedisServer server;
  RedisFixture f;
  ASSERT_OK_AND_ASSIGN(auto connection, f.Open(server.socket()));
  server.Signal(SIGSTOP);
  Replies replies;
  connection->Submit({"ECHO", "x"}, kForEver, Note(replies));
  connection->Close();
  EXPECT_EQ(TextOf(replies.Next()), "failure:broken");
  EXPECT_TRUE(f.broken.Next().has_value());
  EXPECT_EQ(TextOf(Ask(*connection, {"ECHO", "x"})), "failure:closed");
}

TEST(RedisConnection, FailsWhatIsUnderWayWhenTheLoopEnds) {
  RedisServer server;
  SystemBootClock clock;
  Replies replies;
  Events<absl::Status> broken;
  absl::optional<RedisLoop> loop(absl::in_place, clock);
  RedisOptions options;
  options.address = "unix:" + server.socket();
  ASSERT_OK_AND_ASSIGN(auto connection,
                       RedisConnection::Open(*loop, clock, options, [&](absl::Status why) {
                         broken.Push(std::move(why));
                       }));
  server.Signal(SIGSTOP);
  connection->Submit({"ECHO", "x"}, kForEver, Note(replies));
  loop.reset();
  EXPECT_FALSE(broken.empty());
  ASSERT_FALSE(replies.empty());
  EXPECT_EQ(TextOf(replies.Next()), "failure:broken");
}

}  // namespace
}  // namespace rapport::cache
