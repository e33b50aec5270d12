// What waits for a write lane, as both engines keep it.
#ifndef RAPPORT_COMMON_STORE_WRITE_QUEUE_H_
#define RAPPORT_COMMON_STORE_WRITE_QUEUE_H_

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <deque>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/base/errors.h"
#include "common/base/mutex.h"
#include "common/store/store.h"

namespace rapport::store {

// Thread-safe; one thread takes. `Job` has a member `done`. No lock is held while a `done` runs.
template <class Job>
class WriteQueue {
 public:
  // `waiting` counts what waits in all lanes of a store, at most `max_waiting`; it outlives this.
  WriteQueue(std::size_t max_waiting, std::size_t max_group, std::atomic<std::size_t>& waiting)
      : max_waiting_(max_waiting), max_group_(max_group), waiting_(waiting) {}

  // What is refused hears of it on the thread that takes.
  void Add(Job job) {
    base::MutexLock lock(&mu_);
    if (closed_) {
      refused_.emplace_back(std::move(job.done), errors::Draining());
    } else if (waiting_.load(std::memory_order_relaxed) >= max_waiting_) {
      refused_.emplace_back(std::move(job.done), errors::Overloaded("write"));
    } else {
      waiting_.fetch_add(1, std::memory_order_relaxed);
      queue_.push_back(std::move(job));
    }
    work_.Signal();
  }
  // Refuses what comes; what waits is still taken.
  void Close() {
    base::MutexLock lock(&mu_);
    closed_ = true;
    work_.Signal();
    closing_.Signal();
  }

  enum class Taken { kSome, kNothingInTime, kClosed };
  // Moves the next group behind what is in `group`, once there is one. kNothingInTime after
  // `patience` without any; kClosed when there is none and none will come; kSome may be nothing.
  Taken Take(absl::Duration patience, std::vector<Job>* group) {
    std::vector<std::pair<Store::Done, absl::Status>> refused;
    bool late = false;
    std::size_t size = 0;
    bool closed = false;
    {
      base::MutexLock lock(&mu_);
      while (queue_.empty() && refused_.empty() && !closed_ && !late) {
        if (patience == absl::InfiniteDuration()) {
          work_.Wait(&mu_);
        } else {
          late = work_.WaitWithTimeout(&mu_, patience);
        }
      }
      refused.swap(refused_);
      size = std::min(queue_.size(), max_group_);
      for (std::size_t i = 0; i < size; ++i) {
        group->push_back(std::move(queue_.front()));
        queue_.pop_front();
      }
      waiting_.fetch_sub(size, std::memory_order_relaxed);
      closed = closed_ && size == 0 && refused.empty();
    }
    for (auto& [done, why] : refused) done(std::move(why));
    if (late && size == 0) return Taken::kNothingInTime;
    return closed ? Taken::kClosed : Taken::kSome;
  }

  // False if it is closed before the time is over.
  bool Pause(absl::Duration duration) {
    const absl::Time until = absl::Now() + duration;
    base::MutexLock lock(&mu_);
    for (;;) {
      const absl::Duration left = until - absl::Now();
      if (closed_) return false;
      if (left <= absl::ZeroDuration()) return true;
      closing_.WaitWithTimeout(&mu_, left);
    }
  }

 private:
  const std::size_t max_waiting_;
  const std::size_t max_group_;
  std::atomic<std::size_t>& waiting_;
  base::Mutex mu_;
  base::CondVar work_;
  base::CondVar closing_;
  std::deque<Job> queue_ ABSL_GUARDED_BY(mu_);
  std::vector<std::pair<Store::Done, absl::Status>> refused_ ABSL_GUARDED_BY(mu_);
  bool closed_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace rapport::store

#endif  // RAPPORT_COMMON_STORE_WRITE_QUEUE_H_
