#include "common/base/failpoint.h"

namespace rapport::base {

// Alone in its object, which the linker leaves out where another definition is there already.
void Failpoint(Place) {}

}  // namespace rapport::base
