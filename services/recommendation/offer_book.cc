#include "services/recommendation/offer_book.h"

#include <mutex>
#include <utility>

#include "services/recommendation/rules/ties.h"
#include "services/recommendation/topics.h"

namespace rapport::recommendation {

void OfferBook::Put(const base::TenantId& tenant, const v1::Offer& offer, std::int64_t sequence) {
  std::shared_ptr<v1::Offer> folded;
  if (!offer.has_delete_time()) {
    folded = std::make_shared<v1::Offer>(offer);
    FoldTopics(folded->mutable_serves());
    FoldTopics(folded->mutable_requires_facts());
    FoldTopics(folded->mutable_contra_indications());
  }
  const std::unique_lock lock(mu_);
  Shelf& shelf = by_tenant_[tenant.value()];
  std::int64_t& known = shelf.sequences[offer.name()];
  if (sequence < known) return;
  known = sequence;
  if (folded == nullptr) {
    shelf.by_name.erase(offer.name());
  } else {
    shelf.by_name[offer.name()] = std::move(folded);
  }
  auto list = std::make_shared<OfferList>();
  for (const auto& [name, living] : shelf.by_name) {
    list->owned.push_back(living);
    list->offers.push_back(living.get());
    list->topic_bits |= TopicBits(*living);
  }
  shelf.list = std::move(list);
}

std::shared_ptr<const OfferList> OfferBook::Of(const base::TenantId& tenant) const {
  static const auto* const none =
      new std::shared_ptr<const OfferList>(std::make_shared<OfferList>());
  const std::shared_lock lock(mu_);
  const auto found = by_tenant_.find(tenant.value());
  return found == by_tenant_.end() ? *none : found->second.list;
}

}  // namespace rapport::recommendation
