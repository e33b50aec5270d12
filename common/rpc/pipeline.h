// What all calls of a server share, and the steps that they pass. Internal to common/rpc.
#ifndef RAPPORT_COMMON_RPC_PIPELINE_H_
#define RAPPORT_COMMON_RPC_PIPELINE_H_

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/rpc/server.h"
#include "grpcpp/generic/async_generic_service.h"
#include "grpcpp/impl/service_type.h"
#include "grpcpp/server_context.h"

namespace rapport::rpc {

// The gRPC service object: all methods raw.
class RawService final : public grpc::Service {
 public:
  explicit RawService(const MethodTable& table);
  // `i` is the position in the table.
  using grpc::Service::RequestAsyncBidiStreaming;
  using grpc::Service::RequestAsyncServerStreaming;
  using grpc::Service::RequestAsyncUnary;
};

class Pipeline {
 public:
  Pipeline(ServerOptions options, const MethodTable& table, Admission* admission,
           Executor* executor, ConsistencyGate* gate, CallObserver* observer,
           const time::Clock& clock);

  // Posts the first requests of every method on `loop`.
  void Listen(Loop* loop);
  void ListenUnary(Loop* loop, int method);
  void ListenServerStream(Loop* loop, int method);
  void ListenBidi(Loop* loop, int method);
  void ListenUnknown(Loop* loop);

  // Steps 1-8: request id, deadline, admission. Fills `call`; an error refuses the call.
  absl::Status Begin(const Method& method, const Loop& loop, const grpc::ServerContext& context,
                     base::CallContext* call, std::vector<Position>* at_least);
  // Step 9: bytes to message, limits, names, tenant.
  absl::Status Accept(const Method& method, const grpc::ByteBuffer& bytes, base::CallContext* call,
                      std::unique_ptr<google::protobuf::Message>* request);
  // Hands the call to its lane, after its consistency token is reached.
  void Dispatch(const Method& method, Call* call, const std::vector<Position>& at_least);
  // Step 15.
  static grpc::Status ToGrpc(const absl::Status& status, const base::CallContext& call,
                             grpc::ServerContext* context);
  std::string TokenFor(std::int64_t sequence) const;
  // Tells a caller that accepts old answers how old this one is, if anybody knows.
  void TellAge(const base::CallContext& call, const Answer& answer,
               grpc::ServerContext* context) const;
  void Observe(const Method* method, const base::CallContext& call,
               const grpc::ServerContext& context, const absl::Status& status,
               absl::Time wall_start);

  // The level that a read asks for.
  absl::Status ReadLevel(const Method& method, absl::string_view level, base::CallContext* call,
                         std::vector<Position>* at_least) const;

  const Method& method(int i) const { return *table_.methods()[static_cast<std::size_t>(i)]; }

  const ServerOptions options_;
  const MethodTable& table_;
  Admission* const admission_;
  Executor* const executor_;
  ConsistencyGate* const gate_;
  CallObserver* const observer_;
  const time::Clock& clock_;
  RawService service_;
  grpc::AsyncGenericService unknown_;
  std::atomic<bool> draining_{false};
  std::atomic<bool> stopped_{false};  // no new requests are posted
};

}  // namespace rapport::rpc

#endif  // RAPPORT_COMMON_RPC_PIPELINE_H_
