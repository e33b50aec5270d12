// rapport.engagement.v1.PromiseService: the promise ledger, in both directions.
#ifndef RAPPORT_SERVICES_ENGAGEMENT_PROMISE_SERVICE_H_
#define RAPPORT_SERVICES_ENGAGEMENT_PROMISE_SERVICE_H_

#include <string>

#include "common/resource/methods.h"
#include "rapport/engagement/v1/promise_service.pb.h"
#include "services/engagement/journal.h"
#include "services/engagement/rules/promise_rules.h"

namespace rapport::engagement {

class PromiseService {
 public:
  PromiseService(const Resources* resources, const rules::Parameters* parameters)
      : resources_(*resources), parameters_(*parameters) {}

  void Register(resource::Methods* methods);

  // Names and stores a new open promise and folds it in. STATE_TRANSITION if the relationship has
  // too many open ones.
  absl::Status Enter(store::Tx& tx, const base::CallContext& context,
                     const std::string& relationship, v1::Promise* promise,
                     StatisticsChange* statistics) const;

 private:
  absl::StatusOr<v1::Promise> Make(store::Tx& tx, const base::CallContext& context,
                                   const v1::MakePromiseRequest& request) const;
  // Loads, checks the etag, lets a rule move the promise, writes it and its effect.
  absl::StatusOr<v1::Promise> Move(store::Tx& tx, const base::CallContext& context,
                                   const std::string& name, const std::string& etag,
                                   absl::FunctionRef<rules::PromiseRule(v1::Promise*)> move) const;

  const Resources& resources_;
  const rules::Parameters& parameters_;
};

}  // namespace rapport::engagement

#endif  // RAPPORT_SERVICES_ENGAGEMENT_PROMISE_SERVICE_H_
