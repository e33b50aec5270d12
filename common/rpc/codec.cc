#include "common/rpc/codec.h"

#include "google/protobuf/io/coded_stream.h"
#include "grpcpp/support/proto_buffer_reader.h"

namespace rapport::rpc {

bool Parse(const grpc::ByteBuffer& bytes, google::protobuf::MessageLite* message) {
  grpc::ByteBuffer copy(bytes);  // a reference count; the reader wants a mutable buffer
  grpc::ProtoBufferReader reader(&copy);
  if (!reader.status().ok()) return bytes.Length() == 0;
  google::protobuf::io::CodedInputStream input(&reader);
  input.SetRecursionLimit(32);
  return message->ParseFromCodedStream(&input) && input.ConsumedEntireMessage();
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
