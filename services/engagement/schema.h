// What the engagement service keeps in its store.
#ifndef RAPPORT_SERVICES_ENGAGEMENT_SCHEMA_H_
#define RAPPORT_SERVICES_ENGAGEMENT_SCHEMA_H_

#include "common/resource/schema.h"

namespace rapport::engagement {

// Its tables live for ever.
resource::Schema Schema();

}  // namespace rapport::engagement

#endif  // RAPPORT_SERVICES_ENGAGEMENT_SCHEMA_H_
