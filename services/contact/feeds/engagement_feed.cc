#include "services/contact/feeds/engagement_feed.h"

#include "common/base/status_macros.h"
#include "common/time/proto_time.h"
#include "rapport/engagement/v1/rapport.pb.h"

namespace rapport::contact {

absl::Status EngagementFeed::Apply(store::Tx& tx, const base::CallContext& context,
                                   const google::protobuf::Any& resource) const {
  if (!resource.Is<engagement::v1::RelationshipStatistics>()) return absl::OkStatus();
  engagement::v1::RelationshipStatistics statistics;
  if (!resource.UnpackTo(&statistics)) return errors::MalformedRequest();
  const auto name =
      resource::Name<engagement::v1::RelationshipStatistics>::Parse(statistics.name());
  if (!name.ok()) return name.status();
  const std::string relationship =
      resource::Name<v1::Relationship>::Of(name->tenant().value(), name->id(1)).text();
  ASSIGN_OR_RETURN(const auto found, resources_.relationships.Find(tx, relationship));
  if (!found || found->has_delete_time()) return absl::OkStatus();
  v1::Relationship after = *found;
  if (statistics.has_first_two_way_time()) {
    *after.mutable_first_exchange_time() = statistics.first_two_way_time();
  } else {
    after.clear_first_exchange_time();
  }
  if (after.standing() == v1::RESTING && statistics.has_last_inbound_time() &&
      time::FromProto(statistics.last_inbound_time()) > time::FromProto(after.standing_time())) {
    after.set_standing(v1::OPEN);
    after.set_standing_reason("the person got in touch");
    *after.mutable_standing_time() = statistics.last_inbound_time();
  }
  ASSIGN_OR_RETURN(const bool same, resources_.relationships.Unchanged(tx, *found, after));
  if (same) return absl::OkStatus();
  return resources_.relationships.Write(tx, context, &*found, &after);
}

}  // namespace rapport::contact
