// Bytes of unknown or declared charset, made into valid UTF-8. Pure functions, thread-safe.
#ifndef RAPPORT_TOOLS_IMPORT_CHARSET_H_
#define RAPPORT_TOOLS_IMPORT_CHARSET_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rapport::importer {

// True if `bytes` is well-formed UTF-8 (no surrogates, no overlong forms, at most U+10FFFF).
bool IsUtf8(std::string_view bytes);

// Appends the character; U+FFFD if `c` is 0, a surrogate, or beyond U+10FFFF.
void AppendUtf8(uint32_t c, std::string* out);

// Always returns valid UTF-8 without NUL. `charset` is the declared name, or empty.
//   - declared and known: decoded so; bytes that make no sense become U+FFFD;
//   - nothing, us-ascii or an unknown name declared: taken as UTF-8 if it is, else windows-1252;
//   - iso-8859-1 is read as windows-1252, as everybody writes it.
std::string ToUtf8(std::string_view bytes, std::string_view charset = {});

// RFC 2045 section 6.7, lenient: what is no escape stays as it is; soft line breaks are removed.
std::string DecodeQuotedPrintable(std::string_view text);

// RFC 4648; white space is ignored, missing padding is accepted. nullopt on any other character
// or on an impossible length.
std::optional<std::string> DecodeBase64(std::string_view text);

}  // namespace rapport::importer

#endif  // RAPPORT_TOOLS_IMPORT_CHARSET_H_
