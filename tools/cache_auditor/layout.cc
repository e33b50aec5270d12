#include "tools/cache_auditor/layout.h"

#include <openssl/sha.h>

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"

namespace rapport::auditor {
namespace {

struct Kind {
  const char* service;
  const char* type;
  const char* kind;
};
constexpr Kind kKinds[] = {
    {"contact", "rapport.contact.v1.Person", "pe"},
    {"contact", "rapport.contact.v1.Relationship", "re"},
    {"engagement", "rapport.engagement.v1.RelationshipStatistics", "st"},
    {"engagement", "rapport.contact.v1.Settings", "se"},
};

constexpr std::size_t kLongestPlainId = 512;

// One column of a primary key: 't', the length in eight bytes, lowest first, the text.
std::string Column(absl::string_view text) {
  std::string out(9, 't');
  for (std::size_t i = 1; i < 9; ++i) {
    out[i] = static_cast<char>(std::uint64_t{text.size()} >> (8 * (i - 1)) & 255);
  }
  out.append(text.data(), text.size());
  return out;
}

std::string Base32(absl::string_view text) {
  std::vector<int> bits;
  for (const char c : text) {
    for (int bit = 7; bit >= 0; --bit) bits.push_back(c >> bit & 1);
  }
  while (bits.size() % 5 != 0) bits.push_back(0);
  std::string out;
  for (std::size_t at = 0; at < bits.size(); at += 5) {
    std::size_t digit = 0;
    for (std::size_t i = at; i < at + 5; ++i) digit = 2 * digit + static_cast<std::size_t>(bits[i]);
    out.push_back("abcdefghijklmnopqrstuvwxyz234567"[digit]);
  }
  return out;
}

std::uint64_t Number(absl::string_view bytes) {
  std::uint64_t out = 0;
  for (const char byte : bytes) out = out * 256 + static_cast<unsigned char>(byte);
  return out;
}

}  // namespace

absl::optional<CachedRow> RowOf(absl::string_view service, absl::string_view type,
                                absl::string_view name) {
  for (const Kind& known : kKinds) {
    if (service != known.service || type != known.type) continue;
    // tenants/T, then pairs of a collection and an id, then perhaps the name of a singleton.
    const std::vector<std::string> parts = absl::StrSplit(name, '/');
    std::vector<std::string> ids;
    for (std::size_t i = 1; i < parts.size(); i += 2) ids.push_back(parts[i]);
    if (ids.empty()) return absl::nullopt;
    const std::string id = ids.size() == 1 ? "-" : ids.back();
    std::string parent;
    for (std::size_t i = 1; i + 1 < ids.size(); ++i) {
      if (i > 1) parent.push_back('/');
      parent.append(ids[i]);
    }
    return CachedRow{known.kind, ids.front(), absl::StrCat(Column(parent), Column(id))};
  }
  return absl::nullopt;
}

std::string KeyOf(int scope, absl::string_view epoch, const CachedRow& row) {
  const std::string beginning = absl::StrCat(absl::StrFormat("rp1:{%02d}:", scope), epoch, ":",
                                             row.kind, ":", Base32(row.tenant), ":");
  if (row.id.size() <= kLongestPlainId) {
    return absl::StrCat(beginning, row.id.size(), ":", row.id);
  }
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(row.id.data()), row.id.size(), digest);
  return absl::StrCat(
      beginning, "h:", absl::string_view(reinterpret_cast<const char*>(digest), sizeof digest));
}

absl::optional<Header> ReadHeader(absl::string_view entry) {
  constexpr std::size_t kFixed = 36;
  constexpr std::size_t kMark = 16;
  if (entry.size() < kFixed || entry.substr(0, 2) != "R1") return absl::nullopt;
  Header header;
  header.kind = entry[2];
  header.version = Number(entry.substr(3, 8));
  header.lowest_version = Number(entry.substr(11, 8));
  header.lease = Number(entry.substr(19, 8));
  header.marks = static_cast<unsigned char>(entry[35]);
  header.size = kFixed + header.marks * kMark;
  const bool known_kind = header.kind == 'V' || header.kind == 'N' || header.kind == 'B';
  return known_kind && entry.size() >= header.size ? absl::optional<Header>(header) : absl::nullopt;
}

}  // namespace rapport::auditor
