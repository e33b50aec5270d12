// The snapshot that a read sees.
#ifndef RAPPORT_COMMON_RESOURCE_BATCH_VIEW_H_
#define RAPPORT_COMMON_RESOURCE_BATCH_VIEW_H_

#include "absl/status/statusor.h"
#include "common/base/call_context.h"
#include "common/store/store.h"

namespace rapport::resource {

class BatchView {
 public:
  // A snapshot that holds every write acknowledged before the caller's work was queued. Short reads
  // of one tenant in one batch of the read lane (rpc::Executor) share it, which saves each of them
  // a transaction; it ends with the batch. Only for work on the read lane, and not kept beyond it.
  static absl::StatusOr<store::Snapshot*> Open(store::Store* store,
                                               const base::CallContext& context);
};

}  // namespace rapport::resource

#endif  // RAPPORT_COMMON_RESOURCE_BATCH_VIEW_H_
