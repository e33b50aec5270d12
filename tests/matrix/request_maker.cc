#include "tests/matrix/request_maker.h"

#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/resource/name.h"
#include "common/time/proto_time.h"
#include "google/api/field_behavior.pb.h"
#include "google/api/resource.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "rapport/engagement/v1/need.pb.h"
#include "rapport/engagement/v1/sale.pb.h"
#include "rapport/recommendation/v1/suggestion.pb.h"
#include "rapport/type/v1/annotations.pb.h"
#include "rapport/type/v1/common.pb.h"

namespace rapport::tests {

namespace pb = google::protobuf;
namespace type = rapport::type::v1;
using pb::FieldDescriptor;

namespace {

bool Has(const FieldDescriptor& field, google::api::FieldBehavior wanted) {
  for (int i = 0; i < field.options().ExtensionSize(google::api::field_behavior); ++i) {
    if (field.options().GetExtension(google::api::field_behavior, i) == wanted) return true;
  }
  return false;
}

// Of a name, everything but its last `drop` segments.
std::string Above(std::string name, int drop) {
  for (; drop > 0; --drop) name.resize(name.rfind('/'));
  return name;
}

std::string TextFor(const FieldDescriptor& field) {
  if (field.name() == "value" || field.name() == "email") return "nora@example.org";
  if (field.name() == "phone") return "+351912345678";
  switch (field.options().GetExtension(type::rule).format()) {
    case type::FORMAT_UUID:
      return "01920000-0000-7000-8000-000000000001";
    case type::FORMAT_ID:
      return field.name() == "house" ? "default" : "some-id";
    case type::FORMAT_TIME_ZONE:
      return "Europe/Lisbon";
    case type::FORMAT_LANGUAGE:
      return "pt";
    case type::FORMAT_REGION:
      return "PT";
    default:
      return "text";
  }
}

int ValueFor(const pb::MethodDescriptor& method, const FieldDescriptor& field) {
  if (field.name() == "said_by") return type::PARTY_PERSON;
  // A step that is not suggested, and states to which a proposed sale and a stated need can move.
  if (method.name() == "ExplainExclusion") return recommendation::v1::PROPOSE;
  if (method.name() == "AdvanceSale") return engagement::v1::Sale::AGREED;
  if (method.name() == "AdvanceNeed") return engagement::v1::Need::BEING_SERVED;
  return 1;
}

}  // namespace

std::string PathOf(const pb::MethodDescriptor& method) {
  return absl::StrCat(method.service()->full_name(), "/", method.name());
}
bool IsOutputOnly(const FieldDescriptor& field) { return Has(field, google::api::OUTPUT_ONLY); }
bool IsRequired(const FieldDescriptor& field) { return Has(field, google::api::REQUIRED); }

bool IsUpdate(const pb::MethodDescriptor& method) {
  return absl::StartsWith(method.name(), "Update") || absl::StartsWith(method.name(), "Amend") ||
         absl::StartsWith(method.name(), "BatchUpdate");
}

const FieldDescriptor* ResourceField(const pb::MethodDescriptor& method) {
  for (int i = 0; i < method.input_type()->field_count(); ++i) {
    const auto* field = method.input_type()->field(i);
    if (field->message_type() != nullptr && !field->is_repeated() &&
        field->message_type()->options().HasExtension(google::api::resource)) {
      return field;
    }
  }
  return nullptr;
}

MessagePtr NewMessage(const pb::Descriptor& descriptor) {
  return MessagePtr(pb::MessageFactory::generated_factory()->GetPrototype(&descriptor)->New());
}

std::string RequestMaker::NameIn(const pb::MethodDescriptor& method,
                                 const FieldDescriptor& field) const {
  const auto& reference = field.options().GetExtension(google::api::resource_reference);
  if (!reference.type().empty()) return world_.NameFor(method.name(), reference.type());
  if (!reference.child_type().empty()) {
    const auto* pattern = resource::NamePattern::OfType(reference.child_type());
    const auto ids = pattern->Match(world_.NameOf(reference.child_type()));
    return Above(world_.NameOf(reference.child_type()), ids->size() > 1 ? 2 : 1);
  }
  const auto& options = field.containing_type()->options();
  if (field.name() == "name" && options.HasExtension(google::api::resource)) {
    return world_.NameFor(method.name(), options.GetExtension(google::api::resource).type());
  }
  return "";
}

void RequestMaker::Put(const pb::MethodDescriptor& method, const FieldDescriptor& field,
                       pb::Message* message) const {
  const auto* reflection = message->GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_MESSAGE: {
      auto* child = field.is_repeated() ? reflection->AddMessage(message, &field)
                                        : reflection->MutableMessage(message, &field);
      if (auto* timestamp = dynamic_cast<pb::Timestamp*>(child)) {
        const bool later = absl::StrContains(field.name(), "due");
        *timestamp = time::ToProto(absl::Now() + (later ? absl::Hours(24 * 7) : -absl::Hours(24)));
      } else {
        Fill(method, child);
      }
      break;
    }
    case FieldDescriptor::CPPTYPE_STRING: {
      const std::string name = NameIn(method, field);
      const std::string text = name.empty() ? TextFor(field) : name;
      if (field.is_repeated()) {
        reflection->AddString(message, &field, text);
      } else {
        reflection->SetString(message, &field, text);
      }
      break;
    }
    case FieldDescriptor::CPPTYPE_ENUM:
      reflection->SetEnumValue(message, &field, ValueFor(method, field));
      break;
    case FieldDescriptor::CPPTYPE_INT32:
      if (field.is_repeated()) {
        reflection->AddInt32(message, &field, 1);
      } else {
        reflection->SetInt32(message, &field, 1);
      }
      break;
    default:
      ADD_FAILURE() << "no value known for " << field.full_name();
  }
}

void RequestMaker::Fill(const pb::MethodDescriptor& method, pb::Message* message) const {
  const auto* descriptor = message->GetDescriptor();
  if (IsUpdate(method) && descriptor->options().HasExtension(google::api::resource)) {
    Put(method, *descriptor->FindFieldByName("name"), message);  // changes nothing
    return;
  }
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const auto* field = descriptor->field(i);
    if (IsOutputOnly(*field) || !IsRequired(*field)) continue;
    Put(method, *field, message);
  }
  // What the methods ask for beyond the annotations.
  for (const char* also : {"rapport.engagement.v1.RecordEngagementRequest.relationship",
                           "rapport.contact.v1.LookupPersonRequest.email",
                           "rapport.contact.v1.UnquietRelationshipRequest.said_by",
                           "rapport.contact.v1.UnquietRelationshipRequest.evidence",
                           "rapport.contact.v1.ConsentEntry.lawful_basis",
                           "rapport.engagement.v1.AdvanceNeedRequest.state",
                           "rapport.engagement.v1.MeasureListeningRequest.relationship",
                           "rapport.recommendation.v1.CheckReadinessRequest.offer"}) {
    const auto* field = pb::DescriptorPool::generated_pool()->FindFieldByName(also);
    if (field != nullptr && field->containing_type() == descriptor) Put(method, *field, message);
  }
}

MessagePtr RequestMaker::Valid(const pb::MethodDescriptor& method) const {
  MessagePtr request = NewMessage(*method.input_type());
  Fill(method, request.get());
  const auto* field = ResourceField(method);
  if (field != nullptr) {
    auto* resource = request->GetReflection()->MutableMessage(request.get(), field);
    if (method.name() == "OpenRelationship") {  // the world has one with the default house
      resource->GetReflection()->SetString(
          resource, resource->GetDescriptor()->FindFieldByName("house"), "atelier");
    }
  }
  return request;
}

}  // namespace rapport::tests
