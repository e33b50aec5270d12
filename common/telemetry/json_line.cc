#include "common/telemetry/json_line.h"

#include <cmath>
#include <cstddef>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/text/utf8.h"

namespace rapport::telemetry {
namespace {

void AppendEscape(unsigned code, std::string& out) {
  absl::StrAppend(&out, "\\u", absl::Hex(code, absl::kZeroPad4));
}

void AppendAscii(char c, std::string& out) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
    AppendEscape(static_cast<unsigned char>(c), out);
  } else {
    out += c;
  }
}

// How many characters at the beginning stand for themselves: printable ASCII but for \" and \\.
std::size_t PlainPrefix(absl::string_view text) {
  std::size_t length = 0;
  while (length < text.size() && text[length] >= ' ' && text[length] < 0x7f &&
         text[length] != '"' && text[length] != '\\') {
    ++length;
  }
  return length;
}

}  // namespace

void AppendJsonString(absl::string_view text, std::string& out) {
  out += '"';
  while (!text.empty()) {
    const std::size_t plain = PlainPrefix(text);
    out.append(text.data(), plain);
    text.remove_prefix(plain);
    if (text.empty()) break;
    const std::size_t length = text::Utf8CharLength(text);
    if (length == 0) {
      out += "\xEF\xBF\xBD";
      text.remove_prefix(1);
      continue;
    }
    const absl::string_view character = text.substr(0, length);
    if (length == 1) {
      AppendAscii(character[0], out);
    } else if (length == 2 && character[0] == '\xC2' &&
               static_cast<unsigned char>(character[1]) < 0xA0) {
      AppendEscape(static_cast<unsigned char>(character[1]), out);
    } else if (character == "\xE2\x80\xA8") {
      AppendEscape(0x2028, out);
    } else if (character == "\xE2\x80\xA9") {
      AppendEscape(0x2029, out);
    } else {
      absl::StrAppend(&out, character);
    }
    text.remove_prefix(length);
  }
  out += '"';
}

void AppendJsonScalar(const JsonScalar& value, std::string& out) {
  if (const bool* flag = std::get_if<bool>(&value)) {
    out += *flag ? "true" : "false";
  } else if (const std::int64_t* number = std::get_if<std::int64_t>(&value)) {
    absl::StrAppend(&out, *number);
  } else if (const double* real = std::get_if<double>(&value)) {
    if (std::isfinite(*real)) {
      absl::StrAppendFormat(&out, "%.15g", *real);
    } else {
      out += "null";
    }
  } else {
    AppendJsonString(std::get<absl::string_view>(value), out);
  }
}

}  // namespace rapport::telemetry
