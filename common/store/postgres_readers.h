// The connections that only read, and the views on them.
#ifndef RAPPORT_COMMON_STORE_POSTGRES_READERS_H_
#define RAPPORT_COMMON_STORE_POSTGRES_READERS_H_

#include <cstddef>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/call_context.h"
#include "common/store/connection_pool.h"
#include "common/store/postgres_commits.h"
#include "common/store/postgres_connection.h"
#include "common/store/sql_catalog.h"
#include "common/store/store.h"
#include "common/time/clock.h"

namespace rapport::store {

// Thread-safe; outlives its snapshots.
class PostgresReaders {
 public:
  // At most `size` connections, opened when they are needed first. The references outlive this.
  PostgresReaders(PostgresOpener open, std::size_t size, const Catalog& catalog,
                  const PostgresCommits& commits, const time::Clock& clock);

  // A view of what is committed. Waits for a free connection until ctx.deadline, then UNAVAILABLE;
  // also UNAVAILABLE if the server cannot be reached, or ctx.at_least lies in its future.
  absl::StatusOr<std::unique_ptr<Snapshot>> Open(const base::CallContext& ctx,
                                                 base::TenantId tenant);

 private:
  class View;

  absl::StatusOr<PostgresSnapshot> Begin(std::unique_ptr<PostgresConnection>& connection,
                                         const base::TenantId& tenant);

  const PostgresOpener open_;
  const Catalog& catalog_;
  const PostgresCommits& commits_;
  ConnectionPool<PostgresConnection> connections_;  // may be lost while they rest
};

}  // namespace rapport::store

#endif  // RAPPORT_COMMON_STORE_POSTGRES_READERS_H_
