// The parts of a briefing that look ahead, and what a need, a sale and a life event add to it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/recommendation/rules/briefing.h"
#include "services/recommendation/rules/next_steps.h"
#include "services/recommendation/rules/test_world.h"

namespace rapport::recommendation {
namespace {

using ::rapport::contact::v1::ChannelPreference;
using ::rapport::engagement::v1::CareEvent;
using ::rapport::engagement::v1::Fact;
using ::rapport::engagement::v1::Need;
using ::rapport::engagement::v1::Sale;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Lines = google::protobuf::RepeatedPtrField<v1::BriefingLine>;
using Request = v1::GetBriefingRequest;

constexpr char kNow[] = "2026-03-09T09:00:00Z";

v1::Briefing Brief(const World& world, Request::View view = Request::BASIC,
                   type::v1::Channel occasion = type::v1::CHANNEL_UNSPECIFIED) {
  const RelationshipFacts facts = world.Facts();
  return MakeBriefing(facts, Decide(facts, At(kNow), absl::UTCTimeZone()), At(kNow),
                      absl::UTCTimeZone(), view, occasion);
}

std::vector<std::string> Texts(const Lines& lines) {
  std::vector<std::string> texts;
  for (const auto& line : lines) texts.push_back(line.text());
  return texts;
}

std::vector<std::string> Details(const Lines& lines) {
  std::vector<std::string> details;
  for (const auto& line : lines) details.push_back(line.detail());
  return details;
}

// Proves: R01, R04
TEST(V1_BeforeICallAna, NamesWhatMustNotBeProposedYetAndWhatToAsk) {
  World world;
  world.Offers("migration", "re-keying");
  world.Said(Fact::SITUATION, "moved the workshop in January", "2026-03-02T09:05:00Z");
  world.Said(Fact::PROBLEM, "loses a day per week to re-keying", "2026-03-02T09:10:00Z")
      .add_topics("re-keying");
  // Nobody had to be asked to see this.
  const v1::Briefing alone = Brief(world);
  EXPECT_THAT(Details(alone.not_yet()), ElementsAre("UNDERSTANDING_THIN", "NEED_NOT_EXPLICIT"));
  EXPECT_EQ(
      alone.not_yet(0).text(),
      "proposing \"migration\": you do not know what it leads to, nor what a solution would be "
      "worth to them");
  EXPECT_EQ(alone.not_yet(1).text(),
            "proposing \"migration\": Ana has not said that they want this solved");
  EXPECT_EQ(alone.not_yet(0).sources(0), "tenants/t/offers/migration");
  EXPECT_THAT(Details(alone.ask()), ElementsAre("IMPLICATION", "NEED_PAYOFF"));
  world.Asked();
  world.Understood(1, 1, 0, 0);
  EXPECT_THAT(Details(Brief(world).not_yet()),
              ElementsAre("UNDERSTANDING_THIN", "NEED_NOT_EXPLICIT"));
  world.Asked();
  world.Needs("no more re-keying", "re-keying", kNow).set_explicit_(true);
  const v1::Briefing ready = Brief(world);
  EXPECT_THAT(ready.not_yet(), IsEmpty());
  EXPECT_EQ(ready.next_step().kind(), v1::PROPOSE);
}

// Proves: R01, E13
TEST(Briefing, PutsTheCareGuardBeforeEveryOffer) {
  World world;
  world.ReadyForMigration();
  world.Guarded("her father died");
  const v1::Briefing b = Brief(world);
  EXPECT_THAT(Texts(b.not_yet()),
              ElementsAre("offering or asking anything: a care guard stands: her father died"));
  EXPECT_EQ(b.not_yet(0).detail(), "CARE_GUARD");
}

// Proves: R01, E13
TEST(Briefing, TellsWhatHappenedInTheirLife) {
  World world;
  CareEvent& event =
      world.Happened(CareEvent::CELEBRATION, "her daughter starts school", "2026-03-02T09:00:00Z");
  event.set_engagement("tenants/t/relationships/ana/engagements/call");
  world.Happened(CareEvent::MOVE, "moved to Porto", "2024-03-02T09:00:00Z")
      .set_said_by(type::v1::PARTY_US);
  const v1::Briefing b = Brief(world);
  EXPECT_THAT(Texts(b.care()), ElementsAre("her daughter starts school"));
  EXPECT_EQ(b.care(0).detail(), "their words, 2 March");
  EXPECT_THAT(b.care(0).sources(), ElementsAre(event.name(), event.engagement()));
  EXPECT_THAT(Details(Brief(world, Request::FULL).care()),
              ElementsAre("their words, 2 March", "noted by us, 2 March 2024"));
}

// Proves: R01
TEST(Briefing, SaysWhatWeCouldGive) {
  World world;
  world.preference.add_wanted_topics("hand-made paper");
  World::Set(world.statistics.mutable_unthanked_time(), "2026-03-06T09:00:00Z");
  world.statistics.set_asks(1);
  world.statistics.add_recent_asks_us(absl::ToUnixMicros(At("2026-03-01T09:00:00Z")));
  const v1::Briefing b = Brief(world);
  EXPECT_THAT(Texts(b.gives()),
              ElementsAre("thanks for what they gave or said on Friday",
                          "something of use to them: you asked more than you gave",
                          "word of hand-made paper: they like to hear of it"));
  EXPECT_THAT(Details(b.gives()), ElementsAre("THANKS_DUE", "ASK_HEAVY", ""));
  world.relationship.set_standing(contact::v1::QUIETED);
  EXPECT_THAT(Brief(world).gives(), IsEmpty());
}

// Proves: R01
TEST(Briefing, CountsNeedsAmongWhatTheySaid) {
  World world;
  world.Said(Fact::SITUATION, "moved the workshop", "2026-03-03T09:00:00Z");
  Need& need = world.Needs("two seats", "seats", "2026-03-01T09:00:00Z");
  need.set_wants_to_buy(true);
  World::Set(need.mutable_wants_to_buy_time(), "2026-03-09T07:00:00Z");
  world.Needs("less paper", "paper", "2026-03-02T09:00:00Z").set_explicit_(true);
  world.Needs("over", "x", "2026-03-02T09:00:00Z").set_state(Need::OUTLIVED);
  const v1::Briefing b = Brief(world);
  EXPECT_THAT(Texts(b.said_last()), ElementsAre("two seats", "moved the workshop", "less paper"));
  EXPECT_THAT(Details(b.said_last()),
              ElementsAre("asked to buy, 9 March", "call, 3 March", "wants it solved, 2 March"));
}

TEST(Briefing, LeavesOutWhatWasSupersededAndFlagsWhatIsInDoubt) {
  World world;
  world.Said(Fact::PROBLEM, "old", "2026-03-01T09:00:00Z").set_superseded_by("n2");
  world.Said(Fact::PROBLEM, "doubtful", "2026-03-02T09:00:00Z");
  World::Set(world.facts[1].mutable_dispute_time(), "2026-03-03T09:00:00Z");
  const v1::Briefing b = Brief(world);
  EXPECT_THAT(Texts(b.said_last()), ElementsAre("doubtful"));
  EXPECT_EQ(b.said_last(0).detail(), "call, 2 March; in doubt");
  EXPECT_THAT(Details(b.ask()), ElementsAre("SITUATION", "PROBLEM", "IMPLICATION", "NEED_PAYOFF"));
}

// Proves: R01
TEST(V11_TheNeedIsOverSheIsNot, TheBriefingSaysWhatThePastWas) {
  World world;
  Need& need = world.Needs("no more re-keying", "re-keying", "2025-01-02T09:00:00Z");
  need.set_state(Need::OUTLIVED);
  World::Set(need.mutable_state_time(), "2026-02-02T09:00:00Z");
  world.Sold("migration", Sale::DELIVERED, "2025-12-01T09:00:00Z").set_summary("the migration");
  const v1::Briefing b = Brief(world);
  EXPECT_THAT(Texts(b.standing()), Contains("Ana had \"the migration\" from you, 1 December."));
  EXPECT_THAT(Texts(b.standing()),
              Contains("\"no more re-keying\" has been over since 2 February."));
}

// Proves: R01
TEST(Briefing, ChoosesItsWordsForTheOccasion) {
  World world;
  world.Said(Fact::PROBLEM, "boards warp", "2026-03-02T09:00:00Z");
  auto& phone = *world.preference.add_channels();
  phone.set_channel(type::v1::CHANNEL_PHONE);
  phone.set_choice(ChannelPreference::WISHED);
  phone.add_windows()->set_begin_minute(9 * 60);
  phone.mutable_windows(0)->set_end_minute(12 * 60);
  auto& mail = *world.preference.add_channels();
  mail.set_channel(type::v1::CHANNEL_EMAIL);
  mail.set_choice(ChannelPreference::UNWANTED);
  const v1::Briefing call = Brief(world, Request::BASIC, type::v1::CHANNEL_PHONE);
  EXPECT_THAT(Texts(call.about()),
              ElementsAre("Likes best to be reached by telephone 09:00 to 12:00 their time"));
  EXPECT_THAT(call.ask(0).text(), HasSubstr("You told me \"boards warp\""));
  const v1::Briefing letter = Brief(world, Request::BASIC, type::v1::CHANNEL_EMAIL);
  EXPECT_THAT(Texts(letter.about()), ElementsAre("Does not want to be reached by mail"));
  EXPECT_THAT(letter.ask(0).text(), HasSubstr("You told us \"boards warp\""));
  EXPECT_THAT(Brief(world).about(), IsEmpty());
}

}  // namespace
}  // namespace rapport::recommendation
