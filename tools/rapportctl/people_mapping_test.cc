#include "tools/rapportctl/people_mapping.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <variant>

#include "tools/import/vcard.h"

namespace rapport::rapportctl {
namespace {

using ::rapport::contact::v1::Anniversary;
using ::rapport::contact::v1::ContactPoint;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

MappedPerson Read(const std::string& card, PeopleMapping mapping = {}) {
  std::istringstream in("BEGIN:VCARD\r\nVERSION:4.0\r\n" + card + "END:VCARD\r\n");
  importer::VCardReader reader(&in, {.file = "people.vcf"});
  const auto next = reader.Next();
  EXPECT_TRUE(next && std::holds_alternative<importer::VCard>(*next));
  return PersonOf(std::get<importer::VCard>(*next).contact, mapping);
}

TEST(PersonOf, TakesOverTheCard) {
  const MappedPerson mapped = Read(
      "FN:Dr. Ana "
      "Lopes\r\nN:Lopes;Ana;Maria;Dr.;\r\nUID:urn:uuid:1234\r\nORG:Lusotêxtil;operations\r\n"
      "TITLE:head\r\nBDAY:--0412\r\nANNIVERSARY:20100605\r\nEMAIL;TYPE=work;PREF=1:ana@a."
      "example\r\n"
      "TEL;TYPE=cell:+351 912 345 678\r\nADR;TYPE=work:;;Rua 14;Lisboa;;1100;PT\r\n"
      "IMPP:xmpp:ana@chat.example\r\nCATEGORIES:Friends,Suppliers\r\nLANG:pt\r\nTZ:Europe/"
      "Lisbon\r\n"
      "NOTE:likes mornings\r\nNICKNAME:Aninha\r\nURL:https://a.example\r\nX-SHOE:38\r\n",
      {.stewards = {"tenants/home/stewards/mara"}});
  const auto& person = mapped.upsert.person();
  EXPECT_EQ(person.full_name(), "Dr. Ana Lopes");
  EXPECT_EQ(person.name_components().surname(), "Lopes");
  EXPECT_EQ(person.name_components().given(), "Ana");
  EXPECT_EQ(person.name_components().additional(), "Maria");
  EXPECT_EQ(person.organization(), "Lusotêxtil, operations");
  EXPECT_EQ(person.title(), "head");
  ASSERT_EQ(person.anniversaries_size(), 2);
  EXPECT_EQ(person.anniversaries(0).kind(), Anniversary::BIRTH);
  EXPECT_EQ(person.anniversaries(0).date().year(), 0);
  EXPECT_EQ(person.anniversaries(0).date().month(), 4);
  EXPECT_EQ(person.anniversaries(0).date().day(), 12);
  EXPECT_EQ(person.anniversaries(1).kind(), Anniversary::WEDDING);
  EXPECT_EQ(person.anniversaries(1).date().year(), 2010);
  EXPECT_THAT(person.labels(), ElementsAre("Friends", "Suppliers"));
  EXPECT_THAT(person.languages(), ElementsAre("pt"));
  EXPECT_THAT(person.nicknames(), ElementsAre("Aninha"));
  EXPECT_EQ(person.time_zone(), "Europe/Lisbon");
  EXPECT_EQ(person.note(), "likes mornings");
  EXPECT_THAT(person.unmodelled_properties(), ::testing::Contains(HasSubstr("https")));
  EXPECT_THAT(person.unmodelled_properties(), ::testing::Contains("X-SHOE:38"));
  EXPECT_EQ(mapped.upsert.external_id().source(), "vcard");
  EXPECT_EQ(mapped.upsert.external_id().id(), "urn:uuid:1234");
  EXPECT_THAT(mapped.upsert.stewards(), ElementsAre("tenants/home/stewards/mara"));
  EXPECT_EQ(mapped.dropped_lines, 0);

  const auto& points = mapped.upsert.contact_points();
  ASSERT_EQ(points.size(), 4);
  EXPECT_EQ(points[0].kind(), ContactPoint::EMAIL);
  EXPECT_EQ(points[0].value(), "ana@a.example");
  EXPECT_EQ(points[0].label(), "work");
  EXPECT_EQ(points[0].rank(), 1);
  EXPECT_EQ(points[1].kind(), ContactPoint::PHONE);
  EXPECT_EQ(points[1].region(), "PT");
  EXPECT_EQ(points[2].kind(), ContactPoint::IN_APP);
  EXPECT_EQ(points[3].kind(), ContactPoint::POSTAL);
  EXPECT_THAT(points[3].value(), HasSubstr("Lisboa"));
  EXPECT_EQ(points[3].region(), "PT");
}

TEST(PersonOf, TakesTheRegionOfAPostalPointFromItsOwnAddress) {
  const MappedPerson mapped = Read(
      "FN:B\r\nADR:;;Rua 14;Lisboa;;1100;PT\r\nADR:;;Kiln Yard;Bristol;;BS1;United Kingdom\r\n"
      "ADR:;;Speicherweg;Hamburg;;20457;de\r\n");
  const auto& points = mapped.upsert.contact_points();
  ASSERT_EQ(points.size(), 3);
  EXPECT_EQ(points[0].region(), "PT");
  EXPECT_EQ(points[1].region(), "");
  EXPECT_EQ(points[2].region(), "");
}

TEST(PersonOf, MakesAnIdentityThatStaysTheSame) {
  const auto id = [](const std::string& card) { return Read(card).upsert.external_id().id(); };
  const std::string ana = id("FN:Ana Lopes\r\nEMAIL:ana@a.example\r\n");
  EXPECT_THAT(ana, HasSubstr("made-"));
  EXPECT_EQ(ana, id("FN:ANA LOPES\r\nEMAIL:Ana@A.example\r\nNOTE:new\r\n"));
  EXPECT_NE(ana, id("FN:Ana Lopes\r\nEMAIL:ana@b.example\r\n"));
  EXPECT_NE(ana, id("FN:Ana Lopes\r\nTEL:+351912345678\r\n"));
  EXPECT_EQ(id("FN:B\r\nTEL:+351 912 345 678\r\n"), id("FN:B\r\nTEL:+351-912-345678\r\n"));
}

TEST(PersonOf, NamesANamelessCardByItsAddress) {
  EXPECT_EQ(Read("FN:\r\nEMAIL:ana@a.example\r\n").upsert.person().full_name(), "ana@a.example");
}

TEST(PersonOf, StaysInsideTheLimitsOfTheApi) {
  std::string card = "FN:";
  for (int i = 0; i < 300; ++i) card += "ł";
  card += "\r\nUID:" + std::string(900, 'u') + "\r\nX-BIG:" + std::string(70'000, 'x') +
          "\r\nNOTE:" + std::string(20'000, 'n') + "\r\nLANG:not a language at all\r\nTZ:-0500\r\n";
  for (int i = 0; i < 70; ++i) card += "CATEGORIES:c" + std::to_string(i) + "\r\n";
  const MappedPerson mapped = Read(card);
  const auto& person = mapped.upsert.person();
  EXPECT_EQ(person.full_name().size(), 400u);
  EXPECT_LE(mapped.upsert.external_id().id().size(), 400u);
  EXPECT_EQ(mapped.dropped_lines, 1);
  EXPECT_EQ(person.note().size(), 16384u);
  EXPECT_TRUE(person.languages().empty());
  EXPECT_TRUE(person.time_zone().empty());
  EXPECT_LE(person.labels_size(), 50);
  EXPECT_THAT(person.unmodelled_properties(), ::testing::Contains(HasSubstr("LANG:")));
  EXPECT_THAT(person.unmodelled_properties(), ::testing::Contains(HasSubstr("TZ:")));
}

}  // namespace
}  // namespace rapport::rapportctl
