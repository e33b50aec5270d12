// Brings a store to the tables that a program knows, while older programs may still work on it.
//
//   expand    what is added: tables, columns, indexes. A program of the version before goes on; its
//             writes leave the new columns as they are (NULL in rows that it makes)
//   fill      values for what was added, see fill.h. Not this class's: it needs no SQL
//   contract  when no older program is left: unique indexes that it could have broken, and away
//             with what the new program does not know any more
//
// Each step is a transaction of its own, or is found half done and done again: whoever is killed
// runs the same once more. Rules: a column or an index never changes, it gets another name; new
// columns may be NULL; a release that reads what another one added comes after that one's contract.
//
// A SQLite file belongs to one program, which expands it whenever it opens it (in one transaction).
// A PostgreSQL schema is made by the first program that opens it and then changed only here.
#ifndef RAPPORT_COMMON_STORE_MIGRATION_H_
#define RAPPORT_COMMON_STORE_MIGRATION_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/base/id.h"
#include "common/store/open_store.h"

namespace rapport::store {

// Used by one thread. Errors are FAILED_PRECONDITION or UNAVAILABLE with one line for the operator.
class Migration {
 public:
  using Say = std::function<void(absl::string_view)>;  // one line for each step

  virtual ~Migration() = default;
  // Of the store: 0 if there is none yet. `oldest` is the version of the oldest program that may
  // work on it.
  virtual absl::StatusOr<std::int64_t> Version() = 0;
  virtual absl::StatusOr<std::int64_t> Oldest() = 0;
  // What Expand, and after it Contract if asked for, would do: a line each. Changes nothing.
  virtual absl::StatusOr<std::vector<std::string>> Plan(bool contract) = 0;
  // Makes the store if there is none. Refused while a program of another version than this one and
  // the one before works on the store, and, unless the store was contracted for the version before,
  // while any older one does.
  virtual absl::Status Expand(const Say& say) = 0;
  // Until this object goes, no older program can open the store. Refused while one works on it.
  virtual absl::Status ShutOutOlder() = 0;
  // After ShutOutOlder.
  virtual absl::Status Contract(const Say& say) = 0;
};

// Of the store that OpenStore would open with these options. While the object lives, nobody else
// can get one for the same PostgreSQL schema. It does not hold a SQLite file between calls.
absl::StatusOr<std::unique_ptr<Migration>> OpenMigration(const OpenOptions& options);

// FAILED_PRECONDITION while a program of this version, an older one or the next works on the store.
absl::Status CheckUnused(const OpenOptions& options);

// The tenants that have rows in this table, in order. It is not a working connection that looks: on
// PostgreSQL the user must own the schema. INVALID_ARGUMENT for a store in memory.
absl::StatusOr<std::vector<base::TenantId>> TenantsOf(const OpenOptions& options,
                                                      const Table& table);

}  // namespace rapport::store

#endif  // RAPPORT_COMMON_STORE_MIGRATION_H_
