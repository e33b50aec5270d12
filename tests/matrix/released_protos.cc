#include "tests/matrix/released_protos.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "absl/strings/match.h"
#include "google/api/field_behavior.pb.h"
#include "google/protobuf/unknown_field_set.h"

namespace rapport::tests {

namespace pb = google::protobuf;

namespace {

constexpr int kNewNumber = 50000;
constexpr int kNewText = 50001;

bool IsRequired(const pb::FieldDescriptorProto& field) {
  for (int i = 0; i < field.options().ExtensionSize(google::api::field_behavior); ++i) {
    const auto behavior = field.options().GetExtension(google::api::field_behavior, i);
    if (behavior == google::api::REQUIRED || behavior == google::api::IDENTIFIER) return true;
  }
  return false;
}

void ForgetValue(pb::EnumDescriptorProto* type) {
  if (type->value_size() > 2) type->mutable_value()->RemoveLast();
}

void ForgetField(pb::DescriptorProto* message) {
  for (auto& nested : *message->mutable_nested_type()) ForgetField(&nested);
  for (auto& type : *message->mutable_enum_type()) ForgetValue(&type);
  if (absl::EndsWith(message->name(), "Request") || message->field_size() < 2) return;
  auto* fields = message->mutable_field();
  const auto newest =
      std::max_element(fields->begin(), fields->end(),
                       [](const auto& a, const auto& b) { return a.number() < b.number(); });
  if (!IsRequired(*newest) && !newest->has_oneof_index()) fields->erase(newest);
}

// Calls `visit` for each message in a field of `message`.
template <class Visit>
void VisitChildren(pb::Message* message, Visit visit) {
  const auto* reflection = message->GetReflection();
  std::vector<const pb::FieldDescriptor*> fields;
  reflection->ListFields(*message, &fields);
  for (const auto* field : fields) {
    if (field->message_type() == nullptr) continue;
    if (!field->is_repeated()) {
      visit(reflection->MutableMessage(message, field));
      continue;
    }
    for (int i = 0; i < reflection->FieldSize(*message, field); ++i) {
      visit(reflection->MutableRepeatedMessage(message, field, i));
    }
  }
}

int CountUnknown(pb::Message* message) {
  int count = message->GetReflection()->GetUnknownFields(*message).field_count();
  VisitChildren(message, [&](pb::Message* child) { count += CountUnknown(child); });
  return count;
}

}  // namespace

ReleasedProtos::ReleasedProtos(const std::string& path,
                               const std::function<void(pb::FileDescriptorProto*)>& change) {
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(set_.ParseFromIstream(&in)) << path;
  for (const auto& file : set_.file()) Add(file.name(), change);
}

void ReleasedProtos::Add(const std::string& file,
                         const std::function<void(pb::FileDescriptorProto*)>& change) {
  if (pool_.FindFileByName(file) != nullptr) return;
  pb::FileDescriptorProto proto;
  const auto released = std::find_if(set_.file().begin(), set_.file().end(),
                                     [&](const auto& f) { return f.name() == file; });
  if (released != set_.file().end()) {
    proto = *released;
    if (change) change(&proto);
  } else {
    const auto* linked = pb::DescriptorPool::generated_pool()->FindFileByName(file);
    ASSERT_NE(linked, nullptr) << file;
    linked->CopyTo(&proto);
  }
  for (const std::string& import : proto.dependency()) Add(import, change);
  EXPECT_NE(pool_.BuildFile(proto), nullptr) << file;
}

std::vector<const pb::MethodDescriptor*> ReleasedProtos::methods() const {
  std::vector<const pb::MethodDescriptor*> out;
  for (const auto& file : set_.file()) {
    const auto* built = pool_.FindFileByName(file.name());
    for (int s = 0; built != nullptr && s < built->service_count(); ++s) {
      for (int m = 0; m < built->service(s)->method_count(); ++m) {
        out.push_back(built->service(s)->method(m));
      }
    }
  }
  std::sort(out.begin(), out.end(),
            [](const auto* a, const auto* b) { return a->full_name() < b->full_name(); });
  return out;
}

std::unique_ptr<pb::Message> ReleasedProtos::AsOldClient(const pb::Message& newer) const {
  const auto* type = Find(newer.GetDescriptor()->full_name());
  if (type == nullptr) {
    ADD_FAILURE() << "not released: " << newer.GetDescriptor()->full_name();
    return nullptr;
  }
  auto old = Read(*type, newer.SerializePartialAsString());
  old->DiscardUnknownFields();
  return old;
}

std::unique_ptr<pb::Message> ReleasedProtos::Read(const pb::Descriptor& type,
                                                  const std::string& bytes) const {
  std::unique_ptr<pb::Message> message(factory_.GetPrototype(&type)->New());
  EXPECT_TRUE(message->ParseFromString(bytes)) << type.full_name();
  return message;
}

void ForgetTheNewest(pb::FileDescriptorProto* file) {
  if (file->name() == "rapport/type/v1/annotations.proto") return;  // what it says is in options
  for (auto& message : *file->mutable_message_type()) ForgetField(&message);
  for (auto& type : *file->mutable_enum_type()) ForgetValue(&type);
}

int UnknownFieldsIn(const pb::Message& message) {
  const std::unique_ptr<pb::Message> copy(message.New());
  copy->CopyFrom(message);
  return CountUnknown(copy.get());
}

void AddUnknownFields(pb::Message* message) {
  VisitChildren(message, [](pb::Message* child) { AddUnknownFields(child); });
  auto* unknown = message->GetReflection()->MutableUnknownFields(message);
  unknown->AddVarint(kNewNumber, 7);
  unknown->AddLengthDelimited(kNewText, "said by a newer client");
}

}  // namespace rapport::tests
