// What each level of consistency promises, seen from outside: two processes of contact on one
// PostgreSQL with a shared Redis.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "common/base/mutex.h"
#include "common/testing/postgres_server.h"
#include "common/testing/redis_server.h"
#include "tests/scenarios/story.h"

namespace rapport::tests {
namespace {

using base::Consistency;
using Level = base::Consistency::Level;

constexpr absl::Duration kPatience = absl::Seconds(100);

// A person's number, and how old it may be; the number -1 and a reason if it was refused.
struct Seen {
  int number = -1;
  absl::Duration age = absl::InfiniteDuration();
  type::v1::ErrorReason reason = type::v1::ERROR_REASON_UNSPECIFIED;
};

class ConsistencyLevels : public ::testing::Test {
 protected:
  ConsistencyLevels() {
    for (const char* replica : {"contact", "contact/2"}) {
      clients_[replica] =
          std::make_unique<rpc::Client>(rpc::ClientOptions{.target = house_.SocketOf(replica)});
    }
    cv::CreatePersonRequest create;
    create.set_parent(house_.parent());
    create.mutable_person()->set_full_name("Ana 0");
    person_ = house_.Must<cv::Person>(absl::StrCat(kPeople, "CreatePerson"), create).name();
  }

  House::Options Two() {
    House::Options options;
    options.services = {"contact", "contact/2"};
    options.flags["contact"] = {"--store=" + postgres_.CreateDatabase(),
                                "--redis=unix:" + redis_.socket()};
    return options;
  }
  Seen Read(const std::string& replica, Level level,
            absl::Duration max_age = Consistency::kLongestAge, const std::string& token = "") {
    cv::GetPersonRequest get;
    get.set_name(person_);
    Seen seen;
    const auto person =
        clients_.at(replica)->Call<cv::Person>(absl::StrCat(kPeople, "GetPerson"), get,
                                               {.timeout = absl::Seconds(20),
                                                .consistency_token = token,
                                                .consistency = {level, max_age},
                                                .age = &seen.age});
    if (person.ok()) {
      EXPECT_TRUE(absl::SimpleAtoi(person->full_name().substr(4), &seen.number));
    } else {
      seen.reason = errors::ReasonOf(person.status());
    }
    return seen;
  }
  // Gives the person a number; the token of the write.
  std::string Write(const std::string& replica, int number) {
    cv::UpdatePersonRequest update;
    update.mutable_person()->set_name(person_);
    update.mutable_person()->set_full_name(absl::StrCat("Ana ", number));
    update.mutable_update_mask()->add_paths("full_name");
    cv::Person person;
    std::string token;
    EXPECT_OK(clients_.at(replica)->CallInto(absl::StrCat(kPeople, "UpdatePerson"), update, &person,
                                             {}, &token));
    return token;
  }
  // What redis-cli prints for a script.
  std::string Run(const std::string& script) const {
    FILE* const pipe = popen(
        absl::StrCat("redis-cli -s ", redis_.socket(), " eval \"", script, "\" 0").c_str(), "r");
    std::string text;
    char piece[4096];
    while (const std::size_t size = fread(piece, 1, sizeof(piece), pipe)) text.append(piece, size);
    pclose(pipe);
    return std::string(absl::StripSuffix(text, "\n"));
  }

  testing::PostgresServer postgres_;
  testing::RedisServer redis_;
  House house_{Two()};
  std::map<std::string, std::unique_ptr<rpc::Client>> clients_;  // without a session
  std::string person_;
};

// Proves: S05
TEST_F(ConsistencyLevels, AnOldAnswerIsNeverOlderThanItSaysAndACoherentOneBesideItNeverOld) {
  base::Mutex mu;
  std::vector<absl::Time> acknowledged = {absl::Now()};  // by number
  const auto last_before = [&](absl::Time instant) {
    base::MutexLock lock(&mu);
    std::size_t number = acknowledged.size();
    while (number > 1 && acknowledged[number - 1] >= instant) --number;
    return static_cast<int>(number) - 1;
  };
  std::atomic<bool> over{false};
  std::thread writer([&] {
    for (int number = 1; !over; ++number) {
      Write(number % 2 == 0 ? "contact" : "contact/2", number);
      base::MutexLock lock(&mu);
      acknowledged.push_back(absl::Now());
    }
  });
  std::vector<std::thread> readers;
  std::atomic<int> aged{0};
  std::atomic<int> behind{0};
  for (const char* replica : {"contact", "contact/2"}) {
    readers.emplace_back([&, replica] {
      while (!over) {
        const absl::Time began = absl::Now();
        const int newest = last_before(began);
        const Seen old = Read(replica, Level::kMinimizeLatency);
        ASSERT_GE(old.number, last_before(began - old.age)) << replica << " " << old.age;
        ASSERT_LT(old.age, absl::Seconds(2));
        if (old.age > absl::ZeroDuration()) ++aged;
        if (old.number < newest) ++behind;
        const Seen young = Read(replica, Level::kMinimizeLatency, absl::Milliseconds(20));
        ASSERT_LE(young.age, absl::Milliseconds(20));
        const int before = last_before(absl::Now());
        ASSERT_GE(Read(replica, Level::kCoherent).number, before) << replica;
        const int before_full = last_before(absl::Now());
        ASSERT_GE(Read(replica, Level::kFullyConsistent).number, before_full) << replica;
      }
    });
  }
  EXPECT_TRUE(Eventually(kPatience, [&] { return aged >= 20 && behind >= 3; }))
      << aged << " " << behind;
  over = true;
  writer.join();
  for (auto& reader : readers) reader.join();
}

// Proves: S05
TEST_F(ConsistencyLevels, AnAnswerIsAtLeastAsFreshAsItsToken) {
  for (int number = 1; number <= 10; ++number) {
    EXPECT_GE(Read("contact", Level::kMinimizeLatency).number, 0);  // is kept there
    const std::string token = Write("contact/2", number);
    const Seen seen = Read("contact", Level::kAtLeastAsFresh, Consistency::kLongestAge, token);
    ASSERT_EQ(seen.number, number);
    EXPECT_LT(seen.age, absl::Seconds(2));
  }
  // What was read for the token serves those who carry it, until it is a second old.
  const std::string token = Write("contact/2", 11);
  EXPECT_TRUE(Eventually(kPatience, [&] {
    const Seen seen = Read("contact", Level::kAtLeastAsFresh, Consistency::kLongestAge, token);
    EXPECT_EQ(seen.number, 11);
    return seen.age > absl::ZeroDuration();
  }));
}

// Proves: S05, S06
TEST_F(ConsistencyLevels, AFullyConsistentAnswerIsTheStoresWhateverRedisHolds) {
  // What Redis holds now is saved, to be put back over something newer.
  ASSERT_TRUE(Eventually(kPatience, [&] {
    EXPECT_EQ(Read("contact", Level::kCoherent).number, 0);
    return Run("local n = 0 for _, k in ipairs(redis.call('keys', 'rp1:*:pe:*')) do "
               "n = n + redis.call('copy', k, 'saved:' .. k) end return n") == "1";
  }));
  Write("contact/2", 1);
  EXPECT_EQ(Read("contact", Level::kCoherent).number, 1);
  EXPECT_EQ(Run("local n = 0 for _, k in ipairs(redis.call('keys', 'saved:*')) do "
                "n = n + redis.call('copy', k, k:sub(7), 'replace') end return n"),
            "1");
  EXPECT_EQ(Read("contact", Level::kCoherent).number, 0) << "the lie was not told";
  EXPECT_EQ(Read("contact", Level::kFullyConsistent).number, 1);
  EXPECT_EQ(Read("contact/2", Level::kFullyConsistent).number, 1);
}

// Proves: S06
TEST_F(ConsistencyLevels, WithStoreAndRedisAwayOnlyThoseWhoAcceptItGetSomethingOld) {
  EXPECT_EQ(Read("contact", Level::kMinimizeLatency).number, 0);
  redis_.Kill();
  postgres_.Kill();
  EXPECT_TRUE(Eventually(kPatience, [&] {
    const Seen old = Read("contact", Level::kMinimizeLatency);
    EXPECT_EQ(old.number, 0);
    return old.age > absl::Seconds(2);
  }));
  EXPECT_EQ(Read("contact", Level::kMinimizeLatency, absl::Seconds(2)).reason, type::v1::STORE);
  EXPECT_EQ(Read("contact", Level::kCoherent).reason, type::v1::STORE);
  EXPECT_EQ(Read("contact", Level::kFullyConsistent).reason, type::v1::STORE);
  EXPECT_EQ(Read("contact/2", Level::kMinimizeLatency).reason, type::v1::STORE);  // never read it
  postgres_.Start();
  redis_.Start();
  EXPECT_TRUE(Eventually(kPatience, [&] { return Read("contact", Level::kCoherent).number == 0; }));
  EXPECT_LT(Read("contact", Level::kMinimizeLatency).age, absl::Seconds(1));
}

// Proves: S05
TEST(ConsistencyLevelsOfOneOwner, EveryAnswerIsOfNow) {
  House::Options options;
  options.services = {"contact"};
  unsetenv("RAPPORT_TEST_STORE");
  House house(std::move(options));
  cv::CreatePersonRequest create;
  create.set_parent(house.parent());
  create.mutable_person()->set_full_name("Ana 0");
  auto person = house.Must<cv::Person>(absl::StrCat(kPeople, "CreatePerson"), create);
  for (int number = 1; number <= 20; ++number) {
    cv::UpdatePersonRequest update;
    update.mutable_person()->set_name(person.name());
    update.mutable_person()->set_full_name(absl::StrCat("Ana ", number));
    update.mutable_update_mask()->add_paths("full_name");
    house.Must<cv::Person>(absl::StrCat(kPeople, "UpdatePerson"), update);
    for (const Level level : {Level::kMinimizeLatency, Level::kAtLeastAsFresh}) {
      cv::GetPersonRequest get;
      get.set_name(person.name());
      absl::Duration age;
      const auto read = house.client("contact").Call<cv::Person>(
          absl::StrCat(kPeople, "GetPerson"), get, {.consistency = {level}, .age = &age});
      ASSERT_OK(read);
      EXPECT_EQ(read->full_name(), absl::StrCat("Ana ", number));
      EXPECT_EQ(age, absl::ZeroDuration());
    }
  }
}

// Proves: S05
TEST(ConsistencyLevelsOfCopies, TheAgeIsTheTimeSinceTheFeedsWereHeard) {
  Story story("2026-06-15 10:00");
  const std::string mara = story.HasSteward("mara", "Mara", 5);
  const auto age = [&] {
    rv::GetWorklistRequest request;
    request.set_steward(mara);
    absl::Duration told;
    EXPECT_OK(story.house.client("recommendation")
                  .Call<rv::GetWorklistResponse>(
                      absl::StrCat(kRecommendation, "GetWorklist"), request,
                      {.consistency = {Level::kAtLeastAsFresh}, .age = &told}));
    return told;
  };
  EXPECT_TRUE(Eventually(kPatience, [&] { return age() < absl::Seconds(6); }));
  story.house.Kill("contact");
  const absl::Duration then = age();
  EXPECT_TRUE(Eventually(kPatience, [&] { return age() > then + absl::Seconds(6); }));
}

}  // namespace
}  // namespace rapport::tests
