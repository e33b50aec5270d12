#include "tools/import/vcard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "tools/import/vcard_line.h"

namespace rapport::importer {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

struct Read {
  std::vector<VCard> cards;
  std::vector<ImportProblem> problems;
};

Read ReadAll(const std::string& text, VCardOptions options = {.file = "people.vcf"}) {
  std::istringstream in(text);
  VCardReader reader(&in, std::move(options));
  Read out;
  while (auto item = reader.Next()) {
    if (std::holds_alternative<VCard>(*item)) {
      out.cards.push_back(std::get<VCard>(*std::move(item)));
    } else {
      out.problems.push_back(std::get<ImportProblem>(*std::move(item)));
    }
  }
  return out;
}

// The contact of one card with these lines in it.
Contact ContactFrom(const std::string& lines, const std::string& version = "3.0") {
  const Read read = ReadAll("BEGIN:VCARD\r\nVERSION:" + version + "\r\n" + lines + "END:VCARD\r\n");
  EXPECT_THAT(read.problems, IsEmpty());
  EXPECT_THAT(read.cards, SizeIs(1));
  return read.cards.empty() ? Contact() : read.cards[0].contact;
}

TEST(VCard, ReadsAWholeCard) {
  const Contact c = ContactFrom(
      "N:Lopes;Ana;Maria,Rita;Dr.;PhD\r\nFN:Ana Lopes\r\nNICKNAME:Aninha,A.L.\r\n"
      "EMAIL;TYPE=WORK,PREF:ana@example.pt\r\nEMAIL;TYPE=HOME:mailto:ana@home.example\r\n"
      "TEL;TYPE=CELL:+351 912 345 678\r\nADR;TYPE=WORK:;Sala 3;Rua A\\, 5;Porto;;4000;Portugal\r\n"
      "ORG:Padaria;Vendas\r\nTITLE:Buyer\r\nROLE:Purchasing\r\nBDAY:1980-03-22\r\n"
      "ANNIVERSARY:2009-08-08\r\nNOTE:Likes tea.\\nNo calls.\r\nURL:https://example.pt\r\n"
      "IMPP:xmpp:ana@chat.example\r\nUID:urn:uuid:1\r\nTZ:Europe/Lisbon\r\n"
      "LANG;PREF=2:en\r\nLANG;PREF=1:pt\r\nCATEGORIES:Customer,VIP\r\nREV:20200101T000000Z\r\n"
      "RELATED;TYPE=spouse;VALUE=text:Rui\r\nX-SHOE-SIZE;X-P=\"a;b\":41\r\n",
      "4.0");
  EXPECT_EQ(c.formatted_name, "Ana Lopes");
  EXPECT_EQ(c.family, "Lopes");
  EXPECT_EQ(c.given, "Ana");
  EXPECT_EQ(c.additional, "Maria Rita");
  EXPECT_EQ(c.prefix, "Dr.");
  EXPECT_EQ(c.suffix, "PhD");
  EXPECT_THAT(c.nicknames, ElementsAre("Aninha", "A.L."));
  ASSERT_THAT(c.emails, SizeIs(2));
  EXPECT_EQ(c.emails[0].value, "ana@example.pt");
  EXPECT_THAT(c.emails[0].types, ElementsAre("work"));
  EXPECT_EQ(c.emails[0].preference, 1);
  EXPECT_EQ(c.emails[1].value, "ana@home.example");
  ASSERT_THAT(c.phones, SizeIs(1));
  EXPECT_EQ(c.phones[0].number, "+351 912 345 678");
  ASSERT_THAT(c.addresses, SizeIs(1));
  EXPECT_EQ(c.addresses[0].street, "Rua A, 5");
  EXPECT_EQ(c.addresses[0].extended, "Sala 3");
  EXPECT_EQ(c.addresses[0].country, "Portugal");
  EXPECT_EQ(c.organisation, "Padaria");
  EXPECT_THAT(c.units, ElementsAre("Vendas"));
  EXPECT_EQ(c.title, "Buyer");
  EXPECT_EQ(c.birthday, (ContactDate{1980, 3, 22}));
  EXPECT_EQ(c.anniversary, (ContactDate{2009, 8, 8}));
  EXPECT_EQ(c.note, "Likes tea.\nNo calls.");
  EXPECT_EQ(c.urls.at(0).value, "https://example.pt");
  EXPECT_EQ(c.messengers.at(0).value, "xmpp:ana@chat.example");
  EXPECT_EQ(c.uid, "urn:uuid:1");
  EXPECT_EQ(c.time_zone, "Europe/Lisbon");
  EXPECT_THAT(c.languages, ElementsAre("pt", "en"));
  EXPECT_THAT(c.categories, ElementsAre("Customer", "VIP"));
  EXPECT_EQ(c.revision, "20200101T000000Z");
  EXPECT_EQ(c.related.at(0).type, "spouse");
  EXPECT_EQ(c.related.at(0).value, "Rui");
  EXPECT_THAT(c.unmodelled, ElementsAre("X-SHOE-SIZE;X-P=\"a;b\":41"));
}

struct TextCase {
  std::string what, lines, version, name;
};
class VCardText : public ::testing::TestWithParam<TextCase> {};

TEST_P(VCardText, IsReadAsTheWriterMeantIt) {
  EXPECT_EQ(ContactFrom(GetParam().lines, GetParam().version).formatted_name, GetParam().name);
}

INSTANTIATE_TEST_SUITE_P(
    Writers, VCardText,
    ::testing::Values(
        TextCase{"fold with CRLF", "FN:Ana\r\n  Lop\r\n es\r\n", "3.0", "Ana Lopes"},
        TextCase{"fold with LF and tab", "FN:Ana\n\t Lopes\n", "3.0", "Ana Lopes"},
        TextCase{"2.1 keeps the blank it folds at", "FN:Ana\r\n Lopes\r\n", "2.1", "Ana Lopes"},
        TextCase{"fold inside the head", "FN;X-LONG=\r\n 1:Ana\r\n", "3.0", "Ana"},
        TextCase{"quoted-printable soft break",
                 "FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=C3=\r\n=89ric=20=\r\nB\r\n", "2.1",
                 "Éric B"},
        TextCase{"bare encoding", "FN;QUOTED-PRINTABLE:=41na\r\n", "2.1", "Ana"},
        TextCase{"soft break in front of a blank line",
                 "FN;ENCODING=QUOTED-PRINTABLE:Ana=\r\n\r\nTEL:1\r\n", "2.1", "Ana"},
        TextCase{"soft break in front of the end", "FN;ENCODING=QUOTED-PRINTABLE:Ana=\r\n", "2.1",
                 "Ana"},
        TextCase{"declared Latin-1", "FN;CHARSET=ISO-8859-1:Andr\xE9\r\n", "2.1", "André"},
        TextCase{"declared Shift JIS", "FN;CHARSET=SHIFT_JIS:\x93\xFA\x96\x7B\r\n", "2.1", "日本"},
        TextCase{"declared, encoded Latin-2",
                 "FN;CHARSET=iso-8859-2;ENCODING=QUOTED-PRINTABLE:=A3ukasz\r\n", "2.1", "Łukasz"},
        TextCase{"undeclared windows-1252", "FN:Zo\xEB \x96 \x80\r\n", "3.0", "Zoë – €"},
        TextCase{"undeclared UTF-8", "FN:Zoë\r\n", "2.1", "Zoë"},
        TextCase{"broken UTF-8 under its name", "FN;CHARSET=UTF-8:A\x80z\r\n", "2.1",
                 "A\xEF\xBF\xBDz"},
        TextCase{"unknown charset", "FN;CHARSET=X-KLINGON/../x:Ana\r\n", "2.1", "Ana"},
        TextCase{"base64 text", "FN;ENCODING=b:QW5h\r\n", "3.0", "Ana"},
        TextCase{"group", "item1.FN:Ana\r\n", "3.0", "Ana"},
        TextCase{"lower case and blanks", "fn :Ana \r\n", "3.0", "Ana"},
        TextCase{"escapes", "FN:Lopes\\, Ana\\; \\\\ x\r\n", "3.0", "Lopes, Ana; \\ x"},
        TextCase{"stray quote in a parameter", "FN;X=\"open:Ana\r\n", "3.0", "Ana"},
        TextCase{"name from parts", "N:Lopes;Ana;;Dr.;\r\n", "3.0", "Dr. Ana Lopes"},
        TextCase{"name from the organisation", "ORG:Padaria;Vendas\r\n", "3.0", "Padaria"},
        TextCase{"name from the nickname", "NICKNAME:Aninha\r\n", "3.0", "Aninha"}),
    [](const auto& the) {
      std::string name;
      for (const char c : the.param.what) {
        if (std::isalnum(static_cast<unsigned char>(c)) != 0) name.push_back(c);
      }
      return name;
    });

TEST(VCard, ReadsEveryKindOfLineEnd) {
  for (const std::string end : {"\n", "\r\n", "\r", "\r\r\n"}) {
    const Read read =
        ReadAll("BEGIN:VCARD" + end + "VERSION:3.0" + end + "FN:A" + end + " na" + end + "TEL:1" +
                end + "END:VCARD" + end + "BEGIN:VCARD" + end + "FN:B" + end + "END:VCARD");
    EXPECT_THAT(read.problems, IsEmpty());
    ASSERT_THAT(read.cards, SizeIs(2)) << "line end " << ::testing::PrintToString(end);
    EXPECT_EQ(read.cards[0].contact.formatted_name, "Ana");
    EXPECT_EQ(read.cards[0].line, 1);
    EXPECT_EQ(read.cards[1].line, 7);
  }
}

TEST(VCard, ReadsFilesWithAByteOrderMark) {
  const std::string card = "BEGIN:VCARD\r\nFN:Zoë\r\nEND:VCARD\r\n";
  EXPECT_EQ(ReadAll("\xEF\xBB\xBF" + card).cards.at(0).contact.formatted_name, "Zoë");
  const std::u16string wide = u"BEGIN:VCARD\r\nFN:Zoë 😀\r\nEND:VCARD\r\n";
  std::string little = "\xFF\xFE", big = "\xFE\xFF";
  for (const char16_t unit : wide) {
    little += {static_cast<char>(unit & 0xFF), static_cast<char>(unit >> 8)};
    big += {static_cast<char>(unit >> 8), static_cast<char>(unit & 0xFF)};
  }
  EXPECT_EQ(ReadAll(little).cards.at(0).contact.formatted_name, "Zoë 😀");
  EXPECT_EQ(ReadAll(big).cards.at(0).contact.formatted_name, "Zoë 😀");
}

TEST(VCard, ReadsPhonesOfEveryForm) {
  const Contact c = ContactFrom(
      "FN:A\r\nTEL;HOME;VOICE;PREF:(905) 555-1234\r\nTEL;type=WORK;type=FAX:1\r\n"
      "TEL;VALUE=uri;TYPE=\"work,voice\";PREF=3:tel:+1-418-656-9254;ext=102\r\n"
      "item2.TEL:2\r\nitem2.X-ABLabel:_$!<AssistantPhone>!$_\r\nTEL:\r\n");
  ASSERT_THAT(c.phones, SizeIs(4));
  EXPECT_THAT(c.phones[0].types, ElementsAre("home", "voice"));
  EXPECT_EQ(c.phones[0].preference, 1);
  EXPECT_THAT(c.phones[1].types, ElementsAre("work", "fax"));
  EXPECT_EQ(c.phones[2].number, "+1-418-656-9254");
  EXPECT_EQ(c.phones[2].extension, "102");
  EXPECT_EQ(c.phones[2].preference, 3);
  EXPECT_THAT(c.phones[2].types, ElementsAre("work", "voice"));
  EXPECT_EQ(c.phones[3].label, "AssistantPhone");
  EXPECT_THAT(c.unmodelled, IsEmpty());
}

TEST(VCard, JoinsPrintedAddressesWithTheirParts) {
  const Contact c = ContactFrom(
      "FN:A\r\nADR;WORK:;;Street 1;Town;;1;X\r\nLABEL;WORK;ENCODING=QUOTED-PRINTABLE:"
      "Street 1=0D=0A=\r\nTown\r\nLABEL;HOME:Elsewhere\r\n",
      "2.1");
  ASSERT_THAT(c.addresses, SizeIs(2));
  EXPECT_EQ(c.addresses[0].formatted, "Street 1\r\nTown");
  EXPECT_EQ(c.addresses[1].formatted, "Elsewhere");
}

TEST(VCard, ReadsDaysInEveryForm) {
  const auto day = [](std::optional<int> y, int m, int d) {
    return std::optional(ContactDate{y, m, d});
  };
  EXPECT_EQ(ParseContactDate("1985-04-12"), day(1985, 4, 12));
  EXPECT_EQ(ParseContactDate("19850412"), day(1985, 4, 12));
  EXPECT_EQ(ParseContactDate("--0412"), day(std::nullopt, 4, 12));
  EXPECT_EQ(ParseContactDate("--04-12"), day(std::nullopt, 4, 12));
  EXPECT_EQ(ParseContactDate("1953-10-15T23:10:00Z"), day(1953, 10, 15));
  EXPECT_EQ(ParseContactDate("20090808T1430-0500"), day(2009, 8, 8));
  EXPECT_EQ(ParseContactDate("--0229"), day(std::nullopt, 2, 29));
  EXPECT_EQ(ParseContactDate("2000-02-29"), day(2000, 2, 29));
  for (const char* bad :
       {"", "1985", "1985-04", "---12", "--04", "1900-02-29", "1985-13-01", "1985-04-31",
        "circa 1800", "1985-04-123", "0000-01-01", "T102200", "-", "--", "85-04-12"}) {
    EXPECT_EQ(ParseContactDate(bad), std::nullopt) << bad;
  }
}

TEST(VCard, KnowsBirthdaysWithoutAYear) {
  EXPECT_EQ(ContactFrom("FN:A\r\nBDAY;X-APPLE-OMIT-YEAR=1604:1604-02-03\r\n").birthday,
            (ContactDate{std::nullopt, 2, 3}));
  EXPECT_EQ(ContactFrom("FN:A\r\nBDAY:--0203\r\n", "4.0").birthday,
            (ContactDate{std::nullopt, 2, 3}));
  const Contact vague = ContactFrom("FN:A\r\nBDAY;VALUE=text:circa 1800\r\n", "4.0");
  EXPECT_FALSE(vague.birthday.has_value());
  EXPECT_THAT(vague.unmodelled, ElementsAre("BDAY;VALUE=text:circa 1800"));
}

TEST(VCard, ReadsWhatAddressBooksAdd) {
  const Contact c = ContactFrom(
      "FN:A\r\nitem1.X-ABDATE:1975-03-01\r\nitem1.X-ABLabel:_$!<Anniversary>!$_\r\n"
      "item2.X-ABRELATEDNAMES:Jenny\r\nitem2.X-ABLabel:_$!<Spouse>!$_\r\n"
      "X-EVOLUTION-MANAGER:Big Blue\r\nX-JABBER:a@chat.example\r\n"
      "item3.X-ABDATE:2001-01-01\r\nitem3.X-ABLabel:First deal\r\n");
  EXPECT_EQ(c.anniversary, (ContactDate{1975, 3, 1}));
  ASSERT_THAT(c.related, SizeIs(2));
  EXPECT_EQ(c.related[0].type, "spouse");
  EXPECT_EQ(c.related[1].type, "manager");
  EXPECT_EQ(c.messengers.at(0).value, "xmpp:a@chat.example");
  EXPECT_THAT(c.unmodelled, ElementsAre("item3.X-ABDATE:2001-01-01", "item3.X-ABLabel:First deal"));
}

TEST(VCard, KeepsWhatItDoesNotModelVerbatim) {
  const Contact c = ContactFrom(
      "FN:A\r\nitem1.X-ONE;A=b;C=\"d,e\":va\\,l\r\n ue\r\nGENDER:F\r\nFN:Another\r\n"
      "X-Q;ENCODING=QUOTED-PRINTABLE:=C3=\r\n=A9\r\nX-L;CHARSET=ISO-8859-1:\xE9\r\nORG:One\r\n"
      "ORG:Two\r\nEMAIL:nobody\r\n");
  EXPECT_THAT(c.unmodelled, ElementsAre("item1.X-ONE;A=b;C=\"d,e\":va\\,lue", "GENDER:F",
                                        "FN:Another", "X-Q;ENCODING=QUOTED-PRINTABLE:=C3=A9",
                                        "X-L;CHARSET=UTF-8:é", "ORG:Two", "EMAIL:nobody"));
}

TEST(VCard, ReadsPictures) {
  const Contact a = ContactFrom("FN:A\r\nPHOTO;ENCODING=b;TYPE=JPEG:/9j/\r\n 4AA=\r\n");
  ASSERT_TRUE(a.photo.has_value());
  EXPECT_EQ(a.photo->bytes, "\xFF\xD8\xFF\xE0" + std::string(1, '\0'));
  EXPECT_EQ(a.photo->media_type, "image/jpeg");
  const Contact b = ContactFrom("FN:B\r\nPHOTO:https://example.com/a.png\r\n", "4.0");
  EXPECT_EQ(b.photo->uri, "https://example.com/a.png");
  const Contact c =
      ContactFrom("FN:C\r\nPHOTO;JPEG;BASE64:\r\n/9j/4AAQ\r\nSkZJRg==\r\n\r\nTEL:1\r\n", "2.1");
  EXPECT_EQ(c.photo->bytes.size(), 10U);
  EXPECT_THAT(c.phones, SizeIs(1));
}

TEST(VCard, GoesOnAfterABrokenPicture) {
  const Read read = ReadAll("BEGIN:VCARD\nFN:A\nPHOTO;ENCODING=b:!!!\nTEL:1\nEND:VCARD\n");
  ASSERT_THAT(read.cards, SizeIs(1));
  EXPECT_THAT(read.cards[0].contact.phones, SizeIs(1));
  ASSERT_THAT(read.cards[0].warnings, SizeIs(1));
  EXPECT_EQ(read.cards[0].warnings[0], (ImportProblem{"people.vcf", 3, "broken base64 in PHOTO"}));
}

TEST(VCard, ReadsNestedAgents) {
  const Read read = ReadAll(
      "BEGIN:VCARD\nVERSION:2.1\nFN:Boss\nAGENT:\nBEGIN:VCARD\nFN:Helper\nTEL:1\nEND:VCARD\n"
      "TEL:2\nEND:VCARD\n"
      "BEGIN:VCARD\nVERSION:3.0\nFN:Boss 2\nAGENT:BEGIN:VCARD\\nFN:Helper 2\\nTEL:1\\nEND:VCARD\\n"
      "\nEND:VCARD\n");
  EXPECT_THAT(read.problems, IsEmpty());
  ASSERT_THAT(read.cards, SizeIs(2));
  EXPECT_EQ(read.cards[0].contact.formatted_name, "Boss");
  ASSERT_THAT(read.cards[0].contact.phones, SizeIs(1));
  EXPECT_EQ(read.cards[0].contact.phones[0].number, "2");
  EXPECT_EQ(read.cards[0].agents.at(0).contact.formatted_name, "Helper");
  EXPECT_THAT(read.cards[0].contact.unmodelled,
              ElementsAre("AGENT:BEGIN:VCARD\\nFN:Helper\\nTEL:1\\nEND:VCARD"));
  EXPECT_EQ(read.cards[1].agents.at(0).contact.formatted_name, "Helper 2");
}

TEST(VCard, StopsAtAgentsWithoutEnd) {
  std::string deep = "BEGIN:VCARD\nFN:A\n";
  for (int i = 0; i < 50; ++i) deep += "AGENT:\nBEGIN:VCARD\nFN:B\n";
  for (int i = 0; i < 50; ++i) deep += "END:VCARD\n";
  const Read read = ReadAll(deep + "END:VCARD\nBEGIN:VCARD\nFN:Next\nEND:VCARD\n");
  ASSERT_THAT(read.problems, SizeIs(1));
  EXPECT_EQ(read.problems[0].reason, "AGENT cards nested too deep");
  ASSERT_THAT(read.cards, SizeIs(1));
  EXPECT_EQ(read.cards[0].contact.formatted_name, "Next");
}

TEST(VCard, ReportsWhatItCannotReadAndGoesOn) {
  const Read read = ReadAll(
      "BEGIN:VCARD\nEND:VCARD\n"                   // 1
      "BEGIN:VCARD\nNOTE:x\nEND:VCARD\n"           // 3
      "hello\nworld\n"                             // 6
      "BEGIN:VCARD\nFN:No end\n"                   // 8
      "BEGIN:VCARD\nFN:Good\nEND:VCARD\n"          // 10
      "BEGIN:VCARD\nTEL:1\nEND:VCARD\n"            // 13: a contact point without a name is fine
      "BEGIN:VCARD\nFN;ENCODING=b:?\nEND:VCARD\n"  // 16
      "BEGIN:VCARD\nFN:Cut");                      // 19
  ASSERT_THAT(read.cards, SizeIs(2));
  EXPECT_EQ(read.cards[0].contact.formatted_name, "Good");
  EXPECT_EQ(read.cards[1].line, 13);
  EXPECT_THAT(read.problems,
              ElementsAre(ImportProblem{"people.vcf", 1, "no name and no contact point"},
                          ImportProblem{"people.vcf", 3, "no name and no contact point"},
                          ImportProblem{"people.vcf", 6, "text outside a card"},
                          ImportProblem{"people.vcf", 8, "card without END:VCARD"},
                          ImportProblem{"people.vcf", 16, "broken base64 in FN"},
                          ImportProblem{"people.vcf", 19, "card without END:VCARD"}));
  EXPECT_THAT(ReadAll("").problems, IsEmpty());
  EXPECT_EQ(ReadAll("<html>").problems.at(0).reason, "no vCard in this file");
}

TEST(VCard, JoinsTextWhoseLineBreaksWereNotEscaped) {
  const Read read = ReadAll("BEGIN:VCARD\nFN:A\nNOTE:one\ntwo words\nTEL:1\nEND:VCARD\n");
  ASSERT_THAT(read.cards, SizeIs(1));
  EXPECT_EQ(read.cards[0].contact.note, "one\ntwo words");
  EXPECT_THAT(read.cards[0].warnings, SizeIs(1));
}

TEST(VCard, KeepsMemoryBounded) {
  const VCardOptions small{.file = "x", .max_card_bytes = 1000, .max_properties = 20};
  const std::string big(5000, 'A');
  const std::string next = "BEGIN:VCARD\nFN:Next\nEND:VCARD\n";
  const Read photo =
      ReadAll("BEGIN:VCARD\nFN:A\nPHOTO;ENCODING=b:" + big + "\nTEL:1\nEND:VCARD\n" + next, small);
  ASSERT_THAT(photo.cards, SizeIs(2));
  EXPECT_THAT(photo.cards[0].contact.phones, SizeIs(1));
  EXPECT_FALSE(photo.cards[0].contact.photo.has_value());
  EXPECT_THAT(photo.cards[0].warnings.at(0).reason, HasSubstr("PHOTO left out"));
  std::string folded = "BEGIN:VCARD\nFN:A\nPHOTO;ENCODING=b:\n";
  for (int i = 0; i < 100; ++i) folded += " " + std::string(60, 'A') + "\n";
  EXPECT_THAT(ReadAll(folded + "TEL:1\nEND:VCARD\n", small).cards.at(0).contact.phones, SizeIs(1));

  const Read text = ReadAll("BEGIN:VCARD\nFN:" + big + "\nEND:VCARD\n" + next, small);
  EXPECT_THAT(text.cards, SizeIs(1));
  EXPECT_EQ(text.problems.at(0).reason, "card larger than 1000 bytes");

  std::string many = "BEGIN:VCARD\n";
  for (int i = 0; i < 30; ++i) many += "TEL:1\n";
  const Read properties = ReadAll(many + "END:VCARD\n" + next, small);
  EXPECT_THAT(properties.cards, SizeIs(1));
  EXPECT_EQ(properties.problems.at(0).reason, "card with more than 20 properties");
}

TEST(VCard, SplitsAtMostAThousandPieces) {
  EXPECT_LE(SplitEscaped(std::string(100'000, ','), ',').size(), 1024U);
  EXPECT_THAT(SplitEscaped("a;b\\;c;", ';'), ElementsAre("a", "b\\;c", ""));
  EXPECT_THAT(SplitEscaped("\\", ';'), ElementsAre("\\"));
  EXPECT_EQ(Unescape("a\\"), "a\\");
}

}  // namespace
}  // namespace rapport::importer
