// What a meeting in a calendar says about contact between people, as engagements. Pure functions.
#ifndef RAPPORT_TOOLS_RAPPORTCTL_CALENDAR_MAPPING_H_
#define RAPPORT_TOOLS_RAPPORTCTL_CALENDAR_MAPPING_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "rapport/engagement/v1/engagement_service.pb.h"
#include "tools/import/calendar_series.h"
#include "tools/rapportctl/mail_mapping.h"

namespace rapport::rapportctl {

struct MeetingRecords {
  enum class Fate {
    kTaken,
    kAmongOurselves,  // nobody but us
    kNobody,          // no person who can be reached takes part
    kNotHeld,         // called off, declined by us or by all others, never agreed, or a mere note
    kBadAddress,      // the addresses of the other side cannot be addresses
  };
  Fate fate = Fate::kTaken;
  bool planned = false;  // after `now`
  // One for each address of the other side that did not decline: attendees, and the organizer if
  // it is not ours; at most 50.
  std::vector<engagement::v1::RecordEngagementRequest> requests;
  std::size_t left_out = 0;  // addresses beyond
};

struct MeetingMapping {
  const OwnAddresses* ours = nullptr;
  std::string parent{};             // tenants/home
  std::string source = "calendar";  // of events that Rapport did not write itself
  absl::Time now{};
};

// (source, source_id) is (`source`, UID + id of the occurrence + "#" + address), so that one
// meeting from the calendars of two colleagues counts once for each person. An event that Rapport
// wrote keeps the identity that it had there. Past means until now, ahead is a plan.
MeetingRecords RecordsOf(const importer::CalendarOccurrence& occurrence,
                         absl::string_view series_uid, const MeetingMapping& mapping);

// The `thread` of all engagements of a series.
std::string ThreadOf(const importer::CalendarSeries& series);

// True if the event has an organizer or attendee of ours.
bool Concerns(const importer::CalendarEvent& event, const OwnAddresses& ours);

}  // namespace rapport::rapportctl

#endif  // RAPPORT_TOOLS_RAPPORTCTL_CALENDAR_MAPPING_H_
