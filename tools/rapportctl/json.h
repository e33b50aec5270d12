// JSON by way of protobuf: canonical JSON of messages, and small documents of our own.
#ifndef RAPPORT_TOOLS_RAPPORTCTL_JSON_H_
#define RAPPORT_TOOLS_RAPPORTCTL_JSON_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"
#include "google/protobuf/struct.pb.h"

namespace rapport::rapportctl {

enum class JsonLayout { kOneLine, kIndented };

// Canonical protobuf JSON, ended by a line break.
std::string ToJson(const google::protobuf::Message& message, JsonLayout layout);
// INVALID_ARGUMENT in plain words. Unknown fields are an error.
absl::Status FromJson(absl::string_view json, google::protobuf::Message* message);

// Members of an object. "" and 0 where they are absent or of another type. Whole numbers that a
// JSON number would round are strings.
std::string TextOf(const google::protobuf::Struct& object, absl::string_view key);
std::int64_t WholeOf(const google::protobuf::Struct& object, absl::string_view key);
bool BoolOf(const google::protobuf::Struct& object, absl::string_view key);
void SetText(google::protobuf::Struct* object, absl::string_view key, absl::string_view value);
void SetWhole(google::protobuf::Struct* object, absl::string_view key, std::int64_t value);
void SetBool(google::protobuf::Struct* object, absl::string_view key, bool value);

}  // namespace rapport::rapportctl

#endif  // RAPPORT_TOOLS_RAPPORTCTL_JSON_H_
