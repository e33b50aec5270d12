#include "common/cache/negative_gate.h"

#include <gtest/gtest.h>

#include "common/cache/protocol.h"

namespace rapport::cache {
namespace {

constexpr absl::Duration kSecond = absl::Seconds(1);
base::TenantId Acme() { return base::TenantId::Trusted("acme"); }
base::TenantId Bolt() { return base::TenantId::Trusted("bolt"); }

// How many of a hundred unknown ids, each asked for twice, would be kept.
int Kept(NegativeGate& gate, const base::TenantId& tenant, absl::Duration now,
         std::uint64_t first_id) {
  int kept = 0;
  for (std::uint64_t id = first_id; id < first_id + 100; ++id) {
    kept += gate.Admit(tenant, id, now) ? 1 : 0;
    kept += gate.Admit(tenant, id, now) ? 1 : 0;
  }
  return kept;
}

TEST(NegativeGate, AdmitsTheSecondMissWithinTenSeconds) {
  NegativeGate gate;
  EXPECT_FALSE(gate.Admit(Acme(), 1, 100 * kSecond));
  EXPECT_FALSE(gate.Admit(Acme(), 1, 111 * kSecond));
  EXPECT_TRUE(gate.Admit(Acme(), 1, 121 * kSecond));
}

TEST(NegativeGate, AMissIsForgottenForAnotherInItsPlace) {
  NegativeGate gate;
  EXPECT_FALSE(gate.Admit(Acme(), 1, kSecond));
  EXPECT_FALSE(gate.Admit(Acme(), 1 + 4096, kSecond));
  EXPECT_FALSE(gate.Admit(Acme(), 1, kSecond));
}

// Proves: S03
TEST(NegativeGate, WhoTriesManyIdsFillsATwentiethAtMost) {
  NegativeGate gate;
  EXPECT_EQ(Kept(gate, Acme(), kSecond, 0), 1);
  for (int i = 0; i < 190; ++i) gate.Stored(Acme(), kSecond);
  EXPECT_EQ(Kept(gate, Acme(), kSecond, 1000), 9);  // with the first: 10 of 200
  EXPECT_EQ(Kept(gate, Bolt(), kSecond, 2000), 1);
}

TEST(NegativeGate, CountsWhatLivesOnly) {
  NegativeGate gate;
  for (int i = 0; i < 190; ++i) gate.Stored(Acme(), kSecond);
  EXPECT_EQ(Kept(gate, Acme(), kSecond, 0), 10);
  EXPECT_EQ(Kept(gate, Acme(), kSecond, 100), 0);
  EXPECT_EQ(Kept(gate, Acme(), kSecond + kNegativeTtl, 200), 10);
  EXPECT_EQ(Kept(gate, Acme(), kSecond + kPositiveTtl, 300), 1);
}

}  // namespace
}  // namespace rapport::cache
