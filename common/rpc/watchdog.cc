#include "common/rpc/watchdog.h"

#include <unistd.h>

#include <cstdio>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/rpc/client.h"
#include "grpc/health/v1/health.pb.h"
#include "grpcpp/security/tls_certificate_verifier.h"
#include "grpcpp/security/tls_credentials_options.h"

namespace rapport::rpc {
namespace {

void Die() {
  std::fputs("the own server does not answer; ending\n", stderr);
  _exit(70);
}

}  // namespace

std::string SelfAddress(const std::string& address) {
  if (absl::StartsWith(address, "0.0.0.0:")) return absl::StrCat("127.0.0.1:", address.substr(8));
  if (absl::StartsWith(address, "[::]:")) return absl::StrCat("[::1]:", address.substr(5));
  return address;
}

std::shared_ptr<grpc::ChannelCredentials> UncheckedTls() {
  grpc::experimental::TlsChannelCredentialsOptions options;
  options.set_verify_server_certs(false);
  options.set_check_call_host(false);
  options.set_certificate_verifier(std::make_shared<grpc::experimental::NoOpCertificateVerifier>());
  return grpc::experimental::TlsCredentials(options);
}

Watchdog::Watchdog(WatchdogOptions options)
    : options_(std::move(options)), thread_([this] { Run(); }) {}

Watchdog::~Watchdog() {
  {
    base::MutexLock lock(&mu_);
    stopping_ = true;
  }
  stop_.SignalAll();
  thread_.join();
}

bool Watchdog::Answers() const {
  ClientOptions options;
  options.target = SelfAddress(options_.address);
  options.credentials = options_.credentials;
  options.own_connection = true;
  grpc::health::v1::HealthCheckRequest request;
  request.set_service("liveness");
  CallOptions call;
  call.timeout = options_.timeout;
  const auto answer = Client(std::move(options))
                          .Call<grpc::health::v1::HealthCheckResponse>(
                              "grpc.health.v1.Health/Check", request, call);
  return answer.ok() && answer->status() == grpc::health::v1::HealthCheckResponse::SERVING;
}

void Watchdog::Run() {
  int failures = 0;
  while (true) {
    {
      base::MutexLock lock(&mu_);
      const absl::Time until = absl::Now() + options_.period;
      while (!stopping_ && absl::Now() < until) {
        stop_.WaitWithTimeout(&mu_, until - absl::Now());
      }
      if (stopping_) return;
    }
    failures = Answers() ? 0 : failures + 1;
    if (failures < options_.failures) continue;
    if (options_.on_dead) {
      options_.on_dead();
    } else {
      Die();
    }
    return;
  }
}

}  // namespace rapport::rpc
