#include "common/cache/redis_codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "common/testing/matchers.h"

namespace rapport::cache {
namespace {

using Kind = RedisReply::Kind;
using namespace std::string_literals;

constexpr std::size_t kLimit = 1000;

// A reply as one line of text.
std::string Show(const RedisReply& reply) {
  switch (reply.kind) {
    case Kind::kNil:
      return "nil";
    case Kind::kInteger:
      return std::to_string(reply.integer);
    case Kind::kString:
      return "'" + reply.text + "'";
    case Kind::kStatus:
      return "+" + reply.text;
    case Kind::kError:
      return "-" + reply.text;
    case Kind::kArray:
      break;
  }
  std::string text = "[";
  for (const RedisReply& element : reply.elements) text += Show(element) + " ";
  return text + "]";
}

// All replies of the bytes, fed in pieces of `piece`; "!" for an error.
std::string ReadAll(absl::string_view bytes, std::size_t piece) {
  ReplyReader reader(kLimit);
  std::string shown;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
    if (!reader.Feed(bytes.substr(0, piece)).ok()) return shown + "!";
    while (true) {
      const auto reply = reader.Next();
      if (!reply.ok()) {
        EXPECT_EQ(FailureOf(reply.status()), RedisFailure::kProtocol);
        EXPECT_FALSE(reader.Next().ok());  // for ever
        return shown + "!";
      }
      if (!reply->has_value()) break;
      shown += Show(**reply) + ";";
    }
  }
  return shown + (reader.in_reply() ? "..." : "");
}

TEST(RedisCodec, CommandsHoldAnyBytes) {
  std::string out = "before";
  AppendCommand({"SET", absl::string_view("k\0\r\n%s", 6), ""}, &out);
  EXPECT_EQ(out, "before*3\r\n$3\r\nSET\r\n$6\r\nk\0\r\n%s\r\n$0\r\n\r\n"s);
}

TEST(RedisCodec, RepliesAreTheSameHoweverTheyAreSliced) {
  const struct {
    std::string bytes;
    std::string replies;
  } kCases[] = {
      {"+OK\r\n", "+OK;"},
      {":-42\r\n:9223372036854775807\r\n", "-42;9223372036854775807;"},
      {"$-1\r\n*-1\r\n", "nil;nil;"},
      {"$0\r\n\r\n$6\r\na\0\r\nb$\r\n"s, "'';'a\0\r\nb$';"s},
      {"-ERR no\r\n", "-ERR no;"},
      {"*0\r\n", "[];"},
      {"*3\r\n:1\r\n*2\r\n$1\r\na\r\n$-1\r\n-OOM x\r\n+next\r\n", "[1 ['a' nil ] -OOM x ];+next;"},
      {"$5\r\nab", "..."},
      {"*2\r\n:1\r\n", "..."},
      {"+O", "..."},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.bytes);
    for (std::size_t piece = 1; piece <= c.bytes.size(); ++piece) {
      EXPECT_EQ(ReadAll(c.bytes, piece), c.replies) << piece;
    }
  }
}

TEST(RedisCodec, WhatIsNoReplyOrTooLargeIsAnErrorForEver) {
  for (const std::string& bytes :
       {"hello\r\n"s, ">2\r\n"s, "%1\r\n"s, "\0"s, "\r\n"s, "+ok\r\n?"s,
        "$1001\r\n" + std::string(1001, 'x') + "\r\n",                    // a large string
        "$99999999999\r\n" + std::string(1100, 'x'),                      // not all there yet
        "*1000000000\r\n"s, "*2147483648\r\n"s,                           // a large array
        "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n"s,  // a deep one
        std::string(1100, '+'),                                           // no end of line
        "*3\r\n$600\r\n" + std::string(600, 'x') + "\r\n$600\r\n" + std::string(600, 'x') +
            "\r\n"}) {
    SCOPED_TRACE(bytes.substr(0, 40));
    for (const std::size_t piece : {bytes.size(), std::size_t{7}}) {
      const std::string shown = ReadAll(bytes, piece);
      EXPECT_EQ(shown.back(), '!') << shown.substr(0, 100);
    }
  }
}

TEST(RedisCodec, ALimitIsForOneReply) {
  std::string bytes;
  std::string replies;
  for (int i = 0; i < 20; ++i) {
    bytes += "$900\r\n" + std::string(900, 'x') + "\r\n";
    replies += "'" + std::string(900, 'x') + "';";
  }
  EXPECT_EQ(ReadAll(bytes, 100), replies);
}

TEST(RedisFailures, AreToldApartByTheFirstWord) {
  const std::pair<absl::string_view, RedisFailure> kCases[] = {
      {"READONLY You can't write against a read only replica.", RedisFailure::kReadOnly},
      {"MASTERDOWN Link with MASTER is down", RedisFailure::kReadOnly},
      {"LOADING Redis is loading the dataset in memory", RedisFailure::kLoading},
      {"BUSY Redis is busy running a script.", RedisFailure::kBusy},
      {"BUSYKEY Target key name already exists.", RedisFailure::kOther},
      {"MOVED 3999 127.0.0.1:6381", RedisFailure::kMoved},
      {"ASK 3999 127.0.0.1:6381", RedisFailure::kMigrating},
      {"TRYAGAIN Multiple keys request during rehashing of slot", RedisFailure::kMigrating},
      {"CLUSTERDOWN The cluster is down", RedisFailure::kMoved},
      {"OOM command not allowed when used memory > 'maxmemory'.", RedisFailure::kOutOfMemory},
      {"NOSCRIPT No matching script.", RedisFailure::kNoScript},
      {"ERR max number of clients reached", RedisFailure::kMaxClients},
      {"NOPERM this user has no permissions", RedisFailure::kDenied},
      {"WRONGPASS invalid username-password pair", RedisFailure::kDenied},
      {"NOAUTH Authentication required.", RedisFailure::kDenied},
      {"ERR unknown command", RedisFailure::kOther},
      {"", RedisFailure::kOther},
  };
  for (const auto& [text, failure] : kCases) {
    EXPECT_EQ(FailureOf(ErrorOfReply(text)), failure) << text;
  }
}

TEST(RedisFailures, TextsKeepNoDataOfTheReply) {
  const absl::Status status = ErrorOfReply("NOPERM key 'rp1:secret' user bob");
  EXPECT_THAT(std::string(status.message()), ::testing::Not(::testing::HasSubstr("secret")));
}

TEST(RedisFailures, HaveNamesOfTheirOwnAndErrorCodes) {
  std::set<std::string> names;
  for (int i = 0; i <= static_cast<int>(RedisFailure::kOther); ++i) {
    const auto failure = static_cast<RedisFailure>(i);
    names.insert(std::string(FailureName(failure)));
    const absl::Status status = RedisError(failure, "x");
    EXPECT_FALSE(status.ok());
    EXPECT_EQ(FailureOf(status), failure);
  }
  EXPECT_EQ(names.size(), static_cast<std::size_t>(RedisFailure::kOther) + 1);
  EXPECT_EQ(FailureOf(absl::OkStatus()), RedisFailure::kNone);
  EXPECT_EQ(FailureOf(absl::UnavailableError("x")), RedisFailure::kNone);
}

}  // namespace
}  // namespace rapport::cache
