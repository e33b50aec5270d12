#include "tools/import/calendar_series.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace rapport::importer {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const absl::Time kNow =
    absl::FromCivil(absl::CivilSecond(2026, 6, 1, 12, 0, 0), absl::UTCTimeZone());

struct Unrolled {
  std::vector<std::string> lines;  // "id start length summary", "-" before what is called off
  std::vector<std::string> partly;
};

// The occurrences of all events of a calendar in the time of Berlin.
Unrolled Unroll(const std::string& text, SeriesOptions options = {.now = kNow}) {
  std::istringstream in("BEGIN:VCALENDAR\n" + text + "END:VCALENDAR\n");
  absl::TimeZone berlin;
  EXPECT_TRUE(absl::LoadTimeZone("Europe/Berlin", &berlin));
  const CalendarFile file = ReadCalendar(&in, {.file = "x.ics", .zone = berlin});
  EXPECT_THAT(file.unreadable, IsEmpty());
  std::vector<ImportProblem> partly = file.partly;
  Unrolled out;
  for (const CalendarSeries& series : SeriesOf(file, &partly)) {
    for (const CalendarOccurrence& o : OccurrencesOf(file, series, options, &partly)) {
      std::string line = o.called_off ? "-" : "";
      line += o.id + " " + absl::FormatTime("%Y-%m-%dT%H:%MZ", o.start, absl::UTCTimeZone());
      if (o.length != absl::ZeroDuration()) line += " " + absl::FormatDuration(o.length);
      if (!o.event->summary.empty()) line += " " + o.event->summary;
      out.lines.push_back(line);
    }
  }
  for (const ImportProblem& problem : partly) {
    out.partly.push_back(std::to_string(problem.line) + " " + problem.reason);
  }
  return out;
}

std::string Event(const std::string& lines) {
  return "BEGIN:VEVENT\nUID:1\n" + lines + "END:VEVENT\n";
}

TEST(CalendarSeries, KeepsTheClockTimeAcrossSummerTime) {
  const Unrolled all = Unroll(Event(
      "DTSTART;TZID=Europe/Berlin:20260323T090000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;COUNT=3\n"));
  EXPECT_THAT(all.lines,
              ElementsAre(" 2026-03-23T08:00Z 1h", "/20260330T070000Z 2026-03-30T07:00Z 1h",
                          "/20260406T070000Z 2026-04-06T07:00Z 1h"));
}

TEST(CalendarSeries, LeavesExceptionsOutAndPutsFurtherDatesIn) {
  const Unrolled all = Unroll(
      Event("DTSTART;TZID=Europe/Berlin:20260105T090000\nDTEND;TZID=Europe/Berlin:20260105T093000\n"
            "RRULE:FREQ=DAILY;UNTIL=20260110T080000Z\nEXDATE;TZID=Europe/Berlin:20260106T090000\n"
            "EXDATE:20260107T080000Z\nEXDATE;VALUE=DATE:20260108\n"
            "RDATE;VALUE=PERIOD:20260201T090000Z/PT2H,20260202T090000Z/20260202T100000Z\n"));
  EXPECT_THAT(all.lines,
              ElementsAre(" 2026-01-05T08:00Z 30m", "/20260109T080000Z 2026-01-09T08:00Z 30m",
                          "/20260110T080000Z 2026-01-10T08:00Z 30m",
                          "/20260201T090000Z 2026-02-01T09:00Z 2h",
                          "/20260202T090000Z 2026-02-02T09:00Z 1h"));
}

TEST(CalendarSeries, PutsChangedOccurrencesInTheirPlace) {
  const Unrolled all =
      Unroll(Event("RECURRENCE-ID:20260112T080000Z\nDTSTART:20260113T100000Z\nDURATION:PT2H\n"
                   "SUMMARY:moved\n") +
             Event("DTSTART;TZID=Europe/Berlin:20260105T090000\nRRULE:FREQ=WEEKLY;COUNT=4\n") +
             Event("RECURRENCE-ID;TZID=Europe/Berlin:20260119T090000\n"
                   "DTSTART;TZID=Europe/Berlin:20260119T090000\nSTATUS:CANCELLED\n"));
  EXPECT_THAT(
      all.lines,
      ElementsAre(" 2026-01-05T08:00Z", "/20260112T080000Z 2026-01-13T10:00Z 2h moved",
                  "-/20260119T080000Z 2026-01-19T08:00Z", "/20260126T080000Z 2026-01-26T08:00Z"));
}

TEST(CalendarSeries, ChangesAnOccurrenceAndAllThatFollow) {
  const Unrolled all =
      Unroll(Event("DTSTART:20260105T080000Z\nRRULE:FREQ=WEEKLY;COUNT=4\nSUMMARY:a\n") +
             Event("RECURRENCE-ID:20260126T080000Z\nDTSTART:20260126T120000Z\nSUMMARY:c\n") +
             Event("RECURRENCE-ID;RANGE=THISANDFUTURE:20260112T080000Z\nDTSTART:20260112T090000Z\n"
                   "SUMMARY:b\n"));
  EXPECT_THAT(all.lines,
              ElementsAre(" 2026-01-05T08:00Z a", "/20260112T080000Z 2026-01-12T09:00Z b",
                          "/20260119T080000Z 2026-01-19T09:00Z b",
                          "/20260126T080000Z 2026-01-26T12:00Z c"));
}

TEST(CalendarSeries, TakesChangesWhoseSeriesIsNotInTheFile) {
  const Unrolled all = Unroll(Event("RECURRENCE-ID:20260112T080000Z\nDTSTART:20260112T090000Z\n"));
  EXPECT_THAT(all.lines, ElementsAre("/20260112T080000Z 2026-01-12T09:00Z"));
}

TEST(CalendarSeries, PutsDaysAtNineInTheMorning) {
  const Unrolled all =
      Unroll(Event("DTSTART;VALUE=DATE:20080303\nDTEND;VALUE=DATE:20080304\n"
                   "RRULE:FREQ=DAILY;UNTIL=20080305T235959Z\nEXDATE;VALUE=DATE:20080304\n"));
  EXPECT_THAT(all.lines, ElementsAre(" 2008-03-03T08:00Z", "/20080305 2008-03-05T08:00Z"));
}

TEST(CalendarSeries, TellsHoursOfOneDayApart) {
  const Unrolled all = Unroll(
      Event("DTSTART;VALUE=DATE:20260105\nRDATE:20260301T100000Z,20260301T150000Z,20260302\n"));
  EXPECT_THAT(all.lines,
              ElementsAre(" 2026-01-05T08:00Z", "/20260301T100000Z 2026-03-01T10:00Z",
                          "/20260301T150000Z 2026-03-01T15:00Z", "/20260302 2026-03-02T08:00Z"));
}

TEST(CalendarSeries, UnrollsALittleAhead) {
  const std::string weekly = "DTSTART:20260518T080000Z\nRRULE:FREQ=WEEKLY\n";
  EXPECT_THAT(
      Unroll(Event(weekly), {.now = kNow, .max_ahead = 2}).lines,
      ElementsAre(" 2026-05-18T08:00Z", "/20260525T080000Z 2026-05-25T08:00Z",
                  "/20260601T080000Z 2026-06-01T08:00Z", "/20260608T080000Z 2026-06-08T08:00Z",
                  "/20260615T080000Z 2026-06-15T08:00Z"));
  EXPECT_THAT(Unroll(Event(weekly), {.now = kNow, .ahead = absl::Hours(24 * 8)}).lines, SizeIs(4));
  // What is named by its day is kept, however far.
  EXPECT_THAT(Unroll(Event("DTSTART:20301005T080000Z\nRRULE:FREQ=YEARLY\n")).lines,
              ElementsAre(" 2030-10-05T08:00Z"));
}

TEST(CalendarSeries, SaysWhereABoundCutsItOff) {
  const Unrolled all = Unroll(Event("DTSTART:20200101T000000Z\nRRULE:FREQ=SECONDLY\n"),
                              {.now = kNow, .max_occurrences = 50});
  EXPECT_THAT(all.lines, SizeIs(50));
  EXPECT_THAT(all.partly, ElementsAre("2 it recurs too often: only the first ones are taken"));
}

TEST(CalendarSeries, BoundsTheWorkOfAllSeriesTogether) {
  std::int64_t steps_left = 5000;
  std::string text;
  for (int i = 0; i < 5; ++i) {
    text +=
        "BEGIN:VEVENT\nDTSTART:20200101T000000Z\nRRULE:FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30\n"
        "END:VEVENT\n";
  }
  const Unrolled all = Unroll(text, {.now = kNow, .max_steps = 2000, .steps_left = &steps_left});
  EXPECT_THAT(all.lines, SizeIs(5));
  EXPECT_THAT(all.partly, SizeIs(5));
  EXPECT_LE(steps_left, 0);
  EXPECT_GE(steps_left, -10);
}

TEST(CalendarSeries, TakesTheNewestOfSeveralVersions) {
  const Unrolled all = Unroll(
      Event("DTSTART:20260105T080000Z\nSEQUENCE:2\nSUMMARY:new\n") +
      Event("DTSTART:20260104T080000Z\nSEQUENCE:1\nSUMMARY:old\n") +
      Event("DTSTART:20260105T080000Z\nSEQUENCE:2\nDTSTAMP:20260101T000000Z\nSUMMARY:newest\n"));
  EXPECT_THAT(all.lines, ElementsAre(" 2026-01-05T08:00Z newest"));
  EXPECT_THAT(all.partly, ElementsAre("8 an older version of an event that is in the file again",
                                      "2 an older version of an event that is in the file again"));
}

TEST(CalendarSeries, LosesNoneOfTwoEventsThatShareAnId) {
  const Unrolled all = Unroll(Event("DTSTART:20260105T080000Z\nSUMMARY:a\n") +
                              Event("DTSTART:20260106T080000Z\nSUMMARY:b\n") +
                              "BEGIN:VEVENT\nDTSTART:20260107T080000Z\nEND:VEVENT\n");
  EXPECT_THAT(all.lines,
              ElementsAre(" 2026-01-05T08:00Z a", " 2026-01-06T08:00Z b", " 2026-01-07T08:00Z"));
  EXPECT_THAT(all.partly, IsEmpty());
}

}  // namespace
}  // namespace rapport::importer
