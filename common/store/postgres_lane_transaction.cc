// One transaction of a lane: its bodies run, their rows are sent, the guard hears of them, COMMIT.
#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/string_view.h"
#include "common/base/errors.h"
#include "common/base/failpoint.h"
#include "common/base/status_macros.h"
#include "common/store/postgres_access.h"
#include "common/store/postgres_write_lane.h"
#include "common/store/touched_rows.h"

namespace rapport::store {
namespace {

// A body of a group runs so often only to find out what it reads, then its reads are answered one
// by one.
constexpr int kGatheringRuns = 8;
// Rows that wait to be sent. A lone body sends them while it runs, so that the server works too; in
// a group that would leave no way back.
constexpr std::size_t kRowsAhead = 256;
constexpr std::size_t kRowsOfGroup = 8192;

}  // namespace

class PostgresWriteLane::LaneTx final : public Tx {
 public:
  LaneTx(PostgresWriteLane& lane, Job& job, PostgresBatch::Mode mode, bool alone)
      : lane_(lane),
        job_(job),
        alone_(alone),
        touched_(lane.guard_.load(std::memory_order_acquire), lane.catalog_, kPlaceBits) {
    lane_.batch_->Begin(job.tenant, mode);
  }

  absl::StatusOr<std::optional<Row>> Get(const Table& table, absl::Span<const Value> key) override {
    return lane_.batch_->Get(table, key);
  }
  absl::Status GetMany(const Table& table, absl::Span<const std::vector<Value>> keys,
                       absl::FunctionRef<void(std::size_t place, Row& row)> visit) override {
    Range row;
    row.limit = 1;
    for (const std::vector<Value>& key : keys) {
      row.prefix = key;
      Expect(table, row);
    }
    return Tx::GetMany(table, keys, visit);
  }
  absl::Status Scan(const Table& table, const Range& range,
                    absl::FunctionRef<bool(Row&)> visit) override {
    return lane_.batch_->Scan(table, range, visit);
  }
  absl::StatusOr<std::int64_t> Put(const Table& table, Row row) override {
    return Write(table, row, &PostgresBatch::Put);
  }
  absl::StatusOr<std::int64_t> Insert(const Table& table, Row row) override {
    return Write(table, row, &PostgresBatch::Insert);
  }
  absl::Status Delete(const Table& table, absl::Span<const Value> key) override {
    RETURN_IF_ERROR(touched_.CheckDelete(table));
    return lane_.batch_->Delete(table, key);
  }
  void Expect(const Table& table, const Range& range) override {
    lane_.batch_->Expect(table, range);
  }
  bool Expecting() const override { return job_.runs == 0; }
  void OnCommit(absl::AnyInvocable<void(std::int64_t)> effect) override {
    job_.effects.push_back(std::move(effect));
  }
  const base::TenantId& tenant() const override { return job_.tenant; }
  absl::Status Touch(absl::string_view table, absl::Span<const Value> key) override {
    return touched_.Touch(*this, table, key);
  }
  absl::Span<const TouchedRow> touched() const override { return touched_.rows(); }
  absl::Status Exclude() override {
    if (alone_ && job_.excludes) return lane_.connection_->Wait();  // the transaction began so
    job_.excludes = true;
    lane_.overruled_ = true;
    return absl::AbortedError("again, with no others");
  }

  std::vector<TouchedRow> TakeTouched() { return touched_.Take(); }

 private:
  absl::StatusOr<std::int64_t> Write(const Table& table, Row& row,
                                     absl::Status (PostgresBatch::*write)(const Table&, Row&,
                                                                          std::int64_t)) {
    if (table.sequence_column < 0) {
      RETURN_IF_ERROR(((*lane_.batch_).*write)(table, row, 0));
      return 0;
    }
    ASSIGN_OR_RETURN(const std::int64_t sequence, lane_.NextSequence());
    const auto keys = std::min(row.size(), static_cast<std::size_t>(table.key_columns));
    const Row key(row.begin(), row.begin() + static_cast<std::ptrdiff_t>(keys));
    RETURN_IF_ERROR(((*lane_.batch_).*write)(table, row, sequence));
    ++lane_.place_;
    touched_.Wrote(job_.tenant, table, key, sequence);
    return sequence;
  }

  PostgresWriteLane& lane_;
  Job& job_;
  const bool alone_;
  TouchedRows touched_;
};

PostgresWriteLane::Verdict PostgresWriteLane::Attempt(absl::Span<Job> jobs, bool eager) {
  xid_.reset();
  commit_ = 0;
  place_ = 0;
  wrote_ = false;
  overflow_ = false;
  overruled_ = false;
  batch_.emplace(*connection_, catalog_);
  connection_->Queue(KeyOf(PostgresCommand::kBeginWrite), "BEGIN ISOLATION LEVEL SERIALIZABLE");
  // Before the snapshot, so that it holds what those have done who were waited for (Tx::Exclude);
  // and at once, because two who both want more than they have would wait for each other.
  if (jobs.size() == 1 && jobs[0].excludes) {
    connection_->Queue(KeyOf(PostgresCommand::kExclude),
                       "LOCK TABLE rapport_commits IN SHARE ROW EXCLUSIVE MODE");
  } else {
    connection_->Queue(KeyOf(PostgresCommand::kShare),
                       "LOCK TABLE rapport_commits IN ROW EXCLUSIVE MODE");
  }
  // The snapshot is taken before the id: of two transactions that write the same row, the one that
  // commits later has the higher id.
  connection_->Queue(KeyOf(PostgresCommand::kXid), "SELECT pg_current_xact_id()", &xid_);
  if (CommitGuard* const guard = guard_.load(std::memory_order_acquire)) {
    Job own{absl::InfiniteFuture(), guard->tenant(), {}, {}};
    LaneTx tx(*this, own, {}, true);
    guard->Expect(tx);
  }
  const int succeeded = RunBodies(jobs, eager);
  base::Failpoint(base::Place::kInTransaction);
  Verdict verdict = Verdict::kFailed;
  if (connection_->failure() == PostgresFailure::kNone && !overflow_ && !overruled_) {
    if (succeeded == 0) {
      verdict = Verdict::kNothingToCommit;
    } else {
      batch_->Send();
      connection_->Push();  // the server works while the guard announces
      if (Announce(jobs)) {
        verdict = Commit();
      } else if (connection_->failure() == PostgresFailure::kNone) {
        verdict = Verdict::kUnannounced;  // otherwise the guard could not even look
      }
    }
  }
  failure_ = connection_->failure();
  if (overflow_ || (verdict == Verdict::kFailed && failure_ == PostgresFailure::kNone)) {
    failure_ = PostgresFailure::kRefused;
  }
  if (verdict == Verdict::kCommitted || verdict == Verdict::kUnknown) return verdict;
  connection_->Rollback();
  return verdict;
}

bool PostgresWriteLane::Announce(absl::Span<Job> jobs) {
  CommitGuard* const guard = guard_.load(std::memory_order_acquire);
  if (guard == nullptr) return true;
  std::vector<TouchedRow> rows;
  for (Job& job : jobs) {
    std::move(job.touched.begin(), job.touched.end(), std::back_inserter(rows));
    job.touched.clear();
  }
  if (rows.empty()) return true;
  Job own{absl::InfiniteFuture(), guard->tenant(), {}, {}};
  LaneTx tx(*this, own, {.most_unsent = kRowsOfGroup}, true);
  auto announced = guard->Announce(tx, rows);
  if (!announced.ok()) return false;
  announced_ = *std::move(announced);
  return true;
}

int PostgresWriteLane::RunBodies(absl::Span<Job> jobs, bool eager) {
  std::size_t left = 0;
  for (Job& job : jobs) {
    job.finished = job.settled;
    job.runs = 0;
    job.foreseen = false;
    left += job.settled ? 0 : 1;
  }
  int succeeded = 0;
  while (left > 0) {
    // From here on bodies run only to find out what they read: one before them must run again.
    bool ahead = false;
    for (Job& job : jobs) {
      if (job.finished) continue;
      const bool long_one = job.runs >= kGatheringRuns;
      if (ahead && (job.foreseen || long_one)) continue;
      const PostgresBatch::Mode mode = {.gather = left > 1 && !long_one,
                                        .most_unsent = eager              ? 1
                                                       : jobs.size() == 1 ? kRowsAhead
                                                                          : kRowsOfGroup};
      switch (RunBody(job, mode, jobs.size() == 1, ahead)) {
        case Ran::kDone:
          --left;
          succeeded += job.status.ok() ? 1 : 0;
          break;
        case Ran::kForeseen:
          break;
        case Ran::kMissed:
          ahead = true;
          break;
        case Ran::kFailed:
          return 0;
      }
    }
    if (ahead && !batch_->Fetch().ok()) return 0;
  }
  return succeeded;
}

PostgresWriteLane::Ran PostgresWriteLane::RunBody(Job& job, PostgresBatch::Mode mode, bool alone,
                                                  bool ahead) {
  job.effects.clear();
  job.touched.clear();
  if (job.deadline < options_.clock->Now()) {
    job.status = errors::DeadlinePassed();
    job.finished = true;
    return Ran::kDone;
  }
  const std::int64_t before = place_;
  LaneTx tx(*this, job, mode, alone);
  job.status = job.body(tx);
  ++job.runs;
  // Even if the body went on after such an error, its group must not be committed.
  if (connection_->failure() != PostgresFailure::kNone || overflow_ || overruled_) {
    return Ran::kFailed;
  }
  const bool missed = batch_->missed();
  if (!missed && !ahead && job.status.ok()) {
    job.touched = tx.TakeTouched();
    batch_->Keep();
    job.finished = true;
    return Ran::kDone;
  }
  job.effects.clear();
  place_ = before;
  if (!batch_->Undo()) {
    // The server has some of it. Alone nothing is committed then.
    overflow_ = !alone;
    if (overflow_) return Ran::kFailed;
  }
  if (missed) {
    if (batch_->large()) job.runs = kGatheringRuns;
    return Ran::kMissed;
  }
  job.foreseen = ahead;
  job.finished = !ahead;
  return ahead ? Ran::kForeseen : Ran::kDone;
}

PostgresWriteLane::Verdict PostgresWriteLane::Commit() {
  batch_->Send();
  wrote_ = batch_->wrote();
  if (wrote_) {
    const auto number = CommitNumber();
    if (!number.ok()) return Verdict::kFailed;
    PostgresParams mark;
    mark.AddText(writer_);
    mark.AddInt(*number);
    // A server that waits for its standbys at the COMMIT must not give up waiting and report
    // success.
    connection_->Queue(
        KeyOf(PostgresCommand::kMark),
        [] {
          return std::string(
              "INSERT INTO rapport_commits(writer,number) VALUES($1,$2) ON CONFLICT(writer) DO "
              "UPDATE SET number=excluded.number,time=now() "
              "RETURNING set_config('statement_timeout','0',true)");
        },
        mark);
  }
  PgResult answer;
  base::Failpoint(base::Place::kBeforeCommit);
  connection_->Queue(KeyOf(PostgresCommand::kCommit), "COMMIT", &answer);
  if (connection_->Wait().ok()) {
    base::Failpoint(base::Place::kAfterCommit);
    const bool committed = absl::string_view(PQcmdStatus(answer.get())) == "COMMIT";
    return committed ? Verdict::kCommitted : Verdict::kFailed;
  }
  return wrote_ && connection_->broken() ? Verdict::kUnknown : Verdict::kFailed;
}

absl::StatusOr<std::int64_t> PostgresWriteLane::CommitNumber() {
  if (commit_ == 0) {
    if (xid_ == nullptr) RETURN_IF_ERROR(batch_->Fetch());
    RETURN_IF_ERROR(connection_->status());
    commit_ = DecodeInt(xid_.get(), 0, 0) + commits_.base();
  }
  return commit_;
}

absl::StatusOr<std::int64_t> PostgresWriteLane::NextSequence() {
  ASSIGN_OR_RETURN(const std::int64_t commit, CommitNumber());
  if (place_ >= kMaxPlace) {
    overflow_ = true;
    return errors::Bug();
  }
  return SequenceOf(commit, place_ + 1);
}

}  // namespace rapport::store
