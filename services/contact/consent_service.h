// rapport.contact.v1.ConsentService: what people allow, and whether contact is welcome.
#ifndef RAPPORT_SERVICES_CONTACT_CONSENT_SERVICE_H_
#define RAPPORT_SERVICES_CONTACT_CONSENT_SERVICE_H_

#include <map>
#include <string>
#include <vector>

#include "common/resource/methods.h"
#include "common/time/zone_table.h"
#include "rapport/contact/v1/consent_service.pb.h"
#include "services/contact/resources.h"

namespace rapport::contact {

class ConsentService {
 public:
  ConsentService(const Resources* resources, const time::ZoneTable* zones)
      : resources_(*resources), zones_(*zones) {}

  void Register(resource::Methods* methods);

 private:
  using Ledger = std::vector<v1::ConsentEntry>;

  // Checks and completes `entry`, and writes it behind all that the ledger of `person` holds.
  // `path` is the place of its fields in the request, e.g. "consent_entry."; `corrected` may be
  // null.
  absl::StatusOr<v1::ConsentEntry> Append(store::Tx& tx, const base::CallContext& context,
                                          const std::string& person, const std::string& path,
                                          const v1::ConsentEntry* corrected,
                                          v1::ConsentEntry entry) const;
  absl::StatusOr<v1::ConsentEntry> Withdraw(store::Tx& tx, const base::CallContext& context,
                                            const v1::WithdrawConsentRequest& request) const;
  absl::StatusOr<v1::ConsentEntry> Correct(store::Tx& tx, const base::CallContext& context,
                                           const v1::CorrectConsentRequest& request) const;
  // The point, which must be one of the person's and go with the channel, if one is given.
  absl::StatusOr<v1::ContactPoint> PointFor(store::Reader& reader, const std::string& person,
                                            const std::string& point, type::v1::Channel channel,
                                            const std::string& field) const;

  // Answers one question after the other from one snapshot, reading each ledger once.
  class Answers;
  absl::StatusOr<v1::ContactDecision> Contact(store::Reader& reader,
                                              const base::CallContext& context,
                                              const v1::CheckContactRequest& request) const;

  const Resources& resources_;
  const time::ZoneTable& zones_;
};

}  // namespace rapport::contact

#endif  // RAPPORT_SERVICES_CONTACT_CONSENT_SERVICE_H_
