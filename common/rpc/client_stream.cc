#include "common/rpc/client_stream.h"

#include <cstdint>
#include <utility>

#include "absl/strings/numbers.h"
#include "common/base/errors.h"
#include "common/rpc/codec.h"
#include "common/rpc/session.h"
#include "google/rpc/status.pb.h"
#include "grpcpp/impl/rpc_method.h"

namespace rapport::rpc {

using grpc::ByteBuffer;

absl::Status FromGrpc(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  google::rpc::Status details;
  if (!status.error_details().empty() && details.ParseFromString(status.error_details()) &&
      details.code() == static_cast<int>(status.error_code())) {
    return errors::FromProto(details);
  }
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
}

namespace {

std::string Trailer(const grpc::ClientContext& context, const char* name) {
  const auto& metadata = context.GetServerTrailingMetadata();
  const auto it = metadata.find(name);
  return it == metadata.end() ? "" : std::string(it->second.data(), it->second.size());
}

}  // namespace

std::string TokenOf(const grpc::ClientContext& context) {
  return Trailer(context, kConsistencyHeader);
}

absl::Duration AgeOf(const grpc::ClientContext& context) {
  std::int64_t age_ms = 0;
  return absl::SimpleAtoi(Trailer(context, kAgeTrailer), &age_ms) ? absl::Milliseconds(age_ms)
                                                                  : absl::InfiniteDuration();
}

ClientStream::ClientStream(ClientCallStart start, const google::protobuf::MessageLite* request)
    : start_(std::move(start)), status_(start_.status) {
  if (!status_.ok()) {
    finished_ = true;
    return;
  }
  using grpc::internal::RpcMethod;
  if (request != nullptr) {
    reader_.reset(grpc::internal::ClientReaderFactory<ByteBuffer>::Create(
        start_.channel.get(), RpcMethod(start_.path.c_str(), RpcMethod::SERVER_STREAMING),
        start_.context.get(), Serialize(*request)));
  } else {
    both_.reset(grpc::internal::ClientReaderWriterFactory<ByteBuffer, ByteBuffer>::Create(
        start_.channel.get(), RpcMethod(start_.path.c_str(), RpcMethod::BIDI_STREAMING),
        start_.context.get()));
  }
}

ClientStream::~ClientStream() {
  if (finished_) return;
  Cancel();
  Finish().IgnoreError();
}

void ClientStream::Cancel() { start_.context->TryCancel(); }

bool ClientStream::ReadMessage(google::protobuf::MessageLite* message) {
  if (reader_ == nullptr && both_ == nullptr) return false;
  ByteBuffer bytes;
  if (reader_ ? !reader_->Read(&bytes) : !both_->Read(&bytes)) return false;
  if (Parse(bytes, message)) return true;
  malformed_ = true;
  Cancel();
  return false;
}

bool ClientStream::WriteMessage(const google::protobuf::MessageLite& message) {
  return both_ != nullptr && both_->Write(Serialize(message));
}

bool ClientStream::EndWriting() { return both_ != nullptr && both_->WritesDone(); }

absl::Status ClientStream::Finish() {
  if (finished_) return status_;
  finished_ = true;
  // gRPC wants every message read before the end.
  ByteBuffer left;
  while (reader_ ? reader_->Read(&left) : both_->Read(&left)) {
  }
  status_ = FromGrpc(reader_ ? reader_->Finish() : both_->Finish());
  if (malformed_) status_ = absl::DataLossError("an answer is no such message");
  if (start_.session != nullptr) start_.session->Remember(TokenOf(*start_.context));
  return status_;
}

}  // namespace rapport::rpc
