// When the events of a calendar took and will take place.
#ifndef RAPPORT_TOOLS_IMPORT_CALENDAR_SERIES_H_
#define RAPPORT_TOOLS_IMPORT_CALENDAR_SERIES_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tools/import/calendar.h"

namespace rapport::importer {

// Events that are one thing: an event, and the occurrences of it that were changed by themselves.
// Points into the CalendarFile, which must outlive it.
struct CalendarSeries {
  // The UID; behind it "/" and the start where two different events share one; "" without a UID.
  std::string uid;
  const CalendarEvent* event = nullptr;         // null if the file holds only changed occurrences
  std::vector<const CalendarEvent*> changed{};  // by what they stand for
};

// Of events with one UID and one start, or where a later SEQUENCE says so, the newest stands; what
// it replaces goes to `partly`. In file order.
std::vector<CalendarSeries> SeriesOf(const CalendarFile& file, std::vector<ImportProblem>* partly);

struct CalendarOccurrence {
  const CalendarEvent* event = nullptr;  // who and what; the changed one where there is one
  // Tells the occurrences of a series apart, and stays when one of them is moved: "" for the first,
  // else "/20260112T080000Z", or "/20260112" of a day.
  std::string id;
  absl::Time start;       // of a day: nine in the morning
  absl::Duration length;  // 0 for days and where it is not known
  bool called_off = false;
};

struct SeriesOptions {
  absl::Time now;
  absl::Duration ahead = absl::Hours(24 * 366);  // how far a rule is unrolled into the future
  std::size_t max_ahead = 10;                    // of a series
  std::size_t max_occurrences = 20'000;
  std::int64_t max_steps = 1'000'000;  // of a rule, see RecurrenceBounds
  // If not null: of the rules of all series together; what is taken is taken off.
  std::int64_t* steps_left = nullptr;
};

// The occurrences until now and some ahead, by their first meant time. Exceptions are left out,
// changed ones stand for what they change. What bounds cut off goes to `partly`.
std::vector<CalendarOccurrence> OccurrencesOf(const CalendarFile& file,
                                              const CalendarSeries& series,
                                              const SeriesOptions& options,
                                              std::vector<ImportProblem>* partly);

}  // namespace rapport::importer

#endif  // RAPPORT_TOOLS_IMPORT_CALENDAR_SERIES_H_
