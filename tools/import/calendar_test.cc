#include "tools/import/calendar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace rapport::importer {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Medium = CalendarEvent::Medium;

CalendarFile ReadText(const std::string& text) {
  std::istringstream in(text);
  return ReadCalendar(&in, {.file = "x.ics", .zone = absl::UTCTimeZone()});
}

CalendarFile ReadEvent(const std::string& lines) {
  return ReadText("BEGIN:VCALENDAR\nBEGIN:VEVENT\n" + lines + "END:VEVENT\nEND:VCALENDAR\n");
}

CalendarEvent EventWith(const std::string& lines) {
  const CalendarFile file = ReadEvent("DTSTART:20260105T090000Z\n" + lines);
  EXPECT_THAT(file.unreadable, IsEmpty());
  EXPECT_THAT(file.events, SizeIs(1));
  return file.events.empty() ? CalendarEvent() : file.events[0];
}

std::vector<std::string> Reasons(const std::vector<ImportProblem>& problems) {
  std::vector<std::string> out;
  for (const ImportProblem& problem : problems) {
    EXPECT_EQ(problem.file, "x.ics");
    out.push_back(std::to_string(problem.line) + " " + problem.reason);
  }
  return out;
}

std::string StartOf(const CalendarFile& file, size_t i = 0) {
  const CalendarEvent& event = file.events.at(i);
  return absl::FormatTime("%Y-%m-%dT%H:%M",
                          file.zones[static_cast<size_t>(event.calendar)].ToTime(event.start),
                          absl::UTCTimeZone());
}

TEST(Calendar, ReadsAWholeEvent) {
  const CalendarFile file = ReadEvent(
      "UID:u1\nSUMMARY:Loom\\, the second\\nhall\nDTSTART;TZID=Europe/Lisbon:20260706T090000\n"
      "DTEND;TZID=Europe/Berlin:20260706T110000\nSTATUS:Confirmed\nTRANSP:TRANSPARENT\n"
      "SEQUENCE:3\nDTSTAMP:20260101T000000Z\nURL:https://x.example/1\n"
      "ORGANIZER;CN=Mara:MAILTO:mara@atelier.example\n"
      "ATTENDEE;CN=\"Sousa; Ana\";ROLE=opt-participant;PARTSTAT=declined;CUTYPE=INDIVIDUAL:mailto:"
      "ana@x.example\nATTENDEE:tel:+351-21\nATTENDEE:urn:uuid:1\n"
      "RRULE:FREQ=WEEKLY;COUNT=2\nRDATE:20260801T090000Z,\nEXDATE;VALUE=DATE:20260713\n");
  ASSERT_THAT(file.events, SizeIs(1));
  EXPECT_THAT(file.partly, IsEmpty());
  const CalendarEvent& event = file.events[0];
  EXPECT_EQ(event.line, 2);
  EXPECT_EQ(event.uid, "u1");
  EXPECT_EQ(event.summary, "Loom, the second\nhall");
  EXPECT_EQ(StartOf(file), "2026-07-06T08:00");
  EXPECT_EQ(event.length, absl::Hours(1));
  EXPECT_EQ(event.status, "CONFIRMED");
  EXPECT_TRUE(event.transparent);
  EXPECT_EQ(event.sequence, 3);
  EXPECT_EQ(event.stamp, "20260101T000000Z");
  EXPECT_EQ(event.organizer->address, "mara@atelier.example");
  ASSERT_THAT(event.attendees, SizeIs(2));
  EXPECT_EQ(event.attendees[0].name, "Sousa; Ana");
  EXPECT_EQ(event.attendees[0].role, "OPT-PARTICIPANT");
  EXPECT_EQ(event.attendees[0].answer, "DECLINED");
  EXPECT_EQ(event.attendees[0].type, "INDIVIDUAL");
  EXPECT_TRUE(event.attendees[1].phone);
  EXPECT_EQ(event.attendees[1].address, "+351-21");
  EXPECT_THAT(event.rules, SizeIs(1));
  EXPECT_THAT(event.dates, SizeIs(1));
  EXPECT_THAT(event.exceptions, SizeIs(1));
}

TEST(Calendar, KnowsTheLengthFromEndOrDuration) {
  EXPECT_EQ(EventWith("DTEND:20260105T101500Z\n").length, absl::Minutes(75));
  EXPECT_EQ(EventWith("DURATION:PT45M\n").length, absl::Minutes(45));
  EXPECT_EQ(EventWith("").length, absl::ZeroDuration());
  const CalendarFile file = ReadEvent("DTSTART:20260105T090000Z\nDTEND:20260105T080000Z\n");
  EXPECT_EQ(file.events.at(0).length, absl::ZeroDuration());
  EXPECT_THAT(Reasons(file.partly),
              ElementsAre("2 the event ends before it starts: taken without its end"));
}

TEST(Calendar, SeesHowPeopleMeet) {
  EXPECT_EQ(EventWith("LOCATION:Café Central\n").medium, Medium::kInPerson);
  EXPECT_EQ(EventWith("LOCATION:https://meet.example/x\n").medium, Medium::kVideo);
  EXPECT_EQ(EventWith("LOCATION:Room 2; Microsoft Teams Meeting\n").medium, Medium::kVideo);
  EXPECT_EQ(EventWith("LOCATION:\n").medium, Medium::kUnknown);
  EXPECT_EQ(EventWith("LOCATION:Room 2\nX-GOOGLE-CONFERENCE:https://meet.example\n").medium,
            Medium::kVideo);
  EXPECT_EQ(EventWith("CONFERENCE;VALUE=URI;FEATURE=PHONE:tel:+1-412-555-0123\n").medium,
            Medium::kPhone);
}

TEST(Calendar, MapsTheNamesOfTimeZones) {
  const auto start = [](const std::string& tzid) {
    return StartOf(ReadEvent("DTSTART;TZID=\"" + tzid + "\":20260706T090000\n"));
  };
  EXPECT_EQ(start("America/New_York"), "2026-07-06T13:00");
  EXPECT_EQ(start("/mozilla.org/20070129_1/America/New_York"), "2026-07-06T13:00");
  EXPECT_EQ(start("/freeassociation.sourceforge.net/Tzfile/America/Argentina/Buenos_Aires"),
            "2026-07-06T12:00");
  EXPECT_EQ(start("W. Europe Standard Time"), "2026-07-06T07:00");
  EXPECT_EQ(start("Eastern Standard Time"), "2026-07-06T13:00");
  const CalendarFile unknown = ReadEvent("DTSTART;TZID=Nowhere:20260706T090000\n");
  EXPECT_EQ(StartOf(unknown), "2026-07-06T09:00");
  EXPECT_THAT(Reasons(unknown.partly),
              ElementsAre("2 a time zone that is not known: taken for the calendar's own"));
}

TEST(Calendar, TakesTimesWithoutZoneForThoseOfTheCalendar) {
  const CalendarFile file = ReadText(
      "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20260706T090000\nEND:VEVENT\n"
      "X-WR-TIMEZONE:Europe/Berlin\nEND:VCALENDAR\n"
      "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20260706T090000\nEND:VEVENT\nEND:VCALENDAR\n");
  EXPECT_EQ(StartOf(file, 0), "2026-07-06T07:00");
  EXPECT_EQ(StartOf(file, 1), "2026-07-06T09:00");
}

TEST(Calendar, UsesZonesThatTheFileItselfDefines) {
  const auto starts = [](const std::string& time) {
    return StartOf(ReadText(
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;TZID=Home:" + time +
        "\nEND:VEVENT\n"
        "BEGIN:VTIMEZONE\nTZID:Home\n"
        "BEGIN:STANDARD\nDTSTART:16010101T030000\nTZOFFSETFROM:+0200\nTZOFFSETTO:+0100\n"
        "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\nEND:STANDARD\n"
        "BEGIN:DAYLIGHT\nDTSTART:16010101T020000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200\n"
        "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\nEND:DAYLIGHT\nEND:VTIMEZONE\nEND:VCALENDAR\n"));
  };
  EXPECT_EQ(starts("20260105T090000"), "2026-01-05T08:00");
  EXPECT_EQ(starts("20260706T090000"), "2026-07-06T07:00");
  // The clock skips an hour: by the offset before it. It shows an hour twice: the first one.
  EXPECT_EQ(starts("20260329T023000"), "2026-03-29T01:30");
  EXPECT_EQ(starts("20261025T023000"), "2026-10-25T00:30");
}

TEST(Calendar, BoundsTheWorkOfAllZonesTogether) {
  std::istringstream in(
      "BEGIN:VTIMEZONE\nTZID:Z\nBEGIN:STANDARD\nDTSTART:16010101T000000\nTZOFFSETFROM:+0000\n"
      "TZOFFSETTO:+0200\nRRULE:FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30\nEND:STANDARD\n"
      "END:VTIMEZONE\n");
  IcalReader reader(&in, {.file = "x.ics"});
  const auto component = reader.Next();
  std::int64_t steps_left = 1000;
  for (int i = 0; i < 3; ++i) {
    const auto zone = CalendarZone::Defined(std::get<IcalComponent>(*component),
                                            absl::CivilSecond(2200, 1, 1), &steps_left);
    EXPECT_EQ(zone->ToTime(absl::CivilSecond(2026, 1, 5, 9, 0, 0)),
              absl::FromCivil(absl::CivilSecond(2026, 1, 5, 7, 0, 0), absl::UTCTimeZone()));
  }
  EXPECT_LE(steps_left, 0);
  EXPECT_GE(steps_left, -10);
}

TEST(Calendar, GivesTheSameTimesByTheSystemsZones) {
  const auto start = [](const std::string& time) {
    return StartOf(ReadEvent("DTSTART;TZID=Europe/Berlin:" + time + "\n"));
  };
  EXPECT_EQ(start("20260329T023000"), "2026-03-29T01:30");
  EXPECT_EQ(start("20261025T023000"), "2026-10-25T00:30");
}

TEST(Calendar, ReportsEventsThatCannotBeTaken) {
  const CalendarFile file = ReadText(
      "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nEND:VEVENT\nBEGIN:VEVENT\nDTSTART:soon\nEND:VEVENT\n"
      "BEGIN:VEVENT\nDTSTART:16010101\nEND:VEVENT\nBEGIN:VEVENT\nDTSTART:20260105\nEND:VEVENT\n"
      "BEGIN:VTODO\nEND:VTODO\nEND:VCALENDAR\n");
  EXPECT_THAT(Reasons(file.unreadable),
              ElementsAre("2 an event without a start", "5 the start of the event cannot be read",
                          "8 the start of the event is not in the years 1900 to 2199"));
  EXPECT_THAT(Reasons(file.partly), ElementsAre("14 VTODO: not an event"));
  EXPECT_THAT(file.events, SizeIs(1));
}

TEST(Calendar, TakesEventsWithoutTheirBrokenParts) {
  const CalendarFile file = ReadEvent(
      "DTSTART:20260105T090000Z\nDTEND:later\nRRULE:FREQ=NEVER\nRDATE:20269999,20260106T090000Z\n"
      "EXDATE:x\nRDATE;VALUE=PERIOD:20260107T090000Z/soon\nEXRULE:FREQ=DAILY\n");
  EXPECT_THAT(file.events.at(0).dates, SizeIs(2));
  EXPECT_THAT(
      Reasons(file.partly),
      ElementsAre("5 a recurrence that cannot be read: taken as if not there",
                  "6 a further date that cannot be read", "7 an exception that cannot be read",
                  "8 a period that cannot be read: its start is taken",
                  "9 a rule of exceptions, which is no longer in the standard: passed over",
                  "4 the end of the event cannot be read"));
}

TEST(Calendar, IsNoneWithoutACalendarOrAnEvent) {
  EXPECT_THAT(Reasons(ReadText("").unreadable), ElementsAre("1 no calendar in it"));
  EXPECT_THAT(Reasons(ReadText("BEGIN:VALARM\nEND:VALARM\n").unreadable),
              ElementsAre("1 no calendar in it"));
  EXPECT_THAT(ReadText("\xEF\xBB\xBF"
                       "BEGIN:VCALENDAR\nEND:VCALENDAR\n")
                  .unreadable,
              IsEmpty());
}

TEST(Calendar, CallsOffAllThatIsSentToBeCancelled) {
  const CalendarFile file = ReadText(
      "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20260105\nEND:VEVENT\nMETHOD:CANCEL\n"
      "END:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20260105\nEND:VEVENT\n");
  EXPECT_EQ(file.events.at(0).status, "CANCELLED");
  EXPECT_EQ(file.events.at(1).status, "");
}

}  // namespace
}  // namespace rapport::importer
