// Tokens go on where the last page ended, and nowhere else.
#include "common/resource/page_token.h"

#include <limits>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "common/base/errors.h"
#include "common/testing/matchers.h"
#include "rapport/contact/v1/people_service.pb.h"
#include "rapport/contact/v1/steward_service.pb.h"

namespace rapport::resource {
namespace {

using contact::v1::ListPeopleRequest;
using ::rapport::testing::IsOk;
using ::rapport::testing::StatusIs;

const PageTokens& Tokens() {
  static const auto* const tokens = new PageTokens("a secret of this store, 32 bytes!");
  return *tokens;
}

std::vector<store::Value> Key() {
  return {std::string("people/ana"), std::int64_t{42}, std::string()};
}

TEST(PageSize, IsFiftyUnlessSaidAndFiveHundredAtMost) {
  EXPECT_EQ(PageSize(0), 50);
  EXPECT_EQ(PageSize(1), 1);
  EXPECT_EQ(PageSize(500), 500);
  EXPECT_EQ(PageSize(501), 500);
  EXPECT_EQ(PageSize(std::numeric_limits<int>::max()), 500);
}

TEST(PageToken, BringsBackTheKeyThatItWasMadeOf) {
  const std::vector<store::Value> keys[] = {
      {},
      Key(),
      {std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max(),
       std::int64_t{-1}},
      {std::string("i\0t\xff", 4), std::string(3000, 'x')},
  };
  for (const auto& key : keys) {
    const std::string token = Tokens().Make("list", key);
    EXPECT_EQ(token.find_first_of("+/"), std::string::npos) << "fit for an address";
    const auto read = Tokens().Read("list", token);
    ASSERT_OK(read);
    EXPECT_EQ(*read, key);
  }
}

TEST(PageToken, HoldsForOneListOfOneStoreOnly) {
  const std::string token = Tokens().Make("list", Key());
  EXPECT_OK(Tokens().Read("list", token));
  for (const char* binding : {"", "lis", "list2"}) {
    EXPECT_EQ(errors::ReasonOf(Tokens().Read(binding, token).status()),
              rapport::type::v1::PAGE_TOKEN);
  }
  EXPECT_THAT(PageTokens("another secret").Read("list", token),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(PageToken, IsRefusedIfASingleBitOfItWasChanged) {
  const std::string token = Tokens().Make("list", Key());
  std::string raw;
  ASSERT_TRUE(absl::WebSafeBase64Unescape(token, &raw));
  for (std::size_t i = 0; i < raw.size(); ++i) {
    std::string changed = raw;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_EQ(errors::ReasonOf(Tokens().Read("list", absl::WebSafeBase64Escape(changed)).status()),
              rapport::type::v1::PAGE_TOKEN)
        << i;
  }
  for (std::size_t size = 0; size < raw.size(); ++size) {
    EXPECT_THAT(Tokens().Read("list", absl::WebSafeBase64Escape(raw.substr(0, size))),
                StatusIs(absl::StatusCode::kInvalidArgument))
        << size;
  }
  EXPECT_THAT(Tokens().Read("list", "no base64!"), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(PageToken, IsBoundToTheTenantAndTheWholeRequestButThePage) {
  ListPeopleRequest request;
  request.set_parent("tenants/home");
  const std::string binding = PageTokens::Binding("home", request);
  ListPeopleRequest next = request;
  next.set_page_size(7);
  next.set_page_token("token");
  EXPECT_EQ(PageTokens::Binding("home", next), binding);
  EXPECT_NE(PageTokens::Binding("shop", request), binding);
  next.set_show_deleted(true);
  EXPECT_NE(PageTokens::Binding("home", next), binding);
  contact::v1::ListStewardsRequest stewards;
  stewards.set_parent("tenants/home");
  EXPECT_EQ(stewards.SerializeAsString(), request.SerializeAsString());
  EXPECT_NE(PageTokens::Binding("home", stewards), binding) << "another method";
}

}  // namespace
}  // namespace rapport::resource
