// Gives rows the values that a newer version of their table has for them: in small transactions, in
// the order of the keys, from where the last attempt was broken off.
#ifndef RAPPORT_COMMON_STORE_FILL_H_
#define RAPPORT_COMMON_STORE_FILL_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/base/id.h"
#include "common/store/store.h"

namespace rapport::store {

struct Fill {
  int version = 0;        // of the tables' meaning that needs it
  std::string name = {};  // its own for ever
  const Table* table = nullptr;
  // Called for each row, in a transaction of its tenant. Idempotent, and writes nothing if there is
  // nothing to do: rows that are written are told by the feeds again.
  std::function<absl::Status(Tx& tx, const Row& row)> fill = {};
  // Where the rows come from, if not from the store that is filled: at most `limit` rows of `table`
  // of the tenant behind the key `after`, in the order of the keys; fewer only at the end.
  std::function<absl::StatusOr<std::vector<Row>>(const base::TenantId& tenant,
                                                 const std::vector<Value>& after, int limit)>
      source = {};
};

// Where the fills are; among the tables of a store that is filled.
const Table& FillTable();

// Visits all rows of these tenants. `pass` is 1 while older programs write, 2 when none is left: a
// new pass begins anew, the same one or an earlier one goes on. `say` gets a line now and then.
absl::Status RunFill(Store& store, const Fill& fill, absl::Span<const base::TenantId> tenants,
                     int pass, const std::function<void(absl::string_view)>& say);

// As if it had never been run for these tenants.
absl::Status ForgetFill(Store& store, const Fill& fill, absl::Span<const base::TenantId> tenants);

}  // namespace rapport::store

#endif  // RAPPORT_COMMON_STORE_FILL_H_
