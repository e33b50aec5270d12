#include "common/store/postgres_store.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <utility>

#include "absl/hash/hash.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "common/store/postgres_commits.h"
#include "common/store/postgres_connection.h"
#include "common/store/postgres_leadership.h"
#include "common/store/postgres_readers.h"
#include "common/store/postgres_schema.h"
#include "common/store/postgres_write_lane.h"
#include "common/store/sql_catalog.h"

namespace rapport::store {
namespace {

// How long a statement of a kind of connection may take.
constexpr absl::Duration kWriterPatience = absl::Seconds(5);
constexpr absl::Duration kReaderPatience = absl::Seconds(30);
constexpr absl::Duration kMigrationPatience = absl::Hours(1);

void WriteLine(absl::string_view what) {
  std::fprintf(stderr, "store: %.*s\n", static_cast<int>(what.size()), what.data());
}

void Stop(absl::string_view what) {
  WriteLine(what);
  std::abort();
}

bool IsSqlName(const std::string& name) {
  return !name.empty() && name.size() < 64 &&
         !absl::ascii_isdigit(static_cast<unsigned char>(name[0])) &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return absl::ascii_islower(static_cast<unsigned char>(c)) ||
                  absl::ascii_isdigit(static_cast<unsigned char>(c)) || c == '_';
         });
}

}  // namespace

PostgresStore::PostgresStore(PostgresOptions options) : options_(std::move(options)) {}

PostgresStore::~PostgresStore() {
  readers_.reset();
  lanes_.clear();
  commits_.reset();
}

absl::StatusOr<std::unique_ptr<PostgresStore>> PostgresStore::Open(PostgresOptions options) {
  if (options.clock == nullptr) return absl::InvalidArgumentError("a store needs a clock");
  if (!IsSqlName(options.schema) || !IsSqlName(options.role)) {
    return absl::InvalidArgumentError("schema and role must be [a-z_][a-z0-9_]*");
  }
  if (!options.on_error) options.on_error = WriteLine;
  if (!options.on_fatal) options.on_fatal = Stop;
  std::unique_ptr<PostgresStore> store(new PostgresStore(std::move(options)));
  RETURN_IF_ERROR(store->Start());
  return store;
}

absl::Status PostgresStore::Start() {
  ASSIGN_OR_RETURN(Catalog catalog, Catalog::Make(options_.tables, Dialect::kPostgres));
  catalog_ = std::make_unique<Catalog>(std::move(catalog));

  PostgresConnection::Options as_user;
  as_user.uri = options_.uri;
  as_user.schema = options_.schema;
  as_user.patience = kMigrationPatience;
  as_user.on_error = options_.on_error;
  ASSIGN_OR_RETURN(auto connection, PostgresConnection::Open(as_user));
  PostgresShape shape;
  shape.schema = options_.schema;
  shape.role = options_.role;
  shape.version = options_.schema_version;
  shape.new_id = NewId();
  ASSIGN_OR_RETURN(const PostgresState state, OpenSchema(*connection, *catalog_, shape));
  id_ = state.id;
  former_ids_ = state.former_ids;
  identity_ = connection->identity();
  if (state.owner) role_ = options_.role;
  ASSIGN_OR_RETURN(presence_, Connect(kReaderPatience));
  RETURN_IF_ERROR(CheckRole(*presence_, options_.schema));

  const auto reader = [this] { return Connect(kReaderPatience); };
  commits_ = std::make_unique<PostgresCommits>(
      reader, [this] { Moved("the database has lost commits since this process started"); }, state);
  const std::size_t cores = std::max(1U, std::thread::hardware_concurrency());
  readers_ = std::make_unique<PostgresReaders>(
      reader, options_.readers == 0 ? 2 * cores + 2 : options_.readers, *catalog_, *commits_,
      *options_.clock);
  leadership_ = std::make_unique<PostgresLeadership>(reader);
  const std::string process = NewId();
  for (std::size_t i = 0; i < std::max<std::size_t>(1, options_.writers); ++i) {
    PostgresWriteLane::Options lane;
    lane.clock = options_.clock;
    lane.rng = options_.rng == nullptr ? &system_rng_ : options_.rng;
    lane.max_queue = options_.max_queue;
    lane.max_group = std::max<std::size_t>(1, options_.max_group);
    lane.patience = options_.patience;
    lane.writer = absl::StrCat(process, "/", i);
    lane.open = [this] { return Connect(kWriterPatience); };
    lanes_.push_back(
        std::make_unique<PostgresWriteLane>(*catalog_, *commits_, waiting_, std::move(lane)));
  }
  return absl::OkStatus();
}

std::string PostgresStore::NewId() {
  base::Rng& rng = options_.rng == nullptr ? system_rng_ : *options_.rng;
  return base::NewUuidV7(options_.clock->Now(), rng);
}

absl::StatusOr<std::unique_ptr<PostgresConnection>> PostgresStore::Connect(
    absl::Duration patience) {
  PostgresConnection::Options options;
  options.uri = options_.uri;
  options.schema = options_.schema;
  options.role = role_;
  options.presence = PresenceOf(options_.schema, options_.schema_version);
  options.patience = patience;
  options.on_error = options_.on_error;
  auto connection = PostgresConnection::Open(options);
  if (!connection.ok()) {
    // Said once for all connections, until one succeeds.
    if (!away_.exchange(true)) options_.on_error(connection.status().message());
    return connection;
  }
  away_.store(false);
  if ((*connection)->identity() != identity_) {
    Moved("the database was promoted or restored since this process started");
    return errors::StoreUnavailable();
  }
  // While no connection said that this process is here, the schema may have been contracted.
  const auto newer =
      (*connection)
          ->Query(absl::StrCat("SELECT count(*) FROM rapport_meta WHERE key='oldest' AND number>",
                               options_.schema_version));
  if (!newer.ok()) return errors::StoreUnavailable();
  if (DecodeInt(newer->get(), 0, 0) == 0) return connection;
  Moved("the schema was changed for a newer release: start that release");
  return errors::StoreUnavailable();
}

void PostgresStore::Moved(absl::string_view how) {
  if (!moved_.exchange(true)) options_.on_fatal(how);
}

void PostgresStore::Transact(const base::CallContext& ctx, base::TenantId tenant, Body body,
                             Done done) {
  PostgresWriteLane& lane = *lanes_[absl::HashOf(tenant) % lanes_.size()];
  lane.Submit(ctx, std::move(tenant), std::move(body), std::move(done));
}

absl::StatusOr<std::unique_ptr<Snapshot>> PostgresStore::Read(const base::CallContext& ctx,
                                                              base::TenantId tenant) {
  return readers_->Open(ctx, std::move(tenant));
}

std::int64_t PostgresStore::committed_sequence() const { return commits_->committed(); }

int PostgresStore::AddCommitListener(std::function<void(std::int64_t sequence)> listener) {
  return commits_->AddListener(std::move(listener));
}

void PostgresStore::RemoveCommitListener(int handle) { commits_->RemoveListener(handle); }

std::size_t PostgresStore::queued() const { return waiting_.load(std::memory_order_relaxed); }

bool PostgresStore::TryLead(absl::string_view what) {
  // Other stores may share the database.
  return leadership_->Try(absl::StrCat(options_.schema, "/", what));
}

void PostgresStore::Resign(absl::string_view what) {
  leadership_->Resign(absl::StrCat(options_.schema, "/", what));
}

std::uint64_t PostgresStore::VersionOf(std::int64_t sequence) const {
  return static_cast<std::uint64_t>(CommitOf(sequence));
}

void PostgresStore::SetGuard(CommitGuard* guard) {
  for (const auto& lane : lanes_) lane->SetGuard(guard);
}

}  // namespace rapport::store
