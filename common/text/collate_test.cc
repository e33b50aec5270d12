#include "common/text/collate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include "common/testing/matchers.h"

namespace rapport::text {
namespace {

TEST(NameCollator, OrdersNamesAsPeopleExpect) {
  ASSERT_OK_AND_ASSIGN(const auto collator, NameCollator::Create());
  std::vector<std::string> names = {"Zoe",   "Álvaro",       "bo",  "Alvaro",    "Émile",
                                    "Alvin", "Bo Andersson", "Ana", "ana lopes", "Ωμέγα"};
  std::sort(names.begin(), names.end(), [&](const std::string& a, const std::string& b) {
    return collator->SortKey(a) < collator->SortKey(b);
  });
  EXPECT_THAT(names, ::testing::ElementsAre("Alvaro", "Álvaro", "Alvin", "Ana", "ana lopes", "bo",
                                            "Bo Andersson", "Émile", "Zoe", "Ωμέγα"));
}

TEST(NameCollator, IgnoresCaseAndFormButNotAccents) {
  ASSERT_OK_AND_ASSIGN(const auto collator, NameCollator::Create());
  EXPECT_EQ(collator->SortKey("ANA"), collator->SortKey("ana"));
  EXPECT_EQ(collator->SortKey("\xC3\xA9"), collator->SortKey("e\xCC\x81"));
  EXPECT_NE(collator->SortKey("Ana"), collator->SortKey("Aná"));
}

TEST(NameCollator, TakesAnyBytesAndAnyLength) {
  ASSERT_OK_AND_ASSIGN(const auto collator, NameCollator::Create());
  EXPECT_EQ(collator->SortKey(""), collator->SortKey(""));
  EXPECT_LT(collator->SortKey(""), collator->SortKey("a"));
  collator->SortKey("\xFF\xFE");
  const std::string key = collator->SortKey(std::string(10000, 'q'));
  EXPECT_GT(key.size(), 5000u);
  EXPECT_EQ(key.find('\0'), std::string::npos);
}

TEST(NameCollator, GivesTheSameKeysToManyThreads) {
  ASSERT_OK_AND_ASSIGN(const auto collator, NameCollator::Create());
  const std::string expected = collator->SortKey("Tomasz Zieliński");
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 500; ++i) EXPECT_EQ(collator->SortKey("Tomasz Zieliński"), expected);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace rapport::text
