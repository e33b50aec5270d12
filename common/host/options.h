// The flags that all Rapport services share, as one validated struct. Flag > environment variable
// RAPPORT_<NAME> > default; docs/reference/flags.md lists them.
#ifndef RAPPORT_COMMON_HOST_OPTIONS_H_
#define RAPPORT_COMMON_HOST_OPTIONS_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/id.h"
#include "common/cache/redis_dial.h"
#include "common/telemetry/log.h"

namespace rapport::host {

// What a service says about itself.
struct Program {
  std::string name = {};     // "contact"
  std::string summary = {};  // one sentence, for --help
  std::string listen = {};   // default of --listen, e.g. "127.0.0.1:7101"
  // Scopes that the tokens for its own calls to other services hold, e.g. {"feed.read"}.
  std::vector<std::string> call_scopes = {};
  std::vector<std::string> secret_flags = {};  // never printed
};

struct Options {
  Program program;
  std::vector<std::string> listen;
  std::string store;          // see common/store/open_store.h
  cache::RedisOptions redis;  // without an address: none
  unsigned cache_scopes = 1;  // see SharedCache::Options
  std::size_t near_cache_bytes = 0;
  std::string jwks_file;
  std::vector<std::string> issuers;
  std::string audience;
  std::optional<base::TenantId> fixed_tenant;
  double tenant_rate = 0;        // calls a second; 0: no limit
  std::string signing_key_file;  // empty: calls to other services carry no token
  std::string tls_cert_file;     // both or none
  std::string tls_key_file;
  std::string tls_ca_file;     // empty: calls to other services are in plaintext
  std::string metrics_listen;  // empty: none
  telemetry::LogLevel log_level = telemetry::LogLevel::kInfo;
  std::string test_now_file;  // empty: the system's clock
  bool reflection = false;
  bool print_metrics = false;  // Run prints the table of metrics and returns
  absl::Duration drain_delay;
  absl::Duration drain_grace;
  int loops = 1;
  bool cork = true;
  int read_threads = 4;
  std::string port_file;  // gets the bound addresses, one a line, once the service is ready
};

// The shared flags, and all other flags linked into the program, from the command line and the
// environment. Prints one line to stderr and exits with 2 for an unknown flag, an unknown RAPPORT_
// variable or a bad value; answers --help, --version, --print_config and --print_flags and exits
// with 0. Call it first in main.
Options ParseOptionsOrExit(int argc, const char* const* argv, const Program& program);

// What the flags say now. INVALID_ARGUMENT with one line for values that do not go together.
absl::StatusOr<Options> OptionsFromFlags(const Program& program);

}  // namespace rapport::host

#endif  // RAPPORT_COMMON_HOST_OPTIONS_H_
