// What engagement learns from contact: which relationships there are, whose they are, in which
// rhythm, which address belongs to whom, and when the house works.
#ifndef RAPPORT_SERVICES_ENGAGEMENT_FEEDS_CONTACT_FEED_H_
#define RAPPORT_SERVICES_ENGAGEMENT_FEEDS_CONTACT_FEED_H_

#include "absl/status/status.h"
#include "google/protobuf/any.pb.h"
#include "rapport/contact/v1/person.pb.h"
#include "rapport/contact/v1/relationship.pb.h"
#include "services/engagement/engagement_service.h"
#include "services/engagement/journal.h"
#include "services/engagement/tenant_hours.h"

namespace rapport::engagement {

class ContactFeed {
 public:
  ContactFeed(const Resources* resources, const rules::Parameters* parameters,
              const EngagementService* engagements, TenantHours* hours)
      : resources_(*resources),
        parameters_(*parameters),
        engagements_(*engagements),
        hours_(*hours) {}
  // Idempotent. Claims what was held for an address as soon as the address leads to a relationship.
  absl::Status Apply(store::Tx& tx, const base::CallContext& context,
                     const google::protobuf::Any& resource) const;

 private:
  absl::Status ApplyRelationship(store::Tx& tx, const base::CallContext& context,
                                 const contact::v1::Relationship& relationship) const;
  absl::Status ApplyPoint(store::Tx& tx, const base::CallContext& context,
                          const contact::v1::ContactPoint& point) const;

  const Resources& resources_;
  const rules::Parameters& parameters_;
  const EngagementService& engagements_;
  TenantHours& hours_;
};

}  // namespace rapport::engagement

#endif  // RAPPORT_SERVICES_ENGAGEMENT_FEEDS_CONTACT_FEED_H_
