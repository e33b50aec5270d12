#include "tools/cache_auditor/audit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/cache/entry.h"

namespace rapport::auditor {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string Value(std::uint64_t version) {
  return cache::EncodeHeader({cache::EntryKind::kValue, version}) + std::string(27, '\0') +
         "payload";
}

class AuditTest : public ::testing::Test {
 protected:
  AuditTest()
      : audit_({.trust = [this](const std::string&) -> absl::StatusOr<Trust> {
                  ++asked_;
                  return trust_;
                },
                .get = [this](const std::string& run_id, const std::vector<std::string>& keys)
                    -> absl::StatusOr<std::vector<absl::optional<std::string>>> {
                  if (run_id != "run") return absl::UnavailableError("no such Redis");
                  std::vector<absl::optional<std::string>> out;
                  for (const std::string& key : keys) {
                    const auto found = redis_.find(key);
                    out.push_back(found == redis_.end()
                                      ? absl::nullopt
                                      : absl::optional<std::string>(found->second));
                  }
                  if (after_get_) after_get_();
                  return out;
                },
                .on_finding = [this](const Finding& finding) { found_.push_back(finding); }},
               {absl::Seconds(1), absl::Seconds(10)}, registry_) {
    trust_.store_id = "store";
    trust_.scopes = {{0, "00000000000000aa", "run"}};
  }
  void Hear(std::uint64_t version, bool old = false) {
    audit_.Add({"contact", "store", "tenants/home/people/ana", Ana(), version}, old, now_);
  }
  static CachedRow Ana() {
    return *RowOf("contact", "rapport.contact.v1.Person", "tenants/home/people/ana");
  }
  void Hold(const std::string& entry) { redis_[KeyOf(0, "00000000000000aa", Ana())] = entry; }
  void StepAt(absl::Duration after) {
    while (audit_.Step(now_ + after)) {
    }
  }

  const absl::Time now_ = absl::FromUnixSeconds(1000);
  telemetry::Registry registry_;
  Trust trust_;
  std::map<std::string, std::string> redis_;
  std::function<void()> after_get_;
  std::vector<Finding> found_;
  int asked_ = 0;
  Audit audit_;
};

TEST_F(AuditTest, LooksAfterEachDelay) {
  Hear(7);
  StepAt(absl::Milliseconds(999));
  EXPECT_EQ(audit_.checked(), 0u);
  StepAt(absl::Seconds(1));
  EXPECT_EQ(audit_.checked(), 1u);
  StepAt(absl::Milliseconds(9999));
  EXPECT_EQ(audit_.checked(), 1u);
  StepAt(absl::Seconds(10));
  StepAt(absl::Seconds(100));
  EXPECT_EQ(audit_.checked(), 2u);
  EXPECT_EQ(audit_.inconsistent() + audit_.late() + audit_.skipped(), 0u);
  EXPECT_EQ(audit_.ToJson(),
            R"({"changes":1,"checked":2,"inconsistent":0,"late":0,"skipped":0,"waiting":0})");
}

TEST_F(AuditTest, LooksOnceAtWhatWasThereBefore) {
  Hear(7, true);
  StepAt(absl::Seconds(1));
  StepAt(absl::Seconds(100));
  EXPECT_EQ(audit_.checked(), 1u);
}

// Proves: N7
TEST_F(AuditTest, IsSilentAboutNoValueAndValuesThatAreNewEnough) {
  Hear(7);
  for (const std::string& entry :
       {Value(7), Value(8), cache::EncodeHeader({cache::EntryKind::kBlank, 0, 6}),
        std::string("rubbish")}) {
    Hold(entry);
    StepAt(absl::Seconds(1));
    Hear(7);
  }
  EXPECT_THAT(found_, ElementsAre());
  EXPECT_EQ(audit_.checked(), 4u);
}

// Proves: N7
TEST_F(AuditTest, FindsAnOlderValueAndSaysWhatItIs) {
  Hear(7);
  Hold(Value(6));
  StepAt(absl::Seconds(1));
  EXPECT_EQ(audit_.inconsistent(), 1u);
  ASSERT_EQ(found_.size(), 1u);
  const std::string json = ToJson(found_[0]);
  EXPECT_THAT(json, HasSubstr(R"("name":"tenants/home/people/ana","needed_version":"7",)"
                              R"("found_version":"6","entry_kind":"V")"));
  EXPECT_THAT(json, ::testing::Not(HasSubstr("7061796c6f6164"))) << "the payload";
  // A row that is there is no row that is not there.
  Hold(cache::EncodeHeader({cache::EntryKind::kNegative, 0}));
  StepAt(absl::Seconds(10));
  EXPECT_EQ(audit_.inconsistent(), 2u);
}

TEST_F(AuditTest, HoldsNothingAgainstAnEpochThatEndedMeanwhile) {
  Hear(7);
  Hold(Value(6));
  after_get_ = [this] { trust_.scopes[0].epoch = "00000000000000bb"; };
  StepAt(absl::Seconds(1));
  EXPECT_EQ(audit_.inconsistent(), 0u);
  EXPECT_EQ(audit_.skipped(), 1u);
}

TEST_F(AuditTest, CountsWhatItCannotLookAtAndWhatItLooksAtLate) {
  Hear(7);
  trust_.scopes[0].run_id = "another";
  StepAt(absl::Seconds(1));
  EXPECT_EQ(audit_.skipped(), 1u);
  trust_.scopes.clear();
  Hear(7);
  StepAt(absl::Seconds(2));
  EXPECT_EQ(audit_.skipped(), 2u);
  trust_.scopes = {{0, "00000000000000aa", "run"}};
  trust_.store_id = "restored";
  Hear(8);
  StepAt(absl::Seconds(3));
  EXPECT_EQ(audit_.skipped(), 3u);
  EXPECT_EQ(audit_.checked(), 0u);
  trust_.store_id = "store";
  StepAt(absl::Seconds(11) + absl::Milliseconds(1));
  EXPECT_EQ(audit_.late(), 3u);
  EXPECT_EQ(audit_.checked(), 3u);
}

TEST_F(AuditTest, LooksInEveryScopeThatIsOn) {
  trust_.scopes = {{0, "00000000000000aa", "run"}, {5, "00000000000000bb", "run"}};
  redis_[KeyOf(5, "00000000000000bb", Ana())] = Value(6);
  Hear(7);
  StepAt(absl::Seconds(1));
  EXPECT_EQ(audit_.inconsistent(), 1u);
}

TEST_F(AuditTest, AsksTheServiceOnceForManyLooks) {
  for (int i = 0; i < 1000; ++i) Hear(7);
  StepAt(absl::Seconds(1));
  EXPECT_EQ(audit_.checked(), 1000u);
  EXPECT_EQ(asked_, 1);
}

}  // namespace
}  // namespace rapport::auditor
