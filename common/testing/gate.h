// Lets a test hold threads where it wants them.
#ifndef RAPPORT_COMMON_TESTING_GATE_H_
#define RAPPORT_COMMON_TESTING_GATE_H_

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/base/mutex.h"

namespace rapport::testing {

// Opens once; Pass waits until then. (absl::Notification lives in a library that the thread
// sanitizer does not see into.)
class Gate {
 public:
  void Open() {
    base::MutexLock lock(&mu_);
    open_ = true;
    opened_.SignalAll();
  }
  bool IsOpen() {
    base::MutexLock lock(&mu_);
    return open_;
  }
  void Pass() { PassWithin(absl::InfiniteDuration()); }
  // False if it did not open within the time.
  bool PassWithin(absl::Duration timeout) {
    const absl::Time until = absl::Now() + timeout;
    base::MutexLock lock(&mu_);
    while (!open_) {
      if (timeout == absl::InfiniteDuration()) {
        opened_.Wait(&mu_);
      } else if (opened_.WaitWithTimeout(&mu_, until - absl::Now())) {
        break;
      }
    }
    return open_;
  }

 private:
  base::Mutex mu_;
  base::CondVar opened_;
  bool open_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace rapport::testing

#endif  // RAPPORT_COMMON_TESTING_GATE_H_
