#include "tools/import/ical_value.h"

#include <algorithm>
#include <cstdint>

#include "tools/import/ascii.h"

namespace rapport::importer {
namespace {

// `text` must be digits.
int Digits(std::string_view text) {
  int out = 0;
  for (const char c : text) out = out * 10 + (c - '0');
  return out;
}

bool AllDigits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), IsAsciiDigit);
}

constexpr std::int64_t kMaxDurationSeconds = std::int64_t{100} * 366 * 86400;

}  // namespace

std::optional<IcalTime> ParseIcalTime(std::string_view text, std::string_view zone) {
  text = Strip(text);
  if (text.size() < 8 || !AllDigits(text.substr(0, 8))) return std::nullopt;
  const int year = Digits(text.substr(0, 4));
  const int month = Digits(text.substr(4, 2));
  const int day = Digits(text.substr(6, 2));
  const absl::CivilDay date(year, month, day);
  if (year < 1 || date.month() != month || date.day() != day) return std::nullopt;
  IcalTime out{.local = absl::CivilSecond(date), .kind = IcalTime::Kind::kDate};
  text.remove_prefix(8);
  if (text.empty()) return out;
  if (text.size() < 7 || AsciiLower(text[0]) != 't' || !AllDigits(text.substr(1, 6))) {
    return std::nullopt;
  }
  const int hour = Digits(text.substr(1, 2));
  const int minute = Digits(text.substr(3, 2));
  const int second = Digits(text.substr(5, 2));
  if (hour > 23 || minute > 59 || second > 60) return std::nullopt;
  out.local = absl::CivilSecond(year, month, day, hour, minute, std::min(second, 59));
  text.remove_prefix(7);
  if (text.empty()) {
    out.kind = zone.empty() ? IcalTime::Kind::kFloating : IcalTime::Kind::kZoned;
    out.zone = std::string(zone);
    return out;
  }
  if (!EqualsIgnoreCase(text, "Z")) return std::nullopt;
  out.kind = IcalTime::Kind::kUtc;
  return out;
}

std::optional<absl::Duration> ParseIcalDuration(std::string_view text) {
  text = Strip(text);
  bool negative = false;
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  if (text.empty() || AsciiLower(text[0]) != 'p') return std::nullopt;
  text.remove_prefix(1);
  std::int64_t seconds = 0;
  bool time = false;
  bool any = false;
  while (!text.empty()) {
    if (AsciiLower(text[0]) == 't') {
      if (time) return std::nullopt;
      time = true;
      text.remove_prefix(1);
      continue;
    }
    const auto end = static_cast<size_t>(std::find_if_not(text.begin(), text.end(), IsAsciiDigit) -
                                         text.begin());
    if (end == 0 || end > 9 || end == text.size()) return std::nullopt;
    std::int64_t unit = 0;
    switch (AsciiLower(text[end])) {
      case 'w':
        unit = time ? 0 : 7 * 86400;
        break;
      case 'd':
        unit = time ? 0 : 86400;
        break;
      case 'h':
        unit = time ? 3600 : 0;
        break;
      case 'm':
        unit = time ? 60 : 0;
        break;
      case 's':
        unit = time ? 1 : 0;
        break;
      default:
        break;
    }
    if (unit == 0) return std::nullopt;
    seconds += unit * Digits(text.substr(0, end));
    if (seconds > kMaxDurationSeconds) return std::nullopt;
    any = true;
    text.remove_prefix(end + 1);
  }
  if (!any) return std::nullopt;
  return absl::Seconds(negative ? -seconds : seconds);
}

std::optional<absl::Duration> ParseUtcOffset(std::string_view text) {
  text = Strip(text);
  if ((text.size() != 5 && text.size() != 7) || (text[0] != '+' && text[0] != '-') ||
      !AllDigits(text.substr(1))) {
    return std::nullopt;
  }
  const int hours = Digits(text.substr(1, 2));
  const int minutes = Digits(text.substr(3, 2));
  const int seconds = text.size() == 7 ? Digits(text.substr(5, 2)) : 0;
  if (hours > 23 || minutes > 59 || seconds > 59) return std::nullopt;
  const absl::Duration offset =
      absl::Hours(hours) + absl::Minutes(minutes) + absl::Seconds(seconds);
  return text[0] == '-' ? -offset : offset;
}

std::optional<int> ParseWhole(std::string_view text) {
  text = Strip(text);
  bool negative = false;
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  if (text.size() > 9 || !AllDigits(text)) return std::nullopt;
  return negative ? -Digits(text) : Digits(text);
}

}  // namespace rapport::importer
