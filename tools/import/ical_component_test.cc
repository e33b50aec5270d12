#include "tools/import/ical_component.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace rapport::importer {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

struct Read {
  std::vector<IcalComponent> components;
  std::vector<ImportProblem> problems;

  std::vector<std::string> Names() const {
    std::vector<std::string> out;
    for (const IcalComponent& component : components) out.push_back(component.name);
    return out;
  }
};

Read ReadAll(const std::string& text, IcalOptions options = {.file = "x.ics"}) {
  std::istringstream in(text);
  IcalReader reader(&in, std::move(options));
  Read out;
  while (auto item = reader.Next()) {
    if (std::holds_alternative<IcalComponent>(*item)) {
      out.components.push_back(std::get<IcalComponent>(*std::move(item)));
    } else {
      out.problems.push_back(std::get<ImportProblem>(*std::move(item)));
    }
  }
  return out;
}

std::vector<std::string> Reasons(const std::vector<ImportProblem>& problems) {
  std::vector<std::string> out;
  for (const ImportProblem& problem : problems) {
    out.push_back(std::to_string(problem.line) + " " + problem.reason);
  }
  return out;
}

TEST(IcalReader, GivesTheEntriesOfACalendarAndThenTheCalendar) {
  const Read read = ReadAll(
      "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1\r\nBEGIN:VALARM\r\nACTION:AUDIO\r\n"
      "END:VALARM\r\nEND:VEVENT\r\nBEGIN:VTIMEZONE\r\nTZID:x\r\nEND:VTIMEZONE\r\nEND:"
      "VCALENDAR\r\n");
  EXPECT_THAT(read.problems, IsEmpty());
  ASSERT_THAT(read.Names(), ElementsAre("VEVENT", "VTIMEZONE", "VCALENDAR"));
  EXPECT_EQ(read.components[0].line, 3);
  EXPECT_THAT(read.components[0].children, SizeIs(1));
  EXPECT_EQ(read.components[2].Find("VERSION")->value, "2.0");
  EXPECT_EQ(read.components[2].Find("METHOD"), nullptr);
}

TEST(IcalReader, UnfoldsLinesAndKnowsQuotesAndCarets) {
  const Read read = ReadAll(
      "BEGIN:VEVENT\nSUMMARY:one \n two\n\n \tthree\nATTENDEE;CN=\"Sousa, Ana; ^'A^' ^^\";\n"
      " PARTSTAT=ACCEPTED:mailto:ana@x.example\nDTSTART;TZID=\"a:b\":20260105T090000\nEND:"
      "VEVENT\n");
  ASSERT_THAT(read.components, SizeIs(1));
  const IcalComponent& event = read.components[0];
  EXPECT_THAT(event.problems, IsEmpty());
  EXPECT_EQ(event.Find("SUMMARY")->value, "one two\tthree");
  EXPECT_EQ(event.Find("ATTENDEE")->Parameter("CN"), "Sousa, Ana; \"A\" ^");
  EXPECT_EQ(event.Find("ATTENDEE")->Parameter("PARTSTAT"), "ACCEPTED");
  EXPECT_EQ(event.Find("ATTENDEE")->value, "mailto:ana@x.example");
  EXPECT_EQ(event.Find("DTSTART")->Parameter("TZID"), "a:b");
}

TEST(IcalReader, UnfoldsInsideACharacter) {
  const Read read = ReadAll("BEGIN:VEVENT\r\nSUMMARY:caf\xC3\r\n \xA9\r\nEND:VEVENT\r\n");
  EXPECT_EQ(read.components.at(0).Find("SUMMARY")->value, "café");
}

TEST(IcalReader, LosesNoNeighbourOfABrokenComponent) {
  const Read read = ReadAll(
      "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nBEGIN:VALARM\nBEGIN:VEVENT\nUID:2\nX\nEND:VEVENT\n"
      "END:VTODO\nBEGIN:VEVENT\nUID:3\nEND:VALARM\nEND:VEVENT\nEND:VCALENDAR\n");
  ASSERT_THAT(read.Names(), ElementsAre("VEVENT", "VEVENT", "VEVENT", "VCALENDAR"));
  EXPECT_THAT(Reasons(read.components[0].problems),
              ElementsAre("4 VALARM without its END", "2 VEVENT without its END"));
  EXPECT_EQ(read.components[1].Find("UID")->value, "2");
  EXPECT_THAT(Reasons(read.components[1].problems), ElementsAre("7 not a property line"));
  EXPECT_THAT(Reasons(read.components[2].problems), ElementsAre("12 END:VALARM without its BEGIN"));
  EXPECT_THAT(Reasons(read.components[3].problems), ElementsAre("9 END:VTODO without its BEGIN"));
}

TEST(IcalReader, GivesWhatTheEndOfTheFileCutsOff) {
  const Read read = ReadAll("BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1");
  ASSERT_THAT(read.Names(), ElementsAre("VEVENT", "VCALENDAR"));
  EXPECT_EQ(read.components[0].Find("UID")->value, "1");
  EXPECT_THAT(Reasons(read.components[1].problems), ElementsAre("1 VCALENDAR without its END"));
}

TEST(IcalReader, ReportsARunOfTextOutsideOnce) {
  const Read read = ReadAll("a\nb\nEND:VEVENT\nBEGIN:VEVENT\nEND:VEVENT\nc\n");
  EXPECT_THAT(Reasons(read.problems),
              ElementsAre("1 text outside a calendar", "3 END:VEVENT without its BEGIN",
                          "6 text outside a calendar"));
  EXPECT_THAT(read.components, SizeIs(1));
}

TEST(IcalReader, LeavesOutWhatIsTooLargeOrTooDeep) {
  std::string text = "BEGIN:VEVENT\nATTACH:" + std::string(300, 'a') +
                     "\nSUMMARY:" + std::string(300, 'b') +
                     "\nUID:1\nBEGIN:A\nBEGIN:B\nBEGIN:C\nX:1\nEND:C\n"
                     "END:B\nEND:A\nURL:u\n";
  for (int i = 0; i < 100; ++i) text += "CATEGORIES:home\n";
  text += "END:VEVENT\nBEGIN:VEVENT\nUID:2\nEND:VEVENT\n";
  const Read read = ReadAll(
      text, {.file = "x.ics", .max_line_bytes = 200, .max_component_bytes = 900, .max_depth = 2});
  ASSERT_THAT(read.Names(), ElementsAre("VEVENT", "VEVENT"));
  EXPECT_THAT(
      Reasons(read.components[0].problems),
      ElementsAre("3 a line that is too long", "6 components too deep in each other: left out",
                  ::testing::EndsWith("too large: the lines from here on are left out")));
  EXPECT_EQ(read.components[0].Find("URL")->value, "u");
  EXPECT_EQ(read.components[1].Find("UID")->value, "2");
}

}  // namespace
}  // namespace rapport::importer
