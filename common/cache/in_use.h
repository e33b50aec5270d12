// Counts what still needs an object, so that its end can wait.
#ifndef RAPPORT_COMMON_CACHE_IN_USE_H_
#define RAPPORT_COMMON_CACHE_IN_USE_H_

#include <memory>

#include "common/base/mutex.h"

namespace rapport::cache {

// Thread-safe.
class InUse {
 public:
  // While there is one, or a copy of it, the object lives.
  using Token = std::shared_ptr<const void>;

  Token Take() {
    base::MutexLock lock(&state_->mu);
    ++state_->tokens;
    // Shared: the waiter may leave while the last one still signals.
    return Token(state_.get(), [state = state_](const void*) {
      base::MutexLock released(&state->mu);
      if (--state->tokens == 0) state->none.SignalAll();
    });
  }
  // Waits until there is none.
  void Await() {
    base::MutexLock lock(&state_->mu);
    while (state_->tokens > 0) state_->none.Wait(&state_->mu);
  }

 private:
  struct State {
    base::Mutex mu;
    base::CondVar none;
    int tokens ABSL_GUARDED_BY(mu) = 0;
  };
  const std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace rapport::cache

#endif  // RAPPORT_COMMON_CACHE_IN_USE_H_
