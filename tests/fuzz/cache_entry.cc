// Bytes that Redis holds under one of our keys: whatever they are, they are refused, or read as an
// entry with a header that is written as the same bytes.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "absl/strings/string_view.h"
#include "common/cache/entry.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace rapport::cache;  // NOLINT(google-build-using-namespace): one small function
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  const Header header = DecodeHeader(bytes);
  if (header.size > size) std::abort();
  const auto entry = DecodeEntry(bytes);
  if (!entry.ok()) return 0;
  if (EncodeHeader(entry->state) != bytes.substr(0, header.size)) std::abort();
  if (entry->state.kind == EntryKind::kBlank) {
    if (header.size != size) std::abort();
  } else {
    CheckTail(entry->tail, 0, 1, 0);
  }
  OnGet(entry->state, 0, 0);
  return 0;
}
