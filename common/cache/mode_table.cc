#include "common/cache/mode_table.h"

#include <optional>
#include <utility>
#include <vector>

#include "common/base/status_macros.h"
#include "common/cache/entry.h"

namespace rapport::cache {
namespace {

using store::ColumnType;
using store::Row;
using store::Value;

enum Column : std::size_t { kScopeColumn, kState, kEpoch, kRunId, kTimeline, kChanged, kColumns };

std::vector<Value> Key(unsigned scope) { return {Value(std::int64_t{scope})}; }

Row ToRow(unsigned scope, const ModeRow& mode) {
  Row row(kColumns);
  row[kScopeColumn] = std::int64_t{scope};
  row[kState] = static_cast<std::int64_t>(mode.mode.state);
  row[kEpoch] = static_cast<std::int64_t>(mode.mode.epoch);  // the same bits
  row[kRunId] = mode.run_id;
  row[kTimeline] = mode.timeline;
  row[kChanged] = absl::ToUnixMicros(mode.changed);
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
  mode.changed = absl::FromUnixMicros(store::AsInt(row[kChanged]));
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

store::Range AllModes() { return {}; }

absl::StatusOr<std::vector<ModeRow>> ReadModes(store::Reader& reader) {
  std::vector<ModeRow> modes;
  absl::Status bad;
  RETURN_IF_ERROR(reader.Scan(ModeTable(), AllModes(), [&](Row& row) {
    auto mode = FromRow(row);
    if (!mode.ok()) {
      bad = std::move(mode).status();
    } else if (store::AsInt(row[kScopeColumn]) != static_cast<std::int64_t>(modes.size()) ||
               modes.size() == kMaxScopes) {
      bad = absl::InternalError("the scopes of the cache in the store are not 0, 1, … 15");
    } else {
      modes.push_back(*std::move(mode));
    }
    return bad.ok();
  }));
  RETURN_IF_ERROR(bad);
  return modes;
}

absl::StatusOr<ModeRow> ReadMode(store::Reader& reader, unsigned scope) {
  ASSIGN_OR_RETURN(const std::optional<Row> row, reader.Get(ModeTable(), Key(scope)));
  if (!row.has_value()) return ModeRow();
  return FromRow(*row);
}

absl::StatusOr<ModeRow> ChangeMode(store::Tx& tx, unsigned scope, absl::Time now,
                                   absl::FunctionRef<ModeRow(ModeRow)> change) {
  ASSIGN_OR_RETURN(const ModeRow before, ReadMode(tx, scope));
  ModeRow after = change(before);
  if (after == before) return after;
  after.changed = now;
  RETURN_IF_ERROR(tx.Put(ModeTable(), ToRow(scope, after)).status());
  return after;
}

absl::StatusOr<unsigned> FixScopes(store::Tx& tx, unsigned wish, absl::Time now) {
  RETURN_IF_ERROR(tx.Exclude());  // one decides
  ASSIGN_OR_RETURN(const std::vector<ModeRow> modes, ReadModes(tx));
  if (!modes.empty()) return static_cast<unsigned>(modes.size());
  ModeRow row;
  row.changed = now;
  for (unsigned scope = 0; scope < wish; ++scope) {
    RETURN_IF_ERROR(tx.Put(ModeTable(), ToRow(scope, row)).status());
  }
  return wish;
}

}  // namespace rapport::cache
