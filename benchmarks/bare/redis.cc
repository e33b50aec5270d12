#include <hiredis/hiredis.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <memory>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "benchmarks/bare/servers.h"
#include "benchmarks/bare/service.h"
#include "grpcpp/server_builder.h"
#include "grpcpp/support/async_unary_call.h"
#include "rapport/contact/v1/relationship.pb.h"

namespace rapport::benchmarks {
namespace {

constexpr int kEventsATurn = 128;
constexpr timespec kPatience = {0, 200'000};
constexpr std::size_t kBuffer = 1 << 16;

[[noreturn]] void Die(const std::string& why) {
  std::fprintf(stderr, "rapport_bare: redis: %s\n", why.c_str());
  std::exit(1);
}

struct Closer {
  void operator()(redisContext* context) const { redisFree(context); }
};
using Connection = std::unique_ptr<redisContext, Closer>;

Connection Connect(const std::string& path) {
  Connection connection(redisConnectUnix(path.c_str()));
  if (connection == nullptr || connection->err != 0) Die("cannot connect to " + path);
  return connection;
}

// A raw asynchronous method.
class RawService final : public grpc::Service {
 public:
  RawService() {
    AddMethod(new grpc::internal::RpcServiceMethod(kBareMethod,
                                                   grpc::internal::RpcMethod::NORMAL_RPC, nullptr));
    MarkMethodRaw(0);
  }
  using grpc::Service::RequestAsyncUnary;
};

struct Call {
  bool running = false;
  grpc::ServerContext context;
  grpc::ByteBuffer request;
  grpc::ServerAsyncResponseWriter<grpc::ByteBuffer> writer{&context};
};

// One thread, which takes calls, asks Redis and answers: all calls of a turn in one pipeline.
class Turns {
 public:
  Turns(grpc::ServerCompletionQueue* queue, RawService* service, Connection connection,
        std::string prefix)
      : queue_(*queue),
        service_(*service),
        connection_(std::move(connection)),
        prefix_(std::move(prefix)),
        buffer_(kBuffer, '\0') {}

  void Run() {
    Listen();
    while (TakeCalls()) {
      if (asked_.empty()) continue;
      Send();
      pollfd ready = {connection_->fd, POLLIN, 0};
      if (ppoll(&ready, 1, &kPatience, nullptr) > 0) Receive();
    }
  }

 private:
  void Listen() {
    auto* const call = new Call;
    service_.RequestAsyncUnary(0, &call->context, &call->request, &call->writer, &queue_, &queue_,
                               call);
  }

  // What is there, or the first that comes if Redis owes nothing. False at the end.
  bool TakeCalls() {
    for (int events = 0; events < kEventsATurn; ++events) {
      void* tag = nullptr;
      bool ok = false;
      const gpr_timespec until =
          asked_.empty() ? gpr_inf_future(GPR_CLOCK_MONOTONIC) : gpr_inf_past(GPR_CLOCK_MONOTONIC);
      const auto status = queue_.AsyncNext(&tag, &ok, until);
      if (status == grpc::CompletionQueue::SHUTDOWN) return false;
      if (status == grpc::CompletionQueue::TIMEOUT) break;
      auto* const call = static_cast<Call*>(tag);
      if (call->running || !ok) {
        delete call;
        continue;
      }
      call->running = true;
      Listen();
      Ask(call);
    }
    return true;
  }

  // The request has one field, the name: shorter than 128 bytes.
  void Ask(Call* call) {
    grpc::Slice slice;
    if (!call->request.DumpToSingleSlice(&slice).ok() || slice.size() < 2) Die("a bad request");
    const absl::string_view name(reinterpret_cast<const char*>(slice.begin()) + 2,
                                 slice.size() - 2);
    absl::StrAppend(&commands_, "*2\r\n$3\r\nGET\r\n$", prefix_.size() + name.size(), "\r\n",
                    prefix_, name, "\r\n");
    asked_.push_back(call);
  }

  void Send() {
    for (absl::string_view left = commands_; !left.empty();) {
      const ssize_t sent = send(connection_->fd, left.data(), left.size(), MSG_NOSIGNAL);
      if (sent <= 0) Die("gone");
      left.remove_prefix(static_cast<std::size_t>(sent));
    }
    commands_.clear();
  }

  void Receive() {
    const ssize_t received = recv(connection_->fd, buffer_.data(), buffer_.size(), 0);
    if (received <= 0) Die("gone");
    redisReader* const reader = connection_->reader;
    redisReaderFeed(reader, buffer_.data(), static_cast<std::size_t>(received));
    void* reply = nullptr;
    while (redisReaderGetReply(reader, &reply) == REDIS_OK && reply != nullptr) {
      auto* const value = static_cast<redisReply*>(reply);
      if (value->type != REDIS_REPLY_STRING) Die("a key is missing");
      Call* const call = asked_.front();
      asked_.pop_front();
      const grpc::Slice slice(value->str, value->len);
      call->writer.Finish(grpc::ByteBuffer(&slice, 1), grpc::Status::OK, call);
      freeReplyObject(value);
    }
  }

  grpc::ServerCompletionQueue& queue_;
  RawService& service_;
  const Connection connection_;
  const std::string prefix_;
  std::string commands_;
  std::string buffer_;
  std::deque<Call*> asked_;  // in the order of their commands
};

}  // namespace

int ServeRedis(const std::string& address, const std::string& redis, const std::string& prefix) {
  BlockSignals();
  RawService service;
  grpc::ServerBuilder builder;
  builder.AddListeningPort(address, grpc::InsecureServerCredentials());
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, 1000);
  builder.RegisterService(&service);
  const auto queue = builder.AddCompletionQueue();
  const auto server = builder.BuildAndStart();
  if (server == nullptr) Die("cannot listen on " + address);
  std::thread stopper([&] {
    WaitForSignal();
    server->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(1));
    queue->Shutdown();
  });
  Turns(queue.get(), &service, Connect(redis), prefix).Run();
  stopper.join();
  return 0;
}

int FillRedis(const std::string& redis, const std::string& names, const std::string& prefix) {
  const Connection connection = Connect(redis);
  contact::v1::Relationship relationship = SampleRelationship();
  relationship.clear_standing_reason();  // as those of the benchmarks' house
  std::ifstream in(names);
  std::string name;
  int keys = 0;
  for (; std::getline(in, name); ++keys) {
    relationship.set_name(name);
    const std::string key = prefix + name;
    const std::string value = relationship.SerializeAsString();
    void* const reply = redisCommand(connection.get(), "SET %b %b", key.data(), key.size(),
                                     value.data(), value.size());
    if (reply == nullptr) Die("cannot write");
    freeReplyObject(reply);
  }
  std::printf("{\"keys\": %d, \"bytes\": %zu}\n", keys, relationship.ByteSizeLong());
  return 0;
}

}  // namespace rapport::benchmarks
