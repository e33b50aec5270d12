// UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF. NUL is a
// character like any other. All functions are pure and never read past the given text.
#ifndef RAPPORT_COMMON_TEXT_UTF8_H_
#define RAPPORT_COMMON_TEXT_UTF8_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace rapport::text {

// Bytes of the valid character at the start of `text`, 1..4; 0 if there is none.
std::size_t Utf8CharLength(absl::string_view text);

bool IsValidUtf8(absl::string_view text);

// Code points in `text`; each byte that belongs to no valid character counts as one.
std::size_t CountCodePoints(absl::string_view text);

// The longest start of `text` with at most that many code points or bytes; never cuts a character.
absl::string_view TruncateCodePoints(absl::string_view text, std::size_t max_code_points);
absl::string_view TruncateBytes(absl::string_view text, std::size_t max_bytes);

// `text` with each byte that belongs to no valid character replaced by U+FFFD.
std::string ReplaceInvalidUtf8(absl::string_view text);

}  // namespace rapport::text

#endif  // RAPPORT_COMMON_TEXT_UTF8_H_
