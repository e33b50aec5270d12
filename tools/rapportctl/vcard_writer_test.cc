#include "tools/rapportctl/vcard_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <variant>

#include "absl/strings/str_split.h"
#include "tools/import/vcard.h"
#include "tools/rapportctl/people_mapping.h"

namespace rapport::rapportctl {
namespace {

using ::rapport::contact::v1::ContactPoint;
using ::rapport::contact::v1::Person;

MappedPerson ReadBack(const std::string& text) {
  std::istringstream in(text);
  importer::VCardReader reader(&in, {.file = "export.vcf"});
  const auto next = reader.Next();
  EXPECT_TRUE(next && std::holds_alternative<importer::VCard>(*next));
  EXPECT_FALSE(reader.Next().has_value());
  return PersonOf(std::get<importer::VCard>(*next).contact, {});
}

Person Ana() {
  Person person;
  person.set_uid("0190-uid");
  person.set_full_name("Ana Lopes");
  person.mutable_name_components()->set_surname("Lopes");
  person.mutable_name_components()->set_given("Ana");
  person.set_organization("Lusotêxtil; \"weavers\", Lisboa");
  person.set_title("operations");
  person.set_note(
      "two lines,\nthe second; with \\ signs "
      "and a long tail of words that has to be folded ł ł ł");
  person.add_languages("pt");
  person.add_labels("Friends");
  person.add_labels("a, b");
  auto* birth = person.add_anniversaries();
  birth->set_kind(contact::v1::Anniversary::BIRTH);
  birth->mutable_date()->set_month(4);
  birth->mutable_date()->set_day(12);
  auto* id = person.add_external_ids();
  id->set_source("vcard");
  id->set_id("urn:uuid:1234");
  person.add_unmodelled_properties("X-SHOE;TYPE=left:38");
  return person;
}

ContactPoint Point(ContactPoint::Kind kind, const char* value, const char* label, int rank) {
  ContactPoint point;
  point.set_kind(kind);
  point.set_value(value);
  point.set_label(label);
  point.set_rank(rank);
  return point;
}

// Proves: C01
TEST(WriteVCard, IsReadBackAsTheSamePerson) {
  const Person ana = Ana();
  const MappedPerson back =
      ReadBack(WriteVCard(ana, {Point(ContactPoint::EMAIL, "ana@a.example", "work", 1),
                                Point(ContactPoint::PHONE, "+351912345678", "cell", 0),
                                Point(ContactPoint::POSTAL, "Rua 14, Lisboa", "", 0)}));
  const Person& person = back.upsert.person();
  EXPECT_EQ(back.upsert.external_id().id(), "urn:uuid:1234");
  EXPECT_EQ(person.full_name(), ana.full_name());
  EXPECT_EQ(person.name_components().surname(), "Lopes");
  EXPECT_EQ(person.organization(), ana.organization());
  EXPECT_EQ(person.note(), ana.note());
  EXPECT_THAT(person.labels(), ::testing::ElementsAre("Friends", "a, b"));
  EXPECT_EQ(person.anniversaries(0).date().month(), 4);
  EXPECT_EQ(person.anniversaries(0).date().year(), 0);
  EXPECT_THAT(person.unmodelled_properties(), ::testing::Contains("X-SHOE;TYPE=left:38"));
  ASSERT_EQ(back.upsert.contact_points_size(), 3);
  EXPECT_EQ(back.upsert.contact_points(0).value(), "ana@a.example");
  EXPECT_EQ(back.upsert.contact_points(0).label(), "work");
  EXPECT_EQ(back.upsert.contact_points(0).rank(), 1);
  EXPECT_EQ(back.upsert.contact_points(1).value(), "+351912345678");
}

TEST(WriteVCard, FoldsLinesAtSeventyFiveBytes) {
  const std::string text = WriteVCard(Ana(), {});
  for (absl::string_view line : absl::StrSplit(text, "\r\n")) EXPECT_LE(line.size(), 75u);
  EXPECT_THAT(text, ::testing::EndsWith("END:VCARD\r\n"));
}

TEST(WriteVCard, LetsNoKeptPropertyBeginAnotherOne) {
  Person person = Ana();
  person.add_unmodelled_properties("X-A:1\r\nEND:VCARD\r\nBEGIN:VCARD");
  EXPECT_EQ(ReadBack(WriteVCard(person, {})).upsert.person().full_name(), "Ana Lopes");
}

}  // namespace
}  // namespace rapport::rapportctl
