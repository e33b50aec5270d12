// Bidirectional streams: each message runs as a call of its own, answers go out in order, at most
// kWindow messages are in flight (then the client is held back by flow control).
#include <algorithm>
#include <deque>
#include <memory>
#include <vector>

#include "common/base/errors.h"
#include "common/rpc/codec.h"
#include "common/rpc/pipeline.h"
#include "grpcpp/support/async_stream.h"

namespace rapport::rpc {
namespace {

constexpr std::size_t kWindow = 4;

class BidiStreamCall;

class StreamMessage final : public Call, public Posted {
 public:
  StreamMessage(BidiStreamCall* stream, const base::CallContext& context) : stream_(stream) {
    context_ = context;
  }
  void Finish(absl::StatusOr<Answer> answer) override;
  void OnPosted() override;

  BidiStreamCall* const stream_;
  absl::StatusOr<Answer> answer_{Answer{}};
  bool ready_ = false;
  friend class BidiStreamCall;
};

class BidiStreamCall final : public Event, public Ticked {
 public:
  BidiStreamCall(Pipeline* pipeline, Loop* loop, int method)
      : pipeline_(pipeline), loop_(loop), index_(method), method_(pipeline->method(method)) {
    grpc_context_.AsyncNotifyWhenDone(done_event_.Tag());
    pipeline_->service_.RequestAsyncBidiStreaming(index_, &grpc_context_, &stream_, loop_->queue(),
                                                  loop_->queue(), Tag());
  }

  void OnEvent(bool ok) override {
    if (!running_) {
      if (!ok) {
        delete this;
        return;
      }
      running_ = true;
      pipeline_->ListenBidi(loop_, index_);
      Begin();
      return;
    }
    writing_ = false;  // a write or the finish ended
    if (finishing_) finished_ = true;
    if (!ok) gone_ = true;
    Advance();
  }

  void OnTick() override {
    if (pipeline_->draining_.load(std::memory_order_relaxed)) {
      draining_ = true;  // what was read is still answered
      Advance();
    }
  }

  void OnReady() { Advance(); }
  Loop* loop() const { return loop_; }

 private:
  struct ReadEvent : Event {
    explicit ReadEvent(BidiStreamCall* c) : call(c) {}
    void OnEvent(bool ok) override { call->OnRead(ok); }
    BidiStreamCall* const call;
  };
  struct DoneEvent : Event {
    explicit DoneEvent(BidiStreamCall* c) : call(c) {}
    void OnEvent(bool) override {
      call->done_seen_ = true;
      call->Advance();
    }
    BidiStreamCall* const call;
  };

  void Begin() {
    loop_->in_flight.fetch_add(1, std::memory_order_relaxed);
    wall_start_ = absl::Now();
    const absl::Status status =
        pipeline_->Begin(method_, *loop_, grpc_context_, &context_, &at_least_);
    if (!status.ok()) {
      End(status);
      return;
    }
    loop_->AddTicked(this);
    draining_ = pipeline_->draining_.load();
    Advance();
  }

  void Read() {
    if (reading_ || input_ended_ || draining_ || ending_ || gone_ || messages_.size() >= kWindow) {
      return;
    }
    reading_ = true;
    stream_.Read(&incoming_, read_event_.Tag());
  }

  void OnRead(bool ok) {
    reading_ = false;
    if (!ok) {
      input_ended_ = true;
    } else if (!ending_ && !gone_) {
      auto message = std::make_unique<StreamMessage>(this, context_);
      message->context_.now = pipeline_->clock_.Now();
      message->context_.deadline = absl::Now() + absl::Seconds(60);
      StreamMessage* const call = message.get();
      messages_.push_back(std::move(message));
      call->request_bytes_.Swap(&incoming_);
      incoming_.Clear();
      const absl::Status status =
          pipeline_->Accept(method_, call->request_bytes_, &call->context_, &call->request_);
      if (status.ok()) {
        pipeline_->Dispatch(method_, call, at_least_);
      } else {
        call->Finish(status);
      }
    }
    Advance();
  }

  void End(absl::Status status) {
    if (ending_) return;
    ending_ = true;
    end_status_ = std::move(status);
    Advance();
  }

  void Advance() {
    if (!writing_ && !finishing_ && !ending_ && !gone_ && !messages_.empty() &&
        messages_.front()->ready_) {
      const std::unique_ptr<StreamMessage> message = std::move(messages_.front());
      messages_.pop_front();
      if (message->answer_.ok()) {
        writing_ = true;
        if (!message->answer_->bytes.Valid()) message->answer_->bytes = Wrap("");
        sequence_ = std::max(sequence_, message->answer_->sequence);
        stream_.Write(message->answer_->bytes, Tag());
      } else {
        ending_ = true;
        end_status_ = message->answer_.status();
      }
    }
    if ((input_ended_ || draining_) && messages_.empty() && !writing_ && !ending_) {
      ending_ = true;
      if (!input_ended_) end_status_ = errors::Draining();
    }
    if ((ending_ || gone_) && !writing_ && !finishing_) {
      finishing_ = writing_ = true;
      pipeline_->Observe(&method_, context_, grpc_context_, end_status_, wall_start_);
      if (sequence_ != 0) {
        grpc_context_.AddTrailingMetadata(kConsistencyHeader, pipeline_->TokenFor(sequence_));
      }
      stream_.Finish(Pipeline::ToGrpc(end_status_, context_, &grpc_context_), Tag());
    }
    Read();
    MaybeDelete();
  }

  void MaybeDelete() {
    if (!finished_ || !done_seen_ || reading_ || writing_) return;
    for (const auto& message : messages_) {
      if (!message->ready_) return;  // its worker will call back
    }
    loop_->RemoveTicked(this);
    loop_->in_flight.fetch_sub(1, std::memory_order_relaxed);
    delete this;
  }

  Pipeline* const pipeline_;
  Loop* const loop_;
  const int index_;
  const Method& method_;
  ReadEvent read_event_{this};
  DoneEvent done_event_{this};
  bool running_ = false;
  bool reading_ = false;
  bool writing_ = false;
  bool input_ended_ = false;
  bool draining_ = false;
  bool ending_ = false;
  bool finishing_ = false;
  bool finished_ = false;
  bool done_seen_ = false;
  bool gone_ = false;
  std::int64_t sequence_ = 0;  // the last write that was acknowledged
  absl::Status end_status_;
  absl::Time wall_start_;
  base::CallContext context_;
  std::vector<Position> at_least_;
  std::deque<std::unique_ptr<StreamMessage>> messages_;
  grpc::ByteBuffer incoming_;
  grpc::ServerContext grpc_context_;
  grpc::ServerAsyncReaderWriter<grpc::ByteBuffer, grpc::ByteBuffer> stream_{&grpc_context_};
};

void StreamMessage::Finish(absl::StatusOr<Answer> answer) {
  answer_ = std::move(answer);
  // Always posted: the stream may be in the middle of a step when a handler answers at once.
  stream_->loop()->Post(this);
}

void StreamMessage::OnPosted() {
  ready_ = true;
  stream_->OnReady();
}

}  // namespace

void Pipeline::ListenBidi(Loop* loop, int method) {
  if (!stopped_.load(std::memory_order_relaxed)) new BidiStreamCall(this, loop, method);
}

}  // namespace rapport::rpc
