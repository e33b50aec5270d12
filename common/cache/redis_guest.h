// Drives connections to Redis on the thread of a host: a loop that sleeps for something else.
#ifndef RAPPORT_COMMON_CACHE_REDIS_GUEST_H_
#define RAPPORT_COMMON_CACHE_REDIS_GUEST_H_

#include <atomic>
#include <functional>
#include <memory>
#include <thread>

#include "absl/time/time.h"
#include "common/cache/boot_clock.h"
#include "common/cache/redis_driver.h"
#include "common/cache/redis_loop.h"

namespace rapport::cache {

// Replies that come soon are awaited by the host itself. For those that are late, and for the end
// of a connection that is idle, another loop watches the sockets and wakes the host: so neither an
// idle nor a stalled Redis costs anything, and a prompt one costs no switch of threads.
class RedisGuest final : public RedisDriver {
 public:
  // Both outlive it.
  RedisGuest(const BootClock& clock, RedisLoop& watcher);
  ~RedisGuest() override;

  // The host's thread calls Begin(), Turn() as long as it runs, and End(). `wake` ends the sleep of
  // the host; it is called on any thread, but not after End().
  void Begin(std::function<void()> wake);
  // Sends what was queued and takes what comes within `patience`, if replies are due. Returns for
  // how long the host may sleep until it comes again.
  absl::Duration Turn(absl::Duration patience);
  // Removes the sources and runs what was posted, as the destructor does.
  void End();

  void Wake() override;

 private:
  class Watch;
  enum class Mood { kAwake, kAgain, kAsleep };
  bool AnyDue() const;
  // True if a socket was ready.
  bool Poll(absl::Duration wait);
  void WatchFor(Entry& entry, unsigned events);

  const BootClock& clock_;
  RedisLoop& watcher_;
  const std::shared_ptr<Watch> watch_;
  std::atomic<Mood> mood_{Mood::kAwake};
  std::atomic<std::thread::id> host_{};
  // The host's thread only.
  bool again_ = false;  // it woke itself
  int in_vain_ = 0;     // turns without a reply, though some were due
};

}  // namespace rapport::cache

#endif  // RAPPORT_COMMON_CACHE_REDIS_GUEST_H_
