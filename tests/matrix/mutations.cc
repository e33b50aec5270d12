#include "tests/matrix/mutations.h"

#include <cmath>
#include <functional>
#include <limits>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/resource/name.h"
#include "google/api/field_behavior.pb.h"
#include "google/api/resource.pb.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/field_mask.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "rapport/type/v1/annotations.pb.h"

namespace rapport::tests {

namespace pb = google::protobuf;
namespace type = rapport::type::v1;
using pb::FieldDescriptor;

namespace {

// Names that are kept as they are said: they may be of another service, or only narrow a list.
const std::set<std::string>& Unchecked() {
  static const auto* const names =
      new std::set<std::string>{"rapport.engagement.v1.Promise.steward",
                                "rapport.engagement.v1.Promise.engagement",
                                "rapport.engagement.v1.Fact.engagement",
                                "rapport.engagement.v1.Feedback.engagement",
                                "rapport.engagement.v1.Engagement.steward",
                                "rapport.engagement.v1.Need.engagement",
                                "rapport.engagement.v1.Need.offers",
                                "rapport.engagement.v1.Sale.engagement",
                                "rapport.engagement.v1.Sale.offer",
                                "rapport.engagement.v1.CareEvent.engagement",
                                "rapport.engagement.v1.ConfirmFactRequest.engagement",
                                "rapport.contact.v1.SetCareGuardRequest.care_event",
                                "rapport.contact.v1.ListRelationshipsRequest.person",
                                "rapport.engagement.v1.ListDriftingRequest.steward",
                                "rapport.engagement.v1.MeasureListeningRequest.steward"};
  return *names;
}

bool IsImmutable(const FieldDescriptor& field) {
  for (int i = 0; i < field.options().ExtensionSize(google::api::field_behavior); ++i) {
    if (field.options().GetExtension(google::api::field_behavior, i) == google::api::IMMUTABLE) {
      return true;
    }
  }
  return false;
}

// A name of the same pattern that nobody has; "" where all ids but the tenant's are fixed.
std::string UnknownLike(const std::string& name, const resource::NamePattern& pattern) {
  auto ids = *pattern.Match(name);
  if (ids.size() < 2) return "";
  ids.back() = "01920000-dead-7000-8000-000000000000";
  return pattern.Format(ids);
}

std::string Foreign(const std::string& name) {
  return absl::StrReplaceAll(name, {{"tenants/home", "tenants/other"}});
}

// Walks the fields of a request; at each it knows how to reach that message in a fresh request.
class Walker {
 public:
  Walker(const pb::MethodDescriptor& method, const RequestMaker& maker, Mutations* out)
      : method_(method), maker_(maker), out_(*out) {}

  // The message being walked inside a request that is valid otherwise.
  using Reach = std::function<pb::Message*(pb::Message* request)>;
  struct Place {
    Reach reach;
    std::string path;
    bool per_item = false;
    std::string item_path;
    bool ignores_name = false;  // of a resource that is being created
    bool updated = false;       // of a resource that is being updated
    int depth = 0;
  };

  void Walk(const pb::Descriptor& descriptor, const Place& place) {
    for (int i = 0; i < descriptor.field_count(); ++i) {
      const auto& field = *descriptor.field(i);
      if (IsOutputOnly(field)) continue;
      const std::size_t before = out_.cells.size();
      Field(field, place);
      const bool flag = field.cpp_type() == FieldDescriptor::CPPTYPE_BOOL;
      if (out_.cells.size() == before && !flag) out_.free_fields.push_back(field.full_name());
    }
  }

 private:
  static std::string Join(const std::string& path, const std::string& name) {
    return path.empty() ? name : absl::StrCat(path, ".", name);
  }

  void Add(const Place& place, const std::string& what, const std::string& name,
           type::ErrorReason reason, const std::function<void(pb::Message*)>& change) {
    Mutation cell;
    cell.what = what;
    cell.field = Join(place.path, name);
    cell.request = maker_.Valid(method_);
    cell.reason = reason;
    cell.per_item = place.per_item;
    if (place.per_item) cell.item_field = Join(place.item_path, name);
    change(place.reach(cell.request.get()));
    out_.cells.push_back(std::move(cell));
  }

  void SetText(const Place& place, const FieldDescriptor& field, const std::string& what,
               const std::string& text, type::ErrorReason reason = type::FIELD) {
    Add(place, what, field.is_repeated() ? field.name() + "[0]" : field.name(), reason,
        [&](pb::Message* message) {
          const auto* reflection = message->GetReflection();
          if (field.is_repeated()) {
            reflection->ClearField(message, &field);
            reflection->AddString(message, &field, text);
          } else {
            reflection->SetString(message, &field, text);
          }
        });
  }

  void SetNumber(const Place& place, const FieldDescriptor& field, const std::string& what,
                 double value) {
    Add(place, what, field.name(), type::FIELD, [&](pb::Message* message) {
      const auto* reflection = message->GetReflection();
      switch (field.cpp_type()) {
        case FieldDescriptor::CPPTYPE_INT32:
          reflection->SetInt32(message, &field, static_cast<std::int32_t>(value));
          break;
        case FieldDescriptor::CPPTYPE_INT64:
          reflection->SetInt64(message, &field, static_cast<std::int64_t>(value));
          break;
        case FieldDescriptor::CPPTYPE_DOUBLE:
          reflection->SetDouble(message, &field, value);
          break;
        default: {
          auto* duration = dynamic_cast<pb::Duration*>(reflection->MutableMessage(message, &field));
          duration->set_seconds(static_cast<std::int64_t>(value));
        }
      }
    });
  }

  void Numbers(const Place& place, const FieldDescriptor& field) {
    const auto& rule = field.options().GetExtension(type::rule);
    // 0 in a double is "not declared"; what is too small must not be 0.
    if (rule.has_min()) {
      SetNumber(place, field, "below the range", rule.min() > 0 ? rule.min() / 2 : rule.min() - 1);
    }
    if (rule.has_max()) SetNumber(place, field, "above the range", rule.max() + 1);
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_DOUBLE) {
      SetNumber(place, field, "not a number", std::nan(""));
      SetNumber(place, field, "infinite", std::numeric_limits<double>::infinity());
    }
  }

  void Text(const Place& place, const FieldDescriptor& field) {
    const auto& rule = field.options().GetExtension(type::rule);
    if (rule.max_length() != 0) {
      SetText(place, field, "too long", std::string(rule.max_length() + 1, 'a'));
    }
    if (field.type() == FieldDescriptor::TYPE_BYTES) return;  // may hold anything
    SetText(place, field, "NUL in text", std::string("a\0b", 3));
    switch (rule.format()) {
      case type::FORMAT_UUID:
        SetText(place, field, "no UUID", "0192-not-a-uuid");
        break;
      case type::FORMAT_ID:
        SetText(place, field, "no id", "Not An Id");
        break;
      case type::FORMAT_TIME_ZONE:
        SetText(place, field, "no time zone", "Mars/Olympus_Mons");
        break;
      case type::FORMAT_LANGUAGE:
        SetText(place, field, "no language tag", "no language!");
        break;
      case type::FORMAT_REGION:
        SetText(place, field, "no region", "p1");
        break;
      case type::FORMAT_LINE:
        SetText(place, field, "two lines", "one\ntwo");
        break;
      default:
        break;
    }
    if (field.name() == "page_token") {
      SetText(place, field, "broken page token", "bm90IGEgdG9rZW4", type::PAGE_TOKEN);
    }
    if (field.name() == "filter") {
      SetText(place, field, "no filter", "shoe_size = 42", type::FILTER_SYNTAX);
    }
    if (field.name() == "order_by") SetText(place, field, "no order", "shoe_size");
    // Creating ignores the etag; elsewhere it must be the current one.
    const bool created = place.ignores_name;
    if (field.name() == "etag" && !created && !place.per_item && place.depth <= 1) {
      SetText(place, field, "wrong etag", "\"4711\"", type::ETAG_MISMATCH);
    }
  }

  void Names(const Place& place, const FieldDescriptor& field, const std::string& name) {
    const bool own = field.name() == "name" && !place.path.empty();
    SetText(place, field, "malformed name", "people/4711");
    if (!(own && place.ignores_name && place.per_item)) {
      SetText(place, field, "another tenant's name", Foreign(name), type::RESOURCE_UNKNOWN);
    }
    if ((own && place.ignores_name) || Unchecked().contains(field.full_name()) ||
        (place.updated && IsImmutable(field))) {
      return;
    }
    const auto& reference = field.options().GetExtension(google::api::resource_reference);
    const resource::NamePattern* pattern = nullptr;
    resource::NamePattern parent("tenants/{tenant}");
    if (!reference.type().empty()) pattern = resource::NamePattern::OfType(reference.type());
    if (!reference.child_type().empty()) {
      parent = resource::NamePattern::OfType(reference.child_type())->Parent();
      pattern = &parent;
    }
    if (pattern == nullptr) pattern = &resource::NamePattern::OfMessage(field.containing_type());
    const std::string unknown = UnknownLike(name, *pattern);
    // The items of a batch have its parent, whichever that is.
    const bool of_batch = field.name() == "parent" && place.path == "requests[0]";
    if (!unknown.empty()) {
      SetText(place, field, of_batch ? "another parent" : "unknown name", unknown,
              of_batch ? type::FIELD : type::RESOURCE_UNKNOWN);
    }
  }

  void TooMany(const Place& place, const FieldDescriptor& field) {
    const auto& rule = field.options().GetExtension(type::rule);
    if (!field.is_repeated() || rule.max_items() == 0) return;
    Add(place, "too many items", field.name(), type::FIELD, [&](pb::Message* message) {
      const auto* reflection = message->GetReflection();
      reflection->ClearField(message, &field);
      for (std::uint32_t i = 0; i <= rule.max_items(); ++i) maker_.Put(method_, field, message);
    });
    out_.cells.back().per_item = place.per_item;
  }

  // Puts a path into the update_mask of the last cell, or of its first item.
  void NameInMask(const std::string& path) {
    pb::Message* request = out_.cells.back().request.get();
    if (const auto* items = request->GetDescriptor()->FindFieldByName("requests")) {
      request = request->GetReflection()->MutableRepeatedMessage(request, items, 0);
    }
    auto* mask = request->GetReflection()->MutableMessage(
        request, request->GetDescriptor()->FindFieldByName("update_mask"));
    dynamic_cast<pb::FieldMask*>(mask)->add_paths(path);
  }

  void Field(const FieldDescriptor& field, const Place& place) {
    if (IsRequired(field)) {
      Add(place, "missing", field.name(), type::FIELD,
          [&](pb::Message* message) { message->GetReflection()->ClearField(message, &field); });
      // A patch need not have the field; only a mask takes it away.
      const int depth = method_.input_type()->FindFieldByName("requests") == nullptr ? 1 : 2;
      if (place.updated && place.depth == depth) NameInMask(field.name());
    }
    TooMany(place, field);
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING: {
        const std::string name = maker_.NameIn(method_, field);
        if (name.empty()) {
          Text(place, field);
        } else {
          Names(place, field, name);
        }
        break;
      }
      case FieldDescriptor::CPPTYPE_ENUM:
        Add(place, "unknown enum value", field.name(), type::FIELD, [&](pb::Message* message) {
          message->GetReflection()->SetEnumValue(message, &field, 9999);
        });
        break;
      case FieldDescriptor::CPPTYPE_INT32:
      case FieldDescriptor::CPPTYPE_INT64:
      case FieldDescriptor::CPPTYPE_DOUBLE:
        if (!field.is_repeated()) Numbers(place, field);
        break;
      case FieldDescriptor::CPPTYPE_MESSAGE:
        Child(field, place);
        break;
      default:
        break;
    }
  }

  void Child(const FieldDescriptor& field, const Place& place) {
    const auto& descriptor = *field.message_type();
    if (descriptor.full_name() == "google.protobuf.Timestamp") {
      for (const std::int64_t seconds : {-3000000000, 9000000000}) {  // 1874, 2255
        Add(place, "instant out of range", field.name(), type::FIELD, [&](pb::Message* message) {
          auto* child = message->GetReflection()->MutableMessage(message, &field);
          dynamic_cast<pb::Timestamp*>(child)->set_seconds(seconds);
        });
      }
      return;
    }
    if (descriptor.full_name() == "google.protobuf.Duration") return Numbers(place, field);
    if (descriptor.full_name() == "google.protobuf.FieldMask") {
      Add(place, "unknown path", field.name(), type::UPDATE_MASK, [&](pb::Message* message) {
        auto* child = message->GetReflection()->MutableMessage(message, &field);
        dynamic_cast<pb::FieldMask*>(child)->add_paths("shoe_size");
      });
      return;
    }
    if (place.depth > 4) return;  // messages that hold themselves
    const bool resource = descriptor.options().HasExtension(google::api::resource);
    Place inner;
    inner.depth = place.depth + 1;
    inner.updated = place.updated || (resource && IsUpdate(method_));
    inner.ignores_name = resource && !IsUpdate(method_);
    const std::string step = field.is_repeated() ? field.name() + "[0]" : field.name();
    inner.path = Join(place.path, step);
    const bool begins_item = field.options().GetExtension(type::rule).per_item();
    inner.per_item = place.per_item || begins_item;
    inner.item_path = place.per_item ? Join(place.item_path, step) : "";
    inner.reach = [this, &field, reach = place.reach](pb::Message* request) {
      pb::Message* message = reach(request);
      const auto* reflection = message->GetReflection();
      if (field.is_repeated()) {
        if (reflection->FieldSize(*message, &field) == 0) maker_.Put(method_, field, message);
        return reflection->MutableRepeatedMessage(message, &field, 0);
      }
      if (!reflection->HasField(*message, &field)) maker_.Put(method_, field, message);
      return reflection->MutableMessage(message, &field);
    };
    Walk(descriptor, inner);
  }

  const pb::MethodDescriptor& method_;
  const RequestMaker& maker_;
  Mutations& out_;
};

}  // namespace

Mutations MutationsOf(const pb::MethodDescriptor& method, const RequestMaker& maker) {
  Mutations out;
  Walker walker(method, maker, &out);
  Walker::Place top;
  top.reach = [](pb::Message* request) { return request; };
  walker.Walk(*method.input_type(), top);
  return out;
}

}  // namespace rapport::tests
