#include "common/cache/guarded_tables.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/store/values.h"

namespace rapport::cache {

absl::StatusOr<GuardedTables> GuardedTables::Make(std::vector<GuardedTable> tables) {
  for (std::size_t i = 0; i < tables.size(); ++i) {
    const GuardedTable& at = tables[i];
    const bool good_kind =
        at.kind.size() == 2 && std::all_of(at.kind.begin(), at.kind.end(), [](char c) {
          return absl::ascii_islower(static_cast<unsigned char>(c)) ||
                 absl::ascii_isdigit(static_cast<unsigned char>(c));
        });
    const bool twice = std::any_of(
        tables.begin(), tables.begin() + static_cast<std::ptrdiff_t>(i), [&](const auto& other) {
          return other.kind == at.kind || other.table->name == at.table->name;
        });
    if (!good_kind || twice || at.table->sequence_column < 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("the table ", at.table->name, " cannot be cached as '", at.kind, "'"));
    }
  }
  return GuardedTables(std::move(tables));
}

const GuardedTable* GuardedTables::Find(const store::Table& table) const {
  const auto at = std::find_if(tables_.begin(), tables_.end(), [&](const GuardedTable& guarded) {
    return guarded.table->name == table.name;
  });
  return at == tables_.end() ? nullptr : &*at;
}

std::string RowId(absl::Span<const store::Value> key) { return store::EncodeValues(key); }

}  // namespace rapport::cache
