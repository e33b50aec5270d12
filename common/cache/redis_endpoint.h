// Keeps one connection to one Redis: opens it, and opens a new one when it breaks.
#ifndef RAPPORT_COMMON_CACHE_REDIS_ENDPOINT_H_
#define RAPPORT_COMMON_CACHE_REDIS_ENDPOINT_H_

#include <functional>
#include <memory>
#include <thread>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/base/mutex.h"
#include "common/base/uuid.h"
#include "common/cache/boot_clock.h"
#include "common/cache/redis_connection.h"
#include "common/cache/redis_driver.h"

namespace rapport::cache {

// How often sentinels are asked whether the master is still the one: an old one that they cannot
// reach does not break its connections.
inline constexpr absl::Duration kMasterCheck = absl::Seconds(1);

// Thread-safe. Attempts are 50 ms apart, doubling to 2 s, ±20 %; a connection that held for longer
// than that starts again at 50 ms.
class RedisEndpoint {
 public:
  // Told of each new connection, and of nullptr when it broke. Called on a thread of the endpoint,
  // one call at a time; may block.
  using Listener = std::function<void(const std::shared_ptr<RedisConnection>&)>;

  // The arguments outlive it.
  RedisEndpoint(RedisDriver& loop, const BootClock& clock, base::Rng& rng, RedisOptions options,
                Listener listener = nullptr);
  // Closes the connection. Waits for an attempt that is under way.
  ~RedisEndpoint();

  // The connection of now, or null. Each has an identity of its own: hold on to one for all
  // commands that belong together.
  std::shared_ptr<RedisConnection> Current() const;
  // The same if it leads to this process, otherwise null.
  std::shared_ptr<RedisConnection> To(absl::string_view run_id) const;
  // OK while connected, otherwise why the last connection broke or the last attempt failed.
  absl::Status status() const;

 private:
  void Run();
  // Waits until the connection is broken, or closes it: if sentinels name another master, or if the
  // endpoint ends.
  void Watch(RedisConnection& connection);
  // False, at once, if the connection breaks or the endpoint ends.
  bool Pause(absl::Duration delay);
  bool stopping() const;

  RedisDriver& loop_;
  const BootClock& clock_;
  base::Rng& rng_;
  const RedisOptions options_;
  const Listener listener_;
  mutable base::Mutex mu_;
  base::CondVar changed_;
  std::shared_ptr<RedisConnection> current_ ABSL_GUARDED_BY(mu_);
  absl::Status status_ ABSL_GUARDED_BY(mu_);
  bool broken_ ABSL_GUARDED_BY(mu_) = false;  // the connection that was opened last
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  std::thread thread_;
};

}  // namespace rapport::cache

#endif  // RAPPORT_COMMON_CACHE_REDIS_ENDPOINT_H_
