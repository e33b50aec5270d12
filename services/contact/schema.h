// What the contact service keeps in its store.
#ifndef RAPPORT_SERVICES_CONTACT_SCHEMA_H_
#define RAPPORT_SERVICES_CONTACT_SCHEMA_H_

#include "common/resource/schema.h"

namespace rapport::contact {

// Its tables live for ever.
resource::Schema Schema();

}  // namespace rapport::contact

#endif  // RAPPORT_SERVICES_CONTACT_SCHEMA_H_
