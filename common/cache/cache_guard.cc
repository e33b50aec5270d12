#include "common/cache/cache_guard.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "common/base/failpoint.h"
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

// What a commit changes in one scope: one version for each key, the highest that it gives it.
struct MarkedScope {
  CacheScope* scope;
  std::shared_ptr<RedisConnection> connection;  // from mark to stamp
  std::vector<StampedKey> keys = {};

  absl::Span<const StampedKey> Piece(std::size_t begin) const {
    return absl::MakeConstSpan(keys).subspan(begin, kKeysPerCall);
  }
};

class MarkedCommit final : public GuardedCommit {
 public:
  MarkedCommit(std::vector<MarkedScope> scopes, std::uint64_t intent, absl::Duration budget,
               CacheMetrics& metrics)
      : scopes_(std::move(scopes)), intent_(intent), budget_(budget), metrics_(metrics) {}

  absl::Status Mark() {
    base::Failpoint(base::Place::kBeforeMark);
    RETURN_IF_ERROR(InAll(
        [this](absl::Span<const StampedKey> stamped) {
          std::vector<std::string> keys;
          keys.reserve(stamped.size());
          for (const StampedKey& one : stamped) keys.push_back(one.key);
          return MarkCommand(keys, intent_, kIntentTtl);
        },
        [](const RedisReply&) {}));
    metrics_.marked_commits.Add();
    base::Failpoint(base::Place::kAfterMark);
    return absl::OkStatus();
  }

  absl::Status Finish(Outcome outcome) override {
    return outcome == Outcome::kCommitted ? Stamp() : TakeBack();
  }

 private:
  absl::Status Stamp() {
    base::Failpoint(base::Place::kBeforeStamp);
    RETURN_IF_ERROR(InAll(
        [this](absl::Span<const StampedKey> stamped) {
          return StampCommand(stamped, intent_, kBlankTtl);
        },
        [this](const RedisReply& lost) {
          if (lost.integer > 0) metrics_.intents_lost.Add(static_cast<std::uint64_t>(lost.integer));
        }));
    base::Failpoint(base::Place::kAfterStamp);
    return absl::OkStatus();
  }
  // Nothing was changed. If Redis does not hear of it, the marks end by themselves.
  absl::Status TakeBack() {
    for (MarkedScope& marked : scopes_) {
      for (StampedKey& stamped : marked.keys) stamped.version = kUnmark;
      for (std::size_t i = 0; i < marked.keys.size(); i += kKeysPerCall) {
        RunScript(marked.connection, StampCommand(marked.Piece(i), intent_, kBlankTtl), budget_,
                  [](const absl::StatusOr<RedisReply>&) {});
      }
    }
    return absl::OkStatus();
  }

  // Sends a command for every piece of keys, to all scopes side by side. A scope in which one fails
  // is noted as such and left; the others go on.
  absl::Status InAll(absl::FunctionRef<Command(absl::Span<const StampedKey>)> command,
                     absl::FunctionRef<void(const RedisReply&)> heard) {
    absl::Status failed;
    std::vector<const MarkedScope*> left;
    left.reserve(scopes_.size());
    for (const MarkedScope& marked : scopes_) left.push_back(&marked);
    for (std::size_t i = 0; !left.empty(); i += kKeysPerCall) {
      std::vector<ScriptCall> calls;
      calls.reserve(left.size());
      for (const MarkedScope* marked : left) {
        calls.push_back({marked->connection, command(marked->Piece(i))});
      }
      const auto replies = RunScriptsAndWait(calls, budget_, kMarkTries);
      std::vector<const MarkedScope*> next;
      for (std::size_t at = 0; at < replies.size(); ++at) {
        if (!replies[at].ok()) {
          metrics_.Count(FailureOf(replies[at].status()));
          left[at]->scope->Failed();
          failed = replies[at].status();
          continue;
        }
        heard(*replies[at]);
        if (left[at]->keys.size() > i + kKeysPerCall) next.push_back(left[at]);
      }
      left = std::move(next);
    }
    return failed;
  }

  std::vector<MarkedScope> scopes_;
  const std::uint64_t intent_;
  const absl::Duration budget_;
  CacheMetrics& metrics_;
};

}  // namespace

const base::TenantId& CacheGuard::tenant() const { return ModeTenant(); }

absl::StatusOr<std::shared_ptr<RedisConnection>> CacheGuard::Connect(const CacheScope& scope,
                                                                     const ModeRow& row,
                                                                     absl::Duration until) const {
  if (row.timeline != context_.timeline) {
    return absl::FailedPreconditionError("the cache belongs to an earlier state of the store");
  }
  auto connection = scope.To(row.run_id);
  while (connection == nullptr && context_.boot_clock->Now() < until) {
    WaitUntil(*context_.boot_clock, context_.boot_clock->Now() + kConnectLook);
    connection = scope.To(row.run_id);
  }
  if (connection == nullptr) return absl::UnavailableError("no connection to the trusted Redis");
  return connection;
}

bool CacheGuard::AllKnownOff() const {
  return std::all_of(parts_.scopes->begin(), parts_.scopes->end(),
                     [](const auto& scope) { return scope->known_off.load(); });
}

void CacheGuard::Expect(store::Tx& tx) {
  if (!AllKnownOff()) tx.Expect(ModeTable(), AllModes());
}

absl::StatusOr<std::unique_ptr<GuardedCommit>> CacheGuard::Announce(
    store::Tx& tx, absl::Span<const store::TouchedRow> rows) {
  struct Touched {
    const GuardedTable* table;
    const store::TouchedRow* row;
    std::string id;
  };
  if (AllKnownOff()) return std::make_unique<UnmarkedCommit>();
  if (parts_.scopes->front()->endpoint() == nullptr) return AnnounceWithoutRedis(tx);
  std::map<unsigned, std::vector<Touched>> by_scope;
  for (const store::TouchedRow& row : rows) {
    const GuardedTable* const table = context_.tables->Find(*row.table);
    if (table == nullptr) continue;
    std::string id = RowId(row.key);
    const unsigned scope = ScopeOf(row.tenant, id, static_cast<unsigned>(parts_.scopes->size()));
    by_scope[scope].push_back({table, &row, std::move(id)});
  }
  // An error is the transaction's, and says nothing of Redis. A scope without a row was never
  // opened.
  ASSIGN_OR_RETURN(std::vector<ModeRow> modes, ReadModes(tx));
  modes.resize(std::max(modes.size(), parts_.scopes->size()));
  const absl::Duration until = context_.boot_clock->Now() + kMarkTries * parts_.mark_budget;
  std::vector<MarkedScope> marked;
  absl::Status failed;  // all that fail are found at once, and mended at once
  for (const auto& [number, touched] : by_scope) {
    CacheScope& scope = *(*parts_.scopes)[number];
    if (scope.known_off) continue;
    const ModeRow& row = modes[number];
    if (!MustMark(row.mode.state)) {
      scope.known_off = parts_.sole_owner;
      continue;
    }
    auto connection = Connect(scope, row, until);
    if (!connection.ok()) {
      scope.Failed();
      failed = std::move(connection).status();
      continue;
    }
    std::map<std::string, std::uint64_t> versions;
    for (const Touched& one : touched) {
      std::uint64_t& version =
          versions[EncodeKey(number, row.mode.epoch, {one.table->kind, one.row->tenant, one.id})];
      version = std::max(version, one.row->version);
    }
    MarkedScope& mine = marked.emplace_back(MarkedScope{&scope, *std::move(connection)});
    for (auto& [key, version] : versions) mine.keys.push_back({key, version});
  }
  RETURN_IF_ERROR(failed);
  if (marked.empty()) return std::make_unique<UnmarkedCommit>();
  auto commit = std::make_unique<MarkedCommit>(std::move(marked), NewHoldId(*context_.rng),
                                               parts_.mark_budget, *context_.metrics);
  absl::Status done = commit->Mark();
  if (done.ok()) return commit;
  // The scopes that stay ON must not wait for the end of these marks.
  commit->Finish(GuardedCommit::Outcome::kRolledBack).IgnoreError();
  return done;
}

absl::StatusOr<std::unique_ptr<GuardedCommit>> CacheGuard::AnnounceWithoutRedis(store::Tx& tx) {
  ASSIGN_OR_RETURN(const std::vector<ModeRow> rows, ReadModes(tx));
  bool believed = false;
  for (std::size_t i = 0; i < rows.size() && i < parts_.scopes->size(); ++i) {
    CacheScope& scope = *(*parts_.scopes)[i];
    if (!MustMark(rows[i].mode.state)) {
      scope.known_off = parts_.sole_owner;
      continue;
    }
    scope.Failed();
    believed = true;
  }
  if (believed) return absl::UnavailableError("a process without Redis");
  return std::make_unique<UnmarkedCommit>();
}

absl::Status CacheGuard::Mend(Run run) {
  struct Closed {
    CacheScope* scope;
    std::uint64_t failures;  // before it was closed
    ModeRow row = {};
  };
  std::vector<Closed> failed, all;
  for (const auto& scope : *parts_.scopes) {
    all.push_back({scope.get(), scope->Failures()});
    if (scope->NeedsMending()) failed.push_back(all.back());
  }
  // Whatever epoch it is: the one that failed, or one opened since, which is rare.
  std::vector<Closed>& closing = failed.empty() ? all : failed;
  absl::Duration fence_end = -absl::InfiniteDuration();
  for (Closed& closed : closing) {
    ASSIGN_OR_RETURN(closed.row, closed.scope->Close(run, absl::nullopt,
                                                     "Redis did not take a mark or a stamp"));
    if (closed.row.mode.state == ModeState::kOff) continue;
    // From now on, or from when this process first saw that it was closed.
    absl::Duration end = context_.boot_clock->Now() + FenceLength(kModeLease);
    const auto seen = closed.scope->lease.Current();
    if (seen->row.mode == closed.row.mode) end = std::min(end, seen->fence_end);
    fence_end = std::max(fence_end, end);
  }
  WaitUntil(*context_.boot_clock, fence_end);
  for (const Closed& closed : closing) {
    if (closed.row.mode.state != ModeState::kOff) {
      RETURN_IF_ERROR(closed.scope->EndFence(run, closed.row.mode.epoch).status());
    }
    closed.scope->Mended(closed.failures);
  }
  return absl::OkStatus();
}

}  // namespace rapport::cache
