// What engagement gives out and takes in when a tenant moves house.
#ifndef RAPPORT_SERVICES_ENGAGEMENT_TRANSFER_H_
#define RAPPORT_SERVICES_ENGAGEMENT_TRANSFER_H_

#include "common/resource/transfer_service.h"
#include "services/engagement/resources.h"
#include "services/engagement/rules/parameters.h"

namespace rapport::engagement {

// Both outlive the server. The statistics of a relationship come behind its journal, and before
// contact tells of the relationship: then nothing that contact says changes them. What could not be
// given to anybody must come when contact has told all, or it may be claimed on the way.
void AddKinds(const Resources* resources, const rules::Parameters* parameters,
              resource::TransferService* transfer);

// Whether two statistics say the same: numbers to 1e-9 of their size, the rest exactly.
bool SameStatistics(const v1::RelationshipStatistics& a, const v1::RelationshipStatistics& b);

}  // namespace rapport::engagement

#endif  // RAPPORT_SERVICES_ENGAGEMENT_TRANSFER_H_
