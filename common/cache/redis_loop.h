// A thread that drives connections to Redis.
#ifndef RAPPORT_COMMON_CACHE_REDIS_LOOP_H_
#define RAPPORT_COMMON_CACHE_REDIS_LOOP_H_

#include <atomic>
#include <thread>

#include "absl/time/time.h"
#include "common/cache/boot_clock.h"
#include "common/cache/redis_driver.h"

namespace rapport::cache {

class RedisLoop final : public RedisDriver {
 public:
  explicit RedisLoop(const BootClock& clock);
  // Removes the sources, runs what was posted, joins. Sources and what they use live until then.
  ~RedisLoop() override;

  void Wake() override;

 private:
  // What another thread must do to be noticed: nothing, or write to the event.
  enum class Mood { kAwake, kAgain, kAsleep };
  void Run();
  void Wait(absl::Duration next_turn);

  const BootClock& clock_;
  const int event_;  // an eventfd
  std::atomic<Mood> mood_{Mood::kAwake};
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace rapport::cache

#endif  // RAPPORT_COMMON_CACHE_REDIS_LOOP_H_
