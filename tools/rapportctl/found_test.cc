#include "tools/rapportctl/found.h"

#include "common/testing/matchers.h"

namespace rapport::rapportctl {
namespace {

using ::rapport::testing::StatusIs;

absl::StatusOr<std::size_t> Find(const char* typed) {
  return FindByWords({{"tenants/home/needs/a", "Ein Tag für neue Kunden"},
                      {"tenants/home/needs/b", "no more re-keying"},
                      {"tenants/home/needs/c", "no more re-keying at night"}},
                     typed, "need", " of Ana Lopes");
}

TEST(FindByWords, TakesTheNameTheWholeTextOrAPartOfIt) {
  ASSERT_OK_AND_ASSIGN(std::size_t at, Find("tenants/home/needs/c"));
  EXPECT_EQ(at, 2u);
  ASSERT_OK_AND_ASSIGN(at, Find("No More Re-Keying"));
  EXPECT_EQ(at, 1u);
  ASSERT_OK_AND_ASSIGN(at, Find("night"));
  EXPECT_EQ(at, 2u);
  ASSERT_OK_AND_ASSIGN(at, Find("fur neue"));
  EXPECT_EQ(at, 0u);
}

TEST(FindByWords, SaysThatNothingFitsOrWhatDoes) {
  EXPECT_THAT(Find("parking"),
              StatusIs(absl::StatusCode::kNotFound, "no need of Ana Lopes says \"parking\""));
  EXPECT_THAT(Find("keying"),
              StatusIs(absl::StatusCode::kNotFound,
                       "two needs say that: no more re-keying; no more re-keying at night"));
  EXPECT_THAT(Find(""), StatusIs(absl::StatusCode::kNotFound));
}

}  // namespace
}  // namespace rapport::rapportctl
