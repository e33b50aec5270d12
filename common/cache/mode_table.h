// The cache mode as rows of the system of record, one for each scope: who may believe Redis is
// decided there. How many rows there are is how many scopes the store has, for ever: all processes
// must put a row into the same scope, or one would mark where another does not look.
#ifndef RAPPORT_COMMON_CACHE_MODE_TABLE_H_
#define RAPPORT_COMMON_CACHE_MODE_TABLE_H_

#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/id.h"
#include "common/cache/mode_lease.h"
#include "common/store/store.h"

namespace rapport::cache {

// To be among the tables with which the store is opened.
const store::Table& ModeTable();
// To whom the rows belong.
const base::TenantId& ModeTenant();

// What ReadModes scans.
store::Range AllModes();
// `reader` is of ModeTenant(). By scope; empty if their number was never fixed. INTERNAL if they
// are none that this program writes.
absl::StatusOr<std::vector<ModeRow>> ReadModes(store::Reader& reader);
// OFF with epoch 0 if the scope was never opened.
absl::StatusOr<ModeRow> ReadMode(store::Reader& reader, unsigned scope);

// Reads the row, and writes what `change` makes of it unless that is the same. Returns the row as
// it then is. `tx` is of ModeTenant(); `now` is noted for operators.
absl::StatusOr<ModeRow> ChangeMode(store::Tx& tx, unsigned scope, absl::Time now,
                                   absl::FunctionRef<ModeRow(ModeRow)> change);

// How many scopes the store has: `wish` (1 to kMaxScopes) if nobody has fixed it before.
absl::StatusOr<unsigned> FixScopes(store::Tx& tx, unsigned wish, absl::Time now);

}  // namespace rapport::cache

#endif  // RAPPORT_COMMON_CACHE_MODE_TABLE_H_
