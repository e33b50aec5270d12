#include "tools/rapportctl/house_lines.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "google/protobuf/descriptor.h"
#include "rapport/contact/v1/consent_service.pb.h"
#include "rapport/contact/v1/people_service.pb.h"
#include "rapport/contact/v1/relationship_service.pb.h"
#include "rapport/contact/v1/steward_service.pb.h"
#include "rapport/engagement/v1/care_service.pb.h"
#include "rapport/engagement/v1/engagement_service.pb.h"
#include "rapport/engagement/v1/need_service.pb.h"
#include "rapport/engagement/v1/promise_service.pb.h"
#include "rapport/engagement/v1/sale_service.pb.h"
#include "rapport/engagement/v1/understanding_service.pb.h"
#include "rapport/recommendation/v1/offer_service.pb.h"
#include "tools/rapportctl/files.h"
#include "tools/rapportctl/json.h"
#include "tools/rapportctl/words.h"

namespace rapport::rapportctl {
namespace {

using google::protobuf::Struct;
using google::protobuf::Value;
namespace pb = google::protobuf;

constexpr absl::string_view kFounding = "rapport.contact.v1.StewardService/";

absl::Status ResolveText(const Resolver& resolver, std::string* text) {
  std::string out;
  std::size_t at = 0;
  while (true) {
    const std::size_t open = text->find('{', at);
    const std::size_t end = open == std::string::npos ? open : text->find('}', open);
    if (end == std::string::npos) break;
    const std::string placeholder = text->substr(open + 1, end - open - 1);
    out.append(*text, at, open - at);
    const bool known = placeholder == "tenant" || absl::StartsWith(placeholder, "person:") ||
                       absl::StartsWith(placeholder, "relationship:") ||
                       absl::StartsWith(placeholder, "saved:");
    if (known) {
      ASSIGN_OR_RETURN(const std::string value, resolver(placeholder));
      out += value;
    } else {
      out.append(*text, open, end + 1 - open);  // braces of somebody's sentence
    }
    at = end + 1;
  }
  out.append(*text, at, std::string::npos);
  *text = std::move(out);
  return absl::OkStatus();
}

absl::Status ResolveValue(const Resolver& resolver, Value* value) {
  switch (value->kind_case()) {
    case Value::kStringValue:
      return ResolveText(resolver, value->mutable_string_value());
    case Value::kStructValue:
      return Resolve(resolver, value->mutable_struct_value());
    case Value::kListValue:
      for (Value& item : *value->mutable_list_value()->mutable_values()) {
        RETURN_IF_ERROR(ResolveValue(resolver, &item));
      }
      return absl::OkStatus();
    default:
      return absl::OkStatus();
  }
}

// The descriptors of all services that a line may call; linked in by naming a message of each.
const pb::ServiceDescriptor* FindService(absl::string_view name) {
  for (const pb::Descriptor* message :
       {contact::v1::GetPersonRequest::descriptor(),
        contact::v1::GetRelationshipRequest::descriptor(),
        contact::v1::GetStewardRequest::descriptor(),
        contact::v1::CheckConsentRequest::descriptor(),
        engagement::v1::GetEngagementRequest::descriptor(),
        engagement::v1::GetPromiseRequest::descriptor(),
        engagement::v1::GetFactRequest::descriptor(), engagement::v1::GetNeedRequest::descriptor(),
        engagement::v1::GetSaleRequest::descriptor(),
        engagement::v1::GetCareEventRequest::descriptor(),
        recommendation::v1::GetOfferRequest::descriptor()}) {
    const pb::FileDescriptor* file = message->file();
    for (int i = 0; i < file->service_count(); ++i) {
      if (file->service(i)->full_name() == name) return file->service(i);
    }
  }
  return nullptr;
}

}  // namespace

absl::StatusOr<HouseLine> ReadHouseLine(absl::string_view line) {
  Struct object;
  if (!FromJson(line, &object).ok()) return absl::InvalidArgumentError("not a JSON object");
  HouseLine out;
  out.method = TextOf(object, "method");
  if (out.method.empty()) return absl::InvalidArgumentError("no method");
  const auto request = object.mutable_fields()->find("request");
  if (request == object.mutable_fields()->end() ||
      request->second.kind_case() != Value::kStructValue) {
    return absl::InvalidArgumentError("no request");
  }
  out.request = std::move(*request->second.mutable_struct_value());
  out.save = TextOf(object, "save");
  return out;
}

bool IsFoundation(const HouseLine& line) { return absl::StartsWith(line.method, kFounding); }

absl::Status Resolve(const Resolver& resolver, Struct* object) {
  for (auto& [key, value] : *object->mutable_fields()) {
    RETURN_IF_ERROR(ResolveValue(resolver, &value));
  }
  return absl::OkStatus();
}

absl::StatusOr<TypedCall> TypedCallOf(const HouseLine& line, absl::string_view identity) {
  const std::size_t slash = line.method.find('/');
  const pb::ServiceDescriptor* service =
      slash == std::string::npos ? nullptr
                                 : FindService(absl::string_view(line.method).substr(0, slash));
  const pb::MethodDescriptor* method =
      service == nullptr ? nullptr : service->FindMethodByName(line.method.substr(slash + 1));
  if (method == nullptr || method->client_streaming() || method->server_streaming()) {
    return absl::InvalidArgumentError(
        absl::StrCat("unknown method ", Clip(Plain(line.method), 120)));
  }
  pb::MessageFactory& factory = *pb::MessageFactory::generated_factory();
  TypedCall call;
  call.request.reset(factory.GetPrototype(method->input_type())->New());
  call.response.reset(factory.GetPrototype(method->output_type())->New());
  RETURN_IF_ERROR(FromJson(ToJson(line.request, JsonLayout::kOneLine), call.request.get()));
  const pb::FieldDescriptor* id = method->input_type()->FindFieldByName("request_id");
  if (id != nullptr && call.request->GetReflection()->GetString(*call.request, id).empty()) {
    call.request->GetReflection()->SetString(call.request.get(), id, UuidOf(identity));
  }
  return call;
}

std::string UuidOf(absl::string_view text) {
  std::string hex = Sha256Hex(text).substr(0, 32);
  hex[12] = '8';  // RFC 9562, 5.8: a form of our own
  hex[16] = "89ab"[static_cast<unsigned>(hex[16]) % 4];
  return absl::StrCat(hex.substr(0, 8), "-", hex.substr(8, 4), "-", hex.substr(12, 4), "-",
                      hex.substr(16, 4), "-", hex.substr(20));
}

}  // namespace rapport::rapportctl
