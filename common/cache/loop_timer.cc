#include "common/cache/loop_timer.h"

#include <utility>
#include <vector>

namespace rapport::cache {

std::shared_ptr<LoopTimer> LoopTimer::Make(RedisLoop& loop, const BootClock& clock) {
  std::shared_ptr<LoopTimer> timer(new LoopTimer(loop, clock));
  loop.Add(timer);
  return timer;
}

void LoopTimer::After(absl::Duration delay, absl::AnyInvocable<void()> work) {
  {
    base::MutexLock lock(&mu_);
    if (!ended_) {
      due_.emplace(clock_.Now() + delay, std::move(work));
      work = nullptr;
    }
  }
  if (work != nullptr) {
    work();
  } else {
    loop_.Wake();
  }
}

absl::Duration LoopTimer::RunUntil(absl::Duration now) {
  std::vector<absl::AnyInvocable<void()>> ready;
  {
    base::MutexLock lock(&mu_);
    const auto end = due_.upper_bound(now);
    for (auto at = due_.begin(); at != end; ++at) ready.push_back(std::move(at->second));
    due_.erase(due_.begin(), end);
  }
  for (auto& work : ready) work();
  base::MutexLock lock(&mu_);
  return due_.empty() ? absl::InfiniteDuration() : due_.begin()->first;
}

RedisLoop::Source::Wish LoopTimer::OnTurn() {
  Wish wish;
  wish.next_turn = RunUntil(clock_.Now());
  return wish;
}

void LoopTimer::OnRemoved() {
  {
    base::MutexLock lock(&mu_);
    ended_ = true;
  }
  RunUntil(absl::InfiniteDuration());
}

}  // namespace rapport::cache
