#include "common/rpc/server.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/status_macros.h"
#include "common/rpc/pipeline.h"
#include "grpc/grpc.h"
#include "grpcpp/impl/codegen/completion_queue_tag.h"
#include "grpcpp/resource_quota.h"
#include "grpcpp/server_builder.h"

namespace rapport::rpc {
namespace {

// Requests that wait for their call, of each method. Few: Debian's gRPC keeps its assertions, and
// one of them looks through all that is posted at every event.
constexpr int kPostedHot = 8;
constexpr int kPostedOther = 1;
constexpr int kMaxReceiveBytes = 16 << 20;  // the pipeline's own limits are lower
// How long clients without calls have to close their connections by themselves. One that does
// nothing does not look at its connection: gRPC's clients then do so every five seconds.
constexpr absl::Duration kGoodbye = absl::Milliseconds(250);

// The tag of an event that nobody waits for.
class Unheard final : public grpc::internal::CompletionQueueTag {
 public:
  bool FinalizeResult(void**, bool*) override { return false; }
};

// True if a process answers on this unix socket: gRPC itself would take the path over.
bool SomebodyListens(absl::string_view path) {
  struct sockaddr_un address = {};
  if (path.empty() || path.size() >= sizeof address.sun_path) return false;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return false;
  const bool connected =
      connect(fd, reinterpret_cast<struct sockaddr*>(&address), sizeof address) == 0 ||
      errno == EAGAIN;
  close(fd);
  return connected;
}

}  // namespace

bool IsLocalAddress(absl::string_view address) {
  if (absl::StartsWith(address, "unix:")) return true;
  absl::string_view host = address;
  if (absl::ConsumePrefix(&host, "[")) {
    host = host.substr(0, host.find(']'));
  } else {
    host = host.substr(0, host.rfind(':'));
  }
  return host == "localhost" || host == "::1" ||
         (absl::StartsWith(host, "127.") &&
          host.find_first_not_of("0123456789.") == absl::string_view::npos);
}

absl::StatusOr<std::unique_ptr<Server>> Server::Start(ServerOptions options,
                                                      const MethodTable& table,
                                                      Admission* admission, Executor* executor,
                                                      ConsistencyGate* gate, CallObserver* observer,
                                                      const time::Clock& clock) {
  RETURN_IF_ERROR(table.CheckComplete());
  if (options.listen.empty()) return absl::InvalidArgumentError("no address to listen on");
  for (absl::string_view address : options.listen) {
    if (absl::ConsumePrefix(&address, "unix:") && SomebodyListens(address)) {
      return absl::UnavailableError("another process listens there");
    }
  }
  auto server = std::unique_ptr<Server>(new Server);
  server->pipeline_ =
      std::make_unique<Pipeline>(options, table, admission, executor, gate, observer, clock);
  grpc::ServerBuilder builder;
  grpc::ResourceQuota quota("rapport");
  quota.Resize(options.memory_quota_bytes);
  builder.SetResourceQuota(quota);
  builder.SetMaxReceiveMessageSize(kMaxReceiveBytes);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, 8 << 10);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, 1000);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_ENABLE_CHANNELZ, 0);  // it counts every call; nobody asks
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, 5000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 30000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10000);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 5000);
  builder.RegisterService(&server->pipeline_->service_);
  builder.RegisterAsyncGenericService(&server->pipeline_->unknown_);
  auto credentials = options.credentials ? options.credentials : grpc::InsecureServerCredentials();
  std::vector<int> ports(options.listen.size(), -1);
  for (std::size_t i = 0; i < options.listen.size(); ++i) {
    builder.AddListeningPort(options.listen[i], credentials, &ports[i]);
  }
  for (int i = 0; i < options.loops; ++i) {
    server->loops_.push_back(std::make_unique<Loop>(
        builder.AddCompletionQueue(), options.companion == nullptr ? nullptr : options.companion(),
        options.cork));
  }
  server->server_ = builder.BuildAndStart();
  if (server->server_ == nullptr) {
    for (auto& loop : server->loops_) loop->Start();
    return absl::UnavailableError("cannot listen: is the address in use?");
  }
  for (std::size_t i = 0; i < options.listen.size(); ++i) {
    const std::string& address = options.listen[i];
    if (absl::StartsWith(address, "unix:")) {
      server->addresses_.push_back(address);
    } else {
      server->addresses_.push_back(
          absl::StrCat(address.substr(0, address.rfind(':')), ":", ports[i]));
    }
  }
  for (auto& loop : server->loops_) {
    server->pipeline_->Listen(loop.get());
    loop->Start();
  }
  return server;
}

void Pipeline::Listen(Loop* loop) {
  for (int i = 0; i < static_cast<int>(table_.methods().size()); ++i) {
    switch (method(i).kind) {
      case Method::Kind::kUnary: {
        const bool hot = method(i).rule.latency() == rapport::type::v1::LATENCY_CLASS_HOT;
        for (int n = 0; n < (hot ? kPostedHot : kPostedOther); ++n) ListenUnary(loop, i);
        break;
      }
      case Method::Kind::kServerStream:
        for (int n = 0; n < kPostedOther; ++n) ListenServerStream(loop, i);
        break;
      case Method::Kind::kBidiStream:
        for (int n = 0; n < kPostedOther; ++n) ListenBidi(loop, i);
        break;
    }
  }
  ListenUnknown(loop);
}

int Server::in_flight() const {
  int sum = 0;
  for (const auto& loop : loops_) sum += loop->in_flight.load();
  return sum;
}

bool Server::WaitForCalls(absl::Time deadline) {
  do {
    while (in_flight() > 0) {
      if (absl::Now() >= deadline) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    for (auto& loop : loops_) loop->Flush();  // a matched call may still be in the queue
  } while (in_flight() > 0);
  return true;
}

void Server::Drain(absl::Duration grace) {
  if (drained_) return;
  drained_ = true;
  const absl::Time deadline = absl::Now() + grace;
  pipeline_->draining_.store(true);
  for (auto& loop : loops_) loop->TickNow();  // streams see that they must end
  // From here on nobody connects, and connected clients are told to go. Server::Shutdown does the
  // same, but then waits for the connections; the calls are what must be waited for.
  static auto* const unheard = new Unheard;
  grpc_server_shutdown_and_notify(server_->c_server(), loops_.front()->queue()->cq(), unheard);
  const bool quiet = WaitForCalls(deadline);
  server_->Shutdown(absl::ToChronoTime(quiet ? absl::Now() + kGoodbye : deadline));
  // Calls that were cancelled still have a handler running somewhere; it will come back.
  WaitForCalls(absl::InfiniteFuture());
  pipeline_->stopped_.store(true);
  for (auto& loop : loops_) loop->StopAndJoin();
}

Server::~Server() {
  if (server_ != nullptr) Drain(absl::Seconds(1));
}

}  // namespace rapport::rpc
