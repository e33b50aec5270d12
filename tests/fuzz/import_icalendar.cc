// Any bytes as a calendar: no crash, bounded work, and only valid UTF-8 comes out.
#include <cstdint>
#include <cstdlib>
#include <sstream>
#include <string>

#include "tools/import/calendar_series.h"
#include "tools/import/charset.h"

namespace {

using rapport::importer::IsUtf8;

void Check(bool holds) {
  if (!holds) std::abort();
}

void CheckEvent(const rapport::importer::CalendarEvent& event, size_t size) {
  Check(IsUtf8(event.uid) && IsUtf8(event.summary) && IsUtf8(event.url) && IsUtf8(event.status));
  Check(event.length >= absl::ZeroDuration());
  Check(event.attendees.size() <= size && event.dates.size() <= size);
  for (const auto& party : event.attendees) {
    Check(IsUtf8(party.name) && IsUtf8(party.address) && !party.address.empty());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::istringstream in(std::string(reinterpret_cast<const char*>(data), size));
  const auto file = rapport::importer::ReadCalendar(
      &in,
      {.file = "fuzz", .zone = absl::UTCTimeZone(), .max_events = 50, .max_zone_steps = 50'000});
  // At least one line and one reason for all that was not taken.
  auto partly = file.partly;
  // The limits are small so that the fuzzer meets them.
  const rapport::importer::SeriesOptions options{
      .now = absl::FromUnixSeconds(1'780'000'000), .max_occurrences = 200, .max_steps = 20'000};
  size_t events = 0;
  for (const auto& series : rapport::importer::SeriesOf(file, &partly)) {
    events += (series.event != nullptr ? 1 : 0) + series.changed.size();
    std::string last_id = "none";
    size_t ahead = 0;
    for (const auto& occurrence : OccurrencesOf(file, series, options, &partly)) {
      Check(occurrence.event != nullptr);
      Check(occurrence.id != last_id);
      last_id = occurrence.id;
      const auto year = absl::ToCivilYear(occurrence.start, absl::UTCTimeZone()).year();
      Check(year >= 1900 && year <= 2199);
      if (occurrence.start > options.now && !occurrence.called_off) ++ahead;
    }
    Check(ahead <= options.max_ahead);
  }
  Check(events <= file.events.size());
  for (const auto& event : file.events) CheckEvent(event, size);
  for (const auto* list : {&file.unreadable, &file.partly}) {
    for (const auto& problem : *list) Check(!problem.reason.empty() && IsUtf8(problem.reason));
  }
  return 0;
}
