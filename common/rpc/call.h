// One request on its way through the pipeline: a unary call, or one message of a stream.
#ifndef RAPPORT_COMMON_RPC_CALL_H_
#define RAPPORT_COMMON_RPC_CALL_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/call_context.h"
#include "google/protobuf/message.h"
#include "grpcpp/support/byte_buffer.h"

namespace rapport::rpc {

struct Answer {
  grpc::ByteBuffer bytes;  // none: the message without any field set
  // Sequence of the store that the answer made (0: none); becomes the consistency token.
  std::int64_t sequence = 0;
  // The answer is no older than this; 0: it is coherent. Told to callers that accept old answers.
  absl::Duration age = absl::ZeroDuration();
};

// Valid until Finish is called.
class Call {
 public:
  virtual ~Call() = default;
  const base::CallContext& context() const { return context_; }
  const google::protobuf::Message& request() const { return *request_; }
  // The sender's bytes, for what must be compared or kept as they came.
  const grpc::ByteBuffer& request_bytes() const { return request_bytes_; }
  // Ends the call; exactly once, from any thread. The call must not be used afterwards.
  virtual void Finish(absl::StatusOr<Answer> answer) = 0;

 protected:
  base::CallContext context_;
  std::unique_ptr<google::protobuf::Message> request_;
  grpc::ByteBuffer request_bytes_;
};

using Handler = std::function<void(Call&)>;

// The sending side of one open server stream.
class StreamSource {
 public:
  virtual ~StreamSource() = default;
  // The next messages, or none if there is nothing now. May block: it runs on the read lane. With
  // `heartbeat` at least one message is returned.
  virtual absl::StatusOr<std::vector<grpc::ByteBuffer>> Next(bool heartbeat) = 0;
};
// Makes the source of a stream. `wake` may be called from any thread, as long as the source lives,
// to say that there is more.
using StreamOpener = std::function<absl::StatusOr<std::unique_ptr<StreamSource>>(
    const base::CallContext& context, const google::protobuf::Message& request,
    std::function<void()> wake)>;

}  // namespace rapport::rpc

#endif  // RAPPORT_COMMON_RPC_CALL_H_
