#include "common/auth/base64url.h"

#include <gtest/gtest.h>

#include "absl/strings/string_view.h"

namespace rapport::auth {
namespace {

TEST(Base64Url, ReadsWhatItWrites) {
  for (absl::string_view bytes :
       {"", "f", "fo", "foo", "foob", "fooba", "foobar", "\xFF\xFE\xFB"}) {
    EXPECT_EQ(Base64UrlDecode(Base64UrlEncode(bytes)), std::string(bytes));
  }
  EXPECT_EQ(Base64UrlEncode("foob"), "Zm9vYg");
  EXPECT_EQ(Base64UrlEncode("\xFF\xFE\xFB"), "__77");
}

TEST(Base64Url, RefusesEveryOtherWayOfWriting) {
  for (absl::string_view bad :
       {"Zg==", "Zh", "Zm9=", "Z", "Zm9v\n", " Zm9v", "Zm+v", "Zm/v", "Zm9vY", "Zm9.", "Zm9vYh"}) {
    EXPECT_EQ(Base64UrlDecode(bad), std::nullopt) << bad;
  }
}

}  // namespace
}  // namespace rapport::auth
