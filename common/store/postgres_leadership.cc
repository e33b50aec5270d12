#include "common/store/postgres_leadership.h"

#include <utility>

namespace rapport::store {

bool PostgresLeadership::Try(absl::string_view what) {
  const base::MutexLock lock(&mu_);
  if (connection_ == nullptr || connection_->failure() != PostgresFailure::kNone) {
    led_.clear();
    auto opened = open_();
    if (!opened.ok()) return false;
    connection_ = *std::move(opened);
  }
  // A session that takes a lock twice must give it back twice, so it is taken once.
  if (led_.contains(what)) return connection_->Query("SELECT 1").ok();
  PostgresParams params;
  params.AddText(what);
  const auto taken = connection_->Query(
      "SELECT pg_try_advisory_lock(hashtextextended($1,0))::int::bigint", params);
  if (!taken.ok() || DecodeInt(taken->get(), 0, 0) != 1) return false;
  led_.emplace(what);
  return true;
}

void PostgresLeadership::Resign(absl::string_view what) {
  const base::MutexLock lock(&mu_);
  if (connection_ == nullptr || led_.erase(what) == 0) return;
  PostgresParams params;
  params.AddText(what);
  // If it cannot be given back, the session ends, and with it all that it holds.
  if (!connection_->Query("SELECT pg_advisory_unlock(hashtextextended($1,0))::int::bigint", params)
           .ok()) {
    connection_.reset();
  }
}

}  // namespace rapport::store
