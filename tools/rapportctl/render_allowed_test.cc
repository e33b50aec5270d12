#include "tools/rapportctl/render_allowed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tools/rapportctl/test_samples.h"

namespace rapport::rapportctl {
namespace {

using contact::v1::ConsentEntry;

TEST(RenderLedger, NumbersTheLinesAndMarksCorrections) {
  const std::vector<ConsentEntry> ledger = {
      Parse<ConsentEntry>(R"(name: "e1" decision: GRANT lawful_basis: CONSENT
        purpose: PURPOSE_PROPOSAL channel: CHANNEL_EMAIL effective_time { seconds: 1772000000 }
        evidence { text: "yes, write to me" source: "form:newsletter" })"),
      Parse<ConsentEntry>(R"(name: "e2" corrects: "e1" decision: REFUSE purpose: PURPOSE_PROPOSAL
        contact_point: "c1" create_time { seconds: 1772704800 })"),
      Parse<ConsentEntry>(R"(name: "e3" decision: WITHDRAW create_time { seconds: 1773039600 })"),
      Parse<ConsentEntry>(R"(name: "e4" decision: GRANT purpose: PURPOSE_CARE
        effective_time { seconds: 1772000000 } expire_time { seconds: 1772704800 })")};
  EXPECT_EQ(RenderLedger(ledger, {{"c1", "ana@a.example"}}, Days(), 0),
            " 1  allows proposals by mail (since 25 February; consent; \"yes, write to me\"; "
            "form:newsletter) · corrected by 2\n"
            " 2  refused proposals at ana@a.example (since Thursday 10:00)\n"
            " 3  withdrew any contact (since today 07:00)\n"
            " 4  allows care (since 25 February; ran out Thursday 10:00)\n");
  EXPECT_EQ(RenderLedger({}, {}, Days(), 0), "They were never asked.\n");
}

TEST(RenderContact, SaysUntilWhenContactIsWelcome) {
  const auto decision = Parse<contact::v1::ContactDecision>(R"(
    permitted: true channel: CHANNEL_EMAIL time_zones: "Europe/Lisbon" language: "pt"
    window_end_time { seconds: 1773086400 }
    consent { verdict: CONSENT_ALLOWED deciding_entry: "e1" })");
  EXPECT_EQ(RenderContact(decision, type::v1::PURPOSE_PROPOSAL, Days(), 0),
            "Yes: proposals by mail are welcome now, until 20:00 in Lisbon.\n"
            "They allowed it.\n"
            "Language: pt.\n");
}

TEST(RenderContact, SaysWhatStandsAgainstItAndWhenItIsPossible) {
  auto decision = Parse<contact::v1::ContactDecision>(R"(
    channel: CHANNEL_PHONE time_zones: "Europe/Lisbon"
    obstacles { code: QUIET_HOURS text: "it is 21:10 in Europe/Lisbon" }
    next_permitted_time { seconds: 1773133200 })");
  EXPECT_EQ(RenderContact(decision, type::v1::PURPOSE_CARE, Days(), 0),
            "Not now: care by call is not welcome.\n"
            "  it is 21:10 in Europe/Lisbon\n"
            "Next possible: Tuesday 10 March, 09:00 in Lisbon.\n");
  auto& denied = *decision.add_obstacles();
  denied.set_code(contact::v1::ContactObstacle::CONSENT_DENIED);
  denied.set_text("they do not want this");
  EXPECT_EQ(RenderContact(decision, type::v1::PURPOSE_CARE, Days(), 0),
            "Not now: care by call is not welcome.\n"
            "  it is 21:10 in Europe/Lisbon\n"
            "  they do not want this\n"
            "As for the hour: next possible: Tuesday 10 March, 09:00 in Lisbon.\n");
}

TEST(StandingLine, SaysTheStandingAndTheGuard) {
  EXPECT_EQ(StandingLine(Parse<contact::v1::Relationship>(R"(
              standing: RESTING standing_reason: "the need is over"
              standing_time { seconds: 1772704800 })"),
                         Days()),
            "The relationship rests, since Thursday 10:00: the need is over.");
  EXPECT_EQ(StandingLine(Parse<contact::v1::Relationship>(R"(
              standing: OPEN care_guard { reason: "her father died"
              set_time { seconds: 1772704800 } })"),
                         Days()),
            "The relationship is open. A care guard stands since Thursday 10:00: her father died. "
            "Nothing is offered or asked until you lift it.");
}

}  // namespace
}  // namespace rapport::rapportctl
