#include "tools/import/jcard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace rapport::importer {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

struct Read {
  std::vector<VCard> cards;
  std::vector<ImportProblem> problems;
};

Read ReadAll(const std::string& text, size_t max_bytes = 8 << 20) {
  std::istringstream in(text);
  JCardReader reader(&in, {.file = "a.json", .max_value_bytes = max_bytes});
  Read read;
  while (auto next = reader.Next()) {
    if (auto* card = std::get_if<VCard>(&*next)) {
      read.cards.push_back(*std::move(card));
    } else {
      read.problems.push_back(std::get<ImportProblem>(*next));
    }
  }
  return read;
}

// The example of RFC 7095, shortened.
constexpr char kSimon[] = R"(["vcard", [
  ["version", {}, "text", "4.0"],
  ["fn", {}, "text", "Simon Perreault"],
  ["n", {}, "text", ["Perreault", "Simon", "", "", ["ing. jr", "M.Sc."]]],
  ["bday", {}, "date-and-or-time", "--02-03"],
  ["anniversary", {}, "date-and-or-time", "2009-08-08T14:30:00-05:00"],
  ["lang", {"pref": "1"}, "language-tag", "fr"],
  ["org", {"type": "work"}, "text", ["Viagenie", "Research"]],
  ["adr", {"type": "work"}, "text",
   ["", "Suite D2-630", "2875 Laurier", "Quebec", "QC", "G1V 2M2", "Canada"]],
  ["tel", {"type": ["work", "voice"], "pref": "1"}, "uri", "tel:+1-418-656-9254;ext=102"],
  ["email", {"type": "work"}, "text", "simon.perreault@viagenie.ca"],
  ["nickname", {}, "text", "Si", "S, P"],
  ["note", {}, "text", "two;\nlines, here"],
  ["geo", {"type": "work"}, "uri", "geo:46.772673,-71.282945"],
  ["x-tea", {"x-p": "a;\"b\""}, "unknown", "raw\\,;value"],
  ["x-lucky", {}, "integer", 7],
  ["tz", {}, "utc-offset", "-05:00"],
  ["url", {"group": "item1"}, "uri", "http://nomis80.org"]
]])";

// Proves: C22
TEST(JCard, ReadsTheCardOfTheStandard) {
  const Read read = ReadAll(kSimon);
  ASSERT_THAT(read.cards, SizeIs(1));
  EXPECT_THAT(read.problems, IsEmpty());
  const Contact& c = read.cards[0].contact;
  EXPECT_EQ(c.formatted_name, "Simon Perreault");
  EXPECT_EQ(c.suffix, "ing. jr M.Sc.");
  EXPECT_EQ(c.birthday, (ContactDate{std::nullopt, 2, 3}));
  EXPECT_EQ(c.anniversary, (ContactDate{2009, 8, 8}));
  EXPECT_THAT(c.languages, ElementsAre("fr"));
  EXPECT_EQ(c.organisation, "Viagenie");
  EXPECT_THAT(c.units, ElementsAre("Research"));
  ASSERT_THAT(c.addresses, SizeIs(1));
  EXPECT_EQ(c.addresses[0].postal_code, "G1V 2M2");
  ASSERT_THAT(c.phones, SizeIs(1));
  EXPECT_EQ(c.phones[0].number, "+1-418-656-9254");
  EXPECT_EQ(c.phones[0].extension, "102");
  EXPECT_THAT(c.phones[0].types, ElementsAre("work", "voice"));
  EXPECT_EQ(c.phones[0].preference, 1);
  EXPECT_THAT(c.nicknames, ElementsAre("Si", "S, P"));
  EXPECT_EQ(c.note, "two;\nlines, here");
  EXPECT_THAT(c.unmodelled,
              ElementsAre("GEO;TYPE=work:geo:46.772673,-71.282945",
                          "X-TEA;X-P=\"a;^'b^'\":raw\\,;value", "X-LUCKY;VALUE=integer:7"));
}

// Proves: C22
TEST(JCard, WritesWhatItReads) {
  const Json simon = Json::parse(kSimon);
  std::vector<std::string> lines;
  for (const Json& property : simon[1]) {
    const auto line = LineOfJCard(property);
    ASSERT_TRUE(line.has_value()) << property;
    if (property[0] != "version") lines.push_back(*line);
  }
  const Json back = JCardOf(lines);
  ASSERT_EQ(back[1].size(), simon[1].size());
  for (size_t i = 0; i < simon[1].size(); ++i) {
    // Parameters have an order of their own.
    EXPECT_EQ(nlohmann::json(back[1][i]), nlohmann::json(simon[1][i]));
  }
}

TEST(JCard, ReadsOneAfterTheOtherAndAnArray) {
  const std::string one = R"(["vcard",[["fn",{},"text","A"]]])";
  const std::string two = R"(["vcard",[["fn",{},"text","B"]]])";
  for (const std::string& text : {one + "\n" + two + "\n", "[" + one + ",\n" + two + "]",
                                  "[\n\n" + one + "," + two + "]\n"}) {
    const Read read = ReadAll(text);
    ASSERT_THAT(read.cards, SizeIs(2)) << text;
    EXPECT_EQ(read.cards[1].contact.formatted_name, "B");
  }
  EXPECT_THAT(ReadAll("[]").cards, IsEmpty());
  EXPECT_THAT(ReadAll("").problems, IsEmpty());
}

TEST(JCard, SaysWhatCannotBeReadAndGoesOn) {
  const Read read = ReadAll(
      "[[\"vcard\",[[\"fn\",{},\"text\",\"A\"],[\"bad name\",{},\"text\",\"x\"],7]],\n"
      "[\"vcalendar\",[]],\n[\"vcard\",[[\"note\",{},\"text\",\"x\"]]],\n"
      "[\"vcard\",[[\"fn\",{},\"text\",\"Long long name\"]]],\n[1,2,\n");
  ASSERT_THAT(read.cards, SizeIs(2));
  EXPECT_THAT(read.cards[0].warnings, SizeIs(2));
  EXPECT_THAT(read.problems, ElementsAre(ImportProblem{"a.json", 2, "not a jCard"},
                                         ImportProblem{"a.json", 3, "no name and no contact point"},
                                         ImportProblem{"a.json", 5, "value without end"}));
  EXPECT_THAT(ReadAll(R"(["vcard",[["fn",{},"text","Ana"]]])", 20).problems,
              ElementsAre(ImportProblem{"a.json", 1, "value larger than 20 bytes"}));
  EXPECT_THAT(ReadAll(std::string(200, '[') + std::string(200, ']')).problems,
              ElementsAre(ImportProblem{"a.json", 1, "nested too deep"}));
}

TEST(JCard, LetsNoValueBeginAnotherLine) {
  const auto line = LineOfJCard(
      Json::array({"x-a", Json::object({{"p", "b\nEND:VCARD"}}), "unknown", "c\r\nEND:VCARD"}));
  ASSERT_TRUE(line.has_value());
  EXPECT_EQ(line->find('\n'), std::string::npos);
}

}  // namespace
}  // namespace rapport::importer
