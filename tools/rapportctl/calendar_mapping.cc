#include "tools/rapportctl/calendar_mapping.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/text/normalise.h"
#include "common/time/proto_time.h"
#include "tools/rapportctl/files.h"
#include "tools/rapportctl/people_mapping.h"

namespace rapport::rapportctl {
namespace {

using engagement::v1::ContactPointKey;
using engagement::v1::Engagement;
using importer::CalendarEvent;
using importer::CalendarOccurrence;
using importer::CalendarParty;
using Fate = MeetingRecords::Fate;

constexpr std::size_t kMaxPeople = 50;
constexpr std::size_t kMaxAddressBytes = 400;
constexpr absl::Duration kMaxDuration = absl::Hours(24 * 366);

// What stands for the address in ids; "" if it cannot be an address. Telephone numbers are
// normalised by the service, which knows the region of the house.
std::string KeyOf(const CalendarParty& party) {
  if (party.address.size() > kMaxAddressBytes) return "";
  if (party.phone) {
    std::string digits;
    for (const char c : party.address) {
      if (absl::ascii_isdigit(static_cast<unsigned char>(c)) || (c == '+' && digits.empty())) {
        digits.push_back(c);
      }
    }
    return digits.size() < 3 ? "" : digits;
  }
  const auto email = text::NormaliseEmail(party.address);
  return email.ok() ? email->lookup_key : "";
}

// Rooms, projectors, lists of people, and addresses that stand for a whole calendar.
bool IsPerson(const CalendarParty& party) {
  const std::string address = absl::AsciiStrToLower(party.address);
  return party.type != "ROOM" && party.type != "RESOURCE" && party.type != "GROUP" &&
         !absl::EndsWith(address, "calendar.google.com");
}

bool TakesPart(const CalendarParty& party) {
  return party.answer != "DECLINED" && party.answer != "DELEGATED" &&
         party.role != "NON-PARTICIPANT";
}

Engagement::Channel ChannelOf(const CalendarEvent& event) {
  switch (event.medium) {
    case CalendarEvent::Medium::kInPerson:
      return Engagement::IN_PERSON;
    case CalendarEvent::Medium::kVideo:
      return Engagement::VIDEO;
    case CalendarEvent::Medium::kPhone:
      return Engagement::PHONE;
    case CalendarEvent::Medium::kUnknown:
      break;
  }
  return Engagement::CHANNEL_UNSPECIFIED;
}

bool IsOurs(const CalendarEvent& event) {
  return !event.rapport_source.empty() && !event.rapport_source_id.empty();
}

// An identity for events that have none: the same as long as time and title are.
std::string MadeUid(const CalendarEvent& event) {
  return absl::StrCat(
      "made-", Sha256Hex(absl::StrCat(absl::FormatCivilTime(event.start.local), event.start.zone,
                                      "\n", event.summary, "\n",
                                      event.organizer ? event.organizer->address : "")));
}

// Ids longer than the API takes stay distinct.
std::string Id(absl::string_view text) {
  std::string line = Line(text, 1 << 20);
  if (line.size() <= 1000) return line;
  return absl::StrCat(Line(line, 1000 - 66), "~", Sha256Hex(line));
}

struct Sides {
  std::vector<std::pair<std::string, CalendarParty>> others;  // by key, those who take part
  std::string steward;
  std::string organizer;  // key, if it is one of the others
  bool our_organizer = false;
  bool ours = false;         // one of us takes part, or might
  bool we_declined = false;  // each of us who was asked
  bool others_declined = false;
  bool bad_address = false;
};

class Sorting {
 public:
  explicit Sorting(const OwnAddresses& ours) : ours_(ours) {}

  Sides Of(const CalendarEvent& event) {
    for (const CalendarParty& party : event.attendees) Add(party, true);
    if (event.organizer) {
      const std::string key = KeyOf(*event.organizer);
      if (ours_.Has(event.organizer->address)) {
        out_.our_organizer = true;
      } else {
        out_.organizer = key;
      }
      Add(*event.organizer, false);
    }
    out_.we_declined = declined_ && !out_.ours;
    out_.ours = out_.ours || declined_;
    return std::move(out_);
  }

 private:
  void Add(const CalendarParty& party, bool attendee) {
    if (!IsPerson(party)) return;
    if (ours_.Has(party.address)) {
      // An organizer of ours who is also asked has said so as an attendee.
      if (!attendee && (out_.ours || declined_)) return;
      if (!TakesPart(party)) {
        declined_ = true;
        return;
      }
      out_.ours = true;
      if (out_.steward.empty()) out_.steward = ours_.StewardOf(party.address);
      return;
    }
    const std::string key = KeyOf(party);
    if (key.empty()) {
      out_.bad_address = true;
    } else if (seen_.insert(key).second) {
      if (TakesPart(party)) {
        out_.others.emplace_back(key, party);
      } else {
        out_.others_declined = true;
      }
    }
  }

  const OwnAddresses& ours_;
  Sides out_;
  std::set<std::string> seen_;
  bool declined_ = false;
};

}  // namespace

MeetingRecords RecordsOf(const CalendarOccurrence& occurrence, absl::string_view series_uid,
                         const MeetingMapping& mapping) {
  const CalendarEvent& event = *occurrence.event;
  MeetingRecords out;
  out.planned = occurrence.start > mapping.now;
  Sides sides = Sorting(*mapping.ours).Of(event);
  if (sides.others.empty()) {
    out.fate = sides.others_declined ? Fate::kNotHeld
               : sides.bad_address   ? Fate::kBadAddress
               : sides.ours          ? Fate::kAmongOurselves
                                     : Fate::kNobody;
    return out;
  }
  const bool note = event.all_day() && event.transparent;
  const bool never_agreed = event.status == "TENTATIVE" && !out.planned;
  if (occurrence.called_off || sides.we_declined || note || never_agreed) {
    out.fate = Fate::kNotHeld;
    return out;
  }
  if (sides.others.size() > kMaxPeople) {
    out.left_out = sides.others.size() - kMaxPeople;
    sides.others.resize(kMaxPeople);
  }

  const std::string uid = series_uid.empty() ? MadeUid(event) : std::string(series_uid);
  Engagement engagement;
  engagement.set_source(Line(mapping.source, 100));
  engagement.set_kind(Engagement::MEETING);
  engagement.set_channel(ChannelOf(event));
  engagement.set_thread(Id(uid));
  if (IsOurs(event)) {
    engagement.set_source(Line(event.rapport_source, 100));
    engagement.clear_thread();
    Engagement::Kind kind{};
    if (Engagement::Kind_Parse(event.rapport_kind, &kind)) engagement.set_kind(kind);
    Engagement::Channel channel{};
    if (Engagement::Channel_Parse(event.rapport_channel, &channel)) engagement.set_channel(channel);
  }
  *engagement.mutable_event_time() = time::ToProto(occurrence.start);
  if (occurrence.length > absl::ZeroDuration() && occurrence.length <= kMaxDuration) {
    engagement.mutable_duration()->set_seconds(absl::ToInt64Seconds(occurrence.length));
  }
  engagement.set_direction(Engagement::MUTUAL);
  engagement.set_conduct(Engagement::HUMAN);
  engagement.set_subject(Line(event.summary, 1000));
  engagement.set_steward(sides.steward);
  if (absl::StartsWith(event.url, "http")) engagement.set_body_ref(Line(event.url, 2000));
  for (const auto& [key, party] : sides.others) {
    engagement::v1::RecordEngagementRequest request;
    request.set_parent(mapping.parent);
    auto& point = *request.mutable_contact_point();
    point.set_kind(party.phone ? ContactPointKey::PHONE : ContactPointKey::EMAIL);
    point.set_value(party.phone ? key : party.address);
    *request.mutable_engagement() = engagement;
    request.mutable_engagement()->set_source_id(
        IsOurs(event) ? Id(event.rapport_source_id)
                      : Id(absl::StrCat(uid, occurrence.id, "#", key)));
    if (sides.our_organizer) {
      request.mutable_engagement()->set_initiator(type::v1::PARTY_US);
    } else if (key == sides.organizer) {
      request.mutable_engagement()->set_initiator(type::v1::PARTY_PERSON);
    }
    out.requests.push_back(std::move(request));
  }
  return out;
}

std::string ThreadOf(const importer::CalendarSeries& series) {
  if (!series.uid.empty()) return Id(series.uid);
  return Id(MadeUid(series.event != nullptr ? *series.event : *series.changed.front()));
}

bool Concerns(const CalendarEvent& event, const OwnAddresses& ours) {
  return (event.organizer && ours.Has(event.organizer->address)) ||
         std::any_of(event.attendees.begin(), event.attendees.end(),
                     [&](const CalendarParty& party) { return ours.Has(party.address); });
}

}  // namespace rapport::rapportctl
