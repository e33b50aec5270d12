// The working hours of every tenant, kept in memory. They are copied from contact's settings; a
// tenant without settings works at the default hours.
#ifndef RAPPORT_SERVICES_ENGAGEMENT_TENANT_HOURS_H_
#define RAPPORT_SERVICES_ENGAGEMENT_TENANT_HOURS_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "common/base/id.h"
#include "common/base/mutex.h"
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

  explicit TenantHours(const Resources* resources) : resources_(*resources) {}

  // From memory; null if this tenant has not been read yet.
  Hours Find(const base::TenantId& tenant) const;
  // From memory, else from the snapshot.
  absl::StatusOr<Hours> Of(store::Snapshot& snapshot, const base::TenantId& tenant);
  // Stores new settings of the transaction's tenant.
  absl::Status Put(store::Tx& tx, const contact::v1::Settings& settings);

 private:
  struct Entry {
    std::int64_t sequence = 0;  // the commit or view that the hours are of
    Hours hours;
  };
  Hours Remember(const std::string& tenant, std::int64_t sequence, Hours hours);

  const Resources& resources_;
  mutable base::Mutex mu_;
  absl::flat_hash_map<std::string, Entry> entries_ ABSL_GUARDED_BY(mu_);
};

}  // namespace rapport::engagement

#endif  // RAPPORT_SERVICES_ENGAGEMENT_TENANT_HOURS_H_
