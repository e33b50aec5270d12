#include "common/rpc/client.h"

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/uuid.h"
#include "common/rpc/codec.h"
#include "google/protobuf/message.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/impl/rpc_method.h"
#include "grpcpp/support/async_unary_call.h"
#include "grpcpp/support/channel_arguments.h"

namespace rapport::rpc {
namespace {

// More than the largest answers, of 16 MiB of messages (common/resource/list.h) and what is
// between.
constexpr int kMaxMessageBytes = 24 << 20;
// CANCELLED is how a gRPC server that shuts down ends the calls that reach it in that instant.
constexpr char kServiceConfig[] = R"({
  "loadBalancingConfig": [{"round_robin": {}}],
  "methodConfig": [{
    "name": [{}],
    "retryPolicy": {
      "maxAttempts": 4,
      "initialBackoff": "0.1s",
      "maxBackoff": "1s",
      "backoffMultiplier": 2,
      "retryableStatusCodes": ["UNAVAILABLE", "CANCELLED"]
    }
  }],
  "retryThrottling": {"maxTokens": 100, "tokenRatio": 0.1}
})";

std::shared_ptr<grpc::Channel> MakeChannel(const ClientOptions& options) {
  grpc::ChannelArguments arguments;
  arguments.SetServiceConfigJSON(kServiceConfig);
  arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 1000);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 2000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 30000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10000);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, options.own_connection ? 1 : 0);
  arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
  return grpc::CreateCustomChannel(
      options.target,
      options.credentials ? options.credentials : grpc::InsecureChannelCredentials(), arguments);
}

}  // namespace

Client::Client(ClientOptions options)
    : options_(std::move(options)), channel_(MakeChannel(options_)) {}

ClientCallStart Client::Begin(absl::string_view method, const CallOptions& options) const {
  ClientCallStart start;
  start.path = absl::StrCat("/", method);
  start.channel = channel_;
  start.context = std::make_unique<grpc::ClientContext>();
  start.session = options_.session;
  if (options.timeout != absl::InfiniteDuration()) {
    start.context->set_deadline(std::chrono::system_clock::now() +
                                absl::ToChronoMilliseconds(options.timeout));
  }
  start.context->set_wait_for_ready(options.wait_for_ready);
  if (options_.token_source) {
    auto authorization = options_.token_source();
    if (!authorization.ok()) {
      start.status = std::move(authorization).status();
      return start;
    }
    if (!authorization->empty()) start.context->AddMetadata("authorization", *authorization);
  }
  std::string token = options.consistency_token;
  if (options_.session != nullptr) {
    const std::string remembered = options_.session->Token();
    token = token.empty() ? remembered : MergeTokens(remembered, token);
  }
  if (!token.empty()) start.context->AddMetadata(kConsistencyHeader, token);
  const std::string level = FormatConsistency(options.consistency);
  if (!level.empty()) start.context->AddMetadata(kLevelHeader, level);
  if (!options.request_id.empty()) start.context->AddMetadata("x-request-id", options.request_id);
  if (!options.traceparent.empty()) start.context->AddMetadata("traceparent", options.traceparent);
  return start;
}

namespace {

// The request, with a request_id if its type has one and the caller gave none: a repeat after a
// broken connection must not do a thing twice.
grpc::ByteBuffer SerializeRepeatable(const google::protobuf::MessageLite& request) {
  const auto* message = dynamic_cast<const google::protobuf::Message*>(&request);
  if (message == nullptr) return Serialize(request);
  const auto* field = message->GetDescriptor()->FindFieldByName("request_id");
  if (field == nullptr || message->GetReflection()->HasField(*message, field)) {
    return Serialize(request);
  }
  static auto* const rng = new base::SystemRng;
  const std::unique_ptr<google::protobuf::Message> copy(message->New());
  copy->CopyFrom(*message);
  copy->GetReflection()->SetString(copy.get(), field, base::NewUuidV7(absl::Now(), *rng));
  return Serialize(*copy);
}

}  // namespace

// Owns itself from Start until its answer is taken off the queue.
struct Calls::Call {
  ClientCallStart start;
  google::protobuf::MessageLite* response;
  std::function<void(absl::Status)> done;
  std::string* token;
  absl::Duration* age;
  grpc::ByteBuffer answer;
  grpc::Status status;
  std::unique_ptr<grpc::ClientAsyncResponseReader<grpc::ByteBuffer>> reader;

  absl::Status Finish() {
    if (status.error_code() == grpc::StatusCode::CANCELLED) return errors::Draining();
    if (!status.ok()) return FromGrpc(status);
    const std::string written = TokenOf(*start.context);
    if (start.session != nullptr) start.session->Remember(written);
    if (token != nullptr) *token = written;
    if (age != nullptr) *age = AgeOf(*start.context);
    if (!Parse(answer, response)) return absl::DataLossError("the answer is no such message");
    return absl::OkStatus();
  }
};

void Calls::Start(Client& client, absl::string_view method,
                  const google::protobuf::MessageLite& request,
                  google::protobuf::MessageLite* response, const CallOptions& options,
                  std::function<void(absl::Status)> done, std::string* token) {
  auto call = std::make_unique<Call>();
  call->start = client.Begin(method, options);
  if (!call->start.status.ok()) {
    done(call->start.status);
    return;
  }
  call->response = response;
  call->done = std::move(done);
  call->token = token;
  call->age = options.age;
  call->reader.reset(grpc::internal::ClientAsyncResponseReaderHelper::Create<grpc::ByteBuffer>(
      call->start.channel.get(), &queue_,
      grpc::internal::RpcMethod(call->start.path.c_str(), grpc::internal::RpcMethod::NORMAL_RPC),
      call->start.context.get(), SerializeRepeatable(request)));
  call->reader->StartCall();
  ++under_way_;
  Call* const tag = call.release();
  tag->reader->Finish(&tag->answer, &tag->status, tag);
}

void Calls::Wait() {
  void* tag = nullptr;
  bool ok = false;
  for (; under_way_ > 0 && queue_.Next(&tag, &ok); --under_way_) {
    const std::unique_ptr<Call> call(static_cast<Call*>(tag));
    call->done(call->Finish());
  }
}

absl::Status Client::CallInto(absl::string_view method,
                              const google::protobuf::MessageLite& request,
                              google::protobuf::MessageLite* response, const CallOptions& options,
                              std::string* token) {
  absl::Status status;
  Calls calls;
  calls.Start(
      *this, method, request, response, options,
      [&status](absl::Status ended) { status = std::move(ended); }, token);
  calls.Wait();
  return status;
}

}  // namespace rapport::rpc
