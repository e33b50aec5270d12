#include "common/store/fill.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "common/store/values.h"

namespace rapport::store {
namespace {

constexpr int kRows = 200;  // of one transaction
constexpr absl::Duration kPatience = absl::Seconds(30);
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

// Some rows more; how many there were.
absl::StatusOr<int> Step(Tx& tx, const Fill& fill, int pass) {
  ASSIGN_OR_RETURN(Progress progress, ReadProgress(tx, fill, pass));
  if (progress.done) return 0;
  Range range;
  range.after = progress.key;
  range.limit = kRows;
  std::vector<Row> rows;
  RETURN_IF_ERROR(tx.Scan(*fill.table, range, [&](Row& row) {
    rows.push_back(std::move(row));
    return true;
  }));
  for (const Row& row : rows) RETURN_IF_ERROR(fill.fill(tx, row));
  if (!rows.empty()) {
    progress.key.assign(rows.back().begin(), rows.back().begin() + fill.table->key_columns);
  }
  const bool done = rows.size() < kRows;
  RETURN_IF_ERROR(tx.Put(FillTable(), Row{fill.name, static_cast<std::int64_t>(pass),
                                          EncodeValues(progress.key), std::int64_t{done ? 1 : 0}})
                      .status());
  return static_cast<int>(rows.size());
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
    for (int rows = kRows; rows == kRows;) {
      base::CallContext context;
      context.tenant = tenant;
      context.deadline = absl::Now() + kPatience;
      RETURN_IF_ERROR(TransactAndWait(store, context, tenant, [&](Tx& tx) -> absl::Status {
                        ASSIGN_OR_RETURN(rows, Step(tx, fill, pass));
                        return absl::OkStatus();
                      }).status());
      if (visited / kSayEvery != (visited + rows) / kSayEvery) {
        say(absl::StrCat("fill ", fill.name, ": ", visited + rows, " rows"));
      }
      visited += rows;
    }
  }
  say(absl::StrCat("fill ", fill.name, ": ", visited, " rows in all"));
  return absl::OkStatus();
}

}  // namespace rapport::store
