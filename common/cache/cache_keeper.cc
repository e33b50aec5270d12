#include "common/cache/cache_keeper.h"

#include <algorithm>
#include <utility>

#include "common/base/status_macros.h"
#include "common/cache/jitter.h"
#include "common/cache/mode_table.h"
#include "common/cache/redis_script.h"

namespace rapport::cache {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(5);  // for a write of the row
constexpr double kJitter = 0.2;
// A key that no row has.
constexpr const char* kTrialKey = "rp1:{00}:trial";

}  // namespace

CacheKeeper::~CacheKeeper() { Stop(); }

void CacheKeeper::Start() {
  thread_ = std::thread([this] { Run(); });
}

void CacheKeeper::Stop() {
  {
    base::MutexLock lock(&mu_);
    stopping_ = true;
    stop_.SignalAll();
  }
  if (thread_.joinable()) thread_.join();
}

void CacheKeeper::Run() {
  while (true) {
    Look();
    base::MutexLock lock(&mu_);
    if (!stopping_) stop_.WaitWithTimeout(&mu_, kModePoll);
    if (stopping_) return;
  }
}

void CacheKeeper::CountLateReplies() {
  auto connection = parts_.endpoint->Current();
  if (connection != counted_) late_replies_ = 0;
  counted_ = std::move(connection);
  if (counted_ == nullptr) return;
  const std::int64_t before = std::exchange(late_replies_, counted_->late_replies());
  parts_.metrics->late_replies.Add(static_cast<std::uint64_t>(late_replies_ - before));
}

void CacheKeeper::Look() {
  CountLateReplies();
  const absl::Duration now = parts_.boot_clock->Now();
  const auto copy = parts_.lease->Current();
  if (now >= copy->valid_until) return;  // the store does not answer
  Notice(*copy, now);
  const ModeRow& row = copy->row;
  if (row.mode.state != ModeState::kOff) tried_ = nullptr;
  if (row.mode.state != ModeState::kOn) foreign_since_.reset();
  switch (row.mode.state) {
    case ModeState::kOn:
      if (row.timeline == parts_.store->id() && !IsForeign(row, now)) return;
      if (Change(
              [epoch = row.mode.epoch](ModeRow at) {
                at.mode = Close(at.mode, epoch);
                return at;
              },
              false)) {
        parts_.metrics->closes.Add();
        parts_.on_event("the cache was closed: another Redis or another store than it was made on");
      }
      return;
    case ModeState::kClosing:
      if (now < copy->fence_end) return;
      Change(
          [epoch = row.mode.epoch](ModeRow at) {
            at.mode = EndFence(at.mode, epoch);
            return at;
          },
          false);
      return;
    case ModeState::kOff:
      if (IsHealthy(now) && now >= next_open_) Open();
      return;
  }
}

void CacheKeeper::Notice(const ModeCopy& copy, absl::Duration now) {
  const ModeRow& row = copy.row;
  parts_.metrics->mode.Set(static_cast<std::int64_t>(row.mode.state));
  const bool on = row.mode.state == ModeState::kOn;
  if (noticed_.has_value() && noticed_->mode == row.mode) return;
  const bool was_on = noticed_.has_value() && noticed_->mode.state == ModeState::kOn;
  const bool other_epoch = noticed_.has_value() && noticed_->mode.epoch != row.mode.epoch;
  if (was_on || (other_epoch && !on)) {  // closed since the last look
    const bool lived = was_on && now - on_since_ >= kLastReopen;
    if (lived) reopen_pause_ = kFirstReopen;
    next_open_ = now + Jittered(reopen_pause_, kJitter, *parts_.rng);
    reopen_pause_ = std::min(2 * reopen_pause_, kLastReopen);
  }
  if (on) on_since_ = now;
  noticed_ = row;
}

bool CacheKeeper::IsForeign(const ModeRow& row, absl::Duration now) {
  const auto connection = parts_.endpoint->Current();
  if (connection == nullptr || MayUseConnection(connection->run_id(), row.run_id)) {
    foreign_since_.reset();
    return false;
  }
  if (!foreign_since_.has_value()) foreign_since_ = now;
  return now - *foreign_since_ >= kForeignPatience;
}

bool CacheKeeper::IsHealthy(absl::Duration now) {
  auto connection = parts_.endpoint->Current();
  if (connection != tried_) healthy_since_ = now;
  tried_ = std::move(connection);
  if (tried_ == nullptr) return false;
  const Command trial = MarkCommand({kTrialKey}, NewHoldId(*parts_.rng), absl::Milliseconds(1));
  if (!RunScriptAndWait(tried_, trial, kMarkBudget, 1).ok()) {
    tried_ = nullptr;
    return false;
  }
  return now - healthy_since_ >= kHealthBeforeOpen;
}

void CacheKeeper::Open() {
  ModeRow fresh;
  fresh.mode.epoch = NewHoldId(*parts_.rng);
  fresh.run_id = tried_->run_id();
  fresh.timeline = parts_.store->id();
  const bool opened = Change(
      [&fresh](const ModeRow& row) {
        ModeRow next = fresh;
        next.mode = cache::Open(row.mode, fresh.mode.epoch);
        return next.mode == row.mode ? row : next;
      },
      true);
  if (!opened) return;
  parts_.metrics->opens.Add();
  parts_.on_event("the cache was opened");
}

bool CacheKeeper::Change(absl::AnyInvocable<ModeRow(ModeRow)> change, bool exclude) {
  const absl::Duration sent = parts_.boot_clock->Now();
  base::CallContext ctx;
  ctx.deadline = parts_.clock->Now() + kPatience;
  ModeRow row;
  bool changed = false;
  const auto committed =
      store::TransactAndWait(*parts_.store, ctx, ModeTenant(), [&](store::Tx& tx) -> absl::Status {
        if (exclude) RETURN_IF_ERROR(tx.Exclude());
        ASSIGN_OR_RETURN(row, ChangeMode(tx, parts_.clock->Now(), [&](const ModeRow& before) {
                           ModeRow after = change(before);
                           changed = !(after == before);
                           return after;
                         }));
        tx.OnCommit([heard = parts_.changed](std::int64_t) { heard(); });
        return absl::OkStatus();
      });
  if (!committed.ok()) return false;
  parts_.lease->Offer(std::move(row), sent);
  return changed;
}

}  // namespace rapport::cache
