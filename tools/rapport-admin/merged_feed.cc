#include "tools/rapport-admin/merged_feed.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "common/base/status_macros.h"
#include "tools/rapport-admin/rows.h"

namespace rapport::admin {
namespace {

constexpr int kPortion = 1000;
constexpr std::size_t kPortionBytes = 4 << 20;

}  // namespace

MergedFeed::MergedFeed(store::Store* store, const std::vector<const store::Table*>& tables,
                       const absl::flat_hash_set<base::TenantId>* tenants, std::int64_t after)
    : store_(store), tenants_(*tenants) {
  for (const store::Table* table : tables) lanes_.push_back({table, after});
}

absl::Status MergedFeed::Refill(Lane& lane) {
  while (lane.rows.empty() && !lane.ended) {
    ASSIGN_OR_RETURN(const auto view, ReadNow(*store_, base::TenantId::Trusted("system")));
    int visited = 0;
    std::size_t bytes = 0;
    RETURN_IF_ERROR(
        view->Feed(*lane.table, lane.after, kPortion,
                   [&](const base::TenantId& tenant, std::int64_t sequence, store::Row& row) {
                     ++visited;
                     lane.after = sequence;
                     if (tenants_.contains(tenant)) {
                       bytes += SizeOf(row);
                       lane.rows.push_back({tenant, lane.table, sequence, std::move(row)});
                     }
                     return bytes < kPortionBytes;
                   }));
    lane.ended = visited < kPortion && bytes < kPortionBytes;
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> MergedFeed::Next(FeedRow* out) {
  Lane* first = nullptr;
  for (Lane& lane : lanes_) {
    RETURN_IF_ERROR(Refill(lane));
    if (lane.rows.empty()) continue;
    if (first == nullptr || lane.rows.front().sequence < first->rows.front().sequence) {
      first = &lane;
    }
  }
  if (first == nullptr) return false;
  *out = std::move(first->rows.front());
  first->rows.pop_front();
  return true;
}

}  // namespace rapport::admin
