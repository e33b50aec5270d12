// Writes and the shared cache: every commit that changes cached rows marks them in Redis before and
// stamps them after, as protocol.h says; if Redis does not answer, the cache is closed and nobody
// believes it any more when the commit is acknowledged.
//
// Against the general protocol it is simpler by one loop. The mode row is read inside the
// transaction, after the bodies, and the rows are marked before the commit. OPEN excludes all other
// writes (Tx::Exclude), so the row cannot be opened between that read and the commit; nor closed
// and switched off in a way that matters, because a mark that nobody needs does no harm.
#ifndef RAPPORT_COMMON_CACHE_CACHE_GUARD_H_
#define RAPPORT_COMMON_CACHE_CACHE_GUARD_H_

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/base/uuid.h"
#include "common/cache/boot_clock.h"
#include "common/cache/cache_metrics.h"
#include "common/cache/guarded_tables.h"
#include "common/cache/mode_lease.h"
#include "common/cache/redis_endpoint.h"
#include "common/store/commit_guard.h"
#include "common/time/clock.h"

namespace rapport::cache {

// Thread-safe. Blocks write lanes: for two round trips a commit while Redis is well; once, for at
// most kMarkTries * mark_budget + FenceLength(kModeLease) and three small transactions, when it
// fails; not at all while the cache is OFF.
class CacheGuard final : public store::CommitGuard {
 public:
  // All outlive the guard.
  struct Parts {
    const GuardedTables* tables = nullptr;
    // Null: a process without Redis. It closes the cache with its first write, if it is ON.
    RedisEndpoint* endpoint = nullptr;
    ModeLease* lease = nullptr;
    const BootClock* boot_clock = nullptr;
    const time::Clock* clock = nullptr;
    base::Rng* rng = nullptr;
    CacheMetrics* metrics = nullptr;
    std::string timeline;     // Store::id()
    bool sole_owner = false;  // no other process writes to the store
    absl::Duration mark_budget = kMarkBudget;
    std::function<void(absl::string_view)> on_event;  // for operators; any thread
  };
  explicit CacheGuard(Parts parts) : parts_(std::move(parts)) {}

  bool Guards(const store::Table& table) const override {
    return parts_.tables->Find(table) != nullptr;
  }
  const base::TenantId& tenant() const override;
  absl::StatusOr<std::unique_ptr<store::GuardedCommit>> Announce(
      store::Tx& tx, absl::Span<const store::TouchedRow> rows) override;
  absl::Status Mend(Run run) override;

  // To be an effect (Tx::OnCommit) of every transaction that opens the cache.
  void ModeChanged() { known_off_ = false; }

 private:
  // The connection to that process; waits for one that is just being made.
  std::shared_ptr<RedisConnection> Connect(absl::string_view run_id) const;
  absl::StatusOr<ModeRow> Change(Run run, absl::FunctionRef<ModeRow(ModeRow)> change);

  const Parts parts_;
  // Of a sole owner: the row is OFF, and will be until ModeChanged(). Write thread.
  std::atomic<bool> known_off_{false};
};

}  // namespace rapport::cache

#endif  // RAPPORT_COMMON_CACHE_CACHE_GUARD_H_
