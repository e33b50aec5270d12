// The events of an iCalendar file, in plain fields.
#ifndef RAPPORT_TOOLS_IMPORT_CALENDAR_H_
#define RAPPORT_TOOLS_IMPORT_CALENDAR_H_

#include <cstdint>
#include <istream>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/time/time.h"
#include "tools/import/ical_component.h"
#include "tools/import/ical_value.h"
#include "tools/import/ical_zone.h"
#include "tools/import/import_problem.h"
#include "tools/import/recurrence.h"

namespace rapport::importer {

// Events that start in other years are mistakes of a program.
constexpr int kFirstEventYear = 1900;
constexpr int kLastEventYear = 2199;

// An ORGANIZER or ATTENDEE who can be reached. Words in upper case, "" if they are not stated.
struct CalendarParty {
  std::string address;  // a mail address, or a telephone number as written
  bool phone = false;
  std::string name;    // CN
  std::string role;    // CHAIR, REQ-PARTICIPANT, OPT-PARTICIPANT, NON-PARTICIPANT
  std::string answer;  // PARTSTAT: ACCEPTED, DECLINED, DELEGATED, NEEDS-ACTION, TENTATIVE
  std::string type;    // CUTYPE: INDIVIDUAL, GROUP, RESOURCE, ROOM
};

// One of RDATE: an instant, and a length where it has its own.
struct CalendarDate {
  IcalTime start;
  std::optional<IcalTime> end{};  // as written; `length` is made of it
  std::optional<absl::Duration> length{};
};

struct CalendarEvent {
  enum class Medium { kUnknown, kInPerson, kVideo, kPhone };

  int64_t line = 0;   // of BEGIN:VEVENT
  int calendar = 0;   // index into CalendarFile::zones
  std::string uid{};  // "" if there is none
  std::string summary{}, url{};
  std::string status{};              // upper case: CONFIRMED, TENTATIVE, CANCELLED, or ""
  bool transparent = false;          // takes no time: TRANSP:TRANSPARENT
  Medium medium = Medium::kUnknown;  // by LOCATION, CONFERENCE and their like
  IcalTime start{};
  std::optional<IcalTime> end{};  // DTEND as written; `length` is made of it
  absl::Duration length{};        // from DTEND or DURATION; 0 if neither is given
  std::optional<CalendarParty> organizer{};
  std::vector<CalendarParty> attendees{};  // at most 1,000
  std::vector<RecurrenceRule> rules{};
  std::vector<CalendarDate> dates{};   // RDATE
  std::vector<IcalTime> exceptions{};  // EXDATE
  // This stands for one occurrence of a series, or for it and all later ones.
  std::optional<IcalTime> recurrence_id{};
  bool and_following = false;
  int sequence = 0;
  std::string stamp{};  // LAST-MODIFIED, else DTSTAMP, as written
  // Of events that Rapport itself wrote: what they were there.
  std::string rapport_source{}, rapport_source_id{}, rapport_kind{}, rapport_channel{};

  bool all_day() const { return start.kind == IcalTime::Kind::kDate; }
};

// All of a file. The zones belong to the calendars in it.
struct CalendarFile {
  std::vector<CalendarEvent> events;  // in file order
  std::vector<CalendarZones> zones;
  std::vector<ImportProblem> unreadable;  // one for each event that was not taken
  std::vector<ImportProblem> partly;      // parts of the file or of an event that were left out
  int64_t other = 0;                      // to-dos, journals, free-busy times: no events
};

struct CalendarOptions {
  std::string file;     // name used in problems
  absl::TimeZone zone;  // for times without one, unless the calendar names it
  size_t max_events = 1'000'000;
  std::int64_t max_zone_steps = 50'000'000;  // of the rules of all zones that the file defines
};

// Reads all of `in`: what an event means may stand behind it (its zone, its changed occurrences).
// Of pictures, descriptions and alarms nothing is kept. A file without any calendar is one
// unreadable record.
CalendarFile ReadCalendar(std::istream* in, const CalendarOptions& options);

// What the VEVENT says, or why it cannot be taken. What is wrong with parts of it goes to `partly`.
// Nothing is known of zones yet: lengths that need them are set by SetLengths.
std::variant<CalendarEvent, ImportProblem> EventOf(const IcalComponent& vevent,
                                                   std::vector<ImportProblem>* partly);
void SetLengths(const CalendarZones& zones, CalendarEvent* event,
                std::vector<ImportProblem>* partly);

}  // namespace rapport::importer

#endif  // RAPPORT_TOOLS_IMPORT_CALENDAR_H_
