// The read lane: a fixed set of threads for work that blocks, fair between tenants.
#ifndef RAPPORT_COMMON_RPC_EXECUTOR_H_
#define RAPPORT_COMMON_RPC_EXECUTOR_H_

#include <cstdint>
#include <deque>
#include <string>
#include <thread>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "common/base/mutex.h"

namespace rapport::rpc {

// Thread-safe. The destructor runs what is queued and joins.
//
// A thread takes a batch: its share of what waits, at most 16 pieces of short work, or one piece of
// long work. So nobody waits behind long work while another thread is free, and short work costs
// neither a wake-up nor a view of the store of its own.
class Executor {
 public:
  struct Options {
    int threads = 4;
    std::size_t max_queued = 4096;
  };
  enum class Length { kShort, kLong };
  explicit Executor(Options options);
  ~Executor();

  // Queues `work`; tenants take turns. False if the queue is full: nothing was queued.
  bool Submit(const std::string& tenant, Length length, absl::AnyInvocable<void()> work);
  std::size_t queued() const;

  // Called by work: `effect` runs on the same thread when the batch of the work is over.
  static void AtBatchEnd(absl::AnyInvocable<void()> effect);

 private:
  struct Piece {
    Length length;
    absl::AnyInvocable<void()> work;
  };
  void Run();
  // True if the caller shall signal: one thread wakes at a time, and wakes the next if work is
  // left.
  bool WakeNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Moves the next batch out of the queues.
  void Take(std::vector<Piece>* batch) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const std::size_t max_queued_;
  mutable base::Mutex mu_;
  base::CondVar ready_;
  absl::flat_hash_map<std::string, std::deque<Piece>> queues_ ABSL_GUARDED_BY(mu_);
  std::deque<std::string> turns_ ABSL_GUARDED_BY(mu_);  // tenants with work, in order
  std::size_t queued_ ABSL_GUARDED_BY(mu_) = 0;
  int idle_ ABSL_GUARDED_BY(mu_) = 0;         // threads that wait
  bool waking_ ABSL_GUARDED_BY(mu_) = false;  // one of them is on its way
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace rapport::rpc

#endif  // RAPPORT_COMMON_RPC_EXECUTOR_H_
