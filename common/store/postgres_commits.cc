#include "common/store/postgres_commits.h"

#include <algorithm>
#include <utility>

#include "common/base/errors.h"
#include "common/base/status_macros.h"

namespace rapport::store {
namespace {

constexpr absl::Duration kLook = absl::Milliseconds(20);
// How often to try a server that is away.
constexpr absl::Duration kRetry = absl::Milliseconds(500);

void Raise(std::atomic<std::int64_t>& value, std::int64_t to) {
  std::int64_t now = value.load(std::memory_order_relaxed);
  while (now < to && !value.compare_exchange_weak(now, to, std::memory_order_acq_rel)) {
  }
}

}  // namespace

PostgresCommits::PostgresCommits(PostgresOpener open, std::function<void()> on_loss,
                                 const PostgresState& state)
    : open_(std::move(open)),
      on_loss_(std::move(on_loss)),
      base_(state.base),
      durable_(state.durable),
      committed_(SequenceOf(state.durable, kMaxPlace)) {
  thread_ = std::thread([this] { Watch(); });
}

PostgresCommits::~PostgresCommits() {
  {
    base::MutexLock lock(&mu_);
    stopping_ = true;
    changed_.Signal();
  }
  thread_.join();
}

void PostgresCommits::Acknowledged(std::int64_t sequence) {
  Raise(durable_, CommitOf(sequence));
  Raise(committed_, sequence);
}

std::int64_t PostgresCommits::CompleteUpTo(const PostgresSnapshot& snapshot) const {
  const std::int64_t durable = durable_.load(std::memory_order_acquire);
  return SequenceOf(std::min(snapshot.xmin + base_ - 1, durable), kMaxPlace);
}

bool PostgresCommits::Includes(const PostgresSnapshot& snapshot, std::int64_t sequence) const {
  return snapshot.Ended(CommitOf(sequence) - base_);
}

void PostgresCommits::Tell(std::int64_t sequence) {
  base::MutexLock lock(&mu_);
  for (const auto& [handle, listener] : listeners_) listener(sequence);
}

int PostgresCommits::AddListener(std::function<void(std::int64_t)> listener) {
  base::MutexLock lock(&mu_);
  listeners_.emplace(next_listener_, std::move(listener));
  changed_.Signal();
  return next_listener_++;
}

void PostgresCommits::RemoveListener(int handle) {
  base::MutexLock lock(&mu_);
  listeners_.erase(handle);
}

absl::StatusOr<std::int64_t> PostgresCommits::AskServer(
    std::unique_ptr<PostgresConnection>& connection) {
  if (connection == nullptr || connection->failure() != PostgresFailure::kNone) {
    connection.reset();
    ASSIGN_OR_RETURN(connection, open_());
  }
  const std::int64_t acknowledged = durable_.load(std::memory_order_acquire);
  ASSIGN_OR_RETURN(const PgResult answer,
                   connection->Ask(
                       1,
                       [] {
                         return std::string(
                             "SELECT pg_current_snapshot(),"
                             "(SELECT coalesce(max(number),0) FROM rapport_commits)");
                       },
                       PostgresParams()));
  // A commit that a snapshot shows is on disk: the server shows it after it has synced.
  const std::int64_t latest = DecodeInt(answer.get(), 0, 1);
  if (latest < acknowledged) {
    on_loss_();
    return errors::StoreUnavailable();
  }
  Raise(durable_, latest);
  return CompleteUpTo(DecodeSnapshot(answer.get(), 0, 0));
}

void PostgresCommits::Watch() {
  std::unique_ptr<PostgresConnection> connection;
  std::int64_t told = committed();
  absl::Duration pause = kLook;
  for (;;) {
    {
      base::MutexLock lock(&mu_);
      while (listeners_.empty() && !stopping_) changed_.Wait(&mu_);
      if (!stopping_) changed_.WaitWithTimeout(&mu_, pause);
      if (stopping_) return;
    }
    const auto complete = AskServer(connection);
    pause = complete.ok() ? kLook : kRetry;
    if (!complete.ok() || *complete <= told) continue;
    told = *complete;
    Raise(committed_, told);
    Tell(told);
  }
}

}  // namespace rapport::store
