#include "common/rpc/executor.h"

#include <algorithm>
#include <utility>

namespace rapport::rpc {
namespace {

// A thread takes its share of what waits, within these bounds.
constexpr std::size_t kMinBatch = 4;
constexpr std::size_t kMaxBatch = 16;

std::vector<absl::AnyInvocable<void()>>& Effects() {
  thread_local std::vector<absl::AnyInvocable<void()>> effects;
  return effects;
}

}  // namespace

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

bool Executor::Submit(const std::string& tenant, Length length, absl::AnyInvocable<void()> work) {
  bool wake = false;
  {
    base::MutexLock lock(&mu_);
    if (stopping_ || queued_ >= max_queued_) return false;
    auto& queue = queues_[tenant];
    if (queue.empty()) turns_.push_back(tenant);
    queue.push_back({length, std::move(work)});
    ++queued_;
    wake = WakeNext();
  }
  if (wake) ready_.Signal();
  return true;
}

std::size_t Executor::queued() const {
  base::MutexLock lock(&mu_);
  return queued_;
}

void Executor::AtBatchEnd(absl::AnyInvocable<void()> effect) {
  Effects().push_back(std::move(effect));
}

bool Executor::WakeNext() {
  if (waking_ || idle_ == 0) return false;
  waking_ = true;
  return true;
}

void Executor::Take(std::vector<Piece>* batch) {
  const std::size_t share =
      std::clamp<std::size_t>(queued_ / threads_.size(), kMinBatch, kMaxBatch);
  while (!turns_.empty() && batch->size() < share) {
    const auto it = queues_.find(turns_.front());
    auto& queue = it->second;
    const bool alone = queue.front().length == Length::kLong;
    if (alone && !batch->empty()) return;
    batch->push_back(std::move(queue.front()));
    queue.pop_front();
    --queued_;
    std::string tenant = std::move(turns_.front());
    turns_.pop_front();
    if (queue.empty()) {
      queues_.erase(it);
    } else {
      turns_.push_back(std::move(tenant));
    }
    if (alone) return;
  }
}

void Executor::Run() {
  std::vector<Piece> batch;
  while (true) {
    bool wake = false;
    {
      base::MutexLock lock(&mu_);
      while (turns_.empty() && !stopping_) {
        ++idle_;
        ready_.Wait(&mu_);
        --idle_;
        waking_ = false;
      }
      if (turns_.empty()) return;
      Take(&batch);
      wake = !turns_.empty() && WakeNext();
    }
    if (wake) ready_.Signal();
    for (Piece& piece : batch) piece.work();
    batch.clear();
    // One may lead to another.
    for (std::size_t i = 0; i < Effects().size(); ++i) std::exchange(Effects()[i], nullptr)();
    Effects().clear();
  }
}

}  // namespace rapport::rpc
