#include "tools/rapportctl/render_needs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tools/rapportctl/test_samples.h"

namespace rapport::rapportctl {
namespace {

using ::testing::HasSubstr;

engagement::v1::Need KeyingNeed() {
  return Parse<engagement::v1::Need>(R"(
    summary: "no more re-keying" origin: PARTY_PERSON explicit: true topics: "re-keying"
    stated_time { seconds: 1772704800 } state_time { seconds: 1772704800 } state: STATED)");
}

TEST(NeedLine, SaysWhereItStandsAndWhoSaidSo) {
  auto need = KeyingNeed();
  EXPECT_EQ(NeedLine(need, Days()),
            "they need: no more re-keying (stated on Thursday; they want it solved) · re-keying");
  need.set_wants_to_buy(true);
  need.set_recurrence_days(365);
  EXPECT_EQ(NeedLine(need, Days()),
            "they need: no more re-keying (stated on Thursday; they asked to buy; comes back after "
            "about 365 days) · re-keying");
  need = KeyingNeed();
  need.clear_topics();
  need.set_state(engagement::v1::Need::OUTLIVED);
  need.set_outlived_said_by(type::v1::PARTY_PERSON);
  EXPECT_EQ(NeedLine(need, Days()),
            "they need: no more re-keying (over since Thursday 10:00, as they said)");
  need.set_state(engagement::v1::Need::SENSED);
  need.set_origin(type::v1::PARTY_US);
  need.clear_explicit_();
  EXPECT_EQ(NeedLine(need, Days()), "we sense: no more re-keying (sensed on Thursday)");
}

TEST(SaleLine, SaysItsStageAndWhoLed) {
  const auto sale = Parse<engagement::v1::Sale>(R"(
    summary: "two seats" led_by: PARTY_PERSON stage: DELIVERED after_care: "p"
    amount { currency_code: "EUR" units: 240 }
    moves { stage: AGREED time { seconds: 1772000000 } }
    moves { stage: DELIVERED time { seconds: 1772704800 } })");
  EXPECT_EQ(SaleLine(sale, Days()),
            "sale: two seats (delivered on Thursday; they asked for it; 240 EUR; after-care "
            "promised)");
}

TEST(CareEventLine, SaysTheDayAsFarAsItIsKnown) {
  auto event = Parse<engagement::v1::CareEvent>(
      R"(kind: BEREAVEMENT text: "her father died" said_by: PARTY_PERSON
         date { year: 2026 month: 10 day: 2 })");
  EXPECT_EQ(CareEventLine(event),
            "their life: her father died (bereavement, 2026-10-02; their "
            "words)");
  event.mutable_date()->clear_year();
  event.set_said_by(type::v1::PARTY_US);
  EXPECT_EQ(CareEventLine(event),
            "their life: her father died (bereavement, --10-02; noted by us)");
  event.clear_date();
  EXPECT_EQ(CareEventLine(event), "their life: her father died (bereavement; noted by us)");
}

TEST(RenderUnderstanding, ShowsSlotBySlotWhatIsKnownAndWhatToAsk) {
  const auto understanding = Parse<engagement::v1::Understanding>(R"(
    coverage { value: 0.4 status: MEASURE_STATUS_OK }
    listening { status: MEASURE_STATUS_INSUFFICIENT }
    slots { slot: SITUATION }
    slots { slot: PROBLEM fill: 1 weight: 0.25 facts { value: 0.98 fact {
      text: "loses a day a week" said_in: "call" said_by: PARTY_PERSON
      said_time { seconds: 1772704800 } } } }
    slots { slot: IMPLICATION facts { value: 0.5 fact {
      text: "orders wait" said_by: PARTY_US said_time { seconds: 1772704800 } } } }
    slots { slot: NEED_PAYOFF }
    gaps { slot: NEED_PAYOFF missing: 0.3 questions: "What would it give you?" questions: "x" }
    gaps { slot: SITUATION missing: 0.001 questions: "y" })");
  std::vector<engagement::v1::Fact> facts = {Parse<engagement::v1::Fact>(R"(
    text: "the audit is in May" dispute_time { seconds: 1 } disputed_by: PARTY_PERSON
    dispute_reason: "it moved")")};
  EXPECT_EQ(RenderUnderstanding(understanding, facts, Days(), 0),
            "Understood: 0.40 of 1 · their share of the talk: too little to say\n"
            "\n"
            "Situation    –\n"
            "Problem      loses a day a week  (call, Thursday 10:00; counts 0.98)\n"
            "Implication  orders wait  (Thursday 10:00, we inferred it; counts 0.50)\n"
            "Need payoff  –\n"
            "In doubt     the audit is in May  (they say otherwise: it moved)\n"
            "\n"
            "Worth asking  \"What would it give you?\"  (need payoff, up to +0.30)\n");
}

TEST(RenderTrust, ShowsTheFourPartsAndWhatTheyRestOn) {
  const auto trust = Parse<engagement::v1::Trust>(R"(
    trust { value: 0.6667 status: MEASURE_STATUS_OK }
    credibility { value: 0.7 status: MEASURE_STATUS_OK }
    reliability { value: 0.6 status: MEASURE_STATUS_OK }
    intimacy { status: MEASURE_STATUS_UNDEFINED }
    self_orientation { value: 0.3 status: MEASURE_STATUS_OK }
    postings { time { seconds: 1772704800 } account: RELIABILITY credit: 1 reason: "promise kept"
               source: "p1" }
    postings { time { seconds: 1772704800 } account: SELF_ORIENTATION debit: 1 reason: "ask" }
    postings { time { seconds: 1772704800 } account: RELIABILITY credit: 0.5 debit: 0.5
               reason: "promise kept late" }
    posting_count: 6)");
  const std::string text =
      RenderTrust(trust, {{"p1", "we promised: send the drawings"}}, Days(), 0);
  EXPECT_THAT(text, HasSubstr("Trust 0.67\n  credibility       0.70\n"));
  EXPECT_THAT(text, HasSubstr("  intimacy          not known yet\n"));
  EXPECT_THAT(text, HasSubstr("  Thursday 10:00  reliability       +1.00  promise kept "
                              "(we promised: send the drawings)\n"));
  EXPECT_THAT(text, HasSubstr("self orientation  −1.00  ask\n"));
  EXPECT_THAT(text, HasSubstr("+0.50 −0.50  promise kept late\n"));
  EXPECT_THAT(text, HasSubstr("  and 3 more\n"));
}

}  // namespace
}  // namespace rapport::rapportctl
