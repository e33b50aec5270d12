#include "common/auth/jwks_file.h"

#include <gtest/gtest.h>

#include <cstdio>

#include "common/auth/keys.h"
#include "common/auth/test_keys.h"
#include "common/testing/matchers.h"

namespace rapport::auth {
namespace {

using ::rapport::testing::StatusIs;

const absl::Time kNow = absl::FromUnixSeconds(1800000000);

TEST(JwksFile, MustBeUsableAtTheStart) {
  const auto code = absl::StatusCode::kFailedPrecondition;
  EXPECT_THAT(JwksFile::Open("/nonexistent/keys.json", kNow), StatusIs(code));
  EXPECT_THAT(JwksFile::Open(::testing::TempDir(), kNow), StatusIs(code));
  EXPECT_THAT(JwksFile::Open(WriteFile("bad.json", "{\"keys\":"), kNow), StatusIs(code));
  EXPECT_THAT(JwksFile::Open(WriteFile("big.json", std::string(300000, ' ')), kNow),
              StatusIs(code));
}

TEST(JwksFile, TakesAChangeAtTheNextLookAndNoSooner) {
  const TestKey one = TestKey::Ec("one");
  const TestKey two = TestKey::Ec("two");
  const std::string path = WriteFile("change.json", Jwks(one.Jwk()));
  ASSERT_OK_AND_ASSIGN(const auto file, JwksFile::Open(path, kNow));
  const auto generation = file->Refresh(kNow);
  WriteFile("change.json", Jwks(two.Jwk()));
  EXPECT_EQ(file->Refresh(kNow + absl::Milliseconds(999)), generation);
  EXPECT_NE(file->Current().set->Find("one"), nullptr);
  EXPECT_GT(file->Refresh(kNow + absl::Seconds(1)), generation);
  EXPECT_EQ(file->Current().set->Find("one"), nullptr);
  EXPECT_NE(file->Current().set->Find("two"), nullptr);
  EXPECT_EQ(file->reloads(), 1);
  EXPECT_EQ(file->failed_reloads(), 0);
}

TEST(JwksFile, KeepsTheLastGoodKeysAndCounts) {
  const TestKey one = TestKey::Ec("one");
  const std::string good = Jwks(one.Jwk());
  const std::string path = WriteFile("half.json", good);
  ASSERT_OK_AND_ASSIGN(const auto file, JwksFile::Open(path, kNow));
  const auto generation = file->Refresh(kNow);
  WriteFile("half.json", good.substr(0, good.size() / 2));
  EXPECT_EQ(file->Refresh(kNow + absl::Seconds(1)), generation);
  EXPECT_EQ(file->Refresh(kNow + absl::Seconds(2)), generation);
  EXPECT_EQ(file->failed_reloads(), 2);
  std::remove(path.c_str());
  EXPECT_EQ(file->Refresh(kNow + absl::Seconds(3)), generation);
  EXPECT_EQ(file->failed_reloads(), 3);
  EXPECT_NE(file->Current().set->Find("one"), nullptr);
  WriteFile("half.json", good);
  EXPECT_GT(file->Refresh(kNow + absl::Seconds(4)), generation);
  EXPECT_EQ(file->failed_reloads(), 3);
}

TEST(KeySet, LeavesOutKeysThatAreNotForUs) {
  const TestKey ec = TestKey::Ec("ec");
  const TestKey weak = TestKey::Rsa("weak", 1024);
  const std::string others =
      R"(,{"kty":"oct","kid":"o","k":"AAAA"},{"kty":"OKP","crv":"Ed25519","kid":"e","x":"AA"})";
  ASSERT_OK_AND_ASSIGN(const auto set,
                       KeySet::Parse(Jwks(ec.Jwk() + others + "," + weak.Jwk() + "," +
                                          TestKey::Ec("enc").Jwk(R"("use":"enc",)"))));
  EXPECT_EQ(set->size(), 1u);
  EXPECT_NE(set->Find("ec"), nullptr);
}

TEST(KeySet, RefusesDamagedDocuments) {
  const TestKey ec = TestKey::Ec("ec");
  ASSERT_OK_AND_ASSIGN(const GeneratedKey generated, GenerateKey("mine"));
  for (const std::string& bad :
       {std::string(), std::string("[]"), std::string("{}"), Jwks("1"),
        Jwks(ec.Jwk() + "," + ec.Jwk()), Jwks(generated.private_jwk),
        Jwks(TestKey::Ec("../../etc").Jwk()), Jwks(ec.Jwk(R"("kid":"two",)")),
        Jwks(R"({"kty":"EC","crv":"P-256","kid":"off","x":"AAAA","y":"AAAA"})"),
        Jwks(ec.Jwk(R"("rapport_service":"*",)"))}) {
    EXPECT_THAT(KeySet::Parse(bad), StatusIs(absl::StatusCode::kInvalidArgument)) << bad;
  }
  EXPECT_OK(KeySet::Parse(Jwks("")));
}

TEST(Keys, AreAddedAndTakenAway) {
  ASSERT_OK_AND_ASSIGN(const GeneratedKey a, GenerateKey("a"));
  ASSERT_OK_AND_ASSIGN(const GeneratedKey b, GenerateKey("b", "engagement"));
  ASSERT_OK_AND_ASSIGN(const std::string both, MergeJwks(a.public_jwks, b.public_jwks));
  ASSERT_OK_AND_ASSIGN(const auto set, KeySet::Parse(both));
  EXPECT_EQ(set->size(), 2u);
  EXPECT_EQ(set->Find("b")->service, "engagement");
  EXPECT_THAT(MergeJwks(both, a.public_jwks), StatusIs(absl::StatusCode::kAlreadyExists));
  ASSERT_OK_AND_ASSIGN(const std::string one, RemoveFromJwks(both, "a"));
  EXPECT_EQ((*KeySet::Parse(one))->Find("a"), nullptr);
  EXPECT_THAT(RemoveFromJwks(one, "a"), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(GenerateKey("a b"), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_EQ(a.public_jwks.find("\"d\""), std::string::npos);
}

}  // namespace
}  // namespace rapport::auth
