// The levels of consistency that a caller may ask for, as the pipeline reads them.
#include "common/rpc/consistency.h"

#include <gtest/gtest.h>

#include <string>

#include "common/base/errors.h"
#include "common/rpc/test_server.h"
#include "common/testing/matchers.h"
#include "rapport/contact/v1/steward_service.pb.h"

namespace rapport::rpc {
namespace {

using contact::v1::GetStewardRequest;
using contact::v1::Steward;
using contact::v1::UpdateStewardRequest;
using ::rapport::testing::StatusIs;
using Level = base::Consistency::Level;

base::Consistency Consistently(Level level,
                               absl::Duration max_age = base::Consistency::kLongestAge) {
  return {level, max_age};
}

TEST(ParseConsistency, KnowsFourLevelsAndTheAgeOfOne) {
  for (const char* same :
       {"at_least_as_fresh", "minimize_latency", "minimize_latency;max_age=500ms",
        "minimize_latency;max_age=2s", "minimize_latency;max_age=0", "fully_consistent"}) {
    const auto parsed = ParseConsistency(same);
    ASSERT_OK(parsed);
    EXPECT_EQ(FormatConsistency(*parsed), same);
  }
  EXPECT_EQ(ParseConsistency("minimize_latency;max_age=1.5s")->max_age, absl::Milliseconds(1500));
  EXPECT_EQ(ParseConsistency("coherent")->level, Level::kCoherent);
  EXPECT_EQ(FormatConsistency({}), "");
  EXPECT_EQ(ParseConsistency("minimize_latency;max_age=60s")->max_age,
            ParseConsistency("minimize_latency")->max_age);
}

TEST(ParseConsistency, RefusesEverythingElse) {
  for (const char* wrong :
       {"", "Coherent", "coherent ", "minimise_latency", "minimize_latency;", "minimize_latency;2s",
        "minimize_latency;max_age=", "minimize_latency;max_age=61s", "minimize_latency;max_age=-1s",
        "minimize_latency;max_age=inf", "minimize_latency;max_age=2", "coherent;max_age=2s",
        "at_least_as_fresh;max_age=2s", "fully_consistent,coherent"}) {
    const auto parsed = ParseConsistency(wrong);
    EXPECT_THAT(parsed, StatusIs(absl::StatusCode::kInvalidArgument)) << wrong;
    EXPECT_EQ(ReasonName(parsed.status()), "FIELD") << wrong;
  }
}

class Levels : public ::testing::Test {
 protected:
  // What the handler was asked for, or the reason of a refusal.
  std::string Asked(const CallOptions& options, const std::string& name = "ada") {
    GetStewardRequest request;
    request.set_name("tenants/home/stewards/" + name);
    const auto steward = client_.Call<Steward>(kGetSteward, request, options);
    return steward.ok() ? steward->display_name() : ReasonName(steward.status());
  }

  TestServer server_;
  Client client_ = server_.MakeClient();
};

// Proves: S05
TEST_F(Levels, ReachTheHandlerOfARead) {
  EXPECT_EQ(Asked({}), "");
  for (const base::Consistency& level :
       {Consistently(Level::kFullyConsistent), Consistently(Level::kMinimizeLatency),
        Consistently(Level::kMinimizeLatency, absl::Seconds(3))}) {
    EXPECT_EQ(Asked({.consistency = level}), FormatConsistency(level));
  }
  EXPECT_EQ(Asked({.consistency = Consistently(Level::kMinimizeLatency, absl::Hours(1))}), "FIELD");
}

// Proves: S05
TEST_F(Levels, ATokenBindsAllButTheOneThatAsksForSpeed) {
  const auto with_token = [&](Level level) {
    return Asked({.consistency_token = "teststore.7", .consistency = Consistently(level)});
  };
  EXPECT_EQ(with_token(Level::kCoherent), " after 7");
  EXPECT_EQ(with_token(Level::kFullyConsistent), "fully_consistent after 7");
  EXPECT_EQ(with_token(Level::kAtLeastAsFresh), "at_least_as_fresh after 7");
  EXPECT_EQ(with_token(Level::kMinimizeLatency), "minimize_latency");
  EXPECT_EQ(Asked({.consistency_token = "no token",
                   .consistency = Consistently(Level::kMinimizeLatency)}),
            "CONSISTENCY_TOKEN");
}

// Proves: S05
TEST_F(Levels, WhatAnotherStoreHadIsNotFoundInAnythingOld) {
  EXPECT_EQ(Asked({.consistency_token = "teststore.7,other.1",
                   .consistency = Consistently(Level::kAtLeastAsFresh)}),
            "at_least_as_fresh nothing old after 7");
}

// Proves: S05
TEST_F(Levels, ThatMayBeOldTellTheAgeInWholeMillisecondsRoundedUp) {
  absl::Duration age;
  const auto ask = [&](Level level, const std::string& name) {
    Asked({.consistency = Consistently(level), .age = &age}, name);
    return age;
  };
  EXPECT_EQ(ask(Level::kMinimizeLatency, "old"), absl::Milliseconds(2));
  EXPECT_EQ(ask(Level::kAtLeastAsFresh, "old"), absl::Milliseconds(2));
  EXPECT_EQ(ask(Level::kMinimizeLatency, "ada"), absl::ZeroDuration());
  EXPECT_EQ(ask(Level::kCoherent, "ada"), absl::InfiniteDuration());
  EXPECT_EQ(ask(Level::kFullyConsistent, "ada"), absl::InfiniteDuration());
}

// Proves: S05
TEST(LevelsOfCopies, AreAsOldAsTheFeedsThatTheyRestOn) {
  absl::Duration lag = absl::Seconds(3);
  TestServer server({.server = {.lag = [&] { return lag; }}});
  Client client = server.MakeClient();
  absl::Duration age;
  CallOptions options;
  options.consistency = Consistently(Level::kMinimizeLatency);
  options.age = &age;
  GetStewardRequest request;
  request.set_name("tenants/home/stewards/ada");
  ASSERT_OK(client.Call<Steward>(kGetSteward, request, options));
  EXPECT_EQ(age, absl::Seconds(3));
  lag = absl::InfiniteDuration();
  ASSERT_OK(client.Call<Steward>(kGetSteward, request, options));
  EXPECT_EQ(age, absl::InfiniteDuration());
}

// Proves: S05
TEST_F(Levels, AChangeIsMadeToWhatIsThereNow) {
  UpdateStewardRequest update;
  update.mutable_steward()->set_name("tenants/home/stewards/ada");
  CallOptions options;
  options.consistency_token = "teststore.5";
  options.consistency = Consistently(Level::kMinimizeLatency);
  const auto changed = client_.Call<Steward>(kUpdateSteward, update, options);
  ASSERT_OK(changed);
  EXPECT_EQ(changed->display_name(), " after 5");
}

}  // namespace
}  // namespace rapport::rpc
