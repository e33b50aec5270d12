// The steps that may refuse a call before a handler sees it: identity, tenant, scope, rate.
#ifndef RAPPORT_COMMON_RPC_ADMISSION_H_
#define RAPPORT_COMMON_RPC_ADMISSION_H_

#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/auth/token_verifier.h"
#include "common/base/call_context.h"
#include "common/base/mutex.h"
#include "common/rpc/method_table.h"
#include "common/time/clock.h"

namespace rapport::rpc {

struct AdmissionOptions {
  // Calls a second that one tenant may make, with a burst of one second's worth; 0: no limit.
  double tenant_rate = 0;
  // If set, every call acts for this tenant with all scopes and no token. Only for listeners that
  // are loopback or unix sockets; ServerOptions checks that.
  std::string fixed_tenant;
  std::string fixed_principal = "local";
};

// Thread-safe.
class Admission {
 public:
  // `verifier` may be null with a fixed tenant.
  Admission(AdmissionOptions options, auth::TokenVerifier* verifier, const time::Clock& clock);

  // Fills tenant and principal of `context`. UNAUTHENTICATED, PERMISSION_DENIED or
  // RESOURCE_EXHAUSTED (RATE). `authorization` is the header's value.
  absl::Status Admit(const Method& method, absl::string_view authorization,
                     base::CallContext* context);

 private:
  absl::Status TakeFromBucket(const base::CallContext& context);

  const AdmissionOptions options_;
  auth::TokenVerifier* const verifier_;
  const time::Clock& clock_;
  base::Mutex mu_;
  // GCRA: the theoretical arrival time of each tenant's next call.
  absl::flat_hash_map<std::string, absl::Time> arrivals_ ABSL_GUARDED_BY(mu_);
};

}  // namespace rapport::rpc

#endif  // RAPPORT_COMMON_RPC_ADMISSION_H_
