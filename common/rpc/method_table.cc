#include "common/rpc/method_table.h"

#include <cstdio>
#include <cstdlib>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace rapport::rpc {

namespace pb = google::protobuf;
namespace type = rapport::type::v1;

namespace {

absl::Duration DefaultDeadline(type::LatencyClass latency) {
  switch (latency) {
    case type::LATENCY_CLASS_HOT:
    case type::LATENCY_CLASS_READ:
      return absl::Seconds(1);
    case type::LATENCY_CLASS_WRITE:
      return absl::Seconds(3);
    case type::LATENCY_CLASS_SEARCH:
      return absl::Seconds(5);
    default:
      return absl::InfiniteDuration();
  }
}

}  // namespace

Method& MethodTable::Add(absl::string_view name, Method::Kind kind, Lane lane) {
  const auto* descriptor = pb::DescriptorPool::generated_pool()->FindMethodByName(
      absl::StrReplaceAll(name, {{"/", "."}}));
  if (descriptor == nullptr) {
    std::fprintf(stderr, "no such method in the linked descriptors: %s\n",
                 std::string(name).c_str());
    std::abort();
  }
  auto method = std::make_unique<Method>();
  method->path = absl::StrCat("/", name);
  method->descriptor = descriptor;
  method->rule = descriptor->options().GetExtension(type::method);
  method->kind = kind;
  method->lane = lane;
  method->open = !absl::StartsWith(descriptor->full_name(), "rapport.");
  method->request_prototype =
      pb::MessageFactory::generated_factory()->GetPrototype(descriptor->input_type());
  method->validator = std::make_unique<RequestValidator>(descriptor->input_type());
  method->default_deadline = DefaultDeadline(method->rule.latency());
  methods_.push_back(std::move(method));
  return *methods_.back();
}

Method& MethodTable::Unary(absl::string_view name, Lane lane, Handler handler) {
  Method& method = Add(name, Method::Kind::kUnary, lane);
  method.handler = std::move(handler);
  return method;
}

Method& MethodTable::Bidi(absl::string_view name, Lane lane, Handler handler) {
  Method& method = Add(name, Method::Kind::kBidiStream, lane);
  method.handler = std::move(handler);
  return method;
}

Method& MethodTable::ServerStream(absl::string_view name, StreamOpener opener) {
  Method& method = Add(name, Method::Kind::kServerStream, Lane::kRead);
  method.opener = std::move(opener);
  return method;
}

absl::Status MethodTable::CheckComplete() const {
  std::set<const pb::ServiceDescriptor*> services;
  std::set<const pb::MethodDescriptor*> present;
  for (const auto& method : methods_) {
    services.insert(method->descriptor->service());
    if (!present.insert(method->descriptor).second) {
      return absl::FailedPreconditionError(absl::StrCat("twice in the table: ", method->path));
    }
    if (!method->open && (method->rule.scope().empty() ||
                          method->rule.latency() == type::LATENCY_CLASS_UNSPECIFIED ||
                          method->rule.idempotency() == type::IDEMPOTENCY_UNSPECIFIED)) {
      return absl::FailedPreconditionError(absl::StrCat("no rule: ", method->path));
    }
  }
  for (const auto* service : services) {
    for (int i = 0; i < service->method_count(); ++i) {
      if (!present.contains(service->method(i))) {
        return absl::FailedPreconditionError(
            absl::StrCat("no handler: ", service->method(i)->full_name()));
      }
    }
  }
  return absl::OkStatus();
}

std::vector<std::string> MethodTable::services() const {
  std::set<std::string> names;
  for (const auto& method : methods_) names.insert(method->descriptor->service()->full_name());
  return {names.begin(), names.end()};
}

}  // namespace rapport::rpc
