// Which tables have rows in the shared cache, and what a row is called there.
#ifndef RAPPORT_COMMON_CACHE_GUARDED_TABLES_H_
#define RAPPORT_COMMON_CACHE_GUARDED_TABLES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/store/store.h"

namespace rapport::cache {

struct GuardedTable {
  const store::Table* table;  // has a sequence column; rows are never deleted
  std::string kind;           // two characters of [a-z0-9], the table's own for ever
  std::uint16_t schema = 1;   // of the payloads that this program writes; the newest it can read
};

// Immutable.
class GuardedTables {
 public:
  // INVALID_ARGUMENT for a malformed kind, a table without a sequence, or one of either twice.
  static absl::StatusOr<GuardedTables> Make(std::vector<GuardedTable> tables);
  // Null if rows of this table are not cached.
  const GuardedTable* Find(const store::Table& table) const;

 private:
  explicit GuardedTables(std::vector<GuardedTable> tables) : tables_(std::move(tables)) {}
  std::vector<GuardedTable> tables_;  // a handful
};

// The id of a row in keys of the cache: its primary key, as store::EncodeValues writes it.
std::string RowId(absl::Span<const store::Value> key);

}  // namespace rapport::cache

#endif  // RAPPORT_COMMON_CACHE_GUARDED_TABLES_H_
