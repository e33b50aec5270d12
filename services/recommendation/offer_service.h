// rapport.recommendation.v1.OfferService: what the house can do for people.
#ifndef RAPPORT_SERVICES_RECOMMENDATION_OFFER_SERVICE_H_
#define RAPPORT_SERVICES_RECOMMENDATION_OFFER_SERVICE_H_

#include "common/resource/methods.h"
#include "common/resource/registry.h"
#include "common/resource/transfer_service.h"
#include "common/store/tail.h"
#include "rapport/recommendation/v1/offer_service.pb.h"
#include "services/recommendation/offer_book.h"

namespace rapport::recommendation {

resource::Strategy<v1::Offer> OfferStrategy();
using Offers = resource::Registry<v1::Offer>;

// Keeps the book up to what is committed.
store::Tail::Source OfferSource(const Offers& offers, OfferBook* book);

class OfferService {
 public:
  OfferService(const Offers* offers, OfferBook* book) : offers_(*offers), book_(*book) {}

  void Register(resource::Methods* methods);
  // What recommendation gives out and takes in when a tenant moves house.
  void AddKinds(resource::TransferService* transfer) const;

 private:
  // The book follows when the transaction has committed, before the call returns.
  void Written(store::Tx& tx, const v1::Offer& offer) const;

  const Offers& offers_;
  OfferBook& book_;
};

}  // namespace rapport::recommendation

#endif  // RAPPORT_SERVICES_RECOMMENDATION_OFFER_SERVICE_H_
