#include "tools/rapportctl/csv_field.h"

#include <cstdint>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "common/base/status_macros.h"
#include "common/text/locale.h"
#include "common/text/utf8.h"
#include "common/time/proto_time.h"
#include "google/api/field_behavior.pb.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "rapport/type/v1/annotations.pb.h"
#include "tools/rapportctl/people_mapping.h"

namespace rapport::rapportctl {
namespace {

namespace pb = google::protobuf;

bool IsOutput(const pb::FieldDescriptor* field) {
  const auto& options = field->options();
  for (int i = 0; i < options.ExtensionSize(google::api::field_behavior); ++i) {
    const auto behavior = options.GetExtension(google::api::field_behavior, i);
    if (behavior == google::api::OUTPUT_ONLY || behavior == google::api::IDENTIFIER) return true;
  }
  return field->name() == "etag";
}

// A decimal comma is a point, if there is no other.
std::string Decimal(absl::string_view text) {
  std::string out(text);
  if (out.find('.') == std::string::npos) out = absl::StrReplaceAll(out, {{",", "."}});
  return out;
}

absl::StatusOr<bool> YesOrNo(absl::string_view text) {
  const std::string word = absl::AsciiStrToLower(text);
  for (const char* yes : {"yes", "y", "true", "1", "x"}) {
    if (word == yes) return true;
  }
  for (const char* no : {"no", "n", "false", "0"}) {
    if (word == no) return false;
  }
  return absl::InvalidArgumentError("is neither yes nor no");
}

absl::StatusOr<std::string> TextFor(const pb::FieldDescriptor* field, absl::string_view text) {
  const auto& rule = field->options().GetExtension(type::v1::rule);
  const std::size_t limit = rule.max_length() == 0 ? 1000 : rule.max_length();
  switch (rule.format()) {
    case type::v1::FORMAT_TIME_ZONE:
      if (!text::IsIanaZone(std::string(text))) {
        return absl::InvalidArgumentError("is no IANA time zone");
      }
      return std::string(text);
    case type::v1::FORMAT_LANGUAGE: {
      auto tag = text::CanonicalLanguageTag(std::string(text));
      if (!tag.ok()) return absl::InvalidArgumentError("is no language tag");
      return *std::move(tag);
    }
    case type::v1::FORMAT_UNSPECIFIED:
      return std::string(text::TruncateBytes(text, limit));
    default:
      return Line(text, limit);
  }
}

absl::Status SetMessage(const pb::FieldDescriptor* field, absl::string_view text,
                        const FieldFormat& format, pb::Message* message) {
  auto* inner = message->GetReflection()->MutableMessage(message, field);
  if (field->message_type() == pb::Timestamp::descriptor()) {
    ASSIGN_OR_RETURN(const absl::Time at, ReadInstant(text, format));
    inner->CopyFrom(time::ToProto(at));
    return absl::OkStatus();
  }
  double seconds = 0;
  if (!absl::SimpleAtod(Decimal(text), &seconds) || !(seconds >= 0) || seconds > 1e9) {
    return absl::InvalidArgumentError("is no number of seconds");
  }
  pb::Duration duration;
  duration.set_seconds(static_cast<std::int64_t>(seconds));
  inner->CopyFrom(duration);
  return absl::OkStatus();
}

absl::Status SetNumber(const pb::FieldDescriptor* field, absl::string_view text,
                       pb::Message* message) {
  const auto* reflection = message->GetReflection();
  double number = 0;
  if (!absl::SimpleAtod(Decimal(text), &number) || !(number >= -1e15) || !(number <= 1e15)) {
    return absl::InvalidArgumentError("is no number");
  }
  const auto whole = static_cast<std::int64_t>(number);
  const bool fits = static_cast<double>(whole) == number;
  switch (field->cpp_type()) {
    case pb::FieldDescriptor::CPPTYPE_DOUBLE:
      reflection->SetDouble(message, field, number);
      return absl::OkStatus();
    case pb::FieldDescriptor::CPPTYPE_INT64:
      if (!fits) return absl::InvalidArgumentError("is no whole number");
      reflection->SetInt64(message, field, whole);
      return absl::OkStatus();
    default:
      if (!fits || whole > INT32_MAX || whole < INT32_MIN) {
        return absl::InvalidArgumentError("is no whole number");
      }
      reflection->SetInt32(message, field, static_cast<std::int32_t>(whole));
      return absl::OkStatus();
  }
}

bool IsSettable(const pb::FieldDescriptor* field) {
  if (IsOutput(field)) return false;
  switch (field->cpp_type()) {
    case pb::FieldDescriptor::CPPTYPE_STRING:
      return field->type() == pb::FieldDescriptor::TYPE_STRING;
    case pb::FieldDescriptor::CPPTYPE_MESSAGE:
      return !field->is_repeated() && (field->message_type() == pb::Timestamp::descriptor() ||
                                       field->message_type() == pb::Duration::descriptor());
    case pb::FieldDescriptor::CPPTYPE_BOOL:
    case pb::FieldDescriptor::CPPTYPE_ENUM:
    case pb::FieldDescriptor::CPPTYPE_DOUBLE:
    case pb::FieldDescriptor::CPPTYPE_INT64:
    case pb::FieldDescriptor::CPPTYPE_INT32:
      return !field->is_repeated();
    default:
      return false;
  }
}

}  // namespace

absl::StatusOr<absl::Time> ReadInstant(absl::string_view text, const FieldFormat& format) {
  std::vector<std::string> formats = format.time_formats;
  if (formats.empty()) {
    formats = {"%Y-%m-%d%ET%H:%M:%E*S%Ez",
               "%Y-%m-%d%ET%H:%M:%E*S",
               "%Y-%m-%d %H:%M:%E*S%Ez",
               "%Y-%m-%d %H:%M:%E*S",
               "%Y-%m-%d %H:%M",
               "%Y-%m-%d%ET%H:%M",
               "%Y-%m-%d"};
  }
  absl::Time at;
  std::string error;
  for (const std::string& each : formats) {
    // Beyond these years a time has no form on the wire.
    if (absl::ParseTime(each, text, format.zone, &at, &error) &&
        at >= absl::FromUnixSeconds(-62135596800) && at <= absl::FromUnixSeconds(253402300799)) {
      return at;
    }
  }
  return absl::InvalidArgumentError("is no time of the given forms");
}

const pb::FieldDescriptor* FindField(const pb::Descriptor* type, absl::string_view path) {
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(path, absl::MaxSplits('.', 1));
  const auto* field = type->FindFieldByName(std::string(parts.first));
  if (field == nullptr) return nullptr;
  if (parts.second.empty()) return IsSettable(field) ? field : nullptr;
  if (field->cpp_type() != pb::FieldDescriptor::CPPTYPE_MESSAGE || field->is_repeated() ||
      IsOutput(field)) {
    return nullptr;
  }
  return FindField(field->message_type(), parts.second);
}

absl::Status SetField(absl::string_view path, absl::string_view text, const FieldFormat& format,
                      pb::Message* message) {
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(path, absl::MaxSplits('.', 1));
  const auto* field = message->GetDescriptor()->FindFieldByName(std::string(parts.first));
  const auto* reflection = message->GetReflection();
  if (!parts.second.empty()) {
    return SetField(parts.second, text, format, reflection->MutableMessage(message, field));
  }
  text = absl::StripAsciiWhitespace(text);
  switch (field->cpp_type()) {
    case pb::FieldDescriptor::CPPTYPE_STRING: {
      if (!field->is_repeated()) {
        ASSIGN_OR_RETURN(std::string value, TextFor(field, text));
        reflection->SetString(message, field, std::move(value));
        return absl::OkStatus();
      }
      const std::vector<absl::string_view> items =
          absl::StrSplit(text, std::string(format.separator));
      for (const absl::string_view item : items) {
        ASSIGN_OR_RETURN(std::string value, TextFor(field, absl::StripAsciiWhitespace(item)));
        if (!value.empty()) reflection->AddString(message, field, std::move(value));
      }
      return absl::OkStatus();
    }
    case pb::FieldDescriptor::CPPTYPE_MESSAGE:
      return SetMessage(field, text, format, message);
    case pb::FieldDescriptor::CPPTYPE_BOOL: {
      ASSIGN_OR_RETURN(const bool yes, YesOrNo(text));
      reflection->SetBool(message, field, yes);
      return absl::OkStatus();
    }
    case pb::FieldDescriptor::CPPTYPE_ENUM: {
      const std::string name = absl::StrReplaceAll(absl::AsciiStrToUpper(text), {{"-", "_"}});
      const auto* value = field->enum_type()->FindValueByName(name);
      if (value == nullptr || value->number() == 0) {
        return absl::InvalidArgumentError(
            absl::StrCat("is no ", std::string(field->enum_type()->name()), " of Rapport"));
      }
      reflection->SetEnum(message, field, value);
      return absl::OkStatus();
    }
    default:
      return SetNumber(field, text, message);
  }
}

}  // namespace rapport::rapportctl
