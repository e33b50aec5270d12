// Engagements as iCalendar (RFC 5545). Pure.
#ifndef RAPPORT_TOOLS_RAPPORTCTL_CALENDAR_WRITER_H_
#define RAPPORT_TOOLS_RAPPORTCTL_CALENDAR_WRITER_H_

#include <string>

#include "rapport/engagement/v1/engagement.pb.h"

namespace rapport::rapportctl {

// What both took time for: calls, meetings, visits and gatherings, held or planned.
bool IsMeeting(const engagement::v1::Engagement& engagement);

struct CalendarPeople {
  // Of the person: a mail address or a telephone number, and the name; may be empty.
  std::string address{};
  bool phone = false;
  std::string name{};
  // Of the steward, likewise.
  std::string our_address{};
  std::string our_name{};
};

// Lines end with CRLF and are folded at 75 bytes on the border of a character.
std::string CalendarHead();
std::string CalendarTail();

// One VEVENT. Its UID is the id of the engagement and stays; the instant is in UTC; a plan is
// TENTATIVE, what happened is CONFIRMED. X-RAPPORT-SOURCE and X-RAPPORT-SOURCE-ID hold the
// identity, so that an import of it finds the engagement that it was.
std::string WriteEvent(const engagement::v1::Engagement& engagement, const CalendarPeople& people);

}  // namespace rapport::rapportctl

#endif  // RAPPORT_TOOLS_RAPPORTCTL_CALENDAR_WRITER_H_
