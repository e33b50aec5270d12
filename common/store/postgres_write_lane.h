// One lane of writes: a thread with a connection that takes what waits, runs it in one serializable
// transaction, and lets all share one COMMIT.
//
// A lane never gives up on the server: a lost connection is made anew, and the outcome of a COMMIT
// under way when it was lost is found out from rapport_commits.
#ifndef RAPPORT_COMMON_STORE_POSTGRES_WRITE_LANE_H_
#define RAPPORT_COMMON_STORE_POSTGRES_WRITE_LANE_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "common/base/call_context.h"
#include "common/base/uuid.h"
#include "common/store/commit_guard.h"
#include "common/store/postgres_batch.h"
#include "common/store/postgres_commits.h"
#include "common/store/postgres_connection.h"
#include "common/store/sql_catalog.h"
#include "common/store/store.h"
#include "common/store/write_queue.h"
#include "common/time/clock.h"

namespace rapport::store {

// Thread-safe. No lock is held while bodies, effects, listeners or `done`s run.
class PostgresWriteLane {
 public:
  struct Options {
    const time::Clock* clock = nullptr;
    base::Rng* rng = nullptr;
    std::size_t max_queue = 0;  // of all lanes together
    std::size_t max_group = 0;
    absl::Duration patience;  // how long a group waits for a server that went away
    std::string writer;       // unique name of this lane in rapport_commits
    PostgresOpener open;
  };
  // `waiting` counts the bodies that wait in all lanes. All three outlive the lane.
  PostgresWriteLane(const Catalog& catalog, PostgresCommits& commits,
                    std::atomic<std::size_t>& waiting, Options options);
  // Refuses what comes, finishes what waits.
  ~PostgresWriteLane();
  PostgresWriteLane(const PostgresWriteLane&) = delete;
  PostgresWriteLane& operator=(const PostgresWriteLane&) = delete;

  void Submit(const base::CallContext& ctx, base::TenantId tenant, Store::Body body,
              Store::Done done);
  // See Store::SetGuard.
  void SetGuard(CommitGuard* guard) { guard_.store(guard, std::memory_order_release); }

 private:
  using Effects = std::vector<absl::AnyInvocable<void(std::int64_t)>>;
  struct Job {
    absl::Time deadline;
    base::TenantId tenant;
    Store::Body body;
    Store::Done done;
    bool settled = false;  // `status` is the answer, and the body is not run any more
    absl::Status status = {};
    std::int64_t sequence = 0;
    Effects effects = {};
    std::vector<TouchedRow> touched = {};
    bool excludes = false;  // the body asked for it: it runs alone, in a transaction begun so
    // Of this attempt.
    bool finished = false;
    int runs = 0;
    bool foreseen = false;  // all that it reads is known, unless a body before it changes that
  };
  // kUnannounced: rolled back, because the guard refused it.
  enum class Verdict { kCommitted, kNothingToCommit, kUnknown, kUnannounced, kFailed };
  class LaneTx;

  void Loop();
  // Runs the jobs, together or if need be one by one, until every one is settled.
  void Run(absl::Span<Job> jobs);
  // One transaction. kFailed: rolled back, see failure_; the guard is still to hear of it.
  Verdict Attempt(absl::Span<Job> jobs, bool eager);
  // How many bodies succeeded; stops at a failure of the transaction. Bodies of a group run first
  // to find out what they read, all of it is asked for at once, and they run again.
  int RunBodies(absl::Span<Job> jobs, bool eager);
  // kForeseen, kMissed: the body left no trace, and is to be run again.
  enum class Ran { kDone, kForeseen, kMissed, kFailed };
  // `ahead`: only to find out what it reads.
  Ran RunBody(Job& job, PostgresBatch::Mode mode, bool alone, bool ahead);
  // Tells the guard of the rows that the bodies touched.
  bool Announce(absl::Span<Job> jobs);
  Verdict Commit();
  // Settles the jobs of a transaction that ended well, runs the effects and tells the listeners.
  void Finish(absl::Span<Job> jobs, Verdict verdict);
  // Lets the guard void the copies of what was committed; false if some may still be believed.
  bool Void(std::unique_ptr<GuardedCommit> announced);
  // Lets the guard make sure that no copy is believed.
  bool Mend();
  void MendIfDue();
  void Fail(absl::Span<Job> jobs, const absl::Status& why);
  void RunOneByOne(absl::Span<Job> jobs);
  // Settles those whose deadline has passed; false if no job is left.
  bool DropLate(absl::Span<Job> jobs);
  void Answer();

  // A connection that is sound; within the patience, or at once if the server was away already.
  bool Connect(absl::Span<Job> jobs);
  // Whether the transaction whose COMMIT was under way was committed or failed; kUnknown if the
  // server does not say within the patience.
  Verdict FindOutcome();
  absl::StatusOr<Verdict> AskOutcome(const std::string& writer, std::int64_t commit);
  // Makes up for effects of a commit whose outcome came to be known later.
  void CatchUp();

  // The number of the running transaction's commit.
  absl::StatusOr<std::int64_t> CommitNumber();
  absl::StatusOr<std::int64_t> NextSequence();
  // Of all commits of all processes until now: an answer that wrote nothing may repeat one of them.
  std::int64_t LatestSequence();

  const Catalog& catalog_;
  PostgresCommits& commits_;
  const Options options_;

  std::atomic<CommitGuard*> guard_{nullptr};

  WriteQueue<Job> queue_;

  // Only the lane's thread touches these.
  std::unique_ptr<PostgresConnection> connection_;
  bool away_ = false;  // the last patience was in vain
  std::vector<Job> group_;
  PgResult xid_;                        // the answer that names the running transaction
  std::int64_t commit_ = 0;             // its number, once it is known
  std::int64_t place_ = 0;              // writes to tables with a sequence so far
  std::optional<PostgresBatch> batch_;  // of the running transaction
  bool wrote_ = false;
  bool overflow_ = false;                             // more writes than a sequence has room for
  bool overruled_ = false;                            // a body must run in another transaction
  PostgresFailure failure_ = PostgresFailure::kNone;  // of the last attempt
  std::unique_ptr<GuardedCommit> announced_;          // the running transaction
  // Its name in rapport_commits: another one after each commit in doubt, whose mark stays so.
  std::string writer_;
  int writers_ = 0;
  std::string NewWriter() { return options_.writer + "/" + std::to_string(++writers_); }
  struct Unknown {
    std::string writer;
    std::int64_t sequence;
    Effects effects;
    std::unique_ptr<GuardedCommit> announced;
  };
  bool mend_due_ = false;         // copies of a commit that was in doubt may be believed
  std::vector<Unknown> unknown_;  // commits whose outcome is still to be found out

  std::thread thread_;  // last: starts when all else is there
};

}  // namespace rapport::store

#endif  // RAPPORT_COMMON_STORE_POSTGRES_WRITE_LANE_H_
