// Unary calls: posted, matched, run, finished, used again.
#include <vector>

#include "absl/types/optional.h"
#include "common/base/errors.h"
#include "common/base/failpoint.h"
#include "common/rpc/codec.h"
#include "common/rpc/pipeline.h"
#include "grpcpp/support/async_unary_call.h"

namespace rapport::rpc {
namespace {

// Blocks of one size for the calls of a loop: a call is too large for malloc's fast paths.
class CallMemory {
 public:
  ~CallMemory() {
    for (void* block : free_) ::operator delete(block);
  }
  void* Take(std::size_t size) {
    if (free_.empty()) return ::operator new(size);
    void* const block = free_.back();
    free_.pop_back();
    return block;
  }
  void GiveBack(void* block) {
    if (free_.size() < kKept) {
      free_.push_back(block);
    } else {
      ::operator delete(block);
    }
  }
  static CallMemory& OfThread() {
    thread_local CallMemory memory;
    return memory;
  }

 private:
  static constexpr std::size_t kKept = 256;
  std::vector<void*> free_;
};

class UnaryCall final : public Call, public Event, public Posted {
 public:
  static void* operator new(std::size_t size) { return CallMemory::OfThread().Take(size); }
  static void operator delete(void* block) { CallMemory::OfThread().GiveBack(block); }

  UnaryCall(Pipeline* pipeline, Loop* loop, int method)
      : pipeline_(pipeline), loop_(loop), index_(method), method_(pipeline->method(method)) {
    Listen();
  }

  void OnEvent(bool ok) override {
    if (!running_) {
      if (!ok) {  // the server shuts down
        delete this;
        return;
      }
      running_ = true;
      pipeline_->ListenUnary(loop_, index_);
      Begin();
      return;
    }
    loop_->in_flight.fetch_sub(1, std::memory_order_relaxed);
    delete this;
  }

  void Finish(absl::StatusOr<Answer> answer) override {
    answer_ = std::move(answer);
    // Handing over pays when answers come in batches; an answer that is alone goes out from here.
    if (loop_->OnLoopThread() || loop_->in_flight.load(std::memory_order_relaxed) == 1) {
      OnPosted();
    } else {
      loop_->Post(this);
    }
  }

  void OnPosted() override {
    if (loop_->OnLoopThread()) loop_->BeforeAnswer(grpc_context_);
    if (answer_.ok()) {
      if (!answer_->bytes.Valid()) answer_->bytes = Wrap("");
      if (answer_->sequence != 0) {
        base::Failpoint(base::Place::kBeforeReply);
        grpc_context_.AddTrailingMetadata(kConsistencyHeader,
                                          pipeline_->TokenFor(answer_->sequence));
      }
      pipeline_->TellAge(context_, *answer_, &grpc_context_);
      pipeline_->Observe(&method_, context_, grpc_context_, absl::OkStatus(), wall_start_);
      const grpc::ByteBuffer& bytes = answer_->bytes;
      writer_.Finish(bytes, grpc::Status::OK, Tag());
    } else {
      pipeline_->Observe(&method_, context_, grpc_context_, answer_.status(), wall_start_);
      writer_.FinishWithError(Pipeline::ToGrpc(answer_.status(), context_, &grpc_context_), Tag());
    }
  }

 private:
  void Listen() {
    pipeline_->service_.RequestAsyncUnary(index_, &grpc_context_, &request_bytes_, &writer_,
                                          loop_->queue(), loop_->queue(), Tag());
  }

  void Begin() {
    loop_->in_flight.fetch_add(1, std::memory_order_relaxed);
    wall_start_ = absl::Now();
    std::vector<Position> at_least;
    absl::Status status = pipeline_->Begin(method_, *loop_, grpc_context_, &context_, &at_least);
    if (status.ok()) status = pipeline_->Accept(method_, request_bytes_, &context_, &request_);
    if (!status.ok()) {
      Finish(std::move(status));
      return;
    }
    pipeline_->Dispatch(method_, this, at_least);
  }

  Pipeline* const pipeline_;
  Loop* const loop_;
  const int index_;
  const Method& method_;
  bool running_ = false;
  absl::Time wall_start_;
  absl::StatusOr<Answer> answer_{Answer{}};
  grpc::ServerContext grpc_context_;
  grpc::ServerAsyncResponseWriter<grpc::ByteBuffer> writer_{&grpc_context_};
};

// A call to a method that nobody has: one fixed answer.
class UnknownCall final : public Event {
 public:
  UnknownCall(Pipeline* pipeline, Loop* loop) : pipeline_(pipeline), loop_(loop) {
    pipeline_->unknown_.RequestCall(&context_, &stream_, loop->queue(), loop->queue(), Tag());
  }
  void OnEvent(bool ok) override {
    if (!ok || finishing_) {
      delete this;
      return;
    }
    finishing_ = true;
    pipeline_->ListenUnknown(loop_);
    const absl::Status status = errors::MethodUnknown();
    pipeline_->Observe(nullptr, base::CallContext{}, context_, status, absl::Now());
    stream_.Finish(Pipeline::ToGrpc(status, base::CallContext{}, &context_), Tag());
  }

 private:
  Pipeline* const pipeline_;
  Loop* const loop_;
  bool finishing_ = false;
  grpc::GenericServerContext context_;
  grpc::GenericServerAsyncReaderWriter stream_{&context_};
};

}  // namespace

void Pipeline::ListenUnary(Loop* loop, int method) {
  if (!stopped_.load(std::memory_order_relaxed)) new UnaryCall(this, loop, method);
}

void Pipeline::ListenUnknown(Loop* loop) {
  if (!stopped_.load(std::memory_order_relaxed)) new UnknownCall(this, loop);
}

}  // namespace rapport::rpc
