#include "tools/import/charset.h"

#include <iconv.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>

#include "tools/import/ascii.h"

namespace rapport::importer {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// Length of the well-formed sequence at the front of `s`, or 0.
size_t Utf8Length(std::string_view s) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(s[i]); };
  const auto tail = [&](size_t i) { return i < s.size() && (byte(i) & 0xC0) == 0x80; };
  const unsigned char b = byte(0);
  if (b < 0x80) return 1;
  if (b >= 0xC2 && b <= 0xDF) return tail(1) ? 2 : 0;
  if (b >= 0xE0 && b <= 0xEF) {
    if (!tail(1) || !tail(2)) return 0;
    if (b == 0xE0 && byte(1) < 0xA0) return 0;
    if (b == 0xED && byte(1) > 0x9F) return 0;
    return 3;
  }
  if (b >= 0xF0 && b <= 0xF4) {
    if (!tail(1) || !tail(2) || !tail(3)) return 0;
    if (b == 0xF0 && byte(1) < 0x90) return 0;
    if (b == 0xF4 && byte(1) > 0x8F) return 0;
    return 4;
  }
  return 0;
}

// Valid UTF-8 without NUL from bytes that are meant to be UTF-8.
std::string Repair(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  while (!bytes.empty()) {
    const size_t length = Utf8Length(bytes);
    if (length == 0) {
      out.append(kReplacement);
      bytes.remove_prefix(1);
      continue;
    }
    if (bytes[0] != '\0') out.append(bytes.substr(0, length));
    bytes.remove_prefix(length);
  }
  return out;
}

// The printable half of windows-1252 that differs from ISO 8859-1; 0 = not assigned.
constexpr std::array<uint16_t, 32> kWindows1252 = {
    0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};

std::string FromWindows1252(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() + bytes.size() / 4);
  for (const char raw : bytes) {
    const auto c = static_cast<unsigned char>(raw);
    if (c == 0) continue;
    if (c >= 0x80 && c < 0xA0) {
      const uint32_t mapped = kWindows1252.at(c - 0x80U);
      AppendUtf8(mapped == 0 ? 0xFFFDU : mapped, &out);
    } else {
      AppendUtf8(c, &out);
    }
  }
  return out;
}

bool PlainCharsetName(std::string_view name) {
  return !name.empty() && name.size() <= 40 && std::all_of(name.begin(), name.end(), [](char c) {
    return IsAsciiAlnum(c) || c == '-' || c == '_' || c == '.' || c == ':';
  });
}

// nullopt if iconv does not know `charset`.
std::optional<std::string> Iconv(std::string_view bytes, const std::string& charset) {
  const iconv_t handle = iconv_open("UTF-8", charset.c_str());
  // NOLINTNEXTLINE(performance-no-int-to-ptr): the error value of the C interface
  if (handle == reinterpret_cast<iconv_t>(-1)) return std::nullopt;
  std::string out;
  out.reserve(bytes.size() + bytes.size() / 2);
  std::array<char, 4096> chunk;
  std::string copy(bytes);
  char* from = copy.data();
  size_t left = copy.size();
  bool flushing = false;
  while (true) {
    char* to = chunk.data();
    size_t room = chunk.size();
    const size_t done = flushing ? iconv(handle, nullptr, nullptr, &to, &room)
                                 : iconv(handle, &from, &left, &to, &room);
    const int error = done == static_cast<size_t>(-1) ? errno : 0;
    const size_t written = chunk.size() - room;
    out.append(chunk.data(), written);
    if (error == 0) {
      if (flushing) break;
      flushing = true;
    } else if (error == E2BIG) {
      if (written == 0) break;
    } else {
      if (flushing || left == 0) break;
      out.append(kReplacement);
      ++from;
      --left;
    }
  }
  iconv_close(handle);
  return out;
}

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

int Base64Value(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+' || c == '-') return 62;
  if (c == '/' || c == '_') return 63;
  return -1;
}

}  // namespace

void AppendUtf8(uint32_t c, std::string* out) {
  if (c == 0 || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF)) c = 0xFFFD;
  const auto put = [out](uint32_t byte) { out->push_back(static_cast<char>(byte)); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0 | (c >> 6));
    put(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    put(0xE0 | (c >> 12));
    put(0x80 | ((c >> 6) & 0x3F));
    put(0x80 | (c & 0x3F));
  } else {
    put(0xF0 | (c >> 18));
    put(0x80 | ((c >> 12) & 0x3F));
    put(0x80 | ((c >> 6) & 0x3F));
    put(0x80 | (c & 0x3F));
  }
}

bool IsUtf8(std::string_view bytes) {
  while (!bytes.empty()) {
    const size_t length = Utf8Length(bytes);
    if (length == 0) return false;
    bytes.remove_prefix(length);
  }
  return true;
}

std::string ToUtf8(std::string_view bytes, std::string_view charset) {
  const std::string name = Lower(Strip(charset));
  if (name == "utf-8" || name == "utf8") return Repair(bytes);
  const bool latin1 = name == "iso-8859-1" || name == "iso8859-1" || name == "latin1" ||
                      name == "windows-1252" || name == "cp1252";
  if (latin1) return FromWindows1252(bytes);
  const bool undeclared = name == "us-ascii" || name == "ascii" || name.starts_with("x-unk") ||
                          name == "unknown-8bit" || !PlainCharsetName(name);
  if (!undeclared) {
    if (const auto converted = Iconv(bytes, name)) return Repair(*converted);
  }
  return IsUtf8(bytes) ? Repair(bytes) : FromWindows1252(bytes);
}

std::string DecodeQuotedPrintable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '=') {
      out.push_back(text[i]);
      continue;
    }
    if (i + 2 < text.size() && HexValue(text[i + 1]) >= 0 && HexValue(text[i + 2]) >= 0) {
      out.push_back(static_cast<char>(HexValue(text[i + 1]) * 16 + HexValue(text[i + 2])));
      i += 2;
      continue;
    }
    size_t end = i + 1;
    while (end < text.size() && (text[end] == ' ' || text[end] == '\t')) ++end;
    if (end == text.size()) break;
    if (text[end] == '\r' || text[end] == '\n') {
      if (text[end] == '\r' && end + 1 < text.size() && text[end + 1] == '\n') ++end;
      i = end;
      continue;
    }
    out.push_back('=');
  }
  return out;
}

std::optional<std::string> DecodeBase64(std::string_view text) {
  std::string out;
  out.reserve(text.size() / 4 * 3);
  uint32_t bits = 0;
  int count = 0;
  bool padded = false;
  for (const char c : text) {
    if (IsAsciiSpace(c)) continue;
    if (c == '=') {
      padded = true;
      continue;
    }
    const int value = Base64Value(c);
    if (value < 0 || padded) return std::nullopt;
    bits = (bits << 6) | static_cast<uint32_t>(value);
    if (++count == 4) {
      out.push_back(static_cast<char>(bits >> 16));
      out.push_back(static_cast<char>(bits >> 8));
      out.push_back(static_cast<char>(bits));
      bits = 0;
      count = 0;
    }
  }
  if (count == 1) return std::nullopt;
  if (count == 2) out.push_back(static_cast<char>(bits >> 4));
  if (count == 3) {
    out.push_back(static_cast<char>(bits >> 10));
    out.push_back(static_cast<char>(bits >> 2));
  }
  return out;
}

}  // namespace rapport::importer
