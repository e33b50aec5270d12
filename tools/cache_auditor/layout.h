// Keys and headers of cache entries as docs/caching.md describes them. Written from that page, and
// not from the code that the services use: what is wrong there shall not be wrong here too.
#ifndef RAPPORT_TOOLS_CACHE_AUDITOR_LAYOUT_H_
#define RAPPORT_TOOLS_CACHE_AUDITOR_LAYOUT_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/optional.h"

namespace rapport::auditor {

// A row that has entries.
struct CachedRow {
  std::string kind;    // "pe", "re", "st", "se"
  std::string tenant;  // id
  std::string id;      // as it stands in keys
};

// The row of a resource in the feed of a service; nothing if it is not cached. `type` is a full
// name, "rapport.contact.v1.Person".
absl::optional<CachedRow> RowOf(absl::string_view service, absl::string_view type,
                                absl::string_view name);

// `epoch` is 16 hex digits.
std::string KeyOf(int scope, absl::string_view epoch, const CachedRow& row);

struct Header {
  char kind = 0;  // 'V' value, 'N' "there is none", 'B' blank
  std::uint64_t version = 0;
  std::uint64_t lowest_version = 0;
  std::uint64_t lease = 0;
  std::size_t marks = 0;
  std::size_t size = 0;  // of the header
};
// Nothing for bytes that do not begin with one.
absl::optional<Header> ReadHeader(absl::string_view entry);

}  // namespace rapport::auditor

#endif  // RAPPORT_TOOLS_CACHE_AUDITOR_LAYOUT_H_
