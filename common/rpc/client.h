// Calls another process. Methods are named as in the method table; no generated stubs.
//
//   auto person = client.Call<Person>("rapport.contact.v1.PeopleService/GetPerson", request);
#ifndef RAPPORT_COMMON_RPC_CLIENT_H_
#define RAPPORT_COMMON_RPC_CLIENT_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/rpc/client_stream.h"
#include "common/rpc/session.h"
#include "google/protobuf/message_lite.h"
#include "grpcpp/channel.h"
#include "grpcpp/completion_queue.h"
#include "grpcpp/security/credentials.h"

namespace rapport::rpc {

// Gives the value of the authorization header, "Bearer <token>". Thread-safe, does not block.
using TokenSource = std::function<absl::StatusOr<std::string>()>;

struct ClientOptions {
  std::string target = {};        // "contact:7101", "127.0.0.1:7101", "unix:/run/contact.sock"
  TokenSource token_source = {};  // may be empty: calls carry no identity
  // May be null: then nothing is remembered from call to call. May be shared between clients.
  std::shared_ptr<Session> session = {};
  std::shared_ptr<grpc::ChannelCredentials> credentials = {};  // absent: plaintext
  // A connection of its own, not shared with other clients of this process for the same target.
  bool own_connection = false;
};

struct CallOptions {
  // How long to wait in all, repeats included; streams: how long the stream may live.
  absl::Duration timeout = absl::Seconds(10);
  // Waits for a connection instead of failing at once with UNAVAILABLE.
  bool wait_for_ready = false;
  // Sent together with what the session remembers.
  std::string consistency_token = {};
  base::Consistency consistency = {};  // of reads
  // If given: gets the age of an answer that may be old; InfiniteDuration if nothing is said of it.
  absl::Duration* age = nullptr;
  std::string request_id = {};   // a UUID for logs; empty: the server makes one
  std::string traceparent = {};  // W3C trace context; may be empty
};

// Connects when it is first used. A call that fails with UNAVAILABLE, or that
// the end of the server cuts off before it answers, is repeated, up to four
// times in all, with growing pauses or after the pause that the server asks for.
// A mutation gets a request_id if it has none, so that a repeat does nothing twice. Errors are
// those of common/base/errors.h with their details. Thread-safe.
class Client {
 public:
  explicit Client(ClientOptions options);

  // Blocks until the answer is there: never on a loop.
  template <class Response>
  absl::StatusOr<Response> Call(absl::string_view method,
                                const google::protobuf::MessageLite& request,
                                const CallOptions& options = {}) {
    Response response;
    absl::Status status = CallInto(method, request, &response, options);
    if (!status.ok()) return status;
    return response;
  }
  // For message types that are known at run time only. `token`, if given, gets the consistency
  // token of the answer.
  absl::Status CallInto(absl::string_view method, const google::protobuf::MessageLite& request,
                        google::protobuf::MessageLite* response, const CallOptions& options = {},
                        std::string* token = nullptr);

  // Streams live until they are finished, cancelled or destroyed; they may outlive the client.
  template <class Response>
  std::unique_ptr<ServerStreamReader<Response>> ReadStream(
      absl::string_view method, const google::protobuf::MessageLite& request,
      const CallOptions& options = {.timeout = absl::InfiniteDuration()}) {
    return std::make_unique<ServerStreamReader<Response>>(Begin(method, options), request);
  }
  template <class Request, class Response>
  std::unique_ptr<BidiStream<Request, Response>> OpenStream(
      absl::string_view method,
      const CallOptions& options = {.timeout = absl::InfiniteDuration()}) {
    return std::make_unique<BidiStream<Request, Response>>(Begin(method, options));
  }

  const std::string& target() const { return options_.target; }

 private:
  friend class Calls;

  ClientCallStart Begin(absl::string_view method, const CallOptions& options) const;

  const ClientOptions options_;
  std::shared_ptr<grpc::Channel> channel_;
};

// Calls that are under way at once, of any clients, awaited on one thread.
//
//   Calls calls;
//   calls.Start(contact, "…/GetPerson", request, &person);
//   calls.Start(engagement, "…/GetRapport", another, &rapport);
//   calls.Wait();
class Calls {
 public:
  Calls() = default;
  ~Calls() { Wait(); }
  Calls(const Calls&) = delete;
  Calls& operator=(const Calls&) = delete;

  // `answer` is set when Wait returns, and must live until then.
  template <class Response>
  void Start(Client& client, absl::string_view method, const google::protobuf::MessageLite& request,
             absl::StatusOr<Response>* answer, const CallOptions& options = {}) {
    answer->emplace();
    Start(client, method, request, &**answer, options, [answer](const absl::Status& status) {
      if (!status.ok()) *answer = status;
    });
  }
  // For message types that are known at run time only. `done` gets the status; `token`, if given,
  // the consistency token of the answer.
  void Start(Client& client, absl::string_view method, const google::protobuf::MessageLite& request,
             google::protobuf::MessageLite* response, const CallOptions& options,
             std::function<void(absl::Status)> done, std::string* token = nullptr);
  // Blocks until all have ended: never on a loop.
  void Wait();

 private:
  struct Call;

  grpc::CompletionQueue queue_;
  int under_way_ = 0;
};

}  // namespace rapport::rpc

#endif  // RAPPORT_COMMON_RPC_CLIENT_H_
