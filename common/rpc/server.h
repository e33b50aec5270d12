// The server: a service object built at run time from a MethodTable, raw asynchronous methods on
// event loops, and one pipeline that can refuse every call (docs/adr/0003).
#ifndef RAPPORT_COMMON_RPC_SERVER_H_
#define RAPPORT_COMMON_RPC_SERVER_H_

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/rpc/admission.h"
#include "common/rpc/companion.h"
#include "common/rpc/consistency.h"
#include "common/rpc/executor.h"
#include "common/rpc/loop.h"
#include "common/rpc/method_table.h"
#include "common/rpc/observer.h"
#include "common/time/clock.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server.h"

namespace rapport::rpc {

struct ServerOptions {
  // "127.0.0.1:7101", "[::1]:0" (a free port), "unix:/run/rapport/contact.sock".
  std::vector<std::string> listen;
  std::shared_ptr<grpc::ServerCredentials> credentials;  // absent: plaintext
  int loops = 1;
  bool cork = true;  // answers of one turn of a loop to one TCP connection leave together
  // Calls and stream messages in flight on one loop; more are refused with OVERLOADED.
  int max_in_flight = 4096;
  std::size_t memory_quota_bytes = std::size_t{512} << 20;
  // Name of this process's store, for the tokens that writes answer with.
  std::string store_id;
  // What it was called before it was restored or promoted: tokens that name these are refused,
  // because what they stand for may be lost.
  std::vector<std::string> former_store_ids;
  // By how much what the answers rest on is behind, for a service that answers from copies of what
  // others have; InfiniteDuration: nobody knows. Absent: they rest on its own store.
  std::function<absl::Duration()> lag;
  absl::Duration heartbeat = absl::Seconds(5);  // of server streams
  // Called for each loop; may return null. Absent: no loop has a companion.
  std::function<std::unique_ptr<Companion>()> companion;
};

// True if `address` is loopback or a unix socket.
bool IsLocalAddress(absl::string_view address);

class Pipeline;

class Server {
 public:
  // All pointers must outlive the server; `gate` and `observer` may be null.
  static absl::StatusOr<std::unique_ptr<Server>> Start(
      ServerOptions options, const MethodTable& table, Admission* admission, Executor* executor,
      ConsistencyGate* gate, CallObserver* observer, const time::Clock& clock);
  ~Server();

  // The addresses with the ports that were bound, in the order of the options.
  const std::vector<std::string>& addresses() const { return addresses_; }
  // Refuses new calls (DRAINING), ends streams, waits up to `grace` for calls in flight, then
  // cancels them. A connection without calls is closed soon, whether its client notices or not.
  void Drain(absl::Duration grace);
  int in_flight() const;

 private:
  Server() = default;
  // False if calls are in flight at `deadline`.
  bool WaitForCalls(absl::Time deadline);

  std::unique_ptr<Pipeline> pipeline_;
  std::vector<std::unique_ptr<Loop>> loops_;
  std::unique_ptr<grpc::Server> server_;
  std::vector<std::string> addresses_;
  bool drained_ = false;
};

}  // namespace rapport::rpc

#endif  // RAPPORT_COMMON_RPC_SERVER_H_
