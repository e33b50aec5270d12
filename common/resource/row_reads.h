// Reads of a few rows by their primary keys, through the shared cache of a store that several
// processes write to.
#ifndef RAPPORT_COMMON_RESOURCE_ROW_READS_H_
#define RAPPORT_COMMON_RESOURCE_ROW_READS_H_

#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/call_context.h"
#include "common/cache/shared_cache.h"
#include "common/rpc/executor.h"
#include "common/store/store.h"

namespace rapport::resource {

struct RowRef {
  const store::Table* table;  // one that the cache was told of
  std::vector<store::Value> key;
};

// Thread-safe; nothing blocks. All must outlive the reads under way, see SharedCache::Stop.
class RowReads {
 public:
  RowReads(store::Store* store, rpc::Executor* executor, cache::SharedCache* cache)
      : store_(*store), executor_(*executor), cache_(*cache) {}

  // In the order of what was asked; the payload of a row is its last column. Each row is as new as
  // the caller asks (context.consistency; at least kCoherent for kFullyConsistent, for which there
  // are straighter ways), but two may be of different commits.
  using Rows = std::vector<cache::CachedRow>;
  // Called once, on a thread of the cache or of the read lane, or within Get.
  using Done = absl::AnyInvocable<void(absl::StatusOr<Rows>)>;
  void Get(const base::CallContext& context, std::vector<RowRef> rows, Done done) const;
  // Of the oldest row.
  static absl::Duration AgeOf(const Rows& rows);

 private:
  class Reading;

  store::Store& store_;
  rpc::Executor& executor_;
  cache::SharedCache& cache_;
};

}  // namespace rapport::resource

#endif  // RAPPORT_COMMON_RESOURCE_ROW_READS_H_
