#include <array>
#include <charconv>
#include <optional>
#include <string_view>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "tools/import/ascii.h"
#include "tools/import/mail.h"

namespace rapport::importer {
namespace {

// The whole word as a number, or -1.
int Number(std::string_view word) {
  int value = 0;
  const auto parsed = std::from_chars(word.data(), word.data() + word.size(), value);
  return parsed.ec == std::errc() && parsed.ptr == word.data() + word.size() && value >= 0 ? value
                                                                                           : -1;
}

int MonthOf(std::string_view word) {
  constexpr std::array<std::string_view, 12> kMonths = {"jan", "feb", "mar", "apr", "may", "jun",
                                                        "jul", "aug", "sep", "oct", "nov", "dec"};
  for (size_t i = 0; i < kMonths.size(); ++i) {
    if (EqualsIgnoreCase(word, kMonths.at(i))) return static_cast<int>(i) + 1;
  }
  return 0;
}

struct ClockTime {
  int hour = -1, minute = 0, second = 0;
};

ClockTime ClockOf(std::string_view word) {
  ClockTime clock;
  std::array<int, 3> parts = {0, 0, 0};
  size_t count = 0;
  while (count < parts.size()) {
    const size_t colon = word.find(':');
    const std::string_view part = word.substr(0, colon);
    if (part.empty() || part.size() > 2 || Number(part) < 0) return clock;
    parts.at(count++) = Number(part);
    if (colon == std::string_view::npos) break;
    word.remove_prefix(colon + 1);
    if (count == parts.size()) return clock;
  }
  if (count < 2 || parts[0] > 23 || parts[1] > 59 || parts[2] > 60) return clock;
  return {parts[0], parts[1], parts[2]};
}

// "+0200" as seconds; nullopt if the word is no offset.
std::optional<int> OffsetOf(std::string_view word) {
  if (word.size() != 5 || (word[0] != '+' && word[0] != '-')) return std::nullopt;
  const int value = Number(word.substr(1));
  if (value < 0 || value % 100 > 59 || value > 1400) return std::nullopt;
  const int seconds = (value / 100 * 60 + value % 100) * 60;
  return word[0] == '-' ? -seconds : seconds;
}

}  // namespace

std::optional<absl::Time> FromLineTime(std::string_view line) {
  if (!line.starts_with("From ")) return std::nullopt;
  line = line.substr(5, 512);
  // asctime order: month, day, clock, year; a zone may stand before or behind the year. The first
  // word is the sender.
  int month = 0, day = 0, year = 0, offset = 0;
  ClockTime clock;
  bool first = true;
  while (!line.empty()) {
    const size_t begin = line.find_first_not_of(" \t");
    if (begin == std::string_view::npos) break;
    line.remove_prefix(begin);
    const std::string_view word = line.substr(0, line.find_first_of(" \t"));
    line.remove_prefix(word.size());
    if (month == 0) {
      if (!first) month = MonthOf(word);
    } else if (day == 0) {
      day = Number(word);
      if (day < 1 || day > 31 || word.size() > 2) return std::nullopt;
    } else if (clock.hour < 0) {
      clock = ClockOf(word);
      if (clock.hour < 0) return std::nullopt;
    } else if (const auto zone = OffsetOf(word)) {
      offset = *zone;
    } else if (year == 0 && word.size() == 4 && Number(word) >= 1971) {
      year = Number(word);
    } else if (year != 0) {
      break;
    }
    first = false;
  }
  if (year == 0 || year > 2199) return std::nullopt;
  const absl::CivilSecond local(year, month, day, clock.hour, clock.minute, clock.second);
  return absl::FromCivil(local, absl::UTCTimeZone()) - absl::Seconds(offset);
}

}  // namespace rapport::importer
