#include "tools/rapportctl/words.h"

#include <gmock/gmock.h>

namespace rapport::rapportctl {
namespace {

using ::testing::ElementsAre;

TEST(Words, SpellsSmallNumbersAndGroupsLargeOnes) {
  EXPECT_EQ(NumberWord(0), "no");
  EXPECT_EQ(NumberWord(6), "six");
  EXPECT_EQ(NumberWord(13), "13");
  EXPECT_EQ(Grouped(999), "999");
  EXPECT_EQ(Grouped(1912), "1 912");
  EXPECT_EQ(Grouped(-1234567), "-1 234 567");
  EXPECT_EQ(Count(1, "person", "people"), "1 person");
  EXPECT_EQ(CountInWords(6, "person", "people"), "six people");
}

TEST(Words, SpeaksWithTheFirstNameAndNotWithATitle) {
  EXPECT_EQ(FirstName("Mara Lindqvist"), "Mara");
  EXPECT_EQ(FirstName("Dr. Ulrike Hoffmann"), "Ulrike");
  EXPECT_EQ(FirstName("You"), "You");
}

TEST(Words, MeasuresColumnsAsATerminalDoes) {
  EXPECT_EQ(DisplayWidth("Zieliński"), 9u);
  EXPECT_EQ(DisplayWidth("王丽华"), 6u);
  EXPECT_EQ(DisplayWidth("e\xcc\x81"), 1u);  // e with a combining accent
  EXPECT_EQ(DisplayWidth("สมชาย"), 5u);
  EXPECT_EQ(Pad("王丽华", 8), "王丽华  ");
}

TEST(Words, CutsOnTheBorderOfACharacter) {
  EXPECT_EQ(Clip("Zieliński", 9), "Zieliński");
  EXPECT_EQ(Clip("Zieliński", 8), "Zielińs…");
  EXPECT_EQ(Clip("王丽华", 5), "王丽…");
}

TEST(Words, PrintsNoControlCharacters) {
  EXPECT_EQ(Plain("a\x1b[31mb\r\nc\xc2\x9b"
                  "d"),
            "a [31mb  c d");
  EXPECT_EQ(Plain("  spaced\t"), "spaced");
  EXPECT_EQ(Plain("broken \xff byte"), "broken \xEF\xBF\xBD byte");
}

TEST(Words, WrapsAtSpacesAndKeepsLongWordsWhole) {
  EXPECT_THAT(Wrap("one two three", 7), ElementsAre("one two", "three"));
  EXPECT_THAT(Wrap("unbreakable", 4), ElementsAre("unbreakable"));
  EXPECT_THAT(Wrap("", 4), ElementsAre(""));
}

TEST(Words, HangsLaterLinesUnderTheText) {
  EXPECT_EQ(Hanging("We owe  ", "ask support about the export bug", 30),
            "We owe  ask support about the\n        export bug\n");
  EXPECT_EQ(Hanging("We owe  ", "ask support about the export bug", 0),
            "We owe  ask support about the export bug\n");
}

}  // namespace
}  // namespace rapport::rapportctl
