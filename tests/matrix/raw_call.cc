#include "tests/matrix/raw_call.h"

#include <chrono>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/rpc/client_stream.h"
#include "common/rpc/codec.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/security/credentials.h"

namespace rapport::tests {
namespace {

std::string BytesOf(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string out;
  if (!buffer.Dump(&slices).ok()) return out;
  for (const auto& slice : slices) {
    out.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return out;
}

// Waits for the next event; false if the operation failed.
bool Next(grpc::CompletionQueue* queue) {
  void* tag = nullptr;
  bool ok = false;
  return queue->Next(&tag, &ok) && ok;
}

}  // namespace

RawCaller::RawCaller(const std::string& target) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(-1);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  channel_ = grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(), arguments);
}

absl::StatusOr<std::string> RawCaller::Call(absl::string_view method, const std::string& request) {
  grpc::GenericStub stub(channel_);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
  grpc::CompletionQueue queue;
  auto call = stub.PrepareCall(&context, absl::StrCat("/", method), &queue);
  call->StartCall(nullptr);
  Next(&queue);
  call->WriteLast(rpc::Wrap(request), grpc::WriteOptions(), nullptr);
  Next(&queue);
  grpc::ByteBuffer answer;
  call->Read(&answer, nullptr);
  const bool answered = Next(&queue);
  if (answered) context.TryCancel();  // more would only come on a stream
  grpc::Status status;
  call->Finish(&status, nullptr);
  Next(&queue);
  queue.Shutdown();
  while (Next(&queue)) {
  }
  if (answered) return BytesOf(answer);
  if (status.ok()) return absl::DataLossError("no answer");
  return rpc::FromGrpc(status);
}

}  // namespace rapport::tests
