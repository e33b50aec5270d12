#include "common/resource/mask.h"

#include <memory>
#include <vector>

#include "absl/container/node_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/errors.h"
#include "google/api/field_behavior.pb.h"
#include "google/protobuf/util/field_mask_util.h"
#include "google/protobuf/util/message_differencer.h"

namespace rapport::resource {

namespace pb = google::protobuf;

namespace {

bool Has(const pb::FieldDescriptor* field, google::api::FieldBehavior behavior) {
  const auto& options = field->options();
  for (int i = 0; i < options.ExtensionSize(google::api::field_behavior); ++i) {
    if (options.GetExtension(google::api::field_behavior, i) == behavior) return true;
  }
  return false;
}

bool IsSet(const pb::Message& message, const pb::FieldDescriptor* field) {
  const auto* reflection = message.GetReflection();
  return field->is_repeated() ? reflection->FieldSize(message, field) > 0
                              : reflection->HasField(message, field);
}

bool Differs(const pb::Message& a, const pb::Message& b, const pb::FieldDescriptor* field) {
  const std::unique_ptr<pb::Message> left(a.New());
  const std::unique_ptr<pb::Message> right(b.New());
  pb::FieldMask only;
  only.add_paths(field->name());
  pb::util::FieldMaskUtil::MergeOptions options;
  pb::util::FieldMaskUtil::MergeMessageTo(a, only, options, left.get());
  pb::util::FieldMaskUtil::MergeMessageTo(b, only, options, right.get());
  return !pb::util::MessageDifferencer::Equals(*left, *right);
}

// The fields that the path goes through; none if it is no path of the message. The utility takes
// "" and "title." for paths too.
std::vector<const pb::FieldDescriptor*> FieldsOn(const std::string& path,
                                                 const pb::Descriptor* descriptor) {
  std::vector<const pb::FieldDescriptor*> chain;
  if (!pb::util::FieldMaskUtil::GetFieldDescriptors(descriptor, path, &chain)) return {};
  std::vector<absl::string_view> names;
  names.reserve(chain.size());
  for (const auto* field : chain) names.emplace_back(field->name());
  if (absl::StrJoin(names, ".") != path) return {};
  return chain;
}

// Which fields of a message are output-only, and which may have some inside.
struct OutputOnlyPlan {
  std::vector<const pb::FieldDescriptor*> cleared;
  std::vector<const pb::FieldDescriptor*> entered;

  static const OutputOnlyPlan& Of(const pb::Descriptor* descriptor) {
    thread_local absl::node_hash_map<const pb::Descriptor*, OutputOnlyPlan> known;
    const auto [it, fresh] = known.try_emplace(descriptor);
    if (fresh) {
      for (int i = 0; i < descriptor->field_count(); ++i) {
        const auto* field = descriptor->field(i);
        if (Has(field, google::api::OUTPUT_ONLY)) {
          it->second.cleared.push_back(field);
        } else if (field->message_type() != nullptr &&
                   field->message_type()->file()->package() != "google.protobuf") {
          it->second.entered.push_back(field);
        }
      }
    }
    return it->second;
  }
};

}  // namespace

void ClearOutputOnly(pb::Message* message) {
  const OutputOnlyPlan& plan = OutputOnlyPlan::Of(message->GetDescriptor());
  const auto* reflection = message->GetReflection();
  for (const auto* field : plan.cleared) reflection->ClearField(message, field);
  for (const auto* field : plan.entered) {
    if (field->is_repeated()) {
      for (int i = 0; i < reflection->FieldSize(*message, field); ++i) {
        ClearOutputOnly(reflection->MutableRepeatedMessage(message, field, i));
      }
    } else if (reflection->HasField(*message, field)) {
      ClearOutputOnly(reflection->MutableMessage(message, field));
    }
  }
}

absl::Status ApplyMask(const pb::Message& patch, const pb::FieldMask& mask,
                       absl::string_view field_path, pb::Message* current) {
  const auto* descriptor = current->GetDescriptor();
  const auto settable = [](const pb::FieldDescriptor* field) {
    return field->name() != "name" && field->name() != "etag" &&
           !Has(field, google::api::OUTPUT_ONLY);
  };
  pb::FieldMask wanted;
  if (mask.paths_size() == 0) {
    std::vector<const pb::FieldDescriptor*> set;
    patch.GetReflection()->ListFields(patch, &set);
    for (const auto* field : set) {
      if (settable(field)) wanted.add_paths(field->name());
    }
  } else if (mask.paths_size() == 1 && mask.paths(0) == "*") {
    for (int i = 0; i < descriptor->field_count(); ++i) {
      if (settable(descriptor->field(i))) wanted.add_paths(descriptor->field(i)->name());
    }
  } else {
    for (const auto& path : mask.paths()) {
      const auto chain = FieldsOn(path, descriptor);
      if (chain.empty()) return errors::UnknownMaskPath(path);
      bool allowed = settable(chain.front());
      for (const auto* field : chain) allowed &= !Has(field, google::api::OUTPUT_ONLY);
      if (allowed) wanted.add_paths(path);
    }
  }
  const std::unique_ptr<pb::Message> before(current->New());
  before->CopyFrom(*current);
  pb::util::FieldMaskUtil::MergeOptions options;
  options.set_replace_message_fields(true);
  options.set_replace_repeated_fields(true);
  const std::unique_ptr<pb::Message> source(patch.New());
  source->CopyFrom(patch);
  ClearOutputOnly(source.get());
  pb::util::FieldMaskUtil::MergeMessageTo(*source, wanted, options, current);
  std::vector<errors::FieldViolation> violations;
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const auto* field = descriptor->field(i);
    if (Has(field, google::api::IMMUTABLE) && Differs(*before, *current, field)) {
      violations.push_back({absl::StrCat(field_path, ".", field->name()), "cannot change"});
    } else if (Has(field, google::api::REQUIRED) && !IsSet(*current, field)) {
      violations.push_back({absl::StrCat(field_path, ".", field->name()), "must be set"});
    }
  }
  if (!violations.empty()) return errors::InvalidFields(std::move(violations));
  return absl::OkStatus();
}

}  // namespace rapport::resource
