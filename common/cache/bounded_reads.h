// Reads of rows that may be old, but never older than said: from what this process has read a
// moment ago, else coherently; and if that cannot be, because the store and Redis are both away,
// from what is still kept.
#ifndef RAPPORT_COMMON_CACHE_BOUNDED_READS_H_
#define RAPPORT_COMMON_CACHE_BOUNDED_READS_H_

#include <cstdint>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/id.h"
#include "common/cache/boot_clock.h"
#include "common/cache/cache_metrics.h"
#include "common/cache/coherent_reads.h"
#include "common/cache/guarded_tables.h"
#include "common/cache/near_cache.h"
#include "common/store/store.h"
#include "common/time/clock.h"

namespace rapport::cache {

// What a reader accepts: an answer that was coherent less than `max_age` ago, and whose version
// (Store::VersionOf) is at least `version` unless it is coherent now.
struct Bound {
  absl::Duration max_age;
  std::uint64_t version = 0;
};

// Thread-safe; nothing blocks.
class BoundedReads {
 public:
  // All outlive it; `reads` too, but it ends first (CoherentReads waits for what is under way).
  struct Parts {
    const GuardedTables* tables = nullptr;
    CoherentReads* reads = nullptr;
    NearCache* near = nullptr;
    const BootClock* boot_clock = nullptr;
    const time::Clock* clock = nullptr;
    CacheMetrics* metrics = nullptr;
  };
  explicit BoundedReads(const Parts& parts) : parts_(parts) {}

  // As CoherentReads::Get, within `bound`; the row says how old it may be. Whoever can be given
  // something old in need is given it when half of the time is over and nothing better has come.
  void Get(const base::TenantId& tenant, const store::Table& table,
           absl::Span<const store::Value> key, Bound bound, absl::Time deadline, Load load,
           CoherentReads::Done done);

 private:
  const Parts parts_;
};

}  // namespace rapport::cache

#endif  // RAPPORT_COMMON_CACHE_BOUNDED_READS_H_
