#include "tools/rapportctl/connection.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/errors.h"
#include "common/base/id.h"
#include "common/base/status_macros.h"
#include "grpcpp/security/credentials.h"
#include "tools/rapportctl/files.h"

namespace rapport::rapportctl {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(30);

}  // namespace

absl::StatusOr<std::unique_ptr<Connection>> Connection::Open(const Settings& settings) {
  auto tenant = base::TenantId::Parse(settings.tenant);
  if (!tenant.ok()) {
    return absl::InvalidArgumentError(
        "--tenant: a tenant is written with 1 to 63 of a-z, 0-9 and -");
  }
  std::shared_ptr<auth::TokenSigner> signer;
  if (!settings.key.empty()) {
    ASSIGN_OR_RETURN(
        signer, auth::TokenSigner::Load({
                    .key_file = settings.key,
                    .issuer = settings.issuer,
                    .subject = "rapportctl",
                    .audiences = settings.audiences,
                    .tenant = *tenant,
                    .scopes = {"contact.read", "contact.write", "contact.admin", "engagement.read",
                               "engagement.write", "recommendation.read", "recommendation.write",
                               "feed.read", "cache.read", "transfer.read", "transfer.write"},
                }));
  }
  std::shared_ptr<grpc::ChannelCredentials> transport;
  if (!settings.tls_ca_file.empty()) {
    grpc::SslCredentialsOptions ssl;
    auto roots = ReadFile(settings.tls_ca_file);
    if (!roots.ok()) {
      return absl::InvalidArgumentError(absl::StrCat("--tls_ca_file: ", roots.status().message()));
    }
    ssl.pem_root_certs = *std::move(roots);
    transport = grpc::SslCredentials(ssl);
  }
  rpc::ClientOptions options;
  options.session = std::make_shared<rpc::Session>();
  options.credentials = std::move(transport);
  if (signer != nullptr) {
    options.token_source = [signer]() -> absl::StatusOr<std::string> {
      ASSIGN_OR_RETURN(std::string token, signer->Token(absl::Now()));
      return absl::StrCat("Bearer ", token);
    };
  }
  return std::unique_ptr<Connection>(
      new Connection(absl::StrCat("tenants/", settings.tenant), std::move(options), settings));
}

Connection::Connection(std::string parent, rpc::ClientOptions options, const Settings& settings)
    : parent_(std::move(parent)),
      options_(std::move(options)),
      contact_(ClientAt(settings.contact)),
      engagement_(ClientAt(settings.engagement)),
      recommendation_(ClientAt(settings.recommendation)) {}

std::unique_ptr<rpc::Client> Connection::ClientAt(const std::string& address) const {
  rpc::ClientOptions options = options_;
  options.target = address;
  return std::make_unique<rpc::Client>(std::move(options));
}

absl::Status Connection::CallInto(absl::string_view method,
                                  const google::protobuf::Message& request,
                                  google::protobuf::Message* response) {
  rpc::Client& client = absl::StartsWith(method, "rapport.contact.")      ? *contact_
                        : absl::StartsWith(method, "rapport.engagement.") ? *engagement_
                                                                          : *recommendation_;
  return Explained(client, client.CallInto(method, request, response, {.timeout = kPatience}));
}

absl::Status Connection::Explained(const rpc::Client& client, absl::Status status) {
  if (!absl::IsUnavailable(status) ||
      errors::ReasonOf(status) != type::v1::ERROR_REASON_UNSPECIFIED) {
    return status;
  }
  if (absl::StrContains(status.message(), "handshake failed")) {
    return absl::UnavailableError(
        absl::StrCat("no TLS with ", client.target(), "; does --tls_ca_file fit its certificate?"));
  }
  return absl::UnavailableError(
      absl::StrCat("nobody answers at ", client.target(), "; is the service running?"));
}

}  // namespace rapport::rapportctl
