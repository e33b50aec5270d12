// Which "there is no such row" may be kept in the shared cache: whoever tries many ids shall not
// fill it.
#ifndef RAPPORT_COMMON_CACHE_NEGATIVE_GATE_H_
#define RAPPORT_COMMON_CACHE_NEGATIVE_GATE_H_

#include <array>
#include <cstdint>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "common/base/id.h"
#include "common/base/mutex.h"

namespace rapport::cache {

// Thread-safe. Of what this process fills: an entry after the second miss of its key within
// kSecondMissWindow, if what lives of them is at most kNegativeShare of the tenant's keys (one is
// always allowed). An estimate: what was filled during one lifetime counts as living.
class NegativeGate {
 public:
  // A read under this fingerprint found no row. Whether that shall be stored; counted if so. Times
  // are boot time.
  bool Admit(const base::TenantId& tenant, std::uint64_t fingerprint, absl::Duration now);
  // A row was stored.
  void Stored(const base::TenantId& tenant, absl::Duration now);

 private:
  struct Miss {
    std::uint64_t fingerprint = 0;
    absl::Duration at = -absl::InfiniteDuration();
  };
  // What was filled since `since`.
  struct Fills {
    absl::Duration since = -absl::InfiniteDuration();
    std::int64_t count = 0;
    std::int64_t Of(absl::Duration now, absl::Duration lifetime);
  };
  struct Tenant {
    Fills values;
    Fills negatives;
  };
  Tenant& Of(const base::TenantId& tenant) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  base::Mutex mu_;
  std::array<Miss, 4096> misses_ ABSL_GUARDED_BY(mu_);  // by fingerprint; the last one stays
  absl::flat_hash_map<base::TenantId, Tenant> tenants_ ABSL_GUARDED_BY(mu_);
};

}  // namespace rapport::cache

#endif  // RAPPORT_COMMON_CACHE_NEGATIVE_GATE_H_
