// The offers of all tenants in memory: few, and read for every decision.
#ifndef RAPPORT_SERVICES_RECOMMENDATION_OFFER_BOOK_H_
#define RAPPORT_SERVICES_RECOMMENDATION_OFFER_BOOK_H_

#include <cstdint>
#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "common/base/id.h"
#include "rapport/recommendation/v1/offer.pb.h"

namespace rapport::recommendation {

// Offers as the rules want them: living ones in order of names, topics case-folded.
struct OfferList {
  std::vector<std::shared_ptr<const v1::Offer>> owned;
  std::vector<const v1::Offer*> offers;
  std::uint32_t topic_bits = 0;  // TopicBits of all
};

// Thread-safe.
class OfferBook {
 public:
  // What was on disk at `sequence` of the store, deleted or not; replaces what was known of it from
  // before.
  void Put(const base::TenantId& tenant, const v1::Offer& offer, std::int64_t sequence);
  // Never null; stays as it is while it is held.
  std::shared_ptr<const OfferList> Of(const base::TenantId& tenant) const;

 private:
  struct Shelf {
    std::map<std::string, std::shared_ptr<const v1::Offer>> by_name;
    absl::flat_hash_map<std::string, std::int64_t> sequences;  // by name
    std::shared_ptr<const OfferList> list;
  };
  mutable std::shared_mutex mu_;
  absl::flat_hash_map<std::string, Shelf> by_tenant_;
};

}  // namespace rapport::recommendation

#endif  // RAPPORT_SERVICES_RECOMMENDATION_OFFER_BOOK_H_
