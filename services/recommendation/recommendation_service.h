// rapport.recommendation.v1.RecommendationService: sincere next steps, prepared and explained.
#ifndef RAPPORT_SERVICES_RECOMMENDATION_RECOMMENDATION_SERVICE_H_
#define RAPPORT_SERVICES_RECOMMENDATION_RECOMMENDATION_SERVICE_H_

#include <functional>
#include <string>
#include <vector>

#include "common/resource/methods.h"
#include "common/text/collate.h"
#include "rapport/recommendation/v1/recommendation_service.pb.h"
#include "services/recommendation/projection.h"

namespace rapport::recommendation {

class RecommendationService {
 public:
  // `degraded` says which data is late right now.
  RecommendationService(const Projection* projection, const text::NameCollator* collator,
                        std::function<std::vector<std::string>()> degraded)
      : projection_(*projection), collator_(*collator), degraded_(std::move(degraded)) {}

  void Register(resource::Methods* methods);

 private:
  absl::StatusOr<v1::GetWorklistResponse> Worklist(store::Reader& reader,
                                                   const base::CallContext& context,
                                                   const v1::GetWorklistRequest& request) const;
  absl::StatusOr<v1::Briefing> Brief(store::Reader& reader, const base::CallContext& context,
                                     const v1::GetBriefingRequest& request) const;
  absl::StatusOr<v1::Decision> Suggest(store::Reader& reader, const base::CallContext& context,
                                       const v1::SuggestNextStepsRequest& request) const;
  // The zone in which the first steward of the relationship lives.
  absl::TimeZone ZoneOf(store::Reader& reader, const contact::v1::Relationship& relationship) const;
  // The selected relationships with their suggestions, in order, numbered from `first`.
  absl::Status AddItems(store::Reader& reader, const base::TenantId& tenant,
                        const std::vector<RankedRelationship>& selected, absl::Time as_of,
                        absl::TimeZone zone, const std::vector<std::string>& degraded,
                        google::protobuf::RepeatedPtrField<v1::WorklistItem>* items) const;

  const Projection& projection_;
  const text::NameCollator& collator_;
  const std::function<std::vector<std::string>()> degraded_;
};

}  // namespace rapport::recommendation

#endif  // RAPPORT_SERVICES_RECOMMENDATION_RECOMMENDATION_SERVICE_H_
