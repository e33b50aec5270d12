// The cache mode as a row of the system of record: who may believe Redis is decided there. There is
// one row, for scope 0; more scopes are more rows.
#ifndef RAPPORT_COMMON_CACHE_MODE_TABLE_H_
#define RAPPORT_COMMON_CACHE_MODE_TABLE_H_

#include <cstdint>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/id.h"
#include "common/cache/mode_lease.h"
#include "common/store/store.h"

namespace rapport::cache {

inline constexpr unsigned kScope = 0;

// To be among the tables with which the store is opened.
const store::Table& ModeTable();
// To whom the row belongs.
const base::TenantId& ModeTenant();

// `reader` is of ModeTenant(). OFF with epoch 0 if the cache was never opened; INTERNAL if the row
// is none that this program writes.
absl::StatusOr<ModeRow> ReadMode(store::Reader& reader);

// Reads the row, and writes what `change` makes of it unless that is the same. Returns the row as
// it then is. `tx` is of ModeTenant(); `now` is noted for operators.
absl::StatusOr<ModeRow> ChangeMode(store::Tx& tx, absl::Time now,
                                   absl::FunctionRef<ModeRow(ModeRow)> change);

}  // namespace rapport::cache

#endif  // RAPPORT_COMMON_CACHE_MODE_TABLE_H_
