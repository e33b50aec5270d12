#include "common/resource/batch_view.h"

#include <algorithm>
#include <memory>
#include <tuple>
#include <utility>

#include "absl/types/optional.h"
#include "absl/types/span.h"
#include "common/base/status_macros.h"
#include "common/rpc/executor.h"

namespace rapport::resource {
namespace {

struct OpenView {
  store::Store* store = nullptr;
  absl::optional<base::TenantId> tenant;
  std::unique_ptr<store::Snapshot> snapshot;
};

struct Wanted {
  store::Store* store;
  const base::CallContext* context;
  const store::Table* table;
  std::vector<store::Value> key;
  absl::AnyInvocable<void(absl::StatusOr<BatchView::Found>)> then;
};

// Those that one view and one question can answer are equal.
auto KindOf(const Wanted& wanted) {
  return std::tie(wanted.store, wanted.context->tenant, wanted.table, wanted.context->at_least);
}

std::vector<Wanted>& AllWanted() {
  thread_local std::vector<Wanted> wanted;
  return wanted;
}

// All of one kind.
void Answer(absl::Span<Wanted> wanted) {
  // If there is no view for the most patient one, there is none for the others.
  const auto& patient = *std::max_element(
      wanted.begin(), wanted.end(),
      [](const Wanted& a, const Wanted& b) { return a.context->deadline < b.context->deadline; });
  std::vector<std::vector<store::Value>> keys;
  keys.reserve(wanted.size());
  for (Wanted& one : wanted) keys.push_back(std::move(one.key));
  std::vector<absl::optional<store::Row>> rows(wanted.size());
  std::int64_t sequence = 0;
  const absl::Status read = [&] {
    ASSIGN_OR_RETURN(store::Snapshot* const view, BatchView::Open(patient.store, *patient.context));
    sequence = view->sequence();
    return view->GetMany(*patient.table, keys,
                         [&](std::size_t place, store::Row& row) { rows[place] = std::move(row); });
  }();
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (read.ok()) {
      wanted[i].then(BatchView::Found{rows[i] ? &*rows[i] : nullptr, sequence});
    } else {
      wanted[i].then(read);
    }
  }
}

void AnswerAll() {
  std::vector<Wanted> all = std::move(AllWanted());
  AllWanted().clear();
  std::stable_sort(all.begin(), all.end(),
                   [](const Wanted& a, const Wanted& b) { return KindOf(a) < KindOf(b); });
  for (auto left = absl::MakeSpan(all); !left.empty();) {
    const auto end = std::find_if(left.begin(), left.end(), [&](const Wanted& one) {
      return KindOf(one) != KindOf(left.front());
    });
    const auto same = left.first(static_cast<std::size_t>(end - left.begin()));
    left.remove_prefix(same.size());
    Answer(same);
  }
}

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

void BatchView::Get(store::Store* store, const base::CallContext& context,
                    const store::Table& table, std::vector<store::Value> key,
                    absl::AnyInvocable<void(absl::StatusOr<Found>)> then) {
  if (AllWanted().empty()) rpc::Executor::AtBatchEnd(AnswerAll);
  AllWanted().push_back({store, &context, &table, std::move(key), std::move(then)});
}

}  // namespace rapport::resource
