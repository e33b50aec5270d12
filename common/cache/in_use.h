// Counts what still needs an object, so that its end can wait.
#ifndef RAPPORT_COMMON_CACHE_IN_USE_H_
#define RAPPORT_COMMON_CACHE_IN_USE_H_

#include <memory>

#include "common/base/mutex.h"

namespace rapport::cache {

// Thread-safe. Taking a token costs no memory and no lock.
class InUse {
 public:
  // While there is one, or a copy of it, the object lives.
  using Token = std::shared_ptr<const void>;

  InUse()
      // Shared: the waiter may leave while the last one still signals.
      : first_(state_.get(), [state = state_](const void*) {
          base::MutexLock lock(&state->mu);
          state->over = true;
          state->none.SignalAll();
        }) {}

  Token Take() const { return first_; }
  // Waits until there is none. Once, at the end: from here on, only copies are made.
  void Await() {
    first_ = nullptr;
    base::MutexLock lock(&state_->mu);
    while (!state_->over) state_->none.Wait(&state_->mu);
  }

 private:
  struct State {
    base::Mutex mu;
    base::CondVar none;
    bool over ABSL_GUARDED_BY(mu) = false;
  };
  const std::shared_ptr<State> state_ = std::make_shared<State>();
  Token first_;
};

}  // namespace rapport::cache

#endif  // RAPPORT_COMMON_CACHE_IN_USE_H_
