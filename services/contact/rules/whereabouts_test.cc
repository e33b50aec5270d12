#include "services/contact/rules/whereabouts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/testing/matchers.h"

namespace rapport::contact::rules {
namespace {

using Source = Whereabouts::Source;
using ::testing::ElementsAre;

const time::ZoneTable& Table() {
  static const auto* const table = new time::ZoneTable(*time::ZoneTable::Load());
  return *table;
}

// Proves: C18
TEST(Whereabouts, WhatThePersonSaidComesBeforeTheCardTheAddressAndThePhone) {
  v1::Preference preference;
  v1::Person person;
  v1::Settings settings;
  std::vector<std::string> addresses;
  std::vector<std::string> phones;
  const auto found = [&] {
    return WhereaboutsOf(preference, person, addresses, phones, settings, Table());
  };
  EXPECT_EQ(found().source, Source::kUnknown);
  EXPECT_THAT(found().names, ElementsAre("UTC"));
  settings.set_working_zone("Europe/Berlin");
  EXPECT_THAT(found().names, ElementsAre("Europe/Berlin"));
  settings.set_default_region("ES");
  EXPECT_EQ(found().source, Source::kUnknown);
  EXPECT_THAT(found().names, ElementsAre("Africa/Ceuta", "Atlantic/Canary", "Europe/Madrid"));
  phones = {"PT", "FR"};
  EXPECT_EQ(found().source, Source::kPhone);
  EXPECT_THAT(found().names,
              ElementsAre("Atlantic/Azores", "Atlantic/Madeira", "Europe/Lisbon", "Europe/Paris"));
  EXPECT_EQ(found().zones.size(), 4u);
  addresses = {"", "JP"};
  EXPECT_EQ(found().source, Source::kAddress);
  EXPECT_THAT(found().names, ElementsAre("Asia/Tokyo"));
  person.set_time_zone("Europe/Rome");
  EXPECT_EQ(found().source, Source::kCard);
  EXPECT_THAT(found().names, ElementsAre("Europe/Rome"));
  preference.set_time_zone("Asia/Seoul");
  EXPECT_EQ(found().source, Source::kPreference);
  EXPECT_EQ(found().zones.front().name(), "Asia/Seoul");
}

// Proves: C18
TEST(Whereabouts, WhatTheDatabaseDoesNotKnowIsPassedOver) {
  v1::Person person;
  person.set_time_zone("Mars/Olympus");
  const std::vector<std::string> nowhere = {"ZZ", ""};
  const std::vector<std::string> japan = {"JP"};
  const auto found = WhereaboutsOf({}, person, nowhere, japan, {}, Table());
  EXPECT_EQ(found.source, Source::kPhone);
  EXPECT_TRUE(found.known());
  EXPECT_STREQ(NameOf(found.source), "phone");
  EXPECT_FALSE(WhereaboutsOf({}, person, nowhere, nowhere, {}, Table()).known());
}

}  // namespace
}  // namespace rapport::contact::rules
