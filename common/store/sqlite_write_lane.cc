#include "common/store/sqlite_write_lane.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/base/errors.h"
#include "common/base/failpoint.h"
#include "common/base/status_macros.h"
#include "common/store/sqlite_access.h"
#include "common/store/sqlite_schema.h"
#include "common/store/touched_rows.h"

namespace rapport::store {
namespace {

constexpr int kPageBytes = 4096;
// After this silence the log is emptied and cut.
constexpr absl::Duration kIdle = absl::Seconds(1);
// How long the writer may wait for readers when the log has grown to many times its limit.
constexpr int kPatienceMs = 50;
constexpr int kPatienceFactor = 4;
// On a full disk, how often to try whether writing back the log gives room.
constexpr absl::Duration kRescueInterval = absl::Seconds(1);

int RememberLogSize(void* frames, sqlite3*, const char*, int count) {
  *static_cast<int*>(frames) = count;
  return SQLITE_OK;
}

}  // namespace

class WriteLane::LaneTx final : public Tx {
 public:
  LaneTx(WriteLane& lane, Job& job)
      : lane_(lane),
        job_(job),
        access_(*lane.connection_, lane.catalog_, job.tenant),
        touched_(lane.guard_.load(std::memory_order_acquire), lane.catalog_, 0) {}

  absl::StatusOr<std::optional<Row>> Get(const Table& table, absl::Span<const Value> key) override {
    return access_.Get(table, key);
  }
  absl::Status Scan(const Table& table, const Range& range,
                    absl::FunctionRef<bool(Row&)> visit) override {
    return access_.Scan(table, range, visit);
  }
  absl::StatusOr<std::int64_t> Put(const Table& table, Row row) override {
    return Sequenced(table, row, access_.Put(table, row, lane_.sequence_ + 1));
  }
  absl::StatusOr<std::int64_t> Insert(const Table& table, Row row) override {
    return Sequenced(table, row, access_.Insert(table, row, lane_.sequence_ + 1));
  }
  absl::Status Delete(const Table& table, absl::Span<const Value> key) override {
    RETURN_IF_ERROR(touched_.CheckDelete(table));
    if (table.sequence_column >= 0) lane_.forgets_rows_ = true;
    return access_.Delete(table, key);
  }
  void OnCommit(absl::AnyInvocable<void(std::int64_t)> effect) override {
    job_.effects.push_back(std::move(effect));
  }
  const base::TenantId& tenant() const override { return job_.tenant; }
  absl::Status Touch(absl::string_view table, absl::Span<const Value> key) override {
    return touched_.Touch(*this, table, key);
  }
  absl::Span<const TouchedRow> touched() const override { return touched_.rows(); }
  absl::Status Exclude() override { return absl::OkStatus(); }  // this lane is the only writer

  std::vector<TouchedRow> TakeTouched() { return touched_.Take(); }

 private:
  absl::StatusOr<std::int64_t> Sequenced(const Table& table, const Row& row, absl::Status written) {
    RETURN_IF_ERROR(written);
    if (table.sequence_column < 0) return 0;
    touched_.Wrote(job_.tenant, table, row, ++lane_.sequence_);
    return lane_.sequence_;
  }

  WriteLane& lane_;
  Job& job_;
  SqliteAccess access_;
  TouchedRows touched_;
};

WriteLane::WriteLane(std::unique_ptr<Connection> connection, const Catalog& catalog,
                     Options options)
    : connection_(std::move(connection)),
      catalog_(catalog),
      options_(std::move(options)),
      queue_(options_.max_queue, options_.max_group, waiting_),
      committed_(options_.sequence),
      sequence_(options_.sequence),
      checkpoint_at_(static_cast<int>(options_.checkpoint_bytes / kPageBytes)) {
  sqlite3_wal_hook(connection_->db(), RememberLogSize, &log_frames_);
  thread_ = std::thread([this] { Loop(); });
}

WriteLane::~WriteLane() {
  queue_.Close();
  thread_.join();
}

void WriteLane::Submit(const base::CallContext& ctx, base::TenantId tenant, Store::Body body,
                       Store::Done done) {
  queue_.Add({ctx.deadline, std::move(tenant), std::move(body), std::move(done), {}, {}, {}});
}

int WriteLane::AddListener(std::function<void(std::int64_t)> listener) {
  base::MutexLock lock(&listeners_mu_);
  listeners_.emplace(next_listener_, std::move(listener));
  return next_listener_++;
}

void WriteLane::RemoveListener(int handle) {
  base::MutexLock lock(&listeners_mu_);
  listeners_.erase(handle);
}

void WriteLane::Loop() {
  for (;;) {
    const absl::Duration patience = log_frames_ == 0 ? absl::InfiniteDuration() : kIdle;
    switch (queue_.Take(patience, &group_)) {
      case WriteQueue<Job>::Taken::kClosed:
        return;
      case WriteQueue<Job>::Taken::kNothingInTime:
        Checkpoint(true);
        // What readers still hold is written back after the next commit.
        log_frames_ = 0;
        break;
      case WriteQueue<Job>::Taken::kSome:
        if (group_.empty()) break;
        RunGroup();
        group_.clear();
        Checkpoint(false);
        break;
    }
  }
}

void WriteLane::RunGroup() {
  if (broken_) {
    Abandon(errors::StoreUnavailable());
  } else {
    absl::Status status = Attempt();
    while (unannounced_ && Mend().ok()) status = Attempt();
    if (status.ok()) {
      Settle();
    } else {
      const int failure = connection_->failure();
      if (connection_->in_transaction()) connection_->Run("ROLLBACK");
      Abandon(status);
      if ((failure & 0xff) == SQLITE_IOERR && failure != SQLITE_IOERR_NOMEM) {
        Fatal("reading or writing the file failed");
      }
      if (failure == SQLITE_FULL && options_.clock->Now() >= next_rescue_) {
        next_rescue_ = options_.clock->Now() + kRescueInterval;
        Checkpoint(true);
      }
    }
  }
  Answer();
}

absl::Status WriteLane::Attempt() {
  forgets_rows_ = false;
  unannounced_ = false;
  connection_->ForgetFailure();
  if (const int code = connection_->Run("BEGIN IMMEDIATE"); code != SQLITE_OK) {
    return connection_->Translate(code);
  }
  absl::Status status = RunBodies();
  base::Failpoint(base::Place::kInTransaction);
  if (status.ok()) status = Announce();
  if (unannounced_) {
    connection_->Run("ROLLBACK");
    sequence_ = committed();
  }
  if (status.ok()) status = Commit();
  if (!status.ok() && announced_ != nullptr) {
    announced_->Finish(GuardedCommit::Outcome::kRolledBack).IgnoreError();
    announced_.reset();
  }
  return status;
}

absl::Status WriteLane::Announce() {
  CommitGuard* const guard = guard_.load(std::memory_order_acquire);
  if (guard == nullptr) return absl::OkStatus();
  std::vector<TouchedRow> rows;
  for (Job& job : group_) {
    std::move(job.touched.begin(), job.touched.end(), std::back_inserter(rows));
    job.touched.clear();
  }
  if (rows.empty()) return absl::OkStatus();
  Job job{absl::InfiniteFuture(), guard->tenant(), {}, {}, {}, {}, {}};
  LaneTx tx(*this, job);
  auto announced = guard->Announce(tx, rows);
  if (announced.ok()) {
    announced_ = *std::move(announced);
    return absl::OkStatus();
  }
  if (connection_->failure() != SQLITE_OK) return announced.status();  // it could not even look
  unannounced_ = true;
  return errors::StoreUnavailable();
}

void WriteLane::Settle() {
  const std::int64_t sequence = committed();
  for (Job& job : group_) {
    for (auto& effect : job.effects) effect(sequence);
    job.effects.clear();
  }
  if (announced_ == nullptr) return;
  const absl::Status finished = announced_->Finish(GuardedCommit::Outcome::kCommitted);
  announced_.reset();
  if (finished.ok() || Mend().ok()) return;
  // It is done, but must not be acknowledged while older copies may be believed.
  for (Job& job : group_) {
    if (job.status.ok()) job.status = errors::DeadlinePassed();
  }
}

absl::Status WriteLane::Mend() {
  return guard_.load(std::memory_order_acquire)
      ->Mend([this](absl::FunctionRef<absl::Status(Tx&)> body) { return RunForGuard(body); });
}

absl::Status WriteLane::RunForGuard(absl::FunctionRef<absl::Status(Tx&)> body) {
  connection_->ForgetFailure();
  if (const int code = connection_->Run("BEGIN IMMEDIATE"); code != SQLITE_OK) {
    return connection_->Translate(code);
  }
  Job job{
      absl::InfiniteFuture(), guard_.load(std::memory_order_acquire)->tenant(), {}, {}, {}, {}, {}};
  LaneTx tx(*this, job);
  absl::Status status = body(tx);
  if (status.ok() && connection_->failure() == SQLITE_OK) status = Commit();
  if (connection_->in_transaction()) connection_->Run("ROLLBACK");
  if (!status.ok()) sequence_ = committed();
  return status;
}

absl::Status WriteLane::RunBodies() {
  const bool alone = group_.size() == 1;
  for (Job& job : group_) {
    job.effects.clear();
    job.touched.clear();
    if (job.deadline < options_.clock->Now()) {
      job.status = errors::DeadlinePassed();
      continue;
    }
    RETURN_IF_ERROR(RunBody(job, alone));
  }
  return absl::OkStatus();
}

absl::Status WriteLane::RunBody(Job& job, bool alone) {
  const std::int64_t before = sequence_;
  if (!alone) {
    if (const int code = connection_->Run("SAVEPOINT body"); code != SQLITE_OK) {
      return connection_->Translate(code);
    }
  }
  {
    LaneTx tx(*this, job);
    job.status = job.body(tx);
    if (job.status.ok()) job.touched = tx.TakeTouched();
  }
  // Even if the body went on after such an error, its group must not be committed.
  if (const int failure = connection_->failure(); failure != SQLITE_OK) {
    const absl::Status why =
        failure == SQLITE_FULL ? errors::StoreFull() : errors::StoreUnavailable();
    if (!absl::IsDataLoss(job.status)) job.status = why;
    return why;
  }
  if (!connection_->in_transaction()) return errors::StoreUnavailable();
  int code = SQLITE_OK;
  if (!job.status.ok()) {
    sequence_ = before;
    job.effects.clear();
    code = connection_->Run(alone ? "ROLLBACK" : "ROLLBACK TO body");
  }
  if (!alone && code == SQLITE_OK) code = connection_->Run("RELEASE body");
  return code == SQLITE_OK ? absl::OkStatus() : connection_->Translate(code);
}

absl::Status WriteLane::Commit() {
  if (!connection_->in_transaction()) return absl::OkStatus();  // the only body failed
  if (forgets_rows_) RETURN_IF_ERROR(RememberSequence(*connection_, sequence_));
  if (options_.file != nullptr && connection_->FileMoved()) {
    Fatal("the file was moved, removed or replaced");
    return errors::StoreUnavailable();
  }
  base::Failpoint(base::Place::kBeforeCommit);
  const int code = connection_->Run("COMMIT");
  if (code != SQLITE_OK) return connection_->Translate(code);
  base::Failpoint(base::Place::kAfterCommit);
  if (options_.file != nullptr) options_.file->Advance(sequence_);
  committed_.store(sequence_, std::memory_order_release);
  return absl::OkStatus();
}

void WriteLane::Abandon(const absl::Status& why) {
  sequence_ = committed();
  for (Job& job : group_) {
    job.effects.clear();
    // A body that was refused for its own reasons keeps them.
    if (job.status.ok()) job.status = why;
  }
}

void WriteLane::Answer() {
  const std::int64_t sequence = committed();
  bool committed_something = false;
  for (const Job& job : group_) committed_something = committed_something || job.status.ok();
  if (committed_something) {
    base::MutexLock lock(&listeners_mu_);
    for (const auto& [handle, listener] : listeners_) listener(sequence);
  }
  for (Job& job : group_) {
    if (job.status.ok()) {
      job.done(sequence);
    } else {
      job.done(std::move(job.status));
    }
  }
}

void WriteLane::Checkpoint(bool idle) {
  const int limit = static_cast<int>(options_.checkpoint_bytes / kPageBytes);
  if (log_frames_ < last_frames_) checkpoint_at_ = limit;  // the log began anew
  last_frames_ = log_frames_;
  if (broken_ || log_frames_ == 0 || (!idle && log_frames_ < checkpoint_at_)) return;
  const bool patient = log_frames_ > kPatienceFactor * limit;
  if (patient) sqlite3_busy_timeout(connection_->db(), kPatienceMs);
  // The log is reused in place while there is work: growing a file costs more than writing it.
  const int mode = idle      ? SQLITE_CHECKPOINT_TRUNCATE
                   : patient ? SQLITE_CHECKPOINT_RESTART
                             : SQLITE_CHECKPOINT_PASSIVE;
  base::Failpoint(base::Place::kInCheckpoint);
  const int code = sqlite3_wal_checkpoint_v2(connection_->db(), nullptr, mode, nullptr, nullptr);
  if (patient) sqlite3_busy_timeout(connection_->db(), 0);
  // Until no reader needs the log, it cannot begin anew: go on when it has grown some more.
  checkpoint_at_ = log_frames_ + std::max(limit, log_frames_) / 4 + 1;
  if (code == SQLITE_OK && idle) log_frames_ = 0;
  if (code == SQLITE_OK || code == SQLITE_BUSY || connection_->IsFull(code)) return;
  const absl::Status ignored = connection_->Translate(code);
  if ((code & 0xff) == SQLITE_IOERR && code != SQLITE_IOERR_NOMEM) {
    Fatal("writing the log back into the file failed");
  }
}

void WriteLane::Fatal(absl::string_view what) {
  broken_ = true;
  // Nothing more may be written, not even on the way out.
  sqlite3_db_config(connection_->db(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  options_.on_fatal(what);
}

}  // namespace rapport::store
