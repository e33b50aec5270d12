// Asks the own server, over a new connection each time, whether it still answers. A process that
// has run out of descriptors, or whose listener died, does not accept again although it lives; then
// it is better to end and be started anew.
#ifndef RAPPORT_COMMON_RPC_WATCHDOG_H_
#define RAPPORT_COMMON_RPC_WATCHDOG_H_

#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "absl/time/time.h"
#include "common/base/mutex.h"
#include "grpcpp/security/credentials.h"

namespace rapport::rpc {

struct WatchdogOptions {
  std::string address = {};  // of the own server: Server::addresses()[0]
  std::shared_ptr<grpc::ChannelCredentials> credentials = {};  // absent: plaintext
  absl::Duration period = absl::Seconds(5);
  absl::Duration timeout = absl::Seconds(2);  // of one try
  int failures = 3;                           // in a row
  // Called once, on the thread of the watchdog. Default: a line on stderr and _exit(70).
  std::function<void()> on_dead = {};
};

// Watches until it is destroyed: destroy it before the server drains.
class Watchdog {
 public:
  explicit Watchdog(WatchdogOptions options);
  ~Watchdog();

 private:
  void Run();
  bool Answers() const;

  const WatchdogOptions options_;
  base::Mutex mu_;
  base::CondVar stop_;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  std::thread thread_;
};

// For the watchdog of a server with TLS: it wants an answer, and knows whom it asks, so it checks
// no certificate.
std::shared_ptr<grpc::ChannelCredentials> UncheckedTls();

// Where a server with this listen address is reached from its own host: 127.0.0.1 for 0.0.0.0,
// [::1] for [::].
std::string SelfAddress(const std::string& address);

}  // namespace rapport::rpc

#endif  // RAPPORT_COMMON_RPC_WATCHDOG_H_
