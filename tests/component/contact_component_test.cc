// The contact service as its clients see it, with the services around it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "tests/scenarios/story.h"

namespace rapport::tests {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr char kNow[] = "2026-06-15 09:00";
constexpr char kRequestId[] = "3f0c8d1e-5a64-4c6e-9f5d-0a1b2c3d4e5f";

cv::CreatePersonRequest NewPerson(const Story& story, const std::string& name) {
  cv::CreatePersonRequest request;
  request.set_parent(story.house.parent());
  request.mutable_person()->set_full_name(name);
  return request;
}

cv::Person Created(Story& story, const std::string& name) {
  return story.house.Must<cv::Person>(absl::StrCat(kPeople, "CreatePerson"),
                                      NewPerson(story, name));
}

absl::StatusOr<cv::ContactPoint> AddPoint(Story& story, const std::string& person,
                                          cv::ContactPoint::Kind kind, const std::string& value,
                                          const std::string& region = "", bool verified = false) {
  cv::CreateContactPointRequest request;
  request.set_parent(person);
  request.mutable_contact_point()->set_kind(kind);
  request.mutable_contact_point()->set_value(value);
  request.mutable_contact_point()->set_region(region);
  if (verified) *request.mutable_contact_point()->mutable_verified_time() = Stamp("2026-06-01");
  return story.house.Call<cv::ContactPoint>(absl::StrCat(kPeople, "CreateContactPoint"), request);
}

std::vector<std::string> Found(Story& story, const cv::LookupPersonRequest& request,
                               std::vector<double>* confidence = nullptr) {
  const auto response =
      story.house.Must<cv::LookupPersonResponse>(absl::StrCat(kPeople, "LookupPerson"), request);
  std::vector<std::string> people;
  for (const auto& match : response.matches()) {
    people.push_back(match.person().name());
    if (confidence != nullptr) confidence->push_back(match.confidence());
  }
  return people;
}

cv::LookupPersonRequest ByPhone(const Story& story, const std::string& phone,
                                const std::string& region = "") {
  cv::LookupPersonRequest request;
  request.set_parent(story.house.parent());
  request.set_phone(phone);
  request.set_region(region);
  return request;
}
cv::LookupPersonRequest ByMail(const Story& story, const std::string& address) {
  cv::LookupPersonRequest request;
  request.set_parent(story.house.parent());
  request.set_email(address);
  return request;
}
cv::LookupPersonRequest ByExternalId(const Story& story, const std::string& id) {
  cv::LookupPersonRequest request;
  request.set_parent(story.house.parent());
  request.mutable_external_id()->set_source("shop");
  request.mutable_external_id()->set_id(id);
  return request;
}

cv::BatchUpsertPeopleRequest Upsert(const Story& story, const std::string& id,
                                    const std::string& name, cv::Trust trust = cv::TRUST_IMPORTED) {
  cv::BatchUpsertPeopleRequest request;
  request.set_parent(story.house.parent());
  request.set_trust(trust);
  request.set_source("test");
  auto* item = request.add_people();
  item->mutable_external_id()->set_source("shop");
  item->mutable_external_id()->set_id(id);
  item->mutable_person()->set_full_name(name);
  return request;
}

cv::PersonUpsertResult Upserted(Story& story, const cv::BatchUpsertPeopleRequest& request) {
  const auto response = story.house.Must<cv::BatchUpsertPeopleResponse>(
      absl::StrCat(kPeople, "BatchUpsertPeople"), request);
  return response.results_size() == 0 ? cv::PersonUpsertResult() : response.results(0);
}

cv::Person PersonOf(Story& story, const std::string& name) {
  cv::GetPersonRequest request;
  request.set_name(name);
  return story.house.Must<cv::Person>(absl::StrCat(kPeople, "GetPerson"), request);
}

cv::ListPeopleResponse Listed(Story& story, int page_size = 0, const std::string& token = "",
                              bool show_deleted = false) {
  cv::ListPeopleRequest request;
  request.set_parent(story.house.parent());
  request.set_page_size(page_size);
  request.set_page_token(token);
  request.set_show_deleted(show_deleted);
  return story.house.Must<cv::ListPeopleResponse>(absl::StrCat(kPeople, "ListPeople"), request);
}

absl::StatusOr<cv::Person> Deleted(Story& story, const std::string& name) {
  cv::DeletePersonRequest request;
  request.set_name(name);
  return story.house.Call<cv::Person>(absl::StrCat(kPeople, "DeletePerson"), request);
}
absl::StatusOr<cv::Person> Undeleted(Story& story, const std::string& name) {
  cv::UndeletePersonRequest request;
  request.set_name(name);
  return story.house.Call<cv::Person>(absl::StrCat(kPeople, "UndeletePerson"), request);
}

// Proves: C02, C03
TEST(Lookup, MeetsTheSamePointHoweverItIsWritten) {
  Story story(kNow);
  const auto ana = Created(story, "Ana Sousa").name();
  ASSERT_OK_AND_ASSIGN(const auto phone,
                       AddPoint(story, ana, cv::ContactPoint::PHONE, "21 345 67 89", "PT"));
  EXPECT_EQ(phone.normalized_value(), "+351213456789");
  EXPECT_EQ(phone.value(), "21 345 67 89");
  ASSERT_OK(AddPoint(story, ana, cv::ContactPoint::EMAIL, "Ana.Sousa@Example.ORG"));
  for (const auto& request :
       {ByPhone(story, "+351 213 456 789"), ByPhone(story, "213456789", "PT"),
        ByPhone(story, "00351 213-456-789", "PT"), ByMail(story, "ana.sousa@example.org"),
        ByMail(story, "ANA.SOUSA@EXAMPLE.org")}) {
    EXPECT_THAT(Found(story, request), ElementsAre(ana)) << request.ShortDebugString();
  }
  EXPECT_THAT(Found(story, ByMail(story, "nobody@example.org")), IsEmpty());

  cv::UpdateSettingsRequest settings;
  settings.mutable_settings()->set_name(absl::StrCat(story.house.parent(), "/settings"));
  settings.mutable_settings()->set_default_region("PT");
  story.house.Must<cv::Settings>(absl::StrCat(kStewards, "UpdateSettings"), settings);
  EXPECT_THAT(Found(story, ByPhone(story, "213456789")), ElementsAre(ana));
}

// Proves: C02, P04
TEST(Lookup, RefusesWhatCannotBeAnAddressAndNamesTheField) {
  Story story(kNow);
  const auto ana = Created(story, "Ana").name();
  for (const auto& [kind, value] : {std::pair(cv::ContactPoint::PHONE, "12"),
                                    std::pair(cv::ContactPoint::EMAIL, "ana at home")}) {
    const auto refused = AddPoint(story, ana, kind, value, "PT");
    EXPECT_THAT(refused, testing::StatusIs(absl::StatusCode::kInvalidArgument));
    EXPECT_THAT(refused, FailsWith(type::v1::FIELD));
    EXPECT_THAT(std::string(refused.status().message()), HasSubstr("contact_point.value"));
  }
  cv::LookupPersonRequest nothing;
  nothing.set_parent(story.house.parent());
  EXPECT_THAT(
      story.house.Call<cv::LookupPersonResponse>(absl::StrCat(kPeople, "LookupPerson"), nothing),
      FailsWith(type::v1::FIELD));
}

// Proves: C03
TEST(Lookup, ASharedPointFindsEverybodyWithHalfTheConfidence) {
  Story story(kNow);
  const auto ana = Created(story, "Ana").name();
  const auto bo = Created(story, "Bo").name();
  for (const auto& person : {ana, bo}) {
    ASSERT_OK(AddPoint(story, person, cv::ContactPoint::PHONE, "+351213456789"));
  }
  std::vector<double> confidence;
  EXPECT_THAT(Found(story, ByPhone(story, "+351213456789"), &confidence),
              UnorderedElementsAre(ana, bo));
  EXPECT_THAT(confidence, ElementsAre(0.5, 0.5));
  const auto by_id = Upserted(story, Upsert(story, "42", "Cy"));
  confidence.clear();
  EXPECT_THAT(Found(story, ByExternalId(story, "42"), &confidence), ElementsAre(by_id.person()));
  EXPECT_THAT(confidence, ElementsAre(1.0));
}

// Proves: C02
TEST(ContactPoints, OnlyAVerifiedOneCanBeTaken) {
  Story story(kNow);
  const auto ana = Created(story, "Ana").name();
  const auto bo = Created(story, "Bo").name();
  ASSERT_OK(AddPoint(story, ana, cv::ContactPoint::EMAIL, "x@example.org", "", true));
  EXPECT_OK(AddPoint(story, bo, cv::ContactPoint::EMAIL, "x@example.org"));
  EXPECT_THAT(AddPoint(story, bo, cv::ContactPoint::EMAIL, "X@example.org", "", true),
              FailsWith(type::v1::CONTACT_POINT_TAKEN));
  std::vector<double> confidence;
  EXPECT_THAT(Found(story, ByMail(story, "x@example.org"), &confidence), ElementsAre(ana, bo));
  EXPECT_THAT(confidence, ElementsAre(1.0, 0.5));
}

// Proves: C04
TEST(Upsert, IsIdempotentAndOpensTheRelationship) {
  Story story(kNow);
  auto request = Upsert(story, "42", "Ana Sousa");
  request.mutable_people(0)->mutable_person()->add_labels("friends");
  auto* point = request.mutable_people(0)->add_contact_points();
  point->set_kind(cv::ContactPoint::EMAIL);
  point->set_value("ana@example.org");
  auto* bad = request.mutable_people(0)->add_contact_points();
  bad->set_kind(cv::ContactPoint::PHONE);
  bad->set_value("not a number");
  const auto first = Upserted(story, request);
  EXPECT_EQ(first.outcome(), cv::PersonUpsertResult::CREATED);
  ASSERT_EQ(first.refused_contact_points_size(), 1);
  EXPECT_EQ(first.refused_contact_points(0).index(), 1);
  EXPECT_EQ(story.RelationshipOf({first.person(), first.relationship()}).person(), first.person());
  EXPECT_EQ(story.RelationshipOf({first.person(), first.relationship()}).standing(), cv::OPEN);
  const auto card = PersonOf(story, first.person());

  const auto again = Upserted(story, request);
  EXPECT_EQ(again.outcome(), cv::PersonUpsertResult::UNCHANGED);
  EXPECT_EQ(again.person(), first.person());
  EXPECT_EQ(again.relationship(), first.relationship());
  EXPECT_EQ(PersonOf(story, first.person()).revision(), card.revision());

  request.mutable_people(0)->mutable_person()->clear_labels();
  request.mutable_people(0)->mutable_person()->add_labels("customers");
  request.mutable_people(0)->mutable_person()->set_title("Printer");
  EXPECT_EQ(Upserted(story, request).outcome(), cv::PersonUpsertResult::UPDATED);
  EXPECT_THAT(PersonOf(story, first.person()).labels(), ElementsAre("friends", "customers"));
  EXPECT_EQ(Listed(story).people_size(), 1);
}

// Proves: C01
TEST(Upsert, ALessTrustedSourceDoesNotReplaceWhatThePersonSaid) {
  Story story(kNow);
  const auto person = Upserted(story, Upsert(story, "42", "Ana Sousa", cv::TRUST_PERSON)).person();
  auto imported = Upsert(story, "42", "SOUSA, ANA", cv::TRUST_IMPORTED);
  imported.mutable_people(0)->mutable_person()->set_title("Printer");
  EXPECT_EQ(Upserted(story, imported).outcome(), cv::PersonUpsertResult::UPDATED);
  auto card = PersonOf(story, person);
  EXPECT_EQ(card.full_name(), "Ana Sousa");
  EXPECT_EQ(card.title(), "Printer");
  for (const auto& provenance : card.provenance()) {
    EXPECT_TRUE(provenance.has_time());
    EXPECT_EQ(provenance.source(), "test");
    if (provenance.field() == "full_name") {
      EXPECT_EQ(provenance.trust(), cv::TRUST_PERSON);
    }
    if (provenance.field() == "title") {
      EXPECT_EQ(provenance.trust(), cv::TRUST_IMPORTED);
    }
  }
  cv::UpdatePersonRequest update;
  update.mutable_person()->set_name(person);
  update.mutable_person()->set_full_name("Anna");
  EXPECT_THAT(story.house.Call<cv::Person>(absl::StrCat(kPeople, "UpdatePerson"), update),
              FailsWith(type::v1::FIELD));
  update.set_trust(cv::TRUST_PERSON);
  EXPECT_EQ(story.house.Must<cv::Person>(absl::StrCat(kPeople, "UpdatePerson"), update).full_name(),
            "Anna");
}

// Proves: C04, P04
TEST(Upsert, ABadItemStopsNothingElse) {
  Story story(kNow);
  auto request = Upsert(story, "1", "One");
  const auto add = [&](const std::string& id, const std::string& name) {
    *request.add_people() = Upsert(story, id, name).people(0);
    return request.mutable_people(request.people_size() - 1);
  };
  add("2", "");                                                     // no name
  add("3", "Three")->add_stewards("tenants/home/stewards/nobody");  // no such steward
  add("4", "Four")->set_house("nowhere");                           // no such house
  auto* thief = add("5", "Five")->mutable_person()->add_external_ids();
  thief->set_source("shop");
  thief->set_id("1");  // belongs to One
  add("6", "Six");
  const auto response = story.house.Must<cv::BatchUpsertPeopleResponse>(
      absl::StrCat(kPeople, "BatchUpsertPeople"), request);
  ASSERT_EQ(response.results_size(), 6);
  std::vector<type::v1::ErrorReason> reasons;
  for (const auto& result : response.results()) {
    reasons.push_back(errors::ReasonOf(errors::FromProto(result.status())));
    EXPECT_EQ(result.person().empty(), result.status().code() != 0);
  }
  EXPECT_THAT(reasons,
              ElementsAre(type::v1::ERROR_REASON_UNSPECIFIED, type::v1::FIELD,
                          type::v1::RESOURCE_UNKNOWN, type::v1::FIELD, type::v1::EXTERNAL_ID_TAKEN,
                          type::v1::ERROR_REASON_UNSPECIFIED));
  EXPECT_EQ(Listed(story).people_size(), 2);
}

// Proves: C04
TEST(Deletion, FreesPointsAndIdsAndCanBeUndone) {
  Story story(kNow);
  auto request = Upsert(story, "42", "Ana");
  auto* point = request.mutable_people(0)->add_contact_points();
  point->set_kind(cv::ContactPoint::EMAIL);
  point->set_value("ana@example.org");
  const auto ana = Upserted(story, request).person();
  ASSERT_OK_AND_ASSIGN(const auto deleted, Deleted(story, ana));
  EXPECT_TRUE(deleted.has_delete_time());
  EXPECT_EQ(deleted.purge_time().seconds() - deleted.delete_time().seconds(), 30 * 86400);
  EXPECT_THAT(Deleted(story, ana), FailsWith(type::v1::RESOURCE_UNKNOWN));
  EXPECT_THAT(Found(story, ByMail(story, "ana@example.org")), IsEmpty());
  EXPECT_THAT(Found(story, ByExternalId(story, "42")), IsEmpty());
  EXPECT_EQ(Listed(story).people_size(), 0);
  EXPECT_EQ(Listed(story, 0, "", true).people_size(), 1);
  EXPECT_TRUE(PersonOf(story, ana).has_delete_time());

  ASSERT_OK(Undeleted(story, ana));
  EXPECT_THAT(Undeleted(story, ana), FailsWith(type::v1::STATE_TRANSITION));
  EXPECT_THAT(Found(story, ByMail(story, "ana@example.org")), ElementsAre(ana));
  EXPECT_THAT(Found(story, ByExternalId(story, "42")), ElementsAre(ana));

  ASSERT_OK(Deleted(story, ana));
  const auto successor = Upserted(story, request);
  EXPECT_EQ(successor.outcome(), cv::PersonUpsertResult::CREATED);
  EXPECT_NE(successor.person(), ana);
  EXPECT_THAT(Undeleted(story, ana), FailsWith(type::v1::EXTERNAL_ID_TAKEN));
  story.ItIs("2026-07-30");
  EXPECT_THAT(Undeleted(story, ana), FailsWith(type::v1::PURGE_PASSED));
}

// Proves: C11, P04
TEST(Relationships, ASecondOneWithTheSameHouseNamesTheLivingOne) {
  Story story(kNow);
  const auto ana = story.Knows("Ana", {});
  cv::OpenRelationshipRequest request;
  request.set_parent(story.house.parent());
  request.mutable_relationship()->set_person(ana.person);
  const auto refused =
      story.house.Call<cv::Relationship>(absl::StrCat(kRelationships, "OpenRelationship"), request);
  EXPECT_THAT(refused, testing::StatusIs(absl::StatusCode::kAlreadyExists));
  EXPECT_THAT(refused, FailsWith(type::v1::RELATIONSHIP_EXISTS));
  EXPECT_THAT(errors::ToProto(refused.status()).SerializeAsString(), HasSubstr(ana.relationship));

  request.mutable_relationship()->set_house("workshop");
  EXPECT_THAT(
      story.house.Call<cv::Relationship>(absl::StrCat(kRelationships, "OpenRelationship"), request),
      FailsWith(type::v1::FIELD));
  cv::UpdateSettingsRequest settings;
  settings.mutable_settings()->set_name(absl::StrCat(story.house.parent(), "/settings"));
  settings.mutable_settings()->add_houses()->set_id("workshop");
  const auto houses =
      story.house.Must<cv::Settings>(absl::StrCat(kStewards, "UpdateSettings"), settings);
  EXPECT_EQ(houses.houses_size(), 2) << "the default house stays";
  const auto second =
      story.house.Must<cv::Relationship>(absl::StrCat(kRelationships, "OpenRelationship"), request);
  EXPECT_NE(second.name(), ana.relationship);
  cv::ListRelationshipsRequest list;
  list.set_parent(story.house.parent());
  list.set_person(ana.person);
  EXPECT_EQ(story.house
                .Must<cv::ListRelationshipsResponse>(
                    absl::StrCat(kRelationships, "ListRelationships"), list)
                .relationships_size(),
            2);
}

// Proves: C11
TEST(Relationships, FromEveryStandingThereIsAWayBack) {
  Story story(kNow);
  const auto ana = story.Knows("Ana", {});
  const auto standing = [&] { return story.RelationshipOf(ana).standing(); };
  const auto reopen = [&](type::v1::Party said_by) {
    cv::ReopenRelationshipRequest request;
    request.set_name(ana.relationship);
    request.set_said_by(said_by);
    return story.house.Call<cv::Relationship>(absl::StrCat(kRelationships, "ReopenRelationship"),
                                              request);
  };
  const auto rest = [&](type::v1::Party said_by, const std::string& evidence) {
    cv::RestRelationshipRequest request;
    request.set_name(ana.relationship);
    request.set_said_by(said_by);
    request.set_evidence(evidence);
    return story.house.Call<cv::Relationship>(absl::StrCat(kRelationships, "RestRelationship"),
                                              request);
  };
  EXPECT_EQ(standing(), cv::OPEN);
  EXPECT_THAT(reopen(type::v1::PARTY_US), FailsWith(type::v1::STATE_TRANSITION));
  ASSERT_OK(rest(type::v1::PARTY_US, ""));
  EXPECT_EQ(standing(), cv::RESTING);
  ASSERT_OK(reopen(type::v1::PARTY_US));
  ASSERT_OK(rest(type::v1::PARTY_US, ""));
  story.AskedUsToStop(ana);
  EXPECT_EQ(standing(), cv::QUIETED);
  // Only the person's word undoes it, and it must be shown.
  EXPECT_THAT(reopen(type::v1::PARTY_US), FailsWith(type::v1::QUIETED));
  EXPECT_THAT(rest(type::v1::PARTY_US, "we think so"), FailsWith(type::v1::QUIETED));
  EXPECT_THAT(rest(type::v1::PARTY_PERSON, ""), FailsWith(type::v1::QUIETED));
  EXPECT_EQ(standing(), cv::QUIETED);
  ASSERT_OK(rest(type::v1::PARTY_PERSON, "her mail of today"));
  EXPECT_EQ(standing(), cv::RESTING);
  story.AskedUsToStop(ana);
  story.TookItBack(ana);
  EXPECT_EQ(standing(), cv::OPEN);
  EXPECT_EQ(story.RelationshipOf(ana).standing_reason(), "asked us to write again");
}

// Proves: C13
TEST(Relationships, TheNearestRhythmWinsAndEngagementFollowsIt) {
  Story story(kNow);
  const auto ana = story.Knows("Ana", {});
  story.Recorded(ana, Call("a call", "2026-06-01"));
  EXPECT_FALSE(story.RelationshipOf(ana).has_effective_rhythm());
  cv::UpdateSettingsRequest settings;
  settings.mutable_settings()->set_name(absl::StrCat(story.house.parent(), "/settings"));
  settings.mutable_settings()->mutable_default_rhythm()->set_wish_days(40);
  auto* label = settings.mutable_settings()->add_label_rhythms();
  label->set_label("friends");
  label->mutable_rhythm()->set_wish_days(20);
  label->mutable_rhythm()->set_tolerate_days(25);
  story.house.Must<cv::Settings>(absl::StrCat(kStewards, "UpdateSettings"), settings);
  EXPECT_EQ(story.RelationshipOf(ana).effective_rhythm().source(), cv::Rhythm::TENANT);
  EXPECT_EQ(story.RapportOf(ana).tolerated_days(), 60);

  cv::UpdateRelationshipRequest update;
  update.mutable_relationship()->set_name(ana.relationship);
  update.mutable_relationship()->add_labels("friends");
  story.house.Must<cv::Relationship>(absl::StrCat(kRelationships, "UpdateRelationship"), update);
  EXPECT_EQ(story.RelationshipOf(ana).effective_rhythm().source(), cv::Rhythm::LABEL);
  EXPECT_EQ(story.RapportOf(ana).tolerated_days(), 25);

  story.WishesRhythm(ana, 28, 42);
  EXPECT_EQ(story.RelationshipOf(ana).effective_rhythm().source(), cv::Rhythm::PERSON);
  EXPECT_EQ(story.RapportOf(ana).tolerated_days(), 42);
  EXPECT_EQ(story.RapportOf(ana).expected_days(), 28);
}

// Proves: C11
TEST(Relationships, TheFirstExchangeFollowsWhatIsLearnedLater) {
  Story story(kNow);
  const auto ana = story.Knows("Ana", {});
  const auto first = [&] { return story.RelationshipOf(ana).first_exchange_time().seconds(); };
  story.Recorded(ana, MailTo("ours alone", "2026-01-01"));
  story.Recorded(ana, Call("a call", "2026-06-01"));
  EXPECT_TRUE(
      Eventually(absl::Seconds(5), [&] { return first() == Stamp("2026-06-01").seconds(); }));
  const auto old = story.Recorded(ana, Call("an old call", "2020-03-01"));
  EXPECT_TRUE(
      Eventually(absl::Seconds(5), [&] { return first() == Stamp("2020-03-01").seconds(); }));
  story.Retracted(old, "another Ana");
  EXPECT_TRUE(
      Eventually(absl::Seconds(5), [&] { return first() == Stamp("2026-06-01").seconds(); }));
}

// Proves: C12
TEST(Stewards, WithoutAHumanStewardARelationshipIsOrphaned) {
  Story story(kNow);
  const auto mara = story.HasSteward("mara", "Mara");
  cv::CreateStewardRequest bot;
  bot.set_parent(story.house.parent());
  bot.set_steward_id("bot");
  bot.mutable_steward()->set_display_name("Bot");
  bot.mutable_steward()->set_bot(true);
  const auto machine =
      story.house.Must<cv::Steward>(absl::StrCat(kStewards, "CreateSteward"), bot).name();
  EXPECT_THAT(story.house.Call<cv::Steward>(absl::StrCat(kStewards, "CreateSteward"), bot),
              FailsWith(type::v1::RESOURCE_EXISTS));
  EXPECT_FALSE(story.RelationshipOf(story.Knows("Ana", {}, {mara, machine})).orphaned());
  const auto bo = story.Knows("Bo", {}, {machine});
  EXPECT_TRUE(story.RelationshipOf(bo).orphaned());
  cv::AssignStewardsRequest assign;
  assign.set_name(bo.relationship);
  assign.add_stewards(absl::StrCat(story.house.parent(), "/stewards/nobody"));
  EXPECT_THAT(
      story.house.Call<cv::Relationship>(absl::StrCat(kRelationships, "AssignStewards"), assign),
      FailsWith(type::v1::RESOURCE_UNKNOWN));
}

// Proves: P04
TEST(Writes, AreGuardedByEtagRequestIdAndValidateOnly) {
  Story story(kNow);
  auto create = NewPerson(story, "Ana");
  create.set_validate_only(true);
  EXPECT_EQ(story.house.Must<cv::Person>(absl::StrCat(kPeople, "CreatePerson"), create).full_name(),
            "Ana");
  EXPECT_EQ(Listed(story).people_size(), 0) << "validate_only writes nothing";

  create.set_validate_only(false);
  create.set_request_id(kRequestId);
  const auto ana = story.house.Must<cv::Person>(absl::StrCat(kPeople, "CreatePerson"), create);
  const auto again = story.house.Must<cv::Person>(absl::StrCat(kPeople, "CreatePerson"), create);
  EXPECT_EQ(again.SerializeAsString(), ana.SerializeAsString());
  EXPECT_EQ(Listed(story).people_size(), 1);
  create.mutable_person()->set_full_name("Bo");
  EXPECT_THAT(story.house.Call<cv::Person>(absl::StrCat(kPeople, "CreatePerson"), create),
              FailsWith(type::v1::REQUEST_ID_REUSED));

  cv::UpdatePersonRequest update;
  update.mutable_person()->set_name(ana.name());
  update.mutable_person()->set_etag(ana.etag());
  update.mutable_person()->set_title("Printer");
  update.mutable_person()->set_organization("not in the mask");
  update.mutable_update_mask()->add_paths("title");
  const auto updated = story.house.Must<cv::Person>(absl::StrCat(kPeople, "UpdatePerson"), update);
  EXPECT_EQ(updated.title(), "Printer");
  EXPECT_EQ(updated.organization(), "");
  EXPECT_EQ(updated.full_name(), "Ana");
  EXPECT_EQ(updated.revision(), ana.revision() + 1);
  const auto stale = story.house.Call<cv::Person>(absl::StrCat(kPeople, "UpdatePerson"), update);
  EXPECT_THAT(stale, testing::StatusIs(absl::StatusCode::kAborted));
  EXPECT_THAT(stale, FailsWith(type::v1::ETAG_MISMATCH));

  update.mutable_person()->clear_etag();
  update.mutable_update_mask()->set_paths(0, "shoe_size");
  EXPECT_THAT(story.house.Call<cv::Person>(absl::StrCat(kPeople, "UpdatePerson"), update),
              FailsWith(type::v1::UPDATE_MASK));
  update.mutable_update_mask()->set_paths(0, "full_name");
  EXPECT_THAT(story.house.Call<cv::Person>(absl::StrCat(kPeople, "UpdatePerson"), update),
              FailsWith(type::v1::FIELD))
      << "a card keeps its name";
  EXPECT_EQ(PersonOf(story, ana.name()).SerializeAsString(), updated.SerializeAsString());
}

// Proves: P04
TEST(Lists, ComeInStablePages) {
  Story story(kNow);
  std::vector<std::string> created;
  for (int i = 0; i < 7; ++i) created.push_back(Created(story, absl::StrCat("P", i)).name());
  ASSERT_OK(Deleted(story, created[3]));
  std::vector<std::string> seen;
  std::string token;
  do {
    const auto page = Listed(story, 3, token);
    EXPECT_LE(page.people_size(), 3);
    for (const auto& person : page.people()) seen.push_back(person.name());
    token = page.next_page_token();
  } while (!token.empty());
  auto living = created;
  living.erase(living.begin() + 3);
  std::sort(living.begin(), living.end());
  EXPECT_EQ(seen, living);

  const auto page = Listed(story, 3);
  cv::ListPeopleRequest other;
  other.set_parent(story.house.parent());
  other.set_show_deleted(true);
  other.set_page_token(page.next_page_token());
  EXPECT_THAT(story.house.Call<cv::ListPeopleResponse>(absl::StrCat(kPeople, "ListPeople"), other),
              FailsWith(type::v1::PAGE_TOKEN));
  other.set_page_token("abc");
  EXPECT_THAT(story.house.Call<cv::ListPeopleResponse>(absl::StrCat(kPeople, "ListPeople"), other),
              FailsWith(type::v1::PAGE_TOKEN));
}

// Proves: P04
TEST(Names, OfAnotherTenantLookLikeNothing) {
  Story story(kNow);
  cv::GetPersonRequest get;
  get.set_name("tenants/elsewhere/people/p");
  EXPECT_THAT(story.house.Call<cv::Person>(absl::StrCat(kPeople, "GetPerson"), get),
              FailsWith(type::v1::RESOURCE_UNKNOWN));
  auto create = NewPerson(story, "Ana");
  create.set_parent("tenants/elsewhere");
  EXPECT_THAT(story.house.Call<cv::Person>(absl::StrCat(kPeople, "CreatePerson"), create),
              FailsWith(type::v1::RESOURCE_UNKNOWN));
}

}  // namespace
}  // namespace rapport::tests
