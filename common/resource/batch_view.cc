#include "common/resource/batch_view.h"

#include <memory>
#include <utility>

#include "absl/types/optional.h"
#include "common/base/status_macros.h"
#include "common/rpc/executor.h"

namespace rapport::resource {
namespace {

struct OpenView {
  store::Store* store = nullptr;
  absl::optional<base::TenantId> tenant;
  std::unique_ptr<store::Snapshot> snapshot;
};

}  // namespace

absl::StatusOr<store::Snapshot*> BatchView::Open(store::Store* store,
                                                 const base::CallContext& context) {
  thread_local OpenView view;
  if (view.snapshot != nullptr && view.store == store && view.tenant == context.tenant &&
      view.snapshot->Includes(context.at_least)) {
    return view.snapshot.get();
  }
  const bool first = view.snapshot == nullptr;
  view.snapshot.reset();
  ASSIGN_OR_RETURN(view.snapshot, store->Read(context, context.tenant));
  view.store = store;
  view.tenant = context.tenant;
  if (first) rpc::Executor::AtBatchEnd([] { view.snapshot.reset(); });
  return view.snapshot.get();
}

}  // namespace rapport::resource
