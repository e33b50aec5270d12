// Time zones of a calendar: by their IANA name where there is one, else as the file itself defines
// them (VTIMEZONE).
#ifndef RAPPORT_TOOLS_IMPORT_ICAL_ZONE_H_
#define RAPPORT_TOOLS_IMPORT_ICAL_ZONE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "tools/import/ical_component.h"
#include "tools/import/ical_value.h"
#include "tools/import/import_problem.h"

namespace rapport::importer {

// The IANA zone that a TZID means: by its own name (Europe/Lisbon), with a maker's prefix
// (/mozilla.org/20070129_1/Europe/Lisbon), or by its Windows name (W. Europe Standard Time).
std::optional<absl::TimeZone> ZoneOfTzid(std::string_view tzid);

// Clock times to instants and back. A time that the clock shows twice is the first of the two; one
// that it leaves out counts by the offset before the gap (RFC 5545, section 3.3.5).
class CalendarZone {
 public:
  explicit CalendarZone(absl::TimeZone zone) : zone_(zone) {}
  // From a VTIMEZONE. nullopt if it holds no offset that can be read. Onsets are known until
  // `last`; from then on the last offset holds. Takes from `steps_left` (see RecurrenceBounds); at
  // its end rules give their first onset only.
  static std::optional<CalendarZone> Defined(const IcalComponent& vtimezone, absl::CivilSecond last,
                                             std::int64_t* steps_left);

  absl::Time ToTime(absl::CivilSecond local) const;
  absl::CivilSecond ToLocal(absl::Time time) const;

 private:
  struct Onset {
    absl::CivilSecond local;  // on the clock before it
    absl::Duration from, to;  // offsets from UTC
  };

  // The offset that holds until `onset`, which may be the end.
  absl::Duration OffsetBefore(std::vector<Onset>::const_iterator onset) const;

  absl::TimeZone zone_;
  std::vector<Onset> onsets_;  // if not empty: instead of zone_, by time
};

// The zones of one calendar. Not thread-safe.
class CalendarZones {
 public:
  // For times without a zone, until the file names one (X-WR-TIMEZONE).
  explicit CalendarZones(absl::TimeZone floating) : floating_(floating) {}

  void SetFloating(std::string_view tzid);
  // Takes over what the file defines. What cannot be read goes to `problems`.
  void Define(const IcalComponent& vtimezone, std::int64_t* steps_left,
              std::vector<ImportProblem>* problems);

  // The zone on whose clock the time stands. Sets `*unknown` if its TZID means nothing here: the
  // answer is then the zone of times without one.
  const CalendarZone& Of(const IcalTime& time, bool* unknown) const;
  absl::Time ToTime(const IcalTime& time) const;

 private:
  CalendarZone floating_;
  CalendarZone utc_{absl::UTCTimeZone()};
  std::map<std::string, CalendarZone, std::less<>> defined_;
  mutable std::map<std::string, std::optional<CalendarZone>, std::less<>> named_;
};

}  // namespace rapport::importer

#endif  // RAPPORT_TOOLS_IMPORT_ICAL_ZONE_H_
