#include "common/rpc/executor.h"

#include <utility>

namespace rapport::rpc {

Executor::Executor(Options options) : max_queued_(options.max_queued) {
  threads_.reserve(static_cast<std::size_t>(options.threads));
  for (int i = 0; i < options.threads; ++i) threads_.emplace_back([this] { Run(); });
}

Executor::~Executor() {
  {
    base::MutexLock lock(&mu_);
    stopping_ = true;
  }
  ready_.SignalAll();
  for (auto& thread : threads_) thread.join();
}

bool Executor::Submit(const std::string& tenant, absl::AnyInvocable<void()> work) {
  {
    base::MutexLock lock(&mu_);
    if (stopping_ || queued_ >= max_queued_) return false;
    auto& queue = queues_[tenant];
    if (queue.empty()) turns_.push_back(tenant);
    queue.push_back(std::move(work));
    ++queued_;
  }
  ready_.Signal();
  return true;
}

std::size_t Executor::queued() const {
  base::MutexLock lock(&mu_);
  return queued_;
}

void Executor::Run() {
  while (true) {
    absl::AnyInvocable<void()> work;
    {
      base::MutexLock lock(&mu_);
      while (turns_.empty() && !stopping_) ready_.Wait(&mu_);
      if (turns_.empty()) return;
      const std::string tenant = std::move(turns_.front());
      turns_.pop_front();
      const auto it = queues_.find(tenant);
      work = std::move(it->second.front());
      it->second.pop_front();
      --queued_;
      if (it->second.empty()) {
        queues_.erase(it);
      } else {
        turns_.push_back(tenant);
      }
    }
    work();
  }
}

}  // namespace rapport::rpc
