// The design holds in every state of the configurations below, and each mutant is found broken.
// RAPPORT_MODEL=full explores the large configurations too (minutes and gigabytes).
#include "common/cache/model.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <ostream>
#include <string>

#include "absl/strings/str_join.h"

namespace rapport::cache::model {
namespace {

constexpr std::uint64_t kMaxStates = 400'000'000;

struct Case {
  const char* name;
  Config config;
  Breach breach = Breach::kNone;
  bool large = false;
  friend void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }
};
std::string NameOf(const ::testing::TestParamInfo<Case>& tested) { return tested.param.name; }

Config Broken(Mutant mutant, Config config) {
  config.mutant = mutant;
  return config;
}

const char* Verdict(Breach breach) {
  return breach == Breach::kG1 ? "G1 broken" : breach == Breach::kG2 ? "G2 broken" : "holds";
}

Outcome ExploreAndTell(const Case& tested) {
  Outcome outcome = Explore(tested.config, kMaxStates);
  std::printf("%-40s %s, %llu states, %llu transitions, %zu steps\n", tested.name,
              Verdict(outcome.breach), static_cast<unsigned long long>(outcome.states),
              static_cast<unsigned long long>(outcome.transitions), outcome.trace.size());
  EXPECT_TRUE(outcome.complete) << "more states than this test may hold";
  return outcome;
}

class CacheModel : public ::testing::TestWithParam<Case> {};

// Proves: N6, S04, S05
TEST_P(CacheModel, ShowsNoStaleRead) {
  const char* scale = std::getenv("RAPPORT_MODEL");
  if (GetParam().large && (scale == nullptr || std::string(scale) != "full")) {
    GTEST_SKIP() << "RAPPORT_MODEL=full explores it";
  }
  const Outcome outcome = ExploreAndTell(GetParam());
  EXPECT_EQ(outcome.breach, Breach::kNone) << absl::StrJoin(outcome.trace, "\n");
}

// "Eviction" includes a flush. Where marks may be evicted, G2 is not promised.
INSTANTIATE_TEST_SUITE_P(
    Of, CacheModel,
    ::testing::Values(
        Case{"W1R2_FaultTimeout", {.readers = 2, .faults = 1, .timeouts = 1}},
        Case{"W1R3_Restart", {.readers = 3, .faults = 1, .evict = false}},
        Case{"W1R3_Fault", {.readers = 3, .faults = 1, .check_g2 = false}},
        Case{"W1R3_Timeout", {.readers = 3, .timeouts = 1}},
        Case{"W1R3_Rollback", {.readers = 3, .rollbacks = 1}},
        Case{"W1R3_TwoRollbacks", {.readers = 3, .rollbacks = 2, .crash = false}},
        Case{"W1R2_RollbackTimeout", {.readers = 2, .timeouts = 1, .rollbacks = 1}},
        Case{"W1R2_RollbackFault", {.readers = 2, .faults = 1, .rollbacks = 1, .check_g2 = false}},
        Case{"W2R3_Rollback", {.writers = 2, .readers = 3, .rollbacks = 1, .crash = false}},
        Case{"W2R2_RollbackTimeout",
             {.writers = 2, .readers = 2, .timeouts = 1, .rollbacks = 1, .crash = false}},
        Case{"W2R3", {.writers = 2, .readers = 3, .crash = false}},
        Case{"W2R2_Timeout", {.writers = 2, .readers = 2, .timeouts = 1, .crash = false}},
        Case{"W2R2_Fault",
             {.writers = 2, .readers = 2, .faults = 1, .crash = false, .check_g2 = false}},
        Case{"W1R2_Coalesced", {.readers = 2, .timeouts = 1, .coalesce = true}},
        Case{"W1R3_Refreshed", {.readers = 3, .refresh = true}}),
    NameOf);

INSTANTIATE_TEST_SUITE_P(
    Large, CacheModel,
    ::testing::Values(
        Case{"W1R3_RestartTimeout",
             {.readers = 3, .faults = 1, .timeouts = 1, .evict = false},
             Breach::kNone,
             true},
        Case{"W1R2_FaultTwoTimeouts",
             {.readers = 2, .faults = 1, .timeouts = 2, .check_g2 = false},
             Breach::kNone,
             true},
        Case{"W1R2_TwoFaultsTimeout",
             {.readers = 2, .faults = 2, .timeouts = 1, .check_g2 = false},
             Breach::kNone,
             true},
        Case{
            "W1R3_Coalesced", {.readers = 3, .timeouts = 1, .coalesce = true}, Breach::kNone, true},
        Case{"W1R3_RefreshedTimeout",
             {.readers = 3, .timeouts = 1, .rollbacks = 1, .refresh = true},
             Breach::kNone,
             true},
        Case{"W1R3_RollbackTimeout",
             {.readers = 3, .timeouts = 1, .rollbacks = 1},
             Breach::kNone,
             true},
        Case{"W1R3_RollbackRestart",
             {.readers = 3, .faults = 1, .rollbacks = 1, .evict = false},
             Breach::kNone,
             true},
        Case{"W1R2_RollbackFaultTimeout",
             {.readers = 2, .faults = 1, .timeouts = 1, .rollbacks = 1},
             Breach::kNone,
             true},
        Case{"W2R3_Crash", {.writers = 2, .readers = 3}, Breach::kNone, true},
        Case{"W2R2_FaultCrash",
             {.writers = 2, .readers = 2, .faults = 1, .check_g2 = false},
             Breach::kNone,
             true},
        Case{"W2R2_TimeoutCrash", {.writers = 2, .readers = 2, .timeouts = 1}, Breach::kNone, true},
        Case{"W1R2_RollbackTimeout_Unreduced",
             {.readers = 2, .timeouts = 1, .rollbacks = 1, .reduce = false},
             Breach::kNone,
             true},
        Case{"W2R2_Rollback_Unreduced",
             {.writers = 2, .readers = 2, .rollbacks = 1, .crash = false, .reduce = false},
             Breach::kNone,
             true},
        Case{"W2R3_Refreshed", {.writers = 2, .readers = 3, .refresh = true}, Breach::kNone, true},
        Case{"W2R3_Timeout",
             {.writers = 2, .readers = 3, .timeouts = 1, .crash = false},
             Breach::kNone,
             true},
        Case{"W2R3_Restart",
             {.writers = 2, .readers = 3, .faults = 1, .evict = false, .crash = false},
             Breach::kNone,
             true},
        Case{"W1R3_FaultTimeout",
             {.readers = 3, .faults = 1, .timeouts = 1, .check_g2 = false},
             Breach::kNone,
             true},
        Case{"W1R3_TwoFaultsTimeout",
             {.readers = 3, .faults = 2, .timeouts = 1, .check_g2 = false},
             Breach::kNone,
             true},
        Case{"W1R3_TwoRestartsTwoTimeouts",
             {.readers = 3, .faults = 2, .timeouts = 2, .evict = false},
             Breach::kNone,
             true},
        Case{"W2R2_FaultTimeout",
             {.writers = 2, .readers = 2, .faults = 1, .timeouts = 1, .check_g2 = false},
             Breach::kNone,
             true},
        Case{"W1R3_CoalescedRefreshed",
             {.readers = 3,
              .faults = 1,
              .timeouts = 1,
              .coalesce = true,
              .refresh = true,
              .check_g2 = false},
             Breach::kNone,
             true}),
    NameOf);

class CacheMutant : public ::testing::TestWithParam<Case> {};

// Also without reduction: then no step of the trace owes anything to Canonicalise.
// Proves: N6
TEST_P(CacheMutant, IsFoundBroken) {
  const Outcome outcome = ExploreAndTell(GetParam());
  EXPECT_EQ(outcome.breach, GetParam().breach);
  Case plain = GetParam();
  plain.config.reduce = false;
  const Outcome same = ExploreAndTell(plain);
  EXPECT_EQ(same.breach, outcome.breach);
  EXPECT_EQ(same.trace.size(), outcome.trace.size());
  // What is broken here holds once the mutation is taken back.
  Case sound = GetParam();
  sound.config.mutant = Mutant::kNone;
  EXPECT_EQ(ExploreAndTell(sound).breach, Breach::kNone);
}

INSTANTIATE_TEST_SUITE_P(
    Of, CacheMutant,
    ::testing::Values(
        Case{"DeleteAfterCommit", Broken(Mutant::kDeleteAfterCommit, {}), Breach::kG1},
        Case{"InvalidateBeforeCommit", Broken(Mutant::kInvalidateBeforeCommit, {}), Breach::kG1},
        Case{"StampOnly", Broken(Mutant::kStampOnly, {.readers = 3}), Breach::kG2},
        Case{"MarkFailureIgnored",
             Broken(Mutant::kMarkFailureIgnored, {.readers = 3, .timeouts = 1, .crash = false}),
             Breach::kG2},
        Case{"VersionCompareWithoutLease",
             Broken(Mutant::kVersionCompare, {.faults = 1, .restart = false}), Breach::kG1},
        Case{"LeaseInAnotherKey", Broken(Mutant::kLeaseInOtherKey, {.faults = 1, .restart = false}),
             Breach::kG1},
        Case{"OneFlagForAllIntents",
             Broken(Mutant::kOneFlag, {.writers = 2, .readers = 3, .crash = false}), Breach::kG2},
        Case{"FailedStampIgnored",
             Broken(Mutant::kFailedStampIgnored,
                    {.faults = 1, .timeouts = 1, .restart = false, .check_g2 = false}),
             Breach::kG1},
        Case{"NoFence", Broken(Mutant::kNoFence, {.timeouts = 1}), Breach::kG1},
        Case{"OnToOffInOneStep",
             Broken(Mutant::kOneStepOff, {.writers = 2, .timeouts = 1, .crash = false}),
             Breach::kG1},
        Case{"OpenedBesideTransactions", Broken(Mutant::kNoExclusion, {.timeouts = 1}),
             Breach::kG1},
        Case{"ClosingTakenForOff",
             Broken(Mutant::kClosingIsOff, {.writers = 2, .timeouts = 1, .crash = false}),
             Breach::kG1},
        Case{"RowReadBeforeTheTransaction", Broken(Mutant::kRowReadBefore, {.timeouts = 1}),
             Breach::kG1},
        Case{"StampedBeforeTheCommit", Broken(Mutant::kStampBeforeCommit, {}), Breach::kG1},
        Case{"SameIntentInEachAttempt",
             Broken(Mutant::kSameIntent, {.readers = 3, .rollbacks = 1, .crash = false}),
             Breach::kG2},
        Case{"UnmarkTakesAllIntents",
             Broken(Mutant::kUnmarkTakesAll,
                    {.writers = 2, .readers = 3, .rollbacks = 1, .crash = false}),
             Breach::kG2},
        Case{"UnmarkedInDoubt", Broken(Mutant::kUnmarkInDoubt, {.readers = 3}), Breach::kG2},
        Case{"RunIdIgnored", Broken(Mutant::kRunIdIgnored, {.faults = 1, .evict = false}),
             Breach::kG1},
        Case{"RetryWithoutTouch",
             Broken(Mutant::kRetryWithoutTouch, {.faults = 1, .restart = false, .check_g2 = false}),
             Breach::kG1},
        Case{"SharesAnyLoad", Broken(Mutant::kShareAnyLoad, {.coalesce = true}), Breach::kG1},
        Case{"SharesIfFilled", Broken(Mutant::kShareIfFilled, {.coalesce = true}), Breach::kG1},
        Case{"StampCarriesTheValue",
             Broken(Mutant::kStampCarriesValue, {.writers = 2,
                                                 .readers = 1,
                                                 .faults = 1,
                                                 .restart = false,
                                                 .crash = false,
                                                 .check_g2 = false}),
             Breach::kG1}),
    NameOf);

}  // namespace
}  // namespace rapport::cache::model
