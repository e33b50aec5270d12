#include "common/store/postgres_connection.h"

#include <poll.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"

namespace rapport::store {
namespace {

// How much longer than the server's own limit an answer may take before the server counts as lost.
constexpr absl::Duration kGrace = absl::Seconds(3);

PostgresFailure FailureOf(absl::string_view state) {
  // 40001 serialization, 40P01 deadlock.
  if (state == "40001" || state == "40P01") return PostgresFailure::kConflict;
  if (state == "23505") return PostgresFailure::kTaken;
  if (state == "53100") return PostgresFailure::kFull;
  if (absl::StartsWith(state, "XX00") && state != "XX000") return PostgresFailure::kDamaged;
  // 57014: the statement's own time-out, the only one of its class that leaves the connection.
  if (state == "57014" || absl::StartsWith(state, "53") || absl::StartsWith(state, "55") ||
      absl::StartsWith(state, "58")) {
    return PostgresFailure::kBusy;
  }
  // 08 connection, 57 operator's intervention, 25006 read-only now, 25P03 idle for too long, 0A000
  // and 26000 a prepared statement that the server no longer has: all end with a new connection.
  if (state.empty() || absl::StartsWith(state, "08") || absl::StartsWith(state, "57") ||
      state == "25006" || state == "25P03" || state == "0A000" || state == "26000") {
    return PostgresFailure::kBroken;
  }
  return PostgresFailure::kRefused;
}

// Messages of these classes can quote values.
bool MayQuoteData(absl::string_view state) {
  return absl::StartsWith(state, "22") || absl::StartsWith(state, "23") ||
         absl::StartsWith(state, "54");
}

absl::string_view Field(const PGresult* result, int field) {
  const char* const text = PQresultErrorField(result, field);
  return text == nullptr ? "" : text;
}

std::string NameOf(std::uint64_t key) { return absl::StrCat("s", absl::Hex(key)); }

}  // namespace

absl::Status StatusOf(PostgresFailure failure) {
  switch (failure) {
    case PostgresFailure::kNone:
      return absl::OkStatus();
    case PostgresFailure::kFull:
      return errors::StoreFull();
    case PostgresFailure::kDamaged:
      return absl::DataLossError("the database is damaged");
    case PostgresFailure::kRefused:
      return errors::Bug();
    case PostgresFailure::kConflict:
    case PostgresFailure::kTaken:
    case PostgresFailure::kBroken:
    case PostgresFailure::kBusy:
      break;
  }
  return errors::StoreUnavailable();
}

PostgresConnection::PostgresConnection(PGconn* conn, const Options& options)
    : conn_(conn), options_(options) {}

PostgresConnection::~PostgresConnection() { PQfinish(conn_); }

absl::StatusOr<std::unique_ptr<PostgresConnection>> PostgresConnection::Open(
    const Options& options) {
  // What comes before the URI is a default; what comes after it is a must.
  constexpr std::array<const char*, 8> kKeywords = {
      "connect_timeout",      "fallback_application_name",
      "target_session_attrs", "tcp_user_timeout",
      "keepalives_idle",      "dbname",
      "client_encoding",      nullptr};
  const std::array<const char*, 8> values = {"2",  "rapport",           "read-write", "10000",
                                             "10", options.uri.c_str(), "UTF8",       nullptr};
  PGconn* const conn = PQconnectdbParams(kKeywords.data(), values.data(), 1);
  std::unique_ptr<PostgresConnection> connection(new PostgresConnection(conn, options));
  if (conn == nullptr || PQstatus(conn) != CONNECTION_OK) {
    // The first line; those that follow are hints.
    absl::string_view why = conn == nullptr ? "no memory" : PQerrorMessage(conn);
    why = why.substr(0, why.find('\n'));
    return absl::UnavailableError(absl::StrCat("PostgreSQL cannot be reached: ", why));
  }
  PQsetNoticeProcessor(
      conn, [](void*, const char*) {}, nullptr);
  if (PQsetnonblocking(conn, 1) != 0 || PQenterPipelineMode(conn) != 1) {
    return absl::UnavailableError("PostgreSQL: no pipeline");
  }
  RETURN_IF_ERROR(connection->Configure());
  return connection;
}

absl::Status PostgresConnection::Configure() {
  PostgresParams params;
  params.AddText(absl::StrCat("\"", options_.schema, "\""));
  params.AddText(options_.role.empty() ? "none" : options_.role);
  params.AddText(absl::StrCat(absl::ToInt64Milliseconds(options_.patience)));
  params.AddText(options_.presence);
  // Statements name their order and its index has it: nothing is to be sorted or read in full. A
  // commit is acknowledged when it is on disk (and on standbys, if the server is set up so).
  auto answer = Query(
      "SELECT set_config('search_path',$1,false), set_config('role',$2,false),"
      " set_config('statement_timeout',$3,false),"
      " set_config('idle_in_transaction_session_timeout',$3,false),"
      " set_config('synchronous_commit',CASE WHEN current_setting('synchronous_commit') IN"
      " ('off','local','remote_write') THEN 'on' ELSE current_setting('synchronous_commit') END,"
      " false), set_config('plan_cache_mode','force_generic_plan',false),"
      " set_config('enable_seqscan','off',false), set_config('enable_bitmapscan','off',false),"
      " set_config('enable_sort','off',false), set_config('jit','off',false),"
      " set_config('client_min_messages','error',false), set_config('row_security','on',false),"
      " (CASE WHEN $4='' THEN true ELSE pg_try_advisory_lock_shared(hashtextextended($4,0))"
      " END)::int::bigint,"
      " (SELECT system_identifier::text FROM pg_control_system()) || '/' ||"
      " substr(pg_walfile_name(pg_current_wal_lsn()),1,8) || '/' ||"
      " (SELECT oid::text FROM pg_database WHERE datname=current_database())",
      params);
  if (!answer.ok()) {
    return absl::UnavailableError(
        absl::StrCat("PostgreSQL refuses the role or the settings: ", last_error_));
  }
  const int last = PQnfields(answer->get()) - 1;
  if (DecodeInt(answer->get(), 0, last - 1) != 1) {
    return absl::UnavailableError("PostgreSQL: the schema is being changed for a newer release");
  }
  identity_ = DecodeText(answer->get(), 0, last);
  return absl::OkStatus();
}

void PostgresConnection::Queue(std::uint64_t key, absl::FunctionRef<std::string()> sql,
                               const PostgresParams& params, PgResult* out) {
  if (failure_ != PostgresFailure::kNone) return;
  const PostgresParams::Arrays& arrays = params.arrays();
  const std::string name = NameOf(key);
  if (prepared_.insert(key).second) {
    if (PQsendPrepare(conn_, name.c_str(), sql().c_str(), arrays.size(), arrays.types.data()) !=
        1) {
      return Break("cannot send");
    }
    expected_.push_back({Expected::kPrepared, key, nullptr});
  }
  if (PQsendQueryPrepared(conn_, name.c_str(), arrays.size(), arrays.values.data(),
                          arrays.lengths.data(), arrays.formats.data(), 1) != 1) {
    return Break("cannot send");
  }
  expected_.push_back({Expected::kAnswer, key, out});
}

void PostgresConnection::Queue(std::uint64_t key, absl::string_view sql, PgResult* out) {
  Queue(
      key, [sql] { return std::string(sql); }, PostgresParams(), out);
}

absl::StatusOr<PgResult> PostgresConnection::Ask(std::uint64_t key,
                                                 absl::FunctionRef<std::string()> sql,
                                                 const PostgresParams& params) {
  PgResult answer;
  Queue(key, sql, params, &answer);
  RETURN_IF_ERROR(Wait());
  return answer;
}

absl::StatusOr<PgResult> PostgresConnection::Query(absl::string_view sql,
                                                   const PostgresParams& params) {
  PgResult answer;
  if (failure_ == PostgresFailure::kNone) {
    const PostgresParams::Arrays& arrays = params.arrays();
    if (PQsendQueryParams(conn_, std::string(sql).c_str(), arrays.size(), arrays.types.data(),
                          arrays.values.data(), arrays.lengths.data(), arrays.formats.data(),
                          1) == 1) {
      expected_.push_back({Expected::kAnswer, 0, &answer});
    } else {
      Break("cannot send");
    }
  }
  RETURN_IF_ERROR(Wait());
  return answer;
}

void PostgresConnection::Send() {
  if (broken() || expected_.empty() || expected_.back().what == Expected::kEnd) return;
  if (PQpipelineSync(conn_) != 1) return Break("cannot send");
  expected_.push_back({Expected::kEnd, 0, nullptr});
}

void PostgresConnection::Push() {
  if (!broken() && PQflush(conn_) < 0) Break("cannot send");
}

absl::Status PostgresConnection::Wait() {
  Send();
  int nothing = 0;  // libpq says it once between two answers
  while (!expected_.empty()) {
    if (!AwaitResult()) break;
    PgResult result(PQgetResult(conn_));
    if (result != nullptr) {
      nothing = 0;
      Take(std::move(result));
    } else if (PQstatus(conn_) != CONNECTION_OK || ++nothing > 2) {
      Break("the server closed the connection");
    }
  }
  return status();
}

bool PostgresConnection::AwaitResult() {
  const auto limit =
      std::chrono::steady_clock::now() + absl::ToChronoMilliseconds(options_.patience + kGrace);
  while (PQisBusy(conn_) != 0) {
    const int unsent = PQflush(conn_);
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        limit - std::chrono::steady_clock::now());
    if (unsent < 0 || left.count() <= 0) {
      Break(unsent < 0 ? "cannot send" : "the server does not answer");
      return false;
    }
    struct pollfd socket = {PQsocket(conn_), static_cast<short>(POLLIN | (unsent ? POLLOUT : 0)),
                            0};
    const int ready = poll(&socket, 1, static_cast<int>(left.count()));
    if (ready < 0 && errno != EINTR) {
      Break("poll failed");
      return false;
    }
    if (ready > 0 && PQconsumeInput(conn_) != 1) {
      // What the server said before it hung up is still to be read.
      if (PQisBusy(conn_) == 0) return true;
      Break("the server closed the connection");
      return false;
    }
  }
  return true;
}

void PostgresConnection::Take(PgResult result) {
  const Expected expected = expected_.front();
  switch (PQresultStatus(result.get())) {
    case PGRES_PIPELINE_SYNC:
      // A fatal error ends the pipeline early, and everything else that was expected.
      while (!expected_.empty() && expected_.front().what != Expected::kEnd) expected_.pop_front();
      if (!expected_.empty()) expected_.pop_front();
      return;
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
      if (expected.out != nullptr) *expected.out = std::move(result);
      break;
    case PGRES_PIPELINE_ABORTED:
      if (expected.what == Expected::kPrepared) prepared_.erase(expected.key);
      break;
    default:
      if (expected.what == Expected::kPrepared) prepared_.erase(expected.key);
      Note(result.get());
      break;
  }
  if (!expected_.empty()) expected_.pop_front();
}

void PostgresConnection::Note(const PGresult* result) {
  const absl::string_view state = Field(result, PG_DIAG_SQLSTATE);
  const PostgresFailure failure = FailureOf(state);
  if (failure == PostgresFailure::kBroken) {
    return Break(absl::StrCat(state, " ", Field(result, PG_DIAG_MESSAGE_PRIMARY)));
  }
  if (failure_ != PostgresFailure::kNone) return;
  failure_ = failure;
  last_error_ =
      absl::StrCat("postgres ", state, ": ",
                   MayQuoteData(state) ? absl::StrCat("table ", Field(result, PG_DIAG_TABLE_NAME),
                                                      " ", Field(result, PG_DIAG_SOURCE_FUNCTION))
                                       : std::string(Field(result, PG_DIAG_MESSAGE_PRIMARY)));
  const bool again = failure == PostgresFailure::kConflict || failure == PostgresFailure::kTaken;
  if (!again && options_.on_error) options_.on_error(last_error_);
}

void PostgresConnection::Break(absl::string_view why) {
  expected_.clear();
  if (broken()) return;
  failure_ = PostgresFailure::kBroken;
  last_error_ = absl::StrCat("postgres: ", why);
  if (options_.on_error) options_.on_error(last_error_);
}

void PostgresConnection::Rollback() {
  if (broken()) return;
  if (!Wait().ok() && broken()) return;  // what is still owed belongs to the old transaction
  failure_ = PostgresFailure::kNone;
  Query("ROLLBACK").status().IgnoreError();
}

absl::Status PostgresConnection::status() const { return StatusOf(failure_); }

}  // namespace rapport::store
