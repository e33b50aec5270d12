// Bytes that Redis holds under one of our keys: whatever they are, they are refused, or read as an
// entry that can be written and read again.
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
  const std::string again = EncodeHeader(entry->state);
  if (again.size() != header.size || EncodeHeader(DecodeHeader(again).state) != again) std::abort();
  if (entry->state.kind == EntryKind::kBlank) {
    if (header.size != size) std::abort();
  } else {
    CheckTail(entry->tail, 0, 1, 0);
  }
  OnGet(entry->state, 0, 0);
  return 0;
}
