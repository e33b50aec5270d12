// The three services, called in the name of the owner.
#ifndef RAPPORT_TOOLS_RAPPORTCTL_CONNECTION_H_
#define RAPPORT_TOOLS_RAPPORTCTL_CONNECTION_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/auth/token_signer.h"
#include "common/rpc/client.h"
#include "common/rpc/session.h"
#include "tools/rapportctl/settings.h"

namespace rapport::rapportctl {

// All calls share one session: what was written is seen by every later call, in any service.
// Thread-safe.
class Connection {
 public:
  // Connects when first used. INVALID_ARGUMENT for a malformed tenant or a file of roots that
  // cannot be read; errors of the key file.
  static absl::StatusOr<std::unique_ptr<Connection>> Open(const Settings& settings);

  // The service is the one that the method's package names.
  template <class Response>
  absl::StatusOr<Response> Call(absl::string_view method,
                                const google::protobuf::Message& request) {
    Response response;
    absl::Status status = CallInto(method, request, &response);
    if (!status.ok()) return status;
    return response;
  }
  absl::Status CallInto(absl::string_view method, const google::protobuf::Message& request,
                        google::protobuf::Message* response);

  rpc::Client& contact() { return *contact_; }
  rpc::Client& engagement() { return *engagement_; }
  rpc::Client& recommendation() { return *recommendation_; }
  // To one process, with the same identity and transport.
  std::unique_ptr<rpc::Client> ClientAt(const std::string& address) const;

  // "tenants/home"
  const std::string& parent() const { return parent_; }

  // An UNAVAILABLE that no service sent says which service does not answer.
  static absl::Status Explained(const rpc::Client& client, absl::Status status);

 private:
  Connection(std::string parent, rpc::ClientOptions options, const Settings& settings);

  const std::string parent_;
  const rpc::ClientOptions options_;  // but for the target
  const std::unique_ptr<rpc::Client> contact_;
  const std::unique_ptr<rpc::Client> engagement_;
  const std::unique_ptr<rpc::Client> recommendation_;
};

}  // namespace rapport::rapportctl

#endif  // RAPPORT_TOOLS_RAPPORTCTL_CONNECTION_H_
