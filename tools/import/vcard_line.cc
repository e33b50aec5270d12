#include "tools/import/vcard_line.h"

#include <algorithm>
#include <array>

#include "tools/import/ascii.h"
#include "tools/import/charset.h"

namespace rapport::importer {
namespace {

constexpr size_t kMaxHeadBytes = size_t{16} * 1024;
constexpr size_t kMaxParameters = 256;
constexpr size_t kMaxPieces = 1024;

// Finds the end of a piece of the head: the first of `stops` outside double quotes.
size_t FindOutsideQuotes(std::string_view text, size_t from, std::string_view stops) {
  bool quoted = false;
  for (size_t i = from; i < text.size(); ++i) {
    if (text[i] == '"') quoted = !quoted;
    if (!quoted && stops.find(text[i]) != std::string_view::npos) return i;
  }
  return std::string_view::npos;
}

size_t FindValueColon(std::string_view line) {
  line = line.substr(0, kMaxHeadBytes);
  const size_t colon = FindOutsideQuotes(line, 0, ":");
  // A stray quote must not swallow the value.
  return colon != std::string_view::npos ? colon : line.find(':');
}

TransferEncoding EncodingOf(std::string_view word) {
  if (EqualsIgnoreCase(word, "QUOTED-PRINTABLE") || EqualsIgnoreCase(word, "Q")) {
    return TransferEncoding::kQuotedPrintable;
  }
  if (EqualsIgnoreCase(word, "BASE64") || EqualsIgnoreCase(word, "B")) {
    return TransferEncoding::kBase64;
  }
  return TransferEncoding::kNone;
}

// A word without "=" (2.1): does it name an encoding? A bare B is no encoding.
bool IsBareEncoding(std::string_view word) {
  return EqualsIgnoreCase(word, "QUOTED-PRINTABLE") || EqualsIgnoreCase(word, "BASE64") ||
         EqualsIgnoreCase(word, "8BIT") || EqualsIgnoreCase(word, "7BIT");
}

// RFC 6868: ^n line break, ^' double quote, ^^ caret.
std::string DecodeCaret(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '^' && i + 1 < text.size()) {
      const char next = text[i + 1];
      if (next == 'n' || next == '\'' || next == '^') {
        out.push_back(next == 'n' ? '\n' : next == '\'' ? '"' : '^');
        ++i;
        continue;
      }
    }
    out.push_back(text[i]);
  }
  return out;
}

bool IsNameCharacter(char c) { return IsAsciiAlnum(c) || c == '-' || c == '_' || c == '/'; }

struct NameParts {
  std::string_view group;
  std::string_view name;
};
NameParts SplitName(std::string_view text) {
  text = Strip(text);
  const size_t dot = text.rfind('.');
  if (dot == std::string_view::npos) return {{}, text};
  return {text.substr(0, dot), text.substr(dot + 1)};
}

void AddParameter(std::string_view text, VCardProperty* property) {
  text = Strip(text);
  if (text.empty()) return;
  const size_t equals = text.find('=');
  if (equals == std::string_view::npos) {
    property->parameters.push_back({IsBareEncoding(text) ? "ENCODING" : "TYPE", ToUtf8(text)});
    return;
  }
  const std::string name = ToUtf8(Upper(Strip(text.substr(0, equals))));
  std::string_view rest = text.substr(equals + 1);
  const bool list = name == "TYPE";
  while (property->parameters.size() <= kMaxParameters) {
    const size_t comma = FindOutsideQuotes(rest, 0, ",");
    std::string_view piece = Strip(rest.substr(0, comma));
    if (piece.size() >= 2 && piece.front() == '"' && piece.back() == '"') {
      piece = piece.substr(1, piece.size() - 2);
    }
    // TYPE="work,voice" is written for TYPE=work,voice.
    while (list && property->parameters.size() <= kMaxParameters) {
      const size_t inner = piece.find(',');
      if (inner == std::string_view::npos) break;
      property->parameters.push_back({name, ToUtf8(DecodeCaret(piece.substr(0, inner)))});
      piece.remove_prefix(inner + 1);
    }
    property->parameters.push_back({name, ToUtf8(DecodeCaret(piece))});
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
  }
}

// Properties whose base64 value is text all the same.
bool IsTextProperty(std::string_view name) {
  constexpr std::array<std::string_view, 19> kText = {
      "FN",   "N",    "NICKNAME", "EMAIL", "TEL", "ADR",  "LABEL", "ORG", "TITLE",     "ROLE",
      "NOTE", "BDAY", "URL",      "IMPP",  "UID", "LANG", "TZ",    "REV", "CATEGORIES"};
  return std::find(kText.begin(), kText.end(), name) != kText.end();
}

// `line` in UTF-8 with a CHARSET parameter that says so.
std::string RawUtf8(std::string_view line, size_t colon, std::string_view charset) {
  if (IsUtf8(line) && line.find('\0') == std::string_view::npos) return std::string(line);
  std::string head = ToUtf8(line.substr(0, colon));
  const std::string upper = Upper(head);
  if (const size_t at = upper.find(";CHARSET="); at != std::string::npos) {
    const size_t from = at + std::string_view(";CHARSET=").size();
    const size_t end = std::min(head.find(';', from), head.size());
    head.replace(from, end - from, "UTF-8");
  }
  return Cat({head, ":", ToUtf8(line.substr(colon + 1), charset)});
}

}  // namespace

LineHead ReadLineHead(std::string_view line) {
  LineHead head;
  head.colon = FindValueColon(line);
  if (head.colon == std::string_view::npos) return head;
  std::string_view text = line.substr(0, head.colon);
  const size_t semicolon = std::min(text.find(';'), text.size());
  head.name = Upper(SplitName(text.substr(0, semicolon)).name);
  while (text.size() > semicolon && !text.empty()) {
    const size_t from = text.find(';');
    if (from == std::string_view::npos) break;
    text.remove_prefix(from + 1);
    std::string_view word = Strip(text.substr(0, text.find(';')));
    if (const size_t equals = word.find('='); equals != std::string_view::npos) {
      if (!EqualsIgnoreCase(Strip(word.substr(0, equals)), "ENCODING")) {
        continue;
      }
      word = Strip(word.substr(equals + 1));
      if (word.size() >= 2 && word.front() == '"') word = word.substr(1, word.size() - 2);
    } else if (!IsBareEncoding(word)) {
      continue;
    }
    head.encoding = EncodingOf(word);
  }
  return head;
}

bool IsBinaryProperty(std::string_view name) {
  return name == "PHOTO" || name == "LOGO" || name == "SOUND" || name == "KEY";
}

std::string ParseContentLine(std::string_view line, VCardProperty* property) {
  const LineHead head = ReadLineHead(line);
  if (head.colon == std::string_view::npos) return "not a property line";
  const std::string_view text = line.substr(0, head.colon);
  size_t end = std::min(FindOutsideQuotes(text, 0, ";"), text.size());
  const NameParts parts = SplitName(text.substr(0, end));
  if (parts.name.empty() || !std::all_of(parts.name.begin(), parts.name.end(), IsNameCharacter)) {
    return "not a property line";
  }
  property->group = ToUtf8(parts.group);
  property->name = Upper(parts.name);
  while (end < text.size()) {
    const size_t from = end + 1;
    end = std::min(FindOutsideQuotes(text, from, ";"), text.size());
    AddParameter(text.substr(from, end - from), property);
    if (property->parameters.size() > kMaxParameters) return "too many parameters";
  }
  const std::string_view value = line.substr(head.colon + 1);
  const std::string_view charset = property->Parameter("CHARSET");
  property->raw = RawUtf8(line, head.colon, charset);
  switch (head.encoding) {
    case TransferEncoding::kNone:
      property->value = ToUtf8(value, charset);
      return "";
    case TransferEncoding::kQuotedPrintable:
      property->value = ToUtf8(DecodeQuotedPrintable(value), charset);
      return "";
    case TransferEncoding::kBase64: {
      // Some writers put a link under an encoding that it does not have.
      if (EqualsIgnoreCase(property->Parameter("VALUE"), "URI") ||
          EqualsIgnoreCase(property->Parameter("VALUE"), "URL") ||
          value.find("://") != std::string_view::npos) {
        property->value = ToUtf8(value, charset);
        return "";
      }
      std::optional<std::string> bytes = DecodeBase64(value);
      if (!bytes.has_value()) return "broken base64";
      property->binary = !IsTextProperty(property->name);
      property->value = property->binary ? *std::move(bytes) : ToUtf8(*bytes, charset);
      return "";
    }
  }
  return "";
}

std::vector<std::string_view> SplitEscaped(std::string_view text, char separator) {
  std::vector<std::string_view> pieces;
  size_t from = 0;
  for (size_t i = 0; i < text.size() && pieces.size() + 1 < kMaxPieces; ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == separator) {
      pieces.push_back(text.substr(from, i - from));
      from = i + 1;
    }
  }
  pieces.push_back(text.substr(std::min(from, text.size())));
  return pieces;
}

std::string Unescape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) {
      ++i;
      out.push_back(text[i] == 'n' || text[i] == 'N' ? '\n' : text[i]);
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

std::string Escape(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  for (const char c : text) {
    if (c == '\n') {
      out.append("\\n");
      continue;
    }
    if (c == '\\' || c == ',' || c == ';') out.push_back('\\');
    out.push_back(c);
  }
  return out;
}

std::string_view VCardProperty::Parameter(std::string_view parameter) const {
  for (const VCardParameter& p : parameters) {
    if (p.name == parameter) return p.value;
  }
  return {};
}

bool VCardProperty::HasType(std::string_view type) const {
  return std::any_of(parameters.begin(), parameters.end(), [&](const VCardParameter& p) {
    return p.name == "TYPE" && EqualsIgnoreCase(p.value, type);
  });
}

}  // namespace rapport::importer
