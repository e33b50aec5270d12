#include "common/text/locale.h"

#include <gtest/gtest.h>

#include <string>

#include "common/testing/matchers.h"

namespace rapport::text {
namespace {

TEST(LanguageTag, IsBroughtToItsCanonicalForm) {
  EXPECT_EQ(*CanonicalLanguageTag("pt-br"), "pt-BR");
  EXPECT_EQ(*CanonicalLanguageTag("EN"), "en");
  EXPECT_EQ(*CanonicalLanguageTag("zh-hant-tw"), "zh-Hant-TW");
  EXPECT_EQ(*CanonicalLanguageTag("de-1996"), "de-1996");
}

TEST(LanguageTag, MustBeWellFormed) {
  for (const char* good : {"en", "sr-Latn-RS", "es-419", "en-x-house"}) {
    EXPECT_TRUE(IsWellFormedLanguageTag(good)) << good;
  }
  for (const char* bad : {"", "e", "en_US", "en-", "-en", "english language", "en--US", "1a",
                          "en-a", "toolonglanguage", "en-US-US-US"}) {
    EXPECT_FALSE(IsWellFormedLanguageTag(bad)) << bad;
  }
  EXPECT_FALSE(IsWellFormedLanguageTag("en-x-" + std::string(100, 'a')));
}

TEST(IanaZone, LoadsTheNamesOfTheData) {
  for (const char* good :
       {"UTC", "Europe/Lisbon", "America/Argentina/Buenos_Aires", "Etc/GMT+5", "Asia/Kolkata"}) {
    EXPECT_TRUE(IsIanaZone(good)) << good;
  }
  ASSERT_OK_AND_ASSIGN(const absl::TimeZone lisbon, LoadIanaZone("Europe/Lisbon"));
  EXPECT_EQ(lisbon.At(absl::FromUnixSeconds(1751328000)).offset, 3600);
}

TEST(IanaZone, RefusesPathsAndEverythingElse) {
  for (const char* bad :
       {"", "localtime", "/etc/localtime", "../../../etc/passwd", "Europe/../Europe/Lisbon",
        "Europe", "Europe/", "Mars/Olympus", "europe/lisbon", "file:/etc/localtime", "GMT+1 ",
        "Fixed/UTC+01:00:00", "posixrules", "right/Europe/Lisbon", "tzdata.zi"}) {
    EXPECT_FALSE(IsIanaZone(bad)) << bad;
  }
}

}  // namespace
}  // namespace rapport::text
