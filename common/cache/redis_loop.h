// The thread that drives connections to Redis. A connection is a Source: it needs no more of its
// driver than these calls, so another loop with a poll of its own can drive it as well.
#ifndef RAPPORT_COMMON_CACHE_REDIS_LOOP_H_
#define RAPPORT_COMMON_CACHE_REDIS_LOOP_H_

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "common/base/mutex.h"
#include "common/cache/boot_clock.h"

namespace rapport::cache {

// One turn of the loop: wait for sockets, wake-ups or time; OnReady() of the sockets that have
// something; posted work; OnTurn() of every source. So whatever was queued during a turn, by
// whichever thread, goes out with one write per connection. Nothing on the loop may block.
class RedisLoop {
 public:
  // All calls come from the loop's thread, until OnRemoved().
  class Source {
   public:
    struct Wish {
      absl::Duration next_turn = absl::InfiniteDuration();  // boot time, at the latest
      bool write = false;                                   // a turn when the socket takes bytes
      bool done = false;                                    // nothing more: remove it
    };
    virtual ~Source() = default;
    virtual int fd() const = 0;
    virtual void OnReady() = 0;  // bytes, an end or an error
    virtual Wish OnTurn() = 0;
    virtual void OnRemoved() = 0;  // the last call: it was done, or the loop ends
  };

  explicit RedisLoop(const BootClock& clock);
  // Removes the sources, runs what was posted, joins. Sources and what they use live until then.
  ~RedisLoop();

  // Thread-safe, and allowed in the calls above. After the end the loop does them at once itself.
  void Add(std::shared_ptr<Source> source);
  void Post(absl::AnyInvocable<void()> work);
  // A turn soon. Cheap while the loop is awake.
  void Wake();

 private:
  // What another thread must do to be noticed: nothing, or write to the event.
  enum class Mood { kAwake, kAgain, kAsleep };
  void Run();
  void Wait(absl::Duration next_turn);
  void RunPosted();
  absl::Duration TurnAll();

  const BootClock& clock_;
  const int event_;  // an eventfd
  std::atomic<Mood> mood_{Mood::kAwake};
  base::Mutex mu_;
  std::vector<absl::AnyInvocable<void()>> posted_ ABSL_GUARDED_BY(mu_);
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  bool ended_ ABSL_GUARDED_BY(mu_) = false;
  struct Entry {
    std::shared_ptr<Source> source;
    bool write = false;
  };
  std::vector<Entry> sources_;  // loop thread only
  std::thread thread_;
};

}  // namespace rapport::cache

#endif  // RAPPORT_COMMON_CACHE_REDIS_LOOP_H_
