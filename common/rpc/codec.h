// Protobuf messages against gRPC's byte buffers.
#ifndef RAPPORT_COMMON_RPC_CODEC_H_
#define RAPPORT_COMMON_RPC_CODEC_H_

#include <string>

#include "google/protobuf/message_lite.h"
#include "grpcpp/support/byte_buffer.h"

namespace rapport::rpc {

// False if the bytes are not such a message (also: text that is not UTF-8). Nesting is limited to
// 32 levels.
bool Parse(const grpc::ByteBuffer& bytes, google::protobuf::MessageLite* message);
grpc::ByteBuffer Serialize(const google::protobuf::MessageLite& message);
// Bytes that are a serialized message already.
grpc::ByteBuffer Wrap(const std::string& serialized);

}  // namespace rapport::rpc

#endif  // RAPPORT_COMMON_RPC_CODEC_H_
