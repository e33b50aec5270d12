#include "common/store/store.h"

#include <utility>

#include "common/base/mutex.h"

namespace rapport::store {

absl::StatusOr<std::int64_t> TransactAndWait(Store& store, const base::CallContext& ctx,
                                             base::TenantId tenant, Store::Body body) {
  struct Outcome {
    base::Mutex mu;
    base::CondVar settled;
    bool done ABSL_GUARDED_BY(mu) = false;
    absl::StatusOr<std::int64_t> result ABSL_GUARDED_BY(mu) = 0;
  };
  // Shared: the write thread may still be inside Signal() when the waiter has left.
  const auto outcome = std::make_shared<Outcome>();
  store.Transact(ctx, std::move(tenant), std::move(body),
                 [outcome](absl::StatusOr<std::int64_t> result) {
                   base::MutexLock lock(&outcome->mu);
                   outcome->result = std::move(result);
                   outcome->done = true;
                   outcome->settled.Signal();
                 });
  base::MutexLock lock(&outcome->mu);
  while (!outcome->done) outcome->settled.Wait(&outcome->mu);
  return std::move(outcome->result);
}

}  // namespace rapport::store
