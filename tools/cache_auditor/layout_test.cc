// The layout as it was read from the page, held against the code that the services use.
#include "tools/cache_auditor/layout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/id.h"
#include "common/cache/entry.h"

namespace rapport::auditor {
namespace {

std::string TheirKey(const CachedRow& row, std::uint64_t epoch) {
  return cache::EncodeKey(3, epoch, {row.kind, base::TenantId::Trusted(row.tenant), row.id});
}

TEST(Layout, NamesTheRowsThatAreCached) {
  const auto person = RowOf("contact", "rapport.contact.v1.Person", "tenants/home/people/ana");
  ASSERT_TRUE(person.has_value());
  EXPECT_EQ(person->kind, "pe");
  EXPECT_EQ(person->tenant, "home");
  EXPECT_EQ(person->id, std::string("t\0\0\0\0\0\0\0\0t\3\0\0\0\0\0\0\0ana", 21));
  const auto statistics = RowOf("engagement", "rapport.engagement.v1.RelationshipStatistics",
                                "tenants/home/relationships/r1/statistics");
  ASSERT_TRUE(statistics.has_value());
  EXPECT_EQ(statistics->kind, "st");
  EXPECT_EQ(statistics->id, std::string("t\0\0\0\0\0\0\0\0t\2\0\0\0\0\0\0\0r1", 20));
  const auto settings = RowOf("engagement", "rapport.contact.v1.Settings", "tenants/home/settings");
  ASSERT_TRUE(settings.has_value());
  EXPECT_EQ(settings->kind, "se");
  EXPECT_EQ(settings->id, std::string("t\0\0\0\0\0\0\0\0t\1\0\0\0\0\0\0\0-", 19));
  EXPECT_FALSE(RowOf("contact", "rapport.contact.v1.Settings", "tenants/home/settings"));
  EXPECT_FALSE(RowOf("contact", "rapport.contact.v1.Person", ""));
}

TEST(Layout, MakesTheKeysOfTheServices) {
  for (const char* tenant : {"h", "home", "a-b-c", "abcdefghi"}) {
    for (const std::size_t size : {0, 1, 40, 512, 513, 2000}) {
      const CachedRow row{"re", tenant, std::string(size, '\x07')};
      EXPECT_EQ(KeyOf(3, "00000000000000ab", row), TheirKey(row, 0xab)) << tenant << size;
    }
  }
}

TEST(Layout, ReadsTheHeadersOfTheServices) {
  cache::EntryState state;
  state.min_version = 12;
  state.lease = {77, 1000};
  state.intents = {{1, 10}, {2, 20}};
  auto header = ReadHeader(cache::EncodeHeader(state));
  ASSERT_TRUE(header.has_value());
  EXPECT_EQ(header->kind, 'B');
  EXPECT_EQ(header->lowest_version, 12u);
  EXPECT_EQ(header->lease, 77u);
  EXPECT_EQ(header->marks, 2u);
  state = {cache::EntryKind::kValue, (std::uint64_t{1} << 53) - 1};
  header = ReadHeader(cache::EncodeHeader(state) + "tail");
  ASSERT_TRUE(header.has_value());
  EXPECT_EQ(header->kind, 'V');
  EXPECT_EQ(header->version, (std::uint64_t{1} << 53) - 1);
  EXPECT_FALSE(ReadHeader("R1V"));
  EXPECT_FALSE(ReadHeader(std::string(36, 'R')));
}

}  // namespace
}  // namespace rapport::auditor
