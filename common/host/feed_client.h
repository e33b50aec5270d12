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

class Following;

// A consumer of the feed of one other service. With an empty target it does nothing: the service
// runs without the other one.
class Follower {
 public:
  using Apply = std::function<absl::Status(store::Tx&, const base::CallContext&,
                                           const google::protobuf::Any&)>;

  // True if everything that the other service has is known here, as far as its last word goes.
  bool Fresh() const { return !target_.empty() && consumer_.Fresh(); }
  // How long ago that was said; InfiniteDuration if nobody knows.
  absl::Duration SinceHeard() const {
    return target_.empty() ? absl::InfiniteDuration() : consumer_.SinceHeard();
  }

 private:
  friend class Following;
  Follower(Host& host, const std::string& origin, std::string target, store::Store* store,
           resource::FeedPositions* positions, resource::FeedConsumer::Options options);

  const std::string target_;
  resource::FeedConsumer consumer_;
};

// What a service learns while it runs: from the feeds of other services, and, for what it keeps in
// memory, from its own store, whichever process writes there. Made before the server and outlives
// Host::Run.
class Following {
 public:
  // `memory` is kept up with the own store.
  Following(Host* host, store::Store* store, std::vector<store::Tail::Source> memory = {});
  ~Following();

  // Changes of `origin` at `target` go to `apply`. Before CatchUp.
  const Follower& Follow(const std::string& origin, const std::string& target,
                         Follower::Apply apply);
  // Brings the memory up to what is in the store now. Blocks; for start-up.
  absl::Status CatchUp();
  // Runs all of it with the server: started once it listens, stopped after its last call.
  RunOptions Options();

 private:
  Host& host_;
  store::Store* const store_;
  resource::FeedPositions positions_;
  std::vector<store::Tail::Source> sources_;
  const bool remembers_;  // there is memory to keep up
  std::unique_ptr<store::Tail> tail_;
  std::vector<std::unique_ptr<Follower>> followers_;  // go first: they use the tail
};

}  // namespace rapport::host

#endif  // RAPPORT_COMMON_HOST_FEED_CLIENT_H_
