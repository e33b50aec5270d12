#include "common/rpc/codec.h"

#include "google/protobuf/io/coded_stream.h"
#include "grpcpp/support/proto_buffer_reader.h"

namespace rapport::rpc {

namespace {

bool ParseAll(google::protobuf::io::CodedInputStream& input,
              google::protobuf::MessageLite* message) {
  input.SetRecursionLimit(32);
  return message->ParseFromCodedStream(&input) && input.ConsumedEntireMessage();
}

}  // namespace

bool Parse(const grpc::ByteBuffer& bytes, google::protobuf::MessageLite* message) {
  grpc::Slice slice;
  if (bytes.TrySingleSlice(&slice).ok()) {  // most requests
    google::protobuf::io::CodedInputStream input(slice.begin(), static_cast<int>(slice.size()));
    return ParseAll(input, message);
  }
  grpc::ByteBuffer copy(bytes);  // a reference count; the reader wants a mutable buffer
  grpc::ProtoBufferReader reader(&copy);
  if (!reader.status().ok()) return bytes.Length() == 0;
  google::protobuf::io::CodedInputStream input(&reader);
  return ParseAll(input, message);
}

grpc::ByteBuffer Serialize(const google::protobuf::MessageLite& message) {
  const std::size_t size = message.ByteSizeLong();
  grpc::Slice slice(size);
  message.SerializeWithCachedSizesToArray(const_cast<std::uint8_t*>(slice.begin()));
  return grpc::ByteBuffer(&slice, 1);
}

grpc::ByteBuffer Wrap(const std::string& serialized) {
  grpc::Slice slice(serialized);
  return grpc::ByteBuffer(&slice, 1);
}

}  // namespace rapport::rpc
