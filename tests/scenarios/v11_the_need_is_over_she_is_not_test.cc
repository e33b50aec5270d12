// Story V11: the need is over, the person stays known.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/scenarios/decisions.h"
#include "tests/scenarios/story.h"

namespace rapport::tests {
namespace {

using ::testing::Contains;
using ::testing::Not;
using Lines = google::protobuf::RepeatedPtrField<rv::BriefingLine>;

bool Says(const Lines& lines, absl::string_view words) {
  for (const auto& line : lines) {
    if (absl::StrContains(line.text(), words)) return true;
  }
  return false;
}

// Proves: C11, E09, R02
TEST(TheNeedIsOverSheIsNot, TheRelationshipRestsUntilSheWrites) {
  Story story("2026-03-16 10:00");  // a Monday
  const auto mara = story.HasSteward("mara", "Mara Vidal");
  const auto ana = story.Knows("Ana Sousa", {"ana@example.org"}, {mara});
  story.LivesIn(ana, "Europe/Lisbon");
  story.Allows(ana, type::v1::PURPOSE_PROPOSAL);
  const auto migration = story.Offers("migration", "re-keying", rv::Offer::LOW);
  const auto call = story.Recorded(ana, Call("the call of 2 March", "2026-03-02 10:00", 900, 600));
  const auto fact =
      story.Said(ana, ev::Fact::PROBLEM, "loses a day per week to re-keying", call, "re-keying");
  const auto promise = story.WePromised(ana, "the drawings", "2026-12-01", "2026-03-02");
  const auto need = story.Needs(ana, "no more re-keying", "re-keying", true);
  EXPECT_THAT(StepsOf(story.NextStepsFor(ana)), Not(Contains(rv::REST)));

  // She says that it is over: rest is suggested, and not done by itself.
  const auto over = story.Outlived(need, "the workshop is sold");
  EXPECT_EQ(over.state(), ev::Need::OUTLIVED);
  EXPECT_EQ(over.outlived_said_by(), type::v1::PARTY_PERSON);
  const auto steps = story.NextStepsFor(ana);
  ASSERT_THAT(StepsOf(steps), Contains(rv::REST)) << steps.DebugString();
  EXPECT_EQ(story.RelationshipOf(ana).standing(), cv::OPEN);

  story.Rests(ana);
  EXPECT_EQ(story.RelationshipOf(ana).standing(), cv::RESTING);
  story.HasBirthday(ana, 6, 3);
  story.ItIs("2026-06-01 10:00");
  const auto resting = story.NextStepsFor(ana);
  EXPECT_THAT(StepsOf(resting), Not(Contains(rv::PROPOSE)));
  EXPECT_THAT(StepsOf(resting), Contains(rv::CARE)) << resting.DebugString();
  const auto* excluded = ExcludedFrom(resting, rv::PROPOSE);
  ASSERT_NE(excluded, nullptr);
  EXPECT_EQ(excluded->reasons(0).code(), rv::RESTING) << excluded->DebugString();
  EXPECT_TRUE(story.MayWe(ana, type::v1::PURPOSE_CARE).permitted());
  const auto proposal = story.MayWe(ana, type::v1::PURPOSE_PROPOSAL);
  EXPECT_FALSE(proposal.permitted());
  ASSERT_EQ(proposal.obstacles_size(), 1) << proposal.DebugString();
  EXPECT_EQ(proposal.obstacles(0).code(), cv::ContactObstacle::RESTING);
  EXPECT_THAT(story.DriftingAt("2026-06-01 10:00"), Not(Contains(ana.relationship)));

  // In June she writes; nobody has to wake anything.
  story.ItIs("2026-06-10 10:00");
  story.RecordedByAddress({{"ana@example.org", MailFrom("we start anew", "2026-06-10 09:00")}});
  EXPECT_TRUE(Eventually(absl::Seconds(5),
                         [&] { return story.RelationshipOf(ana).standing() == cv::OPEN; }));
  EXPECT_TRUE(story.Exists(fact.name()));
  EXPECT_EQ(story.As(promise).state(), ev::Promise::OPEN);
  EXPECT_EQ(story.As(need).state(), ev::Need::OUTLIVED);
  EXPECT_THAT(StepsOf(story.NextStepsFor(ana)), Contains(rv::ANSWER));

  // The briefing says what the past was, as soon as it has heard of her letter.
  EXPECT_TRUE(Eventually(absl::Seconds(5), [&] {
    const auto soon = story.BriefingOn(ana);
    return !Says(soon.standing(), "rests");
  }));
  const auto briefing = story.BriefingOn(ana);
  EXPECT_TRUE(Says(briefing.standing(), "You have known each other")) << briefing.DebugString();
  EXPECT_TRUE(Says(briefing.standing(), "no more re-keying")) << briefing.DebugString();
  EXPECT_TRUE(Says(briefing.said_last(), "loses a day per week")) << briefing.DebugString();
  EXPECT_TRUE(Says(briefing.we_owe(), "the drawings")) << briefing.DebugString();
}

// Proves: E09
TEST(TheNeedIsOverSheIsNot, WhatShePutAnEndToOnlySheBringsBack) {
  Story story("2026-03-16 10:00");
  const auto ana = story.Knows("Ana Sousa", {"ana@example.org"});
  const auto need = story.Needs(ana, "no more re-keying", "re-keying", true);
  story.Outlived(need, "the workshop is sold");
  ev::ReviveNeedRequest revive;
  revive.set_name(need.name());
  revive.set_said_by(type::v1::PARTY_US);
  EXPECT_THAT(story.house.Call<ev::Need>(absl::StrCat(kNeedService, "ReviveNeed"), revive),
              FailsWith(type::v1::STATE_TRANSITION));
  EXPECT_EQ(story.NeededAgain(need).state(), ev::Need::STATED);
}

}  // namespace
}  // namespace rapport::tests
