// The snapshot that a read sees.
#ifndef RAPPORT_COMMON_RESOURCE_BATCH_VIEW_H_
#define RAPPORT_COMMON_RESOURCE_BATCH_VIEW_H_

#include <cstdint>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "common/base/call_context.h"
#include "common/store/store.h"

namespace rapport::resource {

// Only for work on the read lane (rpc::Executor).
class BatchView {
 public:
  // A snapshot that holds every write acknowledged before the caller's work was queued. Short reads
  // of one tenant in one batch of the read lane share it, which saves each of them a transaction;
  // it ends with the batch, and is not kept beyond it.
  static absl::StatusOr<store::Snapshot*> Open(store::Store* store,
                                               const base::CallContext& context);

  struct Found {
    store::Row* row = nullptr;  // null: there is none
    std::int64_t sequence = 0;  // Snapshot::sequence() of the view
  };
  // Reads one row by its primary key from such a snapshot. All that one batch asks for is read at
  // once, when its work is done; then `then` is called, once, on the same thread. The context lives
  // until then, the table for ever.
  static void Get(store::Store* store, const base::CallContext& context, const store::Table& table,
                  std::vector<store::Value> key,
                  absl::AnyInvocable<void(absl::StatusOr<Found>)> then);
};

}  // namespace rapport::resource

#endif  // RAPPORT_COMMON_RESOURCE_BATCH_VIEW_H_
