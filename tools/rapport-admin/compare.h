// What two stores hold of some tenants, compared: rows and their order in the feeds.
#ifndef RAPPORT_TOOLS_RAPPORT_ADMIN_COMPARE_H_
#define RAPPORT_TOOLS_RAPPORT_ADMIN_COMPARE_H_

#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "common/base/id.h"
#include "common/store/store.h"
#include "tools/rapport-admin/opened.h"

namespace rapport::admin {

// Counts the rows of each table and tenant, and digests them in the order of their keys, without
// their sequences; then digests the keys in the order of the sequences. DATA_LOSS naming the first
// table and tenant that differ.
absl::Status Compare(store::Store& from, store::Store& to,
                     const std::vector<const store::Table*>& tables,
                     const absl::flat_hash_set<base::TenantId>& tenants, const Say& say);

}  // namespace rapport::admin

#endif  // RAPPORT_TOOLS_RAPPORT_ADMIN_COMPARE_H_
