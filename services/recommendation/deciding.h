// Opens one relationship for a decision: what is known of it, what the house offers, and what the
// other services say when they are asked.
#ifndef RAPPORT_SERVICES_RECOMMENDATION_DECIDING_H_
#define RAPPORT_SERVICES_RECOMMENDATION_DECIDING_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/call_context.h"
#include "common/time/proto_time.h"
#include "rapport/recommendation/v1/suggestion.pb.h"
#include "services/recommendation/asking.h"
#include "services/recommendation/offer_book.h"
#include "services/recommendation/projection.h"
#include "services/recommendation/rules/circumstances.h"

namespace rapport::recommendation {

// Everything that the rules need; `facts` points into the rest.
struct Case {
  std::unique_ptr<RelationshipCopy> copy;
  std::shared_ptr<const OfferList> offers;
  LiveAnswers live;
  RelationshipFacts facts;
  absl::Time as_of;
  bool is_now = false;  // nobody asked for another instant than now
  absl::TimeZone zone;  // of the steward

  Circumstances At() const { return Circumstances(facts, as_of, zone); }
};

// Thread-safe.
class Deciding {
 public:
  // `degraded` says which data is late right now. All pointers must outlive this.
  Deciding(const Projection* projection, const OfferBook* offers, const Asking* asking,
           std::function<std::vector<std::string>()> degraded)
      : projection_(*projection),
        offers_(*offers),
        asking_(*asking),
        degraded_(std::move(degraded)) {}

  std::vector<std::string> degraded() const { return degraded_(); }
  std::shared_ptr<const OfferList> OffersOf(const base::TenantId& tenant) const {
    return offers_.Of(tenant);
  }

  // RESOURCE_UNKNOWN if there is no such relationship. `request` has relationship and as_of; the
  // zone is that of the first steward.
  template <class Request>
  absl::StatusOr<std::unique_ptr<Case>> Open(store::Reader& reader,
                                             const base::CallContext& context,
                                             const Request& request) const {
    return OpenFor(reader, context, request.relationship(), request.has_as_of(),
                   request.has_as_of() ? time::FromProto(request.as_of()) : context.now);
  }
  // The same for the list of one steward.
  absl::StatusOr<std::unique_ptr<Case>> Open(store::Reader& reader, const base::TenantId& tenant,
                                             const std::string& relationship, absl::Time as_of,
                                             bool is_now, absl::TimeZone zone,
                                             std::vector<std::string> degraded) const;

  // Asks contact and engagement. Blocks.
  void Ask(Case& one, absl::Time deadline) const;
  // Asks if an offer is considered and nothing that is known already forbids a proposal.
  void AskIfWorthwhile(Case& one, absl::Time deadline) const;

 private:
  absl::StatusOr<std::unique_ptr<Case>> OpenFor(store::Reader& reader,
                                                const base::CallContext& context,
                                                const std::string& relationship, bool has_as_of,
                                                absl::Time as_of) const;

  const Projection& projection_;
  const OfferBook& offers_;
  const Asking& asking_;
  const std::function<std::vector<std::string>()> degraded_;
};

// The zone of this name, or UTC.
absl::TimeZone ZoneNamed(const std::string& name);

}  // namespace rapport::recommendation

#endif  // RAPPORT_SERVICES_RECOMMENDATION_DECIDING_H_
