#include "common/auth/token_signer.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "common/auth/keys.h"
#include "common/auth/test_keys.h"
#include "common/auth/token_verifier.h"
#include "common/testing/matchers.h"

namespace rapport::auth {
namespace {

using ::rapport::testing::IsOk;
using ::rapport::testing::StatusIs;
using ::testing::Not;

const absl::Time kNow = absl::FromUnixSeconds(1800000000);

SignerOptions Options(const std::string& key_file) {
  SignerOptions options;
  options.key_file = key_file;
  options.issuer = "rapport";
  options.subject = "engagement";
  options.audiences = {"contact", "recommendation"};
  options.scopes = {"people.read", "people.write"};
  return options;
}

TEST(TokenSigner, SignsTokensThatTheVerifierTakes) {
  ASSERT_OK_AND_ASSIGN(const GeneratedKey key, GenerateKey("engagement-1", "engagement"));
  ASSERT_OK_AND_ASSIGN(const auto signer,
                       TokenSigner::Load(Options(WriteFile("signer.jwk", key.private_jwk))));
  const time::FakeClock clock(kNow);
  ASSERT_OK_AND_ASSIGN(
      const auto verifier,
      TokenVerifier::Create({WriteFile("signer_set.json", key.public_jwks), {"rapport"}, "contact"},
                            clock));
  ASSERT_OK_AND_ASSIGN(const std::string token, signer->Token(kNow));
  ASSERT_OK_AND_ASSIGN(const PrincipalPtr caller, verifier->Verify(token));
  EXPECT_EQ(caller->subject, "engagement");
  EXPECT_EQ(caller->service, "engagement");
  EXPECT_FALSE(caller->tenant.has_value());
  EXPECT_TRUE(caller->MayActFor(base::TenantId::Trusted("acme")));
  EXPECT_TRUE(caller->HasScope("people.write"));
  EXPECT_FALSE(caller->HasScope("people.erase"));
  EXPECT_EQ(caller->expire_time, kNow + absl::Minutes(5));
}

TEST(TokenSigner, KeepsATokenAndRenewsItBeforeItExpires) {
  ASSERT_OK_AND_ASSIGN(const GeneratedKey key, GenerateKey("k", "engagement"));
  ASSERT_OK_AND_ASSIGN(const auto signer,
                       TokenSigner::Load(Options(WriteFile("renew.jwk", key.private_jwk))));
  ASSERT_OK_AND_ASSIGN(const std::string first, signer->Token(kNow));
  EXPECT_EQ(*signer->Token(kNow + absl::Seconds(239)), first);
  const std::string second = *signer->Token(kNow + absl::Seconds(240));
  EXPECT_NE(second, first);
  EXPECT_EQ(*signer->Token(kNow + absl::Seconds(241)), second);
  // A clock that steps back makes a token that is valid then.
  EXPECT_NE(*signer->Token(kNow), second);
}

TEST(TokenSigner, ServesManyThreads) {
  ASSERT_OK_AND_ASSIGN(const GeneratedKey key, GenerateKey("k", "engagement"));
  ASSERT_OK_AND_ASSIGN(const auto signer,
                       TokenSigner::Load(Options(WriteFile("threads.jwk", key.private_jwk))));
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&signer] {
      for (int i = 0; i < 50; ++i) {
        EXPECT_THAT(signer->Token(kNow + absl::Minutes(5 * i)), IsOk());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

// Proves: Z8
TEST(TokenSigner, RefusesAKeyThatOthersCanRead) {
  ASSERT_OK_AND_ASSIGN(const GeneratedKey key, GenerateKey("k", "engagement"));
  for (const unsigned mode : {0640u, 0604u, 0620u, 0601u}) {
    EXPECT_THAT(TokenSigner::Load(Options(WriteFile("open.jwk", key.private_jwk, mode))),
                StatusIs(absl::StatusCode::kFailedPrecondition));
  }
  EXPECT_THAT(TokenSigner::Load(Options(WriteFile("open.jwk", key.private_jwk, 0400))), IsOk());
}

TEST(TokenSigner, RefusesOptionsThatNoVerifierWouldTake) {
  ASSERT_OK_AND_ASSIGN(const GeneratedKey key, GenerateKey("k"));
  SignerOptions options = Options(WriteFile("person.jwk", key.private_jwk));
  EXPECT_THAT(TokenSigner::Load(options), StatusIs(absl::StatusCode::kInvalidArgument));
  options.tenant = base::TenantId::Trusted("acme");
  EXPECT_THAT(TokenSigner::Load(options), IsOk());
  options.lifetime = absl::Hours(2);
  EXPECT_THAT(TokenSigner::Load(options), Not(IsOk()));
  options.lifetime = absl::Minutes(5);
  options.audiences.clear();
  EXPECT_THAT(TokenSigner::Load(options), Not(IsOk()));
}

TEST(TokenSigner, RefusesFilesThatHoldNoPrivateKey) {
  ASSERT_OK_AND_ASSIGN(const GeneratedKey key, GenerateKey("k", "engagement"));
  for (const std::string& bad :
       {std::string(), std::string("{}"), key.public_jwks, TestKey::Ec("k").Jwk(),
        key.private_jwk.substr(0, 60), std::string(20000, ' ')}) {
    EXPECT_THAT(TokenSigner::Load(Options(WriteFile("bad.jwk", bad))),
                StatusIs(absl::StatusCode::kFailedPrecondition));
  }
  EXPECT_THAT(TokenSigner::Load(Options("/nonexistent.jwk")), Not(IsOk()));
}

}  // namespace
}  // namespace rapport::auth
