// Any bytes as any request of any service: what parses is held against its limits without a crash,
// refused within the limits of an error, and what passes keeps what its descriptor says.
//
// The first line of an input may name the request, e.g. "rapport.contact.v1.GetPersonRequest";
// otherwise its bytes choose one. The rest is the message.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/base/errors.h"
#include "common/rpc/request_validator.h"
#include "google/api/field_behavior.pb.h"
#include "google/api/resource.pb.h"
#include "google/protobuf/stubs/logging.h"
#include "google/protobuf/timestamp.pb.h"
#include "google/rpc/error_details.pb.h"
#include "rapport/contact/v1/consent_service.pb.h"
#include "rapport/contact/v1/people_service.pb.h"
#include "rapport/contact/v1/relationship_service.pb.h"
#include "rapport/contact/v1/steward_service.pb.h"
#include "rapport/engagement/v1/care_service.pb.h"
#include "rapport/engagement/v1/engagement_service.pb.h"
#include "rapport/engagement/v1/need_service.pb.h"
#include "rapport/engagement/v1/promise_service.pb.h"
#include "rapport/engagement/v1/rapport_service.pb.h"
#include "rapport/engagement/v1/sale_service.pb.h"
#include "rapport/engagement/v1/understanding_service.pb.h"
#include "rapport/feed/v1/change_feed_service.pb.h"
#include "rapport/recommendation/v1/offer_service.pb.h"
#include "rapport/recommendation/v1/recommendation_service.pb.h"
#include "rapport/transfer/v1/transfer_service.pb.h"
#include "rapport/type/v1/annotations.pb.h"

namespace {

namespace pb = google::protobuf;
using pb::FieldDescriptor;
using rapport::rpc::RequestValidator;

constexpr char kTenant[] = "home";
constexpr std::size_t kMostViolations = 20;
constexpr std::size_t kMostStatusBytes = 4096;

void Check(bool holds) {
  if (!holds) std::abort();
}

struct Method {
  const pb::Message* request;
  std::unique_ptr<RequestValidator> validator;
};

// By the name of the request; ordered, so that the same bytes choose the same one.
std::map<std::string, Method> Methods() {
  namespace c = rapport::contact::v1;
  namespace e = rapport::engagement::v1;
  namespace r = rapport::recommendation::v1;
  std::map<std::string, Method> out;
  pb::SetLogHandler(nullptr);  // it would report what cannot be parsed
  for (const pb::Descriptor* one :
       {c::WithdrawConsentRequest::descriptor(), c::GetPersonRequest::descriptor(),
        c::GetRelationshipRequest::descriptor(), c::GetStewardRequest::descriptor(),
        e::RecordCareEventRequest::descriptor(), e::RecordEngagementRequest::descriptor(),
        e::StateNeedRequest::descriptor(), e::ListPromisesRequest::descriptor(),
        e::GetRapportRequest::descriptor(), e::RecordSaleRequest::descriptor(),
        e::ListFactsRequest::descriptor(), r::CreateOfferRequest::descriptor(),
        r::GetWorklistRequest::descriptor(), rapport::feed::v1::WatchChangesRequest::descriptor(),
        rapport::transfer::v1::ExportResourcesRequest::descriptor()}) {
    for (int s = 0; s < one->file()->service_count(); ++s) {
      const pb::ServiceDescriptor* service = one->file()->service(s);
      for (int m = 0; m < service->method_count(); ++m) {
        const pb::Descriptor* type = service->method(m)->input_type();
        out[type->full_name()] = {pb::MessageFactory::generated_factory()->GetPrototype(type),
                                  std::make_unique<RequestValidator>(type)};
      }
    }
  }
  return out;
}

bool IsOutputOnly(const FieldDescriptor* field) {
  const auto& options = field->options();
  for (int i = 0; i < options.ExtensionSize(google::api::field_behavior); ++i) {
    if (options.GetExtension(google::api::field_behavior, i) == google::api::OUTPUT_ONLY) {
      return true;
    }
  }
  return false;
}

// What must be so in whatever passed, said a second time and without plans.
void CheckPassed(const pb::Message& message) {
  const auto* reflection = message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection->ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    const auto& rule = field->options().GetExtension(rapport::type::v1::rule);
    if (IsOutputOnly(field)) continue;
    const int size = field->is_repeated() ? reflection->FieldSize(message, field) : 1;
    if (field->is_repeated() && rule.max_items() != 0) {
      Check(static_cast<std::uint32_t>(size) <= rule.max_items());
    }
    for (int i = 0; i < size; ++i) {
      if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
        const std::string text = field->is_repeated()
                                     ? reflection->GetRepeatedString(message, field, i)
                                     : reflection->GetString(message, field);
        Check(rule.max_length() == 0 || text.size() <= rule.max_length());
        Check(field->type() != FieldDescriptor::TYPE_STRING ||
              text.find('\0') == std::string::npos);
      } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_DOUBLE) {
        const double number = field->is_repeated()
                                  ? reflection->GetRepeatedDouble(message, field, i)
                                  : reflection->GetDouble(message, field);
        Check(std::isfinite(number));
      } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && !rule.per_item()) {
        const pb::Message& child = field->is_repeated()
                                       ? reflection->GetRepeatedMessage(message, field, i)
                                       : reflection->GetMessage(message, field);
        if (child.GetDescriptor() == pb::Timestamp::descriptor()) {
          const auto& time = static_cast<const pb::Timestamp&>(child);
          Check(time.nanos() >= 0 && time.nanos() < 1'000'000'000);
        } else {
          CheckPassed(child);
        }
      }
    }
  }
}

void CheckRefused(const absl::Status& status) {
  Check(status.code() == absl::StatusCode::kInvalidArgument ||
        status.code() == absl::StatusCode::kNotFound);
  const google::rpc::Status proto = rapport::errors::ToProto(status);
  Check(proto.ByteSizeLong() <= kMostStatusBytes);
  google::rpc::BadRequest bad;
  for (const auto& detail : proto.details()) detail.UnpackTo(&bad);
  Check(static_cast<std::size_t>(bad.field_violations_size()) <= kMostViolations);
  Check((bad.field_violations_size() > 0) == (status.code() == absl::StatusCode::kInvalidArgument));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto& methods = *new std::map<std::string, Method>(Methods());
  absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::size_t line = std::min(bytes.find('\n'), bytes.size());
  auto method = methods.find(std::string(bytes.substr(0, line)));
  if (method == methods.end()) {
    std::size_t sum = 0;
    for (const char c : bytes.substr(0, line)) sum += static_cast<unsigned char>(c);
    method = std::next(methods.begin(), static_cast<std::ptrdiff_t>(sum % methods.size()));
  }
  bytes.remove_prefix(std::min(line + 1, bytes.size()));
  const std::unique_ptr<pb::Message> request(method->second.request->New());
  if (!request->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return 0;

  const RequestValidator& validator = *method->second.validator;
  const absl::Status status = validator.Check(*request, kTenant);
  const absl::Status same = validator.Check(*request, kTenant);
  Check(same.code() == status.code() && same.message() == status.message());
  const std::string tenant = validator.TenantOf(*request);
  if (status.ok()) {
    Check(tenant.empty() || tenant == kTenant);
    CheckPassed(*request);
  } else {
    CheckRefused(status);
  }
  // Who may name any tenant is refused for nothing but limits.
  const absl::Status any = validator.Check(*request, "");
  Check(any.ok() == (status.code() != absl::StatusCode::kInvalidArgument));
  return 0;
}
