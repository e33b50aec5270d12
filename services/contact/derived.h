// What of contact's store follows from the rest of it, and from the other services.
#ifndef RAPPORT_SERVICES_CONTACT_DERIVED_H_
#define RAPPORT_SERVICES_CONTACT_DERIVED_H_

#include "common/resource/schema.h"
#include "services/contact/resources.h"

namespace rapport::contact {

// Fills derived, copies and bodies. The resources live for ever.
void AddDerived(const Resources& resources, resource::Schema* schema);

}  // namespace rapport::contact

#endif  // RAPPORT_SERVICES_CONTACT_DERIVED_H_
