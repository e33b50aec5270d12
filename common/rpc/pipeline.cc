#include "common/rpc/pipeline.h"

#include "absl/algorithm/container.h"
#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "common/base/uuid.h"
#include "common/rpc/codec.h"
#include "google/rpc/error_details.pb.h"

namespace rapport::rpc {
namespace {

absl::string_view Header(const grpc::ServerContext& context, const char* name) {
  const auto& metadata = context.client_metadata();
  const auto it = metadata.find(name);
  return it == metadata.end() ? absl::string_view()
                              : absl::string_view(it->second.data(), it->second.size());
}

// What Begin needs of the metadata, found in one pass.
struct Headers {
  explicit Headers(const grpc::ServerContext& context) {
    for (const auto& [key, value] : context.client_metadata()) {
      absl::string_view* const into = Place({key.data(), key.size()});
      if (into != nullptr && into->data() == nullptr) *into = {value.data(), value.size()};
    }
  }
  absl::string_view request_id, authorization, token, level;

 private:
  absl::string_view* Place(absl::string_view key) {
    if (key == "authorization") return &authorization;
    if (key == "x-request-id") return &request_id;
    if (key == kConsistencyHeader) return &token;
    if (key == kLevelHeader) return &level;
    return nullptr;
  }
};

base::SystemRng& Random() {
  static auto* const rng = new base::SystemRng;
  return *rng;
}

grpc::internal::RpcMethod::RpcType RpcType(Method::Kind kind) {
  switch (kind) {
    case Method::Kind::kUnary:
      return grpc::internal::RpcMethod::NORMAL_RPC;
    case Method::Kind::kServerStream:
      return grpc::internal::RpcMethod::SERVER_STREAMING;
    case Method::Kind::kBidiStream:
      return grpc::internal::RpcMethod::BIDI_STREAMING;
  }
  return grpc::internal::RpcMethod::NORMAL_RPC;
}

}  // namespace

RawService::RawService(const MethodTable& table) {
  int i = 0;
  for (const auto& method : table.methods()) {
    AddMethod(
        new grpc::internal::RpcServiceMethod(method->path.c_str(), RpcType(method->kind), nullptr));
    MarkMethodRaw(i++);
  }
}

Pipeline::Pipeline(ServerOptions options, const MethodTable& table, Admission* admission,
                   Executor* executor, ConsistencyGate* gate, CallObserver* observer,
                   const time::Clock& clock)
    : options_(std::move(options)),
      table_(table),
      admission_(admission),
      executor_(executor),
      gate_(gate),
      observer_(observer),
      clock_(clock),
      service_(table) {}

absl::Status Pipeline::Begin(const Method& method, const Loop& loop,
                             const grpc::ServerContext& context, base::CallContext* call,
                             std::vector<Position>* at_least) {
  call->method = absl::string_view(method.path).substr(1);
  call->now = clock_.Now();
  const Headers headers(context);
  const absl::string_view given_id = headers.request_id;
  if (!given_id.empty() && given_id.size() <= 64 && base::IsUuid(given_id)) {
    call->request_id = std::string(given_id);
  } else if (method.rule.latency() != rapport::type::v1::LATENCY_CLASS_HOT) {
    call->request_id = base::NewUuidV7(call->now, Random());
  }
  const absl::Time wall = absl::Now();
  call->deadline = absl::FromChrono(context.deadline());
  if (call->deadline > wall + absl::Hours(24)) call->deadline = wall + method.default_deadline;
  if (draining_.load(std::memory_order_relaxed) && !method.open) return errors::Draining();
  if (loop.in_flight.load(std::memory_order_relaxed) > options_.max_in_flight && !method.open) {
    return errors::Overloaded("in flight");
  }
  RETURN_IF_ERROR(admission_->Admit(method, headers.authorization, call));
  if (!headers.token.empty()) {
    ASSIGN_OR_RETURN(*at_least, ParseToken(headers.token));
    for (const Position& position : *at_least) {
      if (position.store_id == options_.store_id) call->at_least = position.sequence;
      if (absl::c_linear_search(options_.former_store_ids, position.store_id)) {
        return errors::BadConsistencyToken();
      }
    }
  }
  return headers.level.empty() ? absl::OkStatus()
                               : ReadLevel(method, headers.level, call, at_least);
}

absl::Status Pipeline::ReadLevel(const Method& method, absl::string_view level,
                                 base::CallContext* call, std::vector<Position>* at_least) const {
  ASSIGN_OR_RETURN(const base::Consistency asked, ParseConsistency(level));
  // Changes are made to what is there now.
  if (method.rule.idempotency() != rapport::type::v1::IDEMPOTENCY_READ) return absl::OkStatus();
  call->consistency = asked;
  if (asked.level == base::Consistency::Level::kMinimizeLatency) {
    at_least->clear();
    call->at_least = 0;
  } else if (asked.level == base::Consistency::Level::kAtLeastAsFresh) {
    for (const Position& position : *at_least) {
      // Nobody knows which of our rows hold what another store had there.
      if (position.store_id != options_.store_id) call->consistency.max_age = absl::ZeroDuration();
    }
  }
  return absl::OkStatus();
}

absl::Status Pipeline::Accept(const Method& method, const grpc::ByteBuffer& bytes,
                              base::CallContext* call,
                              std::unique_ptr<google::protobuf::Message>* request) {
  if (bytes.Length() > method.max_request_bytes) return errors::MessageTooLarge();
  request->reset(method.request_prototype->New());
  if (!Parse(bytes, request->get())) return errors::MalformedRequest();
  if (method.open) return absl::OkStatus();
  if (method.rule.idempotency() != rapport::type::v1::IDEMPOTENCY_READ) {
    // What only a newer server would check is not kept.
    (*request)->DiscardUnknownFields();
  }
  if (call->all_tenants) {
    const std::string tenant = method.validator->TenantOf(**request);
    if (!tenant.empty()) call->tenant = base::TenantId::Trusted(tenant);
    return method.validator->Check(**request, tenant);
  }
  return method.validator->Check(**request, call->tenant.value());
}

void Pipeline::Dispatch(const Method& method, Call* call, const std::vector<Position>& at_least) {
  const auto run = [this, &method, call] {
    if (method.lane == Lane::kLoop) {
      method.handler(*call);
      return;
    }
    const bool is_long =
        method.asks_others || method.rule.latency() == rapport::type::v1::LATENCY_CLASS_SEARCH;
    const auto length = is_long ? Executor::Length::kLong : Executor::Length::kShort;
    const bool queued = executor_->Submit(call->context().tenant.value(), length, [&method, call] {
      if (absl::Now() > call->context().deadline) {
        call->Finish(errors::DeadlinePassed());
      } else {
        method.handler(*call);
      }
    });
    if (!queued) call->Finish(errors::Overloaded("read lane"));
  };
  if (at_least.empty() || gate_ == nullptr) {
    run();
    return;
  }
  gate_->Wait(at_least, call->context().deadline, [call, run](absl::Status reached) {
    if (reached.ok()) {
      run();
    } else {
      call->Finish(std::move(reached));
    }
  });
}

grpc::Status Pipeline::ToGrpc(const absl::Status& status, const base::CallContext& call,
                              grpc::ServerContext* context) {
  if (status.ok()) return grpc::Status::OK;
  absl::Status known = status;
  if (errors::ReasonOf(status) == rapport::type::v1::ERROR_REASON_UNSPECIFIED) {
    known = errors::Bug();  // what nobody named is a bug; its text stays inside
  }
  if (known.code() == absl::StatusCode::kInternal) {
    google::rpc::RequestInfo request;
    request.set_request_id(call.request_id);
    known.SetPayload("type.googleapis.com/google.rpc.RequestInfo",
                     absl::Cord(request.SerializeAsString()));
  }
  if (known.code() == absl::StatusCode::kUnavailable) {
    const absl::Duration retry = errors::RetryAfter(known);
    if (errors::ReasonOf(known) == rapport::type::v1::BEHIND) {
      // The call has waited as long as its deadline allows: a repeat would only hide the reason.
      context->AddTrailingMetadata("grpc-retry-pushback-ms", "-1");
    } else if (retry > absl::ZeroDuration()) {
      context->AddTrailingMetadata("grpc-retry-pushback-ms",
                                   absl::StrCat(absl::ToInt64Milliseconds(retry)));
    }
  }
  return grpc::Status(static_cast<grpc::StatusCode>(known.code()), std::string(known.message()),
                      errors::ToProto(known).SerializeAsString());
}

std::string Pipeline::TokenFor(std::int64_t sequence) const {
  return FormatToken({{options_.store_id, sequence}});
}

void Pipeline::TellAge(const base::CallContext& call, const Answer& answer,
                       grpc::ServerContext* context) const {
  if (!call.consistency.MayBeOld()) return;
  const absl::Duration age = answer.age + (options_.lag ? options_.lag() : absl::ZeroDuration());
  if (age == absl::InfiniteDuration()) return;
  context->AddTrailingMetadata(
      kAgeTrailer, absl::StrCat(absl::ToInt64Milliseconds(absl::Ceil(age, absl::Milliseconds(1)))));
}

void Pipeline::Observe(const Method* method, const base::CallContext& call,
                       const grpc::ServerContext& context, const absl::Status& status,
                       absl::Time wall_start) {
  if (observer_ == nullptr) return;
  CallRecord record;
  record.method = method;
  record.context = &call;
  record.traceparent = Header(context, "traceparent");
  record.status = &status;
  record.duration = absl::Now() - wall_start;
  observer_->OnFinished(record);
}

}  // namespace rapport::rpc
