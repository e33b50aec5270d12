#include "tools/rapport-admin/move_progress.h"

#include <utility>

#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "common/store/values.h"

namespace rapport::admin {
namespace {

using store::ColumnType;

// A tenant has one move at a time.
std::vector<store::Value> Key() { return {std::string("move")}; }

}  // namespace

const store::Table& MoveTable() {
  static const auto* const table = new store::Table{"admin_moves",
                                                    {{"id", ColumnType::kText},
                                                     {"source", ColumnType::kText},
                                                     {"sequence", ColumnType::kInt},
                                                     {"moving", ColumnType::kText},
                                                     {"key", ColumnType::kBytes}},
                                                    1};
  return *table;
}

absl::StatusOr<absl::optional<MoveProgress>> ReadProgress(store::Reader& reader) {
  ASSIGN_OR_RETURN(const auto row, reader.Get(MoveTable(), Key()));
  if (!row) return absl::optional<MoveProgress>();
  auto key = store::DecodeValues(store::AsText((*row)[4]));
  if (!key) return errors::Bug();
  return absl::make_optional(MoveProgress{store::AsText((*row)[1]), store::AsInt((*row)[2]),
                                          store::AsText((*row)[3]), *std::move(key)});
}

absl::Status WriteProgress(store::Tx& tx, const MoveProgress& progress) {
  store::Row row = Key();
  row.insert(row.end(), {progress.source, progress.sequence, progress.table,
                         store::EncodeValues(progress.key)});
  return tx.Put(MoveTable(), std::move(row)).status();
}

}  // namespace rapport::admin
