#include "common/cache/mode_table.h"

#include <optional>
#include <utility>
#include <vector>

#include "common/base/status_macros.h"

namespace rapport::cache {
namespace {

using store::ColumnType;
using store::Row;
using store::Value;

enum Column : std::size_t { kScopeColumn, kState, kEpoch, kRunId, kTimeline, kChanged, kColumns };

std::vector<Value> Key() { return {Value(std::int64_t{kScope})}; }

Row ToRow(const ModeRow& mode, absl::Time changed) {
  Row row(kColumns);
  row[kScopeColumn] = std::int64_t{kScope};
  row[kState] = static_cast<std::int64_t>(mode.mode.state);
  row[kEpoch] = static_cast<std::int64_t>(mode.mode.epoch);  // the same bits
  row[kRunId] = mode.run_id;
  row[kTimeline] = mode.timeline;
  row[kChanged] = absl::ToUnixMicros(changed);
  return row;
}

absl::StatusOr<ModeRow> FromRow(const Row& row) {
  const std::int64_t state = store::AsInt(row[kState]);
  if (state < 0 || state > static_cast<std::int64_t>(ModeState::kOff)) {
    return absl::InternalError("the cache mode in the store is none");
  }
  ModeRow mode;
  mode.mode = {static_cast<ModeState>(state),
               static_cast<std::uint64_t>(store::AsInt(row[kEpoch]))};
  mode.run_id = store::AsText(row[kRunId]);
  mode.timeline = store::AsText(row[kTimeline]);
  return mode;
}

}  // namespace

const store::Table& ModeTable() {
  static const auto* const table = new store::Table{.name = "cache_mode",
                                                    .columns = {{"scope", ColumnType::kInt},
                                                                {"state", ColumnType::kInt},
                                                                {"epoch", ColumnType::kInt},
                                                                {"run_id", ColumnType::kText},
                                                                {"timeline", ColumnType::kText},
                                                                {"changed_us", ColumnType::kInt}}};
  return *table;
}

const base::TenantId& ModeTenant() {
  static const auto* const tenant = new base::TenantId(base::TenantId::Trusted("system-cache"));
  return *tenant;
}

absl::StatusOr<ModeRow> ReadMode(store::Reader& reader) {
  ASSIGN_OR_RETURN(const std::optional<Row> row, reader.Get(ModeTable(), Key()));
  if (!row.has_value()) return ModeRow();
  return FromRow(*row);
}

absl::StatusOr<ModeRow> ChangeMode(store::Tx& tx, absl::Time now,
                                   absl::FunctionRef<ModeRow(ModeRow)> change) {
  ASSIGN_OR_RETURN(const ModeRow before, ReadMode(tx));
  ModeRow after = change(before);
  if (!(after == before)) RETURN_IF_ERROR(tx.Put(ModeTable(), ToRow(after, now)).status());
  return after;
}

}  // namespace rapport::cache
