#include "common/store/open_store.h"

#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/status_macros.h"
#include "common/store/migration.h"
#include "common/store/postgres_migration.h"
#include "common/store/postgres_store.h"
#include "common/store/sqlite_file.h"
#include "common/store/sqlite_migration.h"
#include "common/store/sqlite_store.h"
#include "common/store/sqlite_views.h"
#include "common/store/views.h"

namespace rapport::store {
namespace {

constexpr absl::string_view kSqlite = "sqlite:";
constexpr absl::string_view kMemory = ":memory:";

bool IsPostgres(absl::string_view address) {
  return absl::StartsWith(address, "postgres://") || absl::StartsWith(address, "postgresql://");
}

bool HoldsPassword(absl::string_view address) {
  const absl::string_view rest = address.substr(address.find("//") + 2);
  const absl::string_view authority = rest.substr(0, rest.find_first_of("/?"));
  const std::size_t at = authority.rfind('@');
  return (at != absl::string_view::npos &&
          authority.substr(0, at).find(':') != absl::string_view::npos) ||
         absl::StrContains(address, "?password=") || absl::StrContains(address, "&password=");
}

// What both engines are told alike.
template <class EngineOptions>
EngineOptions EngineOptionsOf(const OpenOptions& options) {
  EngineOptions out;
  out.tables = options.tables;
  out.clock = options.clock;
  out.rng = options.rng;
  out.schema_version = options.schema_version;
  out.readers = options.readers;
  out.on_error = options.on_error;
  return out;
}

PostgresOptions PostgresOptionsOf(const OpenOptions& options) {
  auto postgres = EngineOptionsOf<PostgresOptions>(options);
  postgres.uri = options.address;
  postgres.role = "rapport_" + options.schema;
  postgres.schema = options.schema;
  return postgres;
}

SqliteOptions SqliteOptionsOf(const OpenOptions& options) {
  auto sqlite = EngineOptionsOf<SqliteOptions>(options);
  const std::string path = options.address.substr(kSqlite.size());
  if (path != kMemory) sqlite.path = path;
  return sqlite;
}

// A store that is open, and not written to.
class PostgresViews final : public Views {
 public:
  explicit PostgresViews(std::unique_ptr<PostgresStore> store) : store_(std::move(store)) {}
  absl::StatusOr<std::unique_ptr<Snapshot>> Read(const base::CallContext& context,
                                                 base::TenantId tenant) override {
    return store_->Read(context, std::move(tenant));
  }
  const std::string& id() const override { return store_->id(); }

 private:
  const std::unique_ptr<PostgresStore> store_;
};

absl::StatusOr<std::unique_ptr<Views>> OpenPostgresViews(const PostgresOptions& options) {
  {
    // Opening would make a schema that is not there.
    ASSIGN_OR_RETURN(const auto migration, OpenPostgresMigration(options));
    ASSIGN_OR_RETURN(const std::int64_t version, migration->Version());
    if (version == 0) {
      return absl::NotFoundError(absl::StrCat("there is no schema ", options.schema));
    }
  }
  ASSIGN_OR_RETURN(auto store, PostgresStore::Open(options));
  return std::make_unique<PostgresViews>(std::move(store));
}

absl::Status CheckOnDisk(const std::string& address) {
  if (address.substr(kSqlite.size()) != kMemory) return absl::OkStatus();
  return absl::InvalidArgumentError("a store in memory ends with its process");
}

}  // namespace

absl::Status CheckAddress(absl::string_view address) {
  if (address.empty()) {
    return absl::InvalidArgumentError("say where the data is, e.g. sqlite:contact.db");
  }
  if (IsPostgres(address)) {
    if (!HoldsPassword(address)) return absl::OkStatus();
    return absl::InvalidArgumentError("must hold no password; name a file with ?passfile=FILE");
  }
  if (absl::ConsumePrefix(&address, kSqlite) && !address.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      "must be sqlite:PATH, sqlite::memory: or postgres://USER@HOST/DATABASE");
}

bool IsEmbedded(absl::string_view address) { return !IsPostgres(address); }

absl::StatusOr<std::unique_ptr<Store>> OpenStore(OpenOptions options) {
  RETURN_IF_ERROR(CheckAddress(options.address));
  if (IsPostgres(options.address)) return PostgresStore::Open(PostgresOptionsOf(options));
  return SqliteStore::Open(SqliteOptionsOf(options));
}

absl::StatusOr<std::unique_ptr<Migration>> OpenMigration(const OpenOptions& options) {
  RETURN_IF_ERROR(CheckAddress(options.address));
  if (IsPostgres(options.address)) return OpenPostgresMigration(PostgresOptionsOf(options));
  RETURN_IF_ERROR(CheckOnDisk(options.address));
  return OpenSqliteMigration(SqliteOptionsOf(options));
}

absl::Status CheckUnused(const OpenOptions& options) {
  RETURN_IF_ERROR(CheckAddress(options.address));
  if (IsPostgres(options.address)) return CheckPostgresUnused(PostgresOptionsOf(options));
  RETURN_IF_ERROR(CheckOnDisk(options.address));
  return FileOwnership::Take(SqliteOptionsOf(options).path).status();
}

absl::StatusOr<std::unique_ptr<Views>> OpenViews(const OpenOptions& options) {
  RETURN_IF_ERROR(CheckAddress(options.address));
  if (IsPostgres(options.address)) return OpenPostgresViews(PostgresOptionsOf(options));
  RETURN_IF_ERROR(CheckOnDisk(options.address));
  return OpenSqliteViews(SqliteOptionsOf(options));
}

absl::StatusOr<std::vector<base::TenantId>> TenantsOf(const OpenOptions& options,
                                                      const Table& table) {
  RETURN_IF_ERROR(CheckAddress(options.address));
  if (IsPostgres(options.address)) return PostgresTenantsOf(PostgresOptionsOf(options), table);
  RETURN_IF_ERROR(CheckOnDisk(options.address));
  return SqliteTenantsOf(SqliteOptionsOf(options).path, table);
}

}  // namespace rapport::store
