#include "common/rpc/loop.h"

#include <chrono>
#include <future>
#include <utility>

#include "grpc/support/time.h"

namespace rapport::rpc {

namespace {

constexpr int kEventsATurn = 128;

gpr_timespec After(absl::Duration delay) {
  if (delay <= absl::ZeroDuration()) return gpr_inf_past(GPR_CLOCK_MONOTONIC);
  if (delay == absl::InfiniteDuration()) return gpr_inf_future(GPR_CLOCK_MONOTONIC);
  return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                      gpr_time_from_nanos(absl::ToInt64Nanoseconds(delay), GPR_TIMESPAN));
}

}  // namespace

Loop::Loop(std::unique_ptr<grpc::ServerCompletionQueue> queue, std::unique_ptr<Companion> companion,
           bool cork)
    : queue_(std::move(queue)), companion_(std::move(companion)), corks_(cork) {
  wake_.loop = this;
  tick_.loop = this;
  early_tick_.loop = this;
}

Loop::~Loop() {
  if (thread_.joinable()) StopAndJoin();
}

void Loop::Start() {
  std::promise<void> started;
  thread_ = std::thread([this, &started] {
    thread_id_ = std::this_thread::get_id();
    started.set_value();
    Run();
  });
  started.get_future().wait();
}

void Loop::StopAndJoin() {
  {
    base::MutexLock lock(&mu_);
    stopping_ = true;
  }
  tick_alarm_.Cancel();
  queue_->Shutdown();
  thread_.join();
}

void Loop::Run() {
  if (companion_ != nullptr) companion_->OnBegin([this] { Post(&nothing_); });
  auto status = grpc::CompletionQueue::TIMEOUT;
  while (status != grpc::CompletionQueue::SHUTDOWN) {
    gpr_timespec until = gpr_inf_future(GPR_CLOCK_MONOTONIC);
    if (companion_ != nullptr) {
      until = After(companion_->OnTurn());
      corks_.EndTurn();
    }
    for (int events = 0; events < kEventsATurn; ++events) {
      void* tag = nullptr;
      bool ok = false;
      status = queue_->AsyncNext(&tag, &ok, until);
      if (status != grpc::CompletionQueue::GOT_EVENT) break;
      base::HappensAfter(tag);
      static_cast<Event*>(tag)->OnEvent(ok);
      until = gpr_inf_past(GPR_CLOCK_MONOTONIC);
    }
    corks_.EndTurn();
  }
  if (companion_ != nullptr) companion_->OnEnd();
}

void Loop::Flush() {
  struct Barrier : Posted {
    void OnPosted() override { reached.set_value(); }
    std::promise<void> reached;
  };
  Barrier barrier;
  Post(&barrier);
  barrier.reached.get_future().wait();
}

void Loop::Post(Posted* work) {
  base::MutexLock lock(&mu_);
  posted_.push_back(work);
  if (armed_ || stopping_) return;
  armed_ = true;
  // gRPC reads instants before 1970 as "never".
  wake_alarm_.Set(queue_.get(), std::chrono::system_clock::time_point(), wake_.Tag());
}

void Loop::Wake::OnEvent(bool) {
  {
    base::MutexLock lock(&loop->mu_);
    loop->armed_ = false;
    std::swap(loop->batch_, loop->posted_);
  }
  for (Posted* work : loop->batch_) work->OnPosted();
  loop->batch_.clear();
}

void Loop::AddTicked(Ticked* ticked) {
  ticked_.insert(ticked);
  ArmTick();
}

void Loop::ArmTick() {
  if (tick_armed_ || ticked_.empty()) return;
  base::MutexLock lock(&mu_);  // no alarm may be set once the queue is shut down
  if (stopping_) return;
  tick_armed_ = true;
  tick_alarm_.Set(queue_.get(), std::chrono::system_clock::now() + std::chrono::seconds(1),
                  tick_.Tag());
}

void Loop::TickAll() {
  const std::vector<Ticked*> now(ticked_.begin(), ticked_.end());
  for (Ticked* ticked : now) {
    if (ticked_.contains(ticked)) ticked->OnTick();
  }
}

void Loop::Tick::OnEvent(bool) {
  loop->tick_armed_ = false;
  loop->TickAll();
  loop->ArmTick();
}

}  // namespace rapport::rpc
