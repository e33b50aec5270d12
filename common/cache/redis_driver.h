// What drives connections to Redis. A connection is a Source: it needs no more of its driver than
// these calls. RedisLoop drives them on a thread of its own, RedisGuest on a thread of others.
#ifndef RAPPORT_COMMON_CACHE_REDIS_DRIVER_H_
#define RAPPORT_COMMON_CACHE_REDIS_DRIVER_H_

#include <memory>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "common/base/mutex.h"

namespace rapport::cache {

// One turn: wait for sockets, wake-ups or time; OnReady() of the sockets that have something;
// posted work; OnTurn() of every source. So whatever was queued during a turn, by whichever thread,
// goes out with one write per connection. Nothing on the driver's thread may block.
class RedisDriver {
 public:
  // All calls come from the driver's thread, until OnRemoved().
  class Source {
   public:
    struct Wish {
      absl::Duration next_turn = absl::InfiniteDuration();  // boot time, at the latest
      bool write = false;                                   // a turn when the socket takes bytes
      bool due = false;                                     // replies are due
      bool done = false;                                    // nothing more: remove it
    };
    virtual ~Source() = default;
    virtual int fd() const = 0;
    virtual void OnReady() = 0;  // bytes, an end or an error
    virtual Wish OnTurn() = 0;
    virtual void OnRemoved() = 0;  // the last call: it was done, or the driver ends
  };

  virtual ~RedisDriver() = default;
  RedisDriver(const RedisDriver&) = delete;
  RedisDriver& operator=(const RedisDriver&) = delete;

  // Thread-safe, and allowed in the calls above. After the end the caller does them at once itself.
  void Add(std::shared_ptr<Source> source);
  void Post(absl::AnyInvocable<void()> work);
  // A turn soon. Cheap while the driver is awake.
  virtual void Wake() = 0;

 protected:
  struct Entry {
    std::shared_ptr<Source> source;
    Source::Wish wish;
    unsigned watched = 0;  // by RedisGuest
  };
  RedisDriver() = default;

  // The driver's thread only.
  void RunPosted();
  // Returns when the next turn is, at the latest.
  absl::Duration TurnAll();
  // Removes the sources and runs what was posted.
  void EndAll();
  std::vector<Entry> sources_;

 private:
  base::Mutex mu_;
  std::vector<absl::AnyInvocable<void()>> posted_ ABSL_GUARDED_BY(mu_);
  bool ended_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace rapport::cache

#endif  // RAPPORT_COMMON_CACHE_REDIS_DRIVER_H_
