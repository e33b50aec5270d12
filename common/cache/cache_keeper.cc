#include "common/cache/cache_keeper.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/cache/entry.h"
#include "common/cache/jitter.h"
#include "common/cache/mode_table.h"
#include "common/cache/redis_script.h"

namespace rapport::cache {
namespace {

constexpr absl::Duration kRowPatience = absl::Seconds(5);  // for a write of the row
constexpr double kJitter = 0.2;

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
  auto connection = scope_.endpoint()->Current();
  if (connection != counted_) late_replies_ = 0;
  counted_ = std::move(connection);
  if (counted_ == nullptr) return;
  const std::int64_t before = std::exchange(late_replies_, counted_->late_replies());
  context_.metrics->late_replies.Add(static_cast<std::uint64_t>(late_replies_ - before));
}

void CacheKeeper::Look() {
  CountLateReplies();
  const absl::Duration now = context_.boot_clock->Now();
  const auto copy = scope_.lease.Current();
  const bool known = now < copy->valid_until;
  context_.metrics->mode_known.Set(known ? 1 : 0);
  if (counted_ == nullptr) context_.metrics->Count(FailureOf(scope_.endpoint()->status()));
  const bool trusted = counted_ != nullptr && counted_->run_id() == copy->row.run_id;
  context_.metrics->connection.Set(scope_.number(), counted_ == nullptr ? 2 : trusted ? 0 : 1);
  if (!known) return;  // the store does not answer
  Notice(*copy, now);
  const ModeRow& row = copy->row;
  if (row.mode.state != ModeState::kOff) tried_ = nullptr;
  if (row.mode.state != ModeState::kOn) foreign_since_.reset();
  const auto transact = [this](absl::FunctionRef<absl::Status(store::Tx&)> body) {
    return Transact(body);
  };
  // What the store refuses is tried again at the next look.
  switch (row.mode.state) {
    case ModeState::kOn:
      if (row.timeline == context_.timeline && !IsForeign(row, now)) return;
      scope_.Close(transact, row.mode.epoch, "another Redis or another store than it was made on")
          .status()
          .IgnoreError();
      return;
    case ModeState::kClosing:
      if (now < copy->fence_end) return;
      scope_.EndFence(transact, row.mode.epoch).status().IgnoreError();
      return;
    case ModeState::kOff:
      if (!IsHealthy(now) || now < next_open_) return;
      scope_.Open(transact, tried_->run_id()).status().IgnoreError();
      return;
  }
}

void CacheKeeper::Notice(const ModeCopy& copy, absl::Duration now) {
  const ModeRow& row = copy.row;
  context_.metrics->mode.Set(scope_.number(), static_cast<int>(row.mode.state));
  const bool on = row.mode.state == ModeState::kOn;
  if (noticed_.has_value() && noticed_->mode == row.mode) return;
  const bool was_on = noticed_.has_value() && noticed_->mode.state == ModeState::kOn;
  const bool other_epoch = noticed_.has_value() && noticed_->mode.epoch != row.mode.epoch;
  if (was_on || (other_epoch && !on)) {  // closed since the last look
    const bool lived = was_on && now - on_since_ >= kLastReopen;
    if (lived) reopen_pause_ = kFirstReopen;
    next_open_ = now + Jittered(reopen_pause_, kJitter, *context_.rng);
    reopen_pause_ = std::min(2 * reopen_pause_, kLastReopen);
  }
  if (on) on_since_ = now;
  noticed_ = row;
}

bool CacheKeeper::IsForeign(const ModeRow& row, absl::Duration now) {
  const auto connection = scope_.endpoint()->Current();
  if (connection == nullptr || MayUseConnection(connection->run_id(), row.run_id)) {
    foreign_since_.reset();
    return false;
  }
  if (!foreign_since_.has_value()) foreign_since_ = now;
  return now - *foreign_since_ >= kForeignPatience;
}

bool CacheKeeper::IsHealthy(absl::Duration now) {
  auto connection = scope_.endpoint()->Current();
  if (connection != tried_) healthy_since_ = now;
  tried_ = std::move(connection);
  if (tried_ == nullptr) return false;
  const std::string key = absl::StrCat(KeyPrefix(scope_.number()), "trial");  // no row has it
  const Command trial = MarkCommand({key}, NewHoldId(*context_.rng), absl::Milliseconds(1));
  const absl::Status tried = RunScriptAndWait(tried_, trial, kMarkBudget, 1).status();
  if (!tried.ok()) {
    context_.metrics->Count(FailureOf(tried));
    tried_ = nullptr;
    return false;
  }
  return now - healthy_since_ >= kHealthBeforeOpen;
}

absl::Status CacheKeeper::Transact(absl::FunctionRef<absl::Status(store::Tx&)> body) {
  base::CallContext ctx;
  ctx.deadline = context_.clock->Now() + kRowPatience;
  return store::TransactAndWait(store_, ctx, ModeTenant(),
                                [body](store::Tx& tx) { return body(tx); })
      .status();
}

}  // namespace rapport::cache
