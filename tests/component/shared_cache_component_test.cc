// Replicas on one database with a shared Redis: it answers, and whatever happens to it, no answer
// is older than an acknowledged write.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/testing/redis_server.h"
#include "tests/scenarios/story.h"

namespace rapport::tests {
namespace {

constexpr char kNow[] = "2026-06-15 10:00";

class SharedCacheOfReplicas : public ::testing::Test {
 protected:
  House::Options Two() {
    setenv("RAPPORT_TEST_STORE", "postgres", 1);
    House::Options options;
    options.services = {"contact", "engagement", "recommendation", "contact/2", "engagement/2"};
    const std::string password = redis_.folder() + "/password";
    std::ofstream(password) << "secret";
    for (const char* service : {"contact", "engagement"}) {
      options.flags[service] = {"--redis=unix:" + redis_.socket(), "--redis_user=rapport",
                                "--redis_password_file=" + password};
    }
    return options;
  }
  // What redis-cli prints for a command.
  std::string Ask(const std::string& command) const {
    FILE* const pipe =
        popen(absl::StrCat("redis-cli -s ", redis_.socket(), " ", command).c_str(), "r");
    std::string text;
    char piece[4096];
    while (const std::size_t size = fread(piece, 1, sizeof(piece), pipe)) text.append(piece, size);
    pclose(pipe);
    return text;
  }
  std::int64_t Hits() const {
    std::int64_t hits = -1;
    for (absl::string_view line : absl::StrSplit(Ask("info stats"), "\r\n")) {
      if (!absl::ConsumePrefix(&line, "keyspace_hits:")) continue;
      EXPECT_TRUE(absl::SimpleAtoi(line, &hits));
    }
    return hits;
  }
  absl::StatusOr<cv::Person> PersonAt(const std::string& replica) {
    cv::GetPersonRequest get;
    get.set_name(ana_.person);
    return story_.house.client(replica).Call<cv::Person>(absl::StrCat(kPeople, "GetPerson"), get);
  }
  absl::StatusOr<cv::Person> NameAt(const std::string& replica, int number) {
    cv::UpdatePersonRequest update;
    update.mutable_person()->set_name(ana_.person);
    update.mutable_person()->set_full_name(absl::StrCat("Ana ", number));
    update.mutable_update_mask()->add_paths("full_name");
    return story_.house.client(replica).Call<cv::Person>(absl::StrCat(kPeople, "UpdatePerson"),
                                                         update);
  }
  static int NumberOf(const cv::Person& person) {
    int number = -1;
    EXPECT_TRUE(absl::SimpleAtoi(person.full_name().substr(4), &number)) << person.full_name();
    return number;
  }
  // Reads until Redis answers.
  void AwaitHits() {
    const std::int64_t before = Hits();
    ASSERT_TRUE(Eventually(absl::Seconds(60), [&] {
      EXPECT_OK(PersonAt("contact"));
      return Hits() > before + 1;
    }));
  }

  // The user may do what docs/caching.md says that it needs, and no more.
  testing::RedisServer redis_{{"--user", "rapport", "on", ">secret", "~rp1:*", "+get", "+set",
                               "+pttl", "+time", "+evalsha", "+eval", "+script|load", "+info"}};
  Story story_{kNow, Two()};
  const std::string mara_ = story_.HasSteward("mara", "Mara", 5);
  const Story::Known ana_ = story_.Knows("Ana", {"ana@example.org"}, {mara_});
};

// Proves: S01, S02
TEST_F(SharedCacheOfReplicas, AnswersWhatEitherHasAcknowledged) {
  ASSERT_OK(NameAt("contact", 0));
  ASSERT_NO_FATAL_FAILURE(AwaitHits());
  for (int round = 1; round <= 40; ++round) {
    const std::string writer = round % 2 == 0 ? "contact" : "contact/2";
    ASSERT_OK(NameAt(writer, round));
    for (const char* reader : {"contact", "contact/2", "contact", "contact/2"}) {
      ASSERT_OK_AND_ASSIGN(const auto read, PersonAt(reader));
      ASSERT_EQ(NumberOf(read), round) << reader;
    }
  }
  // All but the first reads of a round were Redis's.
  // On a busy machine some replies come too late.
  EXPECT_TRUE(Eventually(absl::Seconds(30), [&] {
    const std::int64_t before = Hits();
    for (int i = 0; i < 20; ++i) EXPECT_OK(PersonAt(i % 2 == 0 ? "contact" : "contact/2"));
    return Hits() >= before + 20;
  }));
}

// Proves: S01
TEST_F(SharedCacheOfReplicas, MeasuresFromTheSharedStatistics) {
  ASSERT_OK(NameAt("contact", 0));
  ASSERT_NO_FATAL_FAILURE(AwaitHits());
  for (int round = 1; round <= 10; ++round) {
    ev::RecordEngagementRequest request;
    request.set_relationship(ana_.relationship);
    *request.mutable_engagement() = Call(absl::StrCat("call ", round), "2026-06-12 10:00", 60, 30);
    const std::string writer = round % 2 == 0 ? "engagement" : "engagement/2";
    ASSERT_OK(story_.house.client(writer).Call<ev::Engagement>(
        absl::StrCat(kEngagements, "RecordEngagement"), request));
    for (const char* reader : {"engagement", "engagement/2", "engagement"}) {
      ev::GetRapportRequest get;
      get.set_name(ana_.relationship);
      ASSERT_OK_AND_ASSIGN(const auto rapport, story_.house.client(reader).Call<ev::Rapport>(
                                                   absl::StrCat(kRapport, "GetRapport"), get));
      ASSERT_EQ(rapport.two_way_count(), round) << reader;
    }
  }
}

// The settings are a row of their own, for which calls that come together ask with one command.
// Proves: S05
TEST_F(SharedCacheOfReplicas, MeasuresByTheSettingsThatWereAcknowledged) {
  constexpr int kRounds = 40;
  constexpr std::size_t kAtOnce = 8;
  // Of the five hours until we answered, we work those minutes that the settings leave us.
  story_.Recorded(ana_, MailFrom("a question", "2026-06-08 10:00", "t"));
  story_.Recorded(ana_, MailTo("an answer", "2026-06-08 15:00", "t"));
  const auto work = [&](int minutes) {
    cv::UpdateSettingsRequest request;
    request.mutable_settings()->set_name(absl::StrCat(story_.house.parent(), "/settings"));
    request.mutable_settings()->set_working_zone("UTC");
    auto* const window = request.mutable_settings()->add_working_hours();
    window->set_end_minute(600 + minutes);
    request.mutable_update_mask()->add_paths("working_zone");
    request.mutable_update_mask()->add_paths("working_hours");
    return story_.house.client(minutes % 2 == 0 ? "contact" : "contact/2")
        .Call<cv::Settings>(absl::StrCat(kStewards, "UpdateSettings"), request)
        .status();
  };
  ASSERT_OK(work(1));
  std::atomic<bool> over{false};
  std::atomic<int> acknowledged{1}, seen{0};
  std::vector<std::thread> readers;
  for (const char* replica : {"engagement", "engagement/2"}) {
    readers.emplace_back([&, replica] {
      ev::GetRapportRequest get;
      get.set_name(ana_.relationship);
      while (!over) {
        const int least = std::max(acknowledged.load(), seen.load());
        std::vector<absl::StatusOr<ev::Rapport>> answers(kAtOnce);
        rpc::Calls calls;
        for (auto& answer : answers) {
          calls.Start(story_.house.client(replica), absl::StrCat(kRapport, "GetRapport"), get,
                      &answer);
        }
        calls.Wait();
        for (const auto& answer : answers) {
          ASSERT_OK(answer);
          const int minutes = static_cast<int>(std::lround(answer->reply_hours().value() * 60));
          ASSERT_GE(minutes, least) << replica;
          for (int now = seen; now < minutes && !seen.compare_exchange_weak(now, minutes);) {
          }
        }
      }
    });
  }
  const std::int64_t before = Hits();
  EXPECT_TRUE(Eventually(absl::Seconds(60), [&] { return Hits() > before + 20; }));
  for (int minutes = 2; minutes <= kRounds; ++minutes) {
    const absl::Status updated = work(minutes);
    EXPECT_OK(updated);
    if (updated.ok()) acknowledged = minutes;
    const bool followed = Eventually(absl::Seconds(30), [&] { return seen >= minutes; });
    EXPECT_TRUE(followed);
    if (!followed) break;
  }
  over = true;
  for (auto& reader : readers) reader.join();
  EXPECT_EQ(seen, kRounds);
}

// Proves: S01, S03, V15, N6
TEST_F(SharedCacheOfReplicas, IsSlowerButNeverWrongWhateverHappensToRedis) {
  ASSERT_OK(NameAt("contact", 0));
  ASSERT_NO_FATAL_FAILURE(AwaitHits());
  std::atomic<bool> over{false};
  std::atomic<int> acknowledged{0};
  std::thread writer([&] {
    for (int number = 1; !over; ++number) {
      const auto named = NameAt(number % 2 == 0 ? "contact" : "contact/2", number);
      EXPECT_OK(named);
      if (named.ok()) acknowledged = number;
    }
  });
  std::vector<std::thread> readers;
  for (const char* replica : {"contact", "contact/2"}) {
    readers.emplace_back([&, replica] {
      while (!over) {
        const int before = acknowledged;
        const auto read = PersonAt(replica);
        EXPECT_OK(read);
        EXPECT_TRUE(!read.ok() || NumberOf(*read) >= before) << replica;
      }
    });
  }
  // Some writes between one misfortune and the next.
  const auto go_on = [&] {
    const int before = acknowledged;
    EXPECT_TRUE(Eventually(absl::Seconds(30), [&] { return acknowledged >= before + 20; }));
  };
  go_on();
  Ask("flushall");
  go_on();
  redis_.Signal(SIGSTOP);
  go_on();
  redis_.Signal(SIGCONT);
  go_on();
  redis_.Kill();
  go_on();
  redis_.Start();
  AwaitHits();
  go_on();
  over = true;
  writer.join();
  for (auto& reader : readers) reader.join();
}

}  // namespace
}  // namespace rapport::tests
