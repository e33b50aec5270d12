// Page tokens: only what was made here is accepted, and it reads back as it was made.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/resource/page_token.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const rapport::resource::PageTokens tokens("0123456789abcdef0123456789abcdef");
  if (tokens.Read("binding", text).ok()) std::abort();  // nobody guesses a MAC
  const std::vector<rapport::store::Value> key{text, std::int64_t{-1}, text.substr(size / 2)};
  const std::string token = tokens.Make(text, key);
  const auto back = tokens.Read(text, token);
  if (!back.ok() || *back != key) std::abort();
  if (tokens.Read(text + "x", token).ok()) std::abort();
  if (size > 0) {
    std::string changed = token;
    char& letter = changed[data[0] % changed.size()];
    letter = letter == 'A' ? 'B' : 'A';
    const auto other = tokens.Read(text, changed);
    // The last letter of base64 may hold bits that mean nothing.
    if (other.ok() && *other != key) std::abort();
  }
  return 0;
}
