#include "common/resource/row_reads.h"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "absl/types/optional.h"
#include "common/base/errors.h"
#include "common/base/mutex.h"
#include "common/base/status_macros.h"

namespace rapport::resource {
namespace {

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

// The rows of one call, as they come. All callbacks share it: one piece of memory a call.
class RowReads::Reading {
 public:
  // One row: what its callbacks hold.
  struct Part {
    Reading* reading;
    RowRef ref;
  };

  Reading(const RowReads& reads, const base::TenantId& tenant, std::vector<RowRef> refs, Done done)
      : reads_(reads),
        tenant_(tenant),
        missing_(refs.size()),
        rows_(refs.size()),
        done_(std::move(done)) {
    parts_.reserve(refs.size());
    for (RowRef& ref : refs) parts_.push_back({this, std::move(ref)});
  }

  const base::TenantId& tenant() const { return tenant_; }
  std::size_t size() const { return parts_.size(); }
  Part& part(std::size_t i) { return parts_[i]; }

  void Take(const Part& part, absl::StatusOr<cache::CachedRow> row) {
    absl::StatusOr<Rows> all;
    {
      const base::MutexLock lock(&mu_);
      if (row.ok()) {
        rows_[static_cast<std::size_t>(&part - parts_.data())] = *std::move(row);
      } else {
        status_.Update(row.status());
      }
      if (--missing_ > 0) return;
      all = status_.ok() ? absl::StatusOr<Rows>(std::move(rows_)) : std::move(status_);
    }
    done_(std::move(all));
  }

  void Load(const RowRef& ref, std::unique_ptr<cache::Loading> loading) const {
    const std::shared_ptr<cache::Loading> shared = std::move(loading);
    const bool queued =
        reads_.executor_.Submit(tenant_.value(), rpc::Executor::Length::kShort,
                                [&store = reads_.store_, tenant = tenant_, ref, shared] {
                                  base::CallContext context;
                                  context.tenant = tenant;
                                  context.deadline = shared->BeginRead();
                                  if (context.deadline == absl::InfinitePast()) {
                                    shared->Finish(errors::DeadlinePassed());
                                  } else {
                                    shared->Finish(ReadRow(store, context, ref));
                                  }
                                });
    if (!queued) shared->Finish(errors::Overloaded("read lane"));
  }

 private:
  const RowReads& reads_;
  const base::TenantId tenant_;
  absl::InlinedVector<Part, 2> parts_;  // does not change
  base::Mutex mu_;
  std::size_t missing_ ABSL_GUARDED_BY(mu_);
  Rows rows_ ABSL_GUARDED_BY(mu_);
  absl::Status status_ ABSL_GUARDED_BY(mu_);
  Done done_;  // called by whoever brings the last row
};

void RowReads::Get(const base::CallContext& context, std::vector<RowRef> rows, Done done) const {
  // The call, and the context with it, may end with the last row.
  const absl::Time deadline = context.deadline;
  absl::optional<cache::Bound> bound;
  if (context.consistency.MayBeOld()) {
    bound = cache::Bound{context.consistency.max_age,
                         context.at_least == 0 ? 0 : store_.VersionOf(context.at_least)};
  }
  const auto reading =
      std::make_shared<Reading>(*this, context.tenant, std::move(rows), std::move(done));
  for (std::size_t i = 0; i < reading->size(); ++i) {
    const std::shared_ptr<Reading::Part> part(reading, &reading->part(i));
    auto load = [part](std::unique_ptr<cache::Loading> loading) {
      part->reading->Load(part->ref, std::move(loading));
    };
    auto take = [part](absl::StatusOr<cache::CachedRow> found) {
      part->reading->Take(*part, std::move(found));
    };
    const RowRef& ref = part->ref;
    if (bound) {
      cache_.GetWithin(reading->tenant(), *ref.table, ref.key, *bound, deadline, std::move(load),
                       std::move(take));
    } else {
      cache_.Get(reading->tenant(), *ref.table, ref.key, deadline, std::move(load),
                 std::move(take));
    }
  }
}

absl::Duration RowReads::AgeOf(const Rows& rows) {
  absl::Duration age;
  for (const auto& row : rows) age = std::max(age, row.age);
  return age;
}

}  // namespace rapport::resource
