#include "tools/import/recurrence.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>

#include "tools/import/ascii.h"

namespace rapport::importer {
namespace {

using Frequency = RecurrenceRule::Frequency;

constexpr std::array<std::string_view, 7> kFrequencies = {"SECONDLY", "MINUTELY", "HOURLY", "DAILY",
                                                          "WEEKLY",   "MONTHLY",  "YEARLY"};
constexpr std::array<std::string_view, 7> kWeekdays = {"MO", "TU", "WE", "TH", "FR", "SA", "SU"};

std::optional<absl::Weekday> WeekdayOf(std::string_view text) {
  for (size_t i = 0; i < kWeekdays.size(); ++i) {
    if (EqualsIgnoreCase(text, kWeekdays[i])) return static_cast<absl::Weekday>(i);
  }
  return std::nullopt;
}

std::vector<std::string_view> Pieces(std::string_view text, char separator) {
  std::vector<std::string_view> out;
  while (true) {
    const size_t at = text.find(separator);
    out.push_back(Strip(text.substr(0, at)));
    if (at == std::string_view::npos) return out;
    text.remove_prefix(at + 1);
  }
}

// Whole numbers from `low` to `high`; with `signed_too` their negatives as well, and no zero.
bool ReadList(std::string_view text, int low, int high, bool signed_too, std::vector<int>* out) {
  for (const std::string_view piece : Pieces(text, ',')) {
    if (piece.empty()) continue;
    const std::optional<int> number = ParseWhole(piece);
    if (!number) return false;
    const int size = signed_too ? std::abs(*number) : *number;
    if (size < low || size > high) return false;
    out->push_back(*number);
  }
  std::sort(out->begin(), out->end());
  out->erase(std::unique(out->begin(), out->end()), out->end());
  return !out->empty();
}

bool ReadDays(std::string_view text, RecurrenceRule::Days* out) {
  for (const std::string_view piece : Pieces(text, ',')) {
    if (piece.empty()) continue;
    if (piece.size() < 2) return false;
    const auto weekday = WeekdayOf(piece.substr(piece.size() - 2));
    if (!weekday) return false;
    std::optional<int> ordinal = 0;
    if (piece.size() > 2) {
      ordinal = ParseWhole(piece.substr(0, piece.size() - 2));
      if (!ordinal || *ordinal == 0 || std::abs(*ordinal) > 53) return false;
    }
    out->Add(*weekday, *ordinal);
  }
  return !out->empty();
}

bool ReadPart(std::string_view name, std::string_view value, RecurrenceRule* rule) {
  if (name == "FREQ") {
    for (size_t i = 0; i < kFrequencies.size(); ++i) {
      if (EqualsIgnoreCase(value, kFrequencies[i])) {
        rule->frequency = static_cast<Frequency>(i);
        return true;
      }
    }
    return false;
  }
  if (name == "INTERVAL" || name == "COUNT") {
    const auto number = ParseWhole(value);
    if (!number || *number < 1) return false;
    if (name == "COUNT") {
      rule->count = *number;
    } else {
      rule->interval = *number;
    }
    return true;
  }
  if (name == "UNTIL") {
    rule->until = ParseIcalTime(value, "");
    return rule->until.has_value();
  }
  if (name == "WKST") {
    const auto weekday = WeekdayOf(value);
    if (weekday) rule->week_start = *weekday;
    return weekday.has_value();
  }
  if (name == "BYSECOND") return ReadList(value, 0, 60, false, &rule->by_second);
  if (name == "BYMINUTE") return ReadList(value, 0, 59, false, &rule->by_minute);
  if (name == "BYHOUR") return ReadList(value, 0, 23, false, &rule->by_hour);
  if (name == "BYMONTHDAY") return ReadList(value, 1, 31, true, &rule->by_month_day);
  if (name == "BYYEARDAY") return ReadList(value, 1, 366, true, &rule->by_year_day);
  if (name == "BYWEEKNO") return ReadList(value, 1, 53, true, &rule->by_week);
  if (name == "BYMONTH") return ReadList(value, 1, 12, false, &rule->by_month);
  if (name == "BYSETPOS") return ReadList(value, 1, 366, true, &rule->by_position);
  if (name == "BYDAY") return ReadDays(value, &rule->by_day);
  return name != "RSCALE" || EqualsIgnoreCase(value, "GREGORIAN");
}

bool Has(const std::vector<int>& list, std::int64_t value) {
  return std::binary_search(list.begin(), list.end(), value);
}

absl::CivilDay OnOrBefore(absl::Weekday weekday, absl::CivilDay day) {
  return absl::PrevWeekday(day + 1, weekday);
}

// The day on which week 1 of the year begins: the first week with four days in it.
absl::CivilDay FirstWeek(absl::civil_year_t year, absl::Weekday week_start) {
  return OnOrBefore(week_start, absl::CivilDay(year, 1, 4));
}

class Unrolling {
 public:
  Unrolling(const RecurrenceRule& rule, absl::CivilSecond start, const RecurrenceBounds& bounds)
      : rule_(rule), start_(start), bounds_(bounds) {
    end_ = bounds.last;
    if (bounds.until && *bounds.until < end_) end_ = *bounds.until;
    FillFromStart();
  }

  Recurrences Run() {
    out_.times.push_back(start_);
    if (Enough()) return std::move(out_);
    for (std::int64_t period = 0;; ++period) {
      if (!Begin(period)) break;
      if (!Period()) break;
    }
    return std::move(out_);
  }

 private:
  // What the rule leaves open comes from the start.
  void FillFromStart() {
    const bool days =
        !rule_.by_day.empty() || !rule_.by_month_day.empty() || !rule_.by_year_day.empty();
    switch (rule_.frequency) {
      case Frequency::kYearly:
        if (days) break;
        if (!rule_.by_week.empty()) {
          rule_.by_day.Add(absl::GetWeekday(start_), 0);
          break;
        }
        if (rule_.by_month.empty()) rule_.by_month = {start_.month()};
        rule_.by_month_day = {start_.day()};
        break;
      case Frequency::kMonthly:
        if (!days) rule_.by_month_day = {start_.day()};
        break;
      case Frequency::kWeekly:
        if (!days) rule_.by_day.Add(absl::GetWeekday(start_), 0);
        break;
      default:
        break;
    }
  }

  // Sets the days and clock times that the period looks at. False behind the end.
  bool Begin(std::int64_t period) {
    const std::int64_t n = period * rule_.interval;
    absl::CivilSecond from;
    switch (rule_.frequency) {
      case Frequency::kYearly: {
        const absl::CivilYear year = absl::CivilYear(start_) + n;
        first_ = absl::CivilDay(year);
        day_count_ = absl::CivilDay(year + 1) - first_;
        break;
      }
      case Frequency::kMonthly: {
        const absl::CivilMonth month = absl::CivilMonth(start_) + n;
        first_ = absl::CivilDay(month);
        day_count_ = absl::CivilDay(month + 1) - first_;
        break;
      }
      case Frequency::kWeekly:
        first_ = OnOrBefore(rule_.week_start, absl::CivilDay(start_)) + 7 * n;
        day_count_ = 7;
        break;
      case Frequency::kDaily:
        first_ = absl::CivilDay(start_) + n;
        day_count_ = 1;
        break;
      case Frequency::kHourly:
        from = absl::CivilSecond(absl::CivilHour(start_) + n);
        break;
      case Frequency::kMinutely:
        from = absl::CivilSecond(absl::CivilMinute(start_) + n);
        break;
      case Frequency::kSecondly:
        from = start_ + n;
        break;
    }
    hours_ = rule_.by_hour.empty() ? std::vector<int>{start_.hour()} : rule_.by_hour;
    minutes_ = rule_.by_minute.empty() ? std::vector<int>{start_.minute()} : rule_.by_minute;
    seconds_ = rule_.by_second.empty() ? std::vector<int>{start_.second()} : rule_.by_second;
    if (rule_.frequency >= Frequency::kDaily) return absl::CivilSecond(first_) <= end_;

    first_ = absl::CivilDay(from);
    day_count_ = 1;
    Narrow(rule_.by_hour, from.hour(), &hours_);
    if (rule_.frequency <= Frequency::kMinutely) {
      Narrow(rule_.by_minute, from.minute(), &minutes_);
    }
    if (rule_.frequency == Frequency::kSecondly) Narrow(rule_.by_second, from.second(), &seconds_);
    return from <= end_;
  }

  static void Narrow(const std::vector<int>& allowed, int value, std::vector<int>* out) {
    out->clear();
    if (allowed.empty() || Has(allowed, value)) out->push_back(value);
  }

  // False when the unrolling is over.
  bool Period() {
    std::vector<absl::CivilDay> days;
    for (std::int64_t i = 0; i < day_count_; ++i) {
      if (!Step()) return false;
      const absl::CivilDay day = first_ + i;
      if (Matches(day)) {
        days.push_back(day);
      } else if (!rule_.by_month.empty() && !Has(rule_.by_month, day.month())) {
        i = absl::CivilDay(absl::CivilMonth(day) + 1) - first_ - 1;  // nor any day of its month
      }
    }
    const size_t times = hours_.size() * minutes_.size() * seconds_.size();
    const size_t size = days.size() * times;
    const auto at = [&](size_t i) {
      const absl::CivilDay day = days[i / times];
      size_t rest = i % times;
      const int second = seconds_[rest % seconds_.size()];
      rest /= seconds_.size();
      return absl::CivilSecond(day.year(), day.month(), day.day(), hours_[rest / minutes_.size()],
                               minutes_[rest % minutes_.size()], std::min(second, 59));
    };
    if (rule_.by_position.empty()) {
      for (size_t i = 0; i < size; ++i) {
        if (!Step() || !Take(at(i))) return false;
      }
      return true;
    }
    std::vector<size_t> chosen;
    const auto& positions = rule_.by_position;
    const int most = static_cast<int>(std::min<size_t>(size, 366));
    const auto end = std::upper_bound(positions.begin(), positions.end(), most);
    for (auto it = std::lower_bound(positions.begin(), positions.end(), -most); it < end; ++it) {
      const auto distance = static_cast<size_t>(std::abs(*it));
      chosen.push_back(*it > 0 ? distance - 1 : size - distance);
    }
    std::sort(chosen.begin(), chosen.end());
    for (const size_t i : chosen) {
      if (!Step() || !Take(at(i))) return false;
    }
    return true;
  }

  bool Matches(absl::CivilDay day) const {
    if (!rule_.by_month.empty() && !Has(rule_.by_month, day.month())) return false;
    if (!rule_.by_month_day.empty()) {
      const std::int64_t length =
          absl::CivilDay(absl::CivilMonth(day) + 1) - absl::CivilDay(absl::CivilMonth(day));
      if (!Has(rule_.by_month_day, day.day()) && !Has(rule_.by_month_day, day.day() - length - 1)) {
        return false;
      }
    }
    if (!rule_.by_year_day.empty()) {
      const std::int64_t number = absl::GetYearDay(day);
      const std::int64_t length = absl::GetYearDay(absl::CivilDay(day.year(), 12, 31));
      if (!Has(rule_.by_year_day, number) && !Has(rule_.by_year_day, number - length - 1)) {
        return false;
      }
    }
    if (!rule_.by_week.empty() && !InWeeks(day)) return false;
    return rule_.by_day.empty() || IsDay(day);
  }

  bool InWeeks(absl::CivilDay day) const {
    absl::civil_year_t year = day.year();
    if (day < FirstWeek(year, rule_.week_start)) {
      --year;
    } else if (day >= FirstWeek(year + 1, rule_.week_start)) {
      ++year;
    }
    const absl::CivilDay first = FirstWeek(year, rule_.week_start);
    const std::int64_t week = (day - first) / 7 + 1;
    const std::int64_t weeks = (FirstWeek(year + 1, rule_.week_start) - first) / 7;
    return Has(rule_.by_week, week) || Has(rule_.by_week, week - weeks - 1);
  }

  bool IsDay(absl::CivilDay day) const {
    const absl::Weekday weekday = absl::GetWeekday(day);
    const bool yearly = rule_.frequency == Frequency::kYearly && rule_.by_week.empty();
    if (!yearly && rule_.frequency != Frequency::kMonthly) return rule_.by_day.HasAny(weekday);
    if (rule_.by_day.Has(weekday, 0)) return true;
    absl::CivilDay from(absl::CivilMonth(day).year(), day.month(), 1);
    absl::CivilDay to(absl::CivilMonth(day) + 1);
    if (yearly && rule_.by_month.empty()) {
      from = absl::CivilDay(day.year(), 1, 1);
      to = absl::CivilDay(day.year() + 1, 1, 1);
    }
    return rule_.by_day.Has(weekday, (day - from) / 7 + 1) ||
           rule_.by_day.Has(weekday, -((to - 1 - day) / 7 + 1));
  }

  bool Step() {
    if (++out_.steps <= bounds_.max_steps) return true;
    out_.cut = true;
    return false;
  }

  bool Take(absl::CivilSecond time) {
    if (time <= out_.times.back()) return true;  // the start, before it, or the same again
    if (time > end_) return false;
    if (out_.times.size() >= bounds_.max_occurrences) {
      out_.cut = true;
      return false;
    }
    out_.times.push_back(time);
    return !Enough();
  }

  bool Enough() const {
    return rule_.count && out_.times.size() >= static_cast<size_t>(*rule_.count);
  }

  RecurrenceRule rule_;
  const absl::CivilSecond start_;
  const RecurrenceBounds& bounds_;
  absl::CivilSecond end_;
  absl::CivilDay first_;
  std::int64_t day_count_ = 0;
  std::vector<int> hours_, minutes_, seconds_;
  Recurrences out_;
};

}  // namespace

std::optional<RecurrenceRule> ParseRecurrenceRule(std::string_view text) {
  RecurrenceRule rule;
  bool frequency = false;
  for (const std::string_view part : Pieces(text, ';')) {
    if (part.empty()) continue;
    const size_t equals = part.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const std::string name = Upper(Strip(part.substr(0, equals)));
    if (!ReadPart(name, Strip(part.substr(equals + 1)), &rule)) return std::nullopt;
    frequency = frequency || name == "FREQ";
  }
  if (!frequency) return std::nullopt;
  return rule;
}

Recurrences Unroll(const RecurrenceRule& rule, absl::CivilSecond start,
                   const RecurrenceBounds& bounds) {
  return Unrolling(rule, start, bounds).Run();
}

}  // namespace rapport::importer
