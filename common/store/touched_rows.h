// The guarded rows that a body has touched, as both engines keep them.
#ifndef RAPPORT_COMMON_STORE_TOUCHED_ROWS_H_
#define RAPPORT_COMMON_STORE_TOUCHED_ROWS_H_

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "common/store/commit_guard.h"
#include "common/store/sql_catalog.h"
#include "common/store/store.h"

namespace rapport::store {

// Not thread-safe; lives as long as the body's transaction. `guard` may be null: then nothing is
// guarded. The version of a row is its sequence without the lowest `place_bits`.
class TouchedRows {
 public:
  TouchedRows(const CommitGuard* guard, const Catalog& catalog, int place_bits)
      : guard_(guard), catalog_(catalog), place_bits_(place_bits) {}

  // `row` was written with this sequence.
  void Wrote(const base::TenantId& tenant, const Table& table, const Row& row,
             std::int64_t sequence) {
    if (!Guarded(table)) return;
    Add(tenant, table, absl::MakeSpan(row).first(static_cast<std::size_t>(table.key_columns)),
        sequence);
  }
  // Whether a row may be deleted.
  absl::Status CheckDelete(const Table& table) const {
    return Guarded(table) ? errors::Bug() : absl::OkStatus();
  }
  // Tx::Touch; `tx` is the body's.
  absl::Status Touch(Tx& tx, absl::string_view name, absl::Span<const Value> key) {
    const Table* const table = catalog_.Named(name);
    if (table == nullptr || !Guarded(*table)) return absl::OkStatus();
    ASSIGN_OR_RETURN(const auto row, tx.Get(*table, key));
    const auto column = static_cast<std::size_t>(table->sequence_column);
    Add(tx.tenant(), *table, key, row ? AsInt((*row)[column]) : 0);
    return absl::OkStatus();
  }

  const std::vector<TouchedRow>& rows() const { return rows_; }
  std::vector<TouchedRow> Take() { return std::move(rows_); }

 private:
  bool Guarded(const Table& table) const { return guard_ != nullptr && guard_->Guards(table); }
  void Add(const base::TenantId& tenant, const Table& table, absl::Span<const Value> key,
           std::int64_t sequence) {
    rows_.push_back({tenant,
                     &table,
                     {key.begin(), key.end()},
                     static_cast<std::uint64_t>(sequence >> place_bits_)});
  }

  const CommitGuard* const guard_;
  const Catalog& catalog_;
  const int place_bits_;
  std::vector<TouchedRow> rows_;
};

}  // namespace rapport::store

#endif  // RAPPORT_COMMON_STORE_TOUCHED_ROWS_H_
