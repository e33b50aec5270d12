// Story V9: a broken promise is made good before anything else.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "absl/strings/match.h"
#include "tests/scenarios/decisions.h"
#include "tests/scenarios/story.h"

namespace rapport::tests {
namespace {

using ::testing::Contains;
using ::testing::Not;

const rv::Reason* Because(const rv::Exclusion& exclusion, rv::ReasonCode code) {
  for (const auto& reason : exclusion.reasons()) {
    if (reason.code() == code) return &reason;
  }
  return nullptr;
}

// Proves: E10, R02, R04, R06
TEST(RepairComesFirst, NothingIsProposedWhileAPromiseIsBroken) {
  Story story("2026-06-18 10:00");  // a Thursday
  const auto ana = story.Knows("Ana Sousa", {"ana@example.org"});
  story.LivesIn(ana, "Europe/Lisbon");
  story.Allows(ana, type::v1::PURPOSE_PROPOSAL);
  const auto labels = story.Offers("labels", "labels", rv::Offer::LOW);
  story.Recorded(ana, Call("the call of 10 June", "2026-06-10 10:00", 900, 600));
  story.Needs(ana, "labels in Portuguese", "labels", true);
  const auto kept = story.WePromised(ana, "the drawings", "2026-06-12", "2026-06-10");
  story.Kept(kept, "2026-06-11");
  ASSERT_TRUE(story.ReadinessFor(ana, labels).ready())
      << story.ReadinessFor(ana, labels).DebugString();

  // Due on the 15th, and the two days of grace are over.
  const auto invoice = story.WePromised(ana, "the invoice", "2026-06-15 10:00", "2026-06-10");
  EXPECT_EQ(story.As(invoice).state(), ev::Promise::BROKEN);
  const auto broken = story.NextStepsFor(ana);
  ASSERT_GE(broken.suggestions_size(), 1);
  EXPECT_EQ(broken.suggestions(0).kind(), rv::REPAIR);
  EXPECT_EQ(broken.suggestions(0).conduct(), rv::HUMAN_REQUIRED);
  EXPECT_THAT(StepsOf(broken), Not(Contains(rv::PROPOSE)));
  const auto* excluded = ExcludedFrom(broken, rv::PROPOSE, labels.name());
  ASSERT_NE(excluded, nullptr) << broken.DebugString();
  const auto* because = Because(*excluded, rv::PROMISE_BROKEN);
  ASSERT_NE(because, nullptr) << excluded->DebugString();
  EXPECT_THAT(because->sources(), Contains(invoice.name()));
  EXPECT_TRUE(absl::StrContains(because->would_change(), "the invoice")) << because->would_change();
  EXPECT_THAT(MissingIn(story.ReadinessFor(ana, labels)), Contains(rv::PROMISE_BROKEN));

  story.Repaired(invoice, "2026-06-18 10:00");
  EXPECT_EQ(story.As(invoice).state(), ev::Promise::REPAIRED);
  EXPECT_TRUE(story.ReadinessFor(ana, labels).ready())
      << story.ReadinessFor(ana, labels).DebugString();
  EXPECT_THAT(StepsOf(story.NextStepsFor(ana)), Contains(rv::PROPOSE));
}

// Proves: E10
TEST(RepairComesFirst, WhatIsMadeGoodCountsHalfBroken) {
  Story story("2026-06-18 10:00");
  const auto ana = story.Knows("Ana Sousa", {"ana@example.org"});
  const auto kept = story.WePromised(ana, "the drawings", "2026-06-18 10:00", "2026-06-10");
  story.Kept(kept, "2026-06-18 10:00");
  const auto invoice = story.WePromised(ana, "the invoice", "2026-06-15 10:00", "2026-06-10");
  // Product measure 3.6: R = (r + 1) / (r + s + 2), half-life 180 days.
  const auto broken = story.RapportOf(ana).reliability();
  EXPECT_LT(broken.value(), 0.51);
  story.Repaired(invoice, "2026-06-18 10:00");
  const auto repaired = story.RapportOf(ana).reliability();
  EXPECT_EQ(repaired.status(), type::v1::MEASURE_STATUS_OK);
  // It broke a day ago, when the grace was over.
  const double half_broken = 0.5 * std::exp2(-1.0 / 180);
  EXPECT_NEAR(repaired.value(), (1 + 1) / (1 + half_broken + 2), 1e-4);
  EXPECT_NEAR(story.RapportOf(ana).reliability_uncertainty(), 2 / (1 + half_broken + 2), 1e-4);
}

}  // namespace
}  // namespace rapport::tests
