#include "common/cache/redis_loop.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <vector>

namespace rapport::cache {
namespace {

int NewEvent() {
  const int event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (event < 0) std::abort();  // the process has no file descriptor left at its start
  return event;
}

}  // namespace

RedisLoop::RedisLoop(const BootClock& clock) : clock_(clock), event_(NewEvent()) {
  thread_ = std::thread([this] { Run(); });
}

RedisLoop::~RedisLoop() {
  stopping_ = true;
  Wake();
  thread_.join();
  close(event_);
}

void RedisLoop::Wake() {
  if (mood_.exchange(Mood::kAgain) != Mood::kAsleep) return;
  const std::uint64_t one = 1;
  if (write(event_, &one, sizeof(one)) != sizeof(one)) std::abort();  // never: it counts to 2^64
}

void RedisLoop::Run() {
  absl::Duration next_turn = absl::InfiniteDuration();
  while (!stopping_) {
    Wait(next_turn);
    RunPosted();
    next_turn = TurnAll();
  }
  EndAll();
}

void RedisLoop::Wait(absl::Duration next_turn) {
  std::vector<pollfd> polled(1 + sources_.size());
  polled[0] = {event_, POLLIN, 0};
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    const auto events = static_cast<short>(sources_[i].wish.write ? POLLIN | POLLOUT : POLLIN);
    polled[i + 1] = {sources_[i].source->fd(), events, 0};
  }
  Mood mood = Mood::kAwake;
  const bool sleep = mood_.compare_exchange_strong(mood, Mood::kAsleep);
  const absl::Duration wait =
      sleep ? std::max(next_turn - clock_.Now(), absl::ZeroDuration()) : absl::ZeroDuration();
  const timespec timeout = absl::ToTimespec(wait);
  const int ready = ppoll(polled.data(), polled.size(),
                          wait == absl::InfiniteDuration() ? nullptr : &timeout, nullptr);
  mood_.exchange(Mood::kAwake);
  if (ready <= 0) return;
  std::uint64_t count = 0;
  if (polled[0].revents != 0 && read(event_, &count, sizeof(count)) < 0) count = 0;
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    if ((polled[i + 1].revents & ~POLLOUT) != 0) sources_[i].source->OnReady();
  }
}

}  // namespace rapport::cache
