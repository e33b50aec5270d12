// kill -9 of each service under load, again and again: nothing acknowledged is missing, nothing is
// doubled by repeats, and what is derived comes out the same.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/time/proto_time.h"
#include "rapport/recommendation/v1/recommendation_service.pb.h"
#include "tests/faults/load.h"
#include "tests/harness/house.h"

namespace rapport::tests {
namespace {

namespace v1 = rapport::recommendation::v1;

constexpr char kService[] = "rapport.recommendation.v1.RecommendationService/";

// The worklist and every decision and briefing, as text, once recommendation has seen `token`.
std::vector<std::string> AllAnswers(House& house, const Load& load, absl::Time as_of) {
  rpc::Client client({.target = house.SocketOf("recommendation"), .own_connection = true});
  rpc::CallOptions options;
  options.wait_for_ready = true;
  options.consistency_token = load.token();
  v1::GetWorklistRequest worklist;
  worklist.set_steward(load.steward());
  worklist.set_capacity(500);
  worklist.set_max_waiting(500);
  *worklist.mutable_as_of() = time::ToProto(as_of);
  v1::GetWorklistResponse items;
  absl::Status status;
  const bool caught_up = Eventually(absl::Seconds(60), [&] {
    status = client.CallInto(absl::StrCat(kService, "GetWorklist"), worklist, &items, options);
    return status.ok() && items.degraded().empty();
  });
  EXPECT_TRUE(caught_up) << status << items.DebugString();
  std::vector<std::string> answers = {items.DebugString()};
  for (const auto& [relationship, ledger] : load.ledger().relationships) {
    v1::SuggestNextStepsRequest steps;
    steps.set_relationship(relationship);
    *steps.mutable_as_of() = time::ToProto(as_of);
    auto decision =
        client.Call<v1::Decision>(absl::StrCat(kService, "SuggestNextSteps"), steps, options);
    EXPECT_TRUE(decision.ok()) << decision.status();
    if (decision.ok()) answers.push_back(decision->DebugString());
    v1::GetBriefingRequest briefing;
    briefing.set_relationship(relationship);
    briefing.set_view(v1::GetBriefingRequest::FULL);
    *briefing.mutable_as_of() = time::ToProto(as_of);
    auto brief =
        client.Call<v1::Briefing>(absl::StrCat(kService, "GetBriefing"), briefing, options);
    EXPECT_TRUE(brief.ok()) << brief.status();
    if (brief.ok()) answers.push_back(brief->DebugString());
  }
  return answers;
}

// Proves: N1, E02
TEST(Kill, LosesNothingAcknowledgedAndDoublesNothingOverFiftyCycles) {
  constexpr int kCycles = 50;
  constexpr int kAcksPerCycle = 50;
  const std::uint32_t seed = std::random_device{}();
  std::printf("seed %u\n", seed);
  std::mt19937 random(seed);
  House house;
  Load load(&house, {});
  load.Start();
  std::map<std::string, std::vector<double>> ready_ms;
  for (int cycle = 0; cycle < kCycles; ++cycle) {
    const char* const service = cycle % 5 < 2   ? "engagement"
                                : cycle % 5 < 4 ? "contact"
                                                : "recommendation";
    const std::int64_t before = load.acknowledged();
    ASSERT_TRUE(Eventually(absl::Seconds(60),
                           [&] { return load.acknowledged() >= before + kAcksPerCycle; }))
        << "no progress before cycle " << cycle;
    const absl::Time kill_at =
        absl::Now() + absl::Milliseconds(std::uniform_int_distribution<int>(5, 500)(random));
    Eventually(absl::Seconds(1), [&] { return absl::Now() >= kill_at; });
    house.Kill(service);
    const absl::Time begin = absl::Now();
    house.Start(service);
    const double took = absl::ToDoubleMilliseconds(absl::Now() - begin);
    ready_ms[service].push_back(took);
    EXPECT_LT(took, 20000) << service;
    if (HasFailure()) return;
  }
  // The last one must see work too.
  const std::int64_t last = load.acknowledged();
  ASSERT_TRUE(
      Eventually(absl::Seconds(60), [&] { return load.acknowledged() >= last + kAcksPerCycle; }));
  load.Stop();
  std::printf("%d kills, %lld acknowledged calls, %lld calls repeated, %lld answered again\n",
              kCycles, static_cast<long long>(load.acknowledged()),
              static_cast<long long>(load.repeated()),
              static_cast<long long>(load.answered_again()));
  std::printf("ledger: %lld engagements, %lld promises, %zu people\n",
              static_cast<long long>(load.ledger().engagements()),
              static_cast<long long>(load.ledger().promises()), load.ledger().people.size());
  for (auto& [service, times] : ready_ms) {
    std::sort(times.begin(), times.end());
    std::printf("%s: ready again after %.0f ms (median), %.0f ms (longest of %zu)\n",
                service.c_str(), times[times.size() / 2], times.back(), times.size());
  }
  load.Check();

  // What recommendation learned through kills and repeats is what it learns from nothing.
  const absl::Time as_of = absl::Now() + absl::Hours(24 * 30);
  const auto lived = AllAnswers(house, load, as_of);
  house.Kill("recommendation");
  for (const char* suffix : {"", "-wal", "-shm"}) {
    std::filesystem::remove(house.StoreOf("recommendation") + suffix);
  }
  house.Start("recommendation");
  const auto rebuilt = AllAnswers(house, load, as_of);
  ASSERT_EQ(lived.size(), rebuilt.size());
  for (std::size_t i = 0; i < lived.size(); ++i) EXPECT_EQ(lived[i], rebuilt[i]);
  std::printf("%zu answers of recommendation equal those of a store built anew\n", lived.size());
}

}  // namespace
}  // namespace rapport::tests
