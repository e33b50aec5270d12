#include "services/contact/rules/consent.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/contact/rules/test_samples.h"

namespace rapport::contact::rules {
namespace {

using ::rapport::type::v1::CHANNEL_EMAIL;
using ::rapport::type::v1::CHANNEL_PHONE;
using ::rapport::type::v1::PURPOSE_ASK;
using ::rapport::type::v1::PURPOSE_PROPOSAL;
using ::testing::ElementsAre;

constexpr auto kGrant = v1::ConsentEntry::GRANT;
constexpr auto kRefuse = v1::ConsentEntry::REFUSE;
constexpr auto kWithdraw = v1::ConsentEntry::WITHDRAW;
constexpr char kMail[] = "tenants/home/people/ana/contactPoints/mail";

using Ledger = std::vector<v1::ConsentEntry>;

ConsentAsked Proposal() { return {PURPOSE_PROPOSAL, CHANNEL_EMAIL, kMail, "default"}; }
v1::ConsentVerdict Verdict(const Ledger& ledger, double day = 100) {
  return DecideConsent(ledger, Proposal(), Day(day)).verdict();
}

// Proves: C15
TEST(Consent, NobodyAskedIsUnknownAndNotAllowed) {
  const auto decision = DecideConsent({}, Proposal(), Day(3));
  EXPECT_EQ(decision.verdict(), v1::CONSENT_UNKNOWN);
  EXPECT_EQ(decision.deciding_entry(), "");
  EXPECT_EQ(decision.trail_size(), 0);
  EXPECT_EQ(time::FromProto(decision.as_of()), Day(3));
}

// Proves: C14, C15
TEST(Consent, TheNewestEntryOfAScopeDecidesSoThatOneMayConsentAgain) {
  const Ledger ledger = {Entry(1, kGrant, 10), Entry(2, kWithdraw, 20), Entry(3, kGrant, 30)};
  EXPECT_EQ(Verdict(ledger), v1::CONSENT_ALLOWED);
  EXPECT_EQ(DecideConsent(ledger, Proposal(), Day(100)).deciding_entry(), ledger[2].name());
}

// Proves: C15
TEST(Consent, AnEarlierInstantGetsTheAnswerThatWasValidThen) {
  const Ledger ledger = {Entry(1, kGrant, 10), Entry(2, kWithdraw, 20), Entry(3, kGrant, 30)};
  EXPECT_EQ(Verdict(ledger, 9.9), v1::CONSENT_UNKNOWN);
  EXPECT_EQ(Verdict(ledger, 10), v1::CONSENT_ALLOWED);
  EXPECT_EQ(Verdict(ledger, 19.9), v1::CONSENT_ALLOWED);
  EXPECT_EQ(Verdict(ledger, 20), v1::CONSENT_DENIED);
  EXPECT_EQ(Verdict(ledger, 30), v1::CONSENT_ALLOWED);
}

// Proves: C14
TEST(Consent, OfTwoEntriesFromTheSameInstantTheOneWrittenLaterDecides) {
  EXPECT_EQ(Verdict({Entry(1, kGrant, 10), Entry(2, kWithdraw, 10)}), v1::CONSENT_DENIED);
  EXPECT_EQ(Verdict({Entry(1, kWithdraw, 10), Entry(2, kGrant, 10)}), v1::CONSENT_ALLOWED);
  EXPECT_EQ(Verdict({Entry(2, kGrant, 10), Entry(1, kWithdraw, 10)}), v1::CONSENT_ALLOWED);
}

// Proves: C15
TEST(Consent, AGrantThatRanOutIsNoGrantAndBringsNoOlderOneBack) {
  EXPECT_EQ(Verdict({Until(Entry(1, kGrant, 10), 50)}, 49.9), v1::CONSENT_ALLOWED);
  EXPECT_EQ(Verdict({Until(Entry(1, kGrant, 10), 50)}, 50), v1::CONSENT_UNKNOWN);
  EXPECT_EQ(Verdict({Entry(1, kGrant, 10), Until(Entry(2, kGrant, 20), 50)}), v1::CONSENT_UNKNOWN);
  EXPECT_EQ(Verdict({Entry(1, kRefuse, 10), Until(Entry(2, kGrant, 20), 50)}), v1::CONSENT_DENIED);
}

// Proves: C15
TEST(Consent, ARefusalMayRunOutAndAWithdrawalNever) {
  EXPECT_EQ(Verdict({Entry(1, kGrant, 10), Until(Entry(2, kRefuse, 20), 50)}, 30),
            v1::CONSENT_DENIED);
  EXPECT_EQ(Verdict({Entry(1, kGrant, 10), Until(Entry(2, kRefuse, 20), 50)}, 60),
            v1::CONSENT_ALLOWED);
  EXPECT_EQ(Verdict({Entry(1, kGrant, 10), Until(Entry(2, kWithdraw, 20), 50)}, 60),
            v1::CONSENT_DENIED);
}

// Proves: C14
TEST(Consent, ACorrectedEntryCountsForNothing) {
  const auto wrong = Entry(1, kWithdraw, 20);
  const auto right = Correcting(Entry(2, kGrant, 20), wrong);
  EXPECT_EQ(Verdict({wrong}), v1::CONSENT_DENIED);
  EXPECT_EQ(Verdict({wrong, right}), v1::CONSENT_ALLOWED);
  // A correction can be corrected; what it corrected stays corrected.
  const auto last = Correcting(By(Entry(3, kRefuse, 20), CHANNEL_PHONE), right);
  EXPECT_EQ(Verdict({wrong, right, last}), v1::CONSENT_UNKNOWN);
  EXPECT_EQ(CorrectionOf(Ledger{wrong, right, last}, wrong.name())->name(), right.name());
  EXPECT_EQ(CorrectionOf(Ledger{wrong, right, last}, last.name()), nullptr);
}

// Proves: C15
TEST(Consent, AcrossScopesADenialBeatsAnAllowance) {
  const auto all_denied = Entry(1, kWithdraw, 10);
  const auto mail_granted = By(For(Entry(2, kGrant, 50), PURPOSE_PROPOSAL), CHANNEL_EMAIL);
  EXPECT_EQ(Verdict({all_denied, mail_granted}), v1::CONSENT_DENIED);
  EXPECT_EQ(Verdict({Entry(1, kGrant, 10), For(Entry(2, kRefuse, 5), PURPOSE_PROPOSAL)}),
            v1::CONSENT_DENIED);
  EXPECT_EQ(Verdict({Entry(1, kGrant, 10), For(Entry(2, kRefuse, 5), PURPOSE_ASK)}),
            v1::CONSENT_ALLOWED);
}

// Proves: C15
TEST(Consent, EntriesAboutOtherThingsHaveNoSay) {
  EXPECT_EQ(Verdict({By(Entry(1, kGrant, 10), CHANNEL_PHONE)}), v1::CONSENT_UNKNOWN);
  EXPECT_EQ(Verdict({AtPoint(Entry(1, kGrant, 10), std::string(kMail) + "2")}),
            v1::CONSENT_UNKNOWN);
  EXPECT_EQ(Verdict({FromHouse(Entry(1, kRefuse, 10), "workshop")}), v1::CONSENT_UNKNOWN);
  EXPECT_EQ(Verdict({FromHouse(Entry(1, kGrant, 10), "default")}), v1::CONSENT_ALLOWED);
  ConsentAsked no_point = Proposal();
  no_point.contact_point.clear();
  EXPECT_EQ(DecideConsent({AtPoint(Entry(1, kGrant, 10), kMail)}, no_point, Day(100)).verdict(),
            v1::CONSENT_UNKNOWN);
}

// Proves: C15
TEST(Consent, TheTrailGoesFromTheWidestScopeToTheNarrowest) {
  const Ledger ledger = {
      By(For(Entry(1, kGrant, 10), PURPOSE_PROPOSAL), CHANNEL_EMAIL),
      For(Entry(2, kGrant, 11), PURPOSE_PROPOSAL),
      AtPoint(Entry(3, kGrant, 12), kMail),
      By(Entry(4, kRefuse, 13), CHANNEL_EMAIL),
      By(Entry(5, kGrant, 14), CHANNEL_EMAIL),
      Until(Entry(6, kGrant, 15), 20),
      For(Entry(7, kRefuse, 15), PURPOSE_ASK),
      FromHouse(By(Entry(8, kGrant, 16), CHANNEL_EMAIL), "default"),
      Entry(9, kGrant, 500),
  };
  const auto decision = DecideConsent(ledger, Proposal(), Day(100));
  std::vector<std::string> scopes;
  for (const auto& scope : decision.trail()) scopes.push_back(scope.scope());
  EXPECT_THAT(scopes, ElementsAre("global", "channel", "point", "purpose", "channel+purpose",
                                  "channel+house"));
  EXPECT_EQ(decision.trail(0).verdict(), v1::CONSENT_UNKNOWN);
  EXPECT_EQ(decision.trail(0).entry(), "");
  EXPECT_EQ(decision.trail(0).entries(), 1);
  EXPECT_EQ(decision.trail(1).verdict(), v1::CONSENT_ALLOWED);
  EXPECT_EQ(decision.trail(1).entry(), ledger[4].name());
  EXPECT_EQ(decision.trail(1).entries(), 2);
  EXPECT_EQ(decision.verdict(), v1::CONSENT_ALLOWED);
  EXPECT_EQ(decision.deciding_entry(), ledger[7].name()) << "the narrowest that allows";
}

TEST(Consent, OfSeveralDenialsTheWidestIsNamed) {
  const Ledger ledger = {By(For(Entry(1, kRefuse, 10), PURPOSE_PROPOSAL), CHANNEL_EMAIL),
                         By(Entry(2, kRefuse, 10), CHANNEL_EMAIL), Entry(3, kGrant, 11)};
  const auto decision = DecideConsent(ledger, Proposal(), Day(100));
  EXPECT_EQ(decision.verdict(), v1::CONSENT_DENIED);
  EXPECT_EQ(decision.deciding_entry(), ledger[1].name());
}

TEST(Consent, TheNewestEffectIsTheLatestOfAll) {
  EXPECT_EQ(NewestEffect({}), absl::InfinitePast());
  EXPECT_EQ(NewestEffect(Ledger{Entry(1, kGrant, 30), Entry(2, kRefuse, 10)}), Day(30));
}

}  // namespace
}  // namespace rapport::contact::rules
