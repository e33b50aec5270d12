// Follows the change feed of another service over gRPC.
#ifndef RAPPORT_COMMON_HOST_FEED_CLIENT_H_
#define RAPPORT_COMMON_HOST_FEED_CLIENT_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/host/host.h"
#include "common/resource/feed_consumer.h"

namespace rapport::host {

// A consumer of the feed of `origin` at `target`, not started yet; outlives the host's Run. With an
// empty target it does nothing when started: the service runs without the other one.
class Follower {
 public:
  Follower(Host& host, const std::string& origin, std::string target, store::Store* store,
           resource::FeedPositions* positions,
           std::function<absl::Status(store::Tx&, const base::CallContext&,
                                      const google::protobuf::Any&)>
               apply);
  void Start();
  void Stop();
  // True if everything that the other service has is known here, as far as its last word goes.
  bool Fresh() const { return !target_.empty() && consumer_.Fresh(); }

 private:
  const std::string target_;
  std::shared_ptr<rpc::Client> client_;
  resource::FeedConsumer consumer_;
};

// Runs these with the server: started once it listens, stopped after its last call.
RunOptions Following(resource::FeedPositions* positions, const std::vector<Follower*>& followers);

}  // namespace rapport::host

#endif  // RAPPORT_COMMON_HOST_FEED_CLIENT_H_
