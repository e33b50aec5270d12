// All rows of several tables with a sequence, of some tenants, in the order in which they were
// written last. Reads in portions, each from a view of its own: nobody must write meanwhile.
#ifndef RAPPORT_TOOLS_RAPPORT_ADMIN_MERGED_FEED_H_
#define RAPPORT_TOOLS_RAPPORT_ADMIN_MERGED_FEED_H_

#include <cstdint>
#include <deque>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "common/base/id.h"
#include "common/store/store.h"

namespace rapport::admin {

struct FeedRow {
  base::TenantId tenant = base::TenantId::Trusted("");
  const store::Table* table = nullptr;
  std::int64_t sequence = 0;
  store::Row row = {};
};

class MergedFeed {
 public:
  // Rows behind `after`. The pointers outlive this.
  MergedFeed(store::Store* store, const std::vector<const store::Table*>& tables,
             const absl::flat_hash_set<base::TenantId>* tenants, std::int64_t after);
  // False at the end.
  absl::StatusOr<bool> Next(FeedRow* out);

 private:
  struct Lane {
    const store::Table* table;
    std::int64_t after;
    bool ended = false;
    std::deque<FeedRow> rows = {};
  };
  absl::Status Refill(Lane& lane);

  store::Store* const store_;
  const absl::flat_hash_set<base::TenantId>& tenants_;
  std::vector<Lane> lanes_;
};

}  // namespace rapport::admin

#endif  // RAPPORT_TOOLS_RAPPORT_ADMIN_MERGED_FEED_H_
