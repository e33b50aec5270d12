#include "tests/harness/house.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "common/testing/postgres_server.h"
#include "grpcpp/security/credentials.h"

namespace rapport::tests {
namespace {

const std::map<std::string, std::string>& Binaries() {
  static const auto* const binaries =
      new std::map<std::string, std::string>{{"contact", RAPPORT_CONTACT_BINARY},
                                             {"engagement", RAPPORT_ENGAGEMENT_BINARY},
                                             {"recommendation", RAPPORT_RECOMMENDATION_BINARY}};
  return *binaries;
}

// "engagement" of "engagement/2".
std::string KindOf(const std::string& service) { return service.substr(0, service.find('/')); }

std::string Content(const std::string& path) {
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

}  // namespace

absl::Time At(absl::string_view text) {
  absl::Time time;
  std::string error;
  for (const char* format : {absl::RFC3339_full, "%Y-%m-%d %H:%M", "%Y-%m-%d"}) {
    if (absl::ParseTime(format, text, &time, &error)) return time;
  }
  ADD_FAILURE() << "not an instant: " << text;
  return absl::UnixEpoch();
}

bool Eventually(absl::Duration timeout, const std::function<bool()>& condition) {
  const absl::Time deadline = absl::Now() + timeout;
  while (!condition()) {
    if (absl::Now() > deadline) return condition();
    poll(nullptr, 0, 5);
  }
  return true;
}

House::House(Options options)
    : options_(std::move(options)), session_(std::make_shared<rpc::Session>()) {
  std::string pattern = absl::StrCat(::testing::TempDir(), "/house-XXXXXX");
  folder_ = mkdtemp(pattern.data());
  if (OnPostgres()) database_ = Postgres().CreateDatabase();
  if (options_.now != absl::InfinitePast()) SetNow(options_.now);
  for (const auto& service : options_.services) {
    rpc::ClientOptions client;
    client.target = SocketOf(service);
    client.session = session_;
    if (options_.tls) {
      grpc::SslCredentialsOptions trusted;
      trusted.pem_root_certs = Content(options_.tls->ca);
      client.credentials = grpc::SslCredentials(trusted);
    }
    clients_[service] = std::make_unique<rpc::Client>(client);
  }
  for (const auto& service : options_.services) Start(service);
}

House::~House() {
  for (auto& [service, process] : processes_) {
    if (process != nullptr && process->Running()) process->Kill();
  }
  if (::testing::Test::HasFailure()) {
    for (const auto& service : options_.services) {
      std::printf("--- log of %s\n%s\n", service.c_str(), LogOf(service).c_str());
    }
  }
  processes_.clear();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

testing::PostgresServer& House::Postgres() {
  static testing::PostgresServer server;
  return server;
}

bool House::OnPostgres() {
  const char* const engine = std::getenv("RAPPORT_TEST_STORE");
  return engine != nullptr && std::string(engine) == "postgres";
}

std::string House::PathOf(const std::string& service, absl::string_view suffix) const {
  return absl::StrCat(folder_, "/", absl::StrReplaceAll(service, {{"/", "-"}}), suffix);
}

std::string House::SocketOf(const std::string& service) const {
  return absl::StrCat("unix:", PathOf(service, ".sock"));
}

std::string House::StoreOf(const std::string& service) const { return PathOf(service, ".db"); }

void House::SetNow(absl::Time now) {
  const std::string path = folder_ + "/now";
  std::ofstream(path + ".new") << absl::FormatTime(absl::RFC3339_full, now, absl::UTCTimeZone())
                               << "\n";
  std::filesystem::rename(path + ".new", path);
}

void House::Start(const std::string& service) {
  const std::string ready = PathOf(service, ".ready");
  const std::string kind = KindOf(service);
  std::filesystem::remove(ready);
  std::filesystem::remove(SocketOf(service).substr(5));
  std::string listen = SocketOf(service);
  for (const auto& address : options_.listen_also) absl::StrAppend(&listen, ",", address);
  const auto moved = stores_.find(service);
  std::vector<std::string> arguments = {
      Binaries().at(kind),
      "--listen=" + listen,
      "--store=" + (moved != stores_.end() ? moved->second
                    : OnPostgres()         ? database_
                                           : "sqlite:" + StoreOf(service)),
      "--fixed_tenant=" + options_.tenant,
      "--port_file=" + ready,
      "--log_level=warning"};
  for (const auto& other : {"contact", "engagement"}) {
    const bool follows = kind == "recommendation" ||
                         (kind == "contact" && std::string(other) == "engagement") ||
                         (kind == "engagement" && std::string(other) == "contact");
    if (follows) {
      arguments.push_back(absl::StrCat("--", other, "_target=", SocketOf(other)));
    }
  }
  if (options_.now != absl::InfinitePast()) {
    arguments.push_back("--test_now_file=" + folder_ + "/now");
  }
  if (options_.tls) {
    arguments.push_back("--tls_cert_file=" + options_.tls->cert);
    arguments.push_back("--tls_key_file=" + options_.tls->key);
    arguments.push_back("--tls_ca_file=" + options_.tls->ca);
  }
  for (const std::string& name : std::set<std::string>{kind, service}) {
    const auto more = options_.flags.find(name);
    if (more == options_.flags.end()) continue;
    arguments.insert(arguments.end(), more->second.begin(), more->second.end());
  }
  processes_[service] = std::make_unique<Process>(arguments, PathOf(service, ".log"));
  const bool is_ready = Eventually(absl::Seconds(20), [&] {
    return (std::filesystem::exists(ready) && std::filesystem::file_size(ready) > 0) ||
           !processes_[service]->Running();
  });
  EXPECT_TRUE(is_ready && processes_[service]->Running()) << service << " is not ready:\n"
                                                          << LogOf(service);
}

void House::Kill(const std::string& service) { processes_.at(service)->Kill(); }

int House::Stop(const std::string& service) {
  processes_.at(service)->Signal(SIGTERM);
  return processes_.at(service)->Wait(absl::Seconds(20));
}

std::string House::LogOf(const std::string& service) const {
  return Content(PathOf(service, ".log"));
}

std::vector<std::string> House::AddressesOf(const std::string& service) const {
  return absl::StrSplit(Content(PathOf(service, ".ready")), '\n', absl::SkipEmpty());
}

rpc::Client& House::ClientFor(absl::string_view method) {
  for (auto& [service, client] : clients_) {
    if (absl::StartsWith(method, absl::StrCat("rapport.", service, "."))) return *client;
  }
  ADD_FAILURE() << "whose method is " << method << "?";
  return *clients_.begin()->second;
}

void House::Expect(absl::string_view method, const absl::Status& status) {
  EXPECT_TRUE(status.ok()) << method << ": " << status;
}

}  // namespace rapport::tests
