// Small verbs on rows: reading now, sizes, names for people, and what an engine would refuse.
#ifndef RAPPORT_TOOLS_RAPPORT_ADMIN_ROWS_H_
#define RAPPORT_TOOLS_RAPPORT_ADMIN_ROWS_H_

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/call_context.h"
#include "common/base/id.h"
#include "common/store/store.h"

namespace rapport::admin {

// A context with time enough for one portion.
base::CallContext ContextOf(const base::TenantId& tenant);
absl::StatusOr<std::unique_ptr<store::Snapshot>> ReadNow(store::Store& store,
                                                         const base::TenantId& tenant);
// The rows of a tenant behind `after`, in the order of their keys, in portions that each have a
// view of their own, until `visit` fails.
absl::Status VisitRows(store::Store& store, const base::TenantId& tenant, const store::Table& table,
                       std::vector<store::Value> after,
                       absl::FunctionRef<absl::Status(std::vector<store::Row>&)> visit);

// At most `limit` rows behind the key `after`, in the order of the keys.
absl::StatusOr<std::vector<store::Row>> RowsBehind(store::Reader& reader, const store::Table& table,
                                                   const std::vector<store::Value>& after,
                                                   int limit);
// INVALID_ARGUMENT if that is no id of a tenant.
absl::StatusOr<base::TenantId> TenantNamed(const std::string& id);
// NOT_FOUND if the address is that of a file that does not exist.
absl::Status CheckExists(const std::string& address);
// The store cannot go on now, whatever was asked of it.
bool IsOfTheStore(const absl::Status& status);

std::size_t SizeOf(const store::Row& row);
std::vector<store::Value> KeyOf(const store::Table& table, const store::Row& row);
// `table people of tenant home, key ("", "0191…")`; what is no plain text is hexadecimal.
std::string Where(const base::TenantId& tenant, const store::Table& table, const store::Row& row);
// The same without what may be personal data: of texts but UUIDs, the first bytes of their SHA-256.
std::string MaskedWhere(const base::TenantId& tenant, const store::Table& table,
                        const store::Row& row);

// FAILED_PRECONDITION, naming the row and the value, if PostgreSQL would refuse it: text that is
// not UTF-8, a key or values of one index that are too long together.
absl::Status FitsPostgres(const base::TenantId& tenant, const store::Table& table,
                          const store::Row& row);

}  // namespace rapport::admin

#endif  // RAPPORT_TOOLS_RAPPORT_ADMIN_ROWS_H_
