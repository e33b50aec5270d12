#include "tools/rapportctl/days.h"

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/civil_time.h"
#include "common/base/errors.h"
#include "tools/rapportctl/words.h"

namespace rapport::rapportctl {
namespace {

constexpr std::array<absl::string_view, 7> kWeekdays = {
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};
constexpr std::array<absl::string_view, 12> kMonths = {
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December"};
constexpr std::int64_t kYearIsClear = 270;  // days

std::int64_t DaysBetween(absl::Time t, const DayStyle& style) {
  return absl::ToCivilDay(t, style.zone) - absl::ToCivilDay(style.now, style.zone);
}

absl::string_view Weekday(absl::Time t, absl::TimeZone zone) {
  return kWeekdays[static_cast<std::size_t>(absl::GetWeekday(absl::ToCivilDay(t, zone)))];
}

std::string Date(absl::Time t, const DayStyle& style) {
  const absl::CivilDay day = absl::ToCivilDay(t, style.zone);
  std::string out =
      absl::StrCat(day.day(), " ", kMonths[static_cast<std::size_t>(day.month() - 1)]);
  const std::int64_t days = DaysBetween(t, style);
  if (days > kYearIsClear || days < -kYearIsClear) absl::StrAppend(&out, " ", day.year());
  return out;
}

std::string Exact(absl::Time t, const DayStyle& style) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%S%Ez", t, style.zone);
}

absl::CivilDay Shift(absl::CivilDay day, std::int64_t n, absl::string_view unit) {
  if (unit == "day") return day + n;
  if (unit == "week") return day + 7 * n;
  absl::CivilMonth month(day);
  month += unit == "month" ? n : 12 * n;
  const absl::CivilDay last = absl::CivilDay(month + 1) - 1;
  const absl::CivilDay wanted(month.year(), month.month(), day.day());
  return wanted > last ? last : wanted;
}

// "3 days ago", "in 2 weeks", "a month ago".
std::optional<absl::CivilDay> Relative(const std::vector<std::string>& words,
                                       absl::CivilDay today) {
  if (words.size() != 3) return std::nullopt;
  const bool ago = words[2] == "ago";
  if (!ago && words[0] != "in") return std::nullopt;
  const std::string& number = words[ago ? 0 : 1];
  std::string unit = words[ago ? 1 : 2];
  if (unit.size() > 3 && unit.back() == 's') unit.pop_back();
  if (unit != "day" && unit != "week" && unit != "month" && unit != "year") return std::nullopt;
  std::int64_t n = 0;
  if (number == "a" || number == "an" || number == "one") {
    n = 1;
  } else if (!absl::SimpleAtoi(number, &n) || n < 0 || n > 36500) {
    return std::nullopt;
  }
  return Shift(today, ago ? -n : n, unit);
}

std::optional<absl::CivilDay> Day(absl::string_view text, absl::CivilDay today, Tense tense) {
  if (text == "today") return today;
  if (text == "tomorrow") return today + 1;
  if (text == "yesterday") return today - 1;
  for (std::size_t i = 0; i < kWeekdays.size(); ++i) {
    const std::string name = absl::AsciiStrToLower(kWeekdays[i]);
    if (text != name && text != name.substr(0, 3)) continue;
    const auto day = static_cast<absl::Weekday>(i);
    return tense == Tense::kFuture ? absl::NextWeekday(today, day) : absl::PrevWeekday(today, day);
  }
  absl::CivilDay day;
  if (text.size() == 10 && absl::ParseCivilTime(text, &day)) return day;
  return Relative(absl::StrSplit(text, ' ', absl::SkipEmpty()), today);
}

}  // namespace

std::string SayWhen(absl::Time t, const DayStyle& style) {
  if (style.exact) return Exact(t, style);
  const std::int64_t days = DaysBetween(t, style);
  if (days == 0) return "today";
  if (days == 1) return "tomorrow";
  if (days == -1) return "yesterday";
  if (days > -7 && days < 7) return absl::StrCat("on ", Weekday(t, style.zone));
  if (days > 0 && days <= 28) return absl::StrCat("in ", days, " days");
  if (days < 0 && days >= -28) return absl::StrCat(-days, " days ago");
  return Date(t, style);
}

std::string SayMoment(absl::Time t, const DayStyle& style) {
  if (style.exact) return Exact(t, style);
  const std::int64_t days = DaysBetween(t, style);
  const std::string clock = absl::FormatTime(" %H:%M", t, style.zone);
  if (days == 0) return absl::StrCat("today", clock);
  if (days == 1) return absl::StrCat("tomorrow", clock);
  if (days == -1) return absl::StrCat("yesterday", clock);
  if (days > -7 && days < 7) return absl::StrCat(Weekday(t, style.zone), clock);
  return Date(t, style);
}

absl::string_view PartOfDay(absl::Time now, absl::TimeZone zone) {
  const int hour = absl::ToCivilHour(now, zone).hour();
  if (hour >= 4 && hour < 12) return "morning";
  return hour >= 12 && hour < 18 ? "afternoon" : "evening";
}

absl::StatusOr<absl::Time> ReadTime(absl::string_view field, absl::string_view text,
                                    const TypedTime& typed) {
  const absl::string_view typed_text = absl::StripAsciiWhitespace(text);
  const std::string lower = absl::AsciiStrToLower(typed_text);
  if (lower == "now") return typed.now;
  absl::Time instant;
  std::string error;
  for (const char* format : {absl::RFC3339_full, "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M",
                             "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"}) {
    // ParseTime takes "infinite-future" in every format.
    if (absl::ParseTime(format, typed_text, typed.zone, &instant, &error) &&
        instant > absl::InfinitePast() && instant < absl::InfiniteFuture()) {
      return instant;
    }
  }
  const absl::CivilDay today = absl::ToCivilDay(typed.now, typed.zone);
  if (const auto day = Day(lower, today, typed.tense)) {
    const std::int64_t seconds = absl::ToInt64Seconds(typed.time_of_day);
    return absl::FromCivil(absl::CivilSecond(*day) + seconds, typed.zone);
  }
  return errors::InvalidField(
      std::string(field),
      absl::StrCat("\"", Clip(Plain(text), 60),
                   "\" is no time; write 2026-03-12, \"2026-03-12 14:30\", tomorrow, friday, "
                   "\"3 weeks ago\" or \"in 2 days\""));
}

}  // namespace rapport::rapportctl
