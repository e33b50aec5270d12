#include "services/recommendation/rules/speech.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "absl/time/civil_time.h"

namespace rapport::recommendation {
namespace {

constexpr std::int64_t kYearUnclearDays = 270;
constexpr std::int64_t kWeeksFromDays = 28;
constexpr std::int64_t kMonthsFromDays = 70;

constexpr std::array<absl::string_view, 12> kMonths = {
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December"};

absl::string_view MonthName(absl::CivilDay day) {
  return kMonths[static_cast<std::size_t>(day.month() - 1)];
}

absl::string_view WeekdayName(absl::CivilDay day) {
  switch (absl::GetWeekday(day)) {
    case absl::Weekday::monday:
      return "Monday";
    case absl::Weekday::tuesday:
      return "Tuesday";
    case absl::Weekday::wednesday:
      return "Wednesday";
    case absl::Weekday::thursday:
      return "Thursday";
    case absl::Weekday::friday:
      return "Friday";
    case absl::Weekday::saturday:
      return "Saturday";
    case absl::Weekday::sunday:
      break;
  }
  return "Sunday";
}

struct Days {
  absl::CivilDay day;
  std::int64_t ahead;  // Days from as_of's day; negative in the past.
};

Days Locate(absl::Time t, absl::Time as_of, absl::TimeZone zone) {
  const absl::CivilDay day = absl::ToCivilDay(t, zone);
  return {day, day - absl::ToCivilDay(as_of, zone)};
}

absl::string_view NearWord(std::int64_t ahead) {
  if (ahead == 0) return "today";
  if (ahead == 1) return "tomorrow";
  if (ahead == -1) return "yesterday";
  return {};
}

std::string AgoOrIn(std::int64_t ahead, std::int64_t count, absl::string_view noun) {
  return ahead < 0 ? absl::StrCat(SayCount(count, noun), " ago")
                   : absl::StrCat("in ", SayCount(count, noun));
}

}  // namespace

std::string SayCount(std::int64_t count, absl::string_view noun) {
  return absl::StrCat(count, " ", noun, count == 1 ? "" : "s");
}

std::string SayRounded(double days) {
  return SayCount(std::max<std::int64_t>(1, std::llround(days)), "day");
}

std::string SayDate(absl::Time t, absl::Time as_of, absl::TimeZone zone) {
  const auto [day, ahead] = Locate(t, as_of, zone);
  std::string said = absl::StrCat(day.day(), " ", MonthName(day));
  if (std::abs(ahead) > kYearUnclearDays) absl::StrAppend(&said, " ", day.year());
  return said;
}

std::string SayDay(absl::Time t, absl::Time as_of, absl::TimeZone zone) {
  const auto [day, ahead] = Locate(t, as_of, zone);
  if (!NearWord(ahead).empty()) return std::string(NearWord(ahead));
  if (std::abs(ahead) < 7) return std::string(WeekdayName(day));
  return SayDate(t, as_of, zone);
}

std::string SayWhen(absl::Time t, absl::Time as_of, absl::TimeZone zone) {
  const auto [day, ahead] = Locate(t, as_of, zone);
  const std::int64_t distance = std::abs(ahead);
  if (!NearWord(ahead).empty()) return std::string(NearWord(ahead));
  if (distance < 7) return absl::StrCat("on ", WeekdayName(day));
  if (distance < kWeeksFromDays) return AgoOrIn(ahead, distance, "day");
  if (distance < kMonthsFromDays) return AgoOrIn(ahead, distance / 7, "week");
  if (distance <= kYearUnclearDays) return absl::StrCat("in ", MonthName(day));
  return absl::StrCat("in ", MonthName(day), " ", day.year());
}

std::string SayDistance(absl::Time t, absl::Time as_of, absl::TimeZone zone) {
  const std::int64_t ahead = Locate(t, as_of, zone).ahead;
  if (!NearWord(ahead).empty()) return std::string(NearWord(ahead));
  return AgoOrIn(ahead, std::abs(ahead), "day");
}

std::string SaySpan(absl::Time from, absl::Time to, absl::TimeZone zone) {
  if (to < from) std::swap(from, to);
  const absl::CivilDay first = absl::ToCivilDay(from, zone);
  const absl::CivilDay last = absl::ToCivilDay(to, zone);
  std::int64_t months = absl::CivilMonth(last) - absl::CivilMonth(first);
  if (last.day() < first.day()) --months;
  if (months >= 12) {
    const std::string years = SayCount(months / 12, "year");
    return months % 12 == 0 ? years : absl::StrCat(years, " ", SayCount(months % 12, "month"));
  }
  if (months >= 2) return SayCount(months, "month");
  const std::int64_t days = last - first;
  return days >= 14 ? SayCount(days / 7, "week") : SayCount(days, "day");
}

std::string Quote(absl::string_view words) {
  constexpr std::size_t kMaxBytes = 100;
  if (words.size() <= kMaxBytes) return absl::StrCat("\"", words, "\"");
  std::size_t end = kMaxBytes;
  while (end > 0 && (static_cast<unsigned char>(words[end]) & 0xC0) == 0x80) --end;
  return absl::StrCat("\"", absl::StripTrailingAsciiWhitespace(words.substr(0, end)), "…\"");
}

absl::string_view BareSubject(absl::string_view subject) {
  constexpr std::array<absl::string_view, 6> kPrefixes = {
      "re:", "fwd:", "fw:", "aw:", "wg:", "sv:"};
  bool again = true;
  while (again) {
    again = false;
    subject = absl::StripAsciiWhitespace(subject);
    for (const absl::string_view prefix : kPrefixes) {
      if (!absl::StartsWithIgnoreCase(subject, prefix)) continue;
      subject.remove_prefix(prefix.size());
      again = true;
    }
  }
  return subject;
}

std::string SayLanguage(absl::string_view tag) {
  constexpr std::array<std::pair<absl::string_view, absl::string_view>, 36> kLanguages = {{
      {"ar", "Arabic"},   {"bg", "Bulgarian"}, {"bn", "Bengali"},    {"ca", "Catalan"},
      {"cs", "Czech"},    {"da", "Danish"},    {"de", "German"},     {"el", "Greek"},
      {"en", "English"},  {"es", "Spanish"},   {"et", "Estonian"},   {"fa", "Persian"},
      {"fi", "Finnish"},  {"fr", "French"},    {"he", "Hebrew"},     {"hi", "Hindi"},
      {"hr", "Croatian"}, {"hu", "Hungarian"}, {"id", "Indonesian"}, {"it", "Italian"},
      {"ja", "Japanese"}, {"ko", "Korean"},    {"lt", "Lithuanian"}, {"lv", "Latvian"},
      {"nl", "Dutch"},    {"no", "Norwegian"}, {"pl", "Polish"},     {"pt", "Portuguese"},
      {"ro", "Romanian"}, {"ru", "Russian"},   {"sk", "Slovak"},     {"sl", "Slovenian"},
      {"sv", "Swedish"},  {"tr", "Turkish"},   {"uk", "Ukrainian"},  {"zh", "Chinese"},
  }};
  const absl::string_view language = tag.substr(0, tag.find('-'));
  for (const auto& [code, name] : kLanguages) {
    if (absl::EqualsIgnoreCase(code, language)) return std::string(name);
  }
  return std::string(tag);
}

std::string SayPlace(absl::string_view time_zone) {
  const std::size_t slash = time_zone.rfind('/');
  if (slash == absl::string_view::npos || absl::StartsWith(time_zone, "Etc/")) return "";
  return absl::StrReplaceAll(time_zone.substr(slash + 1), {{"_", " "}});
}

Called::Called(const contact::v1::Person* person) {
  if (person == nullptr) return;
  name_ = person->name_components().given().empty() ? person->full_name()
                                                    : person->name_components().given();
  named_ = !name_.empty();
}

std::string Called::StartPossessive() const {
  return named_ ? absl::StrCat(name_, "'s") : std::string("Their");
}

}  // namespace rapport::recommendation
