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

resource::FeedConsumer::Options ConsumerOptions(
    Host& host, std::string origin, std::shared_ptr<rpc::Client> client,
    std::function<absl::Status(store::Tx&, const base::CallContext&, const google::protobuf::Any&)>
        apply) {
  resource::FeedConsumer::Options options;
  options.origin = std::move(origin);
  options.open = [client = std::move(client)](const feed::WatchChangesRequest& cursor) {
    return std::make_unique<GrpcFeedStream>(client->ReadStream<feed::ChangeBatch>(
        "rapport.feed.v1.ChangeFeedService/WatchChanges", cursor));
  };
  options.apply = std::move(apply);
  options.on_poison = [&host, name = options.origin](const google::protobuf::Any&,
                                                     const absl::Status& status) {
    host.log().Error("feed_change_passed_over",
                     {{"peer_service", name}, {"code", absl::StatusCodeToString(status.code())}});
  };
  return options;
}

// The thread that waits for the feed would be woken for the answers of other calls too.
rpc::ClientOptions FeedClientOptions(const Host& host, const std::string& target) {
  rpc::ClientOptions options = host.ClientFor(target);
  options.own_connection = true;
  return options;
}

}  // namespace

Follower::Follower(
    Host& host, const std::string& name, std::string target, store::Store* store,
    resource::FeedPositions* positions,
    std::function<absl::Status(store::Tx&, const base::CallContext&, const google::protobuf::Any&)>
        apply)
    : target_(std::move(target)),
      client_(std::make_shared<rpc::Client>(FeedClientOptions(host, target_))),
      consumer_(ConsumerOptions(host, name, client_, std::move(apply)), store, positions,
                host.clock()) {
  host.metrics()
      .AddGauge("rapport_feed_applied", "Changes of another service applied since the start",
                {"origin"})
      .With({name})
      .ReadFrom([this] { return static_cast<double>(consumer_.applied()); });
  host.metrics()
      .AddGauge("rapport_feed_fresh", "1 if all that another service has is known here", {"origin"})
      .With({name})
      .ReadFrom([this] { return Fresh() ? 1.0 : 0.0; });
}

void Follower::Start() {
  if (!target_.empty()) consumer_.Start();
}

void Follower::Stop() { consumer_.Stop(); }

RunOptions Following(resource::FeedPositions* positions, const std::vector<Follower*>& followers) {
  RunOptions run;
  run.gate = positions;
  run.on_started = [followers] {
    for (Follower* follower : followers) follower->Start();
    return absl::OkStatus();
  };
  run.on_drained = [followers] {
    for (Follower* follower : followers) follower->Stop();
  };
  return run;
}

}  // namespace rapport::host
