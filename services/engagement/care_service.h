// rapport.engagement.v1.CareService: what happens in people's lives, as they told it. It moves no
// number; a care guard is contact's.
#ifndef RAPPORT_SERVICES_ENGAGEMENT_CARE_SERVICE_H_
#define RAPPORT_SERVICES_ENGAGEMENT_CARE_SERVICE_H_

#include "common/resource/methods.h"
#include "rapport/engagement/v1/care_service.pb.h"
#include "services/engagement/resources.h"

namespace rapport::engagement {

class CareService {
 public:
  explicit CareService(const Resources* resources) : resources_(*resources) {}

  void Register(resource::Methods* methods);

 private:
  absl::StatusOr<v1::CareEvent> Record(store::Tx& tx, const base::CallContext& context,
                                       const v1::RecordCareEventRequest& request) const;

  const Resources& resources_;
};

}  // namespace rapport::engagement

#endif  // RAPPORT_SERVICES_ENGAGEMENT_CARE_SERVICE_H_
