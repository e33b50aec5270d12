// A few thousand seeded histories; those with even seeds spare marks and check G2 too.
// RAPPORT_SEED=n replays one; RAPPORT_HISTORIES=n runs more, from RAPPORT_FIRST_SEED=n on.
#include "common/cache/simulator.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

#include "absl/strings/numbers.h"

namespace rapport::cache {
namespace {

std::uint64_t FromEnvironment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  std::uint64_t value = otherwise;
  if (text != nullptr && !absl::SimpleAtoi(text, &value)) ADD_FAILURE() << name << " is no number";
  return value;
}

// Proves: N5, S04, S05, S06
TEST(CacheSimulator, NeverReturnsWhatAnAcknowledgedWriteReplaced) {
  const std::uint64_t first =
      FromEnvironment("RAPPORT_SEED", FromEnvironment("RAPPORT_FIRST_SEED", 1));
  const std::uint64_t histories =
      std::getenv("RAPPORT_SEED") != nullptr ? 1 : FromEnvironment("RAPPORT_HISTORIES", 2000);
  SimulatorReport sum;
  for (std::uint64_t seed = first; seed < first + histories; ++seed) {
    SimulatorOptions options;
    options.spare_marks = seed % 2 == 0;
    const SimulatorReport report = Simulate(seed, options);
    EXPECT_EQ(report.first_breach, "") << "RAPPORT_SEED=" << seed;
    EXPECT_EQ(report.unfinished, 0) << "RAPPORT_SEED=" << seed;
    if (::testing::Test::HasFailure()) return;
    sum.reads += report.reads;
    sum.hits += report.hits;
    sum.fills += report.fills;
    sum.writes += report.writes;
    sum.closes += report.closes;
    sum.opens += report.opens;
    sum.restarts += report.restarts;
    sum.marks_lost += report.marks_lost;
    sum.rollbacks += report.rollbacks;
  }
  std::printf(
      "%lld reads (%lld hits, %lld fills), %lld writes, %lld closes, %lld opens, "
      "%lld restarts, %lld marks lost, %lld rollbacks\n",
      static_cast<long long>(sum.reads), static_cast<long long>(sum.hits),
      static_cast<long long>(sum.fills), static_cast<long long>(sum.writes),
      static_cast<long long>(sum.closes), static_cast<long long>(sum.opens),
      static_cast<long long>(sum.restarts), static_cast<long long>(sum.marks_lost),
      static_cast<long long>(sum.rollbacks));
  if (histories < 100) return;
  // The histories are not idle.
  const auto each = static_cast<std::int64_t>(histories);
  EXPECT_GT(sum.hits, 10 * each);
  EXPECT_GT(sum.writes, 10 * each);
  EXPECT_GT(sum.closes, each / 2);
  EXPECT_GT(sum.opens, each / 2);
  EXPECT_GT(sum.restarts, each / 4);
  EXPECT_GT(sum.rollbacks, each / 2);
}

TEST(CacheSimulator, TellsTheSameStoryForTheSameSeed) {
  const SimulatorReport once = Simulate(5, {});
  const SimulatorReport again = Simulate(5, {});
  EXPECT_EQ(once.reads, again.reads);
  EXPECT_EQ(once.hits, again.hits);
  EXPECT_EQ(once.writes, again.writes);
  EXPECT_NE(once.reads, Simulate(6, {}).reads);
}

class CacheSimulatorFlaw : public ::testing::TestWithParam<Flaw> {};

TEST_P(CacheSimulatorFlaw, IsNoticed) {
  for (std::uint64_t seed = 1; seed <= 5000; ++seed) {
    SimulatorOptions options;
    options.flaw = GetParam();
    if (GetParam() == Flaw::kFailedStampIgnored) {  // seen only if the mark was evicted as well
      options.writers = 1;
      options.readers = 8;
      options.lost_percent = 20;
    }
    options.spare_marks = GetParam() == Flaw::kUnmarkInDoubt;
    const SimulatorReport report = Simulate(seed, options);
    if (report.stale_after_ack + report.time_travel > 0) {
      std::printf("noticed after %llu histories\n", static_cast<unsigned long long>(seed));
      return;
    }
  }
  FAIL() << "5000 histories hide it";
}

INSTANTIATE_TEST_SUITE_P(Each, CacheSimulatorFlaw,
                         ::testing::Values(Flaw::kFailedStampIgnored, Flaw::kNoFence,
                                           Flaw::kRunIdIgnored, Flaw::kFillsWithoutLease,
                                           Flaw::kSharesAnyLoad, Flaw::kLeasedRow,
                                           Flaw::kNoExclusion, Flaw::kClosingIsOff,
                                           Flaw::kUnmarkInDoubt),
                         [](const auto& tested) {
                           switch (tested.param) {
                             case Flaw::kFailedStampIgnored:
                               return "FailedStampIgnored";
                             case Flaw::kNoFence:
                               return "NoFence";
                             case Flaw::kRunIdIgnored:
                               return "RunIdIgnored";
                             case Flaw::kFillsWithoutLease:
                               return "FillsWithoutLease";
                             case Flaw::kSharesAnyLoad:
                               return "SharesAnyLoad";
                             case Flaw::kLeasedRow:
                               return "LeasedRow";
                             case Flaw::kNoExclusion:
                               return "NoExclusion";
                             case Flaw::kClosingIsOff:
                               return "ClosingIsOff";
                             case Flaw::kUnmarkInDoubt:
                               return "UnmarkInDoubt";
                             case Flaw::kNone:
                               break;
                           }
                           return "None";
                         });

}  // namespace
}  // namespace rapport::cache
