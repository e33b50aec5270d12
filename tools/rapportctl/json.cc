#include "tools/rapportctl/json.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/util/json_util.h"

namespace rapport::rapportctl {

using google::protobuf::Struct;

std::string ToJson(const google::protobuf::Message& message, JsonLayout layout) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = layout == JsonLayout::kIndented;
  std::string out;
  if (!google::protobuf::util::MessageToJsonString(message, &out, options).ok()) return "{}\n";
  if (!absl::EndsWith(out, "\n")) out += '\n';
  return out;
}

absl::Status FromJson(absl::string_view json, google::protobuf::Message* message) {
  const auto status = google::protobuf::util::JsonStringToMessage(std::string(json), message);
  if (status.ok()) return absl::OkStatus();
  std::string text(status.message().data(), status.message().size());
  text.erase(std::min(text.find('\n'), text.size()));
  return absl::InvalidArgumentError(
      absl::StrCat("not the JSON of ", std::string(message->GetTypeName()), ": ", text));
}

std::string TextOf(const Struct& object, absl::string_view key) {
  const auto it = object.fields().find(std::string(key));
  return it == object.fields().end() ? std::string() : it->second.string_value();
}

std::int64_t WholeOf(const Struct& object, absl::string_view key) {
  const auto it = object.fields().find(std::string(key));
  if (it == object.fields().end()) return 0;
  if (it->second.kind_case() == google::protobuf::Value::kNumberValue) {
    return static_cast<std::int64_t>(it->second.number_value());
  }
  std::int64_t value = 0;
  return absl::SimpleAtoi(it->second.string_value(), &value) ? value : 0;
}

bool BoolOf(const Struct& object, absl::string_view key) {
  const auto it = object.fields().find(std::string(key));
  return it != object.fields().end() && it->second.bool_value();
}

void SetText(Struct* object, absl::string_view key, absl::string_view value) {
  (*object->mutable_fields())[std::string(key)].set_string_value(std::string(value));
}

void SetWhole(Struct* object, absl::string_view key, std::int64_t value) {
  constexpr std::int64_t kExact = std::int64_t{1} << 53;
  if (value > kExact || value < -kExact) return SetText(object, key, absl::StrCat(value));
  (*object->mutable_fields())[std::string(key)].set_number_value(static_cast<double>(value));
}

void SetBool(Struct* object, absl::string_view key, bool value) {
  (*object->mutable_fields())[std::string(key)].set_bool_value(value);
}

}  // namespace rapport::rapportctl
