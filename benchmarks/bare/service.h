// A service with one callback method, built without generated stubs. Internal to this folder.
#ifndef RAPPORT_BENCHMARKS_BARE_SERVICE_H_
#define RAPPORT_BENCHMARKS_BARE_SERVICE_H_

#include <functional>
#include <string>

#include "grpcpp/impl/codegen/proto_utils.h"
#include "grpcpp/impl/codegen/server_callback_handlers.h"
#include "grpcpp/impl/rpc_service_method.h"
#include "grpcpp/impl/service_type.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/server_callback.h"
#include "rapport/contact/v1/relationship.pb.h"

namespace rapport::benchmarks {

template <class Request, class Response>
class BareService final : public grpc::Service {
 public:
  using Handler = std::function<grpc::ServerUnaryReactor*(grpc::CallbackServerContext*,
                                                          const Request*, Response*)>;
  BareService(const char* method, Handler handler) {
    AddMethod(new grpc::internal::RpcServiceMethod(method, grpc::internal::RpcMethod::NORMAL_RPC,
                                                   nullptr));
    auto* const callback =
        new grpc::internal::CallbackUnaryHandler<Request, Response>(std::move(handler));
    if constexpr (std::is_same_v<Request, grpc::ByteBuffer>) {
      MarkMethodRawCallback(0, callback);
    } else {
      MarkMethodCallback(0, callback);
    }
  }
};

// Serves until SIGTERM or SIGINT; then calls `stop`.
int ServeUntilSignal(const std::string& address, grpc::Service* service,
                     const std::function<void()>& stop);
// To be called before the first thread is made.
void BlockSignals();
// For SIGTERM or SIGINT.
void WaitForSignal();

// About 400 bytes.
contact::v1::Relationship SampleRelationship();

}  // namespace rapport::benchmarks

#endif  // RAPPORT_BENCHMARKS_BARE_SERVICE_H_
