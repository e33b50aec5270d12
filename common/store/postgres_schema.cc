#include "common/store/postgres_schema.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/base/failpoint.h"
#include "common/base/status_macros.h"

namespace rapport::store {
namespace {

constexpr std::int64_t kFormat = 1;  // of rapport_meta and rapport_commits
constexpr std::size_t kMaxName = 63;
constexpr absl::string_view kFormer = "former ";  // and an id that the store had
constexpr char kNewer[] =
    "the schema was written by a newer release: start that release, or restore a backup";
constexpr char kNotOurs[] =
    "there is no schema yet, and this user may not make one: start once as its owner";

std::string Behind(const std::string& schema, absl::string_view why) {
  return absl::StrCat("the schema ", schema, why, ": run rapport-admin migrate --service=", schema);
}

// One opening of the schema.
class Opening {
 public:
  Opening(PostgresConnection& connection, const Catalog& catalog, const PostgresShape& shape)
      : connection_(connection), catalog_(catalog), shape_(shape), meta_(connection) {}

  absl::StatusOr<PostgresState> Run() {
    RETURN_IF_ERROR(LookAround());
    if (owner_) RETURN_IF_ERROR(MakeRole());
    RETURN_IF_ERROR(meta_.Execute("BEGIN ISOLATION LEVEL READ COMMITTED"));
    auto state = Open();
    base::Failpoint(base::Place::kInMigration);
    if (state.ok()) {
      const absl::Status committed = meta_.Execute("COMMIT");
      if (committed.ok()) return state;
      state = committed;
    }
    connection_.Rollback();
    return state;
  }

 private:
  absl::Status LookAround() {
    ASSIGN_OR_RETURN(const bool utf8, meta_.Is("current_setting('server_encoding')='UTF8'"));
    if (!utf8) return absl::FailedPreconditionError("the database's encoding must be UTF8");
    ASSIGN_OR_RETURN(
        owner_, meta_.Is(absl::StrCat("SELECT coalesce((SELECT pg_has_role(current_user,nspowner,"
                                      "'USAGE') FROM pg_namespace WHERE nspname='",
                                      shape_.schema,
                                      "'),has_database_privilege(current_database(),'CREATE'))")));
    return absl::OkStatus();
  }

  // Outside the transaction: another database's opener may make the same role at the same time.
  absl::Status MakeRole() {
    const std::string exists =
        absl::StrCat("EXISTS(SELECT FROM pg_roles WHERE rolname='", shape_.role, "')");
    ASSIGN_OR_RETURN(bool there, meta_.Is(exists));
    if (!there) {
      const absl::Status made =
          meta_.Execute(absl::StrCat("CREATE ROLE ", Quoted(shape_.role),
                                     " NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE"));
      if (!made.ok()) {
        connection_.Rollback();
        ASSIGN_OR_RETURN(there, meta_.Is(exists));
        if (!there) return made;
      }
    }
    ASSIGN_OR_RETURN(const bool member, meta_.Is(absl::StrCat("pg_has_role(current_user,'",
                                                              shape_.role, "','MEMBER')")));
    return member ? absl::OkStatus()
                  : meta_.Execute(absl::StrCat("GRANT ", Quoted(shape_.role), " TO CURRENT_USER"));
  }

  absl::StatusOr<PostgresState> Open() {
    if (owner_) {
      RETURN_IF_ERROR(meta_.Execute(absl::StrCat("SELECT ", SchemaLock(shape_.schema))));
      RETURN_IF_ERROR(MakeFrame());
    }
    RETURN_IF_ERROR(meta_.Load());
    const bool is_new = meta_.entries().empty();
    if (is_new && !owner_) return absl::FailedPreconditionError(kNotOurs);
    if (!is_new) RETURN_IF_ERROR(CheckVersion());
    ASSIGN_OR_RETURN(const auto missing, MissingIn(meta_.entries(), catalog_, meta_.oldest()));
    if (is_new) {
      RETURN_IF_ERROR(Make(missing));
    } else {
      for (const SchemaChange& change : missing) {
        if (change.waits_for_older) continue;
        return absl::FailedPreconditionError(
            Behind(shape_.schema, absl::StrCat(" lacks the ", change.what)));
      }
      RETURN_IF_ERROR(GrantAgain());
    }
    return State();
  }

  absl::Status CheckVersion() const {
    const bool newer = meta_.version() > shape_.version + 1 || meta_.oldest() > shape_.version;
    if (newer || meta_.Number("format", kFormat) > kFormat) {
      return absl::FailedPreconditionError(kNewer);
    }
    if (meta_.version() >= shape_.version) return absl::OkStatus();
    return absl::FailedPreconditionError(
        Behind(shape_.schema, absl::StrCat(" is of version ", meta_.version(),
                                           ", and this program of version ", shape_.version)));
  }

  // A schema that was restored from a dump may find the role made anew.
  absl::Status GrantAgain() {
    if (!owner_) return absl::OkStatus();
    ASSIGN_OR_RETURN(const bool granted, meta_.Is(absl::StrCat("has_table_privilege('", shape_.role,
                                                               "','rapport_commits','DELETE')")));
    return granted ? absl::OkStatus() : meta_.Grant(shape_);
  }

  absl::Status Make(const std::vector<SchemaChange>& changes) {
    for (const SchemaChange& change : changes) {
      for (const std::string& sql : change.sql) RETURN_IF_ERROR(meta_.Execute(sql));
      RETURN_IF_ERROR(meta_.Remember(change.key, shape_.version, change.text));
    }
    RETURN_IF_ERROR(meta_.Remember("format", kFormat, ""));
    RETURN_IF_ERROR(meta_.Remember("version", shape_.version, ""));
    RETURN_IF_ERROR(meta_.Remember("oldest", shape_.version, ""));
    RETURN_IF_ERROR(meta_.Remember("store_id", 0, shape_.new_id));
    return meta_.Grant(shape_);
  }

  absl::Status MakeFrame() {
    ASSIGN_OR_RETURN(const bool schema,
                     meta_.Is(absl::StrCat("to_regnamespace('", shape_.schema, "') IS NOT NULL")));
    if (!schema) {
      RETURN_IF_ERROR(meta_.Execute(absl::StrCat("CREATE SCHEMA ", Quoted(shape_.schema))));
    }
    ASSIGN_OR_RETURN(const bool meta, meta_.Is("to_regclass('rapport_meta') IS NOT NULL"));
    if (meta) return absl::OkStatus();
    RETURN_IF_ERROR(meta_.Execute(
        "CREATE TABLE rapport_meta (key TEXT COLLATE \"C\" PRIMARY KEY, number BIGINT NOT"
        " NULL, text TEXT COLLATE \"C\" NOT NULL)"));
    // Room on the page, so that the rows can change in place.
    return meta_.Execute(
        "CREATE TABLE rapport_commits (writer TEXT COLLATE \"C\" PRIMARY KEY, number BIGINT NOT"
        " NULL, time TIMESTAMPTZ NOT NULL DEFAULT now()) WITH (fillfactor=20)");
  }

  absl::StatusOr<PostgresState> State() {
    PostgresState state;
    state.owner = owner_;
    state.base = meta_.Number("base", 0);
    // What writers left that are long gone becomes one row.
    RETURN_IF_ERROR(meta_.Execute(
        "WITH old AS (DELETE FROM rapport_commits WHERE writer<>'' AND time<now()-interval"
        " '1 day' RETURNING number) INSERT INTO rapport_commits(writer,number) SELECT '',"
        "max(number) FROM old HAVING count(*)>0 ON CONFLICT(writer) DO UPDATE SET"
        " number=greatest(rapport_commits.number,excluded.number)"));
    ASSIGN_OR_RETURN(state.durable, Ask("SELECT coalesce(max(number),0) FROM rapport_commits"));
    ASSIGN_OR_RETURN(const std::int64_t next,
                     Ask("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint"));
    // Restored from a dump into another cluster, whose transaction ids are lower: go on above.
    if (state.durable >= next + state.base) {
      state.base = state.durable + 1;
      if (!owner_) return absl::FailedPreconditionError(kNotOurs);
      RETURN_IF_ERROR(meta_.Remember("base", state.base, ""));
    }
    PostgresParams params;
    params.AddText(
        absl::StrCat(meta_.entries().at("store_id").text, "/", connection_.identity(), "/"));
    ASSIGN_OR_RETURN(
        const PgResult digest,
        meta_.Query(
            "SELECT encode(sha256(convert_to($1||('rapport_meta'::regclass::oid::text),'UTF8')),"
            "'hex')",
            params));
    const std::string hex = DecodeText(digest.get(), 0, 0);
    // UUID version 8 (RFC 9562): the digest's bits around the version and the variant.
    state.id = absl::StrCat(hex.substr(0, 8), "-", hex.substr(8, 4), "-8", hex.substr(13, 3), "-a",
                            hex.substr(17, 3), "-", hex.substr(20, 12));
    for (const auto& [key, entry] : meta_.entries()) {
      if (absl::StartsWith(key, kFormer)) state.former_ids.emplace_back(key.substr(kFormer.size()));
    }
    const auto last = meta_.entries().find("id");
    const std::string was = last == meta_.entries().end() ? "" : last->second.text;
    if (was == state.id) return state;
    if (!was.empty()) state.former_ids.push_back(was);
    // Another user than the owner may not write it down, and knows it all the same.
    if (!owner_) return state;
    if (!was.empty()) RETURN_IF_ERROR(meta_.Remember(absl::StrCat(kFormer, was), 0, ""));
    RETURN_IF_ERROR(meta_.Remember("id", 0, state.id));
    return state;
  }

  absl::StatusOr<std::int64_t> Ask(absl::string_view sql) {
    ASSIGN_OR_RETURN(const PgResult answer, meta_.Query(sql));
    return DecodeInt(answer.get(), 0, 0);
  }

  PostgresConnection& connection_;
  const Catalog& catalog_;
  const PostgresShape& shape_;
  PostgresMeta meta_;
  bool owner_ = false;
};

}  // namespace

std::string SchemaLock(const std::string& schema) {
  return absl::StrCat("pg_advisory_xact_lock(hashtextextended('rapport/", schema, "',0))");
}

std::string PresenceOf(const std::string& schema, std::int64_t version) {
  return absl::StrCat("rapport/", schema, "/version/", version);
}

absl::StatusOr<PgResult> PostgresMeta::Query(absl::string_view sql, const PostgresParams& params) {
  auto answer = connection_.Query(sql, params);
  if (answer.ok()) return answer;
  return absl::FailedPreconditionError(connection_.last_error());
}

absl::StatusOr<bool> PostgresMeta::Is(absl::string_view condition) {
  ASSIGN_OR_RETURN(const PgResult answer,
                   Query(absl::StrCat("SELECT (", condition, ")::int::bigint")));
  return DecodeInt(answer.get(), 0, 0) == 1;
}

absl::Status PostgresMeta::Load() {
  entries_.clear();
  ASSIGN_OR_RETURN(const bool there, Is("to_regclass('rapport_meta') IS NOT NULL"));
  if (!there) return absl::OkStatus();
  ASSIGN_OR_RETURN(const PgResult rows, Query("SELECT key,number,text FROM rapport_meta"));
  for (int i = 0; i < PQntuples(rows.get()); ++i) {
    entries_[DecodeText(rows.get(), i, 0)] = {DecodeInt(rows.get(), i, 1),
                                              DecodeText(rows.get(), i, 2)};
  }
  return absl::OkStatus();
}

absl::Status PostgresMeta::Remember(const std::string& key, std::int64_t number,
                                    const std::string& text) {
  PostgresParams params;
  params.AddText(key);
  if (number < 0 && text.empty()) {
    entries_.erase(key);
    return Query("DELETE FROM rapport_meta WHERE key=$1", params).status();
  }
  entries_[key] = {number, text};
  params.AddInt(number);
  params.AddText(text);
  return Query(
             "INSERT INTO rapport_meta(key,number,text) VALUES($1,$2,$3) ON CONFLICT(key) DO "
             "UPDATE SET number=excluded.number,text=excluded.text",
             params)
      .status();
}

absl::Status PostgresMeta::Grant(const PostgresShape& shape) {
  const std::string to = absl::StrCat(" TO ", Quoted(shape.role));
  RETURN_IF_ERROR(Execute(absl::StrCat("GRANT USAGE ON SCHEMA ", Quoted(shape.schema), to)));
  RETURN_IF_ERROR(Execute(absl::StrCat("GRANT SELECT,INSERT,UPDATE,DELETE ON ALL TABLES IN SCHEMA ",
                                       Quoted(shape.schema), to)));
  return Execute(
      absl::StrCat("REVOKE INSERT,UPDATE,DELETE ON rapport_meta FROM ", Quoted(shape.role)));
}

std::int64_t PostgresMeta::Number(const std::string& key, std::int64_t fallback) const {
  const auto at = entries_.find(key);
  return at == entries_.end() ? fallback : at->second.number;
}

absl::StatusOr<PostgresState> OpenSchema(PostgresConnection& connection, const Catalog& catalog,
                                         const PostgresShape& shape) {
  for (const SqlTable& table : catalog.tables()) {
    std::size_t longest = table.SequenceIndexName().size();
    for (const SqlOrder& order : table.orders) longest = std::max(longest, order.sql_name.size());
    if (longest > kMaxName) {
      return absl::InvalidArgumentError(absl::StrCat("table ", table.table->name, ": long names"));
    }
  }
  return Opening(connection, catalog, shape).Run();
}

absl::Status CheckRole(PostgresConnection& connection, const std::string& schema) {
  const auto answer = connection.Query(absl::StrCat(
      "SELECT (rolsuper OR rolbypassrls OR EXISTS(SELECT FROM pg_class WHERE relnamespace=",
      "to_regnamespace('", schema,
      "') AND pg_has_role(current_user,relowner,'USAGE')))::int::bigint FROM pg_roles WHERE"
      " rolname=current_user"));
  if (!answer.ok()) return absl::FailedPreconditionError(connection.last_error());
  if (PQntuples(answer->get()) == 1 && DecodeInt(answer->get(), 0, 0) == 0) return absl::OkStatus();
  return absl::FailedPreconditionError(
      "the working role owns tables or may bypass row-level security");
}

}  // namespace rapport::store
