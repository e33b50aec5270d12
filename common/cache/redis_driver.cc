#include "common/cache/redis_driver.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace rapport::cache {

void RedisDriver::Add(std::shared_ptr<Source> source) {
  Post([this, source = std::move(source)]() mutable {
    bool ended = false;
    {
      base::MutexLock lock(&mu_);
      ended = ended_;
    }
    if (ended) {
      source->OnRemoved();
    } else {
      sources_.push_back({std::move(source), {}, 0});
    }
  });
}

void RedisDriver::Post(absl::AnyInvocable<void()> work) {
  {
    base::MutexLock lock(&mu_);
    if (!ended_) {
      posted_.push_back(std::move(work));
      work = nullptr;
    }
  }
  if (work != nullptr) {
    work();
  } else {
    Wake();
  }
}

void RedisDriver::RunPosted() {
  std::vector<absl::AnyInvocable<void()>> work;
  {
    base::MutexLock lock(&mu_);
    work.swap(posted_);
  }
  for (auto& piece : work) piece();
}

absl::Duration RedisDriver::TurnAll() {
  absl::Duration next = absl::InfiniteDuration();
  for (std::size_t i = 0; i < sources_.size();) {
    Source& source = *sources_[i].source;
    const Source::Wish wish = source.OnTurn();
    if (wish.done) {
      source.OnRemoved();
      sources_.erase(sources_.begin() + static_cast<std::ptrdiff_t>(i));
      continue;
    }
    sources_[i].wish = wish;
    next = std::min(next, wish.next_turn);
    ++i;
  }
  return next;
}

void RedisDriver::EndAll() {
  for (Entry& entry : sources_) entry.source->OnRemoved();
  sources_.clear();
  {
    base::MutexLock lock(&mu_);
    ended_ = true;
  }
  RunPosted();
}

}  // namespace rapport::cache
