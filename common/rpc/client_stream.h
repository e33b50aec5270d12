// The client's end of streams. Made by Client.
#ifndef RAPPORT_COMMON_RPC_CLIENT_STREAM_H_
#define RAPPORT_COMMON_RPC_CLIENT_STREAM_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "google/protobuf/message_lite.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/sync_stream.h"

namespace rapport::rpc {

class Session;

// What a call needs to begin. Internal to common/rpc.
struct ClientCallStart {
  std::string path;
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<grpc::ClientContext> context;
  std::shared_ptr<Session> session;
  absl::Status status;  // not OK: the call does not begin
};

// The status of a finished call, with the details that the server sent.
absl::Status FromGrpc(const grpc::Status& status);
// The consistency token in the trailing metadata of a finished call, or "".
std::string TokenOf(const grpc::ClientContext& context);
// The age of the answer there; InfiniteDuration if nothing is said of it.
absl::Duration AgeOf(const grpc::ClientContext& context);

// Reading and writing do not know the types of the messages. Internal to common/rpc.
class ClientStream {
 public:
  ~ClientStream();
  ClientStream(const ClientStream&) = delete;
  ClientStream& operator=(const ClientStream&) = delete;

  // Ends the stream at both ends; a blocked Read or Write returns false. From any thread, at any
  // time before the destructor.
  void Cancel();
  // The final status; blocks until the server has ended the stream, so read to the end or cancel
  // first. Repeats give the same answer.
  absl::Status Finish();

 protected:
  ClientStream(ClientCallStart start, const google::protobuf::MessageLite* request);
  bool ReadMessage(google::protobuf::MessageLite* message);
  bool WriteMessage(const google::protobuf::MessageLite& message);
  bool EndWriting();

 private:
  ClientCallStart start_;
  std::unique_ptr<grpc::ClientReader<grpc::ByteBuffer>> reader_;  // server stream
  std::unique_ptr<grpc::ClientReaderWriter<grpc::ByteBuffer, grpc::ByteBuffer>> both_;
  bool malformed_ = false;
  bool finished_ = false;
  absl::Status status_;
};

// One thread reads.
template <class Response>
class ServerStreamReader final : public ClientStream {
 public:
  ServerStreamReader(ClientCallStart start, const google::protobuf::MessageLite& request)
      : ClientStream(std::move(start), &request) {}
  // Blocks for the next message; false at the end, then see Finish.
  bool Read(Response* message) { return ReadMessage(message); }
};

// One thread reads, one (possibly another) writes; Finish is called when both are done.
template <class Request, class Response>
class BidiStream final : public ClientStream {
 public:
  explicit BidiStream(ClientCallStart start) : ClientStream(std::move(start), nullptr) {}
  bool Read(Response* message) { return ReadMessage(message); }
  // Blocks while the server's window is full; false if the stream is over.
  bool Write(const Request& message) { return WriteMessage(message); }
  bool WritesDone() { return EndWriting(); }
};

}  // namespace rapport::rpc

#endif  // RAPPORT_COMMON_RPC_CLIENT_STREAM_H_
