// Writes and the shared cache: every commit that changes cached rows marks them in Redis before and
// stamps them after, as protocol.h says; if Redis does not answer, the cache is closed and nobody
// believes it any more when the commit is acknowledged.
//
// Against the general protocol it is simpler by one loop. The mode row is read inside the
// transaction, from the one snapshot that it has (so it costs no round trip of its own: Expect),
// and the rows are marked before the commit. OPEN excludes all other writes (Tx::Exclude), so the
// row cannot be opened between that snapshot and the commit; nor closed and switched off in a way
// that matters, because a mark that nobody needs does no harm.
#ifndef RAPPORT_COMMON_CACHE_CACHE_GUARD_H_
#define RAPPORT_COMMON_CACHE_CACHE_GUARD_H_

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/cache/cache_scope.h"
#include "common/store/commit_guard.h"

namespace rapport::cache {

// Thread-safe. Blocks write lanes: for two round trips a commit while Redis is well (of all scopes
// side by side); once, for at most kMarkTries * mark_budget + FenceLength(kModeLease) and three
// small transactions, when it fails; not at all while the cache is OFF.
class CacheGuard final : public store::CommitGuard {
 public:
  // All outlive the guard.
  struct Parts {
    const CacheContext* context = nullptr;
    // At least one. Without endpoints: a process without Redis, which need not know how many there
    // are (so there are kMaxScopes). Its first write closes all that are ON.
    const CacheScopes* scopes = nullptr;
    bool sole_owner = false;  // no other process writes to the store
    absl::Duration mark_budget = kMarkBudget;
  };
  explicit CacheGuard(const Parts& parts) : parts_(parts), context_(*parts.context) {}

  bool Guards(const store::Table& table) const override {
    return context_.tables->Find(table) != nullptr;
  }
  const base::TenantId& tenant() const override;
  void Expect(store::Tx& tx) override;
  absl::StatusOr<std::unique_ptr<store::GuardedCommit>> Announce(
      store::Tx& tx, absl::Span<const store::TouchedRow> rows) override;
  // Closes the scopes in which something failed; all of them if nobody says which.
  absl::Status Mend(Run run) override;

 private:
  bool AllKnownOff() const;
  absl::StatusOr<std::unique_ptr<store::GuardedCommit>> AnnounceWithoutRedis(store::Tx& tx);
  // The connection to the process that the row names; waits for one that is just being made.
  absl::StatusOr<std::shared_ptr<RedisConnection>> Connect(const CacheScope& scope,
                                                           const ModeRow& row,
                                                           absl::Duration until) const;

  const Parts parts_;
  const CacheContext& context_;
};

}  // namespace rapport::cache

#endif  // RAPPORT_COMMON_CACHE_CACHE_GUARD_H_
