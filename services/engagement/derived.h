// What of engagement's store follows from the rest of it, and from the other services.
#ifndef RAPPORT_SERVICES_ENGAGEMENT_DERIVED_H_
#define RAPPORT_SERVICES_ENGAGEMENT_DERIVED_H_

#include "common/resource/schema.h"
#include "services/engagement/resources.h"

namespace rapport::engagement {

// Fills derived, copies and bodies. The resources live for ever.
void AddDerived(const Resources& resources, resource::Schema* schema);

}  // namespace rapport::engagement

#endif  // RAPPORT_SERVICES_ENGAGEMENT_DERIVED_H_
