// Unary calls on raw bytes, many in flight, on the calling thread alone: the leanest client that
// gRPC has, so that the server is measured and not the client.
#ifndef RAPPORT_BENCHMARKS_LOADGEN_CALLER_H_
#define RAPPORT_BENCHMARKS_LOADGEN_CALLER_H_

#include <grpc/grpc.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace rapport::benchmarks {

// Not thread-safe.
class Caller {
 public:
  // `target` as gRPC writes it ("unix:/path"), `method` as "package.Service/Method".
  // `authorization` is the value of that header, or empty.
  Caller(const std::string& target, const std::string& method, const std::string& authorization);
  ~Caller();  // waits for what is in flight
  Caller(const Caller&) = delete;
  Caller& operator=(const Caller&) = delete;

  // Begins a call. `request` must stay until the call has ended. `since_ns` comes back with it.
  void Start(absl::string_view request, std::int64_t since_ns);
  int in_flight() const { return in_flight_; }

  struct Ended {
    std::int64_t since_ns = 0;
    grpc_status_code code = GRPC_STATUS_UNKNOWN;
    std::string message;  // of an error
    std::size_t response_bytes = 0;
  };
  enum class Wait { kNotAtAll, kForOne };
  // The next call that has ended, if there is one. kForOne: blocks while any is in flight.
  bool Next(Wait wait, Ended* ended);

 private:
  struct Call;

  grpc_completion_queue* queue_;
  grpc_channel* channel_;
  void* method_;
  std::string authorization_;
  grpc_metadata header_{};
  std::vector<std::unique_ptr<Call>> free_;
  int in_flight_ = 0;
};

}  // namespace rapport::benchmarks

#endif  // RAPPORT_BENCHMARKS_LOADGEN_CALLER_H_
