#include "common/rpc/admission.h"

#include <algorithm>

#include "common/base/errors.h"

namespace rapport::rpc {

Admission::Admission(AdmissionOptions options, auth::TokenVerifier* verifier,
                     const time::Clock& clock)
    : options_(std::move(options)), verifier_(verifier), clock_(clock) {}

absl::Status Admission::Admit(const Method& method, absl::string_view authorization,
                              base::CallContext* context) {
  if (method.open) return absl::OkStatus();
  if (!options_.fixed_tenant.empty()) {
    context->tenant = base::TenantId::Trusted(options_.fixed_tenant);
    context->principal = options_.fixed_principal;
    return TakeFromBucket(*context);
  }
  const auto principal = verifier_->VerifyAuthorization(authorization);
  if (!principal.ok()) return errors::TokenRefused();
  context->principal = (*principal)->subject;
  context->is_service = (*principal)->is_service();
  context->all_tenants = !(*principal)->tenant.has_value();
  if (!context->all_tenants) context->tenant = *(*principal)->tenant;
  if (!(*principal)->HasScope(method.rule.scope())) {
    return errors::ScopeMissing(method.rule.scope());
  }
  return TakeFromBucket(*context);
}

absl::Status Admission::TakeFromBucket(const base::CallContext& context) {
  if (options_.tenant_rate <= 0 || context.all_tenants) return absl::OkStatus();
  const absl::Duration cost = absl::Seconds(1.0 / options_.tenant_rate);
  const absl::Time now = clock_.Now();
  base::MutexLock lock(&mu_);
  absl::Time& arrival = arrivals_[context.tenant.value()];
  const absl::Time next = std::max(arrival, now) + cost;
  if (next - now > absl::Seconds(1)) return errors::Rate(next - now - absl::Seconds(1));
  arrival = next;
  return absl::OkStatus();
}

}  // namespace rapport::rpc
