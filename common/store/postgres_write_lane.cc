#include "common/store/postgres_write_lane.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/string_view.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"

namespace rapport::store {
namespace {

using SteadyClock = std::chrono::steady_clock;

// A group that meets conflicts is tried again so often, then its bodies go one by one.
constexpr int kGroupAttempts = 5;
constexpr int kLoneAttempts = 50;
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

std::int64_t PostgresWriteLane::LatestSequence() {
  const auto latest = connection_->Query("SELECT coalesce(max(number),0) FROM rapport_commits");
  if (!latest.ok()) return commits_.committed();
  return std::max(commits_.committed(), SequenceOf(DecodeInt(latest->get(), 0, 0), kMaxPlace));
}

}  // namespace rapport::store
