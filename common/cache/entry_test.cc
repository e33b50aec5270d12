#include "common/cache/entry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>
#include <string>

#include "common/testing/matchers.h"

namespace rapport::cache {
namespace {

using ::rapport::testing::StatusIs;
using ::testing::HasSubstr;

const base::TenantId& Acme() {
  static const auto* const tenant = new base::TenantId(base::TenantId::Trusted("acme"));
  return *tenant;
}
const base::TenantId& Other() {
  static const auto* const tenant = new base::TenantId(base::TenantId::Trusted("acm"));
  return *tenant;
}

EntryState SomeValue() {
  EntryState state;
  state.kind = EntryKind::kValue;
  state.version = 0x0102030405;
  state.min_version = 17;
  state.lease = {0x1122334455667788, 1'700'000'000'123};
  return state;
}

Tail SomeTail(absl::string_view payload) {
  Tail tail;
  tail.schema = 3;
  tail.flags = kFlagZstd;
  tail.fill_cost = absl::Microseconds(1234);
  tail.soft_expire = absl::FromUnixMillis(1'700'000'600'000);
  tail.fingerprint = 0xfedcba9876543210;
  tail.payload = payload;
  return tail;
}

std::string SomeBytes(absl::string_view payload = "payload") {
  const EntryState state = SomeValue();
  return EncodeHeader(state) + EncodeTail(state.kind, state.version, SomeTail(payload));
}

TEST(CacheKey, NamesScopeEpochKindTenantAndId) {
  EXPECT_EQ(EncodeKey(3, 0xabc, {"co", Acme(), "r-1"}),
            "rp1:{03}:0000000000000abc:co:mfrw2zi:3:r-1");
}

TEST(CacheKey, IsAnotherForAnotherEpochScopeKindTenantOrId) {
  std::set<std::string> keys;
  for (const unsigned scope : {0u, 1u}) {
    for (const std::uint64_t epoch : {1u, 2u}) {
      for (const char* kind : {"co", "en"}) {
        for (const auto* tenant : {&Acme(), &Other()}) {
          for (const char* id : {"", "a", "e", "e:a"}) {
            keys.insert(EncodeKey(scope, epoch, {kind, *tenant, id}));
          }
        }
      }
    }
  }
  EXPECT_EQ(keys.size(), 2u * 2 * 2 * 2 * 4);
}

TEST(CacheKey, OfALongIdIsHashedAndTakenForNoOther) {
  const std::string longest(kMaxPlainId, 'x');
  const std::string longer(kMaxPlainId + 1, 'x');
  EXPECT_THAT(EncodeKey(0, 1, {"co", Acme(), longest}), HasSubstr(":512:xxx"));
  const std::string hashed = EncodeKey(0, 1, {"co", Acme(), longer});
  EXPECT_THAT(hashed, HasSubstr(":h:"));
  EXPECT_LE(hashed.size(), 100u);
  EXPECT_NE(hashed, EncodeKey(0, 1, {"co", Acme(), longer + "x"}));
}

TEST(CacheKey, ScopesAreSpreadAndStayTheSame) {
  EXPECT_EQ(ScopeOf(Acme(), "r-1", 1), 0u);
  EXPECT_EQ(ScopeOf(Acme(), "r-1", 3), 1u);
  EXPECT_EQ(ScopeOf(Acme(), "r-1", 16), 15u);
  EXPECT_EQ(ScopeOf(Acme(), "", 16), 10u);
  EXPECT_EQ(ScopeOf(base::TenantId::Trusted("bolt"), absl::string_view("\0\xff", 2), 7), 5u);
  std::set<unsigned> scopes;
  for (int i = 0; i < 400; ++i) {
    const unsigned scope = ScopeOf(Acme(), std::to_string(i), kMaxScopes);
    EXPECT_EQ(scope, ScopeOf(Acme(), std::to_string(i), kMaxScopes));
    scopes.insert(scope);
  }
  EXPECT_EQ(scopes.size(), kMaxScopes);
  EXPECT_EQ(*scopes.rbegin(), kMaxScopes - 1);
}

TEST(CacheFingerprint, TellsEntitiesApartHoweverTheirPartsAreCut) {
  EXPECT_EQ(Fingerprint({"co", Acme(), "x"}), Fingerprint({"co", Acme(), "x"}));
  EXPECT_NE(Fingerprint({"co", Acme(), "x"}), Fingerprint({"en", Acme(), "x"}));
  EXPECT_NE(Fingerprint({"co", Acme(), "x"}), Fingerprint({"co", Other(), "x"}));
  EXPECT_NE(Fingerprint({"co", Acme(), "x"}), Fingerprint({"co", Other(), "ex"}));
}

TEST(CacheCrc, IsCrc32C) {
  for (const auto crc : {Crc32c, Crc32cByTable}) {
    EXPECT_EQ(crc(""), 0u);
    EXPECT_EQ(crc("123456789"), 0xe3069283);
    EXPECT_EQ(crc(std::string(32, '\0')), 0x8a9136aa);    // RFC 3720 B.4
    EXPECT_EQ(crc(std::string(32, '\xff')), 0x62a8ab43);  // RFC 3720 B.4
  }
}

TEST(CacheEntryBytes, ComeBackAsTheyWere) {
  const std::string bytes = SomeBytes();
  ASSERT_OK_AND_ASSIGN(const Entry entry, DecodeEntry(bytes));
  EXPECT_EQ(entry.state, SomeValue());
  EXPECT_EQ(entry.tail.schema, 3);
  EXPECT_EQ(entry.tail.flags, kFlagZstd);
  EXPECT_EQ(entry.tail.fill_cost, absl::Microseconds(1234));
  EXPECT_EQ(entry.tail.soft_expire, absl::FromUnixMillis(1'700'000'600'000));
  EXPECT_EQ(entry.tail.fingerprint, 0xfedcba9876543210);
  EXPECT_EQ(entry.tail.payload, "payload");
}

// The layout is shared with other releases and with the scripts: a change here is a new family.
TEST(CacheEntryBytes, HaveTheFrozenLayout) {
  using namespace std::literals;
  EXPECT_EQ(EncodeHeader(SomeValue()),
            "R1V"
            "\x00\x00\x00\x01\x02\x03\x04\x05"
            "\x00\x00\x00\x00\x00\x00\x00\x11"
            "\x11\x22\x33\x44\x55\x66\x77\x88"
            "\x00\x00\x01\x8b\xcf\xe5\x68\x7b"
            "\x00"sv);
  const std::string tail = EncodeTail(EntryKind::kValue, 1, SomeTail("p"));
  EXPECT_EQ(tail.substr(0, 23),
            "\x00\x03"
            "\x01"
            "\x00\x00\x04\xd2"
            "\x00\x00\x01\x8b\xcf\xee\x8f\xc0"
            "\xfe\xdc\xba\x98\x76\x54\x32\x10"sv);
  EXPECT_EQ(tail.substr(27), "p");
}

TEST(CacheEntryBytes, OfABlankKeepItsIntents) {
  EntryState blank;
  blank.min_version = 9;
  blank.intents = {{1, 100}, {2, 200}};
  ASSERT_OK_AND_ASSIGN(const Entry entry, DecodeEntry(EncodeHeader(blank)));
  EXPECT_EQ(entry.state, blank);
  EXPECT_EQ(entry.tail.payload, "");
  EXPECT_THAT(DecodeEntry(EncodeHeader(blank) + "x"), StatusIs(absl::StatusCode::kDataLoss));
}

// Proves: S06
TEST(CacheEntryBytes, WithAnyBitTurnedAreNotTakenForWhatTheyWere) {
  const std::string bytes = SomeBytes();
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string damaged = bytes;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    const auto entry = DecodeEntry(damaged);
    if (!entry.ok() || entry->state.kind == EntryKind::kBlank) continue;
    // Only what the scripts rewrite is outside the checksum: lowest version and lease.
    EXPECT_GE(bit / 8, 11u);
    EXPECT_LT(bit / 8, 35u);
    EXPECT_EQ(entry->state.version, SomeValue().version);
    EXPECT_EQ(entry->tail.payload, "payload");
  }
}

TEST(CacheEntryBytes, OfAnotherVersionOrKindDoNotPassForThisOne) {
  const EntryState state = SomeValue();
  const std::string older = EncodeTail(state.kind, state.version - 1, SomeTail("payload"));
  EXPECT_THAT(DecodeEntry(EncodeHeader(state) + older), StatusIs(absl::StatusCode::kDataLoss));
  const std::string negative = EncodeTail(EntryKind::kNegative, state.version, SomeTail("payload"));
  EXPECT_THAT(DecodeEntry(EncodeHeader(state) + negative), StatusIs(absl::StatusCode::kDataLoss));
}

TEST(CacheEntryBytes, CutAnywhereAreDamaged) {
  const std::string bytes = SomeBytes();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_THAT(DecodeEntry(absl::string_view(bytes).substr(0, size)),
                StatusIs(absl::StatusCode::kDataLoss))
        << size;
  }
}

TEST(CacheEntryBytes, ThatNoScriptWritesCountAsNoEntry) {
  EntryState state = SomeValue();
  state.min_version = state.version + 1;
  EXPECT_EQ(DecodeHeader(EncodeHeader(state)).size, 0u);
  state = SomeValue();
  state.intents = {{1, 100}};
  EXPECT_EQ(DecodeHeader(EncodeHeader(state)).size, 0u);
  state = SomeValue();
  state.version = kVersionLimit;
  EXPECT_EQ(DecodeHeader(EncodeHeader(state)).size, 0u);
  state = EntryState();
  state.version = 1;
  EXPECT_EQ(DecodeHeader(EncodeHeader(state)).size, 0u);
  state = EntryState();
  for (std::size_t i = 0; i <= kMaxIntents; ++i) state.intents.push_back({i + 1, 100});
  EXPECT_EQ(DecodeHeader(EncodeHeader(state)).size, 0u);
}

TEST(CacheEntryBytes, OfAnyKindAreDecodedWithoutHarm) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 200'000; ++i) {
    std::string bytes = random() % 2 == 0 ? SomeBytes() : std::string(random() % 120, '\0');
    const std::size_t changes = 1 + random() % 8;
    for (std::size_t c = 0; c < changes && !bytes.empty(); ++c) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    bytes.resize(random() % (bytes.size() + 1));
    const auto entry = DecodeEntry(bytes);
    if (entry.ok()) {
      EXPECT_EQ(EncodeHeader(entry->state), bytes.substr(0, DecodeHeader(bytes).size));
    } else {
      EXPECT_THAT(entry, StatusIs(absl::StatusCode::kDataLoss));
    }
  }
}

TEST(CacheTail, OfAnotherEntityIsWrongAndOfANewerReleaseNotForUs) {
  const Tail tail = SomeTail("payload");
  EXPECT_EQ(CheckTail(tail, tail.fingerprint, 3, kFlagZstd), TailCheck::kGood);
  EXPECT_EQ(CheckTail(tail, tail.fingerprint, 4, 0xff), TailCheck::kGood);
  EXPECT_EQ(CheckTail(tail, tail.fingerprint + 1, 3, kFlagZstd), TailCheck::kWrongEntity);
  EXPECT_EQ(CheckTail(tail, tail.fingerprint, 2, kFlagZstd), TailCheck::kNotForUs);
  EXPECT_EQ(CheckTail(tail, tail.fingerprint, 3, kFlagEncrypted), TailCheck::kNotForUs);
}

TEST(CacheTail, KeepsCostAndTimeWithinTheirFields) {
  Tail tail = SomeTail("");
  tail.fill_cost = absl::Hours(10);
  tail.soft_expire = absl::InfinitePast();
  const EntryState state = SomeValue();
  const std::string bytes = EncodeHeader(state) + EncodeTail(state.kind, state.version, tail);
  ASSERT_OK_AND_ASSIGN(const Entry entry, DecodeEntry(bytes));
  EXPECT_EQ(entry.tail.fill_cost, absl::Microseconds(0xffffffff));
  EXPECT_EQ(entry.tail.soft_expire, absl::UnixEpoch());
}

}  // namespace
}  // namespace rapport::cache
