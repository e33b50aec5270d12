// rapport.engagement.v1.EngagementService: what happened between a person and us.
#ifndef RAPPORT_SERVICES_ENGAGEMENT_ENGAGEMENT_SERVICE_H_
#define RAPPORT_SERVICES_ENGAGEMENT_ENGAGEMENT_SERVICE_H_

#include <string>

#include "common/resource/methods.h"
#include "common/rpc/request_validator.h"
#include "rapport/engagement/v1/engagement_service.pb.h"
#include "services/engagement/journal.h"
#include "services/engagement/resources.h"

namespace rapport::engagement {

class EngagementService {
 public:
  EngagementService(const Resources* resources, const resource::PageTokens* tokens,
                    const rules::Parameters* parameters, base::Rng* rng);

  void Register(resource::Methods* methods);

  // Gives what was held for `lookup` to the one relationship that it now resolves to, if there is
  // exactly one for the house of each engagement. Idempotent; part of the transaction that learned
  // of the point or the relationship.
  absl::Status Claim(store::Tx& tx, const base::CallContext& context, const std::string& lookup,
                     StatisticsChange* statistics) const;

 private:
  struct Recorded {
    v1::Engagement engagement;
    v1::RecordResult::Outcome outcome;
  };
  absl::StatusOr<Recorded> Record(store::Tx& tx, const base::CallContext& context,
                                  const v1::RecordEngagementRequest& request,
                                  StatisticsChange* statistics) const;
  // Stores an engagement under a relationship and folds it in.
  absl::Status Enter(store::Tx& tx, const base::CallContext& context,
                     const std::string& relationship, v1::Engagement* engagement,
                     StatisticsChange* statistics) const;
  absl::StatusOr<v1::BatchRecordEngagementsResponse> RecordBatch(
      store::Tx& tx, const base::CallContext& context,
      const v1::BatchRecordEngagementsRequest& request) const;
  absl::StatusOr<v1::Engagement> Amend(store::Tx& tx, const base::CallContext& context,
                                       const v1::AmendEngagementRequest& request) const;
  absl::StatusOr<v1::Engagement> Retract(store::Tx& tx, const base::CallContext& context,
                                         const v1::RetractEngagementRequest& request) const;
  absl::StatusOr<v1::ListTimelineResponse> Timeline(store::Reader& reader,
                                                    const base::CallContext& context,
                                                    const v1::ListTimelineRequest& request) const;

  // NOT_FOUND for relationships that contact never told of; what is unclaimed has a holder too.
  absl::Status CheckHolder(store::Reader& reader, const std::string& relationship) const;
  // The relationship that an address leads to, or "" if there is none or more than one.
  absl::StatusOr<std::string> Resolve(store::Reader& reader, const base::CallContext& context,
                                      const std::string& lookup, const std::string& house) const;
  // Tells the store what Record will read.
  void Expect(store::Tx& tx, const v1::RecordEngagementRequest& request) const;
  absl::StatusOr<absl::optional<v1::Engagement>> FindBySource(store::Reader& reader,
                                                              const v1::Engagement& wanted) const;

  const Resources& resources_;
  const resource::PageTokens& tokens_;
  const rules::Parameters& parameters_;
  base::Rng& rng_;
  const rpc::RequestValidator item_validator_;
};

}  // namespace rapport::engagement

#endif  // RAPPORT_SERVICES_ENGAGEMENT_ENGAGEMENT_SERVICE_H_
