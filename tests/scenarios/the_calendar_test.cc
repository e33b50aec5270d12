// A calendar goes in and comes out again: what took place counts, what is ahead is a plan, and no
// repetition makes anything twice.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/harness/process.h"
#include "tests/scenarios/story.h"

namespace rapport::tests {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

struct Said {
  int code = -1;
  std::string text;  // of both streams
};

class TheCalendar : public ::testing::Test {
 protected:
  // The program lives by the clock of this machine, and so do the services.
  TheCalendar()
      : now_(absl::Now()),
        story_(absl::FormatTime(absl::RFC3339_sec, now_, absl::UTCTimeZone())),
        ana_(story_.Knows("Ana Sousa", {"ana@x.example"},
                          {story_.HasSteward("mara", "Mara Vidal")})) {}

  Said Ctl(const std::vector<std::string>& words) {
    std::vector<std::string> arguments = {RAPPORTCTL_BINARY, "--dir", story_.house.folder(),
                                          "--tenant", story_.house.tenant()};
    for (const char* service : {"contact", "engagement", "recommendation"}) {
      arguments.push_back(absl::StrCat("--", service));
      arguments.push_back(story_.house.SocketOf(service));
    }
    arguments.insert(arguments.end(), words.begin(), words.end());
    const std::string log = absl::StrCat(story_.house.folder(), "/ctl-", ++runs_, ".log");
    Process process(arguments, log);
    Said said;
    said.code = process.Wait(absl::Seconds(30));
    std::ifstream in(log, std::ios::binary);
    said.text.assign(std::istreambuf_iterator<char>(in), {});
    EXPECT_EQ(said.code, 0) << said.text;
    return said;
  }

  std::string Import(const std::string& events) {
    const std::string path = absl::StrCat(story_.house.folder(), "/mine.ics");
    std::ofstream(path, std::ios::binary) << "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n"
                                          << events << "END:VCALENDAR\r\n";
    return Ctl({"import", "--me", "mara@atelier.example", path}).text;
  }

  // So many hours from now, as a calendar writes it.
  std::string At(int hours) const {
    return absl::FormatTime("%Y%m%dT%H%M%SZ", now_ + absl::Hours(hours), absl::UTCTimeZone());
  }

  static std::string Event(const std::string& lines) {
    return absl::StrCat("BEGIN:VEVENT\r\n", lines, "END:VEVENT\r\n");
  }
  static std::string With(const std::string& address, const std::string& answer = "ACCEPTED") {
    return absl::StrCat(
        "ORGANIZER:mailto:mara@atelier.example\r\n"
        "ATTENDEE;PARTSTAT=ACCEPTED:mailto:mara@atelier.example\r\nATTENDEE;PARTSTAT=",
        answer, ":mailto:", address, "\r\n");
  }
  // Each week since three weeks ago, but for one; the fifth is ahead.
  std::string Weekly() const {
    return absl::StrCat(
        "UID:weekly\r\nSUMMARY:the loom\r\nDTSTART:", At(-21 * 24 - 1),
        "\r\nDURATION:PT1H\r\nRRULE:FREQ=WEEKLY;COUNT=5\r\nEXDATE:", At(-7 * 24 - 1), "\r\n");
  }

  // "-505 RECORDED the loom": hours from now, oldest first.
  std::vector<std::string> Meetings() {
    std::vector<std::string> out;
    for (const auto& entry : story_.TimelineOf(ana_)) {
      const auto& e = entry.engagement();
      const auto start = absl::FromUnixSeconds(e.event_time().seconds());
      const double hours = absl::ToDoubleHours(start - now_);
      out.insert(out.begin(),
                 absl::StrCat(static_cast<int>(hours > 0 ? hours + .5 : hours - .5), " ",
                              ev::Engagement::State_Name(e.state()), " ", e.subject()));
    }
    return out;
  }

  const absl::Time now_;
  Story story_;
  const Story::Known ana_;
  int runs_ = 0;
};

// Proves: C22, E02
TEST_F(TheCalendar, GoesInOnceHoweverOftenItIsRead) {
  const std::string events = absl::StrCat(
      Event(absl::StrCat(Weekly(), With("ana@x.example"))),
      Event(absl::StrCat("UID:declined\r\nDTSTART:", At(-30), "\r\n",
                         With("ana@x.example", "DECLINED"))),
      Event(absl::StrCat("UID:off\r\nSTATUS:CANCELLED\r\nDTSTART:", At(-40), "\r\n",
                         With("ana@x.example"))),
      Event("UID:broken\r\nDTSTART:soon\r\n"),
      Event(absl::StrCat("UID:alone\r\nSUMMARY:dentist\r\nDTSTART:", At(-50), "\r\n")),
      Event(absl::StrCat("UID:stranger\r\nDTSTART:", At(-60), "\r\n", With("bo@holz.example"))));
  const std::string said = Import(events);
  EXPECT_THAT(said,
              HasSubstr("mine.ics 5 meetings (1 planned; 2 called off left out; 1 with nobody "
                        "left out), 1 event not read"));
  EXPECT_THAT(said, HasSubstr("mine.ics line 29: the start of the event cannot be read"));
  const auto meetings = ElementsAre("-505 RECORDED the loom", "-337 RECORDED the loom",
                                    "-1 RECORDED the loom", "167 PLANNED the loom");
  EXPECT_THAT(Meetings(), meetings);
  const auto& call = story_.TimelineOf(ana_).back().engagement();
  EXPECT_EQ(call.kind(), ev::Engagement::MEETING);
  EXPECT_EQ(call.duration().seconds(), 3600);
  // The plan counts for nothing yet.
  EXPECT_EQ(story_.RapportOf(ana_).two_way_count(), 3);

  EXPECT_THAT(Import(events), HasSubstr("; nothing new)"));
  EXPECT_THAT(Meetings(), meetings);
}

// Proves: C22
TEST_F(TheCalendar, BringsPlansUpToDate) {
  Import(Event(absl::StrCat(Weekly(), With("ana@x.example"))));
  // Moved by an hour and renamed.
  Import(Event(absl::StrCat(Weekly(), With("ana@x.example"))) +
         Event(absl::StrCat("UID:weekly\r\nRECURRENCE-ID:", At(7 * 24 - 1), "\r\nDTSTART:",
                            At(7 * 24), "\r\nSUMMARY:the new loom\r\n", With("ana@x.example"))));
  EXPECT_THAT(Meetings(), ElementsAre("-505 RECORDED the loom", "-337 RECORDED the loom",
                                      "-1 RECORDED the loom", "168 PLANNED the new loom"));
  // Called off. What was held stays.
  Import(Event(absl::StrCat(Weekly(), "EXDATE:", At(7 * 24 - 1), "\r\n", With("ana@x.example"))));
  EXPECT_THAT(Meetings(), ElementsAre("-505 RECORDED the loom", "-337 RECORDED the loom",
                                      "-1 RECORDED the loom", "168 RETRACTED the new loom"));
}

// Proves: C22
TEST_F(TheCalendar, ComesOutAndInAgainWithoutDoubles) {
  Import(Event(absl::StrCat(Weekly(), With("ana@x.example"))));
  Ctl({"record", "ana", "--kind", "call", "--minutes-theirs", "15", "--when", "yesterday"});
  Ctl({"record", "ana", "--kind", "mail", "--direction", "in", "--when", "yesterday"});
  const auto before = Meetings();
  ASSERT_THAT(before, SizeIs(6));
  const std::string out = absl::StrCat(story_.house.folder(), "/export");
  EXPECT_THAT(Ctl({"export", "--out", out}).text, HasSubstr("calendar.ics 5"));
  std::ifstream in(absl::StrCat(out, "/calendar.ics"), std::ios::binary);
  const std::string calendar(std::istreambuf_iterator<char>(in), {});
  EXPECT_THAT(calendar, HasSubstr("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n"));
  EXPECT_THAT(calendar, HasSubstr(":mailto:ana@x.example\r\n"));
  EXPECT_THAT(calendar, HasSubstr("STATUS:TENTATIVE\r\n"));

  const std::string said =
      Ctl({"import", "--me", "mara@atelier.example", absl::StrCat(out, "/calendar.ics")}).text;
  EXPECT_THAT(said, HasSubstr("calendar.ics 5 meetings (1 planned; nothing new)"));
  EXPECT_THAT(said, Not(HasSubstr("not read")));
  EXPECT_EQ(Meetings(), before);
}

}  // namespace
}  // namespace rapport::tests
