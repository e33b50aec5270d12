#include "common/store/store.h"

#include <utility>

#include "common/base/mutex.h"
#include "common/base/status_macros.h"

namespace rapport::store {

absl::Status Reader::GetMany(const Table& table, absl::Span<const std::vector<Value>> keys,
                             absl::FunctionRef<void(std::size_t place, Row& row)> visit) {
  for (std::size_t i = 0; i < keys.size(); ++i) {
    ASSIGN_OR_RETURN(std::optional<Row> row, Get(table, keys[i]));
    if (row.has_value()) visit(i, *row);
  }
  return absl::OkStatus();
}

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
