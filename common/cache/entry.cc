#include "common/cache/entry.h"

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/base/digest.h"

namespace rapport::cache {
namespace {

constexpr absl::string_view kMagic = "R1";
constexpr std::size_t kHoldSize = 16;
constexpr std::size_t kHeaderSize = 2 + 1 + 8 + 8 + kHoldSize + 1;
constexpr std::size_t kCrcOffset = 2 + 1 + 4 + 8 + 8;
constexpr std::size_t kTailSize = kCrcOffset + 4;

void PutNumber(std::string& out, std::uint64_t value, int bytes) {
  char digits[8];
  for (int i = 0; i < bytes; ++i) digits[i] = static_cast<char>(value >> (8 * (bytes - 1 - i)));
  out.append(digits, static_cast<std::size_t>(bytes));
}

std::uint64_t NumberAt(absl::string_view data, std::size_t at, std::size_t bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes; ++i) {
    value = value << 8 | static_cast<unsigned char>(data[at + i]);
  }
  return value;
}

void PutHold(std::string& out, const Hold& hold) {
  PutNumber(out, hold.id, 8);
  PutNumber(out, static_cast<std::uint64_t>(hold.expires_ms), 8);
}

// False if the time is one that Lua cannot count to.
bool HoldAt(absl::string_view data, std::size_t at, Hold& hold) {
  const std::uint64_t expires = NumberAt(data, at + 8, 8);
  hold = {NumberAt(data, at, 8), static_cast<std::int64_t>(expires)};
  return expires < kVersionLimit;
}

// RFC 4648 base32 in lower case, without padding.
void AppendBase32(absl::string_view data, std::string& out) {
  constexpr absl::string_view kDigits = "abcdefghijklmnopqrstuvwxyz234567";
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : data) {
    bits = bits << 8 | static_cast<unsigned char>(c);
    held += 8;
    for (; held >= 5; held -= 5) out.push_back(kDigits[bits >> (held - 5) & 31]);
  }
  if (held > 0) out.push_back(kDigits[bits << (5 - held) & 31]);
}

// Slices of eight: kCrcTables[k][b] is the checksum of byte b followed by k zero bytes.
using CrcTables = std::array<std::array<std::uint32_t, 256>, 8>;
constexpr CrcTables MakeCrcTables() {
  constexpr std::uint32_t kCastagnoli = 0x82f63b78;  // RFC 3720, bits reversed
  CrcTables tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? kCastagnoli : 0);
    tables[0][byte] = crc;
  }
  for (std::size_t k = 1; k < 8; ++k) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint32_t before = tables[k - 1][byte];
      tables[k][byte] = (before >> 8) ^ tables[0][before & 255];
    }
  }
  return tables;
}
constexpr CrcTables kCrcTables = MakeCrcTables();

std::uint32_t ExtendCrcByTable(std::uint32_t crc, absl::string_view data) {
  crc = ~crc;
  for (; data.size() >= 8; data.remove_prefix(8)) {
    std::uint32_t next = 0;
    for (std::size_t i = 0; i < 8; ++i) {
      const std::uint32_t mixed = i < 4 ? crc >> (8 * i) : 0;
      next ^= kCrcTables[7 - i][(mixed ^ static_cast<unsigned char>(data[i])) & 255];
    }
    crc = next;
  }
  for (const char c : data) {
    crc = (crc >> 8) ^ kCrcTables[0][(crc ^ static_cast<unsigned char>(c)) & 255];
  }
  return ~crc;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t ExtendCrcByInstruction(std::uint32_t crc,
                                                                       absl::string_view data) {
  std::uint64_t wide = ~crc;
  for (; data.size() >= 8; data.remove_prefix(8)) {
    std::uint64_t word = 0;
    std::memcpy(&word, data.data(), 8);
    wide = _mm_crc32_u64(wide, word);
  }
  auto narrow = static_cast<std::uint32_t>(wide);
  for (const char c : data) narrow = _mm_crc32_u8(narrow, static_cast<unsigned char>(c));
  return ~narrow;
}
#endif

std::uint32_t ExtendCrc(std::uint32_t crc, absl::string_view data) {
#if defined(__x86_64__)
  static const bool has_instruction = __builtin_cpu_supports("sse4.2") != 0;
  if (has_instruction) return ExtendCrcByInstruction(crc, data);
#endif
  return ExtendCrcByTable(crc, data);
}

std::uint32_t EntryCrc(EntryKind kind, std::uint64_t version, absl::string_view fixed,
                       absl::string_view payload) {
  std::string head(1, static_cast<char>(kind));  // nine bytes: no memory is taken
  PutNumber(head, version, 8);
  return ExtendCrc(ExtendCrc(ExtendCrc(0, head), fixed), payload);
}

}  // namespace

unsigned ScopeOf(const base::TenantId& tenant, absl::string_view id, unsigned scopes) {
  if (scopes <= 1) return 0;
  const std::string digest = base::Sha256(absl::StrCat(tenant.value(), "/", id));
  return static_cast<unsigned>(NumberAt(digest, 0, 8) % scopes);
}

std::string KeyPrefix(unsigned scope) {
  return absl::StrCat("rp1:{", absl::Dec(scope, absl::kZeroPad2), "}:");
}

std::string EncodeKey(unsigned scope, std::uint64_t epoch, const EntityRef& entity) {
  std::string key;
  key.reserve(48 + 2 * entity.tenant.value().size() + std::min(entity.id.size(), kMaxPlainId));
  absl::StrAppend(&key, "rp1:{", absl::Dec(scope, absl::kZeroPad2),
                  "}:", absl::Hex(epoch, absl::kZeroPad16), ":", entity.kind, ":");
  AppendBase32(entity.tenant.value(), key);
  key.push_back(':');
  if (entity.id.size() > kMaxPlainId) {
    absl::StrAppend(&key, "h:", base::Sha256(entity.id));
  } else {
    absl::StrAppend(&key, entity.id.size(), ":", entity.id);
  }
  return key;
}

std::uint64_t Fingerprint(const EntityRef& entity) {
  std::string name;
  name.reserve(24 + entity.kind.size() + entity.tenant.value().size() + entity.id.size());
  for (const absl::string_view part :
       {entity.kind, absl::string_view(entity.tenant.value()), entity.id}) {
    PutNumber(name, part.size(), 8);
    name.append(part.data(), part.size());
  }
  return NumberAt(base::Sha256(name), 0, 8);
}

std::uint32_t Crc32c(absl::string_view data) { return ExtendCrc(0, data); }

std::uint32_t Crc32cByTable(absl::string_view data) { return ExtendCrcByTable(0, data); }

std::string EncodeTail(EntryKind kind, std::uint64_t version, const Tail& tail) {
  constexpr std::int64_t kMaxCost = std::numeric_limits<std::uint32_t>::max();
  std::string out;
  out.reserve(kTailSize + tail.payload.size());
  PutNumber(out, tail.schema, 2);
  PutNumber(out, tail.flags, 1);
  PutNumber(out,
            static_cast<std::uint64_t>(
                std::clamp<std::int64_t>(absl::ToInt64Microseconds(tail.fill_cost), 0, kMaxCost)),
            4);
  PutNumber(out,
            static_cast<std::uint64_t>(std::clamp<std::int64_t>(
                absl::ToUnixMillis(tail.soft_expire), 0, kVersionLimit - 1)),
            8);
  PutNumber(out, tail.fingerprint, 8);
  PutNumber(out, EntryCrc(kind, version, out, tail.payload), 4);
  out.append(tail.payload.data(), tail.payload.size());
  return out;
}

std::string EncodeHeader(const EntryState& entry) {
  std::string out(kMagic);
  out.push_back(static_cast<char>(entry.kind));
  PutNumber(out, entry.version, 8);
  PutNumber(out, entry.min_version, 8);
  PutHold(out, entry.lease);
  PutNumber(out, entry.intents.size(), 1);
  for (const Hold& intent : entry.intents) PutHold(out, intent);
  return out;
}

Header DecodeHeader(absl::string_view value) {
  Header header;
  if (value.size() < kHeaderSize || value.substr(0, 2) != kMagic) return {};
  EntryState& state = header.state;
  state.kind = static_cast<EntryKind>(value[2]);
  if (state.kind != EntryKind::kValue && state.kind != EntryKind::kNegative &&
      state.kind != EntryKind::kBlank) {
    return {};
  }
  state.version = NumberAt(value, 3, 8);
  state.min_version = NumberAt(value, 11, 8);
  if (state.version >= kVersionLimit || state.min_version >= kVersionLimit) return {};
  if (!HoldAt(value, 19, state.lease)) return {};
  const std::size_t count = static_cast<unsigned char>(value[kHeaderSize - 1]);
  header.size = kHeaderSize + count * kHoldSize;
  if (count > kMaxIntents || value.size() < header.size) return {};
  for (std::size_t i = 0; i < count; ++i) {
    if (!HoldAt(value, kHeaderSize + i * kHoldSize, state.intents.emplace_back())) return {};
  }
  // What no script writes: a payload beside an intent or below the lowest version, a blank with a
  // version.
  const bool whole = state.kind == EntryKind::kBlank
                         ? state.version == 0
                         : state.version >= state.min_version && count == 0;
  return whole ? header : Header();
}

absl::StatusOr<Entry> DecodeEntry(absl::string_view value) {
  Header header = DecodeHeader(value);
  if (header.size == 0) return absl::DataLossError("no cache entry");
  Entry entry{std::move(header.state), {}};
  if (entry.state.kind == EntryKind::kBlank) {
    if (value.size() > header.size) return absl::DataLossError("blank cache entry with a payload");
    return entry;
  }
  const absl::string_view bytes = value.substr(header.size);
  if (bytes.size() < kTailSize) return absl::DataLossError("cache entry cut short");
  Tail& tail = entry.tail;
  tail.schema = static_cast<std::uint16_t>(NumberAt(bytes, 0, 2));
  tail.flags = static_cast<std::uint8_t>(NumberAt(bytes, 2, 1));
  tail.fill_cost = absl::Microseconds(static_cast<std::int64_t>(NumberAt(bytes, 3, 4)));
  const std::uint64_t soft_expire = NumberAt(bytes, 7, 8);
  if (soft_expire >= kVersionLimit) return absl::DataLossError("cache entry out of time");
  tail.soft_expire = absl::FromUnixMillis(static_cast<std::int64_t>(soft_expire));
  tail.fingerprint = NumberAt(bytes, 15, 8);
  tail.payload = bytes.substr(kTailSize);
  const std::uint32_t crc =
      EntryCrc(entry.state.kind, entry.state.version, bytes.substr(0, kCrcOffset), tail.payload);
  if (crc != NumberAt(bytes, kCrcOffset, 4)) return absl::DataLossError("cache entry damaged");
  return entry;
}

TailCheck CheckTail(const Tail& tail, std::uint64_t fingerprint, std::uint16_t newest_schema,
                    std::uint8_t known_flags) {
  if (tail.fingerprint != fingerprint) return TailCheck::kWrongEntity;
  if (tail.schema > newest_schema || (tail.flags & ~known_flags) != 0) return TailCheck::kNotForUs;
  return TailCheck::kGood;
}

}  // namespace rapport::cache
