#include "common/resource/row_reads.h"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "absl/types/optional.h"
#include "common/base/errors.h"
#include "common/base/mutex.h"
#include "common/base/status_macros.h"

namespace rapport::resource {
namespace {

// The rows of one call, as they come.
class Gathering {
 public:
  Gathering(std::size_t count, RowReads::Done done)
      : missing_(count), rows_(count), done_(std::move(done)) {}

  void Take(std::size_t at, const absl::StatusOr<cache::CachedRow>& row) {
    absl::StatusOr<RowReads::Rows> all;
    {
      const base::MutexLock lock(&mu_);
      if (row.ok()) {
        rows_[at] = *row;
      } else {
        status_.Update(row.status());
      }
      if (--missing_ > 0) return;
      all = status_.ok() ? absl::StatusOr<RowReads::Rows>(std::move(rows_)) : std::move(status_);
    }
    done_(std::move(all));
  }

 private:
  base::Mutex mu_;
  std::size_t missing_ ABSL_GUARDED_BY(mu_);
  RowReads::Rows rows_ ABSL_GUARDED_BY(mu_);
  absl::Status status_ ABSL_GUARDED_BY(mu_);
  RowReads::Done done_;  // called by whoever brings the last row
};

absl::StatusOr<cache::CachedRow> ReadRow(store::Store& store, const base::CallContext& context,
                                         const RowRef& ref) {
  ASSIGN_OR_RETURN(auto snapshot, store.Read(context, context.tenant));
  ASSIGN_OR_RETURN(auto row, snapshot->Get(*ref.table, ref.key));
  cache::CachedRow found;
  if (!row) return found;
  const auto column = static_cast<std::size_t>(ref.table->sequence_column);
  found.exists = true;
  found.version = store.VersionOf(store::AsInt((*row)[column]));
  found.payload = std::get<std::string>(std::move(row->back()));
  return found;
}

}  // namespace

void RowReads::Get(const base::CallContext& context, const std::vector<RowRef>& rows,
                   Done done) const {
  const auto gathering = std::make_shared<Gathering>(rows.size(), std::move(done));
  // The call, and the context with it, may end with the last row.
  const base::TenantId tenant = context.tenant;
  const absl::Time deadline = context.deadline;
  absl::optional<cache::Bound> bound;
  if (context.consistency.MayBeOld()) {
    bound = cache::Bound{context.consistency.max_age,
                         context.at_least == 0 ? 0 : store_.VersionOf(context.at_least)};
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const RowRef& row = rows[i];
    auto done_one = [gathering, i](const absl::StatusOr<cache::CachedRow>& found) {
      gathering->Take(i, found);
    };
    if (bound) {
      cache_.GetWithin(tenant, *row.table, row.key, *bound, deadline, LoadOf(tenant, row),
                       std::move(done_one));
    } else {
      cache_.Get(tenant, *row.table, row.key, deadline, LoadOf(tenant, row), std::move(done_one));
    }
  }
}

absl::Duration RowReads::AgeOf(const Rows& rows) {
  absl::Duration age;
  for (const auto& row : rows) age = std::max(age, row.age);
  return age;
}

cache::Load RowReads::LoadOf(const base::TenantId& tenant, const RowRef& row) const {
  return [this, tenant, row](std::unique_ptr<cache::Loading> loading) {
    const std::shared_ptr<cache::Loading> shared = std::move(loading);
    const bool queued = executor_.Submit(tenant.value(), rpc::Executor::Length::kShort,
                                         [this, tenant, row, shared] {
                                           base::CallContext context;
                                           context.tenant = tenant;
                                           context.deadline = shared->BeginRead();
                                           if (context.deadline == absl::InfinitePast()) {
                                             shared->Finish(errors::DeadlinePassed());
                                           } else {
                                             shared->Finish(ReadRow(store_, context, row));
                                           }
                                         });
    if (!queued) shared->Finish(errors::Overloaded("read lane"));
  };
}

}  // namespace rapport::resource
