#include "common/rpc/loop.h"

#include <chrono>
#include <future>
#include <utility>

namespace rapport::rpc {

Loop::Loop(std::unique_ptr<grpc::ServerCompletionQueue> queue) : queue_(std::move(queue)) {
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
  void* tag = nullptr;
  bool ok = false;
  while (queue_->Next(&tag, &ok)) {
    base::HappensAfter(tag);
    static_cast<Event*>(tag)->OnEvent(ok);
  }
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
