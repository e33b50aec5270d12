// The working hours of every tenant, kept in memory where this process owns the store. They are
// copied from contact's settings; a tenant without settings works at the default hours.
#ifndef RAPPORT_SERVICES_ENGAGEMENT_TENANT_HOURS_H_
#define RAPPORT_SERVICES_ENGAGEMENT_TENANT_HOURS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/base/id.h"
#include "common/cache/coherent_reads.h"
#include "common/resource/hot_cache.h"
#include "common/store/store.h"
#include "rapport/contact/v1/steward.pb.h"
#include "services/engagement/resources.h"
#include "services/engagement/rules/working_hours.h"

namespace rapport::engagement {

// As contact wrote them down; a zone that this machine does not know reads as UTC.
rules::WorkingHours WorkingHoursOf(const contact::v1::Settings& settings);

// Thread-safe. Never older than any write that was acknowledged.
class TenantHours {
 public:
  using Hours = std::shared_ptr<const rules::WorkingHours>;

  // Keeps the hours of at most `max_tenants` in memory; 0 on a store that others write to.
  TenantHours(const Resources* resources, std::size_t max_tenants)
      : resources_(*resources), cache_(max_tenants), parsed_(kParsed) {}

  // From memory; null if they are not there.
  Hours Find(const base::TenantId& tenant) { return cache_.Find(tenant.value()).value_or(nullptr); }
  // From memory, else from the snapshot.
  absl::StatusOr<Hours> Of(store::Snapshot& snapshot, const base::TenantId& tenant);
  // From the row of the settings; what was made of its last version is kept.
  Hours Of(const base::TenantId& tenant, const cache::CachedRow& settings);
  // Stores new settings of the transaction's tenant.
  absl::Status Put(store::Tx& tx, const contact::v1::Settings& settings);

 private:
  static constexpr std::size_t kParsed = 10000;
  struct Parsed {
    std::uint64_t version = 0;
    Hours hours;
  };
  const Resources& resources_;
  resource::OwnerCache<Hours> cache_;    // by tenant
  resource::OwnerCache<Parsed> parsed_;  // by tenant
};

}  // namespace rapport::engagement

#endif  // RAPPORT_SERVICES_ENGAGEMENT_TENANT_HOURS_H_
