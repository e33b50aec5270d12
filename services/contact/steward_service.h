// rapport.contact.v1.StewardService: stewards and the settings of the tenant.
#ifndef RAPPORT_SERVICES_CONTACT_STEWARD_SERVICE_H_
#define RAPPORT_SERVICES_CONTACT_STEWARD_SERVICE_H_

#include "common/resource/methods.h"
#include "rapport/contact/v1/steward_service.pb.h"
#include "services/contact/relationship_service.h"
#include "services/contact/resources.h"

namespace rapport::contact {

class StewardService {
 public:
  StewardService(const Resources* resources, const RelationshipService* relationships)
      : resources_(*resources), relationships_(*relationships) {}

  void Register(resource::Methods* methods);

 private:
  absl::StatusOr<v1::Settings> UpdateSettings(store::Tx& tx, const base::CallContext& context,
                                              const v1::UpdateSettingsRequest& request) const;
  // Writes every relationship again whose derived fields follow from settings or stewards.
  absl::Status RefreshRelationships(store::Tx& tx, const base::CallContext& context) const;

  const Resources& resources_;
  const RelationshipService& relationships_;
};

}  // namespace rapport::contact

#endif  // RAPPORT_SERVICES_CONTACT_STEWARD_SERVICE_H_
