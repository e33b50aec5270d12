#include "tools/rapportctl/calendar_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/time/proto_time.h"
#include "tools/rapportctl/calendar_mapping.h"

namespace rapport::rapportctl {
namespace {

using engagement::v1::Engagement;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

const absl::Time kNow = absl::FromUnixSeconds(1'770'000'000);

Engagement Meeting() {
  Engagement e;
  e.set_uid("0190-uid");
  e.set_source("cli");
  e.set_source_id("id; with, signs \\ and a long tail so that the line has to be folded łłłłłłłłł");
  *e.mutable_event_time() = time::ToProto(kNow - absl::Hours(2));
  *e.mutable_update_time() = time::ToProto(kNow - absl::Hours(1));
  e.mutable_duration()->set_seconds(5400);
  e.set_kind(Engagement::CONVERSATION);
  e.set_channel(Engagement::PHONE);
  e.set_direction(Engagement::MUTUAL);
  e.set_conduct(Engagement::HUMAN);
  e.set_subject("the export, again; \\ äöü");
  e.set_state(Engagement::RECORDED);
  return e;
}

CalendarPeople Ana() {
  return {.address = "ana@x.example",
          .name = "Ana \"A\" Sousa; Lda",
          .our_address = "mara@atelier.example",
          .our_name = "Mara Vidal"};
}

importer::CalendarFile ReadBack(const std::string& event) {
  std::istringstream in(absl::StrCat(CalendarHead(), event, CalendarTail()));
  importer::CalendarFile file =
      importer::ReadCalendar(&in, {.file = "calendar.ics", .zone = absl::UTCTimeZone()});
  EXPECT_TRUE(file.unreadable.empty());
  EXPECT_TRUE(file.partly.empty());
  return file;
}

std::vector<engagement::v1::RecordEngagementRequest> Imported(const std::string& event,
                                                              absl::Time now = kNow) {
  const importer::CalendarFile file = ReadBack(event);
  OwnAddresses ours;
  ours.Add("mara@atelier.example", "");
  std::vector<importer::ImportProblem> partly;
  std::vector<engagement::v1::RecordEngagementRequest> out;
  for (const auto& series : importer::SeriesOf(file, &partly)) {
    for (const auto& occurrence : importer::OccurrencesOf(file, series, {.now = now}, &partly)) {
      auto records =
          RecordsOf(occurrence, series.uid, {.ours = &ours, .parent = "tenants/home", .now = now});
      for (auto& request : records.requests) out.push_back(std::move(request));
    }
  }
  return out;
}

TEST(CalendarWriter, WritesWhatAnImportTakesForTheSameEngagement) {
  const auto requests = Imported(WriteEvent(Meeting(), Ana()));
  ASSERT_THAT(requests, SizeIs(1));
  EXPECT_EQ(requests[0].contact_point().value(), "ana@x.example");
  const Engagement& e = requests[0].engagement();
  const Engagement wanted = Meeting();
  EXPECT_EQ(e.source(), wanted.source());
  EXPECT_EQ(e.source_id(), wanted.source_id());
  EXPECT_EQ(e.kind(), wanted.kind());
  EXPECT_EQ(e.channel(), wanted.channel());
  EXPECT_EQ(e.subject(), wanted.subject());
  EXPECT_EQ(e.duration().seconds(), 5400);
  EXPECT_EQ(time::FromProto(e.event_time()), kNow - absl::Hours(2));
}

TEST(CalendarWriter, FoldsAndEscapesAsTheStandardWants) {
  const std::string text = WriteEvent(Meeting(), Ana());
  EXPECT_THAT(text, HasSubstr("\r\nUID:0190-uid\r\n"));
  EXPECT_THAT(text, HasSubstr("\r\nSUMMARY:the export\\, again\\; \\\\ äöü\r\n"));
  EXPECT_THAT(text, HasSubstr("\r\nSTATUS:CONFIRMED\r\n"));
  EXPECT_THAT(text, HasSubstr("\r\nDURATION:PT5400S\r\n"));
  EXPECT_THAT(text, HasSubstr("CN=\"Ana ^'A^' Sousa; Lda\""));
  for (const auto line : absl::StrSplit(text, "\r\n")) {
    EXPECT_LE(line.size(), 75U) << line;
    EXPECT_THAT(std::string(line), Not(HasSubstr("\n")));
  }
  const importer::CalendarFile file = ReadBack(text);
  ASSERT_THAT(file.events, SizeIs(1));
  EXPECT_EQ(file.events[0].attendees.at(0).name, "Ana \"A\" Sousa; Lda");
  EXPECT_EQ(file.events[0].organizer->address, "mara@atelier.example");
}

TEST(CalendarWriter, SaysThatAPlanIsNotYetAgreed) {
  Engagement plan = Meeting();
  plan.set_state(Engagement::PLANNED);
  *plan.mutable_event_time() = time::ToProto(kNow + absl::Hours(2));
  const std::string text = WriteEvent(plan, Ana());
  EXPECT_THAT(text, HasSubstr("\r\nSTATUS:TENTATIVE\r\n"));
  EXPECT_THAT(Imported(text), SizeIs(1));
  // Nobody has said that it happened: an old export must not.
  EXPECT_THAT(Imported(text, kNow + absl::Hours(3)), SizeIs(0));
}

TEST(CalendarWriter, TakesOnlyWhatTookTimeOfBoth) {
  Engagement e = Meeting();
  EXPECT_TRUE(IsMeeting(e));
  e.set_kind(Engagement::MESSAGE);
  EXPECT_FALSE(IsMeeting(e));
  e = Meeting();
  e.set_state(Engagement::RETRACTED);
  EXPECT_FALSE(IsMeeting(e));
}

}  // namespace
}  // namespace rapport::rapportctl
