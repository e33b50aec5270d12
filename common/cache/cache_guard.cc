#include "common/cache/cache_guard.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "common/base/mutex.h"
#include "common/base/status_macros.h"
#include "common/cache/entry.h"
#include "common/cache/mode_table.h"
#include "common/cache/redis_script.h"

namespace rapport::cache {
namespace {

using store::GuardedCommit;

// Keys in one call of a script: reads of others go in between.
constexpr std::size_t kKeysPerCall = 128;
constexpr absl::Duration kConnectLook = absl::Milliseconds(2);

void WaitUntil(const BootClock& clock, absl::Duration instant) {
  base::Mutex mu;
  base::CondVar never;
  base::MutexLock lock(&mu);
  for (auto now = clock.Now(); now < instant; now = clock.Now()) {
    never.WaitWithTimeout(&mu, instant - now);
  }
}

// Nobody believes Redis.
class UnmarkedCommit final : public GuardedCommit {
 public:
  absl::Status Finish(Outcome) override { return absl::OkStatus(); }
};

class MarkedCommit final : public GuardedCommit {
 public:
  // One version for each key, the highest that the commit gives it.
  MarkedCommit(std::shared_ptr<RedisConnection> connection, std::uint64_t intent,
               const std::map<std::string, std::uint64_t>& versions, absl::Duration budget,
               CacheMetrics& metrics)
      : connection_(std::move(connection)), intent_(intent), budget_(budget), metrics_(metrics) {
    for (const auto& [key, version] : versions) keys_.push_back({key, version});
  }

  absl::Status Mark() {
    for (std::size_t i = 0; i < keys_.size(); i += kKeysPerCall) {
      std::vector<std::string> keys;
      for (const StampedKey& stamped : Piece(i)) keys.push_back(stamped.key);
      RETURN_IF_ERROR(
          RunScriptAndWait(connection_, MarkCommand(keys, intent_, kIntentTtl), budget_, kMarkTries)
              .status());
    }
    metrics_.marked_commits.Add();
    return absl::OkStatus();
  }

  absl::Status Finish(Outcome outcome) override {
    return outcome == Outcome::kCommitted ? Stamp() : TakeBack();
  }

 private:
  absl::Span<const StampedKey> Piece(std::size_t begin) const {
    return absl::MakeConstSpan(keys_).subspan(begin, kKeysPerCall);
  }
  absl::Status Stamp() {
    for (std::size_t i = 0; i < keys_.size(); i += kKeysPerCall) {
      ASSIGN_OR_RETURN(const RedisReply lost,
                       RunScriptAndWait(connection_, StampCommand(Piece(i), intent_, kBlankTtl),
                                        budget_, kMarkTries));
      if (lost.integer > 0) metrics_.intents_lost.Add(static_cast<std::uint64_t>(lost.integer));
    }
    return absl::OkStatus();
  }
  // Nothing was changed. If Redis does not hear of it, the marks end by themselves.
  absl::Status TakeBack() {
    for (StampedKey& stamped : keys_) stamped.version = kUnmark;
    for (std::size_t i = 0; i < keys_.size(); i += kKeysPerCall) {
      RunScript(connection_, StampCommand(Piece(i), intent_, kBlankTtl), budget_,
                [](const absl::StatusOr<RedisReply>&) {});
    }
    return absl::OkStatus();
  }

  const std::shared_ptr<RedisConnection> connection_;  // from mark to stamp
  const std::uint64_t intent_;
  const absl::Duration budget_;
  std::vector<StampedKey> keys_;
  CacheMetrics& metrics_;
};

}  // namespace

const base::TenantId& CacheGuard::tenant() const { return ModeTenant(); }

std::shared_ptr<RedisConnection> CacheGuard::Connect(absl::string_view run_id) const {
  if (parts_.endpoint == nullptr) return nullptr;
  const absl::Duration until = parts_.boot_clock->Now() + kMarkTries * parts_.mark_budget;
  auto connection = parts_.endpoint->To(run_id);
  while (connection == nullptr && parts_.boot_clock->Now() < until) {
    WaitUntil(*parts_.boot_clock, parts_.boot_clock->Now() + kConnectLook);
    connection = parts_.endpoint->To(run_id);
  }
  return connection;
}

absl::StatusOr<std::unique_ptr<GuardedCommit>> CacheGuard::Announce(
    store::Tx& tx, absl::Span<const store::TouchedRow> rows) {
  if (known_off_) return std::make_unique<UnmarkedCommit>();
  ASSIGN_OR_RETURN(const ModeRow row, ReadMode(tx));
  if (!MustMark(row.mode.state)) {
    known_off_ = parts_.sole_owner;
    return std::make_unique<UnmarkedCommit>();
  }
  if (row.timeline != parts_.timeline) {
    return absl::FailedPreconditionError("the cache belongs to an earlier state of the store");
  }
  auto connection = Connect(row.run_id);
  if (connection == nullptr) return absl::UnavailableError("no connection to the trusted Redis");
  std::map<std::string, std::uint64_t> versions;
  for (const store::TouchedRow& touched : rows) {
    const GuardedTable* table = parts_.tables->Find(*touched.table);
    if (table == nullptr) continue;
    const std::string id = RowId(touched.key);
    std::uint64_t& version =
        versions[EncodeKey(kScope, row.mode.epoch, {table->kind, touched.tenant, id})];
    version = std::max(version, touched.version);
  }
  auto commit = std::make_unique<MarkedCommit>(std::move(connection), NewHoldId(*parts_.rng),
                                               versions, parts_.mark_budget, *parts_.metrics);
  RETURN_IF_ERROR(commit->Mark());
  return commit;
}

absl::StatusOr<ModeRow> CacheGuard::Change(Run run, absl::FunctionRef<ModeRow(ModeRow)> change) {
  const absl::Duration sent = parts_.boot_clock->Now();
  ModeRow row;
  RETURN_IF_ERROR(run([&](store::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(row, ChangeMode(tx, parts_.clock->Now(), change));
    return absl::OkStatus();
  }));
  parts_.lease->Offer(row, sent);
  return row;
}

absl::Status CacheGuard::Mend(Run run) {
  // Whatever epoch it is: the one that failed, or one opened since, which is rare.
  bool closed_here = false;
  ASSIGN_OR_RETURN(const ModeRow closed, Change(run, [&](ModeRow row) {
                     closed_here = row.mode.state == ModeState::kOn;
                     row.mode = Close(row.mode, row.mode.epoch);
                     return row;
                   }));
  if (closed_here) {
    parts_.metrics->closes.Add();
    parts_.on_event("the cache was closed: Redis did not take a mark or a stamp");
  }
  if (closed.mode.state == ModeState::kOff) return absl::OkStatus();
  // From now on, or from when this process first saw that it was closed.
  absl::Duration fence_end = parts_.boot_clock->Now() + FenceLength(kModeLease);
  const auto seen = parts_.lease->Current();
  if (seen->row.mode == closed.mode) fence_end = std::min(fence_end, seen->fence_end);
  WaitUntil(*parts_.boot_clock, fence_end);
  return Change(run,
                [&](ModeRow row) {
                  row.mode = EndFence(row.mode, closed.mode.epoch);
                  return row;
                })
      .status();
}

}  // namespace rapport::cache
