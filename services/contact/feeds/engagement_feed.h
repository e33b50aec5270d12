// What contact learns from engagement: when contact with a person began, and that somebody who
// rested wrote again.
#ifndef RAPPORT_SERVICES_CONTACT_FEEDS_ENGAGEMENT_FEED_H_
#define RAPPORT_SERVICES_CONTACT_FEEDS_ENGAGEMENT_FEED_H_

#include "absl/status/status.h"
#include "common/base/call_context.h"
#include "common/store/store.h"
#include "google/protobuf/any.pb.h"
#include "services/contact/resources.h"

namespace rapport::contact {

class EngagementFeed {
 public:
  explicit EngagementFeed(const Resources* resources) : resources_(*resources) {}
  // Idempotent.
  absl::Status Apply(store::Tx& tx, const base::CallContext& context,
                     const google::protobuf::Any& resource) const;

 private:
  const Resources& resources_;
};

}  // namespace rapport::contact

#endif  // RAPPORT_SERVICES_CONTACT_FEEDS_ENGAGEMENT_FEED_H_
