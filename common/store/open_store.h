// Opens a store by its address, whatever the engine.
//
//   sqlite:PATH                    the embedded engine, one file
//   sqlite::memory:                the same in memory; it ends with the object
//   postgres://USER@HOST:PORT/DB   PostgreSQL; all of libpq's parameters, e.g.
//   ?host=/run/postgresql
//                                  and ?passfile=FILE. A password does not belong here: command
//                                  lines can be read by everybody.
#ifndef RAPPORT_COMMON_STORE_OPEN_STORE_H_
#define RAPPORT_COMMON_STORE_OPEN_STORE_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/base/uuid.h"
#include "common/store/store.h"
#include "common/time/clock.h"

namespace rapport::store {

struct OpenOptions {
  std::string address;
  // On PostgreSQL the tables are in this schema, so that several services can share a database:
  // [a-z_]+. The role that works on them is rapport_SCHEMA.
  std::string schema = "rapport";
  // Every table that will be used. They outlive the store.
  std::vector<const Table*> tables;
  // Required; outlives the store. Deadlines are compared with it.
  const time::Clock* clock = nullptr;
  base::Rng* rng = nullptr;  // nullptr: the kernel's
  // Version of the tables' meaning. A file is brought up to it; a schema on PostgreSQL must have it
  // already, or the next one, see migration.h.
  int schema_version = 1;
  // Connections that read; 0: the engine's default.
  std::size_t readers = 0;
  // Hears what an operator must know. Any thread. Default: a line on stderr.
  std::function<void(absl::string_view)> on_error;
};

// INVALID_ARGUMENT, for the operator, if it is no address.
absl::Status CheckAddress(absl::string_view address);

// This process is the only one that writes there, so that what it keeps in memory is never behind.
bool IsEmbedded(absl::string_view address);

// INVALID_ARGUMENT also if a table is not well-formed; FAILED_PRECONDITION if the store cannot be
// used, with a message for the operator.
absl::StatusOr<std::unique_ptr<Store>> OpenStore(OpenOptions options);

}  // namespace rapport::store

#endif  // RAPPORT_COMMON_STORE_OPEN_STORE_H_
