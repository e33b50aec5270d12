// Whether contact is welcome, as the clients of contact see it: preferences, hours and zones, care
// guards, and who may set them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "absl/strings/str_cat.h"
#include "common/auth/keys.h"
#include "common/auth/token_signer.h"
#include "common/time/proto_time.h"
#include "rapport/contact/v1/consent_service.pb.h"
#include "tests/scenarios/story.h"

namespace rapport::tests {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Obstacle = cv::ContactObstacle;
using type::v1::CHANNEL_EMAIL;
using type::v1::CHANNEL_PHONE;
using type::v1::CHANNEL_POST;
using type::v1::CHANNEL_UNSPECIFIED;
using type::v1::PURPOSE_ASK;
using type::v1::PURPOSE_CARE;
using type::v1::PURPOSE_PROPOSAL;
using type::v1::PURPOSE_SERVICE;

constexpr char kConsent[] = "rapport.contact.v1.ConsentService/";
constexpr char kNow[] = "2026-06-15 09:00";
constexpr char kRequestId[] = "3f0c8d1e-5a64-4c6e-9f5d-0a1b2c3d4e5f";

House::Options OnlyContact() {
  House::Options options;
  options.services = {"contact"};
  return options;
}

class Welcome : public ::testing::Test {
 protected:
  Welcome()
      : story_(kNow, OnlyContact()),
        mara_(story_.HasSteward("mara", "Mara")),
        ana_(story_.Knows("Ana", {"ana@example.org"}, {mara_})) {}

  cv::CheckContactRequest Question(type::v1::Purpose purpose,
                                   type::v1::Channel channel = CHANNEL_EMAIL,
                                   absl::string_view as_of = "") const {
    cv::CheckContactRequest request;
    request.set_relationship(ana_.relationship);
    request.set_purpose(purpose);
    request.set_channel(channel);
    if (!as_of.empty()) *request.mutable_as_of() = Stamp(as_of);
    return request;
  }
  absl::StatusOr<cv::ContactDecision> Asked(const cv::CheckContactRequest& request) {
    return story_.house.Call<cv::ContactDecision>(absl::StrCat(kConsent, "CheckContact"), request);
  }
  cv::ContactDecision Check(type::v1::Purpose purpose, type::v1::Channel channel = CHANNEL_EMAIL,
                            absl::string_view as_of = "") {
    return story_.house.Must<cv::ContactDecision>(absl::StrCat(kConsent, "CheckContact"),
                                                  Question(purpose, channel, as_of));
  }
  static std::set<Obstacle::Code> Codes(const cv::ContactDecision& decision) {
    std::set<Obstacle::Code> codes;
    for (const auto& obstacle : decision.obstacles()) codes.insert(obstacle.code());
    return codes;
  }
  void Allows() {
    cv::RecordConsentRequest request;
    request.set_parent(ana_.person);
    request.mutable_consent_entry()->set_decision(cv::ConsentEntry::GRANT);
    request.mutable_consent_entry()->set_lawful_basis(cv::ConsentEntry::CONSENT);
    story_.house.Must<cv::ConsentEntry>(absl::StrCat(kConsent, "RecordConsent"), request);
  }
  cv::UpdatePreferenceRequest Preference() const {
    cv::UpdatePreferenceRequest request;
    request.mutable_preference()->set_name(absl::StrCat(ana_.person, "/preference"));
    return request;
  }
  absl::StatusOr<cv::Preference> Prefers(const cv::UpdatePreferenceRequest& request) {
    return story_.house.Call<cv::Preference>(absl::StrCat(kPeople, "UpdatePreference"), request);
  }
  void IsInLisbonAndQuietAtNight() {
    auto request = Preference();
    request.mutable_preference()->set_time_zone("Europe/Lisbon");
    auto* night = request.mutable_preference()->add_quiet_hours();
    night->set_begin_minute(20 * 60);
    night->set_end_minute(9 * 60);
    ASSERT_OK(Prefers(request));
  }
  std::string AddPoint(cv::ContactPoint::Kind kind, const std::string& value,
                       const std::string& region = "") {
    cv::CreateContactPointRequest request;
    request.set_parent(ana_.person);
    request.mutable_contact_point()->set_kind(kind);
    request.mutable_contact_point()->set_value(value);
    request.mutable_contact_point()->set_region(region);
    return story_.house.Must<cv::ContactPoint>(absl::StrCat(kPeople, "CreateContactPoint"), request)
        .name();
  }
  absl::StatusOr<cv::Settings> Sets(const cv::Settings& settings) {
    cv::UpdateSettingsRequest request;
    *request.mutable_settings() = settings;
    request.mutable_settings()->set_name(absl::StrCat(story_.house.parent(), "/settings"));
    return story_.house.Call<cv::Settings>(absl::StrCat(kStewards, "UpdateSettings"), request);
  }
  std::vector<std::string> ZonesOfAna(std::string* source = nullptr) {
    const auto decision = Check(PURPOSE_CARE);
    if (source != nullptr) *source = decision.time_zone_source();
    return {decision.time_zones().begin(), decision.time_zones().end()};
  }
  void ExpectField(const absl::Status& status, const std::string& field) {
    EXPECT_THAT(status, FailsWith(type::v1::FIELD));
    EXPECT_THAT(std::string(status.message()), HasSubstr(field));
  }

  cv::SetCareGuardRequest Guard(const std::string& steward) const {
    cv::SetCareGuardRequest request;
    request.set_name(ana_.relationship);
    request.set_steward(steward);
    request.set_reason("her father died");
    return request;
  }
  absl::StatusOr<cv::Relationship> SetGuard(const cv::SetCareGuardRequest& request) {
    return story_.house.Call<cv::Relationship>(absl::StrCat(kRelationships, "SetCareGuard"),
                                               request);
  }
  cv::LiftCareGuardRequest Lift(const std::string& steward) const {
    cv::LiftCareGuardRequest request;
    request.set_name(ana_.relationship);
    request.set_steward(steward);
    return request;
  }
  absl::StatusOr<cv::Relationship> LiftGuard(const cv::LiftCareGuardRequest& request) {
    return story_.house.Call<cv::Relationship>(absl::StrCat(kRelationships, "LiftCareGuard"),
                                               request);
  }
  std::string MakeBot(const std::string& token_subject = "") {
    cv::CreateStewardRequest bot;
    bot.set_parent(story_.house.parent());
    bot.set_steward_id("bot");
    bot.mutable_steward()->set_display_name("Bot");
    bot.mutable_steward()->set_bot(true);
    bot.mutable_steward()->set_token_subject(token_subject);
    return story_.house.Must<cv::Steward>(absl::StrCat(kStewards, "CreateSteward"), bot).name();
  }

  Story story_;
  const std::string mara_;
  const Story::Known ana_;
};

// The time parts of story V5.
// Proves: C17, C18
TEST_F(Welcome, NotAtHalfPastEightInLisbonButAtNineTheNextDay) {
  Allows();
  IsInLisbonAndQuietAtNight();
  AddPoint(cv::ContactPoint::PHONE, "+351213456789");
  const auto quiet = Check(PURPOSE_PROPOSAL, CHANNEL_PHONE, "2026-06-15 19:30");
  EXPECT_FALSE(quiet.permitted());
  EXPECT_THAT(Codes(quiet), ElementsAre(Obstacle::QUIET_HOURS));
  EXPECT_EQ(time::FromProto(quiet.next_permitted_time()), At("2026-06-16 08:00"));
  EXPECT_THAT(quiet.time_zones(), ElementsAre("Europe/Lisbon"));
  EXPECT_EQ(quiet.time_zone_source(), "preference");
  EXPECT_THAT(quiet.tzdb_version(), HasSubstr("20"));
  EXPECT_THAT(quiet.obstacles(0).sources(), ElementsAre(absl::StrCat(ana_.person, "/preference")));
  const auto open = Check(PURPOSE_PROPOSAL, CHANNEL_PHONE, "2026-06-16 08:00");
  EXPECT_TRUE(open.permitted());
  EXPECT_EQ(time::FromProto(open.window_end_time()), At("2026-06-16 19:00"));
  EXPECT_EQ(open.consent().verdict(), cv::CONSENT_ALLOWED);
  // On the night when the clocks change the window stays 09:00 local.
  EXPECT_EQ(time::FromProto(
                Check(PURPOSE_PROPOSAL, CHANNEL_PHONE, "2026-10-23 21:00").next_permitted_time()),
            At("2026-10-24 08:00"));
  EXPECT_EQ(time::FromProto(
                Check(PURPOSE_PROPOSAL, CHANNEL_PHONE, "2026-10-24 21:00").next_permitted_time()),
            At("2026-10-25 09:00"));
  EXPECT_TRUE(Check(PURPOSE_SERVICE, CHANNEL_EMAIL, "2026-06-15 19:30").permitted())
      << "an answer waits until she looks";
}

// Proves: C18
TEST_F(Welcome, TheZoneComesFromTheBestSourceThereIs) {
  std::string source;
  EXPECT_THAT(ZonesOfAna(&source), ElementsAre("UTC"));
  EXPECT_EQ(source, "unknown");
  cv::Settings settings;
  settings.set_working_zone("Europe/Berlin");
  ASSERT_OK(Sets(settings));
  EXPECT_THAT(ZonesOfAna(), ElementsAre("Europe/Berlin"));
  settings.set_default_region("JP");
  ASSERT_OK(Sets(settings));
  EXPECT_THAT(ZonesOfAna(&source), ElementsAre("Asia/Tokyo"));
  EXPECT_EQ(source, "unknown");
  AddPoint(cv::ContactPoint::PHONE, "+351213456789");
  EXPECT_THAT(ZonesOfAna(&source),
              ElementsAre("Atlantic/Azores", "Atlantic/Madeira", "Europe/Lisbon"));
  EXPECT_EQ(source, "phone");
  AddPoint(cv::ContactPoint::POSTAL, "Bahnhofstrasse 1, 8001 Zürich, Schweiz");
  EXPECT_THAT(ZonesOfAna(&source), ElementsAre("Europe/Zurich"));
  EXPECT_EQ(source, "address");
  const auto office = AddPoint(cv::ContactPoint::POSTAL, "Rue Haute 4, 1000", "BE");
  EXPECT_THAT(ZonesOfAna(), ElementsAre("Europe/Brussels", "Europe/Zurich"));
  cv::DeleteContactPointRequest remove;
  remove.set_name(office);
  story_.house.Must<cv::ContactPoint>(absl::StrCat(kPeople, "DeleteContactPoint"), remove);
  EXPECT_THAT(ZonesOfAna(), ElementsAre("Europe/Zurich"));
  cv::UpdatePersonRequest card;
  card.mutable_person()->set_name(ana_.person);
  card.mutable_person()->set_time_zone("Europe/Rome");
  story_.house.Must<cv::Person>(absl::StrCat(kPeople, "UpdatePerson"), card);
  EXPECT_THAT(ZonesOfAna(&source), ElementsAre("Europe/Rome"));
  EXPECT_EQ(source, "card");
  IsInLisbonAndQuietAtNight();
  EXPECT_THAT(ZonesOfAna(&source), ElementsAre("Europe/Lisbon"));
  EXPECT_EQ(source, "preference");
}

// Proves: C18
TEST_F(Welcome, WhereNobodyKnowsTheZoneOnlyCustomaryHoursArePermitted) {
  Allows();
  EXPECT_TRUE(Check(PURPOSE_PROPOSAL, CHANNEL_EMAIL, "2026-06-15 19:59").permitted());
  const auto night = Check(PURPOSE_PROPOSAL, CHANNEL_EMAIL, "2026-06-15 20:00");
  EXPECT_THAT(Codes(night), ElementsAre(Obstacle::QUIET_HOURS));
  EXPECT_EQ(time::FromProto(night.next_permitted_time()), At("2026-06-16 09:00"));
  cv::Settings settings;
  settings.set_default_region("US");  // from Hawaii to New York
  ASSERT_OK(Sets(settings));
  EXPECT_EQ(time::FromProto(
                Check(PURPOSE_PROPOSAL, CHANNEL_EMAIL, "2026-06-15 12:00").next_permitted_time()),
            At("2026-06-15 19:00"));
}

// Proves: C15, C17, E13
TEST_F(Welcome, AllThatStandsAgainstItComesAtOnce) {
  auto request = Preference();
  request.mutable_preference()->set_wants_human(true);
  request.mutable_preference()->set_time_zone("Europe/Lisbon");
  auto* post = request.mutable_preference()->add_channels();
  post->set_channel(CHANNEL_POST);
  post->set_choice(cv::ChannelPreference::UNWANTED);
  auto* day = request.mutable_preference()->mutable_not_before();
  day->set_year(2026);
  day->set_month(7);
  day->set_day(1);
  auto* night = request.mutable_preference()->add_quiet_hours();
  night->set_begin_minute(20 * 60);
  night->set_end_minute(9 * 60);
  ASSERT_OK(Prefers(request));
  story_.AskedUsToStop(ana_);
  ASSERT_OK(SetGuard(Guard(mara_)));
  auto question = Question(PURPOSE_ASK, CHANNEL_POST, "2026-06-15 22:00");
  question.set_automated(true);
  ASSERT_OK_AND_ASSIGN(const auto decision, Asked(question));
  EXPECT_FALSE(decision.permitted());
  EXPECT_THAT(Codes(decision),
              ElementsAre(Obstacle::QUIETED, Obstacle::CARE_GUARD, Obstacle::CONSENT_UNKNOWN,
                          Obstacle::CHANNEL_UNWANTED, Obstacle::NOT_BEFORE, Obstacle::QUIET_HOURS,
                          Obstacle::HUMAN_REQUIRED, Obstacle::NO_CONTACT_POINT));
  EXPECT_EQ(time::FromProto(decision.next_permitted_time()), At("2026-07-01 08:00"));
  EXPECT_TRUE(Check(PURPOSE_SERVICE).permitted()) << "an answer is always possible";
}

// Proves: C11
TEST_F(Welcome, ARestingRelationshipIsNotProposedTo) {
  Allows();
  story_.Rests(ana_);
  EXPECT_THAT(Codes(Check(PURPOSE_PROPOSAL)), ElementsAre(Obstacle::RESTING));
  EXPECT_THAT(Codes(Check(PURPOSE_CARE)), IsEmpty());
}

// Proves: C15
TEST_F(Welcome, CareNeedsConsentWhereTheTenantWantsItAsked) {
  EXPECT_TRUE(Check(PURPOSE_CARE).permitted());
  cv::Settings settings;
  settings.set_care_needs_consent(true);
  ASSERT_OK(Sets(settings));
  EXPECT_THAT(Codes(Check(PURPOSE_CARE)), ElementsAre(Obstacle::CONSENT_UNKNOWN));
  Allows();
  EXPECT_TRUE(Check(PURPOSE_CARE).permitted());
}

// Proves: C17
TEST_F(Welcome, TheBestChannelIsChosenWhereNoneIsNamed) {
  Allows();
  EXPECT_EQ(Check(PURPOSE_PROPOSAL, CHANNEL_UNSPECIFIED).channel(), CHANNEL_EMAIL);
  const auto phone = AddPoint(cv::ContactPoint::PHONE, "+351213456789");
  auto request = Preference();
  auto* calls = request.mutable_preference()->add_channels();
  calls->set_channel(CHANNEL_PHONE);
  calls->set_choice(cv::ChannelPreference::WISHED);
  auto* mornings = calls->add_windows();
  mornings->set_begin_minute(9 * 60);
  mornings->set_end_minute(12 * 60);
  request.mutable_preference()->set_time_zone("Europe/Lisbon");
  request.mutable_preference()->add_languages("en");
  ASSERT_OK(Prefers(request));
  const auto morning = Check(PURPOSE_PROPOSAL, CHANNEL_UNSPECIFIED, "2026-06-15 09:00");
  EXPECT_EQ(morning.channel(), CHANNEL_PHONE);
  EXPECT_EQ(morning.language(), "en");
  EXPECT_EQ(time::FromProto(morning.window_end_time()), At("2026-06-15 11:00"));
  EXPECT_EQ(Check(PURPOSE_PROPOSAL, CHANNEL_UNSPECIFIED, "2026-06-15 15:00").channel(),
            CHANNEL_EMAIL);
  auto question = Question(PURPOSE_PROPOSAL, CHANNEL_UNSPECIFIED);
  question.set_contact_point(phone);
  ASSERT_OK_AND_ASSIGN(const auto at_phone, Asked(question));
  EXPECT_EQ(at_phone.channel(), CHANNEL_PHONE);
}

// Proves: P04
TEST_F(Welcome, AQuestionThatCannotBeAnsweredIsRefused) {
  auto question = Question(PURPOSE_CARE);
  question.clear_purpose();
  ExpectField(Asked(question).status(), "purpose");
  question = Question(PURPOSE_CARE);
  question.set_relationship("tenants/home/relationships/none");
  EXPECT_THAT(Asked(question), FailsWith(type::v1::RESOURCE_UNKNOWN));
  const auto bo = story_.Knows("Bo", {});
  question = Question(PURPOSE_CARE, CHANNEL_PHONE);
  question.set_contact_point(absl::StrCat(bo.person, "/contactPoints/x"));
  ExpectField(Asked(question).status(), "contact_point");
  question.set_contact_point(absl::StrCat(ana_.person, "/contactPoints/none"));
  EXPECT_THAT(Asked(question), FailsWith(type::v1::RESOURCE_UNKNOWN));
  question.set_contact_point(AddPoint(cv::ContactPoint::EMAIL, "second@example.org"));
  ExpectField(Asked(question).status(), "contact_point");
  question.set_channel(CHANNEL_EMAIL);
  EXPECT_OK(Asked(question));
  cv::DeleteContactPointRequest remove;
  remove.set_name(question.contact_point());
  story_.house.Must<cv::ContactPoint>(absl::StrCat(kPeople, "DeleteContactPoint"), remove);
  EXPECT_THAT(Asked(question), FailsWith(type::v1::RESOURCE_UNKNOWN));
  cv::DeletePersonRequest deletion;
  deletion.set_name(ana_.person);
  story_.house.Must<cv::Person>(absl::StrCat(kPeople, "DeletePerson"), deletion);
  EXPECT_THAT(Asked(Question(PURPOSE_CARE)), FailsWith(type::v1::RESOURCE_UNKNOWN));
}

// Proves: C17, C18, P04
TEST_F(Welcome, APreferenceIsChangedByMaskAndKeptWhole) {
  IsInLisbonAndQuietAtNight();
  auto request = Preference();
  auto& preference = *request.mutable_preference();
  preference.mutable_not_before()->set_year(2028);
  preference.mutable_not_before()->set_month(2);
  preference.mutable_not_before()->set_day(29);
  preference.mutable_ceiling()->set_count(1);
  preference.mutable_ceiling()->set_window_days(30);
  preference.add_wanted_topics("printing");
  preference.add_unwanted_topics()->set_topic("pricing");
  preference.set_time_zone("Asia/Tokyo");
  for (const char* path : {"not_before", "ceiling", "wanted_topics", "unwanted_topics"}) {
    request.mutable_update_mask()->add_paths(path);
  }
  ASSERT_OK_AND_ASSIGN(const auto written, Prefers(request));
  EXPECT_EQ(written.time_zone(), "Europe/Lisbon") << "not in the mask";
  EXPECT_EQ(written.quiet_hours_size(), 1);
  EXPECT_EQ(written.ceiling().window_days(), 30);
  story_.house.Kill("contact");
  story_.house.Start("contact");
  cv::GetPreferenceRequest get;
  get.set_name(written.name());
  EXPECT_EQ(story_.house.Must<cv::Preference>(absl::StrCat(kPeople, "GetPreference"), get)
                .SerializeAsString(),
            written.SerializeAsString());

  const auto refused = [&](const std::string& field, auto change) {
    auto wrong = Preference();
    change(wrong.mutable_preference());
    ExpectField(Prefers(wrong).status(), absl::StrCat("preference.", field));
  };
  const auto not_before = [](int year, int month, int day) {
    return [=](cv::Preference* p) {
      p->mutable_not_before()->set_year(year);
      p->mutable_not_before()->set_month(month);
      p->mutable_not_before()->set_day(day);
    };
  };
  refused("not_before", not_before(0, 2, 28));
  refused("not_before", not_before(2027, 2, 29));
  refused("not_before", not_before(2027, 4, 31));
  refused("not_before", not_before(2027, 4, 0));
  refused("time_zone", [](auto* p) { p->set_time_zone("Lisbon"); });
  refused("languages", [](auto* p) { p->add_languages("p*"); });
  refused("ceiling.count", [](auto* p) { p->mutable_ceiling()->set_window_days(7); });
  refused("quiet_hours[0].weekdays[1]", [](auto* p) {
    p->add_quiet_hours()->add_weekdays(7);
    p->mutable_quiet_hours(0)->add_weekdays(8);
  });
  refused("quiet_hours[0].end_minute", [](auto* p) { p->add_quiet_hours()->set_end_minute(1441); });
  refused("channels[0].choice", [](auto* p) { p->add_channels()->set_channel(CHANNEL_PHONE); });
  refused("channels[1].channel", [](auto* p) {
    for (int i = 0; i < 2; ++i) {
      p->add_channels()->set_channel(CHANNEL_PHONE);
      p->mutable_channels(i)->set_choice(cv::ChannelPreference::WISHED);
    }
  });
}

// Proves: C18, P04
TEST_F(Welcome, DaysAndHoursThatCannotBeAreRefused) {
  cv::Settings settings;
  settings.add_working_hours()->add_weekdays(0);
  ExpectField(Sets(settings).status(), "settings.working_hours[0].weekdays[0]");
  settings.clear_working_hours();
  settings.set_working_zone("Nowhere");
  ExpectField(Sets(settings).status(), "settings.working_zone");
  settings.set_working_zone("Europe/Lisbon");
  for (int i = 0; i < 2; ++i) {
    settings.add_caps()->set_purpose(PURPOSE_ASK);
    settings.mutable_caps(i)->set_window_days(7);
  }
  ExpectField(Sets(settings).status(), "settings.caps[1].purpose");
  settings.mutable_caps(0)->set_purpose(PURPOSE_PROPOSAL);
  settings.mutable_caps(0)->set_count(2);
  auto* hours = settings.add_working_hours();
  hours->add_weekdays(1);
  hours->set_begin_minute(8 * 60);
  hours->set_end_minute(16 * 60);
  ASSERT_OK_AND_ASSIGN(const auto kept, Sets(settings));
  EXPECT_EQ(kept.caps_size(), 2);
  EXPECT_EQ(kept.working_hours(0).end_minute(), 16 * 60);

  const auto born = [&](int year, int month, int day) {
    cv::UpdatePersonRequest card;
    card.mutable_person()->set_name(ana_.person);
    auto* birthday = card.mutable_person()->add_anniversaries();
    birthday->set_kind(cv::Anniversary::BIRTH);
    birthday->mutable_date()->set_year(year);
    birthday->mutable_date()->set_month(month);
    birthday->mutable_date()->set_day(day);
    return story_.house.Call<cv::Person>(absl::StrCat(kPeople, "UpdatePerson"), card).status();
  };
  EXPECT_OK(born(0, 2, 29)) << "the year is not known";
  EXPECT_OK(born(1988, 2, 29));
  ExpectField(born(1989, 2, 29), "person.anniversaries[0].date");
  ExpectField(born(0, 2, 30), "person.anniversaries[0].date");
}

// Proves: E13
TEST_F(Welcome, ACareGuardIsSetReplacedAndLiftedByHumans) {
  Allows();
  auto request = Guard(mara_);
  request.set_request_id(kRequestId);
  ASSERT_OK_AND_ASSIGN(const auto set, SetGuard(request));
  EXPECT_EQ(set.care_guard().reason(), "her father died");
  EXPECT_EQ(set.care_guard().set_by(), mara_);
  EXPECT_EQ(time::FromProto(set.care_guard().set_time()), At(kNow));
  ASSERT_OK_AND_ASSIGN(const auto replayed, SetGuard(request));
  EXPECT_EQ(replayed.SerializeAsString(), set.SerializeAsString());
  EXPECT_THAT(Codes(Check(PURPOSE_PROPOSAL)), ElementsAre(Obstacle::CARE_GUARD));
  EXPECT_TRUE(Check(PURPOSE_CARE).permitted());

  cv::UpdateRelationshipRequest update;
  update.mutable_relationship()->set_name(ana_.relationship);
  update.mutable_relationship()->add_labels("friends");
  update.mutable_update_mask()->add_paths("labels");
  update.mutable_update_mask()->add_paths("care_guard");
  story_.house.Must<cv::Relationship>(absl::StrCat(kRelationships, "UpdateRelationship"), update);
  EXPECT_TRUE(story_.RelationshipOf(ana_).has_care_guard()) << "not to be had by an update";

  request = Guard(mara_);
  request.set_reason("her mother is ill");
  request.set_care_event(absl::StrCat(ana_.relationship, "/careEvents/e1"));
  ASSERT_OK_AND_ASSIGN(const auto replaced, SetGuard(request));
  EXPECT_EQ(replaced.care_guard().reason(), "her mother is ill");
  EXPECT_EQ(replaced.care_guard().care_event(), request.care_event());
  EXPECT_THAT(Check(PURPOSE_PROPOSAL).obstacles(0).text(), HasSubstr("her mother is ill"));

  story_.house.Kill("contact");
  story_.house.Start("contact");
  EXPECT_TRUE(story_.RelationshipOf(ana_).has_care_guard());
  ASSERT_OK_AND_ASSIGN(const auto lifted, LiftGuard(Lift(mara_)));
  EXPECT_FALSE(lifted.has_care_guard());
  EXPECT_TRUE(Check(PURPOSE_PROPOSAL).permitted());
  EXPECT_THAT(LiftGuard(Lift(mara_)), FailsWith(type::v1::STATE_TRANSITION));
}

// Proves: E13, P04
TEST_F(Welcome, ACareGuardIsRefusedToMachinesAndStrangers) {
  const auto bot = MakeBot();
  const auto by_bot = SetGuard(Guard(bot));
  EXPECT_THAT(by_bot, FailsWith(type::v1::HUMAN_REQUIRED));
  EXPECT_THAT(by_bot, testing::StatusIs(absl::StatusCode::kFailedPrecondition));
  ASSERT_OK(SetGuard(Guard(mara_)));
  EXPECT_THAT(LiftGuard(Lift(bot)), FailsWith(type::v1::HUMAN_REQUIRED));
  const std::string nobody = absl::StrCat(story_.house.parent(), "/stewards/nobody");
  EXPECT_THAT(SetGuard(Guard(nobody)), FailsWith(type::v1::RESOURCE_UNKNOWN));
  EXPECT_THAT(LiftGuard(Lift(nobody)), FailsWith(type::v1::RESOURCE_UNKNOWN));
  auto request = Guard(mara_);
  request.set_name("tenants/home/relationships/none");
  EXPECT_THAT(SetGuard(request), FailsWith(type::v1::RESOURCE_UNKNOWN));
  request = Guard(mara_);
  request.clear_reason();
  ExpectField(SetGuard(request).status(), "reason");
  request = Guard(mara_);
  request.set_care_event("tenants/home/relationships/other/careEvents/e1");
  ExpectField(SetGuard(request).status(), "care_event");
  request = Guard(mara_);
  request.set_etag("\"99\"");
  EXPECT_THAT(SetGuard(request), FailsWith(type::v1::ETAG_MISMATCH));
  auto lift = Lift(mara_);
  lift.set_etag("\"99\"");
  EXPECT_THAT(LiftGuard(lift), FailsWith(type::v1::ETAG_MISMATCH));
  EXPECT_TRUE(story_.RelationshipOf(ana_).has_care_guard());
}

// Callers with tokens: a person's, a bot's and a service's.
// Proves: E13, Z2
TEST(CareGuardTokens, ABotOrAServiceCannotSpeakForAHuman) {
  const auto folder = std::filesystem::path(::testing::TempDir()) / "care_guard_tokens";
  std::filesystem::create_directories(folder);
  const auto person_key = auth::GenerateKey("people-1");
  const auto service_key = auth::GenerateKey("engagement-1", "engagement");
  ASSERT_OK(person_key);
  ASSERT_OK(service_key);
  const auto jwks = auth::MergeJwks(person_key->public_jwks, service_key->public_jwks);
  ASSERT_OK(jwks);
  std::ofstream(folder / "jwks.json") << *jwks;
  const auto secret = [&](const std::string& name, const std::string& jwk) {
    std::filesystem::remove(folder / name);
    std::ofstream(folder / name) << jwk;
    std::filesystem::permissions(folder / name, std::filesystem::perms::owner_read);
    return (folder / name).string();
  };
  const std::string people = secret("people.jwk", person_key->private_jwk);
  const std::string services = secret("engagement.jwk", service_key->private_jwk);

  House::Options options = OnlyContact();
  options.flags["contact"] = {"--fixed_tenant=", "--issuer=https://id.example",
                              "--audience=contact",
                              absl::StrCat("--jwks_file=", (folder / "jwks.json").string())};
  House house(options);
  const auto caller = [&](const std::string& key_file, const std::string& subject) {
    auth::SignerOptions signer;
    signer.key_file = key_file;
    signer.issuer = "https://id.example";
    signer.subject = subject;
    signer.audiences = {"contact"};
    signer.tenant = base::TenantId::Trusted("home");
    signer.scopes = {"contact.admin", "contact.read", "contact.write"};
    auto loaded = auth::TokenSigner::Load(signer);
    EXPECT_OK(loaded);
    std::shared_ptr<auth::TokenSigner> tokens = *std::move(loaded);
    rpc::ClientOptions client;
    client.target = house.SocketOf("contact");
    client.token_source = [tokens]() -> absl::StatusOr<std::string> {
      return "Bearer " + *tokens->Token(absl::Now());
    };
    return std::make_unique<rpc::Client>(client);
  };
  const auto mara = caller(people, "mara");
  const auto robot = caller(people, "robot");
  const auto service = caller(services, "engagement");

  const auto make = [&](const std::string& id, bool bot) {
    cv::CreateStewardRequest request;
    request.set_parent("tenants/home");
    request.set_steward_id(id);
    request.mutable_steward()->set_display_name(id);
    request.mutable_steward()->set_token_subject(id);
    request.mutable_steward()->set_bot(bot);
    EXPECT_OK(mara->Call<cv::Steward>(absl::StrCat(kStewards, "CreateSteward"), request));
  };
  make("mara", false);
  make("robot", true);
  cv::BatchUpsertPeopleRequest upsert;
  upsert.set_parent("tenants/home");
  auto* item = upsert.add_people();
  item->mutable_external_id()->set_source("shop");
  item->mutable_external_id()->set_id("1");
  item->mutable_person()->set_full_name("Ana");
  const auto people_response =
      mara->Call<cv::BatchUpsertPeopleResponse>(absl::StrCat(kPeople, "BatchUpsertPeople"), upsert);
  ASSERT_OK(people_response);

  cv::SetCareGuardRequest guard;
  guard.set_name(people_response->results(0).relationship());
  guard.set_steward("tenants/home/stewards/mara");
  guard.set_reason("her father died");
  const std::string set = absl::StrCat(kRelationships, "SetCareGuard");
  EXPECT_THAT(robot->Call<cv::Relationship>(set, guard), FailsWith(type::v1::HUMAN_REQUIRED));
  EXPECT_THAT(service->Call<cv::Relationship>(set, guard), FailsWith(type::v1::HUMAN_REQUIRED));
  EXPECT_OK(mara->Call<cv::Relationship>(set, guard));
  cv::LiftCareGuardRequest lift;
  lift.set_name(guard.name());
  lift.set_steward(guard.steward());
  const std::string lifted = absl::StrCat(kRelationships, "LiftCareGuard");
  EXPECT_THAT(robot->Call<cv::Relationship>(lifted, lift), FailsWith(type::v1::HUMAN_REQUIRED));
  EXPECT_THAT(service->Call<cv::Relationship>(lifted, lift), FailsWith(type::v1::HUMAN_REQUIRED));
  EXPECT_OK(mara->Call<cv::Relationship>(lifted, lift));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace rapport::tests
