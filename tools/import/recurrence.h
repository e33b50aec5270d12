// Recurrence rules (RFC 5545, section 3.3.10): read, and unrolled on a clock without zones. Pure,
// thread-safe. The work is bounded whatever the rule says.
#ifndef RAPPORT_TOOLS_IMPORT_RECURRENCE_H_
#define RAPPORT_TOOLS_IMPORT_RECURRENCE_H_

#include <algorithm>
#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/time/civil_time.h"
#include "tools/import/ical_value.h"

namespace rapport::importer {

struct RecurrenceRule {
  enum class Frequency { kSecondly, kMinutely, kHourly, kDaily, kWeekly, kMonthly, kYearly };
  // A set of weekdays with ordinals, -53 to 53. 2: the second; -1: the last; 0: every. Looking one
  // up takes the same time however many there are.
  class Days {
   public:
    void Add(absl::Weekday weekday, int ordinal) { Of(weekday).set(Place(ordinal)); }
    bool Has(absl::Weekday weekday, std::int64_t ordinal) const {
      return ordinal >= -kMost && ordinal <= kMost && Of(weekday).test(Place(ordinal));
    }
    bool HasAny(absl::Weekday weekday) const { return Of(weekday).any(); }
    bool empty() const {
      return std::none_of(days_.begin(), days_.end(), [](const auto& day) { return day.any(); });
    }

   private:
    static constexpr std::int64_t kMost = 53;
    using Ordinals = std::bitset<2 * kMost + 1>;
    static std::size_t Place(std::int64_t ordinal) {
      return static_cast<std::size_t>(ordinal + kMost);
    }
    Ordinals& Of(absl::Weekday weekday) { return days_.at(static_cast<std::size_t>(weekday)); }
    const Ordinals& Of(absl::Weekday weekday) const {
      return days_.at(static_cast<std::size_t>(weekday));
    }
    std::array<Ordinals, 7> days_{};
  };

  Frequency frequency = Frequency::kDaily;
  int interval = 1;
  std::optional<int> count{};  // with the start
  std::optional<IcalTime> until{};
  absl::Weekday week_start = absl::Weekday::monday;
  // Sorted, each once, within the ranges of the standard.
  std::vector<int> by_second{}, by_minute{}, by_hour{};
  std::vector<int> by_month_day{}, by_year_day{}, by_week{}, by_month{}, by_position{};
  Days by_day{};
};

// nullopt if the rule cannot be read: an unknown or missing frequency, a part out of its range, or
// RSCALE (calendars other than ours). Unknown parts are passed over, blanks and a stray semicolon
// too.
std::optional<RecurrenceRule> ParseRecurrenceRule(std::string_view text);

struct RecurrenceBounds {
  absl::CivilSecond last;                    // nothing after it is wanted
  std::optional<absl::CivilSecond> until{};  // the rule's own end on the clock of `start`
  std::size_t max_occurrences = 20'000;
  std::int64_t max_steps = 1'000'000;  // days, hours, ... that are looked at
};

struct Recurrences {
  std::vector<absl::CivilSecond> times{};  // in order, each once; the first is the start
  bool cut = false;                        // a bound on occurrences or steps ended it
  std::int64_t steps = 0;                  // that it took
};

// The start counts as the first occurrence, also where the rule does not give it. Days that do not
// exist (31 June) give none. A part that the standard leaves undefined (an ordinal in a weekly
// rule) means every such day.
Recurrences Unroll(const RecurrenceRule& rule, absl::CivilSecond start,
                   const RecurrenceBounds& bounds);

}  // namespace rapport::importer

#endif  // RAPPORT_TOOLS_IMPORT_RECURRENCE_H_
