// The read lane: a fixed set of threads for work that blocks, fair between tenants.
#ifndef RAPPORT_COMMON_RPC_EXECUTOR_H_
#define RAPPORT_COMMON_RPC_EXECUTOR_H_

#include <deque>
#include <string>
#include <thread>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "common/base/mutex.h"

namespace rapport::rpc {

// Thread-safe. The destructor runs what is queued and joins.
class Executor {
 public:
  struct Options {
    int threads = 4;
    std::size_t max_queued = 4096;
  };
  explicit Executor(Options options);
  ~Executor();

  // Queues `work`; tenants take turns. False if the queue is full: nothing was queued.
  bool Submit(const std::string& tenant, absl::AnyInvocable<void()> work);
  std::size_t queued() const;

 private:
  void Run();

  const std::size_t max_queued_;
  mutable base::Mutex mu_;
  base::CondVar ready_;
  absl::flat_hash_map<std::string, std::deque<absl::AnyInvocable<void()>>> queues_
      ABSL_GUARDED_BY(mu_);
  std::deque<std::string> turns_ ABSL_GUARDED_BY(mu_);  // tenants with work, in order
  std::size_t queued_ ABSL_GUARDED_BY(mu_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace rapport::rpc

#endif  // RAPPORT_COMMON_RPC_EXECUTOR_H_
