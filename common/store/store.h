// The storage seam: rows of tables, read from snapshots and changed in transactions. Engines
// (SQLite, PostgreSQL) turn table descriptions into SQL; nothing above this header knows SQL.
//
// Every row belongs to a tenant; the tenant is part of every key and is bound by the engine, never
// by the caller's values. One process owns a SQLite store; any number share a PostgreSQL store.
//
// Sequences. Every commit has a place in one order, every write to a table with a sequence column a
// place in its commit: the sequence. Of two commits that touch the same row, the later one has the
// higher sequences; and a commit acknowledged before another begins has lower ones. Commits that
// overlap in time and touch nothing in common may become visible in either order.
#ifndef RAPPORT_COMMON_STORE_STORE_H_
#define RAPPORT_COMMON_STORE_STORE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>
#include "absl/strings/string_view.h"

#include "absl/functional/any_invocable.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/base/call_context.h"
#include "common/base/id.h"

namespace rapport::store {

// NULL, an integer, or bytes (text is bytes that are UTF-8; both compare bytewise). PostgreSQL
// refuses as bugs of the caller (INTERNAL) text that is not UTF-8, and a row whose key or whose
// values in one index are longer than 2600 bytes together.
using Value = std::variant<std::monostate, std::int64_t, std::string>;
using Row = std::vector<Value>;  // one value per column of the table, in order; no tenant

inline std::int64_t AsInt(const Value& v) {
  const auto* i = std::get_if<std::int64_t>(&v);
  return i == nullptr ? 0 : *i;
}
inline const std::string& AsText(const Value& v) {
  static const auto* const kEmpty = new std::string;
  const auto* s = std::get_if<std::string>(&v);
  return s == nullptr ? *kEmpty : *s;
}

enum class ColumnType { kInt, kText, kBytes };
struct Column {
  std::string name;
  ColumnType type;
};
struct Index {
  std::string name;
  std::vector<int> columns = {};  // positions in Table::columns; the tenant comes first by itself
  bool unique = false;            // rows with a NULL in an indexed column are left out of the index
};
// A table. Names are [a-z_]+. Tables only grow, outside the key; what changes gets another name.
struct Table {
  std::string name;
  std::vector<Column> columns;
  int key_columns = 1;  // the first columns are the primary key (after the tenant)
  std::vector<Index> indexes = {};
  // The column (kInt) that the engine fills at every write with the sequence of this write: a
  // durable change feed. -1 if the table has none.
  int sequence_column = -1;
};

// A range of one index in its order.
struct Range {
  int index = -1;                  // -1: the primary key
  std::vector<Value> prefix = {};  // leading columns that must be equal
  std::vector<Value> after = {};   // start strictly behind these values of the next columns
  bool descending = false;         // "behind" means below, then
  int limit = 0;                   // 0: no limit
};

class Reader {
 public:
  virtual ~Reader() = default;
  // The row with this primary key, if it exists.
  virtual absl::StatusOr<std::optional<Row>> Get(const Table& table,
                                                 absl::Span<const Value> key) = 0;
  // Get for each of these keys: `visit` is told the place of the key and the row, in any order, and
  // nothing of rows that do not exist. It must not use this Reader.
  virtual absl::Status GetMany(const Table& table, absl::Span<const std::vector<Value>> keys,
                               absl::FunctionRef<void(std::size_t place, Row& row)> visit);
  // Visits rows until `visit` returns false or the range ends. `visit` may move from the row; it
  // must not use this Reader.
  virtual absl::Status Scan(const Table& table, const Range& range,
                            absl::FunctionRef<bool(Row&)> visit) = 0;
};

// A row with copies elsewhere (see commit_guard.h) that a body wrote, or that its answer rests on.
struct TouchedRow {
  base::TenantId tenant;
  const Table* table;
  std::vector<Value> key;
  std::uint64_t version = 0;  // Store::VersionOf its sequence; 0: there is no such row
};

// What a transaction body may do. Lives only during the body.
class Tx : public Reader {
 public:
  // Writes the row, replacing the one with the same primary key. Returns the sequence given (0 for
  // tables without one). ALREADY_EXISTS, with the index name as message, if a unique index forbids.
  virtual absl::StatusOr<std::int64_t> Put(const Table& table, Row row) = 0;
  // As Put, but ALREADY_EXISTS (message "primary") if the primary key exists.
  virtual absl::StatusOr<std::int64_t> Insert(const Table& table, Row row) = 0;
  virtual absl::Status Delete(const Table& table, absl::Span<const Value> key) = 0;
  // The body is about to scan these ranges (a row is the range of the primary key that it is alone
  // in, with limit 1): an engine may ask for many at once. Does nothing else.
  virtual void Expect(const Table&, const Range&) {}
  // Whether that is of any use now; a body need not name its reads otherwise.
  virtual bool Expecting() const { return false; }
  // Runs on a write thread once the commit is on disk, before any `done` of the group; not at all
  // if the body or the commit fails. `sequence` is the highest one of the commit. Effects of one
  // tenant run in the order of the commits.
  virtual void OnCommit(absl::AnyInvocable<void(std::int64_t sequence)> effect) = 0;
  virtual const base::TenantId& tenant() const = 0;

  // The guarded rows that this body has touched until now: all that it wrote, and those named here.
  // A body that repeats an earlier answer touches again what the first one wrote, for nobody knows
  // whether the copies were told of it. A table that is not guarded, or not known, is passed over.
  virtual absl::Status Touch(absl::string_view table, absl::Span<const Value> key) = 0;
  virtual absl::Span<const TouchedRow> touched() const = 0;
  // Until this transaction ends no other one writes, in any process; those under way are waited
  // for. To be called before anything else; if it is not OK the body returns that, and runs again.
  virtual absl::Status Exclude() = 0;
};

// A stable view. Not thread-safe; use it on one thread and let it go soon.
class Snapshot : public Reader {
 public:
  // Every commit up to here is in the view, and no commit to come will be among them. The view may
  // hold commits beyond: some overtook one that still runs, of some (other processes') this process
  // learns a moment later, if it has commit listeners.
  virtual std::int64_t sequence() const = 0;
  // The commit with this sequence is in the view: true for each that was acknowledged before.
  virtual bool Includes(std::int64_t sequence) const = 0;
  // Rows of all tenants with sequence > `after` that are in the view, in order, at most `limit`.
  // Rows beyond sequence() may be among them. Who follows a feed must apply them too, because a row
  // that is written again is shown at its last write only, but go on from sequence() at most: rows
  // of commits that still run may yet come before them.
  virtual absl::Status Feed(
      const Table& table, std::int64_t after, int limit,
      absl::FunctionRef<bool(const base::TenantId& tenant, std::int64_t sequence, Row& row)>
          visit) = 0;
};

class CommitGuard;

// Thread-safe.
class Store {
 public:
  using Body = absl::AnyInvocable<absl::Status(Tx&)>;
  // The sequence of the commit that holds the effect.
  using Done = absl::AnyInvocable<void(absl::StatusOr<std::int64_t>)>;

  virtual ~Store() = default;
  // Queues `body` for a write lane: it runs in one serializable transaction, possibly grouped with
  // others, from the start as often as the engine likes, and only its last run counts; it touches
  // nothing but `tx`, whose errors it returns. Bodies of one tenant run in the order in which they
  // were queued here. A body that fails leaves no trace and does not disturb its group. `done` is
  // called once, on a write thread: after the commit is on disk, or with the body's own error, or
  //   RESOURCE_EXHAUSTED  the disk is full (nothing of the group was written)
  //   UNAVAILABLE         the store cannot write, its queue is full, or it is shutting down
  //   DEADLINE_EXCEEDED   ctx.deadline passed before the body ran; or the server was lost during
  //                       the commit and does not tell: the effect may have happened
  virtual void Transact(const base::CallContext& ctx, base::TenantId tenant, Body body,
                        Done done) = 0;
  // A view that includes every acknowledged write (and `ctx.at_least`; UNAVAILABLE if that lies in
  // a future that this store does not have). Blocks; read lane only.
  virtual absl::StatusOr<std::unique_ptr<Snapshot>> Read(const base::CallContext& ctx,
                                                         base::TenantId tenant) = 0;
  // Identifies this store; another file, or one restored from a backup, has another id.
  virtual const std::string& id() const = 0;
  // The ids that it had until then: sequences of those may name commits that it has lost.
  virtual const std::vector<std::string>& former_ids() const = 0;
  // The highest sequence that this process knows to be on disk.
  virtual std::int64_t committed_sequence() const = 0;
  // Calls `listener` after each commit, on a write thread, and whenever the sequence() of views has
  // grown because other processes' commits are there, on a thread of the store; one call at a time.
  // Listeners must be quick and live as long as the store, or until RemoveCommitListener returns.
  virtual int AddCommitListener(std::function<void(std::int64_t sequence)> listener) = 0;
  virtual void RemoveCommitListener(int handle) = 0;
  // Bodies waiting for the write lane.
  virtual std::size_t queued() const = 0;
  // Whether this process is the one, of all that share the store, that does `what`, e.g. follow a
  // feed. Blocks; to be asked again every second or so. Now and then two may think so for a moment,
  // so what they do must be idempotent. Always true where one process owns the store.
  virtual bool TryLead(absl::string_view what) = 0;
  // Lets another process do it, until this one asks again. Blocks.
  virtual void Resign(absl::string_view what) = 0;
  // A number below 2^53 for a sequence. Of the commits that write a row, the later one gives it the
  // higher number; writes of one commit may have the same.
  virtual std::uint64_t VersionOf(std::int64_t sequence) const = 0;
  // Before the first Transact; the guard outlives the last one.
  virtual void SetGuard(CommitGuard* guard) = 0;
};

// Runs `body` and waits for its commit. For start-up and tests: never on a loop.
absl::StatusOr<std::int64_t> TransactAndWait(Store& store, const base::CallContext& ctx,
                                             base::TenantId tenant, Store::Body body);

}  // namespace rapport::store

#endif  // RAPPORT_COMMON_STORE_STORE_H_
