#include "common/store/sqlite_store.h"

#include <cstdio>
#include <cstdlib>
#include <thread>
#include <utility>

#include "absl/strings/string_view.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "common/store/sql_catalog.h"
#include "common/store/sqlite_connection.h"
#include "common/store/sqlite_file.h"
#include "common/store/sqlite_readers.h"
#include "common/store/sqlite_schema.h"
#include "common/store/sqlite_write_lane.h"

namespace rapport::store {
namespace {

void WriteLine(absl::string_view what) {
  std::fprintf(stderr, "store: %.*s\n", static_cast<int>(what.size()), what.data());
}

void Stop(absl::string_view what) {
  WriteLine(what);
  std::abort();
}

}  // namespace

SqliteStore::SqliteStore() = default;

SqliteStore::~SqliteStore() {
  // The readers close first, so that the writer can empty and cut the log.
  readers_.reset();
  writer_.reset();
}

absl::StatusOr<std::unique_ptr<SqliteStore>> SqliteStore::Open(SqliteOptions options) {
  if (options.clock == nullptr) return absl::InvalidArgumentError("a store needs a clock");
  if (!options.on_error) options.on_error = WriteLine;
  if (!options.on_fatal) options.on_fatal = Stop;
  std::unique_ptr<SqliteStore> store(new SqliteStore);
  ASSIGN_OR_RETURN(Catalog catalog, Catalog::Make(options.tables, Dialect::kSqlite));
  store->catalog_ = std::make_unique<Catalog>(std::move(catalog));

  const bool on_disk = !options.path.empty();
  std::unique_ptr<MemoryFolder> memory;
  Connection::Options connection;
  connection.durable = on_disk;
  connection.on_error = options.on_error;
  if (on_disk) {
    connection.path = options.path;
    ASSIGN_OR_RETURN(store->ownership_, FileOwnership::Take(options.path));
  } else {
    ASSIGN_OR_RETURN(memory, MemoryFolder::Make());
    connection.path = memory->file();
  }
  RETURN_IF_ERROR(CreateFile(connection.path));

  connection.role = Connection::Role::kWriter;
  ASSIGN_OR_RETURN(auto writer, Connection::Open(connection));
  base::SystemRng system_rng;
  base::Rng& rng = options.rng == nullptr ? system_rng : *options.rng;
  ASSIGN_OR_RETURN(const StoredState state,
                   BringUpToDate(*writer, *store->catalog_, options.schema_version,
                                 base::NewUuidV7(options.clock->Now(), rng),
                                 [&](const std::string& id, std::int64_t sequence) {
                                   return on_disk && store->ownership_->Knows(id, sequence);
                                 }));
  store->id_ = state.id;
  store->former_ids_ = state.former_ids;
  if (on_disk) {
    store->ownership_->Witness(state.id, state.sequence);
    RETURN_IF_ERROR(SyncFolder(options.path));
  }

  const std::size_t cores = std::max(1U, std::thread::hardware_concurrency());
  const std::size_t readers = options.readers == 0 ? 2 * cores + 2 : options.readers;
  connection.role = Connection::Role::kReader;
  store->readers_ =
      std::make_unique<ReaderPool>(connection, readers, *store->catalog_, *options.clock);
  if (memory != nullptr) {
    RETURN_IF_ERROR(store->readers_->OpenAll());
    memory->Unlink();
  }

  WriteLane::Options lane;
  lane.clock = options.clock;
  lane.max_queue = options.max_queue;
  lane.max_group = std::max<std::size_t>(1, options.max_group);
  lane.checkpoint_bytes = options.checkpoint_bytes;
  lane.sequence = state.sequence;
  lane.file = store->ownership_.get();
  lane.on_fatal = std::move(options.on_fatal);
  store->writer_ =
      std::make_unique<WriteLane>(std::move(writer), *store->catalog_, std::move(lane));
  return store;
}

void SqliteStore::Transact(const base::CallContext& ctx, base::TenantId tenant, Body body,
                           Done done) {
  writer_->Submit(ctx, std::move(tenant), std::move(body), std::move(done));
}

absl::StatusOr<std::unique_ptr<Snapshot>> SqliteStore::Read(const base::CallContext& ctx,
                                                            base::TenantId tenant) {
  if (ctx.at_least > writer_->committed()) return errors::Behind("store", ctx.at_least);
  return readers_->Open(std::move(tenant), ctx.deadline, [this] { return writer_->committed(); });
}

std::int64_t SqliteStore::committed_sequence() const { return writer_->committed(); }

int SqliteStore::AddCommitListener(std::function<void(std::int64_t sequence)> listener) {
  return writer_->AddListener(std::move(listener));
}

void SqliteStore::RemoveCommitListener(int handle) { writer_->RemoveListener(handle); }

std::size_t SqliteStore::queued() const { return writer_->waiting(); }

bool SqliteStore::TryLead(absl::string_view) { return true; }

void SqliteStore::Resign(absl::string_view) {}

std::uint64_t SqliteStore::VersionOf(std::int64_t sequence) const {
  return static_cast<std::uint64_t>(sequence);
}

void SqliteStore::SetGuard(CommitGuard* guard) { writer_->SetGuard(guard); }

}  // namespace rapport::store
