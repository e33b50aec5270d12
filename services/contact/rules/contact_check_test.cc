#include "services/contact/rules/contact_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "services/contact/rules/test_samples.h"

namespace rapport::contact::rules {
namespace {

using Obstacle = v1::ContactObstacle;
using ::rapport::type::v1::CHANNEL_EMAIL;
using ::rapport::type::v1::CHANNEL_IN_PERSON;
using ::rapport::type::v1::CHANNEL_PHONE;
using ::rapport::type::v1::CHANNEL_POST;
using ::rapport::type::v1::CHANNEL_UNSPECIFIED;
using ::rapport::type::v1::Purpose;
using ::rapport::type::v1::PURPOSE_ASK;
using ::rapport::type::v1::PURPOSE_CARE;
using ::rapport::type::v1::PURPOSE_COMMUNITY;
using ::rapport::type::v1::PURPOSE_INTRODUCTION;
using ::rapport::type::v1::PURPOSE_PROPOSAL;
using ::rapport::type::v1::PURPOSE_SERVICE;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr Purpose kPurposes[] = {PURPOSE_SERVICE, PURPOSE_CARE,      PURPOSE_PROPOSAL,
                                 PURPOSE_ASK,     PURPOSE_COMMUNITY, PURPOSE_INTRODUCTION};

v1::ContactPoint Point(const std::string& id, v1::ContactPoint::Kind kind) {
  v1::ContactPoint point;
  point.set_name(absl::StrCat(kAna, "/contactPoints/", id));
  point.set_kind(kind);
  return point;
}

// Ana in Lisbon, with mail and telephone, who allows everything.
ContactCase Ana() {
  ContactCase ana;
  ana.person.set_name(kAna);
  ana.person.add_languages("pt");
  ana.relationship.set_name("tenants/home/relationships/ana");
  ana.relationship.set_person(kAna);
  ana.relationship.set_house("default");
  ana.relationship.set_standing(v1::OPEN);
  ana.points = {Point("mail", v1::ContactPoint::EMAIL), Point("phone", v1::ContactPoint::PHONE)};
  ana.ledger = {Entry(1, v1::ConsentEntry::GRANT, 0)};
  ana.whereabouts = {Whereabouts::Source::kCard, {"Europe/Lisbon"}, {Zone("Europe/Lisbon")}};
  return ana;
}

v1::ContactDecision Ask(const ContactCase& known, Purpose purpose,
                        type::v1::Channel channel = CHANNEL_EMAIL,
                        const std::string& when = "2026-06-15T10:00:00Z", bool automated = false) {
  ContactAsked asked;
  asked.purpose = purpose;
  asked.channel = channel;
  asked.automated = automated;
  asked.as_of = asked.consent_as_of = At(when);
  return DecideContact(known, asked);
}

std::set<Obstacle::Code> Codes(const v1::ContactDecision& decision) {
  std::set<Obstacle::Code> codes;
  for (const auto& obstacle : decision.obstacles()) {
    codes.insert(obstacle.code());
    EXPECT_NE(obstacle.text(), "");
    EXPECT_GT(obstacle.sources_size(), 0) << Obstacle::Code_Name(obstacle.code());
  }
  EXPECT_EQ(decision.permitted(), codes.empty());
  EXPECT_EQ(static_cast<int>(codes.size()), decision.obstacles_size());
  return codes;
}

// The purposes against which this stands.
std::set<Purpose> StandsAgainst(const ContactCase& known, Obstacle::Code code) {
  std::set<Purpose> purposes;
  for (const auto purpose : kPurposes) {
    if (Codes(Ask(known, purpose)).contains(code)) purposes.insert(purpose);
  }
  return purposes;
}

using Purposes = std::set<Purpose>;
const Purposes kAllPurposes(std::begin(kPurposes), std::end(kPurposes));
const Purposes kAllButService = {PURPOSE_CARE, PURPOSE_PROPOSAL, PURPOSE_ASK, PURPOSE_COMMUNITY,
                                 PURPOSE_INTRODUCTION};

TEST(CheckContact, PermitsWhatNothingStandsAgainst) {
  for (const auto purpose : kPurposes) EXPECT_THAT(Codes(Ask(Ana(), purpose)), IsEmpty());
  const auto decision = Ask(Ana(), PURPOSE_PROPOSAL);
  EXPECT_EQ(decision.language(), "pt");
  EXPECT_THAT(decision.time_zones(), ElementsAre("Europe/Lisbon"));
  EXPECT_EQ(decision.time_zone_source(), "card");
  EXPECT_EQ(decision.consent().verdict(), v1::CONSENT_ALLOWED);
  EXPECT_FALSE(decision.has_next_permitted_time());
  EXPECT_FALSE(decision.has_window_end_time());
}

// Proves: C11
TEST(CheckContact, WhoAskedForQuietIsOnlyAnswered) {
  auto ana = Ana();
  ana.relationship.set_standing(v1::QUIETED);
  EXPECT_EQ(StandsAgainst(ana, Obstacle::QUIETED), kAllButService);
  ana.relationship.set_standing(v1::RESTING);
  EXPECT_EQ(StandsAgainst(ana, Obstacle::RESTING), (Purposes{PURPOSE_PROPOSAL, PURPOSE_ASK}));
}

// Proves: E13
TEST(CheckContact, ACareGuardLeavesCareAndService) {
  auto ana = Ana();
  ana.relationship.mutable_care_guard()->set_reason("her father died");
  ana.relationship.mutable_care_guard()->set_care_event(
      "tenants/home/relationships/ana/careEvents/e");
  EXPECT_EQ(StandsAgainst(ana, Obstacle::CARE_GUARD),
            (Purposes{PURPOSE_PROPOSAL, PURPOSE_ASK, PURPOSE_COMMUNITY, PURPOSE_INTRODUCTION}));
  const auto decision = Ask(ana, PURPOSE_ASK);
  EXPECT_THAT(decision.obstacles(0).text(), HasSubstr("her father died"));
  EXPECT_THAT(decision.obstacles(0).sources(),
              ElementsAre(ana.relationship.name(), ana.relationship.care_guard().care_event()));
}

// Proves: C15
TEST(CheckContact, WithoutConsentOnlyServiceAndCareAreLeft) {
  auto ana = Ana();
  ana.ledger.clear();
  EXPECT_EQ(StandsAgainst(ana, Obstacle::CONSENT_UNKNOWN),
            (Purposes{PURPOSE_PROPOSAL, PURPOSE_ASK, PURPOSE_COMMUNITY, PURPOSE_INTRODUCTION}));
  ana.settings.set_care_needs_consent(true);
  EXPECT_EQ(StandsAgainst(ana, Obstacle::CONSENT_UNKNOWN), kAllButService);
  ana.ledger = {Entry(1, v1::ConsentEntry::REFUSE, 0)};
  EXPECT_EQ(StandsAgainst(ana, Obstacle::CONSENT_DENIED), kAllPurposes);
  EXPECT_THAT(Ask(ana, PURPOSE_CARE).obstacles(0).sources(), ElementsAre(ana.ledger[0].name()));
}

// Story V6: an answer to her mail is allowed after she withdrew her consent to proposals.
// Proves: C15
TEST(CheckContact, AWithdrawalOfProposalsLeavesAnswers) {
  auto ana = Ana();
  ana.ledger.push_back(
      By(For(Entry(2, v1::ConsentEntry::WITHDRAW, 1), PURPOSE_PROPOSAL), CHANNEL_EMAIL));
  EXPECT_EQ(StandsAgainst(ana, Obstacle::CONSENT_DENIED), Purposes{PURPOSE_PROPOSAL});
}

// Proves: C17
TEST(CheckContact, AnUnwantedChannelIsUnwantedForEverything) {
  auto ana = Ana();
  auto* mail = ana.preference.add_channels();
  mail->set_channel(CHANNEL_EMAIL);
  mail->set_choice(v1::ChannelPreference::UNWANTED);
  ana.preference.set_name(absl::StrCat(kAna, "/preference"));
  EXPECT_EQ(StandsAgainst(ana, Obstacle::CHANNEL_UNWANTED), kAllPurposes);
  EXPECT_THAT(Codes(Ask(ana, PURPOSE_PROPOSAL, CHANNEL_PHONE)), IsEmpty());
}

// Proves: C17
TEST(CheckContact, NothingButServiceComesBeforeTheDayThatTheyNamed) {
  auto ana = Ana();
  ana.preference.set_name(absl::StrCat(kAna, "/preference"));
  *ana.preference.add_quiet_hours() = Window(20, 9);
  auto* day = ana.preference.mutable_not_before();
  day->set_year(2026);
  day->set_month(6);
  day->set_day(20);
  EXPECT_EQ(StandsAgainst(ana, Obstacle::NOT_BEFORE), kAllButService);
  const auto decision = Ask(ana, PURPOSE_PROPOSAL);
  EXPECT_THAT(decision.obstacles(0).text(), HasSubstr("2026-06-20"));
  // The day begins at 23:00Z, and the quiet hours end at nine.
  EXPECT_EQ(time::FromProto(decision.next_permitted_time()), At("2026-06-20T08:00:00Z"));
  day->set_year(2028);
  EXPECT_FALSE(Ask(ana, PURPOSE_PROPOSAL).has_next_permitted_time()) << "more than a year ahead";
}

// Story V5.
// Proves: C17, C18
TEST(CheckContact, SaysWhenItIsWelcomeAgainAndUntilWhenItIs) {
  auto ana = Ana();
  ana.preference.set_name(absl::StrCat(kAna, "/preference"));
  *ana.preference.add_quiet_hours() = Window(20, 9);
  const auto quiet = Ask(ana, PURPOSE_PROPOSAL, CHANNEL_PHONE, "2026-06-15T19:30:00Z");
  EXPECT_THAT(Codes(quiet), ElementsAre(Obstacle::QUIET_HOURS));
  EXPECT_EQ(quiet.obstacles(0).text(), "it is 20:30 in Europe/Lisbon");
  EXPECT_EQ(time::FromProto(quiet.next_permitted_time()), At("2026-06-16T08:00:00Z"));
  EXPECT_FALSE(quiet.has_window_end_time());
  const auto open = Ask(ana, PURPOSE_PROPOSAL, CHANNEL_PHONE, "2026-06-16T08:00:00Z");
  EXPECT_TRUE(open.permitted());
  EXPECT_EQ(time::FromProto(open.window_end_time()), At("2026-06-16T19:00:00Z"));
  EXPECT_TRUE(Ask(ana, PURPOSE_SERVICE, CHANNEL_EMAIL, "2026-06-15T19:30:00Z").permitted());
  EXPECT_FALSE(Ask(ana, PURPOSE_SERVICE, CHANNEL_PHONE, "2026-06-15T19:30:00Z").permitted());
}

// Proves: C18
TEST(CheckContact, SaysThatItDoesNotKnowWhereTheyAre) {
  auto ana = Ana();
  ana.whereabouts = {Whereabouts::Source::kUnknown, {"UTC"}, {absl::UTCTimeZone()}};
  const auto decision = Ask(ana, PURPOSE_PROPOSAL, CHANNEL_EMAIL, "2026-06-15T21:00:00Z");
  EXPECT_THAT(Codes(decision), ElementsAre(Obstacle::QUIET_HOURS));
  EXPECT_THAT(decision.obstacles(0).text(), HasSubstr("not known"));
  EXPECT_EQ(decision.time_zone_source(), "unknown");
  EXPECT_EQ(time::FromProto(decision.next_permitted_time()), At("2026-06-16T09:00:00Z"));
}

TEST(CheckContact, AMachineIsRefusedWhereOnlyHumansMay) {
  auto ana = Ana();
  const auto by_machine = [&] {
    return Codes(Ask(ana, PURPOSE_SERVICE, CHANNEL_EMAIL, "2026-06-15T10:00:00Z", true));
  };
  EXPECT_THAT(by_machine(), IsEmpty());
  ana.relationship.set_human_only(true);
  EXPECT_THAT(by_machine(), ElementsAre(Obstacle::HUMAN_REQUIRED));
  ana.preference.set_wants_human(true);
  ana.preference.set_name(absl::StrCat(kAna, "/preference"));
  EXPECT_THAT(by_machine(), ElementsAre(Obstacle::HUMAN_REQUIRED));
  ana.relationship.set_human_only(false);
  EXPECT_THAT(by_machine(), ElementsAre(Obstacle::HUMAN_REQUIRED));
  EXPECT_THAT(Codes(Ask(ana, PURPOSE_SERVICE)), IsEmpty());
}

TEST(CheckContact, AChannelNeedsAWayToThePerson) {
  auto ana = Ana();
  EXPECT_THAT(Codes(Ask(ana, PURPOSE_CARE, CHANNEL_POST)), ElementsAre(Obstacle::NO_CONTACT_POINT));
  EXPECT_THAT(Codes(Ask(ana, PURPOSE_CARE, CHANNEL_IN_PERSON)), IsEmpty());
  ana.points.clear();
  const auto decision = Ask(ana, PURPOSE_CARE, CHANNEL_UNSPECIFIED);
  EXPECT_THAT(Codes(decision), ElementsAre(Obstacle::NO_CONTACT_POINT));
  EXPECT_EQ(decision.channel(), CHANNEL_UNSPECIFIED);
}

// Proves: C17
TEST(CheckContact, AllThatStandsAgainstItComesAtOnce) {
  auto ana = Ana();
  ana.relationship.set_standing(v1::QUIETED);
  ana.relationship.mutable_care_guard()->set_reason("hard times");
  ana.ledger.clear();
  ana.preference.set_name(absl::StrCat(kAna, "/preference"));
  ana.preference.set_wants_human(true);
  *ana.preference.add_quiet_hours() = Window(20, 9);
  auto* post = ana.preference.add_channels();
  post->set_channel(CHANNEL_POST);
  post->set_choice(v1::ChannelPreference::UNWANTED);
  ana.preference.mutable_not_before()->set_year(2026);
  ana.preference.mutable_not_before()->set_month(7);
  ana.preference.mutable_not_before()->set_day(1);
  EXPECT_THAT(Codes(Ask(ana, PURPOSE_ASK, CHANNEL_POST, "2026-06-15T21:00:00Z", true)),
              ElementsAre(Obstacle::QUIETED, Obstacle::CARE_GUARD, Obstacle::CONSENT_UNKNOWN,
                          Obstacle::CHANNEL_UNWANTED, Obstacle::NOT_BEFORE, Obstacle::QUIET_HOURS,
                          Obstacle::HUMAN_REQUIRED, Obstacle::NO_CONTACT_POINT));
}

// Proves: C17
TEST(CheckContact, ChoosesTheChannelThatIsPermittedThenTheOneThatWillBe) {
  auto ana = Ana();
  auto* calls = ana.preference.add_channels();
  calls->set_channel(CHANNEL_PHONE);
  calls->set_choice(v1::ChannelPreference::WISHED);
  *calls->add_windows() = Window(9, 12);
  const auto chosen = [&](const std::string& when) {
    return Ask(ana, PURPOSE_PROPOSAL, CHANNEL_UNSPECIFIED, when);
  };
  EXPECT_EQ(chosen("2026-06-15T10:00:00Z").channel(), CHANNEL_PHONE);
  EXPECT_EQ(chosen("2026-06-15T15:00:00Z").channel(), CHANNEL_EMAIL) << "calls in the mornings";
  ana.ledger.push_back(By(Entry(2, v1::ConsentEntry::REFUSE, 1), CHANNEL_EMAIL));
  const auto later = chosen("2026-06-15T15:00:00Z");
  EXPECT_EQ(later.channel(), CHANNEL_PHONE);
  EXPECT_EQ(time::FromProto(later.next_permitted_time()), At("2026-06-16T08:00:00Z"));
}

TEST(CheckContact, SpeaksTheLanguageThatThePersonPrefers) {
  auto ana = Ana();
  ana.preference.add_languages("en");
  EXPECT_EQ(Ask(ana, PURPOSE_CARE).language(), "en");
  ana.preference.clear_languages();
  ana.person.clear_languages();
  EXPECT_EQ(Ask(ana, PURPOSE_CARE).language(), "");
}

}  // namespace
}  // namespace rapport::contact::rules
