#include "common/host/feed_client.h"

#include <utility>

namespace rapport::host {

namespace feed = rapport::feed::v1;

namespace {

class GrpcFeedStream final : public resource::FeedStream {
 public:
  explicit GrpcFeedStream(std::unique_ptr<rpc::ServerStreamReader<feed::ChangeBatch>> stream)
      : stream_(std::move(stream)) {}
  bool Read(feed::ChangeBatch* batch) override { return stream_->Read(batch); }
  void Cancel() override { stream_->Cancel(); }

 private:
  const std::unique_ptr<rpc::ServerStreamReader<feed::ChangeBatch>> stream_;
};

constexpr absl::Duration kPatience = absl::Seconds(30);

// The thread that waits for the feed would be woken for the answers of other calls too.
rpc::ClientOptions FeedClientOptions(const Host& host, const std::string& target) {
  rpc::ClientOptions options = host.ClientFor(target);
  options.own_connection = true;
  return options;
}

}  // namespace

Follower::Follower(Host& host, const std::string& origin, std::string target, store::Store* store,
                   resource::FeedPositions* positions, resource::FeedConsumer::Options options)
    : target_(std::move(target)), consumer_(std::move(options), store, positions, host.clock()) {
  host.metrics()
      .AddGauge("rapport_feed_applied", "Changes of another service applied since the start",
                {"origin"})
      .With({origin})
      .ReadFrom([this] { return static_cast<double>(consumer_.applied()); });
  host.metrics()
      .AddGauge("rapport_feed_fresh", "1 if all that another service has is known here", {"origin"})
      .With({origin})
      .ReadFrom([this] { return Fresh() ? 1.0 : 0.0; });
}

Following::Following(Host* host, store::Store* store, std::vector<store::Tail::Source> memory)
    : host_(*host), store_(store), sources_(std::move(memory)), remembers_(!sources_.empty()) {}

Following::~Following() = default;

const Follower& Following::Follow(const std::string& origin, const std::string& target,
                                  Follower::Apply apply) {
  resource::FeedConsumer::Options options;
  options.origin = origin;
  options.shared = !host_.sole_owner();
  options.open = [client = std::make_shared<rpc::Client>(FeedClientOptions(host_, target))](
                     const feed::WatchChangesRequest& cursor) {
    return std::make_unique<GrpcFeedStream>(client->ReadStream<feed::ChangeBatch>(
        "rapport.feed.v1.ChangeFeedService/WatchChanges", cursor));
  };
  options.apply = std::move(apply);
  if (remembers_) {
    options.settle = [this](std::int64_t sequence) {
      return tail_->CatchUpTo(sequence, absl::Now() + kPatience);
    };
  }
  options.on_poison = [this, origin](const google::protobuf::Any&, const absl::Status& status) {
    host_.log().Error(
        "feed_change_passed_over",
        {{"peer_service", origin}, {"code", absl::StatusCodeToString(status.code())}});
  };
  followers_.push_back(std::unique_ptr<Follower>(
      new Follower(host_, origin, target, store_, &positions_, std::move(options))));
  // Last: who hears of a cursor finds in memory what it stands for.
  if (!target.empty()) sources_.push_back(followers_.back()->consumer_.CursorSource());
  return *followers_.back();
}

absl::Status Following::CatchUp() {
  if (tail_ == nullptr) {
    std::function<void(std::int64_t)> reached;
    if (remembers_ && !host_.sole_owner()) {
      // What other replicas wrote to the own store must be in memory before it is read from there.
      positions_.Follow(store_->id());
      reached = [this](std::int64_t sequence) { positions_.Advance(store_->id(), sequence); };
    }
    tail_ = std::make_unique<store::Tail>(store_, std::move(sources_), std::move(reached));
  }
  return tail_->CatchUp();
}

RunOptions Following::Options() {
  RunOptions run;
  run.gate = &positions_;
  run.on_started = [this] {
    // Where nobody else writes, the followers themselves keep the memory up.
    if (!host_.sole_owner()) tail_->Start();
    for (const auto& follower : followers_) {
      if (!follower->target_.empty()) follower->consumer_.Start();
    }
    return absl::OkStatus();
  };
  run.on_drained = [this] {
    for (const auto& follower : followers_) follower->consumer_.Stop();
    tail_->Stop();
  };
  return run;
}

}  // namespace rapport::host
