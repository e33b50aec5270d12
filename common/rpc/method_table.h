// The table of a service's methods: what runs, on which lane, under which rule. A handler is an
// entry in a table; the gRPC service object is built from it at run time.
#ifndef RAPPORT_COMMON_RPC_METHOD_TABLE_H_
#define RAPPORT_COMMON_RPC_METHOD_TABLE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/rpc/call.h"
#include "common/rpc/request_validator.h"
#include "google/protobuf/descriptor.h"
#include "rapport/type/v1/annotations.pb.h"

namespace rapport::rpc {

// Where a handler runs. kLoop must never block: memory only, or handing over to the store's write
// lane. kRead may read from the store.
enum class Lane { kLoop, kRead };

struct Method {
  enum class Kind { kUnary, kServerStream, kBidiStream };
  std::string path;  // "/rapport.contact.v1.PeopleService/GetPerson"
  const google::protobuf::MethodDescriptor* descriptor = nullptr;
  rapport::type::v1::MethodRule rule;
  Kind kind = Kind::kUnary;
  Lane lane = Lane::kLoop;
  // Waits for other services: on the read lane it is nobody's neighbour (Executor::Length::kLong).
  bool asks_others = false;
  bool open = false;  // health and reflection: no identity, no tenant, no limits
  const google::protobuf::Message* request_prototype = nullptr;
  std::unique_ptr<RequestValidator> validator;
  std::size_t max_request_bytes = 1 << 20;
  absl::Duration default_deadline;
  Handler handler;      // kUnary; for kBidiStream once per message, answers kept in order
  StreamOpener opener;  // kServerStream
};

class MethodTable {
 public:
  // `name` is "rapport.contact.v1.PeopleService/GetPerson". Dies on a name that no linked
  // descriptor has: that is a bug of the binary, not of its input.
  Method& Unary(absl::string_view name, Lane lane, Handler handler);
  Method& Bidi(absl::string_view name, Lane lane, Handler handler);
  Method& ServerStream(absl::string_view name, StreamOpener opener);

  // FAILED_PRECONDITION if a service that the table touches has a method without an entry, or an
  // entry has no rule.
  absl::Status CheckComplete() const;
  const std::vector<std::unique_ptr<Method>>& methods() const { return methods_; }
  // Full names of the services, sorted.
  std::vector<std::string> services() const;

 private:
  Method& Add(absl::string_view name, Method::Kind kind, Lane lane);
  std::vector<std::unique_ptr<Method>> methods_;
};

}  // namespace rapport::rpc

#endif  // RAPPORT_COMMON_RPC_METHOD_TABLE_H_
