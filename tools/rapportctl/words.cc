#include "tools/rapportctl/words.h"

#include <unicode/uchar.h>

#include <algorithm>
#include <array>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/text/utf8.h"

namespace rapport::rapportctl {
namespace {

constexpr std::array<absl::string_view, 13> kWords = {"no",   "one",    "two",   "three", "four",
                                                      "five", "six",    "seven", "eight", "nine",
                                                      "ten",  "eleven", "twelve"};

int WidthOf(UChar32 c) {
  if (c < 0x20 || (c >= 0x7f && c < 0xa0)) return 0;
  switch (u_charType(c)) {
    case U_NON_SPACING_MARK:
    case U_ENCLOSING_MARK:
    case U_FORMAT_CHAR:
      return 0;
    default:
      break;
  }
  const int width = u_getIntPropertyValue(c, UCHAR_EAST_ASIAN_WIDTH);
  return width == U_EA_WIDE || width == U_EA_FULLWIDTH ? 2 : 1;
}

// The character of `length` bytes at the start of valid UTF-8.
UChar32 Decoded(absl::string_view text, std::size_t length) {
  constexpr std::array<unsigned, 5> kFirstBits = {0, 0x7f, 0x1f, 0x0f, 0x07};
  unsigned c = static_cast<unsigned char>(text[0]) & kFirstBits[length];
  for (std::size_t i = 1; i < length; ++i) {
    c = (c << 6) | (static_cast<unsigned char>(text[i]) & 0x3fu);
  }
  return static_cast<UChar32>(c);
}

// Calls `each(start, end, columns)` for each character until it returns false.
template <class Each>
void ForEachCharacter(absl::string_view text, Each each) {
  for (std::size_t at = 0; at < text.size();) {
    const absl::string_view rest = text.substr(at);
    const std::size_t length = text::Utf8CharLength(rest);
    const std::size_t end = at + std::max<std::size_t>(length, 1);
    if (!each(at, end, length == 0 ? 1 : WidthOf(Decoded(rest, length)))) return;
    at = end;
  }
}

}  // namespace

std::string NumberWord(std::int64_t n) {
  if (n >= 0 && n < static_cast<std::int64_t>(kWords.size())) {
    return std::string(kWords[static_cast<std::size_t>(n)]);
  }
  return Grouped(n);
}

std::string Capitalised(absl::string_view text) {
  std::string out(text);
  if (!out.empty()) out[0] = absl::ascii_toupper(static_cast<unsigned char>(out[0]));
  return out;
}

std::string Grouped(std::int64_t n) {
  std::string digits = absl::StrCat(n);
  const std::size_t sign = n < 0 ? 1 : 0;
  for (std::size_t at = digits.size(); at > sign + 3;) {
    at -= 3;
    digits.insert(at, 1, ' ');
  }
  return digits;
}

std::string Count(std::int64_t n, absl::string_view one, absl::string_view many) {
  return absl::StrCat(Grouped(n), " ", n == 1 ? one : many);
}

std::string CountInWords(std::int64_t n, absl::string_view one, absl::string_view many) {
  return absl::StrCat(NumberWord(n), " ", n == 1 ? one : many);
}

std::string FirstName(absl::string_view full_name) {
  const std::string plain = Plain(full_name);
  for (absl::string_view word : absl::StrSplit(plain, ' ', absl::SkipEmpty())) {
    if (!absl::EndsWith(word, ".")) return std::string(word);  // "Dr."
  }
  return plain;
}

std::string Plain(absl::string_view text) {
  std::string out;
  out.reserve(text.size());
  const std::string valid = text::ReplaceInvalidUtf8(text);
  ForEachCharacter(valid, [&](std::size_t start, std::size_t end, int) {
    const auto first = static_cast<unsigned char>(valid[start]);
    const bool c1 = first == 0xc2 && static_cast<unsigned char>(valid[start + 1]) < 0xa0;
    if (first < 0x20 || first == 0x7f || c1) {
      out += ' ';
    } else {
      out.append(valid, start, end - start);
    }
    return true;
  });
  absl::StripAsciiWhitespace(&out);
  return out;
}

std::size_t DisplayWidth(absl::string_view text) {
  std::size_t width = 0;
  ForEachCharacter(text, [&](std::size_t, std::size_t, int columns) {
    width += static_cast<std::size_t>(columns);
    return true;
  });
  return width;
}

std::string Pad(absl::string_view text, std::size_t width) {
  std::string out(text);
  const std::size_t used = DisplayWidth(text);
  if (used < width) out.append(width - used, ' ');
  return out;
}

std::string Clip(absl::string_view text, std::size_t width) {
  if (DisplayWidth(text) <= width) return std::string(text);
  std::size_t used = 0;
  std::size_t cut = 0;
  ForEachCharacter(text, [&](std::size_t, std::size_t end, int columns) {
    used += static_cast<std::size_t>(columns);
    if (used + 1 > width) return false;
    cut = end;
    return true;
  });
  return absl::StrCat(text.substr(0, cut), "…");
}

std::vector<std::string> Wrap(absl::string_view text, std::size_t width) {
  std::vector<std::string> lines;
  std::string line;
  for (absl::string_view word : absl::StrSplit(text, ' ', absl::SkipEmpty())) {
    if (!line.empty() && DisplayWidth(line) + 1 + DisplayWidth(word) > width) {
      lines.push_back(std::move(line));
      line.clear();
    }
    absl::StrAppend(&line, line.empty() ? "" : " ", word);
  }
  if (!line.empty() || lines.empty()) lines.push_back(std::move(line));
  return lines;
}

std::string Hanging(absl::string_view prefix, absl::string_view text, std::size_t width) {
  const std::size_t indent = DisplayWidth(prefix);
  const std::string plain = Plain(text);
  // Too narrow to stand beside the prefix: leave the breaking to the terminal.
  if (width < indent + 20) return absl::StrCat(prefix, plain, "\n");
  std::string out;
  for (const std::string& line : Wrap(plain, width - indent)) {
    absl::StrAppend(&out, out.empty() ? std::string(prefix) : std::string(indent, ' '), line, "\n");
  }
  return out;
}

}  // namespace rapport::rapportctl
