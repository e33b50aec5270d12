#include "common/store/dry_run.h"

#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "common/store/order_key.h"

namespace rapport::store {
namespace {

absl::Span<const Value> KeyOf(const Table& table, const Row& row) {
  return absl::MakeConstSpan(row).first(static_cast<std::size_t>(table.key_columns));
}

std::optional<Row> WithoutSequence(const Table& table, const std::optional<Row>& row) {
  std::optional<Row> out = row;
  if (out && table.sequence_column >= 0) {
    (*out)[static_cast<std::size_t>(table.sequence_column)] = Value();
  }
  return out;
}

}  // namespace

std::vector<DryRun::Change> DryRun::Changes() const {
  std::vector<Change> changes;
  for (const auto& [place, change] : written_) {
    if (WithoutSequence(*change.table, change.before) !=
        WithoutSequence(*change.table, change.after)) {
      changes.push_back(change);
    }
  }
  return changes;
}

absl::StatusOr<std::optional<Row>> DryRun::Get(const Table& table, absl::Span<const Value> key) {
  const auto written = written_.find({table.name, OrderKey(key)});
  if (written != written_.end()) return written->second.after;
  return view_.Get(table, key);
}

absl::Status DryRun::Scan(const Table& table, const Range& range,
                          absl::FunctionRef<bool(Row&)> visit) {
  return view_.Scan(table, range, [&](Row& row) {
    const auto written = written_.find({table.name, OrderKey(KeyOf(table, row))});
    if (written == written_.end()) return visit(row);
    if (!written->second.after) return true;
    Row now = *written->second.after;
    return visit(now);
  });
}

absl::StatusOr<std::int64_t> DryRun::Put(const Table& table, Row row) {
  if (row.size() != table.columns.size()) return errors::Bug();
  const std::vector<Value> key(row.begin(), row.begin() + table.key_columns);
  RETURN_IF_ERROR(Write(table, key, std::move(row)));
  return 0;
}

absl::StatusOr<std::int64_t> DryRun::Insert(const Table& table, Row row) {
  if (row.size() != table.columns.size()) return errors::Bug();
  ASSIGN_OR_RETURN(const auto there, Get(table, KeyOf(table, row)));
  if (there) return absl::AlreadyExistsError("primary");
  return Put(table, std::move(row));
}

absl::Status DryRun::Delete(const Table& table, absl::Span<const Value> key) {
  return Write(table, key, std::nullopt);
}

absl::Status DryRun::Write(const Table& table, absl::Span<const Value> key,
                           std::optional<Row> row) {
  const auto place = std::make_pair(table.name, OrderKey(key));
  auto known = written_.find(place);
  if (known == written_.end()) {
    Change change{&table, {key.begin(), key.end()}};
    ASSIGN_OR_RETURN(change.before, view_.Get(table, key));
    known = written_.emplace(place, std::move(change)).first;
  }
  known->second.after = std::move(row);
  return absl::OkStatus();
}

}  // namespace rapport::store
