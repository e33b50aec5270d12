#include "common/text/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace rapport::text {
namespace {

TEST(Utf8, AcceptsEveryWellFormedLength) {
  EXPECT_TRUE(IsValidUtf8(""));
  EXPECT_TRUE(IsValidUtf8(std::string("a\0b", 3)));
  EXPECT_TRUE(IsValidUtf8("Zieliński Ωμέγα 日本 😀"));
  EXPECT_TRUE(IsValidUtf8("\xF4\x8F\xBF\xBF"));  // U+10FFFF
}

TEST(Utf8, RefusesOverlongSurrogateAndCutSequences) {
  for (const char* bad : {"\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xED\xA0\x80",
                          "\xF0\x80\x80\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\x80",
                          "\xE2\x82", "\xF0\x9F\x98", "\xFF", "a\xC3"}) {
    EXPECT_FALSE(IsValidUtf8(bad)) << bad;
  }
}

TEST(Utf8, CountsCodePointsNotBytes) {
  EXPECT_EQ(CountCodePoints("Zieliński"), 9u);
  EXPECT_EQ(CountCodePoints("😀a"), 2u);
  EXPECT_EQ(CountCodePoints("a\xFF\xFE"), 3u);
}

TEST(Utf8, TruncatesOnTheBorderOfACodePoint) {
  EXPECT_EQ(TruncateCodePoints("Zieliński", 7), "Zielińs");
  EXPECT_EQ(TruncateCodePoints("ab", 9), "ab");
  EXPECT_EQ(TruncateBytes("Zieliński", 6), "Zieli");
  EXPECT_EQ(TruncateBytes("Zieliński", 7), "Zieliń");
  EXPECT_EQ(TruncateBytes("😀", 3), "");
  EXPECT_EQ(TruncateBytes("😀", 4), "😀");
}

TEST(Utf8, ReplacesEachStrayByte) {
  EXPECT_EQ(ReplaceInvalidUtf8("a\xFF"
                               "b"),
            "a\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(ReplaceInvalidUtf8("\xE2\x82"), "\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(ReplaceInvalidUtf8("ñ"), "ñ");
}

}  // namespace
}  // namespace rapport::text
