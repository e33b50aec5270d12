// rapportctl status.
#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "grpc/health/v1/health.pb.h"
#include "tools/rapportctl/commands.h"
#include "tools/rapportctl/json.h"
#include "tools/rapportctl/words.h"

namespace rapport::rapportctl {

absl::Status ShowStatus(Context& context) {
  struct Service {
    const char* name;
    rpc::Client* client;
  };
  std::vector<std::string> missing;
  google::protobuf::Struct json;
  auto* list = (*json.mutable_fields())["services"].mutable_list_value();
  for (const Service& service :
       {Service{"contact", &context.connection->contact()},
        Service{"engagement", &context.connection->engagement()},
        Service{"recommendation", &context.connection->recommendation()}}) {
    grpc::health::v1::HealthCheckRequest request;
    request.set_service("readiness");
    grpc::health::v1::HealthCheckResponse answer;
    const absl::Status status = service.client->CallInto("grpc.health.v1.Health/Check", request,
                                                         &answer, {.timeout = absl::Seconds(3)});
    const bool ready =
        status.ok() && answer.status() == grpc::health::v1::HealthCheckResponse::SERVING;
    const std::string words = ready ? "ready" : status.ok() ? "not ready" : "does not answer";
    if (!ready) missing.push_back(service.name);
    if (context.json) {
      auto* entry = list->add_values()->mutable_struct_value();
      SetText(entry, "service", service.name);
      SetText(entry, "target", service.client->target());
      SetBool(entry, "ready", ready);
    } else {
      *context.out << Pad(service.name, 16) << Pad(service.client->target(), 24) << words << "\n";
    }
  }
  if (context.json) PrintJson(context, json);
  if (missing.empty()) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat("not ready: ", absl::StrJoin(missing, ", ")));
}

}  // namespace rapport::rapportctl
