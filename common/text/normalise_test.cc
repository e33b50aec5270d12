#include "common/text/normalise.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/string_view.h"
#include "common/testing/matchers.h"

namespace rapport::text {
namespace {

using ::rapport::testing::IsOk;
using ::rapport::testing::StatusIs;
using ::testing::HasSubstr;
using ::testing::Not;

std::string Key(absl::string_view text) {
  const auto email = NormaliseEmail(text);
  return email.ok() ? email->lookup_key : "error: " + std::string(email.status().message());
}

// Proves: C02, C03
TEST(Email, MeetsItselfHoweverItIsWritten) {
  EXPECT_EQ(Key("  Ana.Lopes@LUSOTEXTIL.pt "), "ana.lopes@lusotextil.pt");
  EXPECT_EQ(Key("\xC2\xA0"
                "ana.lopes@lusotextil.pt\n"),
            "ana.lopes@lusotextil.pt");
  EXPECT_EQ(Key("\"ana.lopes\"@lusotextil.pt"), "ana.lopes@lusotextil.pt");
  EXPECT_EQ(Key("JÜRGEN@example.org"), Key("ju\xCC\x88rgen@example.org"));
}

TEST(Email, KeepsTheLocalPartAsGivenForWriting) {
  ASSERT_OK_AND_ASSIGN(const EmailAddress email, NormaliseEmail("Ana.Lopes@Example.ORG"));
  EXPECT_EQ(email.address, "Ana.Lopes@example.org");
}

TEST(Email, WritesInternationalDomainsAsAscii) {
  EXPECT_EQ(Key("a@MÜNCHEN.de"), "a@xn--mnchen-3ya.de");
  EXPECT_EQ(Key("a@xn--mnchen-3ya.de"), "a@xn--mnchen-3ya.de");
  EXPECT_EQ(Key("a@straße.de"), "a@xn--strae-oqa.de");
}

TEST(Email, AcceptsWhatTheGrammarAllows) {
  for (const char* good : {"o'hara+news@x.org", "a@b", "\"a b\"@x.org", "\"a@b\"@x.org",
                           "\"a\\\"b\"@x.org", "_-!#$%&'*/=?^`{|}~@x.org", "日本@x.org"}) {
    EXPECT_THAT(NormaliseEmail(good), IsOk()) << good;
  }
}

// Proves: C02
TEST(Email, RefusesTheMalformedWithAReason) {
  for (const char* bad : {"",
                          "   ",
                          "ana",
                          "@x.org",
                          "ana@",
                          "a b@x.org",
                          "a..b@x.org",
                          ".a@x.org",
                          "a.@x.org",
                          "a@x..org",
                          "a@.org",
                          "a@x.org.",
                          "a@-x.org",
                          "a@x_y.org",
                          "a@[10.0.0.1]",
                          "a@b@c.org",
                          "Ana <ana@x.org>",
                          "a@x.org\r\nBcc: b@x.org",
                          "a\x01@x.org",
                          "\"a@x.org",
                          "\"a\"b\"@x.org",
                          "a\xFF@x.org",
                          "a@x.org,b@x.org",
                          "a;b@x.org",
                          "\"a\nb\"@x.org"}) {
    EXPECT_THAT(NormaliseEmail(bad), StatusIs(absl::StatusCode::kInvalidArgument)) << bad;
  }
}

TEST(Email, HoldsTheLengthLimits) {
  EXPECT_THAT(NormaliseEmail(std::string(64, 'a') + "@x.org"), IsOk());
  EXPECT_THAT(NormaliseEmail(std::string(65, 'a') + "@x.org"), Not(IsOk()));
  EXPECT_THAT(NormaliseEmail("a@" + std::string(63, 'b') + ".org"), IsOk());
  EXPECT_THAT(NormaliseEmail("a@" + std::string(64, 'b') + ".org"), Not(IsOk()));
  EXPECT_THAT(NormaliseEmail("a@" + std::string(5000, 'b')), Not(IsOk()));
}

TEST(Email, NeverRepeatsTheTextInItsReason) {
  const auto bad = NormaliseEmail("Secret Person <secret@x.org>");
  EXPECT_THAT(std::string(bad.status().message()), Not(HasSubstr("ecret")));
}

// Proves: C02, C03
TEST(Phone, MeetsItselfHoweverItIsWritten) {
  for (const char* text : {"+351 213 456 789", "(+351) 213-456-789", "00351213456789",
                           "213 456 789", "tel:+351-213-456-789", "２１３４５６７８９"}) {
    const auto phone = NormalisePhone(text, "pt");
    ASSERT_THAT(phone, IsOk()) << text;
    EXPECT_EQ(phone->e164, "+351213456789") << text;
  }
}

TEST(Phone, KeepsTheExtensionApart) {
  ASSERT_OK_AND_ASSIGN(const PhoneNumber phone, NormalisePhone("+1 212 555 0123 ext. 45", ""));
  EXPECT_EQ(phone.e164, "+12125550123");
  EXPECT_EQ(phone.extension, "45");
}

// Proves: C02
TEST(Phone, RefusesTheInvalidWithAReason) {
  const auto reason = [](absl::string_view text, absl::string_view region) {
    const auto phone = NormalisePhone(text, region);
    return phone.ok() ? "ok: " + phone->e164 : std::string(phone.status().message());
  };
  EXPECT_EQ(reason("", "PT"), "empty");
  EXPECT_EQ(reason("call me", "PT"), "not a phone number");
  EXPECT_EQ(reason("213456789", ""), "no known country code and no region to read the number with");
  EXPECT_EQ(reason("+999 123456", ""),
            "no known country code and no region to read the number with");
  EXPECT_EQ(reason("+351 21345", ""), "too short for its country");
  EXPECT_EQ(reason("+351 2134567890123", ""), "too long for its country");
  EXPECT_EQ(reason("+1 111 111 1111", ""), "in no number range of its country");
  EXPECT_EQ(reason("213456789", "Portugal"), "a region that is no two-letter country code");
  EXPECT_EQ(reason("213\xFF", "PT"), "not valid UTF-8");
}

TEST(Phone, LetsNewRangesPassWhenAsked) {
  ASSERT_OK_AND_ASSIGN(const PhoneNumber phone,
                       NormalisePhone("+1 111 111 1111", "", PhoneCheck::kPossibleLength));
  EXPECT_EQ(phone.e164, "+11111111111");
}

// Proves: C03
TEST(Handle, MeetsItselfHoweverItIsWritten) {
  const auto handle = [](absl::string_view text) {
    const auto out = NormaliseHandle(text);
    return out.ok() ? *out : "error: " + std::string(out.status().message());
  };
  EXPECT_EQ(handle(" @Ana_Lopes "), "ana_lopes");
  EXPECT_EQ(handle("ＡＮＡ"), "ana");
  EXPECT_EQ(handle("Ana \t  Lopes"), "ana lopes");
  EXPECT_EQ(handle("@"), "error: empty");
  EXPECT_EQ(handle("a\x01z"), "error: a control character inside");
  EXPECT_EQ(handle(std::string(256, 'a')), "error: longer than 255 bytes");
}

TEST(Fold, IsStableWhenAppliedTwice) {
  for (const char* text : {"Straße", "ΣΊΣΥΦΟΣ", "ﬁ", "İstanbul", "e\xCC\x81"}) {
    ASSERT_OK_AND_ASSIGN(const std::string once, FoldForLookup(text));
    ASSERT_OK_AND_ASSIGN(const std::string twice, FoldForLookup(once));
    EXPECT_EQ(once, twice);
  }
}

}  // namespace
}  // namespace rapport::text
