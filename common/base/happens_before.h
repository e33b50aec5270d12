// Order that the thread sanitizer cannot see: what one thread did before it gave something to code
// that is not instrumented is seen by the thread that gets it back from there. Nothing in other
// builds.
#ifndef RAPPORT_COMMON_BASE_HAPPENS_BEFORE_H_
#define RAPPORT_COMMON_BASE_HAPPENS_BEFORE_H_

#if defined(RAPPORT_THREAD_SANITIZER)
#include <sanitizer/tsan_interface.h>
#endif

namespace rapport::base {

// Call before `what` is given away.
inline void HappensBefore([[maybe_unused]] void* what) {
#if defined(RAPPORT_THREAD_SANITIZER)
  __tsan_release(what);
#endif
}
// Call when `what` has come back.
inline void HappensAfter([[maybe_unused]] void* what) {
#if defined(RAPPORT_THREAD_SANITIZER)
  __tsan_acquire(what);
#endif
}

}  // namespace rapport::base

#endif  // RAPPORT_COMMON_BASE_HAPPENS_BEFORE_H_
