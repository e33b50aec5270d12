#include "common/text/utf8.h"

#include <cstdint>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace rapport::text {
namespace {

bool InRange(char c, unsigned low, unsigned high) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= low && byte <= high;
}

bool IsTail(char c) { return InRange(c, 0x80, 0xBF); }

// Length of the next step: a whole character, or one byte that is part of none.
std::size_t Step(absl::string_view text) {
  const std::size_t length = Utf8CharLength(text);
  return length == 0 ? 1 : length;
}

}  // namespace

// The table of well-formed byte sequences: RFC 3629, section 4.
std::size_t Utf8CharLength(absl::string_view text) {
  if (text.empty()) return 0;
  const auto lead = static_cast<unsigned char>(text[0]);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) {
    return text.size() >= 2 && IsTail(text[1]) ? 2 : 0;
  }
  if (lead >= 0xE0 && lead <= 0xEF) {
    if (text.size() < 3 || !IsTail(text[2])) return 0;
    const unsigned low = lead == 0xE0 ? 0xA0 : 0x80;
    const unsigned high = lead == 0xED ? 0x9F : 0xBF;
    return InRange(text[1], low, high) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    if (text.size() < 4 || !IsTail(text[2]) || !IsTail(text[3])) return 0;
    const unsigned low = lead == 0xF0 ? 0x90 : 0x80;
    const unsigned high = lead == 0xF4 ? 0x8F : 0xBF;
    return InRange(text[1], low, high) ? 4 : 0;
  }
  return 0;
}

bool IsValidUtf8(absl::string_view text) {
  while (!text.empty()) {
    std::uint64_t bytes = 0;
    if (text.size() >= sizeof bytes) {
      std::memcpy(&bytes, text.data(), sizeof bytes);
      if ((bytes & 0x8080808080808080U) == 0) {  // all of them are ASCII
        text.remove_prefix(sizeof bytes);
        continue;
      }
    }
    const std::size_t length = Utf8CharLength(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::size_t CountCodePoints(absl::string_view text) {
  std::size_t count = 0;
  for (; !text.empty(); ++count) text.remove_prefix(Step(text));
  return count;
}

absl::string_view TruncateCodePoints(absl::string_view text, std::size_t max_code_points) {
  std::size_t end = 0;
  for (std::size_t count = 0; count < max_code_points && end < text.size(); ++count) {
    end += Step(text.substr(end));
  }
  return text.substr(0, end);
}

absl::string_view TruncateBytes(absl::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  std::size_t end = 0;
  while (true) {
    const std::size_t next = end + Step(text.substr(end));
    if (next > max_bytes) return text.substr(0, end);
    end = next;
  }
}

std::string ReplaceInvalidUtf8(absl::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = Utf8CharLength(text);
    if (length == 0) {
      out += "\xEF\xBF\xBD";
      text.remove_prefix(1);
    } else {
      absl::StrAppend(&out, text.substr(0, length));
      text.remove_prefix(length);
    }
  }
  return out;
}

}  // namespace rapport::text
