// Reads of rows through the shared cache. An answer is never older than a write that was
// acknowledged before the read began: it comes from Redis only under the trust of protocol.h, and
// from the store otherwise.
#ifndef RAPPORT_COMMON_CACHE_COHERENT_READS_H_
#define RAPPORT_COMMON_CACHE_COHERENT_READS_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/id.h"
#include "common/cache/cache_scope.h"
#include "common/cache/coalescer.h"
#include "common/cache/entry.h"
#include "common/cache/in_use.h"
#include "common/cache/loop_timer.h"
#include "common/cache/negative_gate.h"
#include "common/cache/scripts.h"
#include "common/store/store.h"

namespace rapport::cache {

// What a reader asked for.
struct CachedRow {
  bool exists = false;
  std::uint64_t version = 0;  // Store::VersionOf the sequence of the row; 0 if there is none
  std::string payload;        // what the caller makes of the row
  absl::Duration age = absl::ZeroDuration();  // it was coherent so long ago; see bounded_reads.h
};

class Loading;
// Begins a read of the row from the store: without blocking, on a thread of a Redis loop or of an
// earlier load. It calls BeginRead() right before it takes the snapshot, and Finish() with what it
// found there (no row is no error). Several readers may share one load.
using Load = absl::AnyInvocable<void(std::unique_ptr<Loading>) const>;

struct LoadKey {
  std::string name;
  std::shared_ptr<const Load> load;  // the first reader's, and keeps that read in use
  friend bool operator==(const LoadKey& a, const LoadKey& b) { return a.name == b.name; }
  template <class H>
  friend H AbslHashValue(H h, const LoadKey& key) {
    return H::combine(std::move(h), key.name);
  }
};

// One read of the store. Destroying it unfinished fails it with CANCELLED.
class Loading {
 public:
  using Loads = Coalescer<LoadKey, CachedRow>;
  explicit Loading(std::unique_ptr<Loads::Load> load)
      : begun_(load->key().load), load_(std::move(load)) {}
  // The latest deadline of those who wait; InfinitePast if nobody does any more.
  absl::Time BeginRead() { return load_->BeginRead(); }
  void Finish(const absl::StatusOr<CachedRow>& result) { load_->Finish(result); }

 private:
  const std::shared_ptr<const Load> begun_;  // goes last
  const std::unique_ptr<Loads::Load> load_;
};

// Thread-safe; nothing blocks.
class CoherentReads {
 public:
  // All outlive it, but the store is not used: loads do that.
  struct Parts {
    const CacheContext* context = nullptr;
    const CacheScopes* scopes = nullptr;  // without endpoints: all reads are loads
    LoopTimer* timer = nullptr;
    absl::Duration read_budget = kReadBudget;
  };
  // Called once: on the thread of the Redis loop or of a load, or within Get. DEADLINE_EXCEEDED
  // about 10 ms after the deadline, or what the load failed with.
  using Done = absl::AnyInvocable<void(absl::StatusOr<CachedRow>)>;

  explicit CoherentReads(const Parts& parts);
  // Waits for reads and loads under way; there must be no new ones.
  ~CoherentReads();

  // The row of a guarded table with this primary key. `tenant` is the verified caller's.
  void Get(const base::TenantId& tenant, const store::Table& table,
           absl::Span<const store::Value> key, absl::Time deadline, Load load, Done done);

 private:
  struct Call;
  using CallPtr = std::shared_ptr<Call>;
  // What a miss leads to: the lease, or waiting for the reader that has it.
  enum class Stage : std::uint8_t { kGet, kWait };

  // The steps of a read, in the order in which they happen.
  void AskRedis(const CallPtr& call, Stage stage);
  void OnReply(const CallPtr& call, absl::StatusOr<RedisReply> reply);
  void OnEntry(const CallPtr& call, std::string bytes);
  void AskLease(const CallPtr& call);
  void Wait(const CallPtr& call);
  void LoadAndFill(const CallPtr& call);
  void Fill(const CallPtr& call, const CachedRow& row);

  void RefreshBehind(const CallPtr& hit);
  void GoAround(const CallPtr& call, Bypass why);
  // Gives the lease back unused.
  void Release(const Call& call);
  void StartLoad(const CallPtr& call, Loading::Loads::Done done);
  void ArmExpiry(InUse::Token token);
  // Before and after each command of a read. Goes around, and says false, if there is no time left
  // or the breaker says no.
  bool MaySend(const CallPtr& call);
  void Judge(const Call& call, const absl::Status& status);

  const Parts parts_;
  const CacheContext& context_;
  NegativeGate negatives_;
  Loading::Loads loads_;
  std::atomic<bool> expiry_armed_{false};
  InUse in_use_;
};

}  // namespace rapport::cache

#endif  // RAPPORT_COMMON_CACHE_COHERENT_READS_H_
