#include "common/store/postgres_write_lane.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

#include "absl/strings/string_view.h"
#include "common/base/errors.h"
#include "common/base/failpoint.h"
#include "common/base/status_macros.h"
#include "common/store/postgres_access.h"
#include "common/store/touched_rows.h"

namespace rapport::store {
namespace {

using SteadyClock = std::chrono::steady_clock;

// A group that meets conflicts is tried again so often, then its bodies go one by one.
constexpr int kGroupAttempts = 5;
constexpr int kLoneAttempts = 50;
// A body of a group runs so often only to find out what it reads, then its reads are answered one
// by one.
constexpr int kGatheringRuns = 8;
// Rows that wait to be sent. A lone body sends them while it runs, so that the server works too; in
// a group that would leave no way back.
constexpr std::size_t kRowsAhead = 256;
constexpr std::size_t kRowsOfGroup = 8192;
// Pauses between attempts are random up to a limit that doubles.
constexpr int kMaxJitterMs = 64;
constexpr absl::Duration kFirstRetry = absl::Milliseconds(5);
constexpr absl::Duration kLastRetry = absl::Milliseconds(250);
constexpr absl::Duration kOutcomeRetry = absl::Milliseconds(20);

// It was rolled back.
void Withdraw(std::unique_ptr<GuardedCommit> announced) {
  if (announced != nullptr) announced->Finish(GuardedCommit::Outcome::kRolledBack).IgnoreError();
}

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

PostgresWriteLane::PostgresWriteLane(const Catalog& catalog, PostgresCommits& commits,
                                     std::atomic<std::size_t>& waiting, Options options)
    : catalog_(catalog),
      commits_(commits),
      options_(std::move(options)),
      queue_(options_.max_queue, options_.max_group, waiting),
      writer_(options_.writer) {
  thread_ = std::thread([this] { Loop(); });
}

PostgresWriteLane::~PostgresWriteLane() {
  queue_.Close();
  thread_.join();
}

void PostgresWriteLane::Submit(const base::CallContext& ctx, base::TenantId tenant,
                               Store::Body body, Store::Done done) {
  queue_.Add({ctx.deadline, std::move(tenant), std::move(body), std::move(done)});
}

void PostgresWriteLane::Loop() {
  for (;;) {
    const absl::Duration patience = unknown_.empty() ? absl::InfiniteDuration() : kLastRetry;
    if (queue_.Take(patience, &group_) == WriteQueue<Job>::Taken::kClosed) return;
    if (!group_.empty()) {
      Run(absl::MakeSpan(group_));
      Answer();
      group_.clear();
    } else if (!unknown_.empty() && Connect({})) {
      CatchUp();
      MendIfDue();
    }
  }
}

void PostgresWriteLane::Run(absl::Span<Job> jobs) {
  const bool alone = jobs.size() == 1;
  for (int attempt = 1;; ++attempt) {
    if (!DropLate(jobs)) return;
    if (!Connect(jobs)) return Fail(jobs, errors::StoreUnavailable());
    MendIfDue();
    // It runs transactions of its own, and the server may have gone away in the meantime.
    if (connection_ == nullptr) return Fail(jobs, errors::StoreUnavailable());
    Verdict verdict = Attempt(jobs, failure_ == PostgresFailure::kTaken && attempt > 1);
    if (verdict == Verdict::kUnknown) verdict = FindOutcome();
    switch (verdict) {
      case Verdict::kCommitted:
      case Verdict::kNothingToCommit:
        return Finish(jobs, verdict);
      case Verdict::kUnannounced:
        if (!Mend()) return Fail(jobs, errors::StoreUnavailable());
        --attempt;  // no conflict
        continue;
      case Verdict::kUnknown: {
        // The callers are told no more than that time is up; the effects wait for the outcome.
        Unknown& unknown = unknown_.emplace_back(Unknown{std::exchange(writer_, NewWriter()),
                                                         SequenceOf(commit_, place_),
                                                         {},
                                                         std::move(announced_)});
        for (Job& job : jobs) {
          if (job.settled || !job.status.ok()) continue;
          for (auto& effect : job.effects) unknown.effects.push_back(std::move(effect));
        }
        return Fail(jobs, errors::DeadlinePassed());
      }
      case Verdict::kFailed:
        Withdraw(std::move(announced_));
        break;
    }
    if (failure_ == PostgresFailure::kRefused && !alone) return RunOneByOne(jobs);
    if (failure_ == PostgresFailure::kTaken && !alone) return RunOneByOne(jobs);
    if (overruled_) continue;  // its next transaction excludes others
    if (failure_ != PostgresFailure::kConflict && failure_ != PostgresFailure::kTaken &&
        failure_ != PostgresFailure::kBroken) {
      return Fail(jobs, StatusOf(failure_));
    }
    if (attempt >= (alone ? kLoneAttempts : kGroupAttempts)) {
      return alone ? Fail(jobs, errors::Overloaded("write")) : RunOneByOne(jobs);
    }
    const int limit = std::min(kMaxJitterMs, 1 << std::min(attempt, 6));
    queue_.Pause(absl::Microseconds(options_.rng->Next() % (1000 * static_cast<unsigned>(limit))));
  }
}

void PostgresWriteLane::RunOneByOne(absl::Span<Job> jobs) {
  for (std::size_t i = 0; i < jobs.size(); ++i) Run(jobs.subspan(i, 1));
}

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
  Withdraw(std::move(announced_));
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

bool PostgresWriteLane::Void(std::unique_ptr<GuardedCommit> announced) {
  return announced == nullptr || announced->Finish(GuardedCommit::Outcome::kCommitted).ok() ||
         Mend();
}

bool PostgresWriteLane::Mend() {
  return guard_.load(std::memory_order_acquire)
      ->Mend([this](absl::FunctionRef<absl::Status(Tx&)> body) {
        Job job{absl::InfiniteFuture(),
                guard_.load(std::memory_order_acquire)->tenant(),
                [body](Tx& tx) { return body(tx); },
                {}};
        Run(absl::MakeSpan(&job, 1));
        return job.status;
      })
      .ok();
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

void PostgresWriteLane::Finish(absl::Span<Job> jobs, Verdict verdict) {
  std::int64_t sequence = commits_.committed();
  if (verdict == Verdict::kCommitted && wrote_) {
    sequence = SequenceOf(commit_, place_);
    commits_.Acknowledged(sequence);
  } else if (verdict == Verdict::kCommitted) {
    sequence = LatestSequence();
  }
  for (Job& job : jobs) {
    if (job.settled) continue;
    job.settled = true;
    job.sequence = sequence;
    for (auto& effect : job.effects) effect(sequence);
  }
  if (!Void(std::move(announced_))) {
    // It is done, but must not be acknowledged while older copies may be believed.
    for (Job& job : jobs) {
      if (job.status.ok()) job.status = errors::DeadlinePassed();
    }
  }
  if (verdict == Verdict::kCommitted) commits_.Tell(sequence);
}

void PostgresWriteLane::MendIfDue() {
  if (std::exchange(mend_due_, false) && !Mend()) mend_due_ = true;
}

void PostgresWriteLane::Fail(absl::Span<Job> jobs, const absl::Status& why) {
  for (Job& job : jobs) {
    if (job.settled) continue;
    job.settled = true;
    job.status = why;
    job.effects.clear();
  }
}

bool PostgresWriteLane::DropLate(absl::Span<Job> jobs) {
  bool left = false;
  for (Job& job : jobs) {
    if (job.settled) continue;
    if (job.deadline < options_.clock->Now()) {
      job.settled = true;
      job.status = errors::DeadlinePassed();
      job.effects.clear();
    } else {
      left = true;
    }
  }
  return left;
}

void PostgresWriteLane::Answer() {
  for (Job& job : group_) {
    if (job.status.ok()) {
      job.done(job.sequence);
    } else {
      job.done(std::move(job.status));
    }
  }
}

bool PostgresWriteLane::Connect(absl::Span<Job> jobs) {
  if (connection_ != nullptr && connection_->failure() == PostgresFailure::kNone) return true;
  connection_.reset();
  const auto until = SteadyClock::now() +
                     absl::ToChronoMilliseconds(away_ ? absl::ZeroDuration() : options_.patience);
  for (absl::Duration pause = kFirstRetry;; pause = std::min(2 * pause, kLastRetry)) {
    auto opened = options_.open();
    if (opened.ok()) {
      away_ = false;
      connection_ = *std::move(opened);
      CatchUp();
      if (connection_->failure() == PostgresFailure::kNone) return true;
    }
    if (!jobs.empty() && !DropLate(jobs)) return false;
    if (SteadyClock::now() + absl::ToChronoMilliseconds(pause) > until || !queue_.Pause(pause)) {
      away_ = true;
      return false;
    }
  }
}

PostgresWriteLane::Verdict PostgresWriteLane::FindOutcome() {
  const auto until = SteadyClock::now() + absl::ToChronoMilliseconds(options_.patience);
  while (Connect({})) {
    const auto outcome = AskOutcome(writer_, commit_);
    if (outcome.ok() && *outcome != Verdict::kUnknown) return *outcome;
    if (SteadyClock::now() > until || !queue_.Pause(kOutcomeRetry)) break;
  }
  return Verdict::kUnknown;
}

absl::StatusOr<PostgresWriteLane::Verdict> PostgresWriteLane::AskOutcome(const std::string& writer,
                                                                         std::int64_t commit) {
  // A snapshot knows of transactions below the last one that has ended only. With an id that is
  // higher, and has ended, it tells whether ours still runs. An id that is not higher says that the
  // server has crashed and forgotten ours.
  ASSIGN_OR_RETURN(const PgResult own, connection_->Query("SELECT pg_current_xact_id()"));
  ASSIGN_OR_RETURN(const PgResult now, connection_->Query("SELECT pg_current_snapshot()"));
  const PostgresSnapshot snapshot = DecodeSnapshot(now.get(), 0, 0);
  const std::int64_t xid = commit - commits_.base();
  if (xid < DecodeInt(own.get(), 0, 0) && !snapshot.Ended(xid)) return Verdict::kUnknown;
  PostgresParams name;
  name.AddText(writer);
  ASSIGN_OR_RETURN(const PgResult mark,
                   connection_->Query("SELECT number FROM rapport_commits WHERE writer=$1", name));
  const bool committed = PQntuples(mark.get()) == 1 && DecodeInt(mark.get(), 0, 0) == commit;
  return committed ? Verdict::kCommitted : Verdict::kFailed;
}

void PostgresWriteLane::CatchUp() {
  std::vector<Unknown> pending = std::exchange(unknown_, {});
  for (Unknown& unknown : pending) {
    const auto outcome = AskOutcome(unknown.writer, CommitOf(unknown.sequence));
    if (!outcome.ok() || *outcome == Verdict::kUnknown) {
      unknown_.push_back(std::move(unknown));
    } else if (*outcome == Verdict::kCommitted) {
      commits_.Acknowledged(unknown.sequence);
      for (auto& effect : unknown.effects) effect(unknown.sequence);
      if (unknown.announced != nullptr &&
          !unknown.announced->Finish(GuardedCommit::Outcome::kCommitted).ok()) {
        mend_due_ = true;
      }
      commits_.Tell(unknown.sequence);
    } else {
      Withdraw(std::move(unknown.announced));
    }
  }
}

absl::StatusOr<std::int64_t> PostgresWriteLane::CommitNumber() {
  if (commit_ == 0) {
    if (xid_ == nullptr) RETURN_IF_ERROR(batch_->Fetch());
    RETURN_IF_ERROR(connection_->status());
    commit_ = DecodeInt(xid_.get(), 0, 0) + commits_.base();
  }
  return commit_;
}

std::int64_t PostgresWriteLane::LatestSequence() {
  const auto latest = connection_->Query("SELECT coalesce(max(number),0) FROM rapport_commits");
  if (!latest.ok()) return commits_.committed();
  return std::max(commits_.committed(), SequenceOf(DecodeInt(latest->get(), 0, 0), kMaxPlace));
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
