#include "services/recommendation/rules/briefing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "services/recommendation/rules/next_steps.h"
#include "services/recommendation/rules/test_world.h"

namespace rapport::recommendation {
namespace {

using ::rapport::engagement::v1::Fact;
using ::rapport::engagement::v1::Promise;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Lines = google::protobuf::RepeatedPtrField<v1::BriefingLine>;
using Request = v1::GetBriefingRequest;

const absl::TimeZone kUtc = absl::UTCTimeZone();

v1::Briefing Brief(const RelationshipFacts& facts, const char* as_of,
                   Request::View view = Request::BASIC) {
  return MakeBriefing(facts, Decide(facts, At(as_of), kUtc), At(as_of), kUtc, view);
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

std::vector<const Lines*> Parts(const v1::Briefing& b) {
  return {&b.about(),        &b.standing(), &b.said_last(), &b.we_owe(), &b.they_owe(),
          &b.do_not_raise(), &b.not_yet(),  &b.ask(),       &b.care(),   &b.gives()};
}

World BeforeICallAna() {
  World world;
  World::Set(world.statistics.mutable_first_two_way_time(), "2023-01-05T09:00:00Z");
  world.statistics.set_their_seconds(900);
  world.statistics.set_our_seconds(600);
  world.statistics.set_expected_days(16);
  world.Said(Fact::SITUATION, "moved the workshop in January", "2026-03-02T09:05:00Z");
  world.Said(Fact::PROBLEM, "loses a day per week to re-keying", "2026-03-02T09:10:00Z");
  Promise& kept = world.Promised("send the migration checklist", "2026-03-05T12:00:00Z");
  kept.set_state(Promise::KEPT_LATE);
  World::Set(kept.mutable_outcome_time(), "2026-03-06T12:00:00Z");
  world.Promised("ask support about the export bug", "2026-03-10T09:00:00Z");
  world.Gave("the report page", "2026-02-18T09:00:00Z");
  auto& topic = *world.preference.add_unwanted_topics();
  topic.set_topic("pricing");
  World::Set(topic.mutable_said_time(), "2026-02-11T09:00:00Z");
  return world;
}

// Proves: R01
TEST(V1_BeforeICallAna, TellsWhatMattersInOneScreen) {
  const World world = BeforeICallAna();
  const v1::Briefing b = Brief(world.Facts(), "2026-03-09T09:00:00Z");
  EXPECT_EQ(b.display_name(), "Ana Lopes");
  EXPECT_THAT(Texts(b.said_last()),
              ElementsAre("loses a day per week to re-keying", "moved the workshop in January"));
  EXPECT_EQ(b.said_last(0).detail(), "call, 2 March");
  EXPECT_THAT(b.said_last(0).sources(),
              ElementsAre("tenants/t/relationships/ana/facts/n2",
                          "tenants/t/relationships/ana/engagements/call"));
  EXPECT_THAT(Texts(b.we_owe()), ElementsAre("ask support about the export bug",
                                             "an answer to their feedback on the report page",
                                             "send the migration checklist"));
  EXPECT_THAT(Details(b.we_owe()), ElementsAre("OPEN", "FEEDBACK", "KEPT_LATE"));
  EXPECT_EQ(time::FromProto(b.we_owe(0).time()) - time::FromProto(b.as_of()), absl::Hours(24));
  EXPECT_EQ(time::FromProto(b.we_owe(1).time()), At("2026-02-18T09:00:00Z"));
  EXPECT_THAT(Texts(b.do_not_raise()), ElementsAre("pricing"));
  EXPECT_EQ(b.do_not_raise(0).detail(), "they asked you not to, 11 February");
  EXPECT_THAT(Details(b.ask()), ElementsAre("IMPLICATION", "NEED_PAYOFF"));
  EXPECT_EQ(b.ask(0).text(),
            "You told me \"loses a day per week to re-keying\"; what happens because of that?");
  EXPECT_EQ(b.ask(1).text(),
            "You told me \"loses a day per week to re-keying\"; if that were gone, what would it "
            "give you?");
  EXPECT_THAT(Texts(b.standing()), ElementsAre("You have known each other 3 years 2 months.",
                                               "Alive: last spoke 7 days ago, usual gap 16 days.",
                                               "Ana does 60 % of the talking; you listen well."));
  EXPECT_EQ(b.next_step().kind(), v1::ANSWER);
  for (const Lines* part : Parts(b)) {
    EXPECT_LE(part->size(), 5);
    for (const auto& line : *part) EXPECT_FALSE(line.sources().empty()) << line.text();
  }
}

TEST(Briefing, SaysWhoTheyAre) {
  World world;
  world.person.set_organization("Lusotêxtil");
  world.person.set_title("operations");
  world.person.set_time_zone("Europe/Lisbon");
  world.person.add_languages("pt-PT");
  world.person.add_languages("en");
  world.preference.set_wishes("calls, mornings");
  EXPECT_THAT(
      Texts(Brief(world.Facts(), "2026-07-09T14:10:00Z").about()),
      ElementsAre("Lusotêxtil, operations", "Lisbon, 15:10 there now",
                  "Languages: Portuguese, English", "Likes to be reached: calls, mornings"));
}

TEST(Briefing, PutsBrokenPromisesFirst) {
  World world;
  world.Promised("later", "2026-03-20T09:00:00Z");
  world.Promised("soon", "2026-03-09T09:00:00Z");
  world.Promised("broken", "2026-03-01T09:00:00Z");
  world.Wrote("Re: Export", "2026-03-08T09:00:00Z");
  world.Promised("the figures", "2026-03-01T09:00:00Z", type::v1::PARTY_PERSON);
  const v1::Briefing b = Brief(world.Facts(), "2026-03-09T10:00:00Z");
  EXPECT_THAT(Texts(b.we_owe()), ElementsAre("broken", "soon", "later", "an answer to \"Export\""));
  EXPECT_THAT(Details(b.we_owe()), ElementsAre("BROKEN", "OPEN", "OPEN", "LETTER"));
  EXPECT_THAT(Texts(b.they_owe()), ElementsAre("the figures"));
  EXPECT_THAT(Details(b.they_owe()), ElementsAre("OVERDUE"));
}

TEST(Briefing, ForgetsWhatWasKeptLateAfterThirtyDays) {
  World world = BeforeICallAna();
  EXPECT_EQ(Brief(world.Facts(), "2026-04-05T12:00:00Z").we_owe(2).detail(), "KEPT_LATE");
  EXPECT_EQ(Brief(world.Facts(), "2026-04-05T12:00:01Z").we_owe_size(), 2);
}

TEST(Briefing, TellsTheShareOfTalkOnlyIfThereWasEnough) {
  World world;
  world.statistics.set_their_seconds(200);
  world.statistics.set_our_seconds(400);
  // 600 s halve in 90 days.
  EXPECT_EQ(Brief(world.Facts(), "2026-05-31T09:00:00Z").standing(1).text(),
            "Ana does 33 % of the talking; let them speak more.");
  EXPECT_EQ(Brief(world.Facts(), "2026-05-31T09:00:01Z").standing_size(), 1);
}

TEST(Briefing, SaysHowItStands) {
  World world;
  EXPECT_EQ(Brief(world.Facts(), "2026-05-01T09:00:00Z").standing(0).text(),
            "Drifting: last spoke 60 days ago, usual gap 28 days.");
  EXPECT_EQ(Brief(world.Facts(), "2026-07-01T09:00:00Z").standing(0).text(),
            "Long quiet: last spoke 121 days ago, usual gap 28 days.");
  world.statistics.clear_last_two_way_time();
  EXPECT_EQ(Brief(world.Facts(), "2026-05-01T09:00:00Z").standing(0).text(),
            "You have not spoken with each other yet; known to you since 5 January 2023.");
  world.statistics_known = false;
  EXPECT_EQ(Brief(world.Facts(), "2026-05-01T09:00:00Z").standing(0).text(),
            "How you last spoke is not known right now.");
}

TEST(Briefing, AsksNothingOfThoseWhoAskedUsToStop) {
  World world = BeforeICallAna();
  world.relationship.set_standing(contact::v1::QUIETED);
  world.relationship.set_standing_reason("too many mails");
  World::Set(world.relationship.mutable_standing_time(), "2026-03-03T09:00:00Z");
  const v1::Briefing b = Brief(world.Facts(), "2026-03-09T09:00:00Z");
  EXPECT_THAT(b.ask(), IsEmpty());
  EXPECT_EQ(b.standing(0).text(), "Ana asked you to stop reaching out, 3 March: too many mails.");
}

TEST(Briefing, AsksAboutNothingUnwantedAndLeavesFilledSlotsAlone) {
  World world = BeforeICallAna();
  world.Said(Fact::PROBLEM, "Pricing is hard to explain at home", "2026-03-04T09:00:00Z");
  EXPECT_EQ(Brief(world.Facts(), "2026-03-09T09:00:00Z").ask(0).text(),
            "You told me \"loses a day per week to re-keying\"; what happens because of that?");
  world.Said(Fact::IMPLICATION, "orders wait", "2026-03-04T09:00:00Z");
  EXPECT_THAT(Details(Brief(world.Facts(), "2026-03-09T09:00:00Z").ask()),
              ElementsAre("NEED_PAYOFF"));
  world.facts.clear();
  EXPECT_THAT(Details(Brief(world.Facts(), "2026-03-09T09:00:00Z").ask()),
              ElementsAre("SITUATION", "PROBLEM", "IMPLICATION", "NEED_PAYOFF"));
}

TEST(Briefing, CaresForTheDaysAhead) {
  World world;
  world.Born(3, 29);
  world.Born(8, 1);
  EXPECT_THAT(Texts(Brief(world.Facts(), "2026-03-09T09:00:00Z").care()),
              ElementsAre("their birthday is in 20 days"));
  EXPECT_THAT(Texts(Brief(world.Facts(), "2026-03-09T09:00:00Z", Request::FULL).care()),
              ElementsAre("their birthday is in 20 days", "their birthday is in August"));
}

TEST(Briefing, KeepsEachPartShort) {
  World world;
  for (int i = 0; i < 60; ++i) {
    world.Promised("a thing", "2026-03-20T09:00:00Z");
    world.Said(Fact::SITUATION, "a fact", "2026-03-01T09:00:00Z");
  }
  EXPECT_EQ(Brief(world.Facts(), "2026-03-09T09:00:00Z").we_owe_size(), 5);
  EXPECT_EQ(Brief(world.Facts(), "2026-03-09T09:00:00Z", Request::FULL).said_last_size(), 50);
}

TEST(Briefing, DoesNotDependOnTheOrderOfTheFacts) {
  const World world = BeforeICallAna();
  const RelationshipFacts facts = world.Facts();
  RelationshipFacts turned = facts;
  std::reverse(turned.promises.begin(), turned.promises.end());
  std::reverse(turned.facts.begin(), turned.facts.end());
  turned.facts.push_back(turned.facts.front());
  EXPECT_EQ(Brief(facts, "2026-03-09T09:00:00Z").SerializeAsString(),
            Brief(turned, "2026-03-09T09:00:00Z").SerializeAsString());
}

}  // namespace
}  // namespace rapport::recommendation
