#include "common/resource/filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/resource/filter_syntax.h"
#include "common/testing/matchers.h"
#include "google/rpc/error_details.pb.h"
#include "rapport/cache/v1/cache_service.pb.h"
#include "rapport/contact/v1/person.pb.h"
#include "rapport/contact/v1/relationship.pb.h"
#include "rapport/engagement/v1/rapport.pb.h"

namespace rapport::resource {
namespace {

using ::testing::HasSubstr;

// The position of the mistake, "" if there is none.
template <class M>
std::string MistakeAt(const std::string& text) {
  const auto filter = Filter::Parse(text, M::descriptor());
  if (filter.ok()) return "";
  EXPECT_THAT(filter, testing::StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_EQ(errors::ReasonOf(filter.status()), type::v1::FILTER_SYNTAX);
  google::rpc::ErrorInfo info;
  const auto proto = errors::ToProto(filter.status());
  for (const auto& detail : proto.details()) detail.UnpackTo(&info);
  return info.metadata().at("position");
}

template <class M>
bool Fits(const M& message, const std::string& text) {
  const auto filter = Filter::Parse(text, M::descriptor());
  EXPECT_OK(filter) << text;
  return filter.ok() && filter->Matches(message);
}

contact::v1::Person Ana() {
  contact::v1::Person ana;
  ana.set_name("tenants/home/people/ana");
  ana.set_full_name("Ana Luísa \"Lu\" Sousa*");
  ana.set_revision(7);
  ana.add_labels("press");
  ana.add_labels("Porto");
  auto* shop = ana.add_external_ids();
  shop->set_source("shop");
  shop->set_id("42");
  auto* mail = ana.add_external_ids();
  mail->set_source("mail list");
  mail->set_id("7");
  ana.mutable_create_time()->set_seconds(1767225600);  // 2026-01-01T00:00:00Z
  return ana;
}

TEST(Filter, AnEmptyOneFitsEverything) {
  EXPECT_TRUE(Fits(Ana(), ""));
  EXPECT_TRUE(Fits(Ana(), "  \t "));
}

TEST(Filter, ComparesTextsByTheirBytesAndStarsStandForAnything) {
  const auto ana = Ana();
  EXPECT_TRUE(Fits(ana, "name = tenants/home/people/ana"));
  EXPECT_TRUE(Fits(ana, R"(full_name = "Ana Luísa \"Lu\" Sousa\*")"));
  EXPECT_TRUE(Fits(ana, R"(full_name='Ana*Sousa*')"));
  EXPECT_TRUE(Fits(ana, R"(full_name = "*Luísa*")"));
  EXPECT_FALSE(Fits(ana, R"(full_name = "Luísa")"));
  EXPECT_FALSE(Fits(ana, R"(full_name = "ana*")"));
  EXPECT_TRUE(Fits(ana, R"(full_name != "Luísa*")"));
  EXPECT_TRUE(Fits(ana, R"(full_name > "Ana" full_name < "Anb")"));
  EXPECT_FALSE(Fits(ana, R"(name = "tenants/home/people/an*n*a")"));
  EXPECT_FALSE(Fits(ana, R"(name = "tenants/home/people/an*na")")) << "they share no character";
  EXPECT_EQ(MistakeAt<contact::v1::Person>(R"(full_name < "A*")"), "12");
}

TEST(Filter, ALetterMayBeOfEitherCaseWhereWordsAreLookedFor) {
  EXPECT_TRUE(Fits(Ana(), R"(full_name:"sousa")"));
  EXPECT_TRUE(Fits(Ana(), R"(full_name:"ana*sousa")"));
  EXPECT_FALSE(Fits(Ana(), R"(full_name:"sousa*ana")"));
  EXPECT_FALSE(Fits(Ana(), R"(full_name:"ana*ana*sousa")")) << "one is not two";
  EXPECT_FALSE(Fits(Ana(), R"(full_name:"Silva")"));
}

TEST(Filter, OrBindsTighterThanAnd) {
  const auto ana = Ana();
  EXPECT_FALSE(Fits(ana, "revision = 7 OR revision = 8 AND revision = 9"));
  EXPECT_TRUE(Fits(ana, "revision = 7 OR (revision = 8 AND revision = 9)"));
  EXPECT_TRUE(Fits(ana, "revision = 9 OR revision = 7 AND labels:press"));
  EXPECT_FALSE(Fits(ana, "NOT revision = 7 OR revision = 8"));
  EXPECT_TRUE(Fits(ana, "NOT (revision = 8 OR revision = 9)"));
  EXPECT_TRUE(Fits(ana, "-revision = 8 -revision = 9"));
  EXPECT_TRUE(Fits(ana, "revision > 6 revision <= 7 AND revision >= 7"));
  EXPECT_FALSE(Fits(ana, "revision > 6 revision < 7"));
}

TEST(Filter, AListHasWhatOneOfItsElementsEquals) {
  const auto ana = Ana();
  EXPECT_TRUE(Fits(ana, "labels:press"));
  EXPECT_TRUE(Fits(ana, "labels = Porto"));
  EXPECT_TRUE(Fits(ana, "labels:Por*"));
  EXPECT_FALSE(Fits(ana, "labels:por"));
  EXPECT_TRUE(Fits(ana, "labels != Lisboa"));
  EXPECT_FALSE(Fits(ana, "labels != press"));
  EXPECT_TRUE(Fits(contact::v1::Person(), "labels != press"));
  EXPECT_TRUE(Fits(ana, "external_ids.source:\"mail list\""));
  EXPECT_FALSE(Fits(ana, "external_ids.source:erp"));
  EXPECT_TRUE(Fits(ana, "external_ids:*"));
  EXPECT_FALSE(Fits(ana, "nicknames:*"));
  EXPECT_EQ(MistakeAt<contact::v1::Person>("labels < x"), "0");
  EXPECT_EQ(MistakeAt<contact::v1::Person>("external_ids.source = shop"), "0");
}

TEST(Filter, WhatIsAbsentFitsNoComparison) {
  contact::v1::Person person;
  EXPECT_FALSE(Fits(person, R"(delete_time < "2030-01-01T00:00:00Z")"));
  EXPECT_FALSE(Fits(person, R"(delete_time != "2030-01-01T00:00:00Z")"));
  EXPECT_TRUE(Fits(person, R"(NOT delete_time < "2030-01-01T00:00:00Z")"));
  EXPECT_FALSE(Fits(person, "delete_time:*"));
  EXPECT_TRUE(Fits(person, "NOT delete_time:*"));
  EXPECT_FALSE(Fits(person, "full_name:*"));
  EXPECT_TRUE(Fits(Ana(), "full_name:*"));
}

TEST(Filter, ReadsTimesWithTheirOffsets) {
  EXPECT_TRUE(Fits(Ana(), "create_time = 2026-01-01T00:00:00Z"));
  EXPECT_TRUE(Fits(Ana(), "create_time = 2026-01-01T01:00:00+01:00"));
  EXPECT_TRUE(Fits(Ana(), R"(create_time < "2026-01-01T00:00:00.000001Z")"));
  EXPECT_EQ(MistakeAt<contact::v1::Person>("create_time > yesterday"), "14");
  EXPECT_EQ(MistakeAt<contact::v1::Person>("create_time > infinite-future"), "14");
}

TEST(Filter, KnowsTheValuesOfAnEnumAndYesAndNo) {
  contact::v1::Relationship relationship;
  relationship.set_standing(contact::v1::RESTING);
  EXPECT_TRUE(Fits(relationship, "standing = RESTING"));
  EXPECT_TRUE(Fits(relationship, "standing != OPEN AND NOT orphaned"));
  relationship.set_orphaned(true);
  EXPECT_TRUE(Fits(relationship, "orphaned"));
  EXPECT_TRUE(Fits(relationship, "orphaned = true"));
  EXPECT_FALSE(Fits(relationship, "orphaned != true"));
  EXPECT_EQ(MistakeAt<contact::v1::Relationship>("standing = SOMEHOW"), "11");
  EXPECT_EQ(MistakeAt<contact::v1::Relationship>("standing = resting"), "11");
  EXPECT_EQ(MistakeAt<contact::v1::Relationship>("standing > OPEN"), "0");
  EXPECT_EQ(MistakeAt<contact::v1::Relationship>("orphaned = yes"), "11");
  EXPECT_EQ(MistakeAt<contact::v1::Relationship>("orphaned > false"), "0");
  EXPECT_EQ(MistakeAt<contact::v1::Relationship>("standing"), "0");
}

TEST(Filter, AMeasureIsItsValueAndAbsentUntilItCanSpeak) {
  engagement::v1::Rapport rapport;
  rapport.mutable_health()->set_value(0.75);
  EXPECT_FALSE(Fits(rapport, "health > 0.5"));
  EXPECT_FALSE(Fits(rapport, "health <= 0.5"));
  rapport.mutable_health()->set_status(type::v1::MEASURE_STATUS_OK);
  EXPECT_TRUE(Fits(rapport, "health > 0.5"));
  EXPECT_TRUE(Fits(rapport, "health = 7.5e-1"));
  EXPECT_TRUE(Fits(rapport, "health.status = MEASURE_STATUS_OK"));
  EXPECT_EQ(MistakeAt<engagement::v1::Rapport>("health > much"), "9");
}

TEST(Filter, LooksIntoMessagesAndMaps) {
  cache::v1::CacheCounters counters;
  (*counters.mutable_bypasses())["breaker open"] = 3;
  EXPECT_TRUE(Fits(counters, "bypasses:\"breaker open\""));
  EXPECT_FALSE(Fits(counters, "bypasses:budget"));
  EXPECT_TRUE(Fits(counters, "bypasses.\"breaker open\" > 2"));
  EXPECT_FALSE(Fits(counters, "bypasses.budget != 3"));
  EXPECT_TRUE(Fits(counters, "bypasses:*"));
  EXPECT_EQ(MistakeAt<cache::v1::CacheCounters>("bypasses = 3"), "0");
  EXPECT_EQ(MistakeAt<engagement::v1::Rapport>("health_terms = 3"), "0");
  EXPECT_EQ(MistakeAt<contact::v1::Person>("create_time.seconds = 3"), "0");
}

TEST(Filter, NumbersMustFitTheirField) {
  EXPECT_EQ(MistakeAt<contact::v1::Person>("revision = seven"), "11");
  EXPECT_EQ(MistakeAt<contact::v1::Person>("revision = 7.5"), "11");
  EXPECT_EQ(MistakeAt<contact::v1::Person>("revision = 9223372036854775808"), "11");
  EXPECT_TRUE(Fits(Ana(), "revision > -9223372036854775808"));
  EXPECT_EQ(MistakeAt<engagement::v1::Rapport>("expected_days > nan"), "16");
}

TEST(Filter, SaysWhereTheMistakeIs) {
  using contact::v1::Person;
  EXPECT_EQ(MistakeAt<Person>("shoe_size = 42"), "0");
  EXPECT_EQ(MistakeAt<Person>("revision = 7 AND shoe_size = 42"), "17");
  EXPECT_EQ(MistakeAt<Person>("revision = "), "11");
  EXPECT_EQ(MistakeAt<Person>("revision = 7 AND"), "16");
  EXPECT_EQ(MistakeAt<Person>("(revision = 7"), "13");
  EXPECT_EQ(MistakeAt<Person>("revision = 7)"), "12");
  EXPECT_EQ(MistakeAt<Person>("revision = 7 OR AND"), "16");
  EXPECT_EQ(MistakeAt<Person>("full_name = \"open"), "12");
  EXPECT_EQ(MistakeAt<Person>("\"Ana\""), "0");
  EXPECT_EQ(MistakeAt<Person>("age(name) > 3"), "3");
  EXPECT_EQ(MistakeAt<Person>("revision = max(3)"), "14");
  EXPECT_EQ(MistakeAt<Person>("revision == 7"), "10");
  EXPECT_EQ(MistakeAt<Person>("revision = AND"), "11");
  EXPECT_EQ(MistakeAt<Person>("revision. = 7"), "9");
  EXPECT_EQ(MistakeAt<Person>("NOT"), "3");
}

TEST(Filter, NeverRepeatsWhatTheCallerWrote) {
  const auto filter =
      Filter::Parse("ana_secret = \"ana@example.org\"", contact::v1::Person::descriptor());
  EXPECT_THAT(errors::ToProto(filter.status()).SerializeAsString(), Not(HasSubstr("ana")));
}

TEST(Filter, HasLimitsOfLengthDepthAndTerms) {
  using contact::v1::Person;
  const std::string term = "revision=7";
  const auto times = [](int n, const std::string& text) {
    std::string out;
    for (int i = 0; i < n; ++i) out += text;
    return out;
  };
  EXPECT_EQ(MistakeAt<Person>(times(kMaxFilterDepth, "(") + term + times(kMaxFilterDepth, ")")),
            "");
  EXPECT_NE(
      MistakeAt<Person>(times(kMaxFilterDepth + 1, "(") + term + times(kMaxFilterDepth + 1, ")")),
      "");
  EXPECT_EQ(MistakeAt<Person>(times(kMaxFilterTerms, term + " ")), "");
  EXPECT_NE(MistakeAt<Person>(times(kMaxFilterTerms + 1, term + " ")), "");
  const std::string longest(kMaxFilterBytes - 12, 'x');
  EXPECT_EQ(MistakeAt<Person>("full_name = " + longest), "");
  EXPECT_EQ(MistakeAt<Person>("full_name = x" + longest), absl::StrCat(kMaxFilterBytes));
}

TEST(Filter, MaySpeakOfSeveralMessagesByOtherWords) {
  ASSERT_OK_AND_ASSIGN(
      const auto filter,
      Filter::Parse("vitality = DRIFTING AND steward = tenants/home/stewards/ana AND volume > 1",
                    {{engagement::v1::Rapport::descriptor(),
                      engagement::v1::RelationshipStatistics::descriptor()},
                     {{"steward", "stewards"}}}));
  engagement::v1::Rapport rapport;
  rapport.set_vitality(engagement::v1::DRIFTING);
  rapport.mutable_volume()->set_value(2);
  rapport.mutable_volume()->set_status(type::v1::MEASURE_STATUS_OK);
  engagement::v1::RelationshipStatistics statistics;
  EXPECT_FALSE(filter.MatchesAll({&rapport, &statistics}));
  statistics.add_stewards("tenants/home/stewards/rui");
  statistics.add_stewards("tenants/home/stewards/ana");
  EXPECT_TRUE(filter.MatchesAll({&rapport, &statistics}));
}

TEST(Filter, TellsWhichFieldsItPins) {
  const auto pins = [](const std::string& text) {
    const auto filter = Filter::Parse(text, contact::v1::Relationship::descriptor());
    EXPECT_OK(filter);
    contact::v1::Relationship example;
    std::string out;
    for (const auto* field : filter->Pin(&example)) absl::StrAppend(&out, field->name(), " ");
    return absl::StrCat(out, "| ", example.ShortDebugString());
  };
  EXPECT_EQ(pins("house = x AND (standing = OPEN person = p)"),
            "house standing person | person: \"p\" house: \"x\" standing: OPEN");
  EXPECT_EQ(pins("house = x OR standing = OPEN"), "| ");
  EXPECT_EQ(pins("NOT house = x AND house = y* AND house != z AND labels:a"), "| ");
}

}  // namespace
}  // namespace rapport::resource
