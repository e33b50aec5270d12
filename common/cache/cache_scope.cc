#include "common/cache/cache_scope.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/failpoint.h"
#include "common/base/status_macros.h"
#include "common/cache/mode_table.h"
#include "common/cache/redis_script.h"

namespace rapport::cache {

absl::StatusOr<CacheScope::Changed> CacheScope::Change(Run run,
                                                       absl::FunctionRef<ModeRow(ModeRow)> change,
                                                       bool opens) {
  const absl::Duration sent = context_.boot_clock->Now();
  Changed result;
  const absl::Status committed = run([&](store::Tx& tx) -> absl::Status {
    if (opens) RETURN_IF_ERROR(tx.Exclude());
    ASSIGN_OR_RETURN(result.row,
                     ChangeMode(tx, number_, context_.clock->Now(), [&](const ModeRow& before) {
                       ModeRow after = change(before);
                       result.changed = !(after == before);
                       return after;
                     }));
    if (opens) tx.OnCommit([this](std::int64_t) { known_off = false; });
    return absl::OkStatus();
  });
  RETURN_IF_ERROR(committed);
  lease.Offer(result.row, sent);
  return result;
}

absl::StatusOr<ModeRow> CacheScope::Close(Run run, absl::optional<std::uint64_t> epoch,
                                          absl::string_view why) {
  ASSIGN_OR_RETURN(Changed closed, Change(
                                       run,
                                       [&](ModeRow row) {
                                         const Mode before = row.mode;
                                         row.mode =
                                             cache::Close(before, epoch.value_or(before.epoch));
                                         if (!(row.mode == before)) {
                                           base::Failpoint(base::Place::kInClose);
                                         }
                                         return row;
                                       },
                                       false));
  if (closed.changed) {
    context_.metrics->closes.Add();
    Tell(absl::StrCat("was closed: ", why));
  }
  return std::move(closed.row);
}

absl::StatusOr<ModeRow> CacheScope::EndFence(Run run, std::uint64_t epoch) {
  ASSIGN_OR_RETURN(Changed ended, Change(
                                      run,
                                      [&](ModeRow row) {
                                        row.mode = cache::EndFence(row.mode, epoch);
                                        return row;
                                      },
                                      false));
  return std::move(ended.row);
}

absl::StatusOr<ModeRow> CacheScope::Open(Run run, const std::string& run_id) {
  const std::uint64_t epoch = NewHoldId(*context_.rng);
  ASSIGN_OR_RETURN(Changed opened, Change(
                                       run,
                                       [&](ModeRow row) {
                                         const Mode before = row.mode;
                                         row.mode = cache::Open(before, epoch);
                                         base::Failpoint(base::Place::kInOpen);
                                         if (row.mode == before) return row;
                                         row.run_id = run_id;
                                         row.timeline = context_.timeline;
                                         return row;
                                       },
                                       true));
  if (opened.changed) {
    context_.metrics->opens.Add();
    Tell("was opened");
  }
  return std::move(opened.row);
}

void CacheScope::Mended(std::uint64_t failures) {
  std::uint64_t before = mended_;
  while (before < failures && !mended_.compare_exchange_weak(before, failures)) {
  }
}

void CacheScope::Tell(absl::string_view what) const {
  context_.on_event(absl::StrCat("the cache (scope ", number_, ") ", what));
}

}  // namespace rapport::cache
