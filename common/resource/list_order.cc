#include "common/resource/list_order.h"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "common/resource/filter_node.h"
#include "common/time/proto_time.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "rapport/type/v1/common.pb.h"

namespace rapport::resource {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

namespace {

constexpr std::size_t kMaxTextBytes = 200;

absl::Status Refused(std::string problem) {
  return errors::InvalidField("order_by", std::move(problem));
}

// Whole numbers in the order of the numbers; NaN behind all.
std::int64_t OrderOf(double value) {
  if (std::isnan(value)) return INT64_MAX;
  if (value == 0) value = 0;  // -0
  std::int64_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  return bits >= 0 ? bits : bits ^ INT64_MAX;
}

bool HasOrder(const FieldDescriptor* field) {
  const Descriptor* type = field->message_type();
  return field->type() != FieldDescriptor::TYPE_BYTES &&
         (type == nullptr || type == google::protobuf::Timestamp::descriptor() ||
          type == google::protobuf::Duration::descriptor() || IsMeasure(type));
}

// What the resource itself offers; fields of messages inside of it are not listed.
absl::Status NoSuchField(const Descriptor* message) {
  std::vector<std::string> names;
  for (int i = 0; i < message->field_count(); ++i) {
    const FieldDescriptor* field = message->field(i);
    if (!field->is_repeated() && HasOrder(field)) names.push_back(field->name());
  }
  return Refused(absl::StrCat("names what is no field of ", message->full_name(), "; it may name ",
                              absl::StrJoin(names, ", ")));
}

absl::StatusOr<ListOrder::Field> ParseField(absl::string_view text, const Descriptor* message) {
  ListOrder::Field out;
  const std::vector<absl::string_view> words =
      absl::StrSplit(text, absl::ByAnyChar(" \t"), absl::SkipEmpty());
  if (words.empty() || words.size() > 2) return Refused("must be fields with commas between them");
  if (words.size() == 2 && words[1] != "asc" && words[1] != "desc") {
    return Refused("behind a field stands asc, desc or nothing");
  }
  out.descending = words.size() == 2 && words[1] == "desc";
  const Descriptor* type = message;
  for (const absl::string_view name : absl::StrSplit(words[0], '.')) {
    const auto* field = type == nullptr ? nullptr : type->FindFieldByName(std::string(name));
    if (field == nullptr) return NoSuchField(type == nullptr ? message : type);
    if (field->is_repeated()) return Refused("names a list, which has no place in an order");
    out.path.push_back(field);
    type = field->message_type();
  }
  if (!HasOrder(out.path.back())) return Refused("names a field whose values have no order");
  return out;
}

store::Value PlaceOfMessage(const Message& value) {
  const Descriptor* type = value.GetDescriptor();
  if (type == google::protobuf::Timestamp::descriptor()) {
    return absl::ToUnixMicros(
        time::FromProto(static_cast<const google::protobuf::Timestamp&>(value)));
  }
  if (type == google::protobuf::Duration::descriptor()) {
    const auto& duration = static_cast<const google::protobuf::Duration&>(value);
    return absl::ToInt64Microseconds(absl::Seconds(duration.seconds()) +
                                     absl::Nanoseconds(duration.nanos()));
  }
  const auto& measure = static_cast<const type::v1::Measure&>(value);
  if (measure.status() != type::v1::MEASURE_STATUS_OK) return {};
  return OrderOf(measure.value());
}

store::Value PlaceIn(const ListOrder::Field& order, const Message& top) {
  const Message* message = &top;
  for (std::size_t i = 0; i + 1 < order.path.size(); ++i) {
    const auto* reflection = message->GetReflection();
    if (!reflection->HasField(*message, order.path[i])) return {};
    message = &reflection->GetMessage(*message, order.path[i]);
  }
  const FieldDescriptor* field = order.path.back();
  const auto* reflection = message->GetReflection();
  if (field->has_presence() && !reflection->HasField(*message, field)) return {};
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING: {
      std::string scratch;
      return reflection->GetStringReference(*message, field, &scratch).substr(0, kMaxTextBytes);
    }
    case FieldDescriptor::CPPTYPE_BOOL:
      return std::int64_t{reflection->GetBool(*message, field)};
    case FieldDescriptor::CPPTYPE_ENUM:
      return std::int64_t{reflection->GetEnumValue(*message, field)};
    case FieldDescriptor::CPPTYPE_INT32:
      return std::int64_t{reflection->GetInt32(*message, field)};
    case FieldDescriptor::CPPTYPE_INT64:
      return std::int64_t{reflection->GetInt64(*message, field)};
    case FieldDescriptor::CPPTYPE_UINT32:
      return std::int64_t{reflection->GetUInt32(*message, field)};
    case FieldDescriptor::CPPTYPE_UINT64:  // the upper half comes behind the lower one
      return static_cast<std::int64_t>(reflection->GetUInt64(*message, field) ^
                                       (std::uint64_t{1} << 63));
    case FieldDescriptor::CPPTYPE_FLOAT:
      return OrderOf(static_cast<double>(reflection->GetFloat(*message, field)));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return OrderOf(reflection->GetDouble(*message, field));
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return PlaceOfMessage(reflection->GetMessage(*message, field));
  }
  return {};
}

}  // namespace

absl::StatusOr<ListOrder> ListOrder::Parse(absl::string_view text, const Descriptor* message) {
  ListOrder order;
  if (absl::StripAsciiWhitespace(text).empty()) return order;
  for (const absl::string_view part : absl::StrSplit(text, ',')) {
    if (order.fields_.size() == kMaxOrderFields) {
      return Refused(absl::StrCat("names more than ", kMaxOrderFields, " fields"));
    }
    ASSIGN_OR_RETURN(auto field, ParseField(part, message));
    order.fields_.push_back(std::move(field));
  }
  return order;
}

std::vector<store::Value> ListOrder::PlaceOf(const Message& message) const {
  std::vector<store::Value> place;
  place.reserve(fields_.size() + 1);
  for (const auto& field : fields_) place.push_back(PlaceIn(field, message));
  return place;
}

bool ListOrder::Before(const std::vector<store::Value>& a,
                       const std::vector<store::Value>& b) const {
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
    if (a[i] == b[i]) continue;
    const bool less = a[i] < b[i];  // nothing is less than anything
    return i < fields_.size() && fields_[i].descending && a[i].index() != 0 && b[i].index() != 0
               ? !less
               : less;
  }
  return a.size() < b.size();
}

}  // namespace rapport::resource
