// ASCII helpers on std::string_view (absl's own string_view does not convert to it here).
#ifndef RAPPORT_TOOLS_IMPORT_ASCII_H_
#define RAPPORT_TOOLS_IMPORT_ASCII_H_

#include <initializer_list>
#include <string>
#include <string_view>

namespace rapport::importer {

constexpr bool IsAsciiDigit(char c) { return c >= '0' && c <= '9'; }
constexpr bool IsAsciiUpper(char c) { return c >= 'A' && c <= 'Z'; }
constexpr bool IsAsciiAlpha(char c) { return IsAsciiUpper(c) || (c >= 'a' && c <= 'z'); }
constexpr bool IsAsciiAlnum(char c) { return IsAsciiDigit(c) || IsAsciiAlpha(c); }
constexpr bool IsAsciiSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
constexpr char AsciiLower(char c) { return IsAsciiUpper(c) ? static_cast<char>(c + 32) : c; }

std::string_view Strip(std::string_view text);
std::string Lower(std::string_view text);
std::string Upper(std::string_view text);
bool EqualsIgnoreCase(std::string_view a, std::string_view b);
bool StartsWithIgnoreCase(std::string_view text, std::string_view prefix);
// `needle` in lower case.
bool ContainsIgnoreCase(std::string_view text, std::string_view needle);
bool IsOneOf(std::string_view text, std::initializer_list<std::string_view> words);
std::string Cat(std::initializer_list<std::string_view> pieces);

}  // namespace rapport::importer

#endif  // RAPPORT_TOOLS_IMPORT_ASCII_H_
