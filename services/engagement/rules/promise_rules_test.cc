#include "services/engagement/rules/promise_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/engagement/rules/samples.h"

namespace rapport::engagement::rules {
namespace {

using ::rapport::type::v1::PARTY_PERSON;
using ::rapport::type::v1::PARTY_US;
const Parameters kDefaults;

v1::Promise Checklist() { return OpenPromise("checklist", PARTY_US, Day(0), Day(4)); }
constexpr double kGraceEnd = 6;

// Proves: E10
TEST(PromiseState, BreaksByTheClockWhenGraceIsOver) {
  const v1::Promise p = Checklist();
  EXPECT_EQ(PromiseStateAt(p, Day(1), kDefaults), v1::Promise::OPEN);
  EXPECT_EQ(PromiseStateAt(p, Day(kGraceEnd), kDefaults), v1::Promise::OPEN);
  EXPECT_EQ(PromiseStateAt(p, Day(kGraceEnd) + absl::Microseconds(1), kDefaults),
            v1::Promise::BROKEN);
}

TEST(PromiseState, HasItsOutcomeOnlyFromTheOutcomeOn) {
  const v1::Promise p = Concluded(Checklist(), v1::Promise::REPAIRED, Day(10));
  EXPECT_EQ(PromiseStateAt(p, Day(5), kDefaults), v1::Promise::OPEN);
  EXPECT_EQ(PromiseStateAt(p, Day(9), kDefaults), v1::Promise::BROKEN);
  EXPECT_EQ(PromiseStateAt(p, Day(10), kDefaults), v1::Promise::REPAIRED);
}

// Proves: E10
TEST(PromiseMoves, KeepsInTimeUpToTheDueTimeAndLateAfterIt) {
  v1::Promise p = Checklist();
  EXPECT_EQ(Keep(Day(4), "sent", kDefaults, &p), PromiseRule::kNone);
  EXPECT_EQ(p.state(), v1::Promise::KEPT);
  EXPECT_EQ(p.evidence(), "sent");
  EXPECT_EQ(time::FromProto(p.outcome_time()), Day(4));
  p = Checklist();
  EXPECT_EQ(Keep(Day(kGraceEnd), "", kDefaults, &p), PromiseRule::kNone);
  EXPECT_EQ(p.state(), v1::Promise::KEPT_LATE);
}

// Proves: E10
TEST(PromiseMoves, RepairABrokenOneInsteadOfKeepingIt) {
  v1::Promise p = Checklist();
  EXPECT_EQ(Keep(Day(7), "", kDefaults, &p), PromiseRule::kBroken);
  EXPECT_EQ(Renegotiate(Day(20), Day(7), kDefaults, &p), PromiseRule::kBroken);
  EXPECT_EQ(Release(PARTY_PERSON, Day(7), "", kDefaults, &p), PromiseRule::kBroken);
  EXPECT_EQ(p.state(), v1::Promise::OPEN) << "a refused move changes nothing";
  EXPECT_EQ(p.due_history_size(), 0);
  EXPECT_EQ(Repair(Day(5), "", kDefaults, &p), PromiseRule::kNotBroken);
  EXPECT_EQ(Repair(Day(7), "called", kDefaults, &p), PromiseRule::kNone);
  EXPECT_EQ(p.state(), v1::Promise::REPAIRED);
}

TEST(PromiseMoves, JudgeByWhenItHappenedEvenIfWrittenDownLater) {
  v1::Promise p = Checklist();
  ASSERT_EQ(PromiseStateAt(p, Day(30), kDefaults), v1::Promise::BROKEN);
  EXPECT_EQ(Keep(Day(3), "", kDefaults, &p), PromiseRule::kNone);
  EXPECT_EQ(PromiseStateAt(p, Day(30), kDefaults), v1::Promise::KEPT);
}

// Proves: E10
TEST(PromiseMoves, KeepTheOldDueTimesWhenRenegotiated) {
  v1::Promise p = Checklist();
  EXPECT_EQ(Renegotiate(Day(2), Day(3), kDefaults, &p), PromiseRule::kDueNotAhead);
  EXPECT_EQ(Renegotiate(Day(9), Day(3), kDefaults, &p), PromiseRule::kNone);
  EXPECT_EQ(Renegotiate(Day(12), Day(8), kDefaults, &p), PromiseRule::kNone);
  EXPECT_EQ(p.state(), v1::Promise::OPEN);
  ASSERT_EQ(p.due_history_size(), 2);
  EXPECT_EQ(time::FromProto(p.due_history(0)), Day(4));
  EXPECT_EQ(time::FromProto(p.due_history(1)), Day(9));
  EXPECT_EQ(time::FromProto(p.due_time()), Day(12));
}

// Proves: E10
TEST(PromiseMoves, LetOnlyTheSideThatWasPromisedToReleaseIt) {
  v1::Promise ours = Checklist();
  EXPECT_EQ(Release(PARTY_US, Day(1), "", kDefaults, &ours), PromiseRule::kNotPromisedTo);
  EXPECT_EQ(Release(type::v1::PARTY_UNSPECIFIED, Day(1), "", kDefaults, &ours),
            PromiseRule::kNotPromisedTo);
  EXPECT_EQ(Release(PARTY_PERSON, Day(1), "said so", kDefaults, &ours), PromiseRule::kNone);
  EXPECT_EQ(ours.state(), v1::Promise::RELEASED);
  v1::Promise theirs = OpenPromise("data", PARTY_PERSON, Day(0), Day(4));
  EXPECT_EQ(Release(PARTY_PERSON, Day(1), "", kDefaults, &theirs), PromiseRule::kNotPromisedTo);
  EXPECT_EQ(Release(PARTY_US, Day(1), "", kDefaults, &theirs), PromiseRule::kNone);
}

TEST(PromiseMoves, EndWithAnOutcome) {
  for (const auto state :
       {v1::Promise::KEPT, v1::Promise::KEPT_LATE, v1::Promise::RELEASED, v1::Promise::REPAIRED}) {
    const v1::Promise done = Concluded(Checklist(), state, Day(5));
    for (const double at : {1.0, 5.0, 9.0}) {
      v1::Promise p = done;
      EXPECT_EQ(Keep(Day(at), "", kDefaults, &p), PromiseRule::kHasOutcome);
      EXPECT_EQ(Renegotiate(Day(40), Day(at), kDefaults, &p), PromiseRule::kHasOutcome);
      EXPECT_EQ(Release(PARTY_PERSON, Day(at), "", kDefaults, &p), PromiseRule::kHasOutcome);
      EXPECT_EQ(Repair(Day(at), "", kDefaults, &p), PromiseRule::kHasOutcome);
      EXPECT_EQ(p.SerializeAsString(), done.SerializeAsString());
    }
  }
}

TEST(PromiseMoves, CannotLieBeforeThePromise) {
  v1::Promise p = Checklist();
  EXPECT_EQ(Keep(Day(-1), "", kDefaults, &p), PromiseRule::kBeforePromise);
  EXPECT_EQ(Release(PARTY_PERSON, Day(-1), "", kDefaults, &p), PromiseRule::kBeforePromise);
}

TEST(PromiseRuleText, SaysEachRuleInWords) {
  EXPECT_EQ(PromiseRuleText(PromiseRule::kNone), "");
  for (const auto rule :
       {PromiseRule::kHasOutcome, PromiseRule::kBroken, PromiseRule::kNotBroken,
        PromiseRule::kNotPromisedTo, PromiseRule::kBeforePromise, PromiseRule::kDueNotAhead}) {
    EXPECT_THAT(std::string(PromiseRuleText(rule)), ::testing::MatchesRegex("[a-z].*[^.]"));
  }
}

}  // namespace
}  // namespace rapport::engagement::rules
