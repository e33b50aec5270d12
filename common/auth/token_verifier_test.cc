#include "common/auth/token_verifier.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/auth/base64url.h"
#include "common/auth/test_keys.h"
#include "common/base/errors.h"
#include "common/testing/matchers.h"

namespace rapport::auth {
namespace {

using ::rapport::testing::IsOk;

const absl::Time kNow = absl::FromUnixSeconds(1800000000);

// The keys are made once: an RSA key takes a while.
struct Keys {
  const TestKey ec = TestKey::Ec("ec-1");
  const TestKey rsa = TestKey::Rsa("rsa-1", 2048);
  const TestKey service = TestKey::Ec("svc-1");
  std::string All() const {
    return Jwks(ec.Jwk() + "," + rsa.Jwk() + "," +
                service.Jwk(R"("rapport_service":"engagement",)"));
  }
};
const Keys& TheKeys() {
  static const Keys* const keys = new Keys();
  return *keys;
}

std::string Header(absl::string_view alg = "ES256", absl::string_view kid = "ec-1",
                   absl::string_view more = "") {
  return absl::StrCat("{\"alg\":\"", std::string(alg), "\",\"kid\":\"", std::string(kid), "\"",
                      std::string(more), "}");
}

// The claims of a good token with some of them given in another way.
struct Claims {
  std::string iss = R"("rapport")";
  std::string aud = R"("contact")";
  std::string sub = R"("mara")";
  std::string iat = "1800000000";
  std::string exp = "1800000300";
  std::string tenant = R"("acme")";
  std::string more = "";  // e.g. R"(,"scope":"a b")"

  std::string Json() const {
    std::string out = "{\"x\":1";
    const auto add = [&out](const char* name, const std::string& value) {
      if (!value.empty()) out += std::string(",\"") + name + "\":" + value;
    };
    add("iss", iss);
    add("aud", aud);
    add("sub", sub);
    add("iat", iat);
    add("exp", exp);
    add("tenant", tenant);
    return out + more + "}";
  }
};

class TokenVerifierTest : public ::testing::Test {
 protected:
  void SetUp() override {
    file_ = ::testing::UnitTest::GetInstance()->current_test_info()->name();
    const std::string path = WriteFile(file_, TheKeys().All());
    auto verifier = TokenVerifier::Create({path, {"rapport", "id.example"}, "contact"}, clock_);
    ASSERT_OK(verifier);
    verifier_ = *std::move(verifier);
  }

  // "ok" or the reason of the refusal; every refusal must look the same from outside.
  std::string Result(const std::string& token) {
    AuthFailure why = AuthFailure::kNone;
    const auto caller = verifier_->Verify(token, &why);
    if (caller.ok()) return why == AuthFailure::kNone ? "ok" : "ok with a reason";
    EXPECT_EQ(caller.status(), errors::TokenRefused());
    return std::string(AuthFailureName(why));
  }
  std::string ResultOfHeader(const std::string& header) {
    return Result(TheKeys().ec.Sign(header, Claims().Json()));
  }
  std::string ResultOfClaims(const std::string& json) {
    return Result(TheKeys().ec.Sign(Header(), json));
  }
  std::string ResultOf(const Claims& claims) { return ResultOfClaims(claims.Json()); }

  time::FakeClock clock_{kNow};
  std::string file_;
  std::unique_ptr<TokenVerifier> verifier_;
};

// Proves: Z2
TEST_F(TokenVerifierTest, TakesGoodTokensOfBothAlgorithms) {
  EXPECT_EQ(ResultOf({}), "ok");
  EXPECT_EQ(Result(TheKeys().rsa.Sign(Header("RS256", "rsa-1"), Claims().Json())), "ok");
  const std::string token =
      TheKeys().ec.Sign(Header(), Claims{.more = R"(,"scope":"b a  b c")"}.Json());
  ASSERT_OK_AND_ASSIGN(const PrincipalPtr caller, verifier_->Verify(token));
  EXPECT_EQ(caller->subject, "mara");
  EXPECT_EQ(caller->tenant, base::TenantId::Trusted("acme"));
  EXPECT_THAT(caller->scopes, ::testing::ElementsAre("a", "b", "c"));
  EXPECT_FALSE(caller->is_service());
  EXPECT_FALSE(caller->MayActFor(base::TenantId::Trusted("other")));
}

TEST_F(TokenVerifierTest, ReadsTheAuthorizationHeader) {
  const std::string token = TheKeys().ec.Sign(Header(), Claims().Json());
  EXPECT_THAT(verifier_->VerifyAuthorization("Bearer " + token), IsOk());
  EXPECT_THAT(verifier_->VerifyAuthorization("bearer " + token), IsOk());
  for (const std::string& bad :
       {std::string(), token, "Basic " + token, std::string("Bearer"), std::string("Bearer "),
        "Bearer  " + token, "Bearer " + token + " "}) {
    AuthFailure why = AuthFailure::kNone;
    EXPECT_EQ(verifier_->VerifyAuthorization(bad, &why).status(), errors::TokenRefused()) << bad;
    EXPECT_NE(why, AuthFailure::kNone);
  }
}

// Proves: Z2
TEST_F(TokenVerifierTest, RefusesEveryOtherAlgorithm) {
  for (const char* alg : {"none", "None", "NONE", "nOnE", "HS256", "HS512", "ES384", "ES256K",
                          "PS256", "RS1", "RS512", "EdDSA", "es256", "", "ES256 "}) {
    EXPECT_EQ(ResultOfHeader(Header(alg)), "algorithm") << alg;
  }
  EXPECT_EQ(ResultOfHeader(R"({"kid":"ec-1"})"), "algorithm");
  EXPECT_EQ(ResultOfHeader(R"({"alg":["ES256"],"kid":"ec-1"})"), "algorithm");
  // Without a signature, as the "none" attack has it.
  const std::string unsigned_token =
      Base64UrlEncode(Header("none")) + "." + Base64UrlEncode(Claims().Json()) + ".";
  EXPECT_EQ(Result(unsigned_token), "malformed");
  EXPECT_EQ(Result(unsigned_token + "AA"), "algorithm");
}

// Proves: Z2
TEST_F(TokenVerifierTest, RefusesTheRsaKeyUsedAsASecret) {
  for (const std::string& secret : {TheKeys().rsa.PublicPem(), TheKeys().rsa.Jwk()}) {
    const std::string text =
        Base64UrlEncode(Header("HS256", "rsa-1")) + "." + Base64UrlEncode(Claims().Json());
    EXPECT_EQ(Result(text + "." + Base64UrlEncode(HmacSha256(secret, text))), "algorithm");
  }
}

// Proves: Z2
TEST_F(TokenVerifierTest, RefusesAKeyOfTheOtherAlgorithm) {
  EXPECT_EQ(Result(TheKeys().rsa.Sign(Header("RS256", "ec-1"), Claims().Json())), "algorithm");
  EXPECT_EQ(Result(TheKeys().ec.Sign(Header("ES256", "rsa-1"), Claims().Json())), "algorithm");
}

// Proves: Z2
TEST_F(TokenVerifierTest, RefusesFalseSignatures) {
  const std::string token = TheKeys().ec.Sign(Header(), Claims().Json());
  const std::string text = token.substr(0, token.rfind('.'));
  EXPECT_EQ(Result(text + "." + Base64UrlEncode(std::string(64, '\0'))), "signature");
  EXPECT_EQ(Result(text + "." + Base64UrlEncode(std::string(64, '\xFF'))), "signature");
  EXPECT_EQ(Result(text + "." + Base64UrlEncode(std::string(63, 'a'))), "signature");
  EXPECT_EQ(Result(text + "." + Base64UrlEncode(std::string(1000, 'a'))), "signature");
  const std::string other = TestKey::Ec("ec-1").Sign(Header(), Claims().Json());
  EXPECT_EQ(Result(other), "signature");
  const std::string rsa = TheKeys().rsa.Sign(Header("RS256", "rsa-1"), Claims().Json());
  EXPECT_EQ(Result(rsa.substr(0, rsa.rfind('.') + 1) + Base64UrlEncode(std::string(256, '\0'))),
            "signature");
  // Another payload under a good signature.
  const std::string payload = Base64UrlEncode(Claims{.tenant = R"("other")"}.Json());
  EXPECT_EQ(Result(Base64UrlEncode(Header()) + "." + payload + token.substr(token.rfind('.'))),
            "signature");
}

// Proves: Z2
TEST_F(TokenVerifierTest, RefusesTruncatedAndDoubledParts) {
  const std::string token = TheKeys().ec.Sign(Header(), Claims().Json());
  const std::size_t first = token.find('.');
  const std::size_t second = token.rfind('.');
  const std::string h = token.substr(0, first);
  const std::string p = token.substr(first + 1, second - first - 1);
  const std::string s = token.substr(second + 1);
  EXPECT_EQ(Result(""), "missing");
  for (const std::string& bad :
       {h, h + "." + p, h + "." + p + ".", "." + p + "." + s, h + ".." + s, token + ".",
        token + "." + s, h + "." + token, token + token, "." + token,
        h + "." + p + "." + p + "." + s, std::string("."), std::string(".."), std::string("...")}) {
    EXPECT_EQ(Result(bad), "malformed") << bad;
  }
  for (std::size_t cut = 1; cut < token.size(); cut += 7) {
    EXPECT_NE(Result(token.substr(0, cut)), "ok");
  }
}

// Proves: Z2
TEST_F(TokenVerifierTest, RefusesBase64ThatIsNotCanonical) {
  const std::string token = TheKeys().ec.Sign(Header(), Claims().Json());
  EXPECT_EQ(Result(token + "="), "malformed");
  EXPECT_EQ(Result(token + "=="), "malformed");
  EXPECT_EQ(Result(token + "\n"), "malformed");
  EXPECT_EQ(Result(" " + token), "malformed");
  // 64 bytes leave four unused bits in the last character: another one with the same meaning.
  const std::string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string other = token;
  other.back() = alphabet[alphabet.find(token.back()) + 1];
  EXPECT_EQ(Result(other), "malformed");
}

// Proves: Z2
TEST_F(TokenVerifierTest, RefusesNamesThatComeTwice) {
  EXPECT_EQ(ResultOf({.more = R"(,"tenant":"other")"}), "malformed");
  EXPECT_EQ(ResultOf({.more = R"(,"a":{"b":1,"b":2})"}), "malformed");
  EXPECT_EQ(ResultOfHeader(R"({"alg":"ES256","kid":"ec-1","alg":"none"})"), "malformed");
  EXPECT_EQ(ResultOfHeader(R"({"alg":"ES256","kid":"ec-1","\u006bid":"x"})"), "malformed");
}

// Proves: Z2
TEST_F(TokenVerifierTest, TakesTimesAsIntegersAlone) {
  for (const char* bad : {R"("1800000300")", "1800000300.0", "1800000300.5", "18e8", "-1", "null",
                          "true", "[]", "253402300800", ""}) {
    EXPECT_EQ(ResultOf({.exp = bad}), "claim") << bad;
    EXPECT_EQ(ResultOf({.iat = bad}), "claim") << bad;
    if (*bad != '\0') {
      EXPECT_EQ(ResultOf({.more = std::string(",\"nbf\":") + bad}), "claim") << bad;
    }
  }
  EXPECT_EQ(ResultOf({.exp = "1e400"}), "malformed");
  EXPECT_EQ(ResultOf({.exp = "99999999999999999999"}), "malformed");
  EXPECT_EQ(ResultOf({.exp = "01800000300"}), "malformed");
}

// Proves: Z2
TEST_F(TokenVerifierTest, AllowsTheClocksToDifferByAMinute) {
  const Claims claims{.iat = "1800000000", .exp = "1800000300"};
  clock_.Set(kNow + absl::Seconds(300 + 60));
  EXPECT_EQ(ResultOf(claims), "ok");
  clock_.Set(kNow + absl::Seconds(300 + 61));
  EXPECT_EQ(ResultOf(claims), "expired");
  clock_.Set(kNow - absl::Seconds(60));
  EXPECT_EQ(ResultOf(claims), "ok");
  clock_.Set(kNow - absl::Seconds(61));
  EXPECT_EQ(ResultOf(claims), "not_yet_valid");
  clock_.Set(kNow);
  EXPECT_EQ(ResultOf({.more = R"(,"nbf":1800000060)"}), "ok");
  EXPECT_EQ(ResultOf({.more = R"(,"nbf":1800000061)"}), "not_yet_valid");
}

// Proves: Z2
TEST_F(TokenVerifierTest, AllowsALifetimeOfOneHour) {
  EXPECT_EQ(ResultOf({.exp = "1800003600"}), "ok");
  EXPECT_EQ(ResultOf({.exp = "1800003601"}), "lifetime");
  EXPECT_EQ(ResultOf({.exp = "1800000000"}), "lifetime");
}

// Proves: Z2
TEST_F(TokenVerifierTest, ChecksIssuerAndAudience) {
  EXPECT_EQ(ResultOf({.iss = R"("id.example")"}), "ok");
  for (const char* bad : {R"("rapport2")", R"("Rapport")", R"(["rapport"])", "null", ""}) {
    EXPECT_EQ(ResultOf({.iss = bad}), "issuer") << bad;
  }
  EXPECT_EQ(ResultOf({.aud = R"(["engagement","contact"])"}), "ok");
  for (const char* bad :
       {R"("engagement")", R"("contact ")", R"([])", R"(["engagement"])", R"(["contact",1])",
        R"([["contact"]])", R"({"contact":1})", "null", "", R"("contact,engagement")"}) {
    EXPECT_EQ(ResultOf({.aud = bad}), "audience") << bad;
  }
}

// Proves: Z2
TEST_F(TokenVerifierTest, ChecksTheHeader) {
  for (const char* good : {R"(,"typ":"JWT")", R"(,"typ":"jwt")", R"(,"typ":"at+jwt")",
                           R"(,"typ":"application/at+jwt")",
                           R"(,"jku":"https://evil.example/k","x5u":"x","jwk":{"kty":"EC"})"}) {
    EXPECT_EQ(ResultOfHeader(Header("ES256", "ec-1", good)), "ok") << good;
  }
  for (const char* bad : {R"(,"typ":"JOSE")", R"(,"typ":1)", R"(,"typ":"")", R"(,"cty":"JWT")"}) {
    EXPECT_EQ(ResultOfHeader(Header("ES256", "ec-1", bad)), "type") << bad;
  }
  for (const char* bad : {R"(,"crit":["exp"])", R"(,"crit":[])", R"(,"crit":null)",
                          R"(,"b64":false,"crit":["b64"])", R"(,"b64":true)"}) {
    EXPECT_EQ(ResultOfHeader(Header("ES256", "ec-1", bad)), "critical") << bad;
  }
  for (const char* bad : {"[]", "null", "", "{", "\"ES256\"", "{}x"}) {
    EXPECT_NE(ResultOfHeader(bad), "ok") << bad;
  }
}

// Proves: Z2
TEST_F(TokenVerifierTest, TakesTheKidAsALookUpKeyAlone) {
  for (const std::string& bad :
       {std::string("../../etc/passwd"), std::string("/dev/null"), std::string("' OR 1=1 --"),
        std::string("https://evil.example/jwks"), std::string(""), std::string("ec 1"),
        std::string(65, 'a'), std::string("ec-1\\n"), std::string("é")}) {
    EXPECT_EQ(ResultOfHeader(Header("ES256", bad)), "key_id") << bad;
  }
  EXPECT_EQ(ResultOfHeader(Header("ES256", "ec-1\\u0000")), "malformed");
  EXPECT_EQ(ResultOfHeader(R"({"alg":"ES256"})"), "key_id");
  EXPECT_EQ(ResultOfHeader(R"({"alg":"ES256","kid":1})"), "key_id");
  EXPECT_EQ(ResultOfHeader(Header("ES256", "ec-2")), "unknown_key");
  EXPECT_EQ(ResultOfHeader(Header("ES256", std::string(64, 'a'))), "unknown_key");
}

// Proves: Z2
TEST_F(TokenVerifierTest, TakesTenantSubjectAndScopesFromCheckedClaims) {
  for (const char* bad :
       {R"("")", R"("*")", R"("Acme")", R"("a/b")", "1", "null", "", R"(["acme"])", R"("-a")"}) {
    EXPECT_EQ(ResultOf({.tenant = bad}), "tenant") << bad;
  }
  for (const char* bad : {R"("")", "1", "", R"("a b")", R"("a\nb")", R"("é")"}) {
    EXPECT_EQ(ResultOf({.sub = bad}), "claim") << bad;
  }
  EXPECT_EQ(ResultOf({.sub = "\"" + std::string(129, 'a') + "\""}), "claim");
  for (const char* bad : {R"(["a"])", "1", R"("a\tb")", R"("a\"b")"}) {
    EXPECT_EQ(ResultOf({.more = std::string(",\"scope\":") + bad}), "scope") << bad;
  }
}

// Proves: Z2
TEST_F(TokenVerifierTest, KnowsAServiceByItsKey) {
  const auto with_service = [this](const TestKey& key, const char* kid, const char* service,
                                   const char* tenant) {
    return Result(
        key.Sign(Header("ES256", kid),
                 Claims{.tenant = tenant, .more = std::string(",\"service\":") + service}.Json()));
  };
  EXPECT_EQ(with_service(TheKeys().service, "svc-1", R"("engagement")", R"("*")"), "ok");
  EXPECT_EQ(with_service(TheKeys().service, "svc-1", R"("engagement")", R"("acme")"), "ok");
  EXPECT_EQ(with_service(TheKeys().service, "svc-1", R"("contact")", R"("*")"), "service");
  EXPECT_EQ(with_service(TheKeys().ec, "ec-1", R"("engagement")", R"("*")"), "service");
  EXPECT_EQ(with_service(TheKeys().ec, "ec-1", R"("")", R"("*")"), "service");
  EXPECT_EQ(with_service(TheKeys().ec, "ec-1", "true", R"("acme")"), "service");
}

// Proves: Z2
TEST_F(TokenVerifierTest, RefusesWhatIsTooLarge) {
  const std::string large(9000, 'a');
  EXPECT_EQ(ResultOf({.more = ",\"y\":\"" + large + "\""}), "too_large");
  EXPECT_EQ(Result(std::string(1 << 20, 'a')), "too_large");
  EXPECT_EQ(ResultOf({.more = ",\"y\":" + std::string(2900, '[') + std::string(2900, ']')}),
            "malformed");
}

// Proves: Z2
TEST_F(TokenVerifierTest, StopsTrustingAKeyThatWasTakenAway) {
  const std::string token = TheKeys().ec.Sign(Header(), Claims().Json());
  EXPECT_EQ(Result(token), "ok");
  EXPECT_EQ(Result(token), "ok");
  EXPECT_EQ(verifier_->cache_hits(), 1);
  WriteFile(file_, Jwks(TheKeys().rsa.Jwk()));
  EXPECT_EQ(Result(token), "ok");
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(Result(token), "unknown_key");
  WriteFile(file_, "{");
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(Result(TheKeys().rsa.Sign(Header("RS256", "rsa-1"), Claims().Json())), "ok");
  EXPECT_EQ(verifier_->key_reloads(), 1);
  EXPECT_EQ(verifier_->failed_key_reloads(), 1);
}

TEST_F(TokenVerifierTest, DoesNotServeAnExpiredTokenFromItsCache) {
  const std::string token =
      TheKeys().ec.Sign(Header(), Claims{.iat = "1799999900", .exp = "1800000010"}.Json());
  EXPECT_EQ(Result(token), "ok");
  clock_.Advance(absl::Seconds(71));
  EXPECT_EQ(Result(token), "expired");
}

TEST_F(TokenVerifierTest, ServesManyThreadsWhileTheKeysChange) {
  const std::string token = TheKeys().ec.Sign(Header(), Claims().Json());
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 300; ++i) EXPECT_THAT(verifier_->Verify(token), IsOk());
    });
  }
  for (int i = 0; i < 20; ++i) {
    WriteFile(file_, TheKeys().All());
    clock_.Advance(absl::Seconds(1));
    EXPECT_THAT(verifier_->Verify(token), IsOk());
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace rapport::auth
