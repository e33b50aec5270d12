#include "common/cache/negative_gate.h"

#include <utility>

#include "common/cache/protocol.h"

namespace rapport::cache {
namespace {

constexpr std::size_t kMaxTenants = 10'000;  // then all is forgotten

}  // namespace

std::int64_t NegativeGate::Fills::Of(absl::Duration now, absl::Duration lifetime) {
  if (now - since >= lifetime) *this = {now, 0};
  return count;
}

NegativeGate::Tenant& NegativeGate::Of(const base::TenantId& tenant) {
  if (tenants_.size() >= kMaxTenants && !tenants_.contains(tenant)) tenants_.clear();
  return tenants_[tenant];
}

bool NegativeGate::Admit(const base::TenantId& tenant, std::uint64_t fingerprint,
                         absl::Duration now) {
  base::MutexLock lock(&mu_);
  Miss& slot = misses_[fingerprint % misses_.size()];
  const Miss last = std::exchange(slot, Miss{fingerprint, now});
  if (last.fingerprint != fingerprint || now - last.at > kSecondMissWindow) return false;
  Tenant& fills = Of(tenant);
  const auto negatives = static_cast<double>(fills.negatives.Of(now, kNegativeTtl));
  const auto values = static_cast<double>(fills.values.Of(now, kPositiveTtl));
  if (negatives > 0 && negatives + 1 > kNegativeShare * (values + negatives + 1)) return false;
  ++fills.negatives.count;
  return true;
}

void NegativeGate::Stored(const base::TenantId& tenant, absl::Duration now) {
  base::MutexLock lock(&mu_);
  Fills& values = Of(tenant).values;
  values.Of(now, kPositiveTtl);
  ++values.count;
}

}  // namespace rapport::cache
