#include "tools/rapportctl/calendar_writer.h"

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/time.h"
#include "common/text/utf8.h"
#include "common/time/proto_time.h"

namespace rapport::rapportctl {
namespace {

using engagement::v1::Engagement;

constexpr std::size_t kLineBytes = 75;

std::string Escaped(absl::string_view value) {
  return absl::StrReplaceAll(
      value, {{"\\", "\\\\"}, {"\r", ""}, {"\n", "\\n"}, {",", "\\,"}, {";", "\\;"}});
}

// A parameter value, quoted (RFC 6868).
std::string Quoted(absl::string_view value) {
  return absl::StrCat(
      "\"", absl::StrReplaceAll(value, {{"^", "^^"}, {"\"", "^'"}, {"\r", ""}, {"\n", "^n"}}),
      "\"");
}

void Add(absl::string_view line, std::string* out) {
  std::size_t room = kLineBytes;
  while (line.size() > room) {
    const absl::string_view part = text::TruncateBytes(line, room);
    if (part.empty()) break;
    absl::StrAppend(out, part, "\r\n ");
    line.remove_prefix(part.size());
    room = kLineBytes - 1;
  }
  absl::StrAppend(out, line, "\r\n");
}

void AddText(absl::string_view name, absl::string_view value, std::string* out) {
  if (!value.empty()) Add(absl::StrCat(name, ":", Escaped(value)), out);
}

std::string Stamp(const google::protobuf::Timestamp& time) {
  return absl::FormatTime("%E4Y%m%dT%H%M%SZ", time::FromProto(time), absl::UTCTimeZone());
}

// A calendar user: name and URI.
std::string User(absl::string_view property, absl::string_view name, absl::string_view uri) {
  const std::string common = name.empty() ? "" : absl::StrCat(";CN=", Quoted(name));
  return absl::StrCat(property, common, ":", uri);
}

}  // namespace

bool IsMeeting(const Engagement& engagement) {
  switch (engagement.kind()) {
    case Engagement::CONVERSATION:
    case Engagement::MEETING:
    case Engagement::VISIT:
    case Engagement::GATHERING:
      return engagement.state() == Engagement::RECORDED ||
             engagement.state() == Engagement::PLANNED;
    default:
      return false;
  }
}

std::string CalendarHead() {
  return "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Rapport//rapportctl//EN\r\n"
         "CALSCALE:GREGORIAN\r\n";
}

std::string CalendarTail() { return "END:VCALENDAR\r\n"; }

std::string WriteEvent(const Engagement& engagement, const CalendarPeople& people) {
  std::string out;
  Add("BEGIN:VEVENT", &out);
  AddText("UID", engagement.uid(), &out);
  Add(absl::StrCat("DTSTAMP:", Stamp(engagement.update_time())), &out);
  Add(absl::StrCat("DTSTART:", Stamp(engagement.event_time())), &out);
  if (const std::int64_t seconds = engagement.duration().seconds(); seconds > 0) {
    Add(absl::StrCat("DURATION:PT", seconds, "S"), &out);
  }
  AddText("SUMMARY", engagement.subject(), &out);
  AddText("CATEGORIES", Engagement::Kind_Name(engagement.kind()), &out);
  Add(engagement.state() == Engagement::PLANNED ? "STATUS:TENTATIVE" : "STATUS:CONFIRMED", &out);
  if (!people.address.empty()) {
    // Who is asked is asked by somebody.
    if (!people.our_address.empty()) {
      Add(User("ORGANIZER", people.our_name, absl::StrCat("mailto:", people.our_address)), &out);
    } else {
      Add(User("ORGANIZER", people.our_name, "invalid:nobody"), &out);
    }
    // Whether they agreed to a plan is not known.
    const bool planned = engagement.state() == Engagement::PLANNED;
    Add(User(planned ? "ATTENDEE;PARTSTAT=NEEDS-ACTION" : "ATTENDEE;PARTSTAT=ACCEPTED", people.name,
             absl::StrCat(people.phone ? "tel:" : "mailto:", people.address)),
        &out);
  }
  if (engagement.channel() != Engagement::CHANNEL_UNSPECIFIED) {
    AddText("X-RAPPORT-CHANNEL", Engagement::Channel_Name(engagement.channel()), &out);
  }
  AddText("X-RAPPORT-KIND", Engagement::Kind_Name(engagement.kind()), &out);
  AddText("X-RAPPORT-SOURCE", engagement.source(), &out);
  AddText("X-RAPPORT-SOURCE-ID", engagement.source_id(), &out);
  Add("END:VEVENT", &out);
  return out;
}

}  // namespace rapport::rapportctl
