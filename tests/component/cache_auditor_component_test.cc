// The auditor beside a running house: silent while all is well, and it finds what is wrong.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/testing/redis_server.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"
#include "tests/component/alert_rules.h"
#include "tests/harness/process.h"
#include "tests/scenarios/story.h"
#include "tools/cache_auditor/redis_client.h"

namespace rapport::tests {
namespace {

using ::testing::HasSubstr;

constexpr char kNow[] = "2026-06-15 10:00";

class CacheAuditor : public ::testing::Test {
 protected:
  House::Options Two() {
    setenv("RAPPORT_TEST_STORE", "postgres", 1);
    House::Options options;
    options.services = {"contact", "engagement", "contact/2", "engagement/2"};
    for (const char* service : {"contact", "engagement"}) {
      options.flags[service] = {"--redis=unix:" + redis_.socket()};
    }
    return options;
  }
  std::unique_ptr<Process> StartAuditor(const std::vector<std::string>& flags) {
    std::vector<std::string> arguments = {
        RAPPORT_CACHE_AUDITOR_BINARY, "--redis=unix:" + redis_.socket(),
        "--contact_target=" + story_.house.SocketOf("contact"),
        "--engagement_target=" + story_.house.SocketOf("engagement")};
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    log_ = story_.house.folder() + "/auditor.log";
    return std::make_unique<Process>(arguments, log_);
  }
  std::string Log() const {
    std::ifstream in(log_, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  // The counts that the auditor printed last.
  double CountOf(const std::string& name) const {
    const std::string log = Log();
    const std::size_t begin = log.rfind("\n{") == std::string::npos ? 0 : log.rfind("\n{") + 1;
    google::protobuf::Struct json;
    EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(log.substr(begin), &json).ok()) << log;
    return json.fields().at(name).number_value();
  }
  absl::Status NameAt(const std::string& replica, int number) {
    cv::UpdatePersonRequest update;
    update.mutable_person()->set_name(ana_.person);
    update.mutable_person()->set_full_name(absl::StrCat("Ana ", number));
    update.mutable_update_mask()->add_paths("full_name");
    return story_.house.client(replica)
        .Call<cv::Person>(absl::StrCat(kPeople, "UpdatePerson"), update)
        .status();
  }
  absl::Status ReadAt(const std::string& replica) {
    cv::GetPersonRequest get;
    get.set_name(ana_.person);
    return story_.house.client(replica)
        .Call<cv::Person>(absl::StrCat(kPeople, "GetPerson"), get)
        .status();
  }
  absl::Status MeasureAt(const std::string& replica) {
    ev::GetRapportRequest get;
    get.set_name(ana_.relationship);
    return story_.house.client(replica)
        .Call<ev::Rapport>(absl::StrCat(kRapport, "GetRapport"), get)
        .status();
  }
  std::string Ask(const std::vector<std::string>& words) const {
    auto client = auditor::RedisClient::Dial("unix:" + redis_.socket(), "", "");
    EXPECT_OK(client);
    const auto answer = (*client)->Ask(words);
    EXPECT_OK(answer);
    return answer.ok() ? answer->value_or("") : "";
  }
  // The only entry of that kind that holds a value, once there is one: as key and value.
  std::pair<std::string, std::string> AwaitEntry(const std::string& kind) {
    std::string key;
    EXPECT_TRUE(Eventually(absl::Seconds(60), [&] {
      EXPECT_OK(ReadAt("contact"));
      key = Ask({"EVAL",
                 "for _, key in ipairs(redis.call('KEYS', 'rp1:*:' .. ARGV[1] .. ':*')) do if "
                 "redis.call('GETRANGE', key, 0, 2) == 'R1V' then return key end end return ''",
                 "0", kind});
      return !key.empty();
    }));
    return {key, Ask({"GET", key})};
  }

  testing::RedisServer redis_;
  Story story_{kNow, Two()};
  const Story::Known ana_ =
      story_.Knows("Ana", {"ana@example.org"}, {story_.HasSteward("mara", "Mara", 5)});
  std::string log_;
};

// Proves: N7
TEST_F(CacheAuditor, IsSilentAboutAHealthyHouseUnderLoad) {
  AwaitEntry("pe");
  const auto auditor = StartAuditor({"--delays=100ms,500ms,2s", "--duration=8s"});
  std::atomic<bool> over{false};
  std::vector<std::thread> load;
  for (const char* number : {"", "/2"}) {
    load.emplace_back([&, number = std::string(number), contact = absl::StrCat("contact", number),
                       engagement = absl::StrCat("engagement", number)] {
      for (int i = 0; !over; ++i) {
        EXPECT_OK(NameAt(contact, i));
        EXPECT_OK(ReadAt(contact));
        EXPECT_OK(ReadAt("contact"));
        ev::RecordEngagementRequest record;
        record.set_relationship(ana_.relationship);
        *record.mutable_engagement() =
            Call(absl::StrCat(number, "call ", i), "2026-06-12 10:00", 60, 30);
        EXPECT_OK(
            story_.house.client(engagement)
                .Call<ev::Engagement>(absl::StrCat(kEngagements, "RecordEngagement"), record));
        EXPECT_OK(MeasureAt(engagement));
        EXPECT_OK(MeasureAt("engagement"));
      }
    });
  }
  EXPECT_EQ(auditor->Wait(absl::Seconds(60)), 0) << Log();
  over = true;
  for (auto& thread : load) thread.join();
  EXPECT_EQ(CountOf("inconsistent"), 0);
  EXPECT_GT(CountOf("changes"), 50);
  EXPECT_GT(CountOf("checked"), 100);
}

// Proves: N7
TEST_F(CacheAuditor, FindsAValueThatIsOlderThanAnAcknowledgedWrite) {
  const auto& [key, old] = AwaitEntry("pe");
  const int port = FreeLoopbackPort();
  const auto auditor = StartAuditor({"--delays=500ms,1s", "--duration=60s", "--keep_going",
                                     absl::StrCat("--metrics_listen=127.0.0.1:", port)});
  const std::string alert = ReadAlerts(RAPPORT_ALERTS).at("RapportCacheInconsistent");
  Metrics before;
  ASSERT_TRUE(Eventually(absl::Seconds(20), [&] {
    before = Scrape(port);
    return before["rapport_cache_audit_checked_total"] > 0;
  }));
  EXPECT_FALSE(Holds(alert, {}, before));
  ASSERT_OK(NameAt("contact", 1));
  // What Redis would hold if it had lost the mark and kept the value.
  EXPECT_EQ(Ask({"SET", key, old}), "OK");
  EXPECT_TRUE(Eventually(absl::Seconds(20), [&] { return Holds(alert, before, Scrape(port)); }));
  // The remedy: a new epoch. Nothing of the old one is looked at any more.
  redis_.Kill();
  redis_.Start();
  ASSERT_OK(NameAt("contact", 2));
  AwaitEntry("pe");
  before = Scrape(port);
  ASSERT_OK(NameAt("contact", 3));
  ASSERT_TRUE(Eventually(absl::Seconds(30), [&] {
    return Holds("increase(rapport_cache_audit_checked_total[1m]) > 0", before, Scrape(port));
  }));
  EXPECT_FALSE(Holds(alert, before, Scrape(port)));
  auditor->Signal(SIGTERM);
  EXPECT_EQ(auditor->Wait(absl::Seconds(20)), 1);
  EXPECT_THAT(Log(), HasSubstr(absl::StrCat("\"kind\":\"pe\",\"name\":\"", ana_.person, "\"")));
  EXPECT_GE(CountOf("inconsistent"), 1);
}

TEST_F(CacheAuditor, SaysSoIfItCouldCheckNothing) {
  AwaitEntry("pe");
  const auto auditor =
      StartAuditor({"--redis=unix:/nonexistent", "--delays=10ms", "--duration=2s"});
  EXPECT_EQ(auditor->Wait(absl::Seconds(30)), 3) << Log();
  EXPECT_GT(CountOf("skipped"), 0);
  const auto mistyped = StartAuditor({"--delays=10s,1s"});
  EXPECT_EQ(mistyped->Wait(absl::Seconds(30)), 2);
}

}  // namespace
}  // namespace rapport::tests
