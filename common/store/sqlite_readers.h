// The connections that only read, and the views on them.
#ifndef RAPPORT_COMMON_STORE_SQLITE_READERS_H_
#define RAPPORT_COMMON_STORE_SQLITE_READERS_H_

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/store/connection_pool.h"
#include "common/store/sql_catalog.h"
#include "common/store/sqlite_connection.h"
#include "common/store/store.h"
#include "common/time/clock.h"

namespace rapport::store {

// Thread-safe; outlives its snapshots.
class ReaderPool {
 public:
  // At most `size` connections, opened when they are needed first.
  ReaderPool(Connection::Options connection, std::size_t size, const Catalog& catalog,
             const time::Clock& clock);

  // Opens all connections now.
  absl::Status OpenAll();
  // A view of what is committed; it claims `committed()`, asked before the view begins. Waits for
  // a free connection until `deadline`, then UNAVAILABLE.
  absl::StatusOr<std::unique_ptr<Snapshot>> Open(base::TenantId tenant, absl::Time deadline,
                                                 absl::FunctionRef<std::int64_t()> committed);

 private:
  class View;

  absl::StatusOr<std::unique_ptr<Connection>> Take(absl::Time deadline);

  const Connection::Options connection_;
  const Catalog& catalog_;
  ConnectionPool<Connection> connections_;
};

}  // namespace rapport::store

#endif  // RAPPORT_COMMON_STORE_SQLITE_READERS_H_
