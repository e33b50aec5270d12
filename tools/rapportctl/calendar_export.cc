#include "tools/rapportctl/calendar_export.h"

#include <utility>

#include "absl/strings/match.h"
#include "common/base/status_macros.h"
#include "rapport/contact/v1/people_service.pb.h"
#include "rapport/contact/v1/relationship_service.pb.h"
#include "tools/rapportctl/context.h"

namespace rapport::rapportctl {
namespace {

using engagement::v1::ContactPointKey;
using engagement::v1::Engagement;

bool IsMail(absl::string_view address) { return absl::StrContains(address, "@"); }

std::string RelationshipOf(const Engagement& engagement) {
  return engagement.name().substr(0, engagement.name().rfind("/engagements/"));
}

}  // namespace

absl::StatusOr<std::string> CalendarExport::Event(const Engagement& engagement) {
  if (!IsMeeting(engagement)) return std::string();
  ASSIGN_OR_RETURN(const CalendarPeople people, PeopleOf(engagement));
  return WriteEvent(engagement, people);
}

absl::StatusOr<CalendarPeople> CalendarExport::PeopleOf(const Engagement& engagement) {
  if (!stewards_known_) {
    ASSIGN_OR_RETURN(const auto stewards, ListStewards(connection_));
    for (const auto& steward : stewards) {
      CalendarPeople& ours = stewards_[steward.name()];
      ours.our_name = steward.display_name();
      for (const std::string& address : steward.addresses()) {
        if (ours.our_address.empty() && IsMail(address)) ours.our_address = address;
      }
    }
    stewards_known_ = true;
  }
  CalendarPeople people;
  const std::string relationship = RelationshipOf(engagement);
  if (!absl::EndsWith(relationship, "/relationships/unclaimed")) {
    ASSIGN_OR_RETURN(people, PersonOf(relationship));
  }
  if (engagement.contact_point().kind() == ContactPointKey::EMAIL ||
      engagement.contact_point().kind() == ContactPointKey::PHONE) {
    people.address = engagement.contact_point().value();
    people.phone = engagement.contact_point().kind() == ContactPointKey::PHONE;
  }
  if (const auto ours = stewards_.find(engagement.steward()); ours != stewards_.end()) {
    people.our_name = ours->second.our_name;
    people.our_address = ours->second.our_address;
  }
  return people;
}

absl::StatusOr<CalendarPeople> CalendarExport::PersonOf(const std::string& relationship) {
  if (relationship == relationship_) return person_;
  CalendarPeople out;
  contact::v1::GetRelationshipRequest get;
  get.set_name(relationship);
  const auto found = connection_.Call<contact::v1::Relationship>(
      "rapport.contact.v1.RelationshipService/GetRelationship", get);
  if (absl::IsNotFound(found.status())) return out;
  if (!found.ok()) return found.status();
  contact::v1::GetPersonRequest person;
  person.set_name(found->person());
  const auto known =
      connection_.Call<contact::v1::Person>("rapport.contact.v1.PeopleService/GetPerson", person);
  if (known.ok()) out.name = known->full_name();
  contact::v1::ListContactPointsRequest points;
  points.set_parent(found->person());
  points.set_page_size(500);
  const auto listed = connection_.Call<contact::v1::ListContactPointsResponse>(
      "rapport.contact.v1.PeopleService/ListContactPoints", points);
  if (listed.ok()) {
    for (const auto& point : listed->contact_points()) {
      const bool mail = point.kind() == contact::v1::ContactPoint::EMAIL;
      if (!mail && point.kind() != contact::v1::ContactPoint::PHONE) continue;
      if (!out.address.empty() && !(mail && out.phone)) continue;  // a mail address is better
      out.address = point.value();
      out.phone = !mail;
    }
  }
  relationship_ = relationship;
  person_ = out;
  return out;
}

}  // namespace rapport::rapportctl
