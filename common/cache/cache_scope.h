// One scope of the shared cache: a share of the rows whose keys lie in one Redis process, with a
// mode row of its own. A row's scope is ScopeOf(tenant, RowId(key), number of scopes), entry.h.
// When the Redis of one scope fails, that scope alone is closed.
#ifndef RAPPORT_COMMON_CACHE_CACHE_SCOPE_H_
#define RAPPORT_COMMON_CACHE_CACHE_SCOPE_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "common/base/uuid.h"
#include "common/cache/boot_clock.h"
#include "common/cache/breaker.h"
#include "common/cache/cache_metrics.h"
#include "common/cache/guarded_tables.h"
#include "common/cache/mode_lease.h"
#include "common/cache/redis_endpoint.h"
#include "common/store/commit_guard.h"
#include "common/time/clock.h"

namespace rapport::cache {

// What all parts of one process's shared cache rest on. All outlive them.
struct CacheContext {
  const GuardedTables* tables = nullptr;
  const BootClock* boot_clock = nullptr;
  const time::Clock* clock = nullptr;
  base::Rng* rng = nullptr;  // thread-safe
  CacheMetrics* metrics = nullptr;
  std::string timeline;                             // Store::id()
  std::function<void(absl::string_view)> on_event;  // for operators; any thread
};

// Thread-safe.
class CacheScope {
 public:
  // A transaction of ModeTenant(), at once.
  using Run = store::CommitGuard::Run;

  // Without an endpoint: a process that has no Redis. The context outlives the scope.
  CacheScope(unsigned number, const CacheContext& context, std::shared_ptr<RedisEndpoint> endpoint)
      : lease(*context.boot_clock),
        breaker(*context.boot_clock, *context.rng),
        number_(number),
        context_(context),
        endpoint_(std::move(endpoint)) {}

  unsigned number() const { return number_; }
  RedisEndpoint* endpoint() const { return endpoint_.get(); }
  // The connection to the process that the row names; null if there is none.
  std::shared_ptr<RedisConnection> To(absl::string_view run_id) const {
    return endpoint_ == nullptr ? nullptr : endpoint_->To(run_id);
  }

  // The transitions of the mode row (protocol.h). Each returns the row as it then is, which the
  // lease knows too; an error is the store's.
  //   ON to CLOSING. `epoch`: that one, and no other; otherwise whichever it is. `why` is told to
  //   operators if this call closed it.
  absl::StatusOr<ModeRow> Close(Run run, absl::optional<std::uint64_t> epoch,
                                absl::string_view why);
  //   CLOSING to OFF, after the fence.
  absl::StatusOr<ModeRow> EndFence(Run run, std::uint64_t epoch);
  //   OFF to ON, for this process of Redis.
  absl::StatusOr<ModeRow> Open(Run run, const std::string& run_id);

  // A commit could not mark or stamp here. Until Mended() was called with a number that Failures()
  // gave after that, the scope must be closed before anything is acknowledged.
  void Failed() { ++failures_; }
  std::uint64_t Failures() const { return failures_; }
  bool NeedsMending() const { return failures_ > mended_; }
  void Mended(std::uint64_t failures);

  ModeLease lease;
  Breaker breaker;  // of reads
  // Of a sole owner of the store: the row is OFF, until it is opened here. Written on write
  // threads.
  std::atomic<bool> known_off{false};

 private:
  struct Changed {
    ModeRow row;
    bool changed = false;
  };
  absl::StatusOr<Changed> Change(Run run, absl::FunctionRef<ModeRow(ModeRow)> change, bool opens);
  void Tell(absl::string_view what) const;

  const unsigned number_;
  const CacheContext& context_;
  const std::shared_ptr<RedisEndpoint> endpoint_;
  std::atomic<std::uint64_t> failures_{0};
  std::atomic<std::uint64_t> mended_{0};
};

// By number, from 0.
using CacheScopes = std::vector<std::unique_ptr<CacheScope>>;

}  // namespace rapport::cache

#endif  // RAPPORT_COMMON_CACHE_CACHE_SCOPE_H_
