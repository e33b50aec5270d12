#include "tools/rapportctl/calendar_plans.h"

#include <utility>

#include "common/base/status_macros.h"
#include "common/time/proto_time.h"
#include "rapport/contact/v1/people_service.pb.h"

namespace rapport::rapportctl {
namespace {

using engagement::v1::Engagement;

// How far back a plan that did not come about is looked for.
constexpr absl::Duration kOfLate = absl::Hours(24 * 31);
constexpr absl::Duration kLastYear = absl::Hours(24 * 366);

}  // namespace

void CalendarPlans::Hold(const Engagement& engagement) {
  if (time::FromProto(engagement.event_time()) < now_ - kOfLate) return;
  held_[engagement.source_id()] = engagement;
}

void CalendarPlans::LookAt(const importer::CalendarOccurrence& occurrence,
                           const std::string& thread, const OwnAddresses& ours) {
  threads_.insert(thread);
  if (occurrence.start < now_ - kLastYear) return;
  const auto look_at = [&](const importer::CalendarParty& party) {
    if (!party.phone && !ours.Has(party.address)) people_.insert(party.address);
  };
  for (const auto& party : occurrence.event->attendees) look_at(party);
  if (occurrence.event->organizer) look_at(*occurrence.event->organizer);
}

absl::StatusOr<std::int64_t> CalendarPlans::Settle() {
  std::int64_t changed = 0;
  for (const std::string& email : people_) {
    ASSIGN_OR_RETURN(const std::int64_t with_them, SettleWith(email));
    changed += with_them;
  }
  return changed;
}

absl::StatusOr<std::int64_t> CalendarPlans::SettleWith(const std::string& email) {
  contact::v1::LookupPersonRequest lookup;
  lookup.set_parent(connection_.parent());
  lookup.set_email(email);
  const auto found = connection_.Call<contact::v1::LookupPersonResponse>(
      "rapport.contact.v1.PeopleService/LookupPerson", lookup);
  if (absl::IsInvalidArgument(found.status())) return 0;  // the service reported it already
  if (!found.ok()) return found.status();
  if (found->matches_size() != 1 || found->matches(0).relationships().empty()) return 0;
  engagement::v1::ListTimelineRequest request;
  request.set_parent(found->matches(0).relationships(0));
  request.set_page_size(500);
  std::int64_t changed = 0;
  do {
    ASSIGN_OR_RETURN(const auto page,
                     connection_.Call<engagement::v1::ListTimelineResponse>(
                         "rapport.engagement.v1.EngagementService/ListTimeline", request));
    for (const auto& entry : page.entries()) {
      if (time::FromProto(entry.time()) < now_ - kOfLate) return changed;
      if (!entry.has_engagement()) continue;
      ASSIGN_OR_RETURN(const bool settled, SettleOne(entry.engagement()));
      changed += settled ? 1 : 0;
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return changed;
}

absl::StatusOr<bool> CalendarPlans::SettleOne(const Engagement& plan) {
  if (plan.state() != Engagement::PLANNED || plan.source() != source_ ||
      !threads_.contains(plan.thread())) {
    return false;
  }
  const auto held = held_.find(plan.source_id());
  if (held == held_.end()) {
    engagement::v1::RetractEngagementRequest request;
    request.set_name(plan.name());
    request.set_reason("the calendar no longer holds it");
    const auto done = connection_.Call<Engagement>(
        "rapport.engagement.v1.EngagementService/RetractEngagement", request);
    return done.ok() ? absl::StatusOr<bool>(true) : done.status();
  }
  const Engagement& now = held->second;
  engagement::v1::AmendEngagementRequest request;
  Engagement& patch = *request.mutable_engagement();
  patch.set_name(plan.name());
  if (time::FromProto(now.event_time()) != time::FromProto(plan.event_time())) {
    *patch.mutable_event_time() = now.event_time();
    request.mutable_update_mask()->add_paths("event_time");
  }
  if (now.duration().seconds() != plan.duration().seconds()) {
    *patch.mutable_duration() = now.duration();
    request.mutable_update_mask()->add_paths("duration");
  }
  if (now.subject() != plan.subject()) {
    patch.set_subject(now.subject());
    request.mutable_update_mask()->add_paths("subject");
  }
  if (now.channel() != plan.channel()) {
    patch.set_channel(now.channel());
    request.mutable_update_mask()->add_paths("channel");
  }
  if (request.update_mask().paths().empty()) return false;
  request.set_reason("the calendar says so now");
  const auto done = connection_.Call<Engagement>(
      "rapport.engagement.v1.EngagementService/AmendEngagement", request);
  return done.ok() ? absl::StatusOr<bool>(true) : done.status();
}

}  // namespace rapport::rapportctl
