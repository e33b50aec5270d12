// rapport.engagement.v1.RapportService: how relationships stand.
#ifndef RAPPORT_SERVICES_ENGAGEMENT_RAPPORT_SERVICE_H_
#define RAPPORT_SERVICES_ENGAGEMENT_RAPPORT_SERVICE_H_

#include <string>

#include "common/resource/methods.h"
#include "common/time/clock.h"
#include "rapport/engagement/v1/rapport_service.pb.h"
#include "services/engagement/journal.h"
#include "services/engagement/tenant_hours.h"

namespace rapport::engagement {

class RapportService {
 public:
  RapportService(const Resources* resources, const resource::PageTokens* tokens,
                 const rules::Parameters* parameters,
                 resource::ObjectCache<v1::RelationshipStatistics>* cache, TenantHours* hours)
      : resources_(*resources),
        tokens_(*tokens),
        parameters_(*parameters),
        cache_(cache),
        hours_(*hours) {}

  void Register(resource::Methods* methods);

 private:
  // Nothing for an instant of the past that must be replayed from the journal, on a worker.
  absl::optional<absl::StatusOr<grpc::ByteBuffer>> Now(const v1::RelationshipStatistics& current,
                                                       absl::Time as_of,
                                                       const rules::WorkingHours& hours) const;
  absl::StatusOr<v1::Rapport> At(store::Reader& reader, const v1::RelationshipStatistics& current,
                                 absl::Time as_of, const rules::WorkingHours& hours) const;
  absl::StatusOr<v1::Trust> TrustAt(store::Snapshot& snapshot, const base::CallContext& context,
                                    const v1::GetTrustRequest& request) const;
  absl::StatusOr<v1::ListRapportsResponse> ListSome(store::Snapshot& snapshot,
                                                    const base::CallContext& context,
                                                    const v1::ListRapportsRequest& request) const;
  absl::StatusOr<v1::ListDriftingResponse> Drifting(store::Snapshot& snapshot,
                                                    const base::CallContext& context,
                                                    const v1::ListDriftingRequest& request) const;

  const Resources& resources_;
  const resource::PageTokens& tokens_;
  const rules::Parameters& parameters_;
  resource::ObjectCache<v1::RelationshipStatistics>* const cache_;
  TenantHours& hours_;
};

}  // namespace rapport::engagement

#endif  // RAPPORT_SERVICES_ENGAGEMENT_RAPPORT_SERVICE_H_
