// The embedded engine: one SQLite file, or the same in memory.
//
// On disk: write-ahead log, every commit synced before it is acknowledged, no mmap. One process
// owns the file (`<path>.lock` names it, and is the witness that the file is the one that it was:
// a copy in its place gets another id), one connection writes and writes the log back, the others
// only read. In memory: the same engine on a memory file system, nothing synced; it ends with the
// object.
//
// Disk full: the group is refused with RESOURCE_EXHAUSTED, reads go on, writes succeed again when
// there is room. A failed sync or any other I/O error of the writer: the group is refused with
// UNAVAILABLE, `on_fatal` is called, and nothing is written any more, because what the disk then
// holds is unknown until the file is opened afresh.
#ifndef RAPPORT_COMMON_STORE_SQLITE_STORE_H_
#define RAPPORT_COMMON_STORE_SQLITE_STORE_H_

#include <cstddef>
#include <cstdint>
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

struct SqliteOptions {
  // The file; created if it is missing (its folder is not). Empty: in memory.
  std::string path;
  // Every table that will be used. They outlive the store.
  std::vector<const Table*> tables;
  // Required; outlives the store. Deadlines are compared with it.
  const time::Clock* clock = nullptr;
  // Makes the id of a new store; nullptr: the kernel's.
  base::Rng* rng = nullptr;
  // Version of the tables' meaning. A file with a higher one is refused.
  int schema_version = 1;
  // Connections that read; 0: two per core and two more.
  std::size_t readers = 0;
  // Bodies that may wait; further ones are refused with UNAVAILABLE.
  std::size_t max_queue = 20000;
  // Bodies that share one commit at most.
  std::size_t max_group = 512;
  // Size of the write-ahead log at which it is written back.
  std::int64_t checkpoint_bytes = 16 << 20;
  // Hears what an operator must know (result code and text of SQLite). Any thread.
  std::function<void(absl::string_view)> on_error;
  // The store cannot go on. Write thread. Default: a line on stderr, then abort().
  std::function<void(absl::string_view)> on_fatal;
};

class Catalog;
class FileOwnership;
class ReaderPool;
class WriteLane;

class SqliteStore final : public Store {
 public:
  // INVALID_ARGUMENT   the description of a table is not well-formed
  // FAILED_PRECONDITION  the file is in use, newer than this program, or cannot be opened; the
  //                      message is for the operator
  static absl::StatusOr<std::unique_ptr<SqliteStore>> Open(SqliteOptions options);
  // Finishes the queued bodies. All snapshots must be gone.
  ~SqliteStore() override;

  void Transact(const base::CallContext& ctx, base::TenantId tenant, Body body, Done done) override;
  // UNAVAILABLE also if ctx.at_least lies beyond every acknowledged write: such a token comes from
  // another store, or from a future that this one has lost.
  absl::StatusOr<std::unique_ptr<Snapshot>> Read(const base::CallContext& ctx,
                                                 base::TenantId tenant) override;
  const std::string& id() const override { return id_; }
  const std::vector<std::string>& former_ids() const override { return former_ids_; }
  std::int64_t committed_sequence() const override;
  int AddCommitListener(std::function<void(std::int64_t sequence)> listener) override;
  void RemoveCommitListener(int handle) override;
  std::size_t queued() const override;
  bool TryLead(absl::string_view what) override;
  void Resign(absl::string_view what) override;
  std::uint64_t VersionOf(std::int64_t sequence) const override;
  void SetGuard(CommitGuard* guard) override;

 private:
  SqliteStore();

  std::string id_;
  std::vector<std::string> former_ids_;
  std::unique_ptr<FileOwnership> ownership_;
  std::unique_ptr<Catalog> catalog_;
  std::unique_ptr<WriteLane> writer_;
  std::unique_ptr<ReaderPool> readers_;
};

}  // namespace rapport::store

#endif  // RAPPORT_COMMON_STORE_SQLITE_STORE_H_
