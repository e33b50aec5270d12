// Keeps memory beside a store: every row of some tables that has been committed, by this process or
// by another, reaches a function, in the order of the tables' sequence.
#ifndef RAPPORT_COMMON_STORE_TAIL_H_
#define RAPPORT_COMMON_STORE_TAIL_H_

#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/mutex.h"
#include "common/store/store.h"

namespace rapport::store {

// Thread-safe.
class Tail {
 public:
  // Runs on whatever thread catches up, one call at a time. Gets the latest state of a row, at
  // least once; rows of one table come in order. `row` may be moved from. After an error the same
  // rows come again.
  using Apply = std::function<absl::Status(const base::TenantId& tenant, Row& row)>;
  struct Source {
    const Table* table;  // has a sequence column; rows are never deleted
    Apply apply;
  };
  // A catch-up serves the sources in this order. `reached` hears the position after each that moved
  // it. The store must outlive this.
  Tail(Store* store, std::vector<Source> sources, std::function<void(std::int64_t)> reached = {});
  ~Tail();

  // Applies everything that a snapshot of now holds. Blocks.
  absl::Status CatchUp();
  // CatchUp until the commit with this sequence was part of it; DEADLINE_EXCEEDED.
  absl::Status CatchUpTo(std::int64_t sequence, absl::Time deadline);
  // From now on a thread catches up after every commit, if there is anything to do then.
  void Start();
  void Stop();

 private:
  // Catches up once; whether the commit with the sequence `wanted` was part of it.
  absl::StatusOr<bool> Step(std::int64_t wanted);
  void Run();

  Store* const store_;
  const std::vector<Source> sources_;
  const std::function<void(std::int64_t)> reached_;
  base::Mutex catching_up_;
  std::int64_t position_ ABSL_GUARDED_BY(catching_up_) = 0;
  base::Mutex mu_;
  base::CondVar changed_;
  std::int64_t commits_ ABSL_GUARDED_BY(mu_) = 0;  // heard of, to wait for the next
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  int listener_ = -1;
  std::thread thread_;
};

}  // namespace rapport::store

#endif  // RAPPORT_COMMON_STORE_TAIL_H_
