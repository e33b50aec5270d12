// rapport.engagement.v1.SaleService: sales, as events inside relationships. What a sale brings
// about - needs that are served, after-care, statistics - is written in the transaction of the
// sale.
#ifndef RAPPORT_SERVICES_ENGAGEMENT_SALE_SERVICE_H_
#define RAPPORT_SERVICES_ENGAGEMENT_SALE_SERVICE_H_

#include "common/resource/methods.h"
#include "rapport/engagement/v1/sale_service.pb.h"
#include "services/engagement/journal.h"
#include "services/engagement/promise_service.h"

namespace rapport::engagement {

class SaleService {
 public:
  SaleService(const Resources* resources, const rules::Parameters* parameters,
              const PromiseService* promises)
      : resources_(*resources), parameters_(*parameters), promises_(*promises) {}

  void Register(resource::Methods* methods);

 private:
  absl::StatusOr<v1::Sale> Record(store::Tx& tx, const base::CallContext& context,
                                  const v1::RecordSaleRequest& request) const;
  absl::StatusOr<v1::Sale> Advance(store::Tx& tx, const base::CallContext& context,
                                   const v1::AdvanceSaleRequest& request) const;
  // The effects of the stage that `after` just reached; sets its after_care.
  absl::Status Effect(store::Tx& tx, const base::CallContext& context, const v1::Sale* before,
                      v1::Sale* after) const;

  const Resources& resources_;
  const rules::Parameters& parameters_;
  const PromiseService& promises_;
};

}  // namespace rapport::engagement

#endif  // RAPPORT_SERVICES_ENGAGEMENT_SALE_SERVICE_H_
