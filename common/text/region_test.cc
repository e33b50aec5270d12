#include "common/text/region.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

namespace rapport::text {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

// Proves: C18
TEST(RegionsOfPhone, IsOneWhereThePlanTells) {
  EXPECT_THAT(RegionsOfPhone("+351213456789"), ElementsAre("PT"));
  EXPECT_THAT(RegionsOfPhone("+442079460000"), ElementsAre("GB"));
  EXPECT_THAT(RegionsOfPhone("+16135550123"), ElementsAre("CA"));
}

// Proves: C18
TEST(RegionsOfPhone, AreAllThatShareTheCodeWhereThePlanDoesNotTell) {
  const auto regions = RegionsOfPhone("+10005550123");  // a code of no area
  EXPECT_THAT(regions, AllOf(Contains("US"), Contains("CA"), Not(Contains("001"))));
}

TEST(RegionsOfPhone, AreNoneForNumbersOfNoCountry) {
  EXPECT_THAT(RegionsOfPhone("+80012345678"), IsEmpty());
  EXPECT_THAT(RegionsOfPhone("213456789"), IsEmpty());
  EXPECT_THAT(RegionsOfPhone(""), IsEmpty());
  EXPECT_THAT(RegionsOfPhone("\xff"), IsEmpty());
}

// Proves: C18
TEST(RegionOfAddress, IsTheNameThatStandsLast) {
  for (const auto& [address, region] : {std::pair("Rua 14, 1100 Lisboa, Portugal", "PT"),
                                        std::pair("Rua 14\n1100 Lisboa\nPORTUGAL\n", "PT"),
                                        std::pair("Hauptstr. 1; 10115 Berlin; Deutschland.", "DE"),
                                        std::pair("1 Main St, Reno, NV, USA", "US"),
                                        std::pair("Bahnhofstrasse 1, 8001 Zürich, Schweiz", "CH"),
                                        std::pair("Rue 1, 1200 Genève, Suisse", "CH"),
                                        std::pair("千代田区1-1、東京, 日本", "JP")}) {
    EXPECT_EQ(RegionOfAddress(address), region) << address;
  }
}

TEST(RegionOfAddress, IsNotGuessed) {
  for (const char* address : {"", " , ;\n", "Rua 14, Lisboa", "1 Main St, San Francisco, CA",
                              "Portugal Street 4, London", "\xff\xfe", "12345"}) {
    EXPECT_EQ(RegionOfAddress(address), "") << address;
  }
}

}  // namespace
}  // namespace rapport::text
