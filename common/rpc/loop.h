// An event loop: one thread, one completion queue. It never blocks.
#ifndef RAPPORT_COMMON_RPC_LOOP_H_
#define RAPPORT_COMMON_RPC_LOOP_H_

#include <atomic>
#include <functional>
#include <memory>
#include <set>
#include <thread>
#include <vector>

#include "common/base/happens_before.h"
#include "common/base/mutex.h"
#include "common/rpc/companion.h"
#include "common/rpc/corks.h"
#include "grpcpp/alarm.h"
#include "grpcpp/completion_queue.h"

namespace rapport::rpc {

// A completion-queue tag.
class Event {
 public:
  virtual ~Event() = default;
  virtual void OnEvent(bool ok) = 0;
  // What to give to gRPC, each time. What comes back from the queue as void* is read as an Event*.
  void* Tag() {
    base::HappensBefore(this);
    return this;
  }
};

// Work that another thread hands to the loop.
class Posted {
 public:
  virtual ~Posted() = default;
  virtual void OnPosted() = 0;
};

// Something that wants to be looked at every second.
class Ticked {
 public:
  virtual ~Ticked() = default;
  virtual void OnTick() = 0;
};

class Loop {
 public:
  explicit Loop(std::unique_ptr<grpc::ServerCompletionQueue> queue,
                std::unique_ptr<Companion> companion = nullptr, bool cork = true);
  ~Loop();

  void Start();
  // Ends the loop after all its events; nothing may be posted afterwards.
  void StopAndJoin();

  // Runs `work` on the loop, together with what else was posted meanwhile: one wake-up a batch.
  void Post(Posted* work);
  // Waits until the loop has seen what is in its queue now. Not from the loop, not after the end.
  void Flush();
  // Looks at what is ticked at once instead of at the next second. Not after the end.
  void TickNow() { Post(&early_tick_); }
  bool OnLoopThread() const { return std::this_thread::get_id() == thread_id_; }
  grpc::ServerCompletionQueue* queue() const { return queue_.get(); }

  // Loop thread only.
  // To be called before gRPC gets an answer that may leave together with others of this turn.
  void BeforeAnswer(const grpc::ServerContextBase& call) { corks_.BeforeAnswer(call); }
  void AddTicked(Ticked* ticked);
  void RemoveTicked(Ticked* ticked) { ticked_.erase(ticked); }
  // Calls and stream messages that have begun and not ended.
  std::atomic<int> in_flight{0};

 private:
  struct Wake : Event {
    void OnEvent(bool ok) override;
    Loop* loop = nullptr;
  };
  struct Tick : Event {
    void OnEvent(bool ok) override;
    Loop* loop = nullptr;
  };
  struct EarlyTick : Posted {
    void OnPosted() override { loop->TickAll(); }
    Loop* loop = nullptr;
  };
  struct Nothing : Posted {
    void OnPosted() override {}
  };
  // In turns: the companion's, if there is one; then what gRPC has, at most 128 events.
  void Run();
  void ArmTick();
  void TickAll();

  std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  const std::unique_ptr<Companion> companion_;  // may be null
  Corks corks_;                                 // loop thread only
  base::Mutex mu_;
  std::vector<Posted*> posted_ ABSL_GUARDED_BY(mu_);
  bool armed_ ABSL_GUARDED_BY(mu_) = false;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  std::vector<Posted*> batch_;  // loop thread only
  std::set<Ticked*> ticked_;    // loop thread only
  bool tick_armed_ = false;     // loop thread only
  grpc::Alarm wake_alarm_;
  grpc::Alarm tick_alarm_;
  Wake wake_;
  Tick tick_;
  EarlyTick early_tick_;
  Nothing nothing_;
  std::thread thread_;
  std::thread::id thread_id_;
};

}  // namespace rapport::rpc

#endif  // RAPPORT_COMMON_RPC_LOOP_H_
