// A tenant moves house: `rapportctl export` here, `rapportctl import` there, and everything is as
// it was, field by field.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "google/protobuf/util/field_comparator.h"
#include "google/protobuf/util/json_util.h"
#include "google/protobuf/util/message_differencer.h"
#include "rapport/engagement/v1/care_service.pb.h"
#include "rapport/transfer/v1/transfer_service.pb.h"
#include "tests/harness/process.h"
#include "tests/scenarios/story.h"

namespace rapport::tests {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kThen[] = "2026-06-15 10:00";
constexpr char kLater[] = "2026-07-01 10:00";
constexpr char kTransfer[] = "rapport.transfer.v1.TransferService/";

struct Said {
  int code = -1;
  std::string text;
};

// rapportctl for one house; what it remembers lies in a folder of its own.
Said Ctl(House& house, const std::vector<std::string>& words) {
  static int runs = 0;
  std::vector<std::string> arguments = {RAPPORTCTL_BINARY, "--dir", house.folder() + "/ctl",
                                        "--tenant", house.tenant()};
  for (const char* service : {"contact", "engagement", "recommendation"}) {
    arguments.push_back(absl::StrCat("--", service));
    arguments.push_back(house.SocketOf(service));
  }
  arguments.insert(arguments.end(), words.begin(), words.end());
  const std::string log = absl::StrCat(house.folder(), "/ctl-", ++runs, ".log");
  Process process(arguments, log);
  Said said;
  said.code = process.Wait(absl::Seconds(60));
  std::ifstream in(log, std::ios::binary);
  said.text.assign(std::istreambuf_iterator<char>(in), {});
  return said;
}

// The files of an export, by name.
std::map<std::string, std::string> Exported(House& house, const std::string& name) {
  const std::string folder = absl::StrCat(house.folder(), "/", name);
  const Said said = Ctl(house, {"export", "--out", folder});
  EXPECT_EQ(said.code, 0) << said.text;
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream in(entry.path(), std::ios::binary);
    files[entry.path().filename()].assign(std::istreambuf_iterator<char>(in), {});
  }
  return files;
}

std::size_t LinesIn(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

// A house in which something of every kind has happened, and some of it was taken back.
class LivedIn : public Story {
 public:
  LivedIn() : Story(kThen) {
    ItIs("2026-05-01 09:00");
    Settings();
    const std::string mara = HasSteward("mara", "Mara Vidal");
    ana = Knows("Ana Sousa", {"ana@example.org", "shared@example.org"}, {mara});
    bo = Knows("Bo Lind", {"bo@example.org", "shared@example.org"}, {mara});
    const Known cy = Knows("Cy Twice", {"cy@example.org"}, {mara});
    const Known gone = Knows("Gone Mistake", {"gone@example.org"});
    LivesIn(ana, "Europe/Lisbon");
    HasBirthday(ana, 2, 29);
    WishesRhythm(ana, 28, 42);
    DoesNotWantToHearOf(bo, "pricing");
    Consent(mara);

    const auto call = Recorded(ana, Call("the first call", "2026-03-02 10:00", 900, 600));
    const auto letter = Recorded(ana, MailFrom("her letter", "2026-04-20 10:00"));
    Recorded(ana, MailTo("our answer", "2026-04-21 09:00", "her letter"));
    Recorded(ana, NoiseFrom("noise", "2026-04-25 10:00", ev::Engagement::LIST));
    Recorded(ana, Meeting("the plan", "2026-06-20 10:00"));
    Retracted(Recorded(bo, Call("a mistake", "2026-04-01 10:00", 10, 500)), "wrong person");
    Amend(Recorded(bo, Call("too short", "2026-04-02 10:00", 10, 500)));
    std::vector<Letter> many;
    for (int i = 0; i < 620; ++i) {
      many.push_back(
          {"bo@example.org",
           MailFrom(absl::StrCat("letter ", i),
                    absl::FormatTime("%Y-%m-%d %H:%M", At("2025-01-01 08:00") + absl::Hours(17) * i,
                                     absl::UTCTimeZone()))});
    }
    many.push_back({"shared@example.org", MailFrom("whose?", "2026-04-28 10:00")});
    many.push_back({"nobody@example.org", MailFrom("a stranger's", "2026-04-29 10:00")});
    RecordedByAddress({many.begin(), many.begin() + 400});
    RecordedByAddress({many.begin() + 400, many.end()});

    const auto checklist = WePromised(ana, "the checklist", "2026-04-05 17:00", "2026-03-02 11:00");
    Kept(checklist, "2026-04-06 10:00");
    const auto broken = WePromised(bo, "call back", "2026-04-10 17:00", "2026-04-02 11:00");
    Repaired(broken, "2026-04-30 10:00");
    WePromised(bo, "a sketch", "2026-06-30 17:00", "2026-04-02 11:00");
    const auto migration = Offers("migration", "re-keying", rv::Offer::HIGH);
    Said(ana, ev::Fact::SITUATION, "moved the workshop", call);
    const auto fact = Said(ana, ev::Fact::PROBLEM, "loses a day per week", call, "re-keying");
    Dispute(fact);
    Gave(ana, ev::Feedback::GRIEVANCE, "the export is broken", "2026-04-20 11:00");
    const auto need = Needs(ana, "no more re-keying", "re-keying", true);
    Outlived(Needs(bo, "a bigger room", "room", false), "they moved");
    auto sale = WeProposed(ana, "the migration", migration, {need}, "2026-05-01 08:00");
    sale = Became(sale, ev::Sale::AGREED, "2026-05-01 08:10");
    Became(sale, ev::Sale::DELIVERED, "2026-05-01 08:20");
    CareFor(bo, mara);
    Rests(cy);
    Delete(gone);
    ItIs(kThen);
    // Contact hears from engagement of first exchanges; wait until all is quiet.
    EXPECT_TRUE(Eventually(absl::Seconds(20), [&] {
      return RelationshipOf(bo).has_first_exchange_time() &&
             RelationshipOf(ana).has_first_exchange_time();
    }));
  }

  Known ana, bo;

 private:
  void Settings() {
    cv::UpdateSettingsRequest request;
    request.mutable_settings()->set_name(house.parent() + "/settings");
    request.mutable_settings()->set_default_region("PT");
    auto* rhythm = request.mutable_settings()->add_label_rhythms();
    rhythm->set_label("friend");
    rhythm->mutable_rhythm()->set_wish_days(10);
    rhythm->mutable_rhythm()->set_tolerate_days(20);
    house.Must<cv::Settings>(absl::StrCat(kStewards, "UpdateSettings"), request);
  }
  void Consent(const std::string&) {
    Allows(ana, type::v1::PURPOSE_PROPOSAL);
    cv::WithdrawConsentRequest withdraw;
    withdraw.set_parent(ana.person);
    withdraw.set_purpose(type::v1::PURPOSE_ASK);
    house.Must<cv::ConsentEntry>(absl::StrCat(kConsentService, "WithdrawConsent"), withdraw);
  }
  void Amend(const ev::Engagement& engagement) {
    ev::AmendEngagementRequest request;
    request.mutable_engagement()->set_name(engagement.name());
    request.mutable_engagement()->set_their_seconds(700);
    request.set_reason("we looked again");
    house.Must<ev::Engagement>(absl::StrCat(kEngagements, "AmendEngagement"), request);
  }
  void Dispute(const ev::Fact& fact) {
    ev::DisputeFactRequest request;
    request.set_name(fact.name());
    request.set_said_by(type::v1::PARTY_PERSON);
    request.set_reason("it is two days");
    house.Must<ev::Fact>(absl::StrCat(kUnderstanding, "DisputeFact"), request);
  }
  void CareFor(const Known& who, const std::string& steward) {
    ev::RecordCareEventRequest event;
    event.set_parent(who.relationship);
    event.mutable_care_event()->set_kind(ev::CareEvent::ILLNESS);
    event.mutable_care_event()->set_text("is in hospital");
    event.mutable_care_event()->set_said_by(type::v1::PARTY_PERSON);
    house.Must<ev::CareEvent>("rapport.engagement.v1.CareService/RecordCareEvent", event);
    cv::SetCareGuardRequest guard;
    guard.set_name(who.relationship);
    guard.set_steward(steward);
    guard.set_reason("is in hospital");
    house.Must<cv::Relationship>(absl::StrCat(kRelationships, "SetCareGuard"), guard);
  }
  void Delete(const Known& who) {
    cv::DeletePersonRequest request;
    request.set_name(who.person);
    house.Must<cv::Person>(absl::StrCat(kPeople, "DeletePerson"), request);
  }
};

House::Options Harbour() {
  House::Options options;
  options.tenant = "harbour";
  options.now = At(kLater);
  return options;
}

std::string InHarbour(const std::string& text) {
  return absl::StrReplaceAll(text, {{"tenants/home/", "tenants/harbour/"}});
}

void ExpectEqual(const std::map<std::string, std::string>& there,
                 const std::map<std::string, std::string>& here) {
  ASSERT_EQ(there.size(), here.size());
  for (const auto& [name, text] : there) {
    const std::vector<std::string> expected = absl::StrSplit(InHarbour(text), '\n');
    const std::vector<std::string> found = absl::StrSplit(here.at(name), '\n');
    ASSERT_EQ(found.size(), expected.size()) << name;
    for (std::size_t i = 0; i < expected.size(); ++i) {
      ASSERT_EQ(found[i], expected[i]) << name << ", line " << i + 1;
    }
  }
}

// Numbers that were summed in another order: the same to 1e-9, everything else exactly.
void ExpectSameNumbers(const std::string& there, const std::string& here) {
  namespace util = google::protobuf::util;
  const std::vector<std::string> expected =
      absl::StrSplit(InHarbour(there), '\n', absl::SkipEmpty());
  const std::vector<std::string> found = absl::StrSplit(here, '\n', absl::SkipEmpty());
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    google::protobuf::Any a, b;
    ASSERT_TRUE(util::JsonStringToMessage(expected[i], &a).ok());
    ASSERT_TRUE(util::JsonStringToMessage(found[i], &b).ok());
    ev::RelationshipStatistics before, after;
    ASSERT_TRUE(a.UnpackTo(&before) && b.UnpackTo(&after));
    util::DefaultFieldComparator close;
    close.set_float_comparison(util::DefaultFieldComparator::APPROXIMATE);
    close.SetDefaultFractionAndMargin(1e-9, 1e-9);
    util::MessageDifferencer differencer;
    differencer.set_field_comparator(&close);
    std::string difference;
    differencer.ReportDifferencesToString(&difference);
    EXPECT_TRUE(differencer.Compare(before, after)) << difference;
  }
}

// Proves: C22
TEST(Transfer, AnotherHouseHasTheSameStateFieldByField) {
  LivedIn story;
  const auto there = Exported(story.house, "export");
  for (const auto& [name, text] : there) EXPECT_GT(LinesIn(text), 0u) << name;
  EXPECT_EQ(LinesIn(there.at("people.jsonl")), 4u) << "the deleted one too";
  EXPECT_EQ(LinesIn(there.at("unclaimed_engagements.jsonl")), 2u);
  EXPECT_EQ(LinesIn(there.at("statistics.jsonl")), 4u);
  EXPECT_THAT(there.at("people.vcf"), Not(HasSubstr("Gone Mistake")));

  House harbour(Harbour());
  const Said dry = Ctl(harbour, {"import", "--dry-run", story.house.folder() + "/export"});
  ASSERT_EQ(dry.code, 0) << dry.text;
  EXPECT_THAT(dry.text, HasSubstr("engagements.jsonl 627 resources ·"));
  EXPECT_THAT(dry.text, Not(HasSubstr("not read")));
  const Said said = Ctl(harbour, {"import", story.house.folder() + "/export"});
  ASSERT_EQ(said.code, 0) << said.text;
  EXPECT_THAT(said.text, HasSubstr("engagements.jsonl 627 resources ·"));
  EXPECT_THAT(said.text, Not(HasSubstr("not read")));
  EXPECT_THAT(said.text, Not(HasSubstr("details in"))) << "nothing had to be made anew";

  ExpectEqual(there, Exported(harbour, "export"));

  // What is told of it is the same too.
  const auto in_harbour = [](const std::string& name) { return InHarbour(name); };
  for (const Story::Known& who : {story.ana, story.bo}) {
    ev::GetRapportRequest request;
    request.set_name(who.relationship);
    *request.mutable_as_of() = Stamp(kThen);
    const auto before =
        story.house.Must<ev::Rapport>(absl::StrCat(kRapport, "GetRapport"), request);
    request.set_name(in_harbour(who.relationship));
    EXPECT_TRUE(Eventually(absl::Seconds(20),
                           [&] {
                             const auto after = harbour.Call<ev::Rapport>(
                                 absl::StrCat(kRapport, "GetRapport"), request);
                             return after.ok() &&
                                    after->DebugString() == InHarbour(before.DebugString());
                           }))
        << before.DebugString()
        << harbour.Must<ev::Rapport>(absl::StrCat(kRapport, "GetRapport"), request).DebugString();
  }

  // Once more: nothing is new, and nothing is asked.
  const Said again = Ctl(harbour, {"import", "--again", story.house.folder() + "/export"});
  ASSERT_EQ(again.code, 0) << again.text;
  EXPECT_THAT(again.text, HasSubstr("engagements.jsonl 627 resources (nothing new)"));
  ExpectEqual(there, Exported(harbour, "export-again"));
}

// Proves: C22
TEST(Transfer, GoesOnWithTheFilesThatAreMissing) {
  LivedIn story;
  const auto there = Exported(story.house, "export");
  const std::string folder = story.house.folder() + "/export/";
  House harbour(Harbour());
  ASSERT_EQ(Ctl(harbour, {"import", folder + "engagements.jsonl", folder + "promises.jsonl"}).code,
            0);
  const Said said = Ctl(harbour, {"import", folder});
  ASSERT_EQ(said.code, 0) << said.text;
  EXPECT_THAT(said.text, HasSubstr("promises.jsonl 4 resources (nothing new)"));
  ExpectEqual(there, Exported(harbour, "export"));
}

// Proves: C22
TEST(Transfer, OneFileInAnyOrderIsAsGood) {
  LivedIn story;
  const auto there = Exported(story.house, "export");
  const std::string all = story.house.folder() + "/all.ndjson";
  {
    std::ofstream out(all, std::ios::binary);
    for (const auto& [name, text] : there) {
      if (absl::EndsWith(name, ".jsonl")) out << text;
    }
  }
  House harbour(Harbour());
  const Said said = Ctl(harbour, {"import", all});
  ASSERT_EQ(said.code, 0) << said.text;
  ExpectEqual(there, Exported(harbour, "export"));
}

// Proves: C22
TEST(Transfer, WhatHasGoneOnInTheOtherHouseStaysAndIsSaid) {
  LivedIn story;
  Exported(story.house, "export");
  const std::string folder = story.house.folder() + "/export";
  House harbour(Harbour());
  ASSERT_EQ(Ctl(harbour, {"import", folder}).code, 0);
  cv::UpdatePersonRequest change;
  change.mutable_person()->set_name(InHarbour(story.ana.person));
  change.mutable_person()->set_title("head of everything");
  harbour.Must<cv::Person>(absl::StrCat(kPeople, "UpdatePerson"), change);
  const Said said = Ctl(harbour, {"import", "--again", "--strict", folder});
  EXPECT_EQ(said.code, 8) << said.text;
  EXPECT_THAT(said.text, HasSubstr("people.jsonl 3 resources (nothing new), 1 line not read"));
  cv::GetPersonRequest get;
  get.set_name(InHarbour(story.ana.person));
  EXPECT_EQ(harbour.Must<cv::Person>(absl::StrCat(kPeople, "GetPerson"), get).title(),
            "head of everything");
}

// Proves: C22
TEST(Transfer, NumbersThatDoNotFollowFromTheJournalAreMadeAnew) {
  LivedIn story;
  const auto there = Exported(story.house, "export");
  const std::string folder = story.house.folder() + "/export/";
  std::string bent = there.at("statistics.jsonl");
  const std::size_t at = bent.find("\"twoWay");
  ASSERT_NE(at, std::string::npos) << bent;
  const std::size_t digit = bent.find_first_of("123456789", at);
  bent[digit] = bent[digit] == '9' ? '1' : '9';
  std::ofstream(folder + "statistics.jsonl", std::ios::binary) << bent;
  House harbour(Harbour());
  const Said said = Ctl(harbour, {"import", folder});
  ASSERT_EQ(said.code, 0) << said.text;
  EXPECT_THAT(said.text, HasSubstr("details in"));
  auto without = there;
  auto here = Exported(harbour, "export");
  without.erase("statistics.jsonl");
  const std::string anew = here.extract("statistics.jsonl").mapped();
  ExpectEqual(without, here);
  ExpectSameNumbers(there.at("statistics.jsonl"), anew);
}

TEST(Transfer, RefusesWhatItCannotKeepPromisesFor) {
  House house(Harbour());
  transfer::v1::RestoreResourcesRequest request;
  request.set_parent(house.parent());
  const auto add = [&](const google::protobuf::Message& message) {
    request.add_resources()->PackFrom(message);
  };
  cv::Person person;
  person.set_name("tenants/harbour/people/p1");
  person.set_uid("p1");
  person.set_etag("\"3\"");
  person.set_revision(3);
  person.set_full_name("Ana");
  add(person);
  person.set_etag("\"2\"");
  person.set_name("tenants/harbour/people/p2");
  add(person);
  cv::Person stranger = person;
  stranger.set_name("tenants/home/people/p3");
  add(stranger);
  ev::Promise promise;
  add(promise);
  cv::ContactPoint orphan;
  orphan.set_name("tenants/harbour/people/nobody/contactPoints/c1");
  orphan.set_uid("c1");
  orphan.set_etag("\"1\"");
  orphan.set_revision(1);
  orphan.set_kind(cv::ContactPoint::EMAIL);
  orphan.set_value("a@b.example");
  add(orphan);
  const auto response = house.client("contact").Call<transfer::v1::RestoreResourcesResponse>(
      absl::StrCat(kTransfer, "RestoreResources"), request);
  ASSERT_OK(response);
  ASSERT_EQ(response->results_size(), 5);
  EXPECT_EQ(response->results(0).outcome(), transfer::v1::RestoreResult::RESTORED);
  for (int i = 1; i < 5; ++i) {
    EXPECT_NE(response->results(i).status().code(), 0) << response->results(i).DebugString();
  }
  request.set_parent("tenants/home");
  EXPECT_FALSE(house.client("contact")
                   .Call<transfer::v1::RestoreResourcesResponse>(
                       absl::StrCat(kTransfer, "RestoreResources"), request)
                   .ok());
}

// What only the service sets decides too: a correction that nobody may make would undo a
// withdrawal.
TEST(Transfer, ChecksWhatOnlyTheServiceSets) {
  House house(Harbour());
  transfer::v1::RestoreResourcesRequest request;
  request.set_parent(house.parent());
  const auto add = [&](auto resource, const std::string& name) {
    resource.set_name(absl::StrCat("tenants/harbour/", name));
    resource.set_uid(name.substr(name.rfind('/') + 1));
    resource.set_etag("\"1\"");
    resource.set_revision(1);
    request.add_resources()->PackFrom(resource);
  };
  cv::Person person;
  person.set_full_name("Ana");
  add(person, "people/ana");
  add(person, "people/bo");
  cv::ConsentEntry withdrawal;
  withdrawal.set_purpose(rapport::type::v1::PURPOSE_PROPOSAL);
  withdrawal.set_channel(rapport::type::v1::CHANNEL_EMAIL);
  withdrawal.set_decision(cv::ConsentEntry::WITHDRAW);
  add(withdrawal, "people/ana/consentEntries/w1");
  cv::ConsentEntry correction = withdrawal;
  correction.set_corrects("tenants/harbour/people/ana/consentEntries/w1");
  add(correction, "people/ana/consentEntries/w2");
  constexpr int kFine = 4;

  add(correction, "people/ana/consentEntries/w3");  // it is corrected already
  add(correction, "people/bo/consentEntries/w1");   // of another person
  correction.set_corrects("tenants/harbour/people/ana/consentEntries/none");
  add(correction, "people/ana/consentEntries/w4");
  cv::Relationship relationship;
  relationship.set_person("tenants/harbour/people/ana");
  relationship.add_stewards("tenants/harbour/stewards/nobody");
  add(relationship, "relationships/r1");
  cv::ContactPoint point;
  point.set_kind(cv::ContactPoint::EMAIL);
  point.set_value("a@b.example");
  point.set_normalized_value(std::string("a\0b", 3));
  add(point, "people/ana/contactPoints/c1");

  const auto response = house.client("contact").Call<transfer::v1::RestoreResourcesResponse>(
      absl::StrCat(kTransfer, "RestoreResources"), request);
  ASSERT_OK(response);
  ASSERT_EQ(response->results_size(), request.resources_size());
  for (int i = 0; i < response->results_size(); ++i) {
    SCOPED_TRACE(i);
    EXPECT_EQ(response->results(i).status().code() == 0, i < kFine)
        << response->results(i).DebugString();
  }
}

}  // namespace
}  // namespace rapport::tests
