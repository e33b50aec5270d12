#include "tools/rapportctl/connection.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/errors.h"
#include "common/base/id.h"
#include "common/base/status_macros.h"

namespace rapport::rapportctl {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(30);

std::unique_ptr<rpc::Client> ClientFor(const std::string& target,
                                       const std::shared_ptr<auth::TokenSigner>& signer,
                                       const std::shared_ptr<rpc::Session>& session) {
  rpc::ClientOptions options;
  options.target = target;
  options.session = session;
  if (signer != nullptr) {
    options.token_source = [signer]() -> absl::StatusOr<std::string> {
      ASSIGN_OR_RETURN(std::string token, signer->Token(absl::Now()));
      return absl::StrCat("Bearer ", token);
    };
  }
  return std::make_unique<rpc::Client>(std::move(options));
}

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
                               "engagement.write", "recommendation.read", "feed.read"},
                }));
  }
  return std::unique_ptr<Connection>(new Connection(absl::StrCat("tenants/", settings.tenant),
                                                    std::move(signer),
                                                    std::make_shared<rpc::Session>(), settings));
}

Connection::Connection(std::string parent, std::shared_ptr<auth::TokenSigner> signer,
                       std::shared_ptr<rpc::Session> session, const Settings& settings)
    : parent_(std::move(parent)),
      contact_(ClientFor(settings.contact, signer, session)),
      engagement_(ClientFor(settings.engagement, signer, session)),
      recommendation_(ClientFor(settings.recommendation, signer, session)) {}

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
  return absl::UnavailableError(
      absl::StrCat("nobody answers at ", client.target(), "; is the service running?"));
}

}  // namespace rapport::rapportctl
