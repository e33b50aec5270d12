// The seam between commits and copies of rows that other processes answer from, see common/cache:
// a commit that changes such rows is announced to the copies before, and acknowledged only when no
// copy is older than it.
#ifndef RAPPORT_COMMON_STORE_COMMIT_GUARD_H_
#define RAPPORT_COMMON_STORE_COMMIT_GUARD_H_

#include <memory>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/base/id.h"
#include "common/store/store.h"

namespace rapport::store {

// An announced commit. One call of Finish; none if nobody ever learns how the commit ended.
class GuardedCommit {
 public:
  enum class Outcome { kCommitted, kRolledBack };
  virtual ~GuardedCommit() = default;
  // Blocks. Not OK (only after kCommitted): some copy may be older; CommitGuard::Mend must run
  // before the commit is acknowledged.
  virtual absl::Status Finish(Outcome outcome) = 0;
};

// Called on write threads. Several lanes call at once.
class CommitGuard {
 public:
  // Runs a body in a transaction of its own, at once; its rows are not guarded. The transaction
  // belongs to tenant().
  using Run = absl::FunctionRef<absl::Status(absl::FunctionRef<absl::Status(Tx&)>)>;

  virtual ~CommitGuard() = default;
  // Rows of this table have copies. They are never deleted (a body that does is refused), so that
  // the version of a row only rises.
  virtual bool Guards(const Table& table) const = 0;
  // Whose rows the guard itself keeps.
  virtual const base::TenantId& tenant() const = 0;
  // Inside the transaction, before its bodies: names (Tx::Expect) what Announce will read, so that
  // it comes with what they read. `tx` is of tenant().
  virtual void Expect(Tx&) {}
  // Inside the transaction, after all bodies; `tx` is of tenant(). A commit follows if it is OK.
  // Otherwise the transaction is rolled back, Mend runs, and the bodies begin anew. `rows` is not
  // empty; one row may come twice.
  virtual absl::StatusOr<std::unique_ptr<GuardedCommit>> Announce(
      Tx& tx, absl::Span<const TouchedRow> rows) = 0;
  // Outside of any transaction: makes sure that no copy is believed any more. Not OK: it could not,
  // because the store does not work.
  virtual absl::Status Mend(Run run) = 0;
};

}  // namespace rapport::store

#endif  // RAPPORT_COMMON_STORE_COMMIT_GUARD_H_
