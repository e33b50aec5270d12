// Server streams: a source is asked for messages on the read lane, the loop writes them one by one.
#include <deque>
#include <memory>
#include <vector>

#include "common/base/errors.h"
#include "common/rpc/codec.h"
#include "common/rpc/pipeline.h"
#include "grpcpp/support/async_stream.h"

namespace rapport::rpc {
namespace {

// Owned by itself; lives until the client is gone, no operation is pending and no worker runs.
class ServerStreamCall final : public Event, public Ticked {
 public:
  ServerStreamCall(Pipeline* pipeline, Loop* loop, int method)
      : pipeline_(pipeline), loop_(loop), index_(method), method_(pipeline->method(method)) {
    grpc_context_.AsyncNotifyWhenDone(done_.Tag());
    pipeline_->service_.RequestAsyncServerStreaming(
        index_, &grpc_context_, &request_bytes_, &writer_, loop_->queue(), loop_->queue(), Tag());
  }

  void OnEvent(bool ok) override {
    if (!running_) {
      if (!ok) {
        delete this;
        return;
      }
      running_ = true;
      pipeline_->ListenServerStream(loop_, index_);
      Begin();
      return;
    }
    writing_ = false;
    if (finishing_) {
      finished_ = true;
    } else if (!ok) {
      gone_ = true;
    }
    Advance();
  }

  void OnTick() override {
    if (pipeline_->draining_.load(std::memory_order_relaxed)) {
      End(errors::Draining());
      return;
    }
    if (absl::Now() - last_message_ >= pipeline_->options_.heartbeat) heartbeat_ = true;
    if (heartbeat_) Produce();
  }

 private:
  struct DoneEvent : Event {
    explicit DoneEvent(ServerStreamCall* c) : call(c) {}
    void OnEvent(bool) override {
      call->done_seen_ = true;
      call->gone_ = true;
      call->Advance();
    }
    ServerStreamCall* const call;
  };
  struct Woken : Posted {
    explicit Woken(ServerStreamCall* c) : call(c) {}
    void OnPosted() override {
      call->wake_posted_.store(false);
      call->more_ = true;
      call->Produce();
      call->MaybeDelete();
    }
    ServerStreamCall* const call;
  };
  struct Produced : Posted {
    explicit Produced(ServerStreamCall* c) : call(c) {}
    void OnPosted() override { call->OnProduced(); }
    ServerStreamCall* const call;
  };

  void Begin() {
    loop_->in_flight.fetch_add(1, std::memory_order_relaxed);
    wall_start_ = last_message_ = absl::Now();
    std::vector<Position> at_least;
    absl::Status status = pipeline_->Begin(method_, *loop_, grpc_context_, &context_, &at_least);
    if (status.ok()) status = pipeline_->Accept(method_, request_bytes_, &context_, &request_);
    if (!status.ok()) {
      End(std::move(status));
      return;
    }
    auto source = method_.opener(context_, *request_, [this] {
      if (!wake_posted_.exchange(true)) loop_->Post(&woken_);
    });
    if (!source.ok()) {
      End(source.status());
      return;
    }
    source_ = *std::move(source);
    loop_->AddTicked(this);
    if (pipeline_->draining_.load()) {  // health can be asked to the end, but not watched
      End(errors::Draining());
      return;
    }
    more_ = true;
    Produce();
  }

  // Asks the source for more, unless messages are waiting to be written.
  void Produce() {
    if (producing_ || !outbox_.empty() || ending_ || gone_ || source_ == nullptr) return;
    if (!more_ && !heartbeat_) return;
    producing_ = true;
    const bool heartbeat = heartbeat_;
    more_ = heartbeat_ = false;
    const bool queued =
        pipeline_->executor_->Submit("stream", Executor::Length::kLong, [this, heartbeat] {
          produced_ = source_->Next(heartbeat);
          loop_->Post(&produced_event_);
        });
    if (!queued) {
      producing_ = false;
      more_ = true;  // tried again at the next tick
    }
  }

  void OnProduced() {
    producing_ = false;
    if (!produced_.ok()) {
      BeginEnd(produced_.status());
    } else {
      if (!produced_->empty()) more_ = true;
      for (auto& message : *produced_) outbox_.push_back(std::move(message));
      produced_->clear();
    }
    Advance();  // the last that happens here: a client that is gone may have ended the call
  }

  void End(absl::Status status) {
    if (BeginEnd(std::move(status))) Advance();
  }
  // False if it ends already, with the first status.
  bool BeginEnd(absl::Status status) {
    if (ending_) return false;
    ending_ = true;
    end_status_ = std::move(status);
    outbox_.clear();
    return true;
  }

  void Advance() {
    if (gone_) outbox_.clear();
    if (!writing_ && !finishing_) {
      if (ending_ || gone_) {
        finishing_ = writing_ = true;
        pipeline_->Observe(&method_, context_, grpc_context_, end_status_, wall_start_);
        writer_.Finish(Pipeline::ToGrpc(end_status_, context_, &grpc_context_), Tag());
      } else if (!outbox_.empty()) {
        writing_ = true;
        last_message_ = absl::Now();
        writer_.Write(outbox_.front(), Tag());
        outbox_.pop_front();
      } else {
        Produce();
      }
    }
    MaybeDelete();
  }

  void MaybeDelete() {
    if (!finished_ || !done_seen_ || producing_ || writing_) return;
    loop_->RemoveTicked(this);
    source_.reset();                  // after this nobody calls wake
    if (wake_posted_.load()) return;  // comes by once more
    loop_->in_flight.fetch_sub(1, std::memory_order_relaxed);
    delete this;
  }

  Pipeline* const pipeline_;
  Loop* const loop_;
  const int index_;
  const Method& method_;
  DoneEvent done_{this};
  Woken woken_{this};
  Produced produced_event_{this};
  std::atomic<bool> wake_posted_{false};
  bool running_ = false;
  bool writing_ = false;    // an operation is pending whose tag is this
  bool producing_ = false;  // a worker runs
  bool more_ = false;
  bool heartbeat_ = false;
  bool ending_ = false;
  bool finishing_ = false;
  bool finished_ = false;
  bool done_seen_ = false;
  bool gone_ = false;
  absl::Status end_status_;
  absl::Time wall_start_;
  absl::Time last_message_;
  base::CallContext context_;
  std::unique_ptr<google::protobuf::Message> request_;
  std::unique_ptr<StreamSource> source_;
  absl::StatusOr<std::vector<grpc::ByteBuffer>> produced_{std::vector<grpc::ByteBuffer>{}};
  std::deque<grpc::ByteBuffer> outbox_;
  grpc::ByteBuffer request_bytes_;
  grpc::ServerContext grpc_context_;
  grpc::ServerAsyncWriter<grpc::ByteBuffer> writer_{&grpc_context_};
};

}  // namespace

void Pipeline::ListenServerStream(Loop* loop, int method) {
  if (!stopped_.load(std::memory_order_relaxed)) new ServerStreamCall(this, loop, method);
}

}  // namespace rapport::rpc
