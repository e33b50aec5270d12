#include "common/store/tail.h"

#include <limits>
#include <utility>

#include "common/base/status_macros.h"

namespace rapport::store {
namespace {

constexpr absl::Duration kPatience = absl::Minutes(5);
// After a read that failed, and while a commit is not there yet.
constexpr absl::Duration kRetry = absl::Milliseconds(20);

}  // namespace

Tail::Tail(Store* store, std::vector<Source> sources, std::function<void(std::int64_t)> reached)
    : store_(store), sources_(std::move(sources)), reached_(std::move(reached)) {}

Tail::~Tail() { Stop(); }

absl::Status Tail::CatchUp() { return Step(0).status(); }

absl::StatusOr<bool> Tail::Step(std::int64_t wanted) {
  base::CallContext context;
  context.all_tenants = true;
  context.deadline = absl::Now() + kPatience;
  const base::MutexLock lock(&catching_up_);
  ASSIGN_OR_RETURN(auto snapshot, store_->Read(context, base::TenantId::Trusted("system")));
  for (const Source& source : sources_) {
    absl::Status applied;
    RETURN_IF_ERROR(snapshot->Feed(*source.table, position_, std::numeric_limits<int>::max(),
                                   [&](const base::TenantId& tenant, std::int64_t, Row& row) {
                                     applied = source.apply(tenant, row);
                                     return applied.ok();
                                   }));
    RETURN_IF_ERROR(applied);
  }
  if (snapshot->sequence() > position_) {
    position_ = snapshot->sequence();
    if (reached_) reached_(position_);
  }
  return snapshot->Includes(wanted);
}

absl::Status Tail::CatchUpTo(std::int64_t sequence, absl::Time deadline) {
  while (true) {
    std::int64_t heard = 0;
    {
      const base::MutexLock lock(&mu_);
      heard = commits_;
    }
    ASSIGN_OR_RETURN(const bool there, Step(sequence));
    if (there) return absl::OkStatus();
    if (absl::Now() >= deadline) return absl::DeadlineExceededError("the store's feed is behind");
    const base::MutexLock lock(&mu_);
    if (commits_ == heard) changed_.WaitWithTimeout(&mu_, kRetry);
  }
}

void Tail::Start() {
  if (sources_.empty() && !reached_) return;
  listener_ = store_->AddCommitListener([this](std::int64_t) {
    {
      const base::MutexLock lock(&mu_);
      ++commits_;
    }
    changed_.SignalAll();
  });
  thread_ = std::thread([this] { Run(); });
}

void Tail::Stop() {
  if (!thread_.joinable()) return;
  {
    const base::MutexLock lock(&mu_);
    stopping_ = true;
  }
  changed_.SignalAll();
  thread_.join();
  store_->RemoveCommitListener(listener_);
}

void Tail::Run() {
  std::int64_t done = -1;
  while (true) {
    std::int64_t heard = 0;
    {
      const base::MutexLock lock(&mu_);
      while (!stopping_ && commits_ == done) changed_.Wait(&mu_);
      if (stopping_) return;
      heard = commits_;
    }
    if (CatchUp().ok()) {
      done = heard;
      continue;
    }
    const base::MutexLock lock(&mu_);
    if (!stopping_) changed_.WaitWithTimeout(&mu_, kRetry);
  }
}

}  // namespace rapport::store
