// What the recommendation service keeps in its store.
#ifndef RAPPORT_SERVICES_RECOMMENDATION_SCHEMA_H_
#define RAPPORT_SERVICES_RECOMMENDATION_SCHEMA_H_

#include "common/resource/schema.h"

namespace rapport::recommendation {

// Its tables live for ever.
resource::Schema Schema();

}  // namespace rapport::recommendation

#endif  // RAPPORT_SERVICES_RECOMMENDATION_SCHEMA_H_
