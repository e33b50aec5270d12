// Story V1: what a steward reads before calling Ana.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "common/testing/matchers.h"
#include "common/time/proto_time.h"
#include "tests/scenarios/story.h"

namespace rapport::tests {
namespace {

using Lines = google::protobuf::RepeatedPtrField<rv::BriefingLine>;

const rv::BriefingLine* LineFrom(const Lines& lines, const std::string& source) {
  for (const auto& line : lines) {
    for (const auto& cited : line.sources()) {
      if (cited == source) return &line;
    }
  }
  return nullptr;
}

const rv::BriefingLine* LineAbout(const Lines& lines, absl::string_view detail) {
  for (const auto& line : lines) {
    if (line.detail() == detail) return &line;
  }
  return nullptr;
}

std::vector<const rv::BriefingLine*> EveryLineOf(const rv::Briefing& briefing) {
  std::vector<const rv::BriefingLine*> all;
  for (const auto* part :
       {&briefing.about(), &briefing.standing(), &briefing.said_last(), &briefing.we_owe(),
        &briefing.they_owe(), &briefing.do_not_raise(), &briefing.not_yet(), &briefing.ask(),
        &briefing.care(), &briefing.gives()}) {
    for (const auto& line : *part) all.push_back(&line);
  }
  return all;
}

// Proves: R01, R04, R06, E01, E08, E10
TEST(BeforeICallAna, TheBriefingSaysWhatSheToldUsWhatWeOweAndWhatToAsk) {
  Story story("2026-03-09 10:00");
  const std::string mara = story.HasSteward("mara", "Mara Vidal");
  const auto ana = story.Knows("Ana Sousa", {"ana@example.org"}, {mara});
  story.LivesIn(ana, "Europe/Lisbon");
  story.Allows(ana, type::v1::PURPOSE_PROPOSAL);
  const auto migration = story.Offers("migration", "re-keying", rv::Offer::HIGH);
  const auto call = story.Recorded(ana, Call("the call of 2 March", "2026-03-02 10:00", 900, 600));
  const auto workshop = story.Said(ana, ev::Fact::SITUATION, "moved the workshop in January", call);
  const auto keying =
      story.Said(ana, ev::Fact::PROBLEM, "loses a day per week to re-keying", call, "re-keying");
  const auto checklist =
      story.WePromised(ana, "send the migration checklist", "2026-03-05 10:00", "2026-03-02 10:00");
  story.Kept(checklist, "2026-03-06 10:00");
  const auto bug = story.WePromised(ana, "ask support about the export bug", "2026-03-10 10:00",
                                    "2026-03-02 10:00");
  const auto feedback =
      story.Gave(ana, ev::Feedback::WISH, "The export could be much faster.", "2026-03-02 10:00");
  story.DoesNotWantToHearOf(ana, "pricing");

  const auto briefing = story.BriefingOn(ana);
  EXPECT_EQ(briefing.display_name(), "Ana Sousa");
  EXPECT_EQ(briefing.degraded_size(), 0);

  // What she said, and where.
  for (const auto& fact : {workshop, keying}) {
    const auto* line = LineFrom(briefing.said_last(), fact.name());
    ASSERT_NE(line, nullptr) << briefing.DebugString();
    EXPECT_EQ(line->text(), fact.text());
    EXPECT_THAT(line->sources(), ::testing::Contains(call.name()));
  }

  // What we owe her: the promise that is due in a day, the answer, and the one we kept late.
  const auto* open = LineFrom(briefing.we_owe(), bug.name());
  ASSERT_NE(open, nullptr) << briefing.DebugString();
  EXPECT_EQ(open->detail(), "OPEN");
  EXPECT_EQ(time::FromProto(open->time()) - At("2026-03-09 10:00"), absl::Hours(24));
  const auto* answer = LineFrom(briefing.we_owe(), feedback.name());
  ASSERT_NE(answer, nullptr) << briefing.DebugString();
  EXPECT_EQ(answer->detail(), "FEEDBACK");
  const auto* late = LineFrom(briefing.we_owe(), checklist.name());
  ASSERT_NE(late, nullptr) << briefing.DebugString();
  EXPECT_EQ(late->detail(), "KEPT_LATE");

  ASSERT_EQ(briefing.do_not_raise_size(), 1);
  EXPECT_EQ(briefing.do_not_raise(0).text(), "pricing");

  // What must not be proposed yet, and what is missing.
  for (const char* missing : {"UNDERSTANDING_THIN", "NEED_NOT_EXPLICIT"}) {
    const auto* line = LineAbout(briefing.not_yet(), missing);
    ASSERT_NE(line, nullptr) << briefing.DebugString();
    EXPECT_THAT(line->sources(), ::testing::Contains(migration.name()));
    EXPECT_TRUE(absl::StrContains(line->text(), "migration")) << line->text();
  }
  EXPECT_EQ(LineAbout(briefing.not_yet(), "CONSENT_UNKNOWN"), nullptr) << briefing.DebugString();

  // What is worth asking: what her problem leads to, and what a solution would be worth.
  EXPECT_NE(LineAbout(briefing.ask(), "IMPLICATION"), nullptr) << briefing.DebugString();
  EXPECT_NE(LineAbout(briefing.ask(), "NEED_PAYOFF"), nullptr) << briefing.DebugString();
  EXPECT_EQ(LineAbout(briefing.ask(), "SITUATION"), nullptr);
  EXPECT_EQ(LineAbout(briefing.ask(), "PROBLEM"), nullptr);

  for (const auto* line : EveryLineOf(briefing)) {
    EXPECT_GE(line->sources_size(), 1) << line->DebugString();
    for (const auto& source : line->sources()) {
      EXPECT_TRUE(story.Exists(source)) << source << " is cited, but there is no such thing";
    }
  }
  for (const auto* part :
       {&briefing.about(), &briefing.standing(), &briefing.said_last(), &briefing.we_owe(),
        &briefing.not_yet(), &briefing.ask(), &briefing.care(), &briefing.gives()}) {
    EXPECT_LE(part->size(), 5) << "one screen";
  }
}

TEST(BeforeICallAna, TheBriefingIsThatOfTheDayAskedFor) {
  Story story("2026-03-09 10:00");
  const auto ana = story.Knows("Ana Sousa", {"ana@example.org"});
  const auto call = story.Recorded(ana, Call("the call of 2 March", "2026-03-02 10:00", 900, 600));
  const auto fact = story.Said(ana, ev::Fact::PROBLEM, "loses a day per week", call);
  const auto promise = story.WePromised(ana, "send it", "2026-03-05 10:00", "2026-03-02 10:00");
  EXPECT_EQ(LineFrom(story.BriefingOn(ana, "2026-03-01").said_last(), fact.name()), nullptr);
  const auto then = story.BriefingOn(ana, "2026-03-04");
  const auto* open = LineFrom(then.we_owe(), promise.name());
  ASSERT_NE(open, nullptr) << then.DebugString();
  EXPECT_EQ(open->detail(), "OPEN");
  const auto later = story.BriefingOn(ana, "2026-03-08");
  const auto* broken = LineFrom(later.we_owe(), promise.name());
  ASSERT_NE(broken, nullptr) << later.DebugString();
  EXPECT_EQ(broken->detail(), "BROKEN");
}

}  // namespace
}  // namespace rapport::tests
