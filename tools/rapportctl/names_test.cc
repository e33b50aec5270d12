#include "tools/rapportctl/names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tools/rapportctl/who.h"

namespace rapport::rapportctl {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

contact::v1::Person Named(const char* name, const char* nickname = "") {
  contact::v1::Person person;
  person.set_full_name(name);
  if (*nickname != '\0') person.add_nicknames(nickname);
  return person;
}

std::vector<std::string> Fits(const char* typed) {
  const std::vector<contact::v1::Person> people = {
      Named("Ana Lopes"),           Named("Anastasia Weber"),
      Named("Tomasz Zieliński"),    Named("Søren Kjær"),
      Named("Олена Коваленко"),     Named("王丽华"),
      Named("Anna Berg"),           Named("Anna Bell"),
      Named("Rui Matos", "Speedy"), Named("Jean-Baptiste N'Diaye")};
  std::vector<std::string> names;
  for (const auto* person : BestFits(people, typed)) names.push_back(person->full_name());
  return names;
}

TEST(FitName, PrefersWholeWordsToBeginnings) {
  EXPECT_THAT(Fits("ana"), ElementsAre("Ana Lopes"));
  EXPECT_THAT(Fits("anas"), ElementsAre("Anastasia Weber"));
  EXPECT_THAT(Fits("ANA LOPES"), ElementsAre("Ana Lopes"));
}

TEST(FitName, ForgetsCaseAndAccents) {
  EXPECT_THAT(Fits("tomasz zielinski"), ElementsAre("Tomasz Zieliński"));
  EXPECT_THAT(Fits("soren"), ElementsAre("Søren Kjær"));
  EXPECT_THAT(Fits("kjaer"), ElementsAre("Søren Kjær"));
}

TEST(FitName, FindsOtherScriptsBothWays) {
  EXPECT_THAT(Fits("Олена"), ElementsAre("Олена Коваленко"));
  EXPECT_THAT(Fits("olena"), ElementsAre("Олена Коваленко"));
  EXPECT_THAT(Fits("王"), ElementsAre("王丽华"));
}

TEST(FitName, FindsLastNamesAndNicknames) {
  EXPECT_THAT(Fits("lopes"), ElementsAre("Ana Lopes"));
  EXPECT_THAT(Fits("speedy"), ElementsAre("Rui Matos"));
}

TEST(FitName, ReturnsAllWhoFitEquallyWell) {
  EXPECT_THAT(Fits("anna"), ElementsAre("Anna Berg", "Anna Bell"));
}

TEST(FitName, FindsNobodyForNothingAndForTheMiddleOfAWord) {
  EXPECT_THAT(Fits(""), IsEmpty());
  EXPECT_THAT(Fits("opes"), IsEmpty());
}

}  // namespace
}  // namespace rapport::rapportctl
