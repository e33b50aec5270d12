#include "common/rpc/health.h"

#include <utility>

#include "common/base/errors.h"
#include "common/rpc/codec.h"
#include "grpc/health/v1/health.pb.h"

namespace rapport::rpc {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

namespace {

HealthCheckResponse::ServingStatus ToProto(bool serving) {
  return serving ? HealthCheckResponse::SERVING : HealthCheckResponse::NOT_SERVING;
}

grpc::ByteBuffer Message(HealthCheckResponse::ServingStatus status) {
  HealthCheckResponse response;
  response.set_status(status);
  return Serialize(response);
}

}  // namespace

// One Watch: sends the state at the beginning, when it changes, and as a heartbeat.
class Health::Watcher final : public StreamSource {
 public:
  Watcher(Health* health, std::string name, std::function<void()> wake)
      : health_(health), name_(std::move(name)), wake_(std::move(wake)) {
    health_->Add(this);
  }
  ~Watcher() override { health_->Remove(this); }

  absl::StatusOr<std::vector<grpc::ByteBuffer>> Next(bool heartbeat) override {
    const auto serving = health_->IsServing(name_);
    const auto status =
        serving.has_value() ? ToProto(*serving) : HealthCheckResponse::SERVICE_UNKNOWN;
    if (status == sent_ && !heartbeat) return std::vector<grpc::ByteBuffer>();
    sent_ = status;
    return std::vector<grpc::ByteBuffer>{Message(status)};
  }
  void Wake() const { wake_(); }

 private:
  Health* const health_;
  const std::string name_;
  const std::function<void()> wake_;
  HealthCheckResponse::ServingStatus sent_ = HealthCheckResponse::UNKNOWN;
};

Health::Health() {
  for (const char* name : {"", "startup", "readiness"}) serving_[name] = false;
  serving_["liveness"] = true;
}

void Health::AddTo(MethodTable* table) {
  table->Unary("grpc.health.v1.Health/Check", Lane::kLoop, [this](Call& call) {
    const auto& request = static_cast<const HealthCheckRequest&>(call.request());
    const auto serving = IsServing(request.service());
    if (!serving.has_value()) {
      call.Finish(errors::ResourceUnknown(request.service()));
      return;
    }
    Answer answer;
    answer.bytes = Message(ToProto(*serving));
    call.Finish(std::move(answer));
  });
  table->ServerStream(
      "grpc.health.v1.Health/Watch",
      [this](const base::CallContext&, const google::protobuf::Message& request,
             std::function<void()> wake) -> absl::StatusOr<std::unique_ptr<StreamSource>> {
        return std::make_unique<Watcher>(
            this, static_cast<const HealthCheckRequest&>(request).service(), std::move(wake));
      });
  base::MutexLock lock(&mu_);
  const bool ready = serving_["readiness"];
  for (const std::string& service : table->services()) serving_.emplace(service, ready);
}

void Health::Set(absl::string_view name, bool serving) {
  base::MutexLock lock(&mu_);
  serving_[std::string(name)] = serving;
  WakeAll();
}

void Health::SetReady(bool ready) {
  base::MutexLock lock(&mu_);
  for (auto& [name, serving] : serving_) {
    if (name != "startup" && name != "liveness") serving = ready;
  }
  WakeAll();
}

absl::optional<bool> Health::IsServing(absl::string_view name) const {
  base::MutexLock lock(&mu_);
  const auto it = serving_.find(std::string(name));
  if (it == serving_.end()) return absl::nullopt;
  return it->second;
}

void Health::Add(Watcher* watcher) {
  base::MutexLock lock(&mu_);
  watchers_.insert(watcher);
}

void Health::Remove(Watcher* watcher) {
  base::MutexLock lock(&mu_);
  watchers_.erase(watcher);
}

void Health::WakeAll() {
  for (const Watcher* watcher : watchers_) watcher->Wake();
}

}  // namespace rapport::rpc
