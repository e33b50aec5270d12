#include "common/cache/redis_guest.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <thread>

#include "common/cache/test_redis.h"
#include "common/testing/matchers.h"
#include "common/testing/redis_server.h"

namespace rapport::cache {
namespace {

using ::rapport::testing::RedisServer;

// The test's thread is the host.
class RedisGuestTest : public ::testing::Test {
 protected:
  RedisGuestTest() {
    RedisOptions options;
    options.address = "unix:" + server_.socket();
    options.open_timeout = kPatience;
    auto opened = RedisConnection::Open(guest_, clock_, options, [this](absl::Status why) {
      broken_ = true;
      why_ = std::move(why);
    });
    EXPECT_OK(opened);
    connection_ = *std::move(opened);
    guest_.Begin([this] { woken_.Push(true); });
  }
  ~RedisGuestTest() override { guest_.End(); }

  RedisConnection::Callback NoteHere() {
    return [this, host = std::this_thread::get_id()](Reply reply) {
      EXPECT_EQ(std::this_thread::get_id(), host);
      replies_.Push(std::move(reply));
    };
  }
  // Turns until the host may sleep; for how long.
  absl::Duration TurnUntilAsleep() {
    absl::Duration sleep;
    while ((sleep = guest_.Turn(absl::Milliseconds(1))) == absl::ZeroDuration()) {
    }
    return sleep;
  }
  // Turns until there is a reply, however late.
  std::string NextReply() {
    const absl::Time end = absl::Now() + kPatience;
    while (replies_.empty() && absl::Now() < end) guest_.Turn(absl::Milliseconds(1));
    return replies_.empty() ? "nothing came" : TextOf(replies_.Next());
  }

  std::string Gets() const { return GetsOf(server_.socket()); }

  RedisServer server_;
  SystemBootClock clock_;
  RedisLoop watcher_{clock_};
  RedisGuest guest_{clock_, watcher_};
  std::shared_ptr<RedisConnection> connection_;
  Replies replies_;
  Events<bool> woken_;
  bool broken_ = false;
  absl::Status why_;
};

TEST_F(RedisGuestTest, RepliesComeOnTheThreadOfTheHostWithoutAWakeUp) {
  for (const char* word : {"one", "two", "three"}) {
    connection_->Submit({"ECHO", word}, kForEver, NoteHere());
  }
  EXPECT_EQ(NextReply(), "one");
  EXPECT_EQ(NextReply(), "two");
  EXPECT_EQ(NextReply(), "three");
  EXPECT_EQ(TurnUntilAsleep(), absl::InfiniteDuration());
  EXPECT_TRUE(woken_.empty());
}

TEST_F(RedisGuestTest, AReplyThatIsLateWakesTheHost) {
  connection_->Submit({"BLPOP", "list", "0"}, absl::Hours(1), NoteHere());
  const absl::Duration sleep = TurnUntilAsleep();
  EXPECT_GT(sleep, absl::ZeroDuration());
  EXPECT_LE(sleep, RedisOptions().max_silence);
  EXPECT_TRUE(replies_.empty());
  EXPECT_EQ(TextOf(RunOn(server_.socket(), {"RPUSH", "list", "x"})), "1");
  EXPECT_TRUE(woken_.Next().has_value());
  TurnUntilAsleep();
  EXPECT_FALSE(replies_.empty());

  // And again: a socket is watched each time anew.
  connection_->Submit({"BLPOP", "list", "0"}, absl::Hours(1), NoteHere());
  TurnUntilAsleep();
  EXPECT_EQ(TextOf(RunOn(server_.socket(), {"RPUSH", "list", "x"})), "1");
  EXPECT_TRUE(woken_.Next().has_value());
}

TEST_F(RedisGuestTest, TheHostSleepsUntilTheNextDeadlineAtTheLatest) {
  connection_->Submit({"BLPOP", "list", "0"}, absl::Seconds(1), NoteHere());
  EXPECT_LE(TurnUntilAsleep(), absl::Seconds(1));
  EXPECT_EQ(NextReply(), "failure:deadline");
}

TEST_F(RedisGuestTest, WhatAnotherThreadSubmitsWakesTheHost) {
  EXPECT_EQ(TurnUntilAsleep(), absl::InfiniteDuration());
  std::thread([this, note = NoteHere()]() mutable {
    connection_->Submit({"ECHO", "word"}, kForEver, std::move(note));
  }).join();
  EXPECT_TRUE(woken_.Next().has_value());
  EXPECT_EQ(NextReply(), "word");
}

TEST_F(RedisGuestTest, WhatTheHostSubmitsItselfNeedsNoWakeUp) {
  EXPECT_EQ(TurnUntilAsleep(), absl::InfiniteDuration());
  connection_->Submit({"ECHO", "word"}, kForEver, NoteHere());
  EXPECT_EQ(NextReply(), "word");
  EXPECT_TRUE(woken_.empty());
}

TEST_F(RedisGuestTest, WhoeverAsksForAKeyBeforeItIsSentSharesOneCommand) {
  ASSERT_EQ(TextOf(RunOn(server_.socket(), {"SET", "k", "one"})), "OK");
  for (const char* key : {"k", "k", "other", "k"}) connection_->Get(key, kForEver, NoteHere());
  std::multiset<std::string> texts;
  for (int i = 0; i < 4; ++i) texts.insert(NextReply());
  EXPECT_EQ(texts, (std::multiset<std::string>{"nil", "one", "one", "one"}));
  EXPECT_EQ(Gets(), "2");
}

TEST_F(RedisGuestTest, WhoeverAsksForAKeyAfterItWasSentIsAnsweredAnew) {
  // Redis has the first command, and does not come to it.
  connection_->Submit({"BLPOP", "list", "0"}, absl::Hours(1), NoteHere());
  connection_->Get("k", absl::Hours(1), NoteHere());
  TurnUntilAsleep();
  connection_->Get("k", absl::Hours(1), NoteHere());
  TurnUntilAsleep();
  EXPECT_EQ(TextOf(RunOn(server_.socket(), {"RPUSH", "list", "x"})), "1");
  for (int i = 0; i < 3; ++i) NextReply();
  EXPECT_EQ(Gets(), "2");
}

TEST_F(RedisGuestTest, OnlyReadersThatWaitEquallyLongShareACommand) {
  connection_->Get("k", absl::Hours(1), NoteHere());
  connection_->Get("k", absl::Hours(2), NoteHere());
  EXPECT_EQ(NextReply(), "nil");
  EXPECT_EQ(NextReply(), "nil");
  EXPECT_EQ(Gets(), "2");
}

TEST_F(RedisGuestTest, AllWhoShareACommandHearThatItFailed) {
  connection_->Submit({"BLPOP", "list", "0"}, absl::Hours(1), NoteHere());
  for (int i = 0; i < 3; ++i) connection_->Get("k", absl::Milliseconds(1), NoteHere());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(NextReply(), "failure:deadline");
  for (int i = 0; i < 3; ++i) connection_->Get("k", kForEver, NoteHere());
  server_.Kill();
  for (int i = 0; i < 4; ++i) EXPECT_EQ(NextReply(), "failure:broken");
}

TEST_F(RedisGuestTest, TheEndOfAnIdleConnectionWakesTheHost) {
  EXPECT_EQ(TurnUntilAsleep(), absl::InfiniteDuration());
  server_.Kill();
  EXPECT_TRUE(woken_.Next().has_value());
  EXPECT_FALSE(broken_);
  TurnUntilAsleep();
  EXPECT_TRUE(broken_);
}

TEST_F(RedisGuestTest, AtItsEndWhatIsUnderWayFailsAndNothingMoreIsSent) {
  connection_->Submit({"BLPOP", "list", "0"}, kForEver, NoteHere());
  TurnUntilAsleep();
  guest_.End();
  EXPECT_EQ(TextOf(replies_.Next()), "failure:broken");
  EXPECT_TRUE(broken_);
  connection_->Submit({"ECHO", "word"}, kForEver, NoteHere());
  EXPECT_EQ(TextOf(replies_.Next()), "failure:closed");
}

}  // namespace
}  // namespace rapport::cache
