// The auditor of the shared cache: follows the change feeds of contact and engagement and looks
// whether Redis holds anything that is older than what was written.
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/auth/token_signer.h"
#include "common/base/status_macros.h"
#include "common/config/command_line.h"
#include "common/rpc/client.h"
#include "common/telemetry/metrics_server.h"
#include "grpcpp/security/credentials.h"
#include "tools/cache_auditor/audit.h"
#include "tools/cache_auditor/feeds.h"
#include "tools/cache_auditor/redis_client.h"

ABSL_FLAG(std::string, contact_target, "", "contact service; empty leaves it out");
ABSL_FLAG(std::string, engagement_target, "", "engagement service; empty leaves it out");
ABSL_FLAG(
    std::vector<std::string>, redis, {},
    "the Redis processes of the cache, host:port, unix:PATH or (TLS) rediss://host:port, with "
    "commas between them");
ABSL_FLAG(std::string, redis_user, "", "who signs in there");
ABSL_FLAG(std::string, redis_password_file, "", "file with the password; empty: nobody signs in");
ABSL_FLAG(std::string, redis_ca_file, "",
          "roots to check Redis with, if it speaks TLS; empty: the system's");
ABSL_FLAG(std::string, signing_key_file, "",
          "private JWK for the calls, of a service of its own (rapportctl keys create --for "
          "auditor); empty: calls carry no token");
ABSL_FLAG(std::string, issuer, "rapport", "issuer of the tokens");
ABSL_FLAG(std::string, audience, "rapport", "audience of the tokens");
ABSL_FLAG(std::string, tls_ca_file, "", "roots to check the services with; empty: plaintext");
ABSL_FLAG(std::vector<std::string>, delays, std::vector<std::string>({"1s", "10s", "60s"}),
          "when to look after a change");
ABSL_FLAG(absl::Duration, duration, absl::InfiniteDuration(), "for how long; inf: until SIGTERM");
ABSL_FLAG(bool, keep_going, false, "go on after an entry that is too old");
ABSL_FLAG(std::string, metrics_listen, "", "host:port for Prometheus; empty: none");

namespace rapport::auditor {
namespace {

constexpr int kExitFound = 1;
constexpr int kExitUsage = 2;
constexpr int kExitNothingChecked = 3;
constexpr absl::Duration kReportEvery = absl::Seconds(10);
constexpr absl::Duration kRedialEvery = absl::Milliseconds(250);
constexpr int kTurnMilliseconds = 20;

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  if (!in || !(text << in.rdbuf())) {
    return absl::InvalidArgumentError(absl::StrCat("cannot read ", path));
  }
  return text.str();
}

// The connections to the Redis processes, by who they are.
class Redises {
 public:
  Redises(std::vector<std::string> addresses, std::string user, std::string password,
          std::string ca_file)
      : addresses_(std::move(addresses)),
        user_(std::move(user)),
        password_(std::move(password)),
        ca_file_(std::move(ca_file)) {}

  absl::StatusOr<std::vector<RedisClient::Value>> Get(const std::string& run_id,
                                                      const std::vector<std::string>& keys) {
    auto client = clients_.find(run_id);
    if (client == clients_.end()) {
      Dial();
      client = clients_.find(run_id);
      if (client == clients_.end()) return absl::UnavailableError("no such Redis");
    }
    auto values = client->second->Get(keys);
    if (!values.ok()) clients_.erase(client);
    return values;
  }

 private:
  void Dial() {
    if (absl::Now() < next_dial_) return;
    next_dial_ = absl::Now() + kRedialEvery;
    clients_.clear();
    for (const std::string& address : addresses_) {
      auto client = RedisClient::Dial(address, user_, password_, ca_file_);
      if (!client.ok()) continue;
      const std::string run_id = (*client)->run_id();
      clients_[run_id] = *std::move(client);
    }
  }

  const std::vector<std::string> addresses_;
  const std::string user_;
  const std::string password_;
  const std::string ca_file_;
  absl::Time next_dial_ = absl::InfinitePast();
  std::map<std::string, std::unique_ptr<RedisClient>> clients_;
};

absl::StatusOr<rpc::ClientOptions> ClientOptionsFromFlags() {
  rpc::ClientOptions options;
  if (const std::string ca = absl::GetFlag(FLAGS_tls_ca_file); !ca.empty()) {
    grpc::SslCredentialsOptions ssl;
    ASSIGN_OR_RETURN(ssl.pem_root_certs, ReadFile(ca));
    options.credentials = grpc::SslCredentials(ssl);
  }
  if (const std::string key = absl::GetFlag(FLAGS_signing_key_file); !key.empty()) {
    auth::SignerOptions signing;
    signing.key_file = key;
    signing.issuer = absl::GetFlag(FLAGS_issuer);
    signing.subject = "auditor";
    signing.audiences = {absl::GetFlag(FLAGS_audience)};
    signing.scopes = {"feed.read", "cache.read"};
    ASSIGN_OR_RETURN(std::shared_ptr<auth::TokenSigner> signer,
                     auth::TokenSigner::Load(std::move(signing)));
    options.token_source = [signer]() -> absl::StatusOr<std::string> {
      ASSIGN_OR_RETURN(const std::string token, signer->Token(absl::Now()));
      return absl::StrCat("Bearer ", token);
    };
  }
  return options;
}

absl::StatusOr<std::vector<absl::Duration>> DelaysFromFlags() {
  std::vector<absl::Duration> delays;
  for (const std::string& text : absl::GetFlag(FLAGS_delays)) {
    absl::Duration delay;
    if (!absl::ParseDuration(text, &delay) || (!delays.empty() && delay <= delays.back()) ||
        delay < absl::ZeroDuration()) {
      return absl::InvalidArgumentError("--delays: durations that rise, e.g. 1s,10s,60s");
    }
    delays.push_back(delay);
  }
  if (delays.empty()) return absl::InvalidArgumentError("--delays: at least one");
  return delays;
}

absl::StatusOr<int> Run() {
  // Before any thread.
  sigset_t stops;
  sigemptyset(&stops);
  sigaddset(&stops, SIGTERM);
  sigaddset(&stops, SIGINT);
  pthread_sigmask(SIG_BLOCK, &stops, nullptr);
  pollfd stop{signalfd(-1, &stops, SFD_CLOEXEC), POLLIN, 0};

  ASSIGN_OR_RETURN(const std::vector<absl::Duration> delays, DelaysFromFlags());
  ASSIGN_OR_RETURN(const rpc::ClientOptions client_options, ClientOptionsFromFlags());
  if (absl::GetFlag(FLAGS_redis).empty()) return absl::InvalidArgumentError("--redis: needed");
  std::string password;
  if (const std::string file = absl::GetFlag(FLAGS_redis_password_file); !file.empty()) {
    ASSIGN_OR_RETURN(password, ReadFile(file));
    while (!password.empty() && password.back() == '\n') password.pop_back();
  }
  std::map<std::string, std::unique_ptr<rpc::Client>> clients;
  for (const auto& [service, target] :
       {std::pair("contact", absl::GetFlag(FLAGS_contact_target)),
        std::pair("engagement", absl::GetFlag(FLAGS_engagement_target))}) {
    if (target.empty()) continue;
    rpc::ClientOptions options = client_options;
    options.target = target;
    clients[service] = std::make_unique<rpc::Client>(std::move(options));
  }
  if (clients.empty()) {
    return absl::InvalidArgumentError("--contact_target, --engagement_target: at least one");
  }

  Redises redises(absl::GetFlag(FLAGS_redis), absl::GetFlag(FLAGS_redis_user), password,
                  absl::GetFlag(FLAGS_redis_ca_file));
  const auto registry = std::make_shared<telemetry::Registry>();
  Audit audit(
      {.trust = [&](const std::string& service) { return AskTrust(*clients.at(service)); },
       .get = [&](const std::string& run_id,
                  const std::vector<std::string>& keys) { return redises.Get(run_id, keys); },
       .on_finding =
           [](const Finding& finding) {
             std::fprintf(stderr, "cache_auditor: too old: %s\n", ToJson(finding).c_str());
           }},
      delays, *registry);
  std::unique_ptr<telemetry::MetricsServer> metrics;
  if (const std::string listen = absl::GetFlag(FLAGS_metrics_listen); !listen.empty()) {
    ASSIGN_OR_RETURN(metrics, telemetry::MetricsServer::Start(listen, registry));
  }
  std::vector<std::unique_ptr<Feed>> feeds;
  for (const auto& [service, client] : clients) {
    feeds.push_back(std::make_unique<Feed>(service, client.get(), &audit));
  }

  const absl::Time end = absl::Now() + absl::GetFlag(FLAGS_duration);
  absl::Time next_report = absl::Now() + kReportEvery;
  bool more = false;
  while (poll(&stop, 1, more ? 0 : kTurnMilliseconds) == 0 && absl::Now() < end) {
    more = audit.Step(absl::Now());
    if (audit.inconsistent() > 0 && !absl::GetFlag(FLAGS_keep_going)) break;
    if (absl::Now() < next_report) continue;
    next_report = absl::Now() + kReportEvery;
    std::fprintf(stderr, "cache_auditor: %s\n", audit.ToJson().c_str());
  }
  feeds.clear();
  close(stop.fd);
  std::printf("%s\n", audit.ToJson().c_str());
  if (audit.inconsistent() > 0) return kExitFound;
  return audit.checked() == 0 && audit.skipped() > 0 ? kExitNothingChecked : 0;
}

}  // namespace
}  // namespace rapport::auditor

int main(int argc, char** argv) {
  const auto outcome = rapport::config::ParseCommandLine(
      argc, argv, environ,
      {"cache_auditor",
       RAPPORT_VERSION,
       "Looks whether Redis holds anything that is older than what was written.",
       {}},
      std::cout);
  if (outcome.ok() && *outcome == rapport::config::Outcome::kDone) return 0;
  const absl::StatusOr<int> code =
      outcome.ok() ? rapport::auditor::Run() : absl::StatusOr<int>(outcome.status());
  if (code.ok()) return *code;
  std::fprintf(stderr, "cache_auditor: %s\n", std::string(code.status().message()).c_str());
  return rapport::auditor::kExitUsage;
}
