#include "common/host/host.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/status_macros.h"
#include "common/cache/mode_table.h"
#include "common/host/process.h"
#include "common/rpc/call_metrics.h"
#include "common/rpc/reflection.h"
#include "common/rpc/server.h"
#include "common/rpc/watchdog.h"
#include "common/store/migration.h"

namespace rapport::host {
namespace {

[[noreturn]] void Exit(const Options& options, const absl::Status& status) {
  std::fprintf(stderr, "%s: %s\n", options.program.name.c_str(),
               std::string(status.message()).c_str());
  std::exit(1);
}

// The same error, with the flag and the file that it is about.
absl::Status Naming(absl::string_view flag, absl::string_view file, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat("--", flag, " ", file, ": ", status.message()));
}

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream content;
  if (!in || !(content << in.rdbuf())) {
    return absl::FailedPreconditionError(absl::StrCat("cannot read ", path));
  }
  return content.str();
}

// Lets the thread of a loop read what it serves.
class ReadsOfLoop final : public rpc::Companion {
 public:
  explicit ReadsOfLoop(cache::ReadLane* lane) : lane_(*lane) {}
  void OnBegin(std::function<void()> wake) override { lane_.Begin(std::move(wake)); }
  absl::Duration OnTurn() override { return lane_.Turn(); }
  void OnEnd() override { lane_.End(); }

 private:
  cache::ReadLane& lane_;
};

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> ServerCredentials(const Options& options) {
  if (options.tls_cert_file.empty()) return std::shared_ptr<grpc::ServerCredentials>();
  grpc::SslServerCredentialsOptions ssl;
  ASSIGN_OR_RETURN(std::string key, ReadFile(options.tls_key_file));
  ASSIGN_OR_RETURN(std::string certificate, ReadFile(options.tls_cert_file));
  ssl.pem_key_cert_pairs.push_back({std::move(key), std::move(certificate)});
  return grpc::SslServerCredentials(ssl);
}

}  // namespace

Host::Host(Options options) : options_(std::move(options)) {}

Host::~Host() {
  for (const int fd : {stop_fd_, signal_fd_}) {
    if (fd >= 0) close(fd);
  }
}

absl::StatusOr<std::unique_ptr<Host>> Host::Create(const Options& options) {
  auto host = std::unique_ptr<Host>(new Host(options));
  RETURN_IF_ERROR(host->Init());
  return host;
}

std::unique_ptr<Host> Host::CreateOrExit(const Options& options) {
  auto host = Create(options);
  if (!host.ok()) Exit(options, host.status());
  return *std::move(host);
}

absl::Status Host::Init() {
  HardenProcess();
  QuietLibraries();
  if (!options_.port_file.empty()) std::remove(options_.port_file.c_str());
  signal_fd_ = CatchStopSignals();
  stop_fd_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (signal_fd_ < 0 || stop_fd_ < 0) return absl::UnavailableError("cannot wait for signals");
  if (options_.test_now_file.empty()) {
    clock_ = std::make_unique<time::SystemClock>();
  } else {
    ASSIGN_OR_RETURN(clock_, time::FileClock::Open(options_.test_now_file));
  }
  log_ = std::make_unique<telemetry::Logger>(wall_clock_, options_.program.name,
                                             std::make_unique<telemetry::DescriptorSink>(2),
                                             options_.log_level);
  metrics_ = std::make_shared<telemetry::Registry>();
  if (!options_.fixed_tenant.has_value()) {
    auth::VerifierOptions verifier;
    verifier.jwks_file = options_.jwks_file;
    verifier.issuers = options_.issuers;
    verifier.audience = options_.audience;
    auto created = auth::TokenVerifier::Create(std::move(verifier), wall_clock_);
    if (!created.ok()) return Naming("jwks_file", options_.jwks_file, created.status());
    verifier_ = *std::move(created);
  }
  if (!options_.signing_key_file.empty()) {
    auth::SignerOptions signer;
    signer.key_file = options_.signing_key_file;
    signer.issuer = options_.issuers.front();
    signer.subject = options_.program.name;
    signer.audiences = {options_.audience};
    signer.scopes = options_.program.call_scopes;
    ASSIGN_OR_RETURN(signer_, auth::TokenSigner::Load(std::move(signer)));
    RETURN_IF_ERROR(signer_->Token(wall_clock_.Now()).status());
  }
  if (!options_.tls_ca_file.empty()) {
    grpc::SslCredentialsOptions ssl;
    ASSIGN_OR_RETURN(ssl.pem_root_certs, ReadFile(options_.tls_ca_file));
    call_credentials_ = grpc::SslCredentials(ssl);
  }
  rpc::AdmissionOptions admission;
  admission.tenant_rate = options_.tenant_rate;
  if (options_.fixed_tenant.has_value()) admission.fixed_tenant = options_.fixed_tenant->value();
  admission_ = std::make_unique<rpc::Admission>(std::move(admission), verifier_.get(), wall_clock_);
  executor_ =
      std::make_unique<rpc::Executor>(rpc::Executor::Options{.threads = options_.read_threads});
  metrics_->AddGauge("rapport_read_lane_queued", "Work that waits for a thread that reads")
      .With()
      .ReadFrom([this] { return static_cast<double>(executor_->queued()); });
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<store::Store>> Host::OpenStore(
    std::vector<const store::Table*> tables, int schema_version) {
  store::OpenOptions options;
  options.address = options_.store;
  options.schema = options_.program.name;
  options.tables = std::move(tables);
  options.clock = &wall_clock_;
  options.rng = &rng_;
  options.schema_version = schema_version;
  options.readers = static_cast<std::size_t>(options_.read_threads) + 2;
  // What goes wrong while it opens stands in the status, which becomes the one line of the start.
  auto in_use = std::make_shared<std::atomic<bool>>(false);
  options.on_error = [in_use](absl::string_view what) {
    if (!*in_use) return;
    std::fprintf(stderr, "store: %.*s\n", static_cast<int>(what.size()), what.data());
  };
  ASSIGN_OR_RETURN(auto opened, store::OpenStore(std::move(options)));
  *in_use = true;
  store_id_ = opened->id();
  former_store_ids_ = opened->former_ids();
  metrics_->AddGauge("rapport_write_lane_queued", "Transactions that wait for the write lane")
      .With()
      .ReadFrom([store = opened.get()] { return static_cast<double>(store->queued()); });
  metrics_->AddGauge("rapport_store_sequence", "Highest sequence on disk")
      .With()
      .ReadFrom(
          [store = opened.get()] { return static_cast<double>(store->committed_sequence()); });
  return opened;
}

absl::StatusOr<std::unique_ptr<Storage>> Host::OpenStorage(const resource::Schema& schema) {
  if (!options_.redis.address.empty() && schema.cached.empty()) {
    return absl::InvalidArgumentError("--redis: nothing of this service is cached");
  }
  std::vector<const store::Table*> tables = schema.tables;
  const bool fills = sole_owner() && !schema.fills.empty();
  if (fills) tables.push_back(&store::FillTable());
  const bool shares = !sole_owner() && !schema.cached.empty();
  if (options_.print_metrics && !shares) cache::CacheMetrics{*metrics_};
  if (shares) tables.push_back(&cache::ModeTable());
  ASSIGN_OR_RETURN(auto store, OpenStore(std::move(tables), schema.version));
  std::unique_ptr<cache::SharedCache> cache;
  if (shares) {
    cache::SharedCache::Options options;
    options.redis = options_.redis;
    options.scopes = options_.cache_scopes;
    options.tables = schema.cached;
    options.near_bytes = options_.near_cache_bytes;
    options.clock = &wall_clock_;
    options.rng = &rng_;
    options.metrics = metrics_.get();
    options.on_event = [](absl::string_view what) {
      std::fprintf(stderr, "cache: %.*s\n", static_cast<int>(what.size()), what.data());
    };
    ASSIGN_OR_RETURN(cache, cache::SharedCache::Create(*store, std::move(options)));
    cache_ = cache.get();
  }
  if (fills) RETURN_IF_ERROR(Fill(*store, schema.fills));
  return std::make_unique<Storage>(std::move(cache), std::move(store), executor_.get());
}

absl::Status Host::Fill(store::Store& store, absl::Span<const store::Fill> fills) const {
  store::OpenOptions where;
  where.address = options_.store;
  for (const store::Fill& fill : fills) {
    const auto tenants = store::TenantsOf(where, *fill.table);
    if (absl::IsInvalidArgument(tenants.status())) return absl::OkStatus();  // in memory: new
    RETURN_IF_ERROR(tenants.status());
    RETURN_IF_ERROR(store::RunFill(store, fill, *tenants, 1, [](absl::string_view) {}));
  }
  return absl::OkStatus();
}

std::unique_ptr<Storage> Host::OpenStorageOrExit(const resource::Schema& schema) {
  auto opened = OpenStorage(schema);
  if (!opened.ok()) Exit(options_, opened.status());
  return *std::move(opened);
}

rpc::ClientOptions Host::ClientFor(const std::string& target) const {
  rpc::ClientOptions client;
  client.target = target;
  client.credentials = call_credentials_;
  if (signer_ != nullptr) {
    client.token_source = [signer = signer_]() -> absl::StatusOr<std::string> {
      ASSIGN_OR_RETURN(const std::string token, signer->Token(absl::Now()));
      return absl::StrCat("Bearer ", token);
    };
  }
  return client;
}

int Host::Run(rpc::MethodTable* table, const RunOptions& run) {
  const absl::Status status = RunUntilStopped(table, run);
  if (status.ok()) return 0;
  std::fprintf(stderr, "%s: %s\n", options_.program.name.c_str(),
               std::string(status.message()).c_str());
  return 1;
}

absl::Status Host::RunUntilStopped(rpc::MethodTable* table, const RunOptions& run) {
  health_.AddTo(table);
  if (options_.reflection) rpc::AddReflection(table);
  RETURN_IF_ERROR(table->CheckComplete());
  rpc::CallMetrics observer(*table, metrics_.get(), log_.get());
  if (options_.print_metrics) {
    metrics_->DescribeMetrics(std::cout);
    return absl::OkStatus();
  }

  rpc::ServerOptions serving;
  serving.listen = options_.listen;
  ASSIGN_OR_RETURN(serving.credentials, ServerCredentials(options_));
  serving.loops = options_.loops;
  serving.cork = options_.cork;
  serving.store_id = store_id_;
  serving.former_store_ids = former_store_ids_;
  serving.lag = run.lag;
  if (cache_ != nullptr && !options_.redis.address.empty()) {
    serving.companion = [this] { return std::make_unique<ReadsOfLoop>(cache_->AddLane()); };
  }
  auto started = rpc::Server::Start(std::move(serving), *table, admission_.get(), executor_.get(),
                                    run.gate, &observer, *clock_);
  if (!started.ok()) {
    return absl::UnavailableError(
        absl::StrCat(absl::StrJoin(options_.listen, ","), ": ", started.status().message()));
  }
  rpc::Server& server = **started;
  observer.ReadInFlightFrom([&server] { return server.in_flight(); });
  std::unique_ptr<telemetry::MetricsServer> exposer;
  const auto stop_looking = absl::MakeCleanup([&] {
    exposer.reset();
    observer.ReadInFlightFrom([] { return 0; });
  });
  if (!options_.metrics_listen.empty()) {
    ASSIGN_OR_RETURN(exposer, telemetry::MetricsServer::Start(options_.metrics_listen, metrics_));
  }
  if (run.on_started) RETURN_IF_ERROR(run.on_started());
  health_.SetStarted();
  health_.SetReady(true);
  RETURN_IF_ERROR(WritePortFile(server.addresses()));
  log_->Info("ready", {{"version", RAPPORT_VERSION}, {"pid", getpid()}});
  {
    rpc::WatchdogOptions watched;
    watched.address = server.addresses().front();
    if (!options_.tls_cert_file.empty()) watched.credentials = rpc::UncheckedTls();
    watched.on_dead = [this] {
      log_->Error("server_does_not_answer", {{"action", "exit"}});
      _exit(70);
    };
    const rpc::Watchdog watchdog(std::move(watched));
    WaitForStop();
    health_.SetReady(false);
    log_->Info("draining", {{"in_flight", server.in_flight()}});
    absl::SleepFor(options_.drain_delay);
  }
  server.Drain(options_.drain_grace);
  if (run.on_drained) run.on_drained();
  log_->Info("stopped");
  return absl::OkStatus();
}

absl::Status Host::WritePortFile(const std::vector<std::string>& addresses) const {
  if (options_.port_file.empty()) return absl::OkStatus();
  const std::string unfinished = options_.port_file + ".new";
  std::ofstream out(unfinished);
  for (const std::string& address : addresses) out << address << "\n";
  out.close();
  if (!out || std::rename(unfinished.c_str(), options_.port_file.c_str()) != 0) {
    return absl::UnavailableError(absl::StrCat("cannot write ", options_.port_file));
  }
  return absl::OkStatus();
}

void Host::WaitForStop() {
  struct pollfd waited[] = {{signal_fd_, POLLIN, 0}, {stop_fd_, POLLIN, 0}};
  while (poll(waited, 2, -1) < 0) {  // interrupted
  }
  struct signalfd_siginfo signal = {};
  if (read(signal_fd_, &signal, sizeof signal) == sizeof signal) {
    log_->Info("stop_signal", {{"signal", signal.ssi_signo}});
  }
}

void Host::Stop() {
  const std::uint64_t one = 1;
  if (write(stop_fd_, &one, sizeof one) < 0) return;  // was told before
}

}  // namespace rapport::host
