#include "tools/rapportctl/vcard_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
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

// The card that a person gets who was imported from this one, unfolded lines.
std::vector<std::string> LinesAfterRoundTrip(const std::string& card) {
  const Person person = ReadBack(card).upsert.person();
  std::string text = WriteVCard(person, {});
  text = absl::StrReplaceAll(text, {{"\r\n ", ""}});
  return absl::StrSplit(text, "\r\n", absl::SkipEmpty());
}

// Proves: C01, C22
TEST(WriteVCard, GivesEveryPropertyThatRapportDoesNotModelBackWordForWord) {
  const std::vector<std::string> kept = {
      "URL;TYPE=home;PREF=1:https://ana.example/a,b;c",
      "item1.URL:https://work.example",
      "item1.X-ABLabel:Portfolio",
      "RELATED;TYPE=spouse;VALUE=text:Bo\\, her husband",
      "X-SPOUSE:Bo",
      "ROLE;LANGUAGE=pt:diretora",
      "TZ;VALUE=utc-offset:-0500",
      "LANG;TYPE=work:not a tag",
      "GEO:geo:38.72,-9.14",
      "KEY;MEDIATYPE=application/pgp-keys:https://ana.example/key",
      "PHOTO:data:image/png;base64,iVBORw0KGgo=",
      "X-SHOE;X-P=\"a;b:c\":38\\,5",
      "GENDER:F;female",
      "BDAY;VALUE=text:circa 1970",
      "CLIENTPIDMAP:1;urn:uuid:53e374d9-337e-4727-8803-a1e9c14e0556",
      "XML:<a xmlns=\"urn:x\">\\n</a>",
      "UID:second identity",
  };
  std::string card = "BEGIN:VCARD\r\nVERSION:4.0\r\nUID:urn:uuid:1\r\nFN:Ana Lopes\r\n";
  for (const std::string& line : kept) absl::StrAppend(&card, line, "\r\n");
  absl::StrAppend(&card, "END:VCARD\r\n");
  EXPECT_THAT(LinesAfterRoundTrip(card), ::testing::IsSupersetOf(kept));
}

TEST(WriteVCard, WritesWhatOldVersionsEncodedAsVersionFourHasIt) {
  EXPECT_THAT(LinesAfterRoundTrip("BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ana\r\n"
                                  "PHOTO;ENCODING=b;TYPE=JPEG:/9j/4A==\r\n"
                                  "X-TEA;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:ch=C3=A1\r\n"
                                  "END:VCARD\r\n"),
              ::testing::IsSupersetOf(std::vector<std::string>{
                  "PHOTO:data:image/jpeg;base64,/9j/4A==", "X-TEA:ch\xc3\xa1"}));
}

TEST(WriteVCard, TellsARoleAndATitleApart) {
  const std::string head = "BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Ana\r\n";
  const auto only_role = LinesAfterRoundTrip(head + "ROLE:buyer\r\nEND:VCARD\r\n");
  EXPECT_THAT(only_role, ::testing::Contains("ROLE:buyer"));
  EXPECT_THAT(only_role, ::testing::Not(::testing::Contains("TITLE:buyer")));
  EXPECT_THAT(LinesAfterRoundTrip(head + "ROLE:buyer\r\nTITLE:head\r\nEND:VCARD\r\n"),
              ::testing::IsSupersetOf(std::vector<std::string>{"ROLE:buyer", "TITLE:head"}));
}

TEST(WriteVCard, ReadsPronounsAndOtherDaysBack) {
  Person ana = Ana();
  ana.set_pronouns("she/her");
  auto* day = ana.add_anniversaries();
  day->set_kind(contact::v1::Anniversary::OTHER);
  day->set_label("First order");
  day->mutable_date()->set_month(5);
  day->mutable_date()->set_day(2);
  const Person back = ReadBack(WriteVCard(ana, {})).upsert.person();
  EXPECT_EQ(back.pronouns(), "she/her");
  ASSERT_EQ(back.anniversaries_size(), 2);
  EXPECT_EQ(back.anniversaries(1).kind(), contact::v1::Anniversary::OTHER);
  EXPECT_EQ(back.anniversaries(1).label(), "First order");
  EXPECT_EQ(back.anniversaries(1).date().day(), 2);
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
