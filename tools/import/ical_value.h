// Values of iCalendar (RFC 5545, section 3.3). Pure functions, thread-safe.
#ifndef RAPPORT_TOOLS_IMPORT_ICAL_VALUE_H_
#define RAPPORT_TOOLS_IMPORT_ICAL_VALUE_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"

namespace rapport::importer {

// A DATE or DATE-TIME as it stands in the file. Always a day and a time that exist on a clock, in
// the years 1 to 9999; what instant that is depends on the zone.
struct IcalTime {
  enum class Kind {
    kDate,      // a day; `local` is its midnight
    kFloating,  // on whatever clock the reader has
    kUtc,
    kZoned,  // on the clock of `zone`
  };
  absl::CivilSecond local;
  Kind kind = Kind::kFloating;
  std::string zone{};  // TZID, for kZoned
  friend bool operator==(const IcalTime&, const IcalTime&) = default;
};

// 20260105, 20260105T093000, 20260105T093000Z; `zone` is the TZID parameter or "". A leap second is
// the second before it. nullopt for anything else.
std::optional<IcalTime> ParseIcalTime(std::string_view text, std::string_view zone);

// PT1H30M, P1D, -P2W, also signs and zeros that programs write. A day counts 24 hours. At most
// 100 years.
std::optional<absl::Duration> ParseIcalDuration(std::string_view text);

// +0100, -053000, less than a day.
std::optional<absl::Duration> ParseUtcOffset(std::string_view text);

// A whole number with an optional sign and at most nine digits.
std::optional<int> ParseWhole(std::string_view text);

}  // namespace rapport::importer

#endif  // RAPPORT_TOOLS_IMPORT_ICAL_VALUE_H_
