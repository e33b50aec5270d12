// Brings a file to the shape of a catalog, and knows what the file remembers besides tables.
#ifndef RAPPORT_COMMON_STORE_SQLITE_SCHEMA_H_
#define RAPPORT_COMMON_STORE_SQLITE_SCHEMA_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/store/sql_catalog.h"
#include "common/store/sqlite_connection.h"

namespace rapport::store {

struct StoredState {
  std::string id;
  std::int64_t sequence = 0;  // the highest one ever given and kept
  std::vector<std::string> former_ids;
};

// In one transaction: creates missing tables, columns and indexes; refuses with FAILED_PRECONDITION
// a file that is newer than this program (a higher version) or whose tables were described
// differently. `new_id` names the store if the file is new, or if it is
// not `known` as what it says that it is.
using KnownStore = absl::FunctionRef<bool(const std::string& id, std::int64_t sequence)>;
absl::StatusOr<StoredState> BringUpToDate(Connection& connection, const Catalog& catalog,
                                          int schema_version, const std::string& new_id,
                                          KnownStore known);

// The tables, columns and indexes that BringUpToDate would add, a line each. Changes nothing.
absl::StatusOr<std::vector<std::string>> WhatIsMissing(Connection& connection,
                                                       const Catalog& catalog, int schema_version);

// What a file says that it is; an empty id if it is no store.
struct FileState {
  std::string id;
  std::int64_t sequence = 0;
  std::int64_t schema_version = 0;
};
absl::StatusOr<FileState> StateOf(Connection& connection);

// Remembers that `sequence` was given although no row may show it any more. Part of the running
// transaction.
absl::Status RememberSequence(Connection& connection, std::int64_t sequence);

}  // namespace rapport::store

#endif  // RAPPORT_COMMON_STORE_SQLITE_SCHEMA_H_
