// Calendars written by real programs, and broken on purpose, from the shared data folder
// (RAPPORT_SHARED_DATA).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "tools/import/calendar_series.h"

namespace rapport::importer {
namespace {

using Counts = std::map<std::string, int>;

std::filesystem::path DataFolder() {
  const char* const stated = std::getenv("RAPPORT_SHARED_DATA");
  return std::filesystem::path(stated != nullptr ? stated : RAPPORT_SHARED_DATA);
}

// The numbers that import_expect.json does not give, or gives otherwise: its reader drops a
// calendar that is cut short, and refuses three files whole.
const std::map<std::string, Counts>& OtherCounts() {
  static const auto* const kCounts = new std::map<std::string, Counts>{
      {"calendars__big_bad_calendar.ics", {{"VEVENT", 20}}},
      {"calendars__fuzz_testcase_invalid_month.ics", {{"RRULE", 1}}},
      {"calendars__issue_104_broken_calendar.ics", {{"VEVENT", 1}}},
      {"calendars__parsing_error_in_UTC_offset.ics", {{"VTIMEZONE", 1}}},
  };
  return *kCounts;
}

// What is said about the files of which something could not be taken: "line reason", the events
// that were not taken first. 20 times the same is said once.
const std::map<std::string, std::string>& Reports() {
  static const auto* const kReports = new std::map<std::string, std::string>{
      {"alarms__rfc_5545_absolute_alarm_example.ics", "1 no calendar in it"},
      {"alarms__rfc_5545_end.ics", "1 no calendar in it"},
      {"alarms__start_date.ics", "1 no calendar in it"},
      {"availabilities__rfc_7953_1.ics", "1 no calendar in it; 1 VAVAILABILITY: not an event"},
      {"availabilities__rfc_7953_2.ics", "1 no calendar in it; 1 VAVAILABILITY: not an event"},
      {"calendars__big_bad_calendar.ics",
       "2 an event without a start; 1 VCALENDAR without its END"},
      {"calendars__created_calendar_with_unicode_fields.ics", "20 an event without a start"},
      {"calendars__fuzz_testcase_0_char_in_component_name.ics",
       "1 no calendar in it; 1 (no name) without its END"},
      {"calendars__fuzz_testcase_invalid_month.ics", "1 no calendar in it; 1 V without its END"},
      {"calendars__issue_104_broken_calendar.ics", "13 not a property line"},
      {"calendars__issue_1050_all_components.ics",
       "33 VTODO: not an event; 38 VJOURNAL: not an event; 42 VAVAILABILITY: not an event"},
      {"calendars__issue_1050_calendar_with_events_and_todos.ics",
       "33 VTODO: not an event; 38 VJOURNAL: not an event"},
      {"calendars__issue_1050_multiple_calendars.ics", "4 an event without a start"},
      {"calendars__issue_1050_uid_in_description.ics", "4 an event without a start"},
      {"calendars__issue_1081_invalid_start_and_end.ics",
       "4 the start of the event cannot be read"},
      {"calendars__issue_1081_with_summary.ics", "4 an event without a start"},
      {"calendars__issue_1549_binary_attachment.ics", "4 an event without a start"},
      {"calendars__issue_1561_image_value.ics", "2 an event without a start"},
      {"calendars__issue_1633_freebusy_with_dates.ics", "2 VFREEBUSY: not an event"},
      {"calendars__issue_178_component_with_invalid_name_represented.ics", "1 no calendar in it"},
      {"calendars__issue_27_multiple_periods_in_freebusy_multiple_freebusies.ics",
       "5 VFREEBUSY: not an event"},
      {"calendars__issue_27_multiple_periods_in_freebusy_one_freebusy.ics",
       "5 VFREEBUSY: not an event"},
      {"calendars__issue_322_expected_calendar.ics", "2 an event without a start"},
      {"calendars__issue_348_exception_parsing_value.ics",
       "8 not a property line; 6 VFREEBUSY: not an event"},
      {"calendars__issue_526_calendar_with_events.ics",
       "4 a time zone that is not known: taken for the calendar's own"},
      {"calendars__issue_526_calendar_with_shuffeled_events.ics",
       "4 a time zone that is not known: taken for the calendar's own"},
      {"calendars__issue_722_missing_VTIMEZONE_custom.ics",
       "2 a time zone that is not known: taken for the calendar's own"},
      {"calendars__issue_798_freebusy.ics", "2 VFREEBUSY: not an event"},
      {"calendars__issue_82_expected_output.ics", "1 an event without a start"},
      {"calendars__multiple_timezones.ics", "23 a further date that cannot be read"},
      {"calendars__rfc_5545_RDATE_example.ics", "2 an event without a start"},
      {"calendars__rfc_6868.ics", "3 an event without a start"},
      {"calendars__rfc_7256_multi_value_parameters.ics", "2 an event without a start"},
      {"calendars__rfc_7986_conferences.ics", "2 an event without a start"},
      {"calendars__rfc_7986_image.ics",
       "2 an event without a start; 6 VTODO: not an event; 10 VJOURNAL: not an event; 18 VTODO: "
       "not an event; 22 VJOURNAL: not an event"},
      {"calendars__timezone_rdate.ics", "53 not a property line"},
      {"calendars__timezone_same_start_and_offset.ics",
       "23 END:VCALENDARD without its BEGIN; 1 VCALENDAR without its END"},
      {"events__event_with_escaped_character2.ics", "1 an event without a start"},
      {"events__event_with_escaped_character4.ics", "1 an event without a start"},
      {"events__event_with_unicode_organizer.ics", "1 an event without a start"},
      {"events__issue_100_transformed_doctests_into_unittests.ics", "1 an event without a start"},
      {"events__issue_104_mark_events_broken.ics", "9 not a property line"},
      {"events__issue_355_url_escaping_empty_param.ics", "1 an event without a start"},
      {"events__issue_464_invalid_rdate.ics", "6 a further date that cannot be read"},
      {"events__issue_64_event_with_ascii_summary.ics", "1 an event without a start"},
      {"events__rfc_7265_request_status.ics", "1 an event without a start"},
      {"journals__example.ics", "1 no calendar in it; 1 VJOURNAL: not an event"},
      {"timezones__issue_237_brazilia_standard.ics", "1 no calendar in it"},
  };
  return *kReports;
}

void Count(const IcalComponent& component, Counts* counts) {
  ++(*counts)[component.name];
  for (const IcalProperty& property : component.properties) {
    if (property.name == "ATTENDEE" || property.name == "RRULE") ++(*counts)[property.name];
  }
  for (const IcalComponent& child : component.children) Count(child, counts);
}

class RealCalendars : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(DataFolder())) {
      GTEST_SKIP() << "NOT RUN: no data folder " << DataFolder()
                   << "; set RAPPORT_SHARED_DATA to the folder that holds ics/";
    }
    for (const auto& entry : std::filesystem::directory_iterator(DataFolder() / "ics")) {
      if (entry.path().extension() == ".ics") files_.push_back(entry.path());
    }
    std::sort(files_.begin(), files_.end());
  }

  static CalendarFile FileAt(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    return ReadCalendar(&in, {.file = path.filename().string(), .zone = absl::UTCTimeZone()});
  }
  static CalendarFile File(const std::string& name) { return FileAt(DataFolder() / "ics" / name); }

  // The occurrences of all events until 1 January 2026, as "2015-07-03T08:00".
  static std::vector<std::string> Occurrences(const CalendarFile& file,
                                              std::vector<ImportProblem>* partly) {
    const absl::Time now = absl::FromCivil(absl::CivilDay(2026, 1, 1), absl::UTCTimeZone());
    std::vector<std::string> out;
    for (const CalendarSeries& series : SeriesOf(file, partly)) {
      for (const auto& occurrence : OccurrencesOf(file, series, {.now = now}, partly)) {
        out.push_back(absl::FormatTime("%Y-%m-%dT%H:%M", occurrence.start, absl::UTCTimeZone()));
      }
    }
    return out;
  }

  std::vector<std::filesystem::path> files_;
};

TEST_F(RealCalendars, LoseNothing) {
  std::ifstream in(DataFolder() / "import_expect.json");
  const nlohmann::json expected = nlohmann::json::parse(in).at("ics");
  EXPECT_EQ(files_.size(), expected.size());
  for (const auto& path : files_) {
    const std::string file = path.filename().string();
    SCOPED_TRACE(file);
    Counts wanted;
    if (const auto other = OtherCounts().find(file); other != OtherCounts().end()) {
      wanted = other->second;
    } else {
      for (const auto& [name, count] : expected.at(file).items()) wanted[name] = count.get<int>();
    }
    std::ifstream ics(path, std::ios::binary);
    IcalReader reader(&ics, {.file = file});
    Counts counts;
    while (auto item = reader.Next()) {
      if (const auto* component = std::get_if<IcalComponent>(&*item)) Count(*component, &counts);
    }
    for (const char* name :
         {"ATTENDEE", "RRULE", "VALARM", "VEVENT", "VFREEBUSY", "VJOURNAL", "VTIMEZONE", "VTODO"}) {
      EXPECT_EQ(counts[name], wanted[name]) << name;
    }
    // Every event is taken or reported.
    const CalendarFile calendar = FileAt(path);
    size_t not_taken = 0;
    for (const ImportProblem& problem : calendar.unreadable) {
      EXPECT_GT(problem.line, 0);
      EXPECT_EQ(problem.file, file);
      not_taken += problem.reason.find("the event") != std::string::npos ||
                           problem.reason.find("an event") != std::string::npos
                       ? 1
                       : 0;
    }
    EXPECT_EQ(calendar.events.size() + not_taken, static_cast<size_t>(counts["VEVENT"]));
  }
}

TEST_F(RealCalendars, SayWhatCouldNotBeTaken) {
  for (const auto& path : files_) {
    const std::string file = path.filename().string();
    const CalendarFile calendar = FileAt(path);
    std::vector<ImportProblem> partly = calendar.partly;
    Occurrences(calendar, &partly);
    std::string said;
    std::string last;
    for (const auto* list :
         {&calendar.unreadable, static_cast<const std::vector<ImportProblem>*>(&partly)}) {
      for (const ImportProblem& problem : *list) {
        if (problem.reason == last) continue;
        last = problem.reason;
        if (!said.empty()) said += "; ";
        said += std::to_string(problem.line) + " " + problem.reason;
      }
    }
    const auto wanted = Reports().find(file);
    EXPECT_EQ(said, wanted == Reports().end() ? "" : wanted->second) << file;
  }
}

TEST_F(RealCalendars, GiveTheTimesThatTheirProgramsShowed) {
  using ::testing::ElementsAre;
  const auto times = [](const std::string& name) {
    std::vector<ImportProblem> partly;
    return Occurrences(File(name), &partly);
  };
  EXPECT_THAT(
      times("calendars__issue_165_missing_event.ics"),
      ElementsAre("2015-07-03T08:00", "2015-07-06T08:00", "2015-07-07T08:00", "2015-07-08T08:00",
                  "2015-07-09T08:00", "2015-07-10T08:00", "2015-07-13T08:00", "2015-07-14T08:00",
                  "2015-07-15T08:00", "2015-07-16T08:00", "2015-07-17T08:00", "2015-07-20T08:00",
                  "2015-07-21T08:00", "2015-07-22T08:00"));
  EXPECT_THAT(
      times("calendars__issue_722_timezone_transition_ambiguity.ics"),
      ElementsAre("2024-03-02T20:00", "2024-08-02T22:00", "2024-05-04T22:00", "2024-05-04T19:00"));
  EXPECT_THAT(times("calendars__issue_313_globally_unique_tzid.ics"),
              ElementsAre("2020-04-26T12:00", "2020-04-26T18:00", "2020-04-26T17:00"));
  EXPECT_THAT(times("calendars__rfc_7265_appendix_example_2_ical.ics"),
              ElementsAre("2006-01-02T17:00", "2006-01-02T20:00", "2006-01-03T17:00",
                          "2006-01-04T19:00", "2006-01-05T17:00", "2006-01-06T17:00"));
  EXPECT_THAT(times("calendars__issue_218_bad_tzid.ics"), ElementsAre("2017-02-28T12:00"));
  EXPECT_THAT(times("calendars__timezone_same_start.ics"), ElementsAre("2017-02-24T20:00"));
  EXPECT_THAT(times("calendars__timezone_rdate.ics"), ElementsAre("2012-02-13T09:00"));
  EXPECT_EQ(times("events__event_with_recurrence.ics").size(), 97U);
  EXPECT_EQ(times("calendars__issue_156_RDATE_with_PERIOD_TZID_khal.ics").size(), 19U);
}

}  // namespace
}  // namespace rapport::importer
