// One call, for the rows of the suite that need an exact one:
//
//   call_once --target=unix:/… --token=… rapport.contact.v1.PeopleService/GetPerson '{"name":"…"}'
//
// Prints one line of JSON: {"code":"OK","message":"","reason":"","token":"…","response":{…}}.
#include <cstdio>
#include <memory>
#include <string>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/strings/str_replace.h"
#include "common/base/errors.h"
#include "common/rpc/client.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/dynamic_message.h"
#include "google/protobuf/util/json_util.h"
#include "rapport/contact/v1/people_service.pb.h"
#include "rapport/contact/v1/relationship_service.pb.h"
#include "rapport/contact/v1/steward_service.pb.h"
#include "rapport/engagement/v1/engagement_service.pb.h"
#include "rapport/engagement/v1/rapport_service.pb.h"
#include "rapport/type/v1/error_reason.pb.h"

ABSL_FLAG(std::string, target, "", "the process");
ABSL_FLAG(std::string, token, "", "consistency token to send");
ABSL_FLAG(int, timeout_ms, 10000, "deadline");

namespace rapport::tests {
namespace {

// So that the linker keeps their descriptors.
const google::protobuf::Descriptor* const kUsed[] = {
    contact::v1::GetPersonRequest::descriptor(), contact::v1::GetRelationshipRequest::descriptor(),
    contact::v1::CreateStewardRequest::descriptor(),
    engagement::v1::RecordEngagementRequest::descriptor(),
    engagement::v1::GetRapportRequest::descriptor()};

std::unique_ptr<google::protobuf::Message> NewMessage(const google::protobuf::Descriptor* type) {
  return std::unique_ptr<google::protobuf::Message>(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(type)->New());
}

std::string Quoted(absl::string_view text) {
  return "\"" + absl::StrReplaceAll(text, {{"\\", "\\\\"}, {"\"", "\\\""}, {"\n", " "}}) + "\"";
}

int Run(const std::string& name, const std::string& json) {
  std::string method_name = name;
  method_name[method_name.find('/')] = '.';
  const auto* const method =
      google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(method_name);
  if (method == nullptr || kUsed[0] == nullptr) {
    std::fprintf(stderr, "no method %s\n", name.c_str());
    return 2;
  }
  const auto request = NewMessage(method->input_type());
  const auto response = NewMessage(method->output_type());
  const auto parsed = google::protobuf::util::JsonStringToMessage(json, request.get());
  if (!parsed.ok()) {
    std::fprintf(stderr, "%s\n", std::string(parsed.message()).c_str());
    return 2;
  }
  rpc::Client client({.target = absl::GetFlag(FLAGS_target), .own_connection = true});
  rpc::CallOptions options;
  options.timeout = absl::Milliseconds(absl::GetFlag(FLAGS_timeout_ms));
  options.consistency_token = absl::GetFlag(FLAGS_token);
  std::string token;
  const absl::Status status = client.CallInto(name, *request, response.get(), options, &token);
  std::string body;
  const auto printed = google::protobuf::util::MessageToJsonString(*response, &body);
  if (!status.ok() || !printed.ok()) body = "{}";
  std::printf("{\"code\":%s,\"message\":%s,\"reason\":%s,\"token\":%s,\"response\":%s}\n",
              Quoted(absl::StatusCodeToString(status.code())).c_str(),
              Quoted(status.message()).c_str(),
              Quoted(type::v1::ErrorReason_Name(errors::ReasonOf(status))).c_str(),
              Quoted(token).c_str(), body.c_str());
  return 0;
}

}  // namespace
}  // namespace rapport::tests

int main(int argc, char** argv) {
  const auto words = absl::ParseCommandLine(argc, argv);
  if (words.size() != 3) {
    std::fprintf(stderr, "call_once --target=ADDRESS METHOD REQUEST\n");
    return 2;
  }
  return rapport::tests::Run(words[1], words[2]);
}
