// The scripts on a real Redis against the functions of protocol.h.
//
// The scripts read the clock of Redis, which no test can turn. So time passes in the other
// direction: to let an hour pass, the test takes an hour off every time that an entry holds.
#include "common/cache/scripts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <hiredis/hiredis.h>
#include <poll.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/cache/entry.h"
#include "common/testing/matchers.h"
#include "common/testing/redis_server.h"

namespace rapport::cache {
namespace {

using ::rapport::testing::StatusIs;
using ::testing::StartsWith;

struct Reply {
  int type = REDIS_REPLY_NIL;
  std::int64_t integer = 0;
  std::string text;  // of strings, statuses and errors
  std::vector<Reply> items;
};

Reply Copy(const redisReply& from) {
  Reply to;
  to.type = from.type;
  to.integer = from.integer;
  if (from.str != nullptr) to.text.assign(from.str, from.len);
  for (std::size_t i = 0; i < from.elements; ++i) to.items.push_back(Copy(*from.element[i]));
  return to;
}

class Client {
 public:
  explicit Client(const std::string& socket) : context_(redisConnectUnix(socket.c_str())) {}

  Reply Run(const Command& command) {
    std::vector<const char*> arguments;
    std::vector<std::size_t> sizes;
    for (const auto& argument : command) {
      arguments.push_back(argument.data());
      sizes.push_back(argument.size());
    }
    auto* reply = static_cast<redisReply*>(redisCommandArgv(
        context_.get(), static_cast<int>(command.size()), arguments.data(), sizes.data()));
    if (reply == nullptr) return {REDIS_REPLY_ERROR, 0, "no reply", {}};
    Reply copy = Copy(*reply);
    freeReplyObject(reply);
    return copy;
  }
  std::string Get(const std::string& key) { return Run({"GET", key}).text; }

 private:
  struct Free {
    void operator()(redisContext* context) const { redisFree(context); }
  };
  std::unique_ptr<redisContext, Free> context_;
};

class CacheScripts : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { server_ = new rapport::testing::RedisServer(); }
  static void TearDownTestSuite() {
    delete server_;
    server_ = nullptr;
  }
  void SetUp() override {
    redis_.Run({"CONFIG", "SET", "maxmemory", "0"});
    redis_.Run({"FLUSHALL"});
    redis_.Run({"SCRIPT", "FLUSH"});
    for (const Script* script : {&MarkScript(), &StampScript(), &LeaseScript(), &FillScript()}) {
      EXPECT_EQ(redis_.Run(LoadCommand(*script)).text, script->sha1);
    }
  }

  LeaseAnswer RunLease(const std::string& key, std::uint64_t lease, absl::Duration ttl,
                       bool refresh) {
    const Reply reply = redis_.Run(LeaseCommand(key, lease, ttl, refresh));
    const auto answer = ParseLeaseReply(reply.text);
    EXPECT_OK(answer) << reply.text;
    if (!answer.ok()) return LeaseAnswer::kBypass;
    if (answer->answer == LeaseAnswer::kHit) {
      EXPECT_EQ(answer->entry, redis_.Get(key));
    }
    return answer->answer;
  }
  FillAnswer RunFill(const std::string& key, std::uint64_t lease, std::uint64_t version,
                     EntryKind kind, absl::Duration ttl, absl::string_view tail) {
    const Reply reply = redis_.Run(FillCommand(key, lease, version, kind, ttl, tail));
    const auto answer = ParseFillReply(reply.text);
    EXPECT_OK(answer) << reply.text;
    return answer.ok() ? *answer : FillAnswer::kNoLease;
  }

  static rapport::testing::RedisServer* server_;
  Client redis_{server_->socket()};
};

rapport::testing::RedisServer* CacheScripts::server_ = nullptr;

TEST_F(CacheScripts, AreSentAsTextToAServerThatForgotThem) {
  redis_.Run({"SCRIPT", "FLUSH"});
  const Command mark = MarkCommand({"k"}, 1, kIntentTtl);
  EXPECT_THAT(redis_.Run(mark).text, StartsWith("NOSCRIPT"));
  EXPECT_EQ(redis_.Run(WithText(mark)).integer, 1);
  EXPECT_EQ(redis_.Run(mark).integer, 1);
}

TEST_F(CacheScripts, CarryAValueFromAFillToAHit) {
  const base::TenantId tenant = base::TenantId::Trusted("acme");
  const std::string id("id\0\xff", 4);
  const EntityRef entity{"co", tenant, id};
  const std::string key = EncodeKey(0, 7, entity);
  Tail tail;
  tail.fingerprint = Fingerprint(entity);
  tail.payload = "hello";
  ASSERT_EQ(RunLease(key, 1, kLeaseTtl, false), LeaseAnswer::kGo);
  ASSERT_EQ(
      RunFill(key, 1, 5, EntryKind::kValue, kPositiveTtl, EncodeTail(EntryKind::kValue, 5, tail)),
      FillAnswer::kStored);
  const std::string value = redis_.Get(key);
  ASSERT_OK_AND_ASSIGN(const Entry entry, DecodeEntry(value));
  EXPECT_EQ(OnGet(entry.state, 5, absl::ToUnixMillis(absl::Now())), ReadStep::kHit);
  EXPECT_EQ(CheckTail(entry.tail, Fingerprint(entity), 0, 0), TailCheck::kGood);
  EXPECT_EQ(entry.tail.payload, "hello");
}

// Proves: S06
TEST_F(CacheScripts, MarkAndStampPassAtTheMemoryLimitWhereLeaseAndFillAreRefused) {
  ASSERT_EQ(RunLease("free", 1, kLeaseTtl, false), LeaseAnswer::kGo);
  redis_.Run({"CONFIG", "SET", "maxmemory-policy", "noeviction"});
  ASSERT_EQ(redis_.Run({"CONFIG", "SET", "maxmemory", "1"}).text, "OK");
  ASSERT_THAT(redis_.Run({"SET", "other", "x"}).text, StartsWith("OOM"));
  EXPECT_EQ(redis_.Run(MarkCommand({"new"}, 1, kIntentTtl)).integer, 1);
  EXPECT_EQ(DecodeHeader(redis_.Get("new")).state.intents.size(), 1u);
  const Reply stamped = redis_.Run(StampCommand({{"new", 4}}, 1, kBlankTtl));
  EXPECT_EQ(stamped.type, REDIS_REPLY_INTEGER) << stamped.text;
  EXPECT_EQ(DecodeHeader(redis_.Get("new")).state.min_version, 4u);
  EXPECT_THAT(redis_.Run(LeaseCommand("new", 1, kLeaseTtl, false)).text, StartsWith("OOM"));
  EXPECT_THAT(redis_.Run(FillCommand("free", 1, 4, EntryKind::kValue, kPositiveTtl, "tail")).text,
              StartsWith("OOM"));
}

TEST_F(CacheScripts, DropLeavesTheIntentsOfRunningWrites) {
  redis_.Run(MarkCommand({"k"}, 1, kIntentTtl));
  redis_.Run(DropCommand("k", 2));
  EXPECT_EQ(RunLease("k", 3, kLeaseTtl, false), LeaseAnswer::kBypass);
  EXPECT_EQ(redis_.Run(StampCommand({{"k", 4}}, 1, kBlankTtl)).integer, 0);
  redis_.Run({"SET", "wrong", "anything at all", "PX", "600000"});
  redis_.Run(DropCommand("wrong", 2));
  EXPECT_NE(redis_.Get("wrong"), "anything at all");
}

TEST_F(CacheScripts, AStampThatIsRepeatedHasLostNothing) {
  redis_.Run(MarkCommand({"k", "l"}, 1, kIntentTtl));
  EXPECT_EQ(redis_.Run(StampCommand({{"k", 4}, {"l", 4}}, 1, kBlankTtl)).integer, 0);
  EXPECT_EQ(redis_.Run(StampCommand({{"k", 4}, {"l", 4}}, 1, kBlankTtl)).integer, 0);
  redis_.Run(MarkCommand({"k"}, 2, kIntentTtl));
  redis_.Run({"DEL", "k"});
  EXPECT_EQ(redis_.Run(StampCommand({{"k", 5}}, 2, kBlankTtl)).integer, 1);
  EXPECT_EQ(redis_.Run(StampCommand({{"k", 5}}, 2, kBlankTtl)).integer, 0);
}

TEST_F(CacheScripts, IntentsEndByTheClockOfRedis) {
  redis_.Run(MarkCommand({"k"}, 1, absl::Milliseconds(50)));
  redis_.Run(StampCommand({{"k", 4}}, 2, kBlankTtl));  // the key itself stays
  ASSERT_EQ(RunLease("k", 3, kLeaseTtl, false), LeaseAnswer::kBypass);
  const absl::Time deadline = absl::Now() + absl::Seconds(20);
  while (RunLease("k", 3, kLeaseTtl, false) == LeaseAnswer::kBypass && absl::Now() < deadline) {
    poll(nullptr, 0, 2);
  }
  EXPECT_EQ(RunLease("k", 3, kLeaseTtl, false), LeaseAnswer::kGo);
  EXPECT_EQ(DecodeHeader(redis_.Get("k")).state.min_version, 4u);
}

TEST(CacheReplies, ThatNoScriptMakesAreErrors) {
  EXPECT_THAT(ParseLeaseReply("GONE"), StatusIs(absl::StatusCode::kInternal));
  EXPECT_THAT(ParseLeaseReply(""), StatusIs(absl::StatusCode::kInternal));
  EXPECT_THAT(ParseFillReply("GO"), StatusIs(absl::StatusCode::kInternal));
}

// Random histories on two keys. An entry is looked at with its times counted from now, so that the
// functions of protocol.h run with a clock that always shows zero.
class CacheScriptsEqualTheFunctions : public CacheScripts {
 protected:
  static constexpr std::int64_t kUnitMs = 100'000;  // times of a history are multiples of this
  static constexpr std::int64_t kSlackMs = 20'000;  // what a history may take

  struct Expected {
    EntryState state;
    std::string tail;
  };

  std::uint64_t Draw(std::uint64_t below) { return random_() % below; }
  // Up to 40 units: longer than a key may live.
  std::int64_t DrawTtl() { return kUnitMs * static_cast<std::int64_t>(1 + Draw(40)); }

  std::int64_t RedisNow() {
    const Reply time = redis_.Run({"TIME"});
    std::int64_t seconds = 0;
    std::int64_t micros = 0;
    EXPECT_TRUE(absl::SimpleAtoi(time.items.at(0).text, &seconds));
    EXPECT_TRUE(absl::SimpleAtoi(time.items.at(1).text, &micros));
    return seconds * 1000 + micros / 1000;
  }

  // The entry as Redis holds it, in times from now.
  Expected Observe(const std::string& key) {
    const std::string value = redis_.Get(key);
    const Header header = DecodeHeader(value);
    if (header.size == 0) return {};
    Expected seen{header.state, value.substr(header.size)};
    const std::int64_t now = RedisNow();
    seen.state.lease.expires_ms -= now;
    for (Hold& intent : seen.state.intents) intent.expires_ms -= now;
    seen.state.expires_ms = redis_.Run({"PTTL", key}).integer;
    if (seen.state.kind == EntryKind::kBlank) seen.tail.clear();
    return seen;
  }

  void Compare(const std::string& key) {
    Expected seen = Observe(key);
    Expected& expected = expected_[key];
    DropExpired(seen.state, 0);
    DropExpired(expected.state, 0);
    EntryState a = seen.state;
    EntryState b = expected.state;
    const auto near = [](std::int64_t& x, std::int64_t& y) {
      if (std::abs(x - y) <= kSlackMs) x = y;
    };
    near(a.expires_ms, b.expires_ms);
    near(a.lease.expires_ms, b.lease.expires_ms);
    for (std::size_t i = 0; i < std::min(a.intents.size(), b.intents.size()); ++i) {
      near(a.intents[i].expires_ms, b.intents[i].expires_ms);
    }
    if (b.kind == EntryKind::kBlank) expected.tail.clear();
    if (seen.state.kind == EntryKind::kBlank) seen.tail.clear();
    EXPECT_EQ(static_cast<char>(a.kind), static_cast<char>(b.kind)) << Story();
    EXPECT_EQ(a.version, b.version) << Story();
    EXPECT_EQ(a.min_version, b.min_version) << Story();
    EXPECT_EQ(a.lease.id, b.lease.id) << Story();
    EXPECT_EQ(a.intents.size(), b.intents.size()) << Story();
    EXPECT_EQ(a.expires_ms, b.expires_ms) << Story();
    EXPECT_TRUE(a == b) << Story();
    EXPECT_EQ(seen.tail, expected.tail) << Story();
  }

  void PassTime(std::int64_t ms) {
    for (auto& [key, expected] : expected_) {
      const std::string value = redis_.Get(key);
      const std::int64_t left = redis_.Run({"PTTL", key}).integer - ms;
      if (left <= 0) {
        redis_.Run({"DEL", key});
      } else if (Header header = DecodeHeader(value); header.size != 0) {
        const auto earlier = [ms](Hold& hold) {
          hold.expires_ms = std::max<std::int64_t>(0, hold.expires_ms - ms);
        };
        earlier(header.state.lease);
        for (Hold& intent : header.state.intents) earlier(intent);
        redis_.Run({"SET", key, EncodeHeader(header.state) + value.substr(header.size), "PX",
                    absl::StrCat(left)});
      } else {
        redis_.Run({"PEXPIRE", key, absl::StrCat(left)});
      }
      EntryState& state = expected.state;
      state.expires_ms -= ms;
      state.lease.expires_ms -= ms;
      for (Hold& intent : state.intents) intent.expires_ms -= ms;
    }
  }

  // Bytes that nobody should have written.
  void PutGarbage(const std::string& key) {
    const std::string ttl = absl::StrCat(DrawTtl());
    if (Draw(4) == 0) {
      redis_.Run({"DEL", key});
      redis_.Run({"RPUSH", key, "a list"});
      redis_.Run({"PEXPIRE", key, ttl});
      expected_[key] = {};
      return;
    }
    std::string value = redis_.Get(key);
    if (value.empty()) value = EncodeHeader(EntryState());
    for (std::uint64_t changes = Draw(3); changes > 0; --changes) {
      value[Draw(std::min<std::size_t>(value.size(), 40))] = static_cast<char>(Draw(256));
    }
    if (Draw(2) == 0) value.resize(Draw(value.size() + 8));
    redis_.Run({"SET", key, value, "PX", ttl});
    expected_[key] = Observe(key);
  }

  void Step() {
    const std::string key = Draw(2) == 0 ? "{0}a" : "{0}b";
    std::vector<std::string> keys = {key};
    if (Draw(3) == 0) keys = {"{0}a", "{0}b"};
    const std::uint64_t id = 1 + Draw(4);
    const std::uint64_t version = Draw(10);
    const std::int64_t ttl = DrawTtl();
    const int repeats = Draw(4) == 0 ? 2 : 1;  // a command may run twice
    switch (Draw(16)) {
      case 0:
        story_.push_back("pass");
        return PassTime(kUnitMs * static_cast<std::int64_t>(1 + Draw(20)));
      case 1:
        story_.push_back("evict " + key);
        redis_.Run({"DEL", key});
        expected_[key] = {};
        return;
      case 2:
        story_.push_back("garbage " + key);
        return PutGarbage(key);
      default:
        break;
    }
    const std::uint64_t call = Draw(8);
    const bool refresh = Draw(3) == 0;
    const EntryKind kind = Draw(4) == 0 ? EntryKind::kNegative : EntryKind::kValue;
    for (int i = 0; i < repeats; ++i) {
      if (call == 0) {
        story_.push_back(absl::StrCat("mark ", id, " ", keys.size(), key));
        // Now and then so many that they share the nameless intent.
        const std::uint64_t marks = Draw(20) == 0 ? kMaxIntents + 2 : 1;
        for (std::uint64_t m = 0; m < marks; ++m) {
          const std::uint64_t intent = m == 0 ? id : 1'000'000 + m;
          const Reply reply = redis_.Run(MarkCommand(keys, intent, absl::Milliseconds(ttl)));
          EXPECT_EQ(reply.integer, static_cast<std::int64_t>(keys.size())) << reply.text;
          for (const auto& k : keys) Mark(expected_[k].state, intent, ttl, 0);
        }
      } else if (call == 1) {
        story_.push_back(absl::StrCat("stamp ", id, " v", version, " ", keys.size(), key));
        std::vector<StampedKey> stamped;
        std::int64_t missing = 0;
        for (const auto& k : keys) {
          stamped.push_back({k, version + stamped.size()});
          missing += Stamp(expected_[k].state, id, stamped.back().version, ttl, 0) ? 1 : 0;
        }
        const Reply reply = redis_.Run(StampCommand(stamped, id, absl::Milliseconds(ttl)));
        EXPECT_EQ(reply.type, REDIS_REPLY_INTEGER) << reply.text;
        EXPECT_EQ(reply.integer, missing) << Story();
      } else if (call < 5) {
        story_.push_back(absl::StrCat("lease ", id, refresh ? " refresh " : " ", key));
        const LeaseAnswer want = Lease(expected_[key].state, id, ttl, refresh, 0);
        EXPECT_EQ(RunLease(key, id, absl::Milliseconds(ttl), refresh), want) << Story();
        ++answers_[static_cast<int>(want)];
      } else {
        story_.push_back(absl::StrCat("fill ", id, " v", version, " ", key));
        const std::string tail = absl::StrCat("tail ", random_());
        const FillAnswer want = Fill(expected_[key].state, id, version, kind, ttl, 0);
        EXPECT_EQ(RunFill(key, id, version, kind, absl::Milliseconds(ttl), tail), want) << Story();
        if (want == FillAnswer::kStored) expected_[key].tail = tail;
        ++answers_[10 + static_cast<int>(want)];
      }
    }
  }

  std::string Story() const {
    std::string story = absl::StrCat("seed ", seed_, ":");
    for (const auto& step : story_) absl::StrAppend(&story, " [", step, "]");
    return story;
  }

  std::uint64_t seed_ = 1;
  std::mt19937_64 random_{1};
  std::map<std::string, Expected> expected_;
  std::vector<std::string> story_;
  std::map<int, int> answers_;  // how often each was given: of LEASE, and of FILL from 10 on
};

// Proves: S04
TEST_F(CacheScriptsEqualTheFunctions, InRandomHistories) {
  const char* replay = std::getenv("RAPPORT_SEED");
  std::uint64_t first = 1;
  if (replay != nullptr) {
    ASSERT_TRUE(absl::SimpleAtoi(replay, &first));
  }
  const std::uint64_t histories = replay != nullptr ? 1 : 400;
  for (seed_ = first; seed_ < first + histories; ++seed_) {
    random_.seed(seed_);
    redis_.Run({"FLUSHALL"});
    expected_ = {{"{0}a", {}}, {"{0}b", {}}};
    story_.clear();
    for (int step = 0; step < 40; ++step) {
      Step();
      Compare("{0}a");
      Compare("{0}b");
      if (HasFailure()) return;
    }
  }
  if (replay == nullptr) {  // every answer was seen: the histories are not idle
    for (const int answer : {0, 1, 2, 3, 10, 11, 13}) EXPECT_GT(answers_[answer], 20) << answer;
  }
}

}  // namespace
}  // namespace rapport::cache
