#include "common/host/options.h"

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <utility>

#include "absl/flags/flag.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/status_macros.h"
#include "common/cache/entry.h"
#include "common/config/command_line.h"
#include "common/rpc/server.h"
#include "common/store/open_store.h"

ABSL_FLAG(std::vector<std::string>, listen, {},
          "addresses to serve on, e.g. 127.0.0.1:7101,unix:/run/rapport/contact.sock; port 0 takes "
          "a free one");
ABSL_FLAG(std::string, store, "",
          "where the data is: sqlite:PATH, sqlite::memory: (lost at the end), or "
          "postgres://USER@HOST/DATABASE");
ABSL_FLAG(std::string, redis, "",
          "Redis for the cache that the processes on one PostgreSQL database share: host:port, "
          "unix:PATH, sentinel://host:port,host:port/NAME or cluster://host:port,host:port; with "
          "TLS rediss://host:port, sentinels://… or clusters://…; empty for none, and then for all "
          "of them");
ABSL_FLAG(std::int32_t, cache_scopes, 1,
          "into how many parts that fail by themselves the shared cache of a new database is "
          "divided, 1 to 16; later processes take over what the first one said");
ABSL_FLAG(std::string, redis_user, "", "user of Redis's ACL; empty for the default user");
ABSL_FLAG(std::string, redis_password_file, "", "file with that user's password");
ABSL_FLAG(std::string, redis_ca_file, "",
          "PEM roots to check Redis's certificate with; empty for the system's");
ABSL_FLAG(std::string, redis_cert_file, "",
          "PEM chain of a certificate to show to Redis; needs --redis_key_file");
ABSL_FLAG(std::string, redis_key_file, "", "PEM key of --redis_cert_file");
ABSL_FLAG(bool, redis_allow_clear_network, false,
          "speak to a Redis that is neither on loopback nor on a unix socket, in plaintext");
ABSL_FLAG(std::size_t, near_cache_bytes, std::size_t{64} << 20,
          "memory for answers to reads that accept old ones, on a store that several processes "
          "share; 0 for none");
ABSL_FLAG(std::string, jwks_file, "", "JWKS file with the keys that sign the callers' tokens");
ABSL_FLAG(std::vector<std::string>, issuer, {},
          "accepted issuers of tokens; the first one also signs --signing_key_file's");
ABSL_FLAG(std::string, audience, "rapport", "audience that tokens must name");
ABSL_FLAG(std::string, fixed_tenant, "",
          "serve this one tenant to everybody, without tokens; only on local addresses");
ABSL_FLAG(double, tenant_rate, 0, "calls a second that one tenant may make; 0 for no limit");
ABSL_FLAG(std::string, signing_key_file, "",
          "private JWK of this service, for its calls to the other services");
ABSL_FLAG(std::string, tls_cert_file, "",
          "PEM chain of the server's certificate; needs "
          "--tls_key_file");
ABSL_FLAG(std::string, tls_key_file, "", "PEM key of --tls_cert_file");
ABSL_FLAG(
    std::string, tls_ca_file, "",
    "PEM roots to check the other services' certificates with; empty calls them in plaintext");
ABSL_FLAG(std::string, metrics_listen, "", "host:port for Prometheus metrics; empty for none");
ABSL_FLAG(bool, print_metrics, false, "print the table of metrics instead of serving");
ABSL_FLAG(std::string, log_level, "info", "debug, info, warning, error or off");
ABSL_FLAG(std::string, test_now_file, "",
          "for tests: a file with the RFC 3339 instant that is now; only on local addresses");
ABSL_FLAG(bool, reflection, false, "describe the API to tools such as grpcurl");
ABSL_FLAG(absl::Duration, drain_delay, absl::ZeroDuration(),
          "how long to go on serving after a stop signal, not ready, until balancers notice");
ABSL_FLAG(absl::Duration, drain_grace, absl::Seconds(10),
          "how long calls in flight may take to end after that");
ABSL_FLAG(std::int32_t, loops, 0, "event loops; 0 for one per two cores");
ABSL_FLAG(bool, cork, true, "answers of one moment to one TCP connection leave together");
ABSL_FLAG(std::int32_t, read_threads, 0, "threads that read from the store; 0 for two per core");
ABSL_FLAG(std::string, port_file, "",
          "file that gets the bound addresses, one a line, once the service is ready");

namespace rapport::host {
namespace {

int Cores() { return std::max(1, static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN))); }

absl::Status Invalid(absl::string_view flag, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("--", flag, ": ", what));
}

absl::Status CheckAddress(absl::string_view address) {
  if (absl::StartsWith(address, "unix:")) {
    return address.size() > 5 ? absl::OkStatus() : Invalid("listen", "unix: needs a path");
  }
  const std::size_t colon = address.rfind(':');
  const absl::string_view port =
      colon == absl::string_view::npos ? absl::string_view() : address.substr(colon + 1);
  int number = -1;
  if (colon == 0 || port.find_first_not_of("0123456789") != absl::string_view::npos ||
      !absl::SimpleAtoi(port, &number) || number > 65535) {
    return Invalid("listen", absl::StrCat("\"", address, "\" is no host:port and no unix:path"));
  }
  return absl::OkStatus();
}

absl::Status ReadStore(Options* options) {
  options->store = absl::GetFlag(FLAGS_store);
  const absl::Status fit = store::CheckAddress(options->store);
  return fit.ok() ? fit : Invalid("store", fit.message());
}

absl::Status ReadRedis(Options* options) {
  cache::RedisOptions& redis = options->redis;
  redis.address = absl::GetFlag(FLAGS_redis);
  const std::int32_t scopes = absl::GetFlag(FLAGS_cache_scopes);
  if (scopes < 1 || scopes > static_cast<std::int32_t>(cache::kMaxScopes)) {
    return Invalid("cache_scopes", "must be 1 to 16");
  }
  options->cache_scopes = static_cast<unsigned>(scopes);
  redis.user = absl::GetFlag(FLAGS_redis_user);
  redis.password_file = absl::GetFlag(FLAGS_redis_password_file);
  redis.transport.ca_file = absl::GetFlag(FLAGS_redis_ca_file);
  redis.transport.cert_file = absl::GetFlag(FLAGS_redis_cert_file);
  redis.transport.key_file = absl::GetFlag(FLAGS_redis_key_file);
  redis.transport.allow_clear_network = absl::GetFlag(FLAGS_redis_allow_clear_network);
  if (redis.address.empty()) return absl::OkStatus();
  if (store::IsEmbedded(options->store)) {
    return Invalid("redis", "needs a --store that several processes can share");
  }
  const absl::Status fit = cache::CheckRedisOptions(redis);
  return fit.ok() ? fit : Invalid("redis", fit.message());
}

absl::Status ReadListeners(Options* options, bool* local) {
  options->listen = absl::GetFlag(FLAGS_listen);
  if (options->listen.empty()) return Invalid("listen", "needs at least one address");
  for (const std::string& address : options->listen) {
    RETURN_IF_ERROR(CheckAddress(address));
    *local = *local && rpc::IsLocalAddress(address);
  }
  return absl::OkStatus();
}

absl::Status ReadIdentity(Options* options, bool local) {
  options->jwks_file = absl::GetFlag(FLAGS_jwks_file);
  options->issuers = absl::GetFlag(FLAGS_issuer);
  options->audience = absl::GetFlag(FLAGS_audience);
  options->signing_key_file = absl::GetFlag(FLAGS_signing_key_file);
  const std::string tenant = absl::GetFlag(FLAGS_fixed_tenant);
  if (!tenant.empty()) {
    if (!local) {
      return Invalid("fixed_tenant", "only if every --listen address is loopback or a unix socket");
    }
    if (!options->jwks_file.empty())
      return Invalid("fixed_tenant", "not together with --jwks_file");
    auto parsed = base::TenantId::Parse(tenant);
    if (!parsed.ok()) return Invalid("fixed_tenant", "must be 1 to 63 of a-z, 0-9 and -");
    options->fixed_tenant = *std::move(parsed);
  } else if (options->jwks_file.empty()) {
    return absl::InvalidArgumentError(
        "say who may call: --jwks_file and --issuer, or --fixed_tenant on local addresses");
  } else if (options->issuers.empty()) {
    return Invalid("issuer", "is needed with --jwks_file");
  } else if (options->audience.empty()) {
    return Invalid("audience", "is needed with --jwks_file");
  }
  if (!options->signing_key_file.empty() && options->issuers.empty()) {
    return Invalid("issuer", "is needed with --signing_key_file");
  }
  options->tls_cert_file = absl::GetFlag(FLAGS_tls_cert_file);
  options->tls_key_file = absl::GetFlag(FLAGS_tls_key_file);
  options->print_metrics = absl::GetFlag(FLAGS_print_metrics);
  options->tls_ca_file = absl::GetFlag(FLAGS_tls_ca_file);
  if (options->tls_cert_file.empty() != options->tls_key_file.empty()) {
    return Invalid("tls_cert_file", "comes together with --tls_key_file");
  }
  return absl::OkStatus();
}

absl::Status ReadNumbers(Options* options) {
  options->tenant_rate = absl::GetFlag(FLAGS_tenant_rate);
  if (!(options->tenant_rate >= 0 && options->tenant_rate <= 1e9)) {
    return Invalid("tenant_rate", "must not be negative");
  }
  options->drain_delay = absl::GetFlag(FLAGS_drain_delay);
  options->drain_grace = absl::GetFlag(FLAGS_drain_grace);
  for (const auto& [name, value] : {std::make_pair("drain_delay", options->drain_delay),
                                    std::make_pair("drain_grace", options->drain_grace)}) {
    if (value < absl::ZeroDuration() || value > absl::Hours(1)) {
      return Invalid(name, "must be 0 to 1h");
    }
  }
  options->loops = absl::GetFlag(FLAGS_loops);
  options->cork = absl::GetFlag(FLAGS_cork);
  options->read_threads = absl::GetFlag(FLAGS_read_threads);
  if (options->loops < 0 || options->loops > 64) return Invalid("loops", "must be 0 to 64");
  if (options->read_threads < 0 || options->read_threads > 256) {
    return Invalid("read_threads", "must be 0 to 256");
  }
  if (options->loops == 0) options->loops = std::max(1, Cores() / 2);
  if (options->read_threads == 0) options->read_threads = 2 * Cores();
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Options> OptionsFromFlags(const Program& program) {
  Options options;
  options.program = program;
  bool local = true;
  RETURN_IF_ERROR(ReadListeners(&options, &local));
  RETURN_IF_ERROR(ReadStore(&options));
  RETURN_IF_ERROR(ReadRedis(&options));
  RETURN_IF_ERROR(ReadIdentity(&options, local));
  RETURN_IF_ERROR(ReadNumbers(&options));
  options.near_cache_bytes = absl::GetFlag(FLAGS_near_cache_bytes);
  options.metrics_listen = absl::GetFlag(FLAGS_metrics_listen);
  const auto level = telemetry::ParseLogLevel(absl::GetFlag(FLAGS_log_level));
  if (!level.has_value()) {
    return Invalid("log_level", "must be debug, info, warning, error or off");
  }
  options.log_level = *level;
  options.test_now_file = absl::GetFlag(FLAGS_test_now_file);
  if (!options.test_now_file.empty() && !local) {
    return Invalid("test_now_file", "only if every --listen address is loopback or a unix socket");
  }
  options.reflection = absl::GetFlag(FLAGS_reflection);
  options.port_file = absl::GetFlag(FLAGS_port_file);
  return options;
}

Options ParseOptionsOrExit(int argc, const char* const* argv, const Program& program) {
  if (!program.listen.empty()) {
    absl::SetFlag(&FLAGS_listen, std::vector<std::string>{program.listen});
  }
  const config::Program described = {program.name, RAPPORT_VERSION, program.summary,
                                     program.secret_flags};
  const auto outcome = config::ParseCommandLine(argc, argv, const_cast<const char* const*>(environ),
                                                described, std::cout);
  if (outcome.ok() && *outcome == config::Outcome::kDone) {
    std::cout.flush();
    std::exit(0);
  }
  auto options =
      outcome.ok() ? OptionsFromFlags(program) : absl::StatusOr<Options>(outcome.status());
  if (!options.ok()) {
    std::fprintf(stderr, "%s: %s\n", program.name.c_str(),
                 std::string(options.status().message()).c_str());
    std::exit(2);
  }
  return *std::move(options);
}

}  // namespace rapport::host
