// Reads on the thread that serves: the connections of one loop of the server, which drives them
// itself. So a hot read costs no switch of threads, and the reads of one turn share a pipeline.
#ifndef RAPPORT_COMMON_CACHE_READ_LANE_H_
#define RAPPORT_COMMON_CACHE_READ_LANE_H_

#include <functional>
#include <memory>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/cache/cache_scope.h"
#include "common/cache/redis_endpoint.h"
#include "common/cache/redis_guest.h"

namespace rapport::cache {

// Writes, and reads that other threads begin, keep to the connection of the scope. The rules of
// trust hold for each connection by itself: a lane's leads to the process that it was made to.
class ReadLane {
 public:
  // The context and `watcher` outlive it. One connection for each of `redis`: by scope.
  ReadLane(const CacheContext& context, RedisLoop& watcher, const std::vector<RedisOptions>& redis);
  // After the loop of the server.
  ~ReadLane();

  // The loop's thread, see redis_guest.h. What End() finds under way fails.
  void Begin(std::function<void()> wake);
  absl::Duration Turn();
  void End();

  // The lane of this context whose loop's thread calls; null elsewhere.
  static ReadLane* OfThread(const CacheContext& context);
  // The connection to the process that the row names; null if there is none. Thread-safe.
  std::shared_ptr<RedisConnection> To(unsigned scope, absl::string_view run_id) const {
    return endpoints_[scope]->To(run_id);
  }

 private:
  const CacheContext& context_;
  RedisGuest guest_;
  std::vector<std::unique_ptr<RedisEndpoint>> endpoints_;
};

}  // namespace rapport::cache

#endif  // RAPPORT_COMMON_CACHE_READ_LANE_H_
