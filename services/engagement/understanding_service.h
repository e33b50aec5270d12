// rapport.engagement.v1.UnderstandingService: what people told us, about their world and ours.
#ifndef RAPPORT_SERVICES_ENGAGEMENT_UNDERSTANDING_SERVICE_H_
#define RAPPORT_SERVICES_ENGAGEMENT_UNDERSTANDING_SERVICE_H_

#include <string>

#include "absl/functional/function_ref.h"
#include "common/resource/methods.h"
#include "rapport/engagement/v1/understanding_service.pb.h"
#include "services/engagement/journal.h"
#include "services/engagement/rules/fact_rules.h"
#include "services/engagement/tenant_hours.h"

namespace rapport::engagement {

class UnderstandingService {
 public:
  UnderstandingService(const Resources* resources, const rules::Parameters* parameters,
                       TenantHours* hours)
      : resources_(*resources), parameters_(*parameters), hours_(*hours) {}

  void Register(resource::Methods* methods);

 private:
  absl::StatusOr<v1::Fact> Learn(store::Tx& tx, const base::CallContext& context,
                                 const v1::LearnFactRequest& request) const;
  // Loads, checks the etag, lets a rule move the fact, writes it and its effect. `time_field` is
  // where the request says when.
  absl::StatusOr<v1::Fact> Move(store::Tx& tx, const base::CallContext& context,
                                const std::string& name, const std::string& etag,
                                absl::string_view time_field,
                                absl::FunctionRef<rules::FactRule(v1::Fact*)> move) const;
  absl::StatusOr<v1::Understanding> Understand(store::Snapshot& snapshot,
                                               const base::CallContext& context,
                                               const v1::GetUnderstandingRequest& request) const;
  absl::StatusOr<v1::ListeningReport> MeasureListening(
      store::Snapshot& snapshot, const base::CallContext& context,
      const v1::MeasureListeningRequest& request) const;
  absl::StatusOr<v1::Feedback> Give(store::Tx& tx, const base::CallContext& context,
                                    const v1::GiveFeedbackRequest& request) const;
  absl::StatusOr<v1::Feedback> Acknowledge(store::Tx& tx, const base::CallContext& context,
                                           const v1::AcknowledgeFeedbackRequest& request) const;

  const Resources& resources_;
  const rules::Parameters& parameters_;
  TenantHours& hours_;
};

}  // namespace rapport::engagement

#endif  // RAPPORT_SERVICES_ENGAGEMENT_UNDERSTANDING_SERVICE_H_
