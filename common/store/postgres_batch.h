// What the bodies of one transaction read and write, in few round trips and few statements.
//
// Writes stay here until Send, which sends one statement for all rows of a table; reads see them.
// What was read stays here too: the transaction has one snapshot, so an answer is as good at its
// end. A read can be answered at once, or be noted and refused: then Fetch asks for all that was
// noted in one round trip, and the bodies that wanted it run again.
#ifndef RAPPORT_COMMON_STORE_POSTGRES_BATCH_H_
#define RAPPORT_COMMON_STORE_POSTGRES_BATCH_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/optional.h"
#include "absl/types/span.h"
#include "common/base/id.h"
#include "common/store/pending_rows.h"
#include "common/store/postgres_connection.h"
#include "common/store/sql_catalog.h"
#include "common/store/store.h"

namespace rapport::store {

// Not thread-safe; lives as long as the transaction, which has begun. Rows, keys and ranges that do
// not fit their table are bugs of the caller: INTERNAL.
class PostgresBatch {
 public:
  struct Mode {
    bool gather = false;  // note reads that are not known, instead of asking
    // So many rows go to the server while the body that writes them still runs; Undo is not
    // possible then.
    std::size_t most_unsent = 1;
  };
  // Both outlive it.
  PostgresBatch(PostgresConnection& connection, const Catalog& catalog)
      : connection_(connection), catalog_(catalog) {}
  PostgresBatch(const PostgresBatch&) = delete;
  PostgresBatch& operator=(const PostgresBatch&) = delete;

  // A body of this tenant begins.
  void Begin(const base::TenantId& tenant, Mode mode);
  absl::StatusOr<std::optional<Row>> Get(const Table& table, absl::Span<const Value> key);
  absl::Status Scan(const Table& table, const Range& range, absl::FunctionRef<bool(Row&)> visit);
  // ALREADY_EXISTS as Tx says.
  absl::Status Put(const Table& table, Row& row, std::int64_t sequence);
  absl::Status Insert(const Table& table, Row& row, std::int64_t sequence);
  absl::Status Delete(const Table& table, absl::Span<const Value> key);
  // Notes a read that will come.
  void Expect(const Table& table, const Range& range);
  // The body read something that was noted, so whatever it answered means nothing.
  bool missed() const { return missed_; }
  // It writes more than is kept here: it must be run without gathering.
  bool large() const { return large_; }
  // The body ends; Undo takes back what it wrote. False if the server has some of it already.
  void Keep() { undo_.clear(); }
  bool Undo();

  // Asks for what was noted, and waits for the answers.
  absl::Status Fetch();
  // Sends what was written; the server's refusal shows at the next wait.
  void Send();
  bool wrote() const { return wrote_; }

 private:
  // The rows of a range up to its limit: of a result the rows from `first`, columns from `column`.
  struct Answer {
    std::shared_ptr<PgResult> result;
    int first = 0;
    int rows = 0;
    int column = 0;
  };
  struct Question {
    std::string tenant;
    const SqlTable* sql = nullptr;
    Range range;
    std::string name;  // the same for the same question
  };
  // The questions from `begin` to `end` have one answer.
  struct Asked {
    std::size_t begin;
    std::size_t end;
    std::shared_ptr<PgResult> result;
  };
  using Place = std::pair<std::string, int>;  // tenant, table

  absl::Status Check() const;
  // The rows in a range, which has a limit, as the server has them.
  absl::StatusOr<Answer> Ask(const SqlTable& sql, const SqlOrder& order, const Range& range);
  std::string NameOf(const SqlTable& sql, const Range& range) const;
  // To be asked by the next Fetch.
  absl::Status Note(const SqlTable& sql, const SqlOrder& order, const Range& range,
                    const std::string& name);
  // Questions of one tenant and one statement: several if each has one row at most.
  void QueueQuestions(absl::Span<const Question> questions, PgResult* result);
  void UseTenant(const std::string& tenant);
  PendingRows& Pending(const SqlTable& sql);
  // Null if nothing was written there.
  PendingRows* Written(const SqlTable& sql);
  // The row with this key as it was read, if it was.
  absl::optional<absl::optional<Row>> Known(const SqlTable& sql,
                                            absl::Span<const Value> values) const;
  // `before`: the row as it is now, if that is known.
  absl::Status CheckUnique(const SqlTable& sql, const Row& row, const Row* before);
  absl::Status Write(const SqlTable& sql, const std::string& key, PendingRow row);
  void SendRows(const std::string& tenant, PendingRows& pending);
  void QueueRows(const SqlTable& sql, const std::string& tenant, StatementKind kind,
                 const std::vector<const Row*>& rows);

  PostgresConnection& connection_;
  const Catalog& catalog_;
  Mode mode_;
  std::string tenant_;     // of the body
  std::string on_server_;  // whose rows the server lets us see
  bool missed_ = false;
  bool large_ = false;
  bool visiting_ = false;
  bool wrote_ = false;
  bool body_sent_ = false;  // some of what the body wrote
  std::size_t unsent_ = 0;  // rows
  std::size_t kept_ = 0;    // rows that were sent
  PostgresParams params_;
  absl::flat_hash_map<std::string, Answer> known_;  // by Question::name
  std::vector<Question> noted_;
  absl::flat_hash_set<std::string> noted_names_;
  std::map<Place, std::unique_ptr<PendingRows>> written_;
  struct Undone {
    PendingRows* rows;
    std::string key;
    std::optional<PendingRow> before;
  };
  std::vector<Undone> undo_;
};

}  // namespace rapport::store

#endif  // RAPPORT_COMMON_STORE_POSTGRES_BATCH_H_
