// What the processes of Rapport have in common, so that a main.cc only builds its own objects:
//
//   int main(int argc, char** argv) {
//     const auto options = host::ParseOptionsOrExit(argc, argv, {"contact", "Keeps people.", …});
//     const auto host = host::Host::CreateOrExit(options);
//     const auto store = host->OpenStoreOrExit(contact::Tables());
//     …
//     rpc::MethodTable table;
//     people.AddTo(&table);
//     return host->Run(&table, {.gate = &gate});
//   }
#ifndef RAPPORT_COMMON_HOST_HOST_H_
#define RAPPORT_COMMON_HOST_HOST_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/auth/token_signer.h"
#include "common/auth/token_verifier.h"
#include "common/base/uuid.h"
#include "common/host/options.h"
#include "common/host/storage.h"
#include "common/resource/schema.h"
#include "common/rpc/admission.h"
#include "common/rpc/client.h"
#include "common/rpc/consistency.h"
#include "common/rpc/executor.h"
#include "common/rpc/health.h"
#include "common/rpc/method_table.h"
#include "common/store/open_store.h"
#include "common/telemetry/log.h"
#include "common/telemetry/metrics.h"
#include "common/telemetry/metrics_server.h"
#include "common/time/clock.h"
#include "grpcpp/security/credentials.h"

namespace rapport::host {

struct RunOptions {
  rpc::ConsistencyGate* gate = nullptr;      // may be null
  std::function<absl::Duration()> lag = {};  // see rpc::ServerOptions
  // Runs on the main thread once the server listens, before it says that it is ready: to start
  // followers and timers. An error ends the process with 1.
  std::function<absl::Status()> on_started = {};
  // Runs on the main thread after the last call ended: to stop what on_started began.
  std::function<void()> on_drained = {};
};

class Host {
 public:
  // Make it before any thread: it sets up signals. FAILED_PRECONDITION or UNAVAILABLE with one
  // line for the operator. The objects behind the accessors live as long as the host.
  static absl::StatusOr<std::unique_ptr<Host>> Create(const Options& options);
  // Prints the line and exits with 1.
  static std::unique_ptr<Host> CreateOrExit(const Options& options);
  ~Host();

  // Opens the store that --store names. Its id is the one in the consistency tokens of this
  // process. A file is brought up to date, its rows too. The storage must be gone before the host,
  // but not while it runs.
  absl::StatusOr<std::unique_ptr<Storage>> OpenStorage(const resource::Schema& schema);
  std::unique_ptr<Storage> OpenStorageOrExit(const resource::Schema& schema);

  // No other process writes to the store, so that memory can hold what was read from it.
  bool sole_owner() const { return store::IsEmbedded(options_.store); }

  // Options of a client for another service: target, identity and transport. Add a session if the
  // calls belong together.
  rpc::ClientOptions ClientFor(const std::string& target) const;

  // Serves until SIGTERM or SIGINT, then: readiness is NOT_SERVING for drain_delay, then calls in
  // flight get drain_grace. Returns the exit code: 0, or 1 (with a line on stderr) if it could not
  // start. Adds health and, if asked for, reflection to the table. Once only.
  int Run(rpc::MethodTable* table, const RunOptions& run = {});
  // As SIGTERM; from any thread.
  void Stop();

  const Options& options() const { return options_; }
  // The time of the domain: --test_now_file, or the system's.
  const time::Clock& clock() const { return *clock_; }
  // For deadlines, tokens, limits and logs.
  const time::Clock& wall_clock() const { return wall_clock_; }
  base::Rng& rng() { return rng_; }
  telemetry::Logger& log() { return *log_; }
  telemetry::Registry& metrics() { return *metrics_; }
  rpc::Executor& read_lane() { return *executor_; }
  rpc::Health& health() { return health_; }

 private:
  explicit Host(Options options);
  absl::Status Init();
  absl::StatusOr<std::unique_ptr<store::Store>> OpenStore(std::vector<const store::Table*> tables,
                                                          int schema_version);
  absl::Status Fill(store::Store& store, absl::Span<const store::Fill> fills) const;
  absl::Status RunUntilStopped(rpc::MethodTable* table, const RunOptions& run);
  absl::Status WritePortFile(const std::vector<std::string>& addresses) const;
  void WaitForStop();

  const Options options_;
  int stop_fd_ = -1;    // eventfd of Stop
  int signal_fd_ = -1;  // SIGTERM, SIGINT
  const time::SystemClock wall_clock_;
  base::SystemRng rng_;
  std::unique_ptr<const time::Clock> clock_;
  std::unique_ptr<telemetry::Logger> log_;
  std::shared_ptr<telemetry::Registry> metrics_;
  std::unique_ptr<auth::TokenVerifier> verifier_;
  std::shared_ptr<auth::TokenSigner> signer_;
  std::shared_ptr<grpc::ChannelCredentials> call_credentials_;  // null: plaintext
  std::unique_ptr<rpc::Admission> admission_;
  std::unique_ptr<rpc::Executor> executor_;
  rpc::Health health_;
  std::string store_id_;
  std::vector<std::string> former_store_ids_;
  cache::SharedCache* cache_ = nullptr;  // the storage's; null if it has none
};

}  // namespace rapport::host

#endif  // RAPPORT_COMMON_HOST_HOST_H_
