// A relationship's statistics stay exact while several write to it through different replicas: what
// was read fits the history of what was recorded and taken back, and the end fits the journal.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/mutex.h"
#include "common/rpc/client.h"
#include "common/time/proto_time.h"
#include "tests/scenarios/story.h"

namespace rapport::tests {
namespace {

constexpr char kNow[] = "2026-06-15 10:00";
constexpr int kWriters = 6;
constexpr int kEach = 30;
constexpr int kReaders = 2;

// An instant on one scale for all threads: of two, the one that was taken first is lower.
using Tick = std::int64_t;
constexpr Tick kNever = std::numeric_limits<Tick>::max();

struct Change {
  int by;  // +1: an engagement was recorded; -1: one was taken back
  Tick begun;
  Tick acknowledged = kNever;
};
struct Observation {
  std::int64_t count;
  Tick begun;
  Tick ended;
};
struct History {
  std::vector<Change> changes;
  std::vector<Observation> reads;
  std::map<std::string, ev::Engagement> standing;  // acknowledged and not taken back, by name
};

// What must have happened before the read began, and what can have happened before it ended.
void ExpectFits(const Observation& read, const History& history) {
  std::int64_t least = 0;
  std::int64_t most = 0;
  for (const Change& change : history.changes) {
    const bool must = change.acknowledged < read.begun;
    const bool can = change.begun < read.ended;
    least += change.by > 0 ? must : -static_cast<int>(can);
    most += change.by > 0 ? can : -static_cast<int>(must);
  }
  EXPECT_GE(read.count, least) << "a read lacks what was acknowledged before it began";
  EXPECT_LE(read.count, most) << "a read counts what nobody had recorded, or something twice";
}

void ExpectNeverFalls(std::vector<Observation> reads) {
  std::sort(reads.begin(), reads.end(),
            [](const Observation& a, const Observation& b) { return a.begun < b.begun; });
  for (std::size_t later = 1; later < reads.size(); ++later) {
    for (std::size_t i = 0; i < later; ++i) {
      if (reads[i].ended < reads[later].begun) {
        ASSERT_LE(reads[i].count, reads[later].count) << "a later read counts less";
      }
    }
  }
}

// 3.2 and 3.3 over what was acknowledged.
struct Sums {
  int two_way = 0;
  double volume = 0;
  double their_seconds = 0;
  double our_seconds = 0;
};
Sums SumsAt(const History& history, absl::Time as_of) {
  Sums sums;
  for (const auto& [name, engagement] : history.standing) {
    const absl::Time when = time::FromProto(engagement.event_time());
    if (when > as_of) continue;
    const double weight = std::exp2(-absl::FDivDuration(as_of - when, absl::Hours(24 * 90)));
    ++sums.two_way;
    sums.volume += weight;
    sums.their_seconds += weight * engagement.their_seconds();
    sums.our_seconds += weight * engagement.our_seconds();
  }
  return sums;
}

class StatisticsHistory : public ::testing::Test {
 protected:
  static House::Options Two() {
    setenv("RAPPORT_TEST_STORE", "postgres", 1);
    House::Options options;
    options.services = {"contact", "engagement", "engagement/2"};
    return options;
  }
  // A client that remembers nothing: no answer is fresh because of what it sends.
  rpc::Client ClientOf(int replica) const {
    rpc::ClientOptions options;
    options.target = story_.house.SocketOf(replica % 2 == 0 ? "engagement" : "engagement/2");
    options.own_connection = true;
    return rpc::Client(std::move(options));
  }
  std::size_t Begin(std::size_t whose, int by) {
    base::MutexLock lock(&mu_);
    histories_[whose].changes.push_back({by, ++tick_});
    return histories_[whose].changes.size() - 1;
  }
  void Acknowledge(std::size_t whose, std::size_t change) {
    base::MutexLock lock(&mu_);
    histories_[whose].changes[change].acknowledged = ++tick_;
  }

  // Records at one replica, and as if the answer had been lost once more at the other.
  void Record(rpc::Client& replica, rpc::Client& other, std::size_t whose,
              const ev::Engagement& engagement) {
    ev::RecordEngagementRequest request;
    request.set_relationship(known_[whose].relationship);
    *request.mutable_engagement() = engagement;
    const std::string method = absl::StrCat(kEngagements, "RecordEngagement");
    const std::size_t change = Begin(whose, +1);
    const auto recorded = replica.Call<ev::Engagement>(method, request);
    ASSERT_OK(recorded);
    Acknowledge(whose, change);
    const auto again = other.Call<ev::Engagement>(method, request);
    ASSERT_OK(again);
    EXPECT_TRUE(again->repeated());
    EXPECT_EQ(again->name(), recorded->name());
    base::MutexLock lock(&mu_);
    histories_[whose].standing[recorded->name()] = *recorded;
  }
  void TakeBack(rpc::Client& replica, std::size_t whose, const std::string& source_id) {
    ev::RetractEngagementRequest request;
    {
      base::MutexLock lock(&mu_);
      for (const auto& [name, engagement] : histories_[whose].standing) {
        if (engagement.source_id() == source_id) request.set_name(name);
      }
    }
    request.set_reason("it was another person");
    const std::size_t change = Begin(whose, -1);
    ASSERT_OK(
        replica.Call<ev::Engagement>(absl::StrCat(kEngagements, "RetractEngagement"), request));
    Acknowledge(whose, change);
    base::MutexLock lock(&mu_);
    histories_[whose].standing.erase(request.name());
  }
  void Write(int writer) {
    auto replica = ClientOf(writer);
    auto other = ClientOf(writer + 1);
    for (int i = 0; i < kEach; ++i) {
      const std::size_t whose = static_cast<std::size_t>(writer + i) % known_.size();
      const std::string id = absl::StrCat("call ", writer, ".", i);
      auto call = Call(id, kNow, 30 + i, 20 + writer);
      *call.mutable_event_time() = time::ToProto(At(kNow) - absl::Hours(7 * i) -
                                                 absl::Minutes(11 * writer) - absl::Seconds(30));
      Record(replica, other, whose, call);
      if (HasFatalFailure()) return;
      if (whose == kWithRetractions && i % 2 == 0) TakeBack(other, whose, id);
      if (HasFatalFailure()) return;
    }
  }
  void ReadUntil(const std::atomic<bool>& stop, int reader) {
    auto replica = ClientOf(reader);
    for (std::size_t i = 0; !stop || i % known_.size() != 0; ++i) {
      const std::size_t whose = i % known_.size();
      ev::GetRapportRequest request;
      request.set_name(known_[whose].relationship);
      const Tick begun = ++tick_;
      const auto rapport = replica.Call<ev::Rapport>(absl::StrCat(kRapport, "GetRapport"), request);
      const Tick ended = ++tick_;
      ASSERT_OK(rapport);
      base::MutexLock lock(&mu_);
      histories_[whose].reads.push_back({rapport->two_way_count(), begun, ended});
    }
  }
  void ExpectSums(int reader, std::size_t whose, absl::Time as_of) {
    ev::GetRapportRequest request;
    request.set_name(known_[whose].relationship);
    *request.mutable_as_of() = time::ToProto(as_of);
    auto replica = ClientOf(reader);
    ASSERT_OK_AND_ASSIGN(const auto rapport,
                         replica.Call<ev::Rapport>(absl::StrCat(kRapport, "GetRapport"), request));
    const Sums sums = SumsAt(histories_[whose], as_of);
    EXPECT_EQ(rapport.two_way_count(), sums.two_way);
    EXPECT_NEAR(rapport.volume().value(), sums.volume, 1e-9);
    const double seconds = sums.their_seconds + sums.our_seconds;
    EXPECT_NEAR(rapport.listening().value(), sums.their_seconds / seconds, 1e-9);
    EXPECT_NEAR(rapport.listening().n(), seconds, 1e-9 * seconds);
  }

  static constexpr std::size_t kWithRetractions = 2;
  Story story_{kNow, Two()};
  const std::string mara_ = story_.HasSteward("mara", "Mara", 5);
  const std::vector<Story::Known> known_ = {story_.Knows("Ana", {"ana@example.org"}, {mara_}),
                                            story_.Knows("Ben", {"ben@example.org"}, {mara_}),
                                            story_.Knows("Zoe", {"zoe@example.org"}, {mara_})};
  std::atomic<Tick> tick_{0};
  base::Mutex mu_;
  std::vector<History> histories_{known_.size()};
};

// Proves: E02, E03, N8
TEST_F(StatisticsHistory, FitsWhatWasAcknowledgedWhoeverWritesWhere) {
  for (const auto& who : known_) EXPECT_EQ(story_.RapportOf(who).two_way_count(), 0);
  std::atomic<bool> stop = false;
  std::vector<std::thread> writers;
  std::vector<std::thread> readers;
  for (int t = 0; t < kWriters; ++t) writers.emplace_back([this, t] { Write(t); });
  for (int t = 0; t < kReaders; ++t) readers.emplace_back([&, t] { ReadUntil(stop, t); });
  for (auto& writer : writers) writer.join();
  stop = true;
  for (auto& reader : readers) reader.join();
  ASSERT_FALSE(HasFailure());

  for (std::size_t whose = 0; whose < known_.size(); ++whose) {
    const History& history = histories_[whose];
    EXPECT_GT(history.reads.size(), 20U) << "too few reads to say anything";
    for (const Observation& read : history.reads) {
      ExpectFits(read, history);
      if (HasFailure()) break;  // one is enough to look at
    }
    if (whose != kWithRetractions) ExpectNeverFalls(history.reads);
    for (int replica = 0; replica < 2; ++replica) {
      for (const int hours : {0, 30, 100, 170}) {
        SCOPED_TRACE(absl::StrCat("relationship ", whose, " at replica ", replica, ", ", hours,
                                  " hours ago"));
        ExpectSums(replica, whose, At(kNow) - absl::Hours(hours));
      }
    }
  }
}

}  // namespace
}  // namespace rapport::tests
