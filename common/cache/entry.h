// Keys and values of the shared cache, byte for byte (family "rp1"; numbers big-endian).
//
//   key    "rp1:{" scope, 2 digits "}:" epoch, 16 hex digits ":" kind, 2 characters ":"
//          tenant in base32 ":" length of the id ":" id
//          an id over 512 bytes is written as "h:" and its SHA-256
//   value  header, and behind it a tail unless the entry is blank
//   header "R1" | kind 'V' 'N' 'B' | version u64 | lowest version u64 | lease: id 8 B, expires_ms
//   u64
//          | k u8 | k × (intent id 8 B, expires_ms u64)
//   tail   schema u16 | flags u8 | fill_cost_us u32 | soft_expire_ms u64 | fingerprint u64
//          | crc32c u32 | payload
//
// The header is frozen for the family: old and new binaries share one point of invalidation, and
// the scripts rewrite it. The checksum covers what the scripts never change: kind, version and
// tail. Everything here is pure; any bytes may be decoded.
#ifndef RAPPORT_COMMON_CACHE_ENTRY_H_
#define RAPPORT_COMMON_CACHE_ENTRY_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/base/id.h"
#include "common/cache/protocol.h"

namespace rapport::cache {

// What an entity is called. The tenant is the verified caller's, never one from a request.
struct EntityRef {
  absl::string_view kind;  // a constant of two characters of [a-z0-9]
  const base::TenantId& tenant;
  absl::string_view id;  // any bytes
};

inline constexpr std::size_t kMaxPlainId = 512;
inline constexpr unsigned kMaxScopes = 16;

// The scope of a row, 0 .. scopes - 1: the first eight bytes of SHA-256(tenant "/" id), big-endian,
// modulo `scopes` (1 .. kMaxScopes). The same for ever: a store's rows stay where they are.
unsigned ScopeOf(const base::TenantId& tenant, absl::string_view id, unsigned scopes);

// What all keys of the scope begin with; between the braces stands what decides their slot in a
// cluster.
std::string KeyPrefix(unsigned scope);
std::string EncodeKey(unsigned scope, std::uint64_t epoch, const EntityRef& entity);

// The first eight bytes of SHA-256 over the length-prefixed parts of the name: no entity is taken
// for another, whatever ids clients choose.
std::uint64_t Fingerprint(const EntityRef& entity);

std::uint32_t Crc32c(absl::string_view data);
// The same on machines that have no instruction for it.
std::uint32_t Crc32cByTable(absl::string_view data);

// Bits of Tail::flags. A reader that meets a bit it does not know treats the entry as a miss.
inline constexpr std::uint8_t kFlagZstd = 1;
inline constexpr std::uint8_t kFlagEncrypted = 2;

struct Tail {
  std::uint16_t schema = 0;  // of the payload; rises with its message
  std::uint8_t flags = 0;
  absl::Duration fill_cost;  // microseconds, up to 71 minutes
  absl::Time soft_expire;    // milliseconds
  std::uint64_t fingerprint = 0;
  absl::string_view payload;
};

// What FILL stores behind the header.
std::string EncodeTail(EntryKind kind, std::uint64_t version, const Tail& tail);

// The header alone, as the scripts write it.
std::string EncodeHeader(const EntryState& entry);

struct Entry {
  EntryState state;  // expires_ms stays 0: only Redis knows it
  Tail tail;         // points into the decoded bytes; empty if the entry is blank
};

// DATA_LOSS for bytes that are no entry of this family or whose checksum is wrong.
absl::StatusOr<Entry> DecodeEntry(absl::string_view value);

// The header as the scripts see it: bytes that are no entry count as a missing key.
struct Header {
  EntryState state;
  std::size_t size = 0;  // 0: no entry
};
Header DecodeHeader(absl::string_view value);

// What a reader may do with a decoded entry that is not blank.
enum class TailCheck : std::uint8_t {
  kGood,
  kWrongEntity,  // counted, dropped (scripts.h, DropCommand), read from the system of record
  kNotForUs,     // a newer schema or an unknown flag: a miss, and not filled
};
TailCheck CheckTail(const Tail& tail, std::uint64_t fingerprint, std::uint16_t newest_schema,
                    std::uint8_t known_flags);

}  // namespace rapport::cache

#endif  // RAPPORT_COMMON_CACHE_ENTRY_H_
