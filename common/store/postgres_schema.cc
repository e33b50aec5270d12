#include "common/store/postgres_schema.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/base/status_macros.h"

namespace rapport::store {
namespace {

constexpr std::int64_t kFormat = 1;  // of rapport_meta and rapport_commits
constexpr std::size_t kMaxName = 63;
constexpr char kNewer[] =
    "the schema was written by a newer release: start that release, or restore a backup";
constexpr char kOlder[] =
    "the schema is not what this program needs: start it once as the schema's owner";

// One opening of the schema.
class Migration {
 public:
  Migration(PostgresConnection& connection, const Catalog& catalog, const PostgresShape& shape)
      : connection_(connection), catalog_(catalog), shape_(shape) {}

  absl::StatusOr<PostgresState> Run() {
    RETURN_IF_ERROR(LookAround());
    if (owner_) RETURN_IF_ERROR(MakeRole());
    RETURN_IF_ERROR(Execute("BEGIN ISOLATION LEVEL READ COMMITTED"));
    auto state = Update();
    if (state.ok()) {
      const absl::Status committed = Execute("COMMIT");
      if (committed.ok()) return state;
      state = committed;
    }
    connection_.Rollback();
    return state;
  }

 private:
  absl::StatusOr<PgResult> Query(absl::string_view sql, const PostgresParams& params = {}) {
    auto answer = connection_.Query(sql, params);
    if (answer.ok()) return answer;
    return absl::FailedPreconditionError(connection_.last_error());
  }
  absl::Status Execute(absl::string_view sql) { return Query(sql).status(); }
  absl::StatusOr<bool> Is(absl::string_view condition) {
    ASSIGN_OR_RETURN(const PgResult answer,
                     Query(absl::StrCat("SELECT (", condition, ")::int::bigint")));
    return DecodeInt(answer.get(), 0, 0) == 1;
  }
  absl::StatusOr<std::int64_t> Number(absl::string_view sql) {
    ASSIGN_OR_RETURN(const PgResult answer, Query(sql));
    return DecodeInt(answer.get(), 0, 0);
  }

  absl::Status LookAround() {
    ASSIGN_OR_RETURN(const bool utf8, Is("current_setting('server_encoding')='UTF8'"));
    if (!utf8) return absl::FailedPreconditionError("the database's encoding must be UTF8");
    ASSIGN_OR_RETURN(
        owner_,
        Is(absl::StrCat("SELECT coalesce((SELECT pg_has_role(current_user,nspowner,"
                        "'USAGE') FROM pg_namespace WHERE nspname='",
                        shape_.schema, "'),has_database_privilege(current_database(),'CREATE'))")));
    return absl::OkStatus();
  }

  // Outside the transaction: another database's opener may make the same role at the same time.
  absl::Status MakeRole() {
    const std::string exists =
        absl::StrCat("EXISTS(SELECT FROM pg_roles WHERE rolname='", shape_.role, "')");
    ASSIGN_OR_RETURN(bool there, Is(exists));
    if (!there) {
      const absl::Status made =
          Execute(absl::StrCat("CREATE ROLE ", Quoted(shape_.role),
                               " NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE"));
      if (!made.ok()) {
        connection_.Rollback();
        ASSIGN_OR_RETURN(there, Is(exists));
        if (!there) return made;
      }
    }
    ASSIGN_OR_RETURN(const bool member,
                     Is(absl::StrCat("pg_has_role(current_user,'", shape_.role, "','MEMBER')")));
    return member ? absl::OkStatus()
                  : Execute(absl::StrCat("GRANT ", Quoted(shape_.role), " TO CURRENT_USER"));
  }

  absl::StatusOr<PostgresState> Update() {
    if (owner_) {
      RETURN_IF_ERROR(Execute(absl::StrCat(
          "SELECT pg_advisory_xact_lock(hashtextextended('rapport/", shape_.schema, "',0))")));
      RETURN_IF_ERROR(MakeFrame());
    } else {
      ASSIGN_OR_RETURN(const bool there, Is("to_regclass('rapport_meta') IS NOT NULL"));
      if (!there) return absl::FailedPreconditionError(kOlder);
    }
    RETURN_IF_ERROR(LoadMeta());
    if (meta_["format"].number > kFormat || meta_["version"].number > shape_.version) {
      return absl::FailedPreconditionError(kNewer);
    }
    for (const SqlTable& table : catalog_.tables()) RETURN_IF_ERROR(UpdateTable(table));
    RETURN_IF_ERROR(Remember("format", kFormat, ""));
    RETURN_IF_ERROR(Remember("version", shape_.version, ""));
    if (meta_["store_id"].text.empty()) {
      RETURN_IF_ERROR(Remember("store_id", 0, shape_.new_id));
    }
    if (owner_) RETURN_IF_ERROR(Grant());
    return State();
  }

  absl::Status MakeFrame() {
    ASSIGN_OR_RETURN(const bool schema,
                     Is(absl::StrCat("to_regnamespace('", shape_.schema, "') IS NOT NULL")));
    if (!schema) {
      RETURN_IF_ERROR(Execute(absl::StrCat("CREATE SCHEMA ", Quoted(shape_.schema))));
      changed_ = true;
    }
    ASSIGN_OR_RETURN(const bool meta, Is("to_regclass('rapport_meta') IS NOT NULL"));
    if (meta) return absl::OkStatus();
    changed_ = true;
    RETURN_IF_ERROR(
        Execute("CREATE TABLE rapport_meta (key TEXT COLLATE \"C\" PRIMARY KEY, number BIGINT NOT"
                " NULL, text TEXT COLLATE \"C\" NOT NULL)"));
    // Room on the page, so that the rows can change in place.
    return Execute(
        "CREATE TABLE rapport_commits (writer TEXT COLLATE \"C\" PRIMARY KEY, number BIGINT NOT"
        " NULL, time TIMESTAMPTZ NOT NULL DEFAULT now()) WITH (fillfactor=20)");
  }

  absl::Status LoadMeta() {
    ASSIGN_OR_RETURN(const PgResult rows, Query("SELECT key,number,text FROM rapport_meta"));
    for (int i = 0; i < PQntuples(rows.get()); ++i) {
      meta_[DecodeText(rows.get(), i, 0)] = {DecodeInt(rows.get(), i, 1),
                                             DecodeText(rows.get(), i, 2)};
    }
    return absl::OkStatus();
  }

  absl::Status Remember(const std::string& key, std::int64_t number, const std::string& text) {
    const auto known = meta_.find(key);
    if (known != meta_.end() && known->second.number == number && known->second.text == text) {
      return absl::OkStatus();
    }
    if (!owner_) return absl::FailedPreconditionError(kOlder);
    meta_[key] = {number, text};
    PostgresParams params;
    params.AddText(key);
    params.AddInt(number);
    params.AddText(text);
    return Query(
               "INSERT INTO rapport_meta(key,number,text) VALUES($1,$2,$3) ON CONFLICT(key) DO "
               "UPDATE SET number=excluded.number,text=excluded.text",
               params)
        .status();
  }

  // Does `change` unless it was done before; refuses if something else was done.
  absl::Status Ensure(const std::string& key, const std::string& text,
                      const std::vector<std::string>& change) {
    const auto known = meta_.find(key);
    if (known != meta_.end()) {
      if (known->second.text == text) return absl::OkStatus();
      return absl::FailedPreconditionError(
          absl::StrCat(key, " in the schema is not what this program knows"));
    }
    if (!owner_) return absl::FailedPreconditionError(kOlder);
    changed_ = true;
    for (const std::string& sql : change) RETURN_IF_ERROR(Execute(sql));
    return Remember(key, 0, text);
  }

  absl::Status UpdateTable(const SqlTable& sql) {
    const Table& table = *sql.table;
    const std::string prefix = absl::StrCat("table ", table.name, " ");
    const std::string name = Quoted(table.name);
    const std::string own = "tenant = current_setting('rapport.tenant', true)";
    const bool is_new = meta_.find(prefix + "key") == meta_.end();
    RETURN_IF_ERROR(
        Ensure(prefix + "key", absl::StrCat(table.key_columns),
               {sql.CreateTable(), absl::StrCat("ALTER TABLE ", name, " ENABLE ROW LEVEL SECURITY"),
                absl::StrCat("ALTER TABLE ", name, " FORCE ROW LEVEL SECURITY"),
                absl::StrCat("CREATE POLICY rapport_tenant ON ", name, " USING (", own,
                             ") WITH CHECK (", own, ")")}));
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      std::vector<std::string> change;
      if (!is_new) change.push_back(sql.AddColumn(i));
      RETURN_IF_ERROR(Ensure(absl::StrCat(prefix, "column ", i),
                             absl::StrCat(table.columns[i].name, " ",
                                          SqlType(Dialect::kPostgres, table.columns[i].type)),
                             change));
    }
    if (meta_.find(absl::StrCat(prefix, "column ", table.columns.size())) != meta_.end()) {
      return absl::FailedPreconditionError(kNewer);
    }
    for (std::size_t i = 0; i < table.indexes.size(); ++i) {
      const std::string create = sql.CreateIndex(i);
      RETURN_IF_ERROR(
          Ensure(absl::StrCat(prefix, "index ", table.indexes[i].name), create, {create}));
    }
    if (table.sequence_column < 0) return absl::OkStatus();
    return Ensure(
        prefix + "sequence", sql.CreateSequenceIndex(),
        {sql.CreateSequenceIndex(),
         absl::StrCat("CREATE POLICY rapport_feed ON ", name,
                      " FOR SELECT USING (current_setting('rapport.feed', true) = 'on')")});
  }

  absl::Status Grant() {
    ASSIGN_OR_RETURN(const bool granted, Is(absl::StrCat("has_table_privilege('", shape_.role,
                                                         "','rapport_commits','DELETE')")));
    if (granted && !changed_) return absl::OkStatus();
    const std::string to = absl::StrCat(" TO ", Quoted(shape_.role));
    RETURN_IF_ERROR(Execute(absl::StrCat("GRANT USAGE ON SCHEMA ", Quoted(shape_.schema), to)));
    RETURN_IF_ERROR(Execute(absl::StrCat(
        "GRANT SELECT,INSERT,UPDATE,DELETE ON ALL TABLES IN SCHEMA ", Quoted(shape_.schema), to)));
    return Execute(
        absl::StrCat("REVOKE INSERT,UPDATE,DELETE ON rapport_meta FROM ", Quoted(shape_.role)));
  }

  absl::StatusOr<PostgresState> State() {
    PostgresState state;
    state.owner = owner_;
    state.base = meta_["base"].number;
    // What writers left that are long gone becomes one row.
    RETURN_IF_ERROR(
        Execute("WITH old AS (DELETE FROM rapport_commits WHERE writer<>'' AND time<now()-interval"
                " '1 day' RETURNING number) INSERT INTO rapport_commits(writer,number) SELECT '',"
                "max(number) FROM old HAVING count(*)>0 ON CONFLICT(writer) DO UPDATE SET"
                " number=greatest(rapport_commits.number,excluded.number)"));
    ASSIGN_OR_RETURN(state.durable, Number("SELECT coalesce(max(number),0) FROM rapport_commits"));
    ASSIGN_OR_RETURN(const std::int64_t next,
                     Number("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint"));
    // Restored from a dump into another cluster, whose transaction ids are lower: go on above.
    if (state.durable >= next + state.base) {
      state.base = state.durable + 1;
      RETURN_IF_ERROR(Remember("base", state.base, ""));
    }
    PostgresParams params;
    params.AddText(absl::StrCat(meta_["store_id"].text, "/", connection_.identity(), "/"));
    ASSIGN_OR_RETURN(
        const PgResult digest,
        Query("SELECT encode(sha256(convert_to($1||('rapport_meta'::regclass::oid::text),'UTF8')),"
              "'hex')",
              params));
    const std::string hex = DecodeText(digest.get(), 0, 0);
    // UUID version 8 (RFC 9562): the digest's bits around the version and the variant.
    state.id = absl::StrCat(hex.substr(0, 8), "-", hex.substr(8, 4), "-8", hex.substr(13, 3), "-a",
                            hex.substr(17, 3), "-", hex.substr(20, 12));
    return state;
  }

  struct Entry {
    std::int64_t number = 0;
    std::string text;
  };

  PostgresConnection& connection_;
  const Catalog& catalog_;
  const PostgresShape& shape_;
  bool owner_ = false;
  bool changed_ = false;
  std::map<std::string, Entry> meta_;
};

}  // namespace

absl::StatusOr<PostgresState> BringUpToDate(PostgresConnection& connection, const Catalog& catalog,
                                            const PostgresShape& shape) {
  for (const SqlTable& table : catalog.tables()) {
    std::size_t longest = table.SequenceIndexName().size();
    for (const SqlOrder& order : table.orders) longest = std::max(longest, order.sql_name.size());
    if (longest > kMaxName) {
      return absl::InvalidArgumentError(absl::StrCat("table ", table.table->name, ": long names"));
    }
  }
  return Migration(connection, catalog, shape).Run();
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
