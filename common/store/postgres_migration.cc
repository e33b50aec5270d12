#include "common/store/postgres_migration.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/failpoint.h"
#include "common/base/status_macros.h"
#include "common/base/uuid.h"
#include "common/store/postgres_connection.h"
#include "common/store/postgres_schema.h"
#include "common/store/sql_catalog.h"

namespace rapport::store {
namespace {

// An index of a large table takes its time.
constexpr absl::Duration kStatementPatience = absl::Hours(24);
// A session that has just ended is there a moment longer.
constexpr absl::Duration kLockGrace = absl::Seconds(2);

absl::StatusOr<std::unique_ptr<PostgresConnection>> ConnectAsUser(const PostgresOptions& options) {
  PostgresConnection::Options as_user;
  as_user.uri = options.uri;
  as_user.schema = options.schema;
  as_user.patience = kStatementPatience;
  return PostgresConnection::Open(as_user);
}

// Takes an advisory lock of the session alone, if nobody has it any more by then.
absl::StatusOr<bool> LockInTime(PostgresMeta& meta, const std::string& what, absl::Time limit) {
  PostgresParams params;
  params.AddText(what);
  for (;;) {
    ASSIGN_OR_RETURN(
        const PgResult taken,
        meta.Query("SELECT pg_try_advisory_lock(hashtextextended($1,0))::int::bigint", params));
    const bool alone = DecodeInt(taken.get(), 0, 0) == 1;
    if (alone || absl::Now() > limit) return alone;
    RETURN_IF_ERROR(meta.Execute("SELECT pg_sleep(0.02)"));
  }
}

// Until the session ends, no program of these versions can open the schema.
absl::Status ShutOut(PostgresMeta& meta, const std::string& schema, std::int64_t first,
                     std::int64_t last) {
  const absl::Time limit = absl::Now() + kLockGrace;
  for (std::int64_t version = first; version <= last; ++version) {
    ASSIGN_OR_RETURN(const bool gone, LockInTime(meta, PresenceOf(schema, version), limit));
    if (gone) continue;
    return absl::FailedPreconditionError(
        absl::StrCat("a process that knows version ", version, " works on the schema ", schema));
  }
  return absl::OkStatus();
}

class PostgresMigration final : public Migration {
 public:
  PostgresMigration(std::unique_ptr<PostgresConnection> connection, Catalog catalog,
                    PostgresShape shape)
      : connection_(std::move(connection)),
        catalog_(std::move(catalog)),
        shape_(std::move(shape)),
        meta_(*connection_) {}

  absl::Status Begin() {
    const std::string what = absl::StrCat("rapport/", shape_.schema, "/migrate");
    ASSIGN_OR_RETURN(const bool alone, LockInTime(meta_, what, absl::Now() + kLockGrace));
    if (alone) return absl::OkStatus();
    return absl::FailedPreconditionError(
        absl::StrCat("the schema ", shape_.schema, " is being migrated already"));
  }

  absl::StatusOr<std::int64_t> Version() override {
    RETURN_IF_ERROR(meta_.Load());
    return meta_.version();
  }
  absl::StatusOr<std::int64_t> Oldest() override {
    RETURN_IF_ERROR(meta_.Load());
    return meta_.version() == 0 ? 0 : meta_.oldest();
  }

  absl::StatusOr<std::vector<std::string>> Plan(bool contract) override {
    RETURN_IF_ERROR(CheckNotNewer());
    std::vector<std::string> lines;
    ASSIGN_OR_RETURN(const auto missing, MissingIn(meta_.entries(), catalog_, meta_.oldest()));
    for (const SchemaChange& change : missing) {
      if (change.sql.empty() || (change.waits_for_older && !contract)) continue;
      lines.push_back("add " + change.what);
    }
    if (!contract) return lines;
    for (const SchemaChange& change : LeftoversIn(meta_.entries(), catalog_)) {
      if (!change.sql.empty() || !change.index.empty()) lines.push_back("drop " + change.what);
    }
    return lines;
  }

  absl::Status Expand(const Say& say) override {
    RETURN_IF_ERROR(CheckNotNewer());
    if (meta_.entries().empty()) {
      say(absl::StrCat("make schema ", shape_.schema));
      return OpenSchema(*connection_, catalog_, shape_).status();
    }
    RETURN_IF_ERROR(CheckOlder());
    RETURN_IF_ERROR(Add(false, say));
    if (meta_.version() == shape_.version) return absl::OkStatus();
    return Remember("version");
  }

  absl::Status ShutOutOlder() override {
    return ShutOut(meta_, shape_.schema, 1, shape_.version - 1);
  }

  absl::Status Contract(const Say& say) override {
    RETURN_IF_ERROR(CheckNotNewer());
    // First, so that no older program can open what is half contracted.
    RETURN_IF_ERROR(Remember("oldest"));
    RETURN_IF_ERROR(Add(true, say));
    for (const SchemaChange& change : LeftoversIn(meta_.entries(), catalog_)) {
      if (!change.sql.empty() || !change.index.empty()) say("drop " + change.what);
      if (!change.index.empty()) {
        RETURN_IF_ERROR(meta_.Execute(
            absl::StrCat("DROP INDEX CONCURRENTLY IF EXISTS ", Quoted(change.index))));
      }
      const bool column = absl::StrContains(change.key, " column ");
      const std::int64_t number = column && !change.sql.empty() ? shape_.version : -1;
      RETURN_IF_ERROR(Do(change, number));
    }
    return absl::OkStatus();
  }

 private:
  absl::Status CheckNotNewer() {
    RETURN_IF_ERROR(meta_.Load());
    if (meta_.version() <= shape_.version) return absl::OkStatus();
    return absl::FailedPreconditionError(
        absl::StrCat("the schema ", shape_.schema, " is of version ", meta_.version(),
                     ", and this program of version ", shape_.version));
  }

  // Looks only: a session that gives a lock back lets others in again.
  absl::Status CheckOlder() {
    const bool contracted = meta_.oldest() >= shape_.version - 1;
    const absl::Status none =
        ShutOut(meta_, shape_.schema, 1, shape_.version - (contracted ? 2 : 1));
    RETURN_IF_ERROR(meta_.Execute("SELECT pg_advisory_unlock_all()"));
    RETURN_IF_ERROR(none);
    return Begin();
  }

  absl::Status Add(bool all, const Say& say) {
    ASSIGN_OR_RETURN(const auto missing, MissingIn(meta_.entries(), catalog_, meta_.oldest()));
    for (const SchemaChange& change : missing) {
      if (change.waits_for_older && !all) continue;
      if (!change.sql.empty()) say("add " + change.what);
      if (change.index.empty()) {
        RETURN_IF_ERROR(Do(change, shape_.version));
      } else {
        RETURN_IF_ERROR(BuildIndex(change));
      }
    }
    return absl::OkStatus();
  }

  // The server builds it beside the traffic, in no transaction: one that is not valid was broken
  // off, or found values twice.
  absl::Status BuildIndex(const SchemaChange& change) {
    const std::string valid =
        absl::StrCat("EXISTS(SELECT FROM pg_index WHERE indexrelid=to_regclass('\"", change.index,
                     "\"') AND indisvalid)");
    ASSIGN_OR_RETURN(const bool built, meta_.Is(valid));
    const auto drop = [&] {
      return meta_.Execute(
          absl::StrCat("DROP INDEX CONCURRENTLY IF EXISTS ", Quoted(change.index)));
    };
    if (!built) {
      RETURN_IF_ERROR(drop());
      base::Failpoint(base::Place::kInMigration);
      const std::string create = change.sql.front();
      const std::size_t name = create.find("INDEX ") + 6;
      const absl::Status done =
          connection_
              ->Query(absl::StrCat(create.substr(0, name), "CONCURRENTLY ", create.substr(name)))
              .status();
      if (!done.ok()) {
        const std::string why = connection_->last_error();
        connection_->Rollback();
        RETURN_IF_ERROR(drop());
        if (absl::StrContains(why, "23505")) {
          return absl::FailedPreconditionError(absl::StrCat(
              "the ", change.what, " must be unique, and some rows have equal values"));
        }
        return absl::FailedPreconditionError(absl::StrCat("the ", change.what, ": ", why));
      }
    }
    base::Failpoint(base::Place::kInMigration);
    SchemaChange note = change;
    note.sql.clear();
    return Do(note, shape_.version);
  }

  // The statements of a change and its entry, in one transaction, as often as other's locks are in
  // the way. `number` -1: the entry goes.
  absl::Status Do(const SchemaChange& change, std::int64_t number) {
    const absl::Time limit = absl::Now() + kLockPatience;
    for (;;) {
      const absl::Status done = TryDo(change, number);
      if (done.ok()) return done;
      const std::string why = connection_->last_error();
      connection_->Rollback();
      const bool locked = absl::StrContains(why, "55P03") || absl::StrContains(why, "40P01");
      if (!locked || absl::Now() > limit) {
        return absl::FailedPreconditionError(absl::StrCat("the ", change.what, ": ", why));
      }
      RETURN_IF_ERROR(meta_.Execute("SELECT pg_sleep(0.2)"));
    }
  }

  absl::Status TryDo(const SchemaChange& change, std::int64_t number) {
    RETURN_IF_ERROR(meta_.Execute("BEGIN ISOLATION LEVEL READ COMMITTED"));
    RETURN_IF_ERROR(meta_.Execute(absl::StrCat("SELECT set_config('lock_timeout','", kLockTimeout,
                                               "',true), ", SchemaLock(shape_.schema))));
    for (const std::string& sql : change.sql) RETURN_IF_ERROR(meta_.Execute(sql));
    RETURN_IF_ERROR(meta_.Remember(change.key, number, change.text));
    if (absl::StartsWith(change.what, "table ")) RETURN_IF_ERROR(meta_.Grant(shape_));
    base::Failpoint(base::Place::kInMigration);
    return meta_.Execute("COMMIT");
  }

  absl::Status Remember(const std::string& key) {
    return Do({key, "", absl::StrCat(key, " in rapport_meta"), {}}, shape_.version);
  }

  const std::unique_ptr<PostgresConnection> connection_;
  const Catalog catalog_;
  const PostgresShape shape_;
  PostgresMeta meta_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Migration>> OpenPostgresMigration(const PostgresOptions& options) {
  ASSIGN_OR_RETURN(Catalog catalog, Catalog::Make(options.tables, Dialect::kPostgres));
  ASSIGN_OR_RETURN(auto connection, ConnectAsUser(options));
  PostgresShape shape;
  shape.schema = options.schema;
  shape.role = options.role;
  shape.version = options.schema_version;
  base::SystemRng system_rng;
  base::Rng& rng = options.rng == nullptr ? system_rng : *options.rng;
  shape.new_id = base::NewUuidV7(options.clock->Now(), rng);
  auto migration = std::make_unique<PostgresMigration>(std::move(connection), std::move(catalog),
                                                       std::move(shape));
  RETURN_IF_ERROR(migration->Begin());
  return migration;
}

absl::Status CheckPostgresUnused(const PostgresOptions& options) {
  ASSIGN_OR_RETURN(const auto connection, ConnectAsUser(options));
  PostgresMeta meta(*connection);
  const absl::Status unused = ShutOut(meta, options.schema, 1, options.schema_version + 1);
  RETURN_IF_ERROR(meta.Execute("SELECT pg_advisory_unlock_all()"));
  return unused;
}

absl::StatusOr<std::vector<base::TenantId>> PostgresTenantsOf(const PostgresOptions& options,
                                                              const Table& table) {
  ASSIGN_OR_RETURN(const auto connection, ConnectAsUser(options));
  PostgresMeta meta(*connection);
  ASSIGN_OR_RETURN(const bool there,
                   meta.Is(absl::StrCat("to_regclass('", Quoted(table.name), "') IS NOT NULL")));
  std::vector<base::TenantId> tenants;
  if (!there) return tenants;
  ASSIGN_OR_RETURN(const bool owner,
                   meta.Is(absl::StrCat("SELECT pg_has_role(current_user,relowner,'USAGE') FROM"
                                        " pg_class WHERE oid='",
                                        Quoted(table.name), "'::regclass")));
  if (!owner) {
    return absl::FailedPreconditionError("only the schema's owner sees all tenants");
  }
  RETURN_IF_ERROR(meta.Execute("SELECT set_config('rapport.owner','on',false)"));
  std::string last;
  for (;;) {
    PostgresParams params;
    params.AddText(last);
    ASSIGN_OR_RETURN(const PgResult next,
                     meta.Query(absl::StrCat("SELECT tenant FROM ", Quoted(table.name),
                                             " WHERE tenant>$1 ORDER BY tenant LIMIT 1"),
                                params));
    if (PQntuples(next.get()) == 0) return tenants;
    last = DecodeText(next.get(), 0, 0);
    tenants.push_back(base::TenantId::Trusted(last));
  }
}

}  // namespace rapport::store
