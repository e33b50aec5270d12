// rapport.engagement.v1.UnderstandingService: what people told us, about their world and ours.
#ifndef RAPPORT_SERVICES_ENGAGEMENT_UNDERSTANDING_SERVICE_H_
#define RAPPORT_SERVICES_ENGAGEMENT_UNDERSTANDING_SERVICE_H_

#include "common/resource/methods.h"
#include "rapport/engagement/v1/understanding_service.pb.h"
#include "services/engagement/journal.h"

namespace rapport::engagement {

class UnderstandingService {
 public:
  UnderstandingService(const Resources* resources, const rules::Parameters* parameters)
      : resources_(*resources), parameters_(*parameters) {}

  void Register(resource::Methods* methods);

 private:
  absl::StatusOr<v1::Fact> Learn(store::Tx& tx, const base::CallContext& context,
                                 const v1::LearnFactRequest& request) const;
  absl::StatusOr<v1::Feedback> Give(store::Tx& tx, const base::CallContext& context,
                                    const v1::GiveFeedbackRequest& request) const;
  absl::StatusOr<v1::Feedback> Acknowledge(store::Tx& tx, const base::CallContext& context,
                                           const v1::AcknowledgeFeedbackRequest& request) const;

  const Resources& resources_;
  const rules::Parameters& parameters_;
};

}  // namespace rapport::engagement

#endif  // RAPPORT_SERVICES_ENGAGEMENT_UNDERSTANDING_SERVICE_H_
