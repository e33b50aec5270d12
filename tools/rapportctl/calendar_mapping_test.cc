#include "tools/rapportctl/calendar_mapping.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "common/time/proto_time.h"

namespace rapport::rapportctl {
namespace {

using engagement::v1::ContactPointKey;
using engagement::v1::Engagement;
using importer::CalendarEvent;
using importer::CalendarOccurrence;
using importer::CalendarParty;
using Fate = MeetingRecords::Fate;
using ::testing::ElementsAre;

constexpr char kMara[] = "tenants/home/stewards/mara";
const absl::Time kNow = absl::FromUnixSeconds(1'770'000'000);

OwnAddresses Ours() {
  OwnAddresses ours;
  ours.Add("Mara@Atelier.example", kMara);
  ours.Add("jonas@atelier.example", "tenants/home/stewards/jonas");
  return ours;
}

CalendarParty Party(const char* address, const char* answer = "ACCEPTED") {
  return {.address = address, .answer = answer};
}

CalendarEvent Event(std::vector<CalendarParty> attendees) {
  CalendarEvent event;
  event.uid = "u1";
  event.summary = "the second hall";
  event.organizer = Party("mara@atelier.example", "");
  event.attendees = std::move(attendees);
  return event;
}

MeetingRecords Map(const CalendarEvent& event, absl::Time start = kNow - absl::Hours(1),
                   bool called_off = false) {
  static const auto* const kOurs = new OwnAddresses(Ours());
  const CalendarOccurrence occurrence{.event = &event,
                                      .id = "/20260105T080000Z",
                                      .start = start,
                                      .length = absl::Minutes(30),
                                      .called_off = called_off};
  return RecordsOf(occurrence, event.uid, {.ours = kOurs, .parent = "tenants/home", .now = kNow});
}

Fate FateOf(const CalendarEvent& event) { return Map(event).fate; }

std::vector<std::string> Addresses(const MeetingRecords& records) {
  std::vector<std::string> out;
  for (const auto& request : records.requests) out.push_back(request.contact_point().value());
  return out;
}

TEST(MeetingRecords, MakeOneEngagementForEachPersonOfTheOtherSide) {
  const MeetingRecords records =
      Map(Event({Party("mara@atelier.example"), Party("Ana@LusoTextil.example"),
                 Party("bo@holz.example", "NEEDS-ACTION"), Party("ana@lusotextil.example")}));
  ASSERT_EQ(records.fate, Fate::kTaken);
  EXPECT_FALSE(records.planned);
  ASSERT_THAT(Addresses(records), ElementsAre("Ana@LusoTextil.example", "bo@holz.example"));
  const auto& request = records.requests[0];
  EXPECT_EQ(request.parent(), "tenants/home");
  EXPECT_EQ(request.contact_point().kind(), ContactPointKey::EMAIL);
  const Engagement& e = request.engagement();
  EXPECT_EQ(e.source(), "calendar");
  EXPECT_EQ(e.source_id(), "u1/20260105T080000Z#ana@lusotextil.example");
  EXPECT_EQ(e.thread(), "u1");
  EXPECT_EQ(e.kind(), Engagement::MEETING);
  EXPECT_EQ(e.direction(), Engagement::MUTUAL);
  EXPECT_EQ(e.conduct(), Engagement::HUMAN);
  EXPECT_EQ(e.initiator(), type::v1::PARTY_US);
  EXPECT_EQ(e.steward(), kMara);
  EXPECT_EQ(e.subject(), "the second hall");
  EXPECT_EQ(e.duration().seconds(), 1800);
  EXPECT_EQ(time::FromProto(e.event_time()), kNow - absl::Hours(1));
}

TEST(MeetingRecords, SayWhoBeganIt) {
  CalendarEvent event = Event({Party("mara@atelier.example"), Party("bo@holz.example")});
  event.organizer = Party("ana@x.example", "");
  const MeetingRecords records = Map(event);
  ASSERT_THAT(Addresses(records), ElementsAre("bo@holz.example", "ana@x.example"));
  EXPECT_EQ(records.requests[0].engagement().initiator(), type::v1::PARTY_UNSPECIFIED);
  EXPECT_EQ(records.requests[1].engagement().initiator(), type::v1::PARTY_PERSON);
}

TEST(MeetingRecords, LeaveOutWhoDeclined) {
  EXPECT_THAT(Addresses(Map(Event({Party("ana@x.example", "DECLINED"), Party("bo@holz.example"),
                                   Party("ed@x.example", "DELEGATED")}))),
              ElementsAre("bo@holz.example"));
  EXPECT_EQ(FateOf(Event({Party("ana@x.example", "DECLINED")})), Fate::kNotHeld);
  CalendarEvent event = Event({Party("ana@x.example")});
  event.attendees[0].role = "NON-PARTICIPANT";
  EXPECT_EQ(FateOf(event), Fate::kNotHeld);
}

TEST(MeetingRecords, AreNoneWhenWeDeclined) {
  EXPECT_EQ(FateOf(Event({Party("mara@atelier.example", "DECLINED"), Party("ana@x.example")})),
            Fate::kNotHeld);
  const MeetingRecords one_of_us =
      Map(Event({Party("mara@atelier.example", "DECLINED"), Party("jonas@atelier.example"),
                 Party("ana@x.example")}));
  ASSERT_EQ(one_of_us.fate, Fate::kTaken);
  EXPECT_EQ(one_of_us.requests[0].engagement().steward(), "tenants/home/stewards/jonas");
}

TEST(MeetingRecords, AreNoneOfWhatDidNotTakePlace) {
  CalendarEvent event = Event({Party("ana@x.example")});
  EXPECT_EQ(Map(event, kNow, true).fate, Fate::kNotHeld);
  event.status = "TENTATIVE";
  EXPECT_EQ(Map(event).fate, Fate::kNotHeld);
  EXPECT_EQ(Map(event, kNow + absl::Hours(1)).fate, Fate::kTaken);
  event.status = "";
  event.transparent = true;
  EXPECT_EQ(FateOf(event), Fate::kTaken);
  event.start.kind = importer::IcalTime::Kind::kDate;
  EXPECT_EQ(FateOf(event), Fate::kNotHeld);
}

TEST(MeetingRecords, TellPlansByTheTime) {
  EXPECT_TRUE(Map(Event({Party("ana@x.example")}), kNow + absl::Hours(1)).planned);
  EXPECT_FALSE(Map(Event({Party("ana@x.example")}), kNow).planned);
}

TEST(MeetingRecords, AreNoneWithoutAnotherSide) {
  EXPECT_EQ(FateOf(Event({})), Fate::kAmongOurselves);
  EXPECT_EQ(FateOf(Event({Party("jonas@atelier.example")})), Fate::kAmongOurselves);
  CalendarEvent alone = Event({});
  alone.organizer.reset();
  EXPECT_EQ(FateOf(alone), Fate::kNobody);
  CalendarEvent room = Event({Party("room2@atelier-rooms.example")});
  room.attendees[0].type = "ROOM";
  EXPECT_EQ(FateOf(room), Fate::kAmongOurselves);
  EXPECT_EQ(FateOf(Event({Party("c_12@group.calendar.google.com")})), Fate::kAmongOurselves);
  EXPECT_EQ(FateOf(Event({Party("ana@@x..example")})), Fate::kBadAddress);
}

TEST(MeetingRecords, TakeAtMostFiftyPeople) {
  std::vector<CalendarParty> many;
  for (int i = 0; i < 60; ++i) many.push_back({.address = absl::StrCat("p", i, "@x.example")});
  const MeetingRecords records = Map(Event(std::move(many)));
  EXPECT_EQ(records.requests.size(), 50U);
  EXPECT_EQ(records.left_out, 10U);
}

TEST(MeetingRecords, KnowPeopleByTelephoneToo) {
  CalendarEvent event = Event({{.address = "+351-21 345", .phone = true}});
  event.medium = CalendarEvent::Medium::kPhone;
  const MeetingRecords records = Map(event);
  ASSERT_THAT(Addresses(records), ElementsAre("+35121345"));
  EXPECT_EQ(records.requests[0].contact_point().kind(), ContactPointKey::PHONE);
  EXPECT_EQ(records.requests[0].engagement().channel(), Engagement::PHONE);
}

TEST(MeetingRecords, KeepTheIdentityOfWhatRapportWrote) {
  CalendarEvent event = Event({Party("ana@x.example")});
  event.rapport_source = "cli";
  event.rapport_source_id = "0190-call";
  event.rapport_kind = "CONVERSATION";
  event.rapport_channel = "PHONE";
  const Engagement e = Map(event).requests.at(0).engagement();
  EXPECT_EQ(e.source(), "cli");
  EXPECT_EQ(e.source_id(), "0190-call");
  EXPECT_EQ(e.kind(), Engagement::CONVERSATION);
  EXPECT_EQ(e.channel(), Engagement::PHONE);
}

TEST(MeetingRecords, MakeAnIdentityWhereTheEventHasNone) {
  CalendarEvent event = Event({Party("ana@x.example")});
  event.uid.clear();
  const std::string id = Map(event).requests.at(0).engagement().source_id();
  EXPECT_EQ(id, Map(event).requests.at(0).engagement().source_id());
  event.summary = "another";
  EXPECT_NE(id, Map(event).requests.at(0).engagement().source_id());
}

}  // namespace
}  // namespace rapport::rapportctl
