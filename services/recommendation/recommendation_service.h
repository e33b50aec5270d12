// rapport.recommendation.v1.RecommendationService: sincere next steps, prepared and explained.
#ifndef RAPPORT_SERVICES_RECOMMENDATION_RECOMMENDATION_SERVICE_H_
#define RAPPORT_SERVICES_RECOMMENDATION_RECOMMENDATION_SERVICE_H_

#include "common/resource/methods.h"
#include "rapport/recommendation/v1/recommendation_service.pb.h"
#include "services/recommendation/deciding.h"
#include "services/recommendation/offer_service.h"
#include "services/recommendation/worklist_maker.h"

namespace rapport::recommendation {

class RecommendationService {
 public:
  // All pointers must outlive this.
  RecommendationService(const Deciding* deciding, const WorklistMaker* worklists,
                        const Offers* offers)
      : deciding_(*deciding), worklists_(*worklists), offers_(*offers) {}

  void Register(resource::Methods* methods);

 private:
  absl::StatusOr<v1::Briefing> Brief(store::Reader& reader, const base::CallContext& context,
                                     const v1::GetBriefingRequest& request) const;
  absl::StatusOr<v1::Decision> Suggest(store::Reader& reader, const base::CallContext& context,
                                       const v1::SuggestNextStepsRequest& request) const;
  absl::StatusOr<v1::Readiness> Check(store::Reader& reader, const base::CallContext& context,
                                      const v1::CheckReadinessRequest& request) const;
  absl::StatusOr<v1::ExplainExclusionResponse> Explain(
      store::Reader& reader, const base::CallContext& context,
      const v1::ExplainExclusionRequest& request) const;

  // The offer, as the rules want it. RESOURCE_UNKNOWN if it does not exist or is deleted.
  absl::StatusOr<const v1::Offer*> LivingOffer(store::Reader& reader, const Case& one,
                                               const std::string& name) const;

  const Deciding& deciding_;
  const WorklistMaker& worklists_;
  const Offers& offers_;
};

}  // namespace rapport::recommendation

#endif  // RAPPORT_SERVICES_RECOMMENDATION_RECOMMENDATION_SERVICE_H_
