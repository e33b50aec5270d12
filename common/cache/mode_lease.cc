#include "common/cache/mode_lease.h"

#include <utility>

#include "common/base/status_macros.h"

namespace rapport::cache {
namespace {

// Within an epoch the state only goes ON → CLOSING → OFF.
bool GoesBack(const Mode& from, const Mode& to) {
  return from.epoch == to.epoch && to.state < from.state;
}

}  // namespace

void ModePoll::Stop() {
  {
    base::MutexLock lock(&mu_);
    stopping_ = true;
    stop_.SignalAll();
  }
  if (thread_.joinable()) thread_.join();
}

void ModePoll::Start() {
  thread_ = std::thread([this] { Run(); });
}

void ModePoll::Run() {
  absl::Duration next = clock_.Now();
  while (true) {
    Refresh().IgnoreError();  // the copies run out
    next += kModePoll;
    base::MutexLock lock(&mu_);
    const absl::Duration now = clock_.Now();
    if (next < now) next = now;  // no burst after a slow read
    if (!stopping_ && now < next) stop_.WaitWithTimeout(&mu_, next - now);
    if (stopping_) return;
  }
}

absl::Status ModePoll::Refresh() {
  const absl::Duration sent = clock_.Now();
  ASSIGN_OR_RETURN(std::vector<ModeRow> rows, read_());
  if (rows.size() != leases_.size()) {
    return absl::InternalError("the number of scopes in the store was changed");
  }
  for (std::size_t i = 0; i < rows.size(); ++i) leases_[i]->Offer(std::move(rows[i]), sent);
  return absl::OkStatus();
}

void ModeLease::Offer(ModeRow row, absl::Duration sent) {
  const absl::Duration now = clock_.Now();  // after the commit of what the row says
  auto copy = std::make_shared<ModeCopy>();
  copy->row = std::move(row);
  copy->read_sent = sent;
  copy->valid_until = sent + kModeLease;
  const Mode& mode = copy->row.mode;
  base::MutexLock lock(&mu_);
  const bool known = current_->read_sent > -absl::InfiniteDuration();
  if (known && (sent < current_->read_sent || GoesBack(current_->row.mode, mode))) return;
  if (mode.state == ModeState::kClosing) {
    copy->fence_end =
        known && current_->row.mode == mode ? current_->fence_end : now + FenceLength(kModeLease);
  }
  current_ = std::move(copy);
}

std::shared_ptr<const ModeCopy> ModeLease::Current() const {
  base::MutexLock lock(&mu_);
  return current_;
}

}  // namespace rapport::cache
