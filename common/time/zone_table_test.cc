#include "common/time/zone_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "absl/time/time.h"
#include "common/testing/matchers.h"

namespace rapport::time {
namespace {

using ::rapport::testing::StatusIs;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string Folder(const std::string& name) {
  const std::string folder = ::testing::TempDir() + "/zones_" + name;
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  return folder;
}

// Proves: C18
TEST(ZoneTable, KnowsTheZonesOfEveryRegionOfTheMachinesDatabase) {
  ASSERT_OK_AND_ASSIGN(const ZoneTable table, ZoneTable::Load());
  EXPECT_THAT(table.OfRegion("PT"),
              ElementsAre("Europe/Lisbon", "Atlantic/Madeira", "Atlantic/Azores"));
  EXPECT_THAT(table.OfRegion("JP"), ElementsAre("Asia/Tokyo"));
  EXPECT_THAT(table.OfRegion("ZZ"), IsEmpty());
  EXPECT_THAT(table.OfRegion(""), IsEmpty());
  EXPECT_GT(table.all().size(), 300u);
  EXPECT_THAT(table.all(), Contains("Pacific/Apia"));
  for (const auto& name : table.all()) {
    absl::TimeZone zone;
    EXPECT_TRUE(absl::LoadTimeZone(name, &zone)) << name;
  }
  EXPECT_THAT(table.version(), ::testing::MatchesRegex("20[0-9][0-9][a-z]+"));
}

TEST(ZoneTable, ReadsTheTableThatListsSeveralRegionsInALine) {
  const std::string folder = Folder("1970");
  std::ofstream(folder + "/zone1970.tab")
      << "# comment\nAE,OM\t+2518+05518\tAsia/Dubai\tCrozet\n\nbroken line\n";
  std::ofstream(folder + "/+VERSION") << "2030b\n";
  ASSERT_OK_AND_ASSIGN(const ZoneTable table, ZoneTable::Load(folder));
  EXPECT_THAT(table.OfRegion("OM"), ElementsAre("Asia/Dubai"));
  EXPECT_THAT(table.all(), ElementsAre("Asia/Dubai"));
  EXPECT_EQ(table.version(), "2030b");
}

TEST(ZoneTable, AMissingDatabaseIsAnErrorThatAnOperatorUnderstands) {
  EXPECT_THAT(ZoneTable::Load(Folder("none")),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("tzdata")));
}

}  // namespace
}  // namespace rapport::time
