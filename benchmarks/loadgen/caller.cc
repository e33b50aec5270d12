#include "benchmarks/loadgen/caller.h"

#include <grpc/byte_buffer.h>
#include <grpc/grpc_security.h>
#include <grpc/slice.h>
#include <grpc/support/time.h>

#include <array>
#include <utility>

namespace rapport::benchmarks {
namespace {

constexpr int kDeadlineSeconds = 10;

}  // namespace

struct Caller::Call {
  grpc_call* call = nullptr;
  grpc_byte_buffer* request = nullptr;
  grpc_byte_buffer* response = nullptr;
  grpc_metadata_array initial{};
  grpc_metadata_array trailing{};
  grpc_status_code code = GRPC_STATUS_UNKNOWN;
  grpc_slice details = grpc_empty_slice();
  std::int64_t since_ns = 0;
  std::array<grpc_op, 6> ops{};
};

Caller::Caller(const std::string& target, const std::string& method,
               const std::string& authorization)
    : authorization_(authorization) {
  grpc_init();
  queue_ = grpc_completion_queue_create_for_next(nullptr);
  const auto number = [](const char* key, int value) {
    grpc_arg arg{};
    arg.type = GRPC_ARG_INTEGER;
    arg.key = const_cast<char*>(key);
    arg.value.integer = value;
    return arg;
  };
  std::array<grpc_arg, 3> args = {number(GRPC_ARG_ENABLE_RETRIES, 0),
                                  number(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1),
                                  number(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1)};
  const grpc_channel_args list{args.size(), args.data()};
  grpc_channel_credentials* const plain = grpc_insecure_credentials_create();
  channel_ = grpc_channel_create(target.c_str(), plain, &list);
  grpc_channel_credentials_release(plain);
  method_ = grpc_channel_register_call(channel_, ("/" + method).c_str(), nullptr, nullptr);
  header_.key = grpc_slice_from_static_string("authorization");
  header_.value = grpc_slice_from_static_buffer(authorization_.data(), authorization_.size());
}

Caller::~Caller() {
  Ended ended;
  while (in_flight_ > 0) Next(Wait::kForOne, &ended);
  grpc_channel_destroy(channel_);
  grpc_completion_queue_shutdown(queue_);
  while (grpc_completion_queue_next(queue_, gpr_inf_future(GPR_CLOCK_REALTIME), nullptr).type !=
         GRPC_QUEUE_SHUTDOWN) {
  }
  grpc_completion_queue_destroy(queue_);
  grpc_shutdown();
}

void Caller::Start(absl::string_view request, std::int64_t since_ns) {
  std::unique_ptr<Call> call;
  if (free_.empty()) {
    call = std::make_unique<Call>();
  } else {
    call = std::move(free_.back());
    free_.pop_back();
  }
  call->since_ns = since_ns;
  grpc_slice slice = grpc_slice_from_static_buffer(request.data(), request.size());
  call->request = grpc_raw_byte_buffer_create(&slice, 1);
  grpc_metadata_array_init(&call->initial);
  grpc_metadata_array_init(&call->trailing);
  const gpr_timespec deadline = gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                                             gpr_time_from_seconds(kDeadlineSeconds, GPR_TIMESPAN));
  call->call = grpc_channel_create_registered_call(channel_, nullptr, GRPC_PROPAGATE_DEFAULTS,
                                                   queue_, method_, deadline, nullptr);
  auto& ops = call->ops;
  ops = {};
  ops[0].op = GRPC_OP_SEND_INITIAL_METADATA;
  if (!authorization_.empty()) {
    ops[0].data.send_initial_metadata.count = 1;
    ops[0].data.send_initial_metadata.metadata = &header_;
  }
  ops[1].op = GRPC_OP_SEND_MESSAGE;
  ops[1].data.send_message.send_message = call->request;
  ops[2].op = GRPC_OP_SEND_CLOSE_FROM_CLIENT;
  ops[3].op = GRPC_OP_RECV_INITIAL_METADATA;
  ops[3].data.recv_initial_metadata.recv_initial_metadata = &call->initial;
  ops[4].op = GRPC_OP_RECV_MESSAGE;
  ops[4].data.recv_message.recv_message = &call->response;
  ops[5].op = GRPC_OP_RECV_STATUS_ON_CLIENT;
  ops[5].data.recv_status_on_client.trailing_metadata = &call->trailing;
  ops[5].data.recv_status_on_client.status = &call->code;
  ops[5].data.recv_status_on_client.status_details = &call->details;
  ++in_flight_;
  Call* const tag = call.release();
  // Cannot fail: the operations are well-formed.
  (void)grpc_call_start_batch(tag->call, ops.data(), ops.size(), tag, nullptr);
}

bool Caller::Next(Wait wait, Ended* ended) {
  if (in_flight_ == 0) return false;
  const gpr_timespec until = wait == Wait::kForOne ? gpr_inf_future(GPR_CLOCK_MONOTONIC)
                                                   : gpr_inf_past(GPR_CLOCK_MONOTONIC);
  const grpc_event event = grpc_completion_queue_next(queue_, until, nullptr);
  if (event.type != GRPC_OP_COMPLETE) return false;
  std::unique_ptr<Call> call(static_cast<Call*>(event.tag));
  --in_flight_;
  ended->since_ns = call->since_ns;
  ended->code = call->code;
  ended->message.clear();
  if (call->code != GRPC_STATUS_OK) {
    ended->message.assign(reinterpret_cast<const char*>(GRPC_SLICE_START_PTR(call->details)),
                          GRPC_SLICE_LENGTH(call->details));
  }
  ended->response_bytes = call->response == nullptr ? 0 : grpc_byte_buffer_length(call->response);
  grpc_byte_buffer_destroy(call->request);
  grpc_byte_buffer_destroy(call->response);
  grpc_metadata_array_destroy(&call->initial);
  grpc_metadata_array_destroy(&call->trailing);
  grpc_slice_unref(call->details);
  grpc_call_unref(call->call);
  call->call = nullptr;
  call->response = nullptr;
  call->details = grpc_empty_slice();
  call->code = GRPC_STATUS_UNKNOWN;
  free_.push_back(std::move(call));
  return true;
}

}  // namespace rapport::benchmarks
