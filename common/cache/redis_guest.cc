#include "common/cache/redis_guest.h"

#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <utility>
#include <vector>

namespace rapport::cache {
namespace {

// After so many turns in vain, replies are late.
constexpr int kPatientTurns = 5;

int NewEpoll() {
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  if (epoll < 0) std::abort();  // the process has no file descriptor left at its start
  return epoll;
}

}  // namespace

// What the watcher polls: the sockets of the guest, each until it has been ready once.
class RedisGuest::Watch final : public RedisDriver::Source {
 public:
  ~Watch() override { close(epoll_); }

  int fd() const override { return epoll_; }
  void OnReady() override {
    std::array<epoll_event, 16> events;  // epoll_wait fills it
    if (epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 0) <= 0) return;
    fired_ = true;
    WakeHost();
  }
  Wish OnTurn() override {
    Wish wish;
    wish.done = closed_;
    return wish;
  }
  void OnRemoved() override {}

  void SetWake(std::function<void()> wake) {
    base::MutexLock lock(&mu_);
    wake_ = std::move(wake);
  }
  void WakeHost() {
    base::MutexLock lock(&mu_);  // no wake-up outlives SetWake(nullptr)
    if (wake_ != nullptr) wake_();
  }
  void Close() { closed_ = true; }
  // Whether a socket was ready, and is not watched any more, since the last call.
  bool TakeFired() { return fired_ && fired_.exchange(false); }

 private:
  const int epoll_ = NewEpoll();
  std::atomic<bool> fired_{false};
  std::atomic<bool> closed_{false};
  base::Mutex mu_;
  std::function<void()> wake_ ABSL_GUARDED_BY(mu_);
};

RedisGuest::RedisGuest(const BootClock& clock, RedisLoop& watcher)
    : clock_(clock), watcher_(watcher), watch_(std::make_shared<Watch>()) {
  watcher_.Add(watch_);
}

RedisGuest::~RedisGuest() {
  End();
  watch_->Close();
  watcher_.Wake();
}

void RedisGuest::Begin(std::function<void()> wake) {
  host_ = std::this_thread::get_id();
  watch_->SetWake(std::move(wake));
}

void RedisGuest::End() {
  watch_->SetWake(nullptr);
  EndAll();
  host_ = std::thread::id();
}

void RedisGuest::Wake() {
  if (host_.load(std::memory_order_relaxed) == std::this_thread::get_id()) {
    again_ = true;
  } else if (mood_.exchange(Mood::kAgain) == Mood::kAsleep) {
    watch_->WakeHost();
  }
}

bool RedisGuest::AnyDue() const {
  return std::any_of(sources_.begin(), sources_.end(),
                     [](const Entry& entry) { return entry.wish.due; });
}

absl::Duration RedisGuest::Turn(absl::Duration patience) {
  mood_.exchange(Mood::kAwake);
  again_ = false;
  RunPosted();
  absl::Duration next = TurnAll();
  const bool fired = watch_->TakeFired();
  if (fired) {
    for (Entry& entry : sources_) entry.watched = 0;
  }
  if (fired || AnyDue()) {
    const bool late = in_vain_ >= kPatientTurns;
    if (Poll(fired || late || again_ ? absl::ZeroDuration() : patience)) {
      in_vain_ = 0;
      RunPosted();
      next = TurnAll();
      if (AnyDue()) return absl::ZeroDuration();
    } else if (AnyDue() && !late) {
      ++in_vain_;
      return absl::ZeroDuration();
    }
  }
  if (again_) return absl::ZeroDuration();
  for (Entry& entry : sources_) {
    WatchFor(entry, (entry.wish.due ? EPOLLIN : 0U) | (entry.wish.write ? EPOLLOUT : 0U));
  }
  Mood mood = Mood::kAwake;
  if (!mood_.compare_exchange_strong(mood, Mood::kAsleep)) return absl::ZeroDuration();
  return std::max(next - clock_.Now(), absl::ZeroDuration());
}

bool RedisGuest::Poll(absl::Duration wait) {
  std::vector<pollfd> polled(sources_.size());
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    const auto events = static_cast<short>(sources_[i].wish.write ? POLLIN | POLLOUT : POLLIN);
    polled[i] = {sources_[i].source->fd(), events, 0};
  }
  const timespec timeout = absl::ToTimespec(wait);
  if (ppoll(polled.data(), polled.size(), &timeout, nullptr) <= 0) return false;
  for (std::size_t i = 0; i < polled.size(); ++i) {
    if ((polled[i].revents & ~POLLOUT) == 0) continue;
    sources_[i].source->OnReady();
    // From here on the host awaits replies again.
    if ((sources_[i].watched & EPOLLIN) != 0) WatchFor(sources_[i], 0);
  }
  return true;
}

void RedisGuest::WatchFor(Entry& entry, unsigned events) {
  events |= EPOLLRDHUP | EPOLLONESHOT;
  const int fd = entry.source->fd();
  if (entry.watched == events || fd < 0) return;
  entry.watched = events;
  epoll_event event{};
  event.events = events;
  if (epoll_ctl(watch_->fd(), EPOLL_CTL_MOD, fd, &event) != 0 && errno == ENOENT) {
    epoll_ctl(watch_->fd(), EPOLL_CTL_ADD, fd, &event);
  }
}

}  // namespace rapport::cache
