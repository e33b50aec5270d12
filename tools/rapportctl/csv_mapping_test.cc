#include "tools/rapportctl/csv_mapping.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/testing/matchers.h"
#include "common/time/proto_time.h"

namespace rapport::rapportctl {
namespace {

using ::rapport::contact::v1::ContactPoint;
using ::rapport::engagement::v1::Engagement;
using ::rapport::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using Record = std::vector<std::string>;

CsvMapper MapperOf(const std::string& json, const Record& header) {
  auto mapping = ReadCsvMapping(json);
  EXPECT_OK(mapping);
  auto mapper = CsvMapper::Create(*std::move(mapping), header);
  EXPECT_OK(mapper);
  return *std::move(mapper);
}

absl::Status WrongWith(const std::string& json) { return ReadCsvMapping(json).status(); }

// Proves: C22
TEST(CsvMapping, MakesAPersonOfARecord) {
  const CsvMapper mapper = MapperOf(
      R"({"kind": "people", "source": "shop", "region": "PT", "timeFormats": ["%d.%m.%Y"],
          "columns": {"No": "external_id", "Given": "given", "Family": "surname",
                      "Mobile": {"field": "phone", "label": "mobile", "rank": 1},
                      "Mail": "email", "Born": "birthday", "Firm": "organization",
                      "Zone": "time_zone",
                      "Group": {"field": "labels", "separator": ";", "values": {"f": "friend"}}},
          "constants": {"title": "buyer"}})",
      {"No", "Given", "Family", "Mobile", "Mail", "Born", "Firm", "Group", "Zone", "Unused"});
  const auto made = mapper.PersonOf({"17", "Ana", " Lopes ", "912 345 678", "ana@a.example",
                                     "12.04.1985", "Lusotêxtil", "a; b;a c", "Europe/Lisbon", "x"});
  ASSERT_OK(made);
  EXPECT_EQ(made->external_id().source(), "shop");
  EXPECT_EQ(made->external_id().id(), "17");
  const auto& person = made->person();
  EXPECT_EQ(person.full_name(), "Ana Lopes");
  EXPECT_EQ(person.name_components().surname(), "Lopes");
  EXPECT_EQ(person.title(), "buyer");
  EXPECT_EQ(person.time_zone(), "Europe/Lisbon");
  EXPECT_EQ(person.anniversaries(0).date().year(), 1985);
  EXPECT_EQ(person.anniversaries(0).date().month(), 4);
  EXPECT_THAT(person.labels(), ElementsAre("a", "b", "a c"));
  ASSERT_EQ(made->contact_points_size(), 2);
  EXPECT_EQ(made->contact_points(0).kind(), ContactPoint::PHONE);
  EXPECT_EQ(made->contact_points(0).region(), "PT");
  EXPECT_EQ(made->contact_points(0).label(), "mobile");
  EXPECT_EQ(made->contact_points(0).rank(), 1);
  EXPECT_EQ(made->contact_points(1).value(), "ana@a.example");
  EXPECT_THAT(mapper.PersonOf({"18", "Bo", "", "", "", "", "", "F"})->person().labels(),
              ElementsAre("friend"));
}

// Proves: C22
TEST(CsvMapping, MakesAnEngagementOfARecord) {
  const CsvMapper mapper = MapperOf(
      R"({"kind": "engagements", "source": "pbx", "timeZone": "Europe/Lisbon",
          "timeFormats": ["%d/%m/%Y %H:%M"],
          "columns": {"Id": "source_id", "When": "event_time", "Mail": "email", "Tel": "phone",
                      "Art": {"field": "kind", "values": {"Anruf": "CONVERSATION"}},
                      "Words": "their_words", "Sec": "duration", "Answer?": "needs_answer",
                      "Asked": {"field": "asked", "separator": "+"}, "P": "questions.problem",
                      "Who": "steward"},
          "constants": {"channel": "PHONE", "direction": "MUTUAL", "conduct": "HUMAN"}})",
      {"Id", "When", "Mail", "Tel", "Art", "Words", "Sec", "Answer?", "Asked", "P", "Who"});
  const auto made =
      mapper.EngagementOf({"c1", "01/07/2026 10:30", "ana@a.example", "+351912345678", "ANRUF",
                           "120", "90", "yes", "referral+review", "2", "mara"},
                          "tenants/home");
  ASSERT_OK(made);
  EXPECT_EQ(made->contact_point().value(), "ana@a.example") << "the first that is there";
  const Engagement& e = made->engagement();
  EXPECT_EQ(e.source(), "pbx");
  EXPECT_EQ(e.source_id(), "c1");
  EXPECT_EQ(time::FromProto(e.event_time()), absl::FromUnixSeconds(1782898200)) << "09:30 UTC";
  EXPECT_EQ(e.kind(), Engagement::CONVERSATION);
  EXPECT_EQ(e.channel(), Engagement::PHONE);
  EXPECT_EQ(e.their_words(), 120);
  EXPECT_EQ(e.duration().seconds(), 90);
  EXPECT_TRUE(e.needs_answer());
  ASSERT_EQ(e.items_size(), 2);
  EXPECT_EQ(e.items(1).kind(), "review");
  EXPECT_EQ(e.questions().problem(), 2);
  EXPECT_EQ(e.steward(), "tenants/home/stewards/mara");
  const auto by_phone = mapper.EngagementOf(
      {"c2", "01/07/2026 10:30", "", "+351912345678", "meeting"}, "tenants/home");
  ASSERT_OK(by_phone);
  EXPECT_EQ(by_phone->contact_point().value(), "+351912345678");
}

TEST(CsvMapping, GivesARecordWithoutIdOneThatStaysTheSame) {
  const CsvMapper mapper =
      MapperOf(R"({"kind": "people", "columns": {"n": "full_name"}})", {"n", "x"});
  const std::string id = mapper.PersonOf({"Ana", "1"})->external_id().id();
  EXPECT_EQ(mapper.PersonOf({"Ana", "1"})->external_id().id(), id);
  EXPECT_NE(mapper.PersonOf({"Ana", "2"})->external_id().id(), id);
}

TEST(CsvMapping, NamesTheColumnThatCannotBeReadButNotWhatStandsThere) {
  const CsvMapper mapper = MapperOf(
      R"({"kind": "engagements", "columns": {"When": "event_time", "Mail": "email", "W": "our_words",
          "K": "kind"}, "constants": {"direction": "IN", "conduct": "HUMAN"}})",
      {"When", "Mail", "W", "K"});
  const auto wrong = [&](const Record& record) {
    return std::string(mapper.EngagementOf(record, "tenants/home").status().message());
  };
  EXPECT_EQ(wrong({"32.13.", "a@b.example", "1", "MESSAGE"}),
            "column \"When\" is no time of the given forms");
  EXPECT_EQ(wrong({"2026-03-12", "a@b.example", "few", "MESSAGE"}), "column \"W\" is no number");
  EXPECT_EQ(wrong({"2026-03-12", "a@b.example", "1.5", "MESSAGE"}),
            "column \"W\" is no whole number");
  EXPECT_EQ(wrong({"2026-03-12", "a@b.example", "1", "secret"}),
            "column \"K\" is no Kind of Rapport");
  EXPECT_EQ(wrong({"2026-03-12", "", "1", "MESSAGE"}), "nothing says whose it is");
  EXPECT_EQ(wrong({"", "a@b.example", "1", "MESSAGE"}), "no time");
}

TEST(CsvMapping, ReadsATableWhoseColumnsAreNamedLikeFields) {
  const auto people = MappingOfHeader({"external_id", "full_name", "email", "shoe"});
  ASSERT_OK(people);
  EXPECT_EQ(people->kind, CsvMapping::Kind::kPeople);
  EXPECT_EQ(people->columns.size(), 3u);
  const auto engagements =
      MappingOfHeader({"email", "event_time", "kind", "direction", "conduct", "their_words"});
  ASSERT_OK(engagements);
  EXPECT_EQ(engagements->kind, CsvMapping::Kind::kEngagements);
  EXPECT_THAT(MappingOfHeader({"Name", "Mail"}).status(),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("--mapping FILE")));
}

TEST(CsvMapping, RefusesAMappingThatCannotMeanAnything) {
  EXPECT_THAT(WrongWith("[]").message(), HasSubstr("no JSON object"));
  EXPECT_THAT(WrongWith(R"({"kind": "leads"})").message(), HasSubstr("people or engagements"));
  EXPECT_THAT(WrongWith(R"({"columns": {"a": "uid"}})").message(), HasSubstr("no field \"uid\""));
  EXPECT_THAT(WrongWith(R"({"columns": {"a": "title"}})").message(), HasSubstr("who it is"));
  EXPECT_THAT(WrongWith(R"({"colums": {}})").message(), HasSubstr("\"colums\" has no meaning"));
  EXPECT_THAT(WrongWith(R"({"timeZone": "Mars/Olympus"})").message(), HasSubstr("timeZone"));
  EXPECT_THAT(WrongWith(R"({"kind": "engagements", "columns": {"a": "email", "b": "event_time"}})")
                  .message(),
              HasSubstr("says kind"));
  EXPECT_THAT(CsvMapper::Create(*ReadCsvMapping(R"({"columns": {"Name": "full_name"}})"), {"Nome"})
                  .status()
                  .message(),
              HasSubstr("no column \"Name\""));
}

}  // namespace
}  // namespace rapport::rapportctl
