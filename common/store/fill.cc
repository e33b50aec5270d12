#include "common/store/fill.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/errors.h"
#include "common/base/failpoint.h"
#include "common/base/status_macros.h"
#include "common/store/values.h"

namespace rapport::store {
namespace {

// Of one transaction. Fewer, for a while, where others write the same rows all the time: whoever
// has many of them would be overtaken again and again.
constexpr int kRows = 200;
constexpr absl::Duration kRowsPatience = absl::Seconds(30);
constexpr std::int64_t kSayEvery = 100'000;

struct Progress {
  std::vector<Value> key = {};  // of the last row that is done
  bool done = false;
};

absl::StatusOr<Progress> ReadProgress(Reader& reader, const Fill& fill, int pass) {
  const std::vector<Value> name{fill.name};
  ASSIGN_OR_RETURN(const auto row, reader.Get(FillTable(), name));
  Progress progress;
  if (!row || AsInt((*row)[1]) < pass) return progress;
  auto key = DecodeValues(AsText((*row)[2]));
  if (!key) return errors::Bug();
  progress.key = *std::move(key);
  progress.done = AsInt((*row)[3]) == 1;
  return progress;
}

base::CallContext ContextOf(const base::TenantId& tenant) {
  base::CallContext context;
  context.tenant = tenant;
  context.deadline = absl::Now() + kRowsPatience;
  return context;
}

// Of the filled table itself, as the transaction sees it.
absl::StatusOr<std::vector<Row>> OwnRows(Reader& reader, const Fill& fill,
                                         const std::vector<Value>& after, int limit) {
  Range range;
  range.after = after;
  range.limit = limit;
  std::vector<Row> rows;
  RETURN_IF_ERROR(reader.Scan(*fill.table, range, [&](Row& row) {
    rows.push_back(std::move(row));
    return true;
  }));
  return rows;
}

// At most `limit` rows more; how many there were, fewer only at the end. `known` are those rows, if
// they come from another store.
absl::StatusOr<int> Step(Tx& tx, const Fill& fill, int pass, int limit,
                         const std::vector<Row>* known) {
  ASSIGN_OR_RETURN(Progress progress, ReadProgress(tx, fill, pass));
  if (progress.done) return 0;
  std::vector<Row> own;
  if (known == nullptr) {
    ASSIGN_OR_RETURN(own, OwnRows(tx, fill, progress.key, limit));
  }
  const std::vector<Row>& rows = known == nullptr ? own : *known;
  for (const Row& row : rows) RETURN_IF_ERROR(fill.fill(tx, row));
  if (!rows.empty()) {
    progress.key.assign(rows.back().begin(), rows.back().begin() + fill.table->key_columns);
  }
  const bool done = static_cast<int>(rows.size()) < limit;
  RETURN_IF_ERROR(tx.Put(FillTable(), Row{fill.name, static_cast<std::int64_t>(pass),
                                          EncodeValues(progress.key), std::int64_t{done ? 1 : 0}})
                      .status());
  return static_cast<int>(rows.size());
}

// What Step is to do next, where the rows come from another store.
absl::StatusOr<std::vector<Row>> NextRows(Store& store, const Fill& fill,
                                          const base::TenantId& tenant, int pass, int limit) {
  Progress progress;
  {
    ASSIGN_OR_RETURN(const auto view, store.Read(ContextOf(tenant), tenant));
    ASSIGN_OR_RETURN(progress, ReadProgress(*view, fill, pass));
  }
  if (progress.done) return std::vector<Row>();
  return fill.source(tenant, progress.key, limit);
}

absl::StatusOr<int> FillSome(Store& store, const Fill& fill, const base::TenantId& tenant, int pass,
                             int limit) {
  std::vector<Row> known;
  if (fill.source) {
    ASSIGN_OR_RETURN(known, NextRows(store, fill, tenant, pass, limit));
  }
  int rows = 0;
  const auto committed =
      TransactAndWait(store, ContextOf(tenant), tenant, [&](Tx& tx) -> absl::Status {
        ASSIGN_OR_RETURN(rows, Step(tx, fill, pass, limit, fill.source ? &known : nullptr));
        return absl::OkStatus();
      });
  if (!committed.ok()) return committed.status();
  return rows;
}

}  // namespace

const Table& FillTable() {
  static const auto* const table = new Table{"admin_fills",
                                             {{"name", ColumnType::kText},
                                              {"pass", ColumnType::kInt},
                                              {"key", ColumnType::kBytes},
                                              {"done", ColumnType::kInt}},
                                             1};
  return *table;
}

absl::Status RunFill(Store& store, const Fill& fill, absl::Span<const base::TenantId> tenants,
                     int pass, const std::function<void(absl::string_view)>& say) {
  std::int64_t visited = 0;
  for (const base::TenantId& tenant : tenants) {
    int limit = kRows;
    for (bool more = true; more;) {
      const auto rows = FillSome(store, fill, tenant, pass, limit);
      if (absl::IsUnavailable(rows.status()) && limit > 1) {
        limit = std::max(1, limit / 8);
        continue;
      }
      if (!rows.ok()) return rows.status();
      base::Failpoint(base::Place::kInFill);
      more = *rows == limit;
      limit = std::min(kRows, 2 * limit);
      if (visited / kSayEvery != (visited + *rows) / kSayEvery) {
        say(absl::StrCat("fill ", fill.name, ": ", visited + *rows, " rows"));
      }
      visited += *rows;
    }
  }
  say(absl::StrCat("fill ", fill.name, ": ", visited, " rows in all"));
  return absl::OkStatus();
}

absl::Status ForgetFill(Store& store, const Fill& fill, absl::Span<const base::TenantId> tenants) {
  for (const base::TenantId& tenant : tenants) {
    RETURN_IF_ERROR(TransactAndWait(store, ContextOf(tenant), tenant, [&](Tx& tx) {
                      return tx.Delete(FillTable(), std::vector<Value>{fill.name});
                    }).status());
  }
  return absl::OkStatus();
}

}  // namespace rapport::store
