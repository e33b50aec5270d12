#include "tools/rapportctl/render_readiness.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_split.h"
#include "tools/rapportctl/test_samples.h"
#include "tools/rapportctl/words.h"

namespace rapport::rapportctl {
namespace {

using recommendation::v1::Exclusion;
using recommendation::v1::Readiness;
using ::testing::HasSubstr;
using ::testing::Not;

ReadinessStyle Style() { return {.days = Days(), .person = "Ana Lopes", .offer = "Migration"}; }

Readiness TooEarly() {
  return Parse<Readiness>(R"(
    as_of { seconds: 1773046920 } policy_version: "1"
    conditions { code: UNDERSTANDING_THIN term: "coverage" value: 0.4 threshold: 0.6
                 status: MEASURE_STATUS_OK step: "learn what it leads to, +0.17" }
    conditions { code: UNDERSTANDING_THIN term: "fill of NEED_PAYOFF" threshold: 0.5
                 status: MEASURE_STATUS_OK step: "learn what it would be worth" }
    conditions { code: NEED_NOT_EXPLICIT term: "explicit need" step: "hear it from Ana" }
    conditions { code: CARE_GUARD term: "care guard" met: true }
    conditions { code: ASK_HEAVY term: "give to ask" waived: true }
    changes { code: UNDERSTANDING_THIN text: "learn" gain: 0.17 })");
}

Exclusion WhyTooEarly() {
  return Parse<Exclusion>(R"(
    kind: PROPOSE
    reasons { code: UNDERSTANDING_THIN text: "you do not know what it leads to" }
    reasons { code: NEED_NOT_EXPLICIT text: "Ana has not said that they want this solved" })");
}

TEST(RenderReadiness, NamesWhatIsMissingAndThatTheirWordSuffices) {
  EXPECT_EQ(RenderReadiness(TooEarly(), WhyTooEarly(), Style()),
            "Not now. Two things are missing, everything else holds:\n"
            "  understanding  0.40, needs 0.60  learn what it leads to, +0.17\n"
            "  explicit need  –                 Ana has not said that they want this solved\n"
            "If Ana asks for it, neither matters.\n"
            "Decided with policy 1 at 09:02.\n");
}

TEST(RenderReadiness, ShowsTheRestOnDemand) {
  auto style = Style();
  style.all = true;
  EXPECT_THAT(RenderReadiness(TooEarly(), {}, style),
              HasSubstr("\nThe rest:\n  care guard   holds\n  give to ask  not asked for\n"));
}

TEST(RenderReadiness, DoesNotSayThatTheirWordSufficesWhereItDoesNot) {
  const auto guarded = Parse<Readiness>(R"(
    conditions { code: CARE_GUARD term: "care guard" step: "lift the care guard when it is time" })");
  const std::string text = RenderReadiness(guarded, {}, Style());
  EXPECT_THAT(text, HasSubstr("Not now. One thing is missing, everything else holds:\n"
                              "  care guard  lift the care guard when it is time\n"));
  EXPECT_THAT(text, Not(HasSubstr("asks for it")));
  EXPECT_THAT(text, HasSubstr("Nothing that we could do would change it now.\n"));
}

TEST(RenderReadiness, SaysYesWhereNothingStandsInTheWay) {
  const auto led = Parse<Readiness>(R"(
    ready: true person_led: true policy_version: "1"
    conditions { code: GRIEVANCE_OPEN term: "unanswered grievances" waived: true value: 1
                 status: MEASURE_STATUS_OK step: "answer their grievance" })");
  const std::string text = RenderReadiness(led, {}, Style());
  EXPECT_THAT(text, HasSubstr("Yes: \"Migration\" may be proposed to Ana Lopes, they asked for "
                              "it.\nFirst of all: answer their grievance\n"));
}

TEST(RenderReadiness, SaysNumbersAsWhatTheyAre) {
  const auto readiness = Parse<Readiness>(R"(
    conditions { code: PRESSURE_CAP term: "proposals in 7 days" value: 2 threshold: 2
                 status: MEASURE_STATUS_OK step: "wait until 12 March" }
    conditions { code: ASK_HEAVY term: "give to ask" threshold: 1
                 status: MEASURE_STATUS_INSUFFICIENT step: "give something" })");
  const std::string text = RenderReadiness(readiness, {}, Style());
  EXPECT_THAT(text, HasSubstr("  proposals in 7 days  2 of 2             wait until 12 March\n"));
  EXPECT_THAT(text, HasSubstr("  give to ask          too little to say  give something\n"));
}

TEST(RenderReadiness, FoldsOnNarrowScreens) {
  auto style = Style();
  style.width = 60;
  const std::string text = RenderReadiness(TooEarly(), WhyTooEarly(), style);
  for (absl::string_view line : absl::StrSplit(text, '\n')) EXPECT_LE(DisplayWidth(line), 60u);
}

TEST(RenderExclusion, SaysWhyAStepIsNotSuggested) {
  const auto exclusion = Parse<Exclusion>(R"(
    kind: LISTEN reasons { code: WITHIN_RHYTHM text: "you spoke 2 days ago"
                           would_change: "35 days of silence" })");
  EXPECT_EQ(RenderExclusion(exclusion, Style()),
            "Not now: listen for Ana Lopes.\n"
            "  you spoke 2 days ago  (would change it: 35 days of silence)\n");
}

}  // namespace
}  // namespace rapport::rapportctl
