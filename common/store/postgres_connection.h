// One connection to a PostgreSQL server: a pipeline of prepared statements, and the one place where
// the server's error codes become statuses.
//
// Statements are queued without waiting; whoever needs an answer sends all that is queued and waits
// for all answers in one round trip. After an error nothing is sent any more until Rollback, so a
// transaction in which something failed cannot be committed by mistake.
#ifndef RAPPORT_COMMON_STORE_POSTGRES_CONNECTION_H_
#define RAPPORT_COMMON_STORE_POSTGRES_CONNECTION_H_

#include <libpq-fe.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "absl/container/flat_hash_set.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/store/postgres_values.h"

namespace rapport::store {

// What an error means for the transaction it happened in.
enum class PostgresFailure {
  kNone,
  kConflict,  // another transaction was in the way: the same again may succeed
  kTaken,     // a unique value was taken by a transaction that this one could not see, or by a
              // row of its own that is to give it up
  kFull,      // the server's disk is full
  kBroken,    // the connection is lost, and with it the outcome of a COMMIT under way
  kBusy,      // the server cannot now: a statement timed out, it lacks memory or connections
  kDamaged,   // the server found its files damaged
  kRefused,   // the statement itself was refused
};

// Used by one thread at a time.
class PostgresConnection {
 public:
  struct Options {
    std::string uri = {};     // connection string or URI of libpq
    std::string schema = {};  // where the tables are
    std::string role = {};    // assumed after the log-in; empty: the user's own
    // An advisory lock that the session holds shared; UNAVAILABLE if somebody has it alone.
    std::string presence = {};
    // The server ends a statement after this time, and a transaction that is idle as long.
    absl::Duration patience = absl::Seconds(5);
    // Hears of errors that no caller can mend; never with data of rows.
    std::function<void(absl::string_view)> on_error = {};
  };
  // UNAVAILABLE, with a message for the operator, if the server cannot be reached or refuses.
  static absl::StatusOr<std::unique_ptr<PostgresConnection>> Open(const Options& options);
  ~PostgresConnection();
  PostgresConnection(const PostgresConnection&) = delete;
  PostgresConnection& operator=(const PostgresConnection&) = delete;

  // Queues the statement prepared under `key`, from `sql()` at first use. Its answer goes to `out`
  // (if given) at the next wait.
  void Queue(std::uint64_t key, absl::FunctionRef<std::string()> sql, const PostgresParams& params,
             PgResult* out = nullptr);
  void Queue(std::uint64_t key, absl::string_view sql, PgResult* out = nullptr);
  // Queues, sends, waits: the answer of this statement.
  absl::StatusOr<PgResult> Ask(std::uint64_t key, absl::FunctionRef<std::string()> sql,
                               const PostgresParams& params);
  // As Ask, but the statement is not kept.
  absl::StatusOr<PgResult> Query(absl::string_view sql, const PostgresParams& params = {});
  // Sends what is queued, and waits for all answers.
  absl::Status Wait();
  // Sends what is queued; the answers are taken at the next wait.
  void Send();
  // Lets the server begin with what is queued; more may follow.
  void Push();
  // Ends the transaction, whatever its state, and forgets the failure unless that is kBroken.
  void Rollback();

  // The first failure since Rollback.
  PostgresFailure failure() const { return failure_; }
  bool broken() const { return failure_ == PostgresFailure::kBroken; }
  // The status for it.
  absl::Status status() const;
  // What the server said last when it refused; never with data of rows.
  const std::string& last_error() const { return last_error_; }

  // Names the database cluster, its timeline (which changes when a standby is promoted or a backup
  // is recovered) and the database.
  const std::string& identity() const { return identity_; }

 private:
  struct Expected {
    enum { kPrepared, kAnswer, kEnd } what;
    std::uint64_t key = 0;
    PgResult* out = nullptr;
  };

  PostgresConnection(PGconn* conn, const Options& options);
  absl::Status Configure();
  // False if the connection is lost or the server silent for too long.
  bool AwaitResult();
  void Take(PgResult result);
  void Note(const PGresult* result);
  void Break(absl::string_view why);

  PGconn* const conn_;
  const Options options_;
  std::string identity_;
  std::string last_error_;
  PostgresFailure failure_ = PostgresFailure::kNone;
  absl::flat_hash_set<std::uint64_t> prepared_;
  std::deque<Expected> expected_;  // one per answer that the server owes
};

// The status that callers of the store get for a failure.
absl::Status StatusOf(PostgresFailure failure);

}  // namespace rapport::store

#endif  // RAPPORT_COMMON_STORE_POSTGRES_CONNECTION_H_
