#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/time/proto_time.h"
#include "tools/rapportctl/render_briefing.h"
#include "tools/rapportctl/render_story.h"
#include "tools/rapportctl/render_worklist.h"
#include "tools/rapportctl/test_samples.h"
#include "tools/rapportctl/words.h"

namespace rapport::rapportctl {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

recommendation::v1::GetWorklistResponse List() {
  return Parse<recommendation::v1::GetWorklistResponse>(R"(
    steward_name: "Mara Lindqvist" capacity: 2 waiting_count: 9
    items { position: 1 display_name: "Ana Lopes"
            suggestion { kind: ANSWER summary: "Ana asked about the export on Thursday." } }
    items { position: 2 display_name: "Tomasz Zieliński"
            suggestion { kind: KEEP_PROMISE summary: "You promised word by today." } }
  )");
}

TEST(RenderWorklist, GreetsAndListsInColumns) {
  EXPECT_EQ(RenderWorklist(List(), {.days = Days(), .daily_capacity = 2}),
            "Good morning, Mara. Two people today; you said you have time for two.\n"
            "\n"
            " 1  Ana Lopes         answer        Ana asked about the export on Thursday\n"
            " 2  Tomasz Zieliński  keep promise  You promised word by today\n"
            "\n"
            "    waiting is better for 9 people      (rapportctl today --waiting)\n");
}

TEST(RenderWorklist, SaysWhenNobodyWaits) {
  auto list = List();
  list.clear_items();
  list.set_waiting_count(0);
  EXPECT_EQ(RenderWorklist(list, {.days = Days()}),
            "Good morning, Mara. Nobody waits for you today.\n");
}

TEST(RenderWorklist, SaysWhatGoesBeyondTheDay) {
  auto list = List();
  list.set_capacity(1);
  list.set_over_capacity(1);
  list.set_left_out(3);
  const std::string text = RenderWorklist(list, {.days = Days(), .daily_capacity = 1});
  EXPECT_THAT(text,
              HasSubstr("One more than that: this one has waited longer than a working day."));
  EXPECT_THAT(text, HasSubstr("3 more when there is time"));
  EXPECT_THAT(text, HasSubstr("(rapportctl today --capacity 4)"));
}

TEST(RenderWorklist, ListsThoseForWhomWaitingIsBetter) {
  auto list = List();
  *list.add_waiting() = Parse<recommendation::v1::WorklistItem>(
      R"(display_name: "Rui" suggestion { kind: WAIT summary: "You spoke 2 days ago." })");
  const std::string text = RenderWorklist(list, {.days = Days(), .show_waiting = true});
  EXPECT_THAT(text,
              HasSubstr("Waiting is better for nine people:\n    Rui  You spoke 2 days ago\n"));
  EXPECT_THAT(text, HasSubstr("and 8 more"));
}

TEST(RenderWorklist, NeverPassesTheEdgeOfTheScreen) {
  const std::string text =
      RenderWorklist(List(), {.days = Days(), .width = 60, .daily_capacity = 2});
  const std::vector<std::string> lines = absl::StrSplit(text, '\n');
  for (std::size_t i = 2; i < 5; ++i) EXPECT_LE(DisplayWidth(lines[i]), 60u) << lines[i];
}

TEST(RenderWorklist, SaysWhatIsMissing) {
  auto list = List();
  list.add_degraded("engagement is behind");
  EXPECT_THAT(RenderWorklist(list, {.days = Days()}),
              HasSubstr("This may miss the latest: engagement is behind."));
}

recommendation::v1::Briefing Ana() {
  auto briefing = Parse<recommendation::v1::Briefing>(R"(
    display_name: "Ana Lopes"
    about { text: "Lusotêxtil, operations" sources: "p" }
    about { text: "Lisbon, 15:10 there now" sources: "p" }
    standing { text: "You have known each other 3 years 2 months." sources: "s" }
    standing { text: "Alive: last spoke 7 days ago, usual gap 16 days." sources: "s" }
    said_last { text: "the workshop moved in January" detail: "call, 2 March" sources: "f1" }
    we_owe { text: "ask support about the export bug" detail: "OPEN" sources: "promise1" }
    we_owe { text: "an answer to their feedback on the report page" detail: "FEEDBACK"
             sources: "fb1" }
    do_not_raise { text: "pricing" detail: "they asked you not to, 11 February" sources: "pref" }
    next_step { kind: ANSWER summary: "Ana asked about the export." }
  )");
  *briefing.mutable_we_owe(0)->mutable_time() =
      time::ToProto(absl::FromUnixSeconds(kNow) + absl::Hours(24));
  *briefing.mutable_we_owe(1)->mutable_time() =
      time::ToProto(absl::FromUnixSeconds(kNow) - absl::Hours(24 * 19));
  return briefing;
}

TEST(RenderBriefing, FitsOnOneScreen) {
  EXPECT_EQ(
      RenderBriefing(Ana(), {.days = Days(), .typed = "ana"}),
      "Ana Lopes · Lusotêxtil, operations · Lisbon, 15:10 there now\n"
      "You have known each other 3 years 2 months. Alive: last spoke 7 days ago, usual gap 16 "
      "days.\n"
      "\n"
      "Told us         the workshop moved in January                   call, 2 March\n"
      "We owe          ask support about the export bug                due tomorrow\n"
      "                an answer to their feedback on the report page  given 19 days ago\n"
      "Owes us         –\n"
      "Do not raise    pricing                                         they asked you not to, 11 "
      "February\n"
      "\n"
      "Next step       answer: Ana asked about the export.\n"
      "\n"
      "sources: rapportctl brief ana --sources\n");
}

TEST(RenderBriefing, CitesUnderEachLineOnDemand) {
  const std::string text = RenderBriefing(Ana(), {.days = Days(), .sources = true});
  EXPECT_THAT(text, HasSubstr("call, 2 March\n                  f1\n"));
  EXPECT_THAT(text, HasSubstr("promise1"));
  EXPECT_THAT(text, Not(HasSubstr("--sources")));
}

TEST(RenderBriefing, SaysWhatNotToProposeYetAndWhatCouldBeGiven) {
  recommendation::v1::Briefing briefing = Ana();
  briefing.clear_said_last();
  briefing.clear_we_owe();
  briefing.clear_do_not_raise();
  briefing.MergeFrom(Parse<recommendation::v1::Briefing>(R"(
    not_yet { text: "proposing \"Migration\": you do not know what it leads to"
              detail: "UNDERSTANDING_THIN" sources: "o" }
    ask { text: "What happens because of that?" detail: "IMPLICATION" sources: "f" }
    care { text: "her daughter starts school" detail: "their words, 2 March" sources: "c" }
    gives { text: "thanks for what they said" detail: "THANKS_DUE" sources: "s"
            time { seconds: 1772704800 } })"));
  EXPECT_THAT(
      RenderBriefing(briefing, {.days = Days(), .typed = "ana"}),
      HasSubstr("Told us         –\n"
                "We owe          –\n"
                "Owes us         –\n"
                "Not yet         proposing \"Migration\": you do not know what it leads to\n"
                "Worth asking    What happens because of that?  implication\n"
                "Care            her daughter starts school     their words, 2 March\n"
                "You could give  thanks for what they said      on Thursday\n"));
}

TEST(RenderBriefing, FoldsOnNarrowScreens) {
  const std::string text = RenderBriefing(Ana(), {.days = Days(), .width = 50, .typed = "ana"});
  for (absl::string_view line : absl::StrSplit(text, '\n')) EXPECT_LE(DisplayWidth(line), 50u);
  EXPECT_THAT(text, HasSubstr("(due tomorrow)"));
}

TEST(RenderTimeline, TellsTheStoryInLines) {
  std::vector<engagement::v1::TimelineEntry> entries = {Parse<engagement::v1::TimelineEntry>(R"(
        time { seconds: 1773039600 }
        engagement { kind: CONVERSATION channel: PHONE direction: MUTUAL our_seconds: 600
                     their_seconds: 900 subject: "how the morning goes" })"),
                                                        Parse<engagement::v1::TimelineEntry>(R"(
        time { seconds: 1772964000 }
        engagement { kind: MESSAGE channel: EMAIL direction: IN their_words: 42 needs_answer: true
                     subject: "the export" })"),
                                                        Parse<engagement::v1::TimelineEntry>(R"(
        time { seconds: 1772000000 }
        promise { promised_by: PARTY_US text: "send the drawings" state: KEPT })"),
                                                        Parse<engagement::v1::TimelineEntry>(R"(
        time { seconds: 1772000000 }
        engagement { kind: MESSAGE channel: EMAIL direction: IN not_counted: AUTO_REPLY })")};
  EXPECT_EQ(RenderTimeline(entries, Days(), 0),
            "today 07:00       call · \"how the morning goes\" · 25 min, 60 % theirs\n"
            "yesterday 10:00   mail from them · \"the export\" · 42 words · asks for an answer\n"
            "25 February       we promised: send the drawings (kept)\n"
            "25 February       mail from them, not counted (auto reply)\n");
  EXPECT_EQ(RenderTimeline({}, Days(), 0), "Nothing has happened yet.\n");
}

TEST(FactLine, SaysThatAFactIsInDoubtOrReplaced) {
  auto fact = Parse<engagement::v1::Fact>(
      R"(slot: PROBLEM text: "loses a day" said_by: PARTY_PERSON said_in: "call")");
  EXPECT_EQ(FactLine(fact), "they told us: loses a day (problem, call)");
  fact.mutable_dispute_time()->set_seconds(1);
  EXPECT_EQ(FactLine(fact), "they told us: loses a day (problem, call) · in doubt");
  fact.set_superseded_by("f2");
  EXPECT_EQ(FactLine(fact), "they told us: loses a day (problem, call) · replaced by a newer word");
}

TEST(RenderTimeline, ShowsNeedsSalesAndLifeAmongTheRest) {
  const std::vector<engagement::v1::TimelineEntry> entries = {
      Parse<engagement::v1::TimelineEntry>(R"(
        time { seconds: 1773039600 } need { summary: "two seats" origin: PARTY_PERSON
        state: STATED wants_to_buy: true stated_time { seconds: 1773039600 } })"),
      Parse<engagement::v1::TimelineEntry>(R"(
        time { seconds: 1773039600 } sale { summary: "two seats" led_by: PARTY_PERSON
        stage: PROPOSED moves { stage: PROPOSED time { seconds: 1773039600 } } })"),
      Parse<engagement::v1::TimelineEntry>(R"(
        time { seconds: 1773039600 } care_event { text: "a daughter is born" kind: BIRTH
        said_by: PARTY_PERSON })")};
  EXPECT_EQ(RenderTimeline(entries, Days(), 0),
            "today 07:00       they need: two seats (stated today; they asked to buy)\n"
            "today 07:00       sale: two seats (proposed today; they asked for it)\n"
            "today 07:00       their life: a daughter is born (birth; their words)\n");
}

TEST(RenderDecision, NamesTheOffersThatAreNotSuggested) {
  const auto decision = Parse<recommendation::v1::Decision>(R"(
    policy_version: "1"
    excluded { kind: PROPOSE offer: "o1" reasons { text: "nothing said" would_change: "a word" } })");
  EXPECT_THAT(RenderDecision("Bo", decision, {{"o1", "offer: Migration"}}, Days(), 0),
              HasSubstr("propose       offer: Migration\n"
                        "              nothing said  (would change it: a word)\n"));
}

TEST(RenderWorklist, CallsTheStepsByTheirWords) {
  recommendation::v1::GetWorklistResponse list;
  list.set_capacity(9);
  for (const auto kind :
       {recommendation::v1::TELL_BACK, recommendation::v1::THANK, recommendation::v1::GIVE,
        recommendation::v1::PROPOSE, recommendation::v1::REST}) {
    auto& item = *list.add_items();
    item.set_position(list.items_size());
    item.set_display_name("Bo");
    item.mutable_suggestion()->set_kind(kind);
    item.mutable_suggestion()->set_summary("because.");
  }
  const std::string text = RenderWorklist(list, {.days = Days()});
  for (const char* word : {"tell back", "thank", "give", "propose", "rest"}) {
    EXPECT_THAT(text, HasSubstr(absl::StrCat("Bo  ", Pad(word, 9), "  because\n")));
  }
}

TEST(RenderDecision, GivesReasonsSourcesAndWhatWouldChangeIt) {
  const auto decision = Parse<recommendation::v1::Decision>(R"(
    policy_version: "1"
    suggestions { kind: LISTEN summary: "42 days quiet, usually about 30 days."
      reasons { code: SILENT_TOO_LONG text: "42 days of silence, 45 are fine"
                sources: "e1" sources: "x"
                would_change: "a word from either side" } }
    excluded { kind: ANSWER reasons { code: NOTHING_OPEN text: "nobody waits for an answer" } }
    inputs { name: "a" revision: 1 })");
  EXPECT_EQ(RenderDecision("Bo Andersson", decision, {{"e1", "call, 26 January"}}, Days(), 0),
            "Bo Andersson\n"
            "\n"
            "listen        42 days quiet, usually about 30 days.\n"
            "              42 days of silence, 45 are fine\n"
            "                from  call, 26 January\n"
            "                from  x\n"
            "                would change it: a word from either side\n"
            "\n"
            "Not suggested:\n"
            "answer        nobody waits for an answer\n"
            "\n"
            "Decided with policy 1 from 1 resource.\n");
}

TEST(RenderChange, AddsUpWhatMovedHealth) {
  const auto change = Parse<engagement::v1::ExplainChangeResponse>(R"(
    from_health { value: 0.66 status: MEASURE_STATUS_OK }
    to_health { value: 0.59 status: MEASURE_STATUS_OK }
    lines { cause: PASSAGE_OF_TIME difference: -0.09 }
    lines { time { seconds: 1772000000 } cause: PROMISE source: "p1" what: "kept" difference: 0.02 }
    lines { time { seconds: 1772000000 } cause: ENGAGEMENT source: "e1" what: "message"
            difference: 0.0001 })");
  const auto rapport = Parse<engagement::v1::Rapport>(R"(
    health_terms { term: "warmth" value: 0.5 weight: 0.4 contribution: 0.2
                   status: MEASURE_STATUS_OK }
    health_terms { term: "care" status: MEASURE_STATUS_UNDEFINED })");
  EXPECT_EQ(RenderChange(change, rapport, {{"p1", "we promised: send the drawings"}}, Days(), 0),
            "Health 0.66 → 0.59\n"
            "  −0.09  time passing\n"
            "  +0.02  we promised: send the drawings, kept  (12 days ago)\n"
            "  +0.00  1 more thing that hardly moved it\n"
            "\n"
            "Health is made of\n"
            "  warmth  0.50  × 0.40 = 0.20\n"
            "  care    –     nothing known\n");
}

TEST(RenderChange, NeverPrintsANumberThatIsNotKnown) {
  const auto change = Parse<engagement::v1::ExplainChangeResponse>(R"(
    from_health { status: MEASURE_STATUS_UNDEFINED }
    to_health { value: 0.5 status: MEASURE_STATUS_OK })");
  EXPECT_EQ(RenderChange(change, {}, {}, Days(), 0),
            "Health not known yet → 0.50\n  nothing moved it\n");
}

}  // namespace
}  // namespace rapport::rapportctl
