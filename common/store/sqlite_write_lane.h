// The write lane: one thread that takes what waits, runs it in one transaction, and lets all share
// one sync of the disk. The same connection moves the log into the file, between transactions.
#ifndef RAPPORT_COMMON_STORE_SQLITE_WRITE_LANE_H_
#define RAPPORT_COMMON_STORE_SQLITE_WRITE_LANE_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <thread>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/base/call_context.h"
#include "common/base/mutex.h"
#include "common/store/commit_guard.h"
#include "common/store/sql_catalog.h"
#include "common/store/sqlite_connection.h"
#include "common/store/sqlite_file.h"
#include "common/store/store.h"
#include "common/store/write_queue.h"
#include "common/time/clock.h"

namespace rapport::store {

// Thread-safe. No lock is held while bodies, effects or `done`s run; listeners run under
// listeners_mu_.
class WriteLane {
 public:
  struct Options {
    const time::Clock* clock = nullptr;
    std::size_t max_queue = 0;
    std::size_t max_group = 0;
    std::int64_t checkpoint_bytes = 0;
    std::int64_t sequence = 0;      // the highest one on disk
    FileOwnership* file = nullptr;  // null: in memory
    // What was acknowledged can no longer be promised: the process must stop.
    std::function<void(absl::string_view)> on_fatal;
  };
  // `connection` is the only one that writes; `catalog` outlives the lane.
  WriteLane(std::unique_ptr<Connection> connection, const Catalog& catalog, Options options);
  // Refuses what comes, finishes what waits, closes; SQLite then empties the log into the file.
  ~WriteLane();
  WriteLane(const WriteLane&) = delete;
  WriteLane& operator=(const WriteLane&) = delete;

  void Submit(const base::CallContext& ctx, base::TenantId tenant, Store::Body body,
              Store::Done done);
  std::int64_t committed() const { return committed_.load(std::memory_order_acquire); }
  std::size_t waiting() const { return waiting_.load(std::memory_order_relaxed); }
  // See Store::SetGuard.
  void SetGuard(CommitGuard* guard) { guard_.store(guard, std::memory_order_release); }
  int AddListener(std::function<void(std::int64_t)> listener);
  void RemoveListener(int handle);

 private:
  struct Job {
    absl::Time deadline;
    base::TenantId tenant;
    Store::Body body;
    Store::Done done;
    absl::Status status;
    std::vector<absl::AnyInvocable<void(std::int64_t)>> effects;
    std::vector<TouchedRow> touched;
  };
  class LaneTx;

  void Loop();
  void RunGroup();
  // One transaction of the group.
  absl::Status Attempt();
  // Runs the bodies inside the open transaction. Not OK: the transaction is worthless.
  absl::Status RunBodies();
  absl::Status RunBody(Job& job, bool alone);
  // Tells the guard of the rows that the bodies touched.
  absl::Status Announce();
  absl::Status Commit();
  // The group is committed: runs its effects, and lets the guard void the copies.
  void Settle();
  // Lets the guard make sure that no copy is believed.
  absl::Status Mend();
  absl::Status RunForGuard(absl::FunctionRef<absl::Status(Tx&)> body);
  void Abandon(const absl::Status& why);
  void Answer();
  // Writes the log back once it has grown beyond the limit; all of it if `idle`.
  void Checkpoint(bool idle);
  void Fatal(absl::string_view what);

  const std::unique_ptr<Connection> connection_;
  const Catalog& catalog_;
  const Options options_;

  std::atomic<std::size_t> waiting_{0};
  WriteQueue<Job> queue_;

  base::Mutex listeners_mu_;
  std::map<int, std::function<void(std::int64_t)>> listeners_ ABSL_GUARDED_BY(listeners_mu_);
  int next_listener_ ABSL_GUARDED_BY(listeners_mu_) = 1;

  std::atomic<CommitGuard*> guard_{nullptr};
  std::atomic<std::int64_t> committed_;

  // Only the write thread touches these.
  std::vector<Job> group_;
  std::int64_t sequence_;      // the last one given, in the running transaction
  bool forgets_rows_ = false;  // the group deleted rows that may hold the highest sequence
  std::unique_ptr<GuardedCommit> announced_;
  bool unannounced_ = false;  // the last attempt was rolled back because the guard refused
  bool broken_ = false;
  int log_frames_ = 1;  // of the write-ahead log; at first unknown, but not empty
  int last_frames_ = 0;
  int checkpoint_at_ = 0;
  absl::Time next_rescue_ = absl::InfinitePast();

  std::thread thread_;  // last: starts when all else is there
};

}  // namespace rapport::store

#endif  // RAPPORT_COMMON_STORE_SQLITE_WRITE_LANE_H_
