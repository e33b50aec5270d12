#include "common/rpc/request_validator.h"

#include <cmath>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/base/uuid.h"
#include "common/resource/name.h"
#include "common/text/locale.h"
#include "google/api/field_behavior.pb.h"
#include "google/api/resource.pb.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "rapport/type/v1/annotations.pb.h"

namespace rapport::rpc {

namespace pb = google::protobuf;
namespace type = rapport::type::v1;
using resource::NamePattern;

namespace {

// Timestamps that calendars and stores can hold: years 1900..2200.
constexpr std::int64_t kEarliest = -2208988800;
constexpr std::int64_t kLatest = 7258118400;

bool HasControlCharacters(absl::string_view text) {
  for (const char c : text) {
    if (absl::ascii_iscntrl(static_cast<unsigned char>(c))) return true;
  }
  return false;
}

}  // namespace

struct RequestValidator::Step {
  const pb::FieldDescriptor* field = nullptr;
  type::FieldRule rule;
  bool required = false;
  bool output_only = false;
  bool is_name = false;                 // has a resource reference
  absl::optional<NamePattern> pattern;  // what the name must look like, if known
  std::shared_ptr<const Plan> message;  // plan of a message field
};

struct RequestValidator::Plan {
  std::vector<Step> steps;
};

struct RequestValidator::State {
  absl::string_view tenant;
  std::vector<errors::FieldViolation> violations;
  std::string foreign;  // first name of another tenant
  std::string first_tenant;
  void Add(std::string path, std::string text) {
    if (violations.size() < 64) violations.push_back({std::move(path), std::move(text)});
  }
};

RequestValidator::RequestValidator(const pb::Descriptor* message, Of of) {
  root_ = Compile(message, of, &plans_);
}
RequestValidator::~RequestValidator() {
  for (auto& [descriptor, plan] : plans_) plan->steps.clear();  // breaks cycles
}

std::shared_ptr<const RequestValidator::Plan> RequestValidator::Compile(
    const pb::Descriptor* descriptor, Of of,
    std::vector<std::pair<const pb::Descriptor*, std::shared_ptr<Plan>>>* known) {
  for (const auto& [seen, plan] : *known) {
    if (seen == descriptor) return plan;
  }
  auto plan = std::make_shared<Plan>();
  known->emplace_back(descriptor, plan);
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const auto* field = descriptor->field(i);
    Step step;
    step.field = field;
    step.rule = field->options().GetExtension(type::rule);
    const auto& options = field->options();
    for (int b = 0; b < options.ExtensionSize(google::api::field_behavior); ++b) {
      const auto behavior = options.GetExtension(google::api::field_behavior, b);
      step.required |= behavior == google::api::REQUIRED;
      step.output_only |= behavior == google::api::OUTPUT_ONLY;
    }
    const auto& reference = options.GetExtension(google::api::resource_reference);
    step.is_name = !reference.type().empty() || !reference.child_type().empty();
    if (const auto* pattern = NamePattern::OfType(reference.type())) step.pattern = *pattern;
    if (const auto* child = NamePattern::OfType(reference.child_type())) {
      step.pattern = child->Parent();
    }
    if (field->name() == "name" && descriptor->options().HasExtension(google::api::resource)) {
      step.is_name = true;  // checked when set; the methods that need it say so
      step.pattern = NamePattern::OfMessage(descriptor);
    }
    // Of a request ignored, and cleared by the registry.
    if (step.output_only && of == Of::kRequest) continue;
    if (field->message_type() != nullptr && !step.rule.per_item()) {
      step.message = Compile(field->message_type(), of, known);
      if (descriptor->FindFieldByName("update_mask") != nullptr &&
          field->message_type()->options().HasExtension(google::api::resource)) {
        // A patch need not be a whole resource: what is left must have all (resource::ApplyMask).
        auto patch = std::make_shared<Plan>(*step.message);
        for (Step& part : patch->steps) part.required = false;
        known->emplace_back(nullptr, patch);
        step.message = patch;
      }
    }
    const bool text = field->cpp_type() == pb::FieldDescriptor::CPPTYPE_STRING;
    const bool is_enum = field->cpp_type() == pb::FieldDescriptor::CPPTYPE_ENUM;
    const bool number = field->cpp_type() == pb::FieldDescriptor::CPPTYPE_DOUBLE;
    if (text || is_enum || number || step.message != nullptr || step.required || step.is_name ||
        options.HasExtension(type::rule)) {
      plan->steps.push_back(std::move(step));
    }
  }
  return plan;
}

void RequestValidator::CheckText(const Step& step, const std::string& text, const std::string& path,
                                 State* state) {
  const auto& rule = step.rule;
  if (step.is_name) {
    const bool fits = step.pattern ? step.pattern->Matches(text)
                                   : base::IsIdSegment(resource::TenantOfName(text));
    if (!fits) {
      state->Add(path, step.pattern ? absl::StrCat("must be a name like ", step.pattern->text())
                                    : "must be a resource name");
      return;
    }
    const absl::string_view tenant = resource::TenantOfName(text);
    if (state->first_tenant.empty()) state->first_tenant = std::string(tenant);
    if (!state->tenant.empty() && tenant != state->tenant && state->foreign.empty()) {
      state->foreign = text;
    }
    return;
  }
  if (rule.max_length() != 0 && text.size() > rule.max_length()) {
    state->Add(path, absl::StrCat("must be at most ", rule.max_length(), " bytes"));
    return;
  }
  if (step.field->type() != pb::FieldDescriptor::TYPE_STRING) return;
  if (text.find('\0') != std::string::npos) {
    state->Add(path, "must not contain NUL");
    return;
  }
  switch (rule.format()) {
    case type::FORMAT_UUID:
      if (!base::IsUuid(text)) state->Add(path, "must be a UUID");
      break;
    case type::FORMAT_ID:
      if (!base::IsIdSegment(text)) state->Add(path, "must be 1 to 63 of a-z, 0-9 and -");
      break;
    case type::FORMAT_TIME_ZONE:
      if (!text::IsIanaZone(text)) state->Add(path, "must be an IANA time zone");
      break;
    case type::FORMAT_LANGUAGE:
      if (!text::IsWellFormedLanguageTag(text)) state->Add(path, "must be a BCP 47 language tag");
      break;
    case type::FORMAT_REGION:
      if (text.size() != 2 || !absl::ascii_isupper(static_cast<unsigned char>(text[0])) ||
          !absl::ascii_isupper(static_cast<unsigned char>(text[1]))) {
        state->Add(path, "must be a region of two capital letters");
      }
      break;
    case type::FORMAT_LINE:
      if (HasControlCharacters(text))
        state->Add(path, "must be one line without control characters");
      break;
    default:
      break;
  }
}

void RequestValidator::Run(const Plan& plan, const pb::Message& message, const std::string& path,
                           State* state) {
  const auto* reflection = message.GetReflection();
  std::string scratch;
  for (const Step& step : plan.steps) {
    const auto* field = step.field;
    const auto path_of = [&] {
      return path.empty() ? field->name() : absl::StrCat(path, ".", field->name());
    };
    const auto check_number = [&](double value, const std::string& where) {
      if (std::isnan(value) || (step.rule.has_min() && value < step.rule.min())) {
        state->Add(where, absl::StrCat("must be at least ", step.rule.min()));
      } else if (step.rule.has_max() && value > step.rule.max()) {
        state->Add(where, absl::StrCat("must be at most ", step.rule.max()));
      }
    };
    // Of item `index`, or of the field itself below 0.
    const auto check_scalar = [&](int index, const auto& where) {
      switch (field->cpp_type()) {
        case pb::FieldDescriptor::CPPTYPE_ENUM: {
          const int value = index < 0 ? reflection->GetEnumValue(message, field)
                                      : reflection->GetRepeatedEnumValue(message, field, index);
          if (value == 0) {
            if (step.required) state->Add(where(), "must be set");
          } else if (field->enum_type()->FindValueByNumber(value) == nullptr) {
            state->Add(where(), "must be a value that this version knows");
          }
          break;
        }
        case pb::FieldDescriptor::CPPTYPE_DOUBLE: {
          const double value = index < 0 ? reflection->GetDouble(message, field)
                                         : reflection->GetRepeatedDouble(message, field, index);
          if (std::isnan(value) || std::isinf(value)) {
            state->Add(where(), "must be a finite number");
          } else if (value != 0 || step.required || index >= 0) {  // 0 is "not declared"
            check_number(value, where());
          }
          break;
        }
        case pb::FieldDescriptor::CPPTYPE_INT32:
          check_number(index < 0 ? reflection->GetInt32(message, field)
                                 : reflection->GetRepeatedInt32(message, field, index),
                       where());
          break;
        case pb::FieldDescriptor::CPPTYPE_INT64:
          check_number(
              static_cast<double>(index < 0 ? reflection->GetInt64(message, field)
                                            : reflection->GetRepeatedInt64(message, field, index)),
              where());
          break;
        default:
          break;
      }
    };
    if (field->is_repeated()) {
      const int size = reflection->FieldSize(message, field);
      if (size == 0) {
        if (step.required) state->Add(path_of(), "must not be empty");
        continue;
      }
      if (step.rule.max_items() != 0 && static_cast<std::uint32_t>(size) > step.rule.max_items()) {
        state->Add(path_of(), absl::StrCat("must have at most ", step.rule.max_items(), " items"));
        continue;
      }
      for (int i = 0; i < size; ++i) {
        if (step.message != nullptr) {
          Run(*step.message, reflection->GetRepeatedMessage(message, field, i),
              absl::StrCat(path_of(), "[", i, "]"), state);
        } else if (field->cpp_type() == pb::FieldDescriptor::CPPTYPE_STRING) {
          CheckText(step, reflection->GetRepeatedStringReference(message, field, i, &scratch),
                    absl::StrCat(path_of(), "[", i, "]"), state);
        } else {
          check_scalar(i, [&] { return absl::StrCat(path_of(), "[", i, "]"); });
        }
      }
      continue;
    }
    switch (field->cpp_type()) {
      case pb::FieldDescriptor::CPPTYPE_MESSAGE: {
        if (!reflection->HasField(message, field)) {
          if (step.required) state->Add(path_of(), "must be set");
          break;
        }
        const auto& child = reflection->GetMessage(message, field);
        if (const auto* timestamp = dynamic_cast<const pb::Timestamp*>(&child)) {
          if (timestamp->seconds() < kEarliest || timestamp->seconds() > kLatest ||
              timestamp->nanos() < 0 || timestamp->nanos() > 999999999) {
            state->Add(path_of(), "must be an instant of the years 1900 to 2200");
          }
        } else if (const auto* duration = dynamic_cast<const pb::Duration*>(&child)) {
          check_number(static_cast<double>(duration->seconds()) + duration->nanos() * 1e-9,
                       path_of());
        } else {
          Run(*step.message, child, path_of(), state);
        }
        break;
      }
      case pb::FieldDescriptor::CPPTYPE_STRING: {
        const std::string& text = reflection->GetStringReference(message, field, &scratch);
        if (text.empty()) {
          if (step.required) state->Add(path_of(), "must be set");
        } else {
          CheckText(step, text, path_of(), state);
        }
        break;
      }
      default:
        check_scalar(-1, path_of);
    }
  }
}

absl::Status RequestValidator::Check(const pb::Message& request, absl::string_view tenant) const {
  State state;
  state.tenant = tenant;
  Run(*root_, request, "", &state);
  if (!state.violations.empty()) return errors::InvalidFields(std::move(state.violations));
  if (!state.foreign.empty()) return errors::ResourceUnknown(state.foreign);
  return absl::OkStatus();
}

std::string RequestValidator::TenantOf(const pb::Message& request) const {
  State state;
  Run(*root_, request, "", &state);
  return state.first_tenant;
}

}  // namespace rapport::rpc
