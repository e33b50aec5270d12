// Work for later, on the thread of a RedisLoop.
#ifndef RAPPORT_COMMON_CACHE_LOOP_TIMER_H_
#define RAPPORT_COMMON_CACHE_LOOP_TIMER_H_

#include <map>
#include <memory>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "common/base/mutex.h"
#include "common/cache/boot_clock.h"
#include "common/cache/redis_loop.h"

namespace rapport::cache {

// Thread-safe. When the loop ends, all that is left runs at once.
class LoopTimer final : public RedisLoop::Source {
 public:
  // Both outlive it.
  static std::shared_ptr<LoopTimer> Make(RedisLoop& loop, const BootClock& clock);

  // Runs `work` once, not before `delay` has passed. It must not block.
  void After(absl::Duration delay, absl::AnyInvocable<void()> work);

  // For the loop.
  int fd() const override { return -1; }  // poll passes it over
  void OnReady() override {}
  Wish OnTurn() override;
  void OnRemoved() override;

 private:
  LoopTimer(RedisLoop& loop, const BootClock& clock) : loop_(loop), clock_(clock) {}
  // Runs what is due; returns when the next is.
  absl::Duration RunUntil(absl::Duration now);

  RedisLoop& loop_;
  const BootClock& clock_;
  base::Mutex mu_;
  std::multimap<absl::Duration, absl::AnyInvocable<void()>> due_ ABSL_GUARDED_BY(mu_);
  bool ended_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace rapport::cache

#endif  // RAPPORT_COMMON_CACHE_LOOP_TIMER_H_
