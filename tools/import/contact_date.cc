#include <array>
#include <optional>
#include <string_view>

#include "tools/import/ascii.h"
#include "tools/import/contact.h"

namespace rapport::importer {
namespace {

// Reads `count` digits at `*at`; -1 if they are not there.
int Digits(std::string_view text, size_t* at, size_t count) {
  if (text.size() - *at < count) return -1;
  int value = 0;
  for (size_t i = 0; i < count; ++i) {
    const char c = text[*at + i];
    if (!IsAsciiDigit(c)) return -1;
    value = value * 10 + (c - '0');
  }
  *at += count;
  return value;
}

bool IsLeapYear(int year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

bool DayExists(const ContactDate& date) {
  constexpr std::array<int, 12> kDays = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (date.month < 1 || date.month > 12 || date.day < 1) return false;
  if (date.day > kDays.at(static_cast<size_t>(date.month - 1))) return false;
  return date.month != 2 || date.day != 29 || !date.year.has_value() || IsLeapYear(*date.year);
}

}  // namespace

std::optional<ContactDate> ParseContactDate(std::string_view text) {
  text = Strip(text);
  ContactDate date;
  size_t at = 0;
  if (text.substr(0, 2) == "--") {
    at = 2;
  } else {
    const int year = Digits(text, &at, 4);
    if (year < 1) return std::nullopt;
    date.year = year;
    if (at < text.size() && text[at] == '-') ++at;
  }
  date.month = Digits(text, &at, 2);
  if (at < text.size() && text[at] == '-') ++at;
  date.day = Digits(text, &at, 2);
  if (!DayExists(date)) return std::nullopt;
  // Only a time may follow.
  if (at < text.size() && text[at] != 'T' && text[at] != 't' && text[at] != ' ')
    return std::nullopt;
  return date;
}

}  // namespace rapport::importer
