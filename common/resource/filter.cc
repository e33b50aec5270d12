#include "common/resource/filter.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "common/base/status_macros.h"
#include "common/resource/filter_node.h"
#include "common/time/proto_time.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/reflection.h"
#include "google/protobuf/timestamp.pb.h"
#include "rapport/type/v1/common.pb.h"

namespace rapport::resource {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

namespace {

using Operand = FilterNode::Operand;

// The texts one behind the other, with anything between them.
// They are in lower case.
bool ContainsInOrder(absl::string_view text, const std::vector<std::string>& parts) {
  const std::string lower = absl::AsciiStrToLower(text);
  absl::string_view rest = lower;
  for (const auto& part : parts) {
    const std::size_t at = rest.find(part);
    if (at == absl::string_view::npos) return false;
    rest.remove_prefix(at + part.size());
  }
  return true;
}

bool EqualsPattern(absl::string_view text, const std::vector<std::string>& parts) {
  if (parts.size() == 1) return text == parts[0];
  const std::string& head = parts.front();
  const std::string& tail = parts.back();
  if (text.size() < head.size() + tail.size() || !absl::StartsWith(text, head) ||
      !absl::EndsWith(text, tail)) {
    return false;
  }
  text = text.substr(head.size(), text.size() - head.size() - tail.size());
  for (std::size_t i = 1; i + 1 < parts.size(); ++i) {
    const std::size_t at = text.find(parts[i]);
    if (at == absl::string_view::npos) return false;
    text.remove_prefix(at + parts[i].size());
  }
  return true;
}

template <class T>
bool Holds(Comparator comparator, const T& left, const T& right) {
  switch (comparator) {
    case Comparator::kLess:
      return left < right;
    case Comparator::kLessEqual:
      return left <= right;
    case Comparator::kGreater:
      return left > right;
    case Comparator::kGreaterEqual:
      return left >= right;
    case Comparator::kNotEqual:
      return left != right;
    default:
      return left == right;
  }
}

// One value: the field of `message`, or its element `at` if that is not negative.
class Value {
 public:
  Value(const Message& message, const FieldDescriptor* field, int at)
      : message_(message), reflection_(*message.GetReflection()), field_(field), at_(at) {}

  // `comparator` is that of the node, or kEqual for elements of lists.
  bool Fits(const FilterNode& node, Comparator comparator) const {
    switch (field_->cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING:
        return FitsText(node, comparator);
      case FieldDescriptor::CPPTYPE_MESSAGE:
        return FitsMessage(node, comparator);
      case FieldDescriptor::CPPTYPE_UINT32:
        return Holds<std::uint64_t>(comparator, Get<std::uint32_t>(), node.natural);
      case FieldDescriptor::CPPTYPE_UINT64:
        return Holds<std::uint64_t>(comparator, Get<std::uint64_t>(), node.natural);
      case FieldDescriptor::CPPTYPE_FLOAT:
        return Holds<double>(comparator, Get<float>(), node.real);
      case FieldDescriptor::CPPTYPE_DOUBLE:
        return Holds<double>(comparator, Get<double>(), node.real);
      case FieldDescriptor::CPPTYPE_BOOL:
        return Holds<std::int64_t>(comparator, Get<bool>() ? 1 : 0, node.number);
      case FieldDescriptor::CPPTYPE_INT32:
        return Holds<std::int64_t>(comparator, Get<std::int32_t>(), node.number);
      case FieldDescriptor::CPPTYPE_INT64:
        return Holds<std::int64_t>(comparator, Get<std::int64_t>(), node.number);
      case FieldDescriptor::CPPTYPE_ENUM:
        return Holds<std::int64_t>(comparator,
                                   at_ < 0
                                       ? reflection_.GetEnumValue(message_, field_)
                                       : reflection_.GetRepeatedEnumValue(message_, field_, at_),
                                   node.number);
    }
    return false;
  }

 private:
  template <class T>
  T Get() const {
    if (at_ >= 0) return reflection_.GetRepeatedFieldRef<T>(message_, field_).Get(at_);
    if constexpr (std::is_same_v<T, bool>) return reflection_.GetBool(message_, field_);
    if constexpr (std::is_same_v<T, float>) return reflection_.GetFloat(message_, field_);
    if constexpr (std::is_same_v<T, double>) return reflection_.GetDouble(message_, field_);
    if constexpr (std::is_same_v<T, std::int32_t>) return reflection_.GetInt32(message_, field_);
    if constexpr (std::is_same_v<T, std::int64_t>) return reflection_.GetInt64(message_, field_);
    if constexpr (std::is_same_v<T, std::uint32_t>) return reflection_.GetUInt32(message_, field_);
    if constexpr (std::is_same_v<T, std::uint64_t>) return reflection_.GetUInt64(message_, field_);
  }

  bool FitsText(const FilterNode& node, Comparator comparator) const {
    std::string scratch;
    const std::string& text =
        at_ < 0 ? reflection_.GetStringReference(message_, field_, &scratch)
                : reflection_.GetRepeatedStringReference(message_, field_, at_, &scratch);
    switch (comparator) {
      case Comparator::kHas:
        return ContainsInOrder(text, node.text);
      case Comparator::kEqual:
        return EqualsPattern(text, node.text);
      case Comparator::kNotEqual:
        return !EqualsPattern(text, node.text);
      default:
        return Holds<std::string>(comparator, text, node.text[0]);
    }
  }

  bool FitsMessage(const FilterNode& node, Comparator comparator) const {
    const Message& value = at_ < 0 ? reflection_.GetMessage(message_, field_)
                                   : reflection_.GetRepeatedMessage(message_, field_, at_);
    switch (node.operand) {
      case Operand::kTime:
        return Holds(comparator,
                     time::FromProto(static_cast<const google::protobuf::Timestamp&>(value)),
                     node.time);
      case Operand::kDuration: {
        const auto& duration = static_cast<const google::protobuf::Duration&>(value);
        return Holds(comparator,
                     absl::Seconds(duration.seconds()) + absl::Nanoseconds(duration.nanos()),
                     node.duration);
      }
      default: {
        const auto& measure = static_cast<const type::v1::Measure&>(value);
        return measure.status() == type::v1::MEASURE_STATUS_OK &&
               Holds(comparator, measure.value(), node.real);
      }
    }
  }

  const Message& message_;
  const google::protobuf::Reflection& reflection_;
  const FieldDescriptor* const field_;
  const int at_;
};

bool FitsFrom(const FilterNode& node, std::size_t step, const Message& message);

// What lies at the end of the path, or behind it: `field` of `message`, element `at` of a list.
bool FitsAt(const FilterNode& node, std::size_t step, const Message& message,
            const FieldDescriptor* field, int at, Comparator comparator) {
  if (step + 1 == node.path.size()) {
    return node.operand == Operand::kPresence || Value(message, field, at).Fits(node, comparator);
  }
  const auto& reflection = *message.GetReflection();
  return FitsFrom(node, step + 1,
                  at < 0 ? reflection.GetMessage(message, field)
                         : reflection.GetRepeatedMessage(message, field, at));
}

bool FitsKey(const FilterNode& node, std::size_t step, const Message& message) {
  const FilterStep& here = node.path[step];
  const auto& reflection = *message.GetReflection();
  const FieldDescriptor* value = here.field->message_type()->map_value();
  const FieldDescriptor* key = here.field->message_type()->map_key();
  for (int i = 0; i < reflection.FieldSize(message, here.field); ++i) {
    const Message& entry = reflection.GetRepeatedMessage(message, here.field, i);
    if (entry.GetReflection()->GetString(entry, key) != here.key) continue;
    return FitsAt(node, step, entry, value, -1, node.comparator);
  }
  return false;
}

bool FitsFrom(const FilterNode& node, std::size_t step, const Message& message) {
  const FilterStep& here = node.path[step];
  const auto& reflection = *message.GetReflection();
  if (here.has_key) return FitsKey(node, step, message);
  if (here.field->is_repeated()) {
    const bool last = step + 1 == node.path.size();
    bool found = false;
    for (int i = 0; i < reflection.FieldSize(message, here.field) && !found; ++i) {
      found = FitsAt(node, step, message, here.field, i, Comparator::kEqual);
    }
    return last && node.comparator == Comparator::kNotEqual ? !found : found;
  }
  if (here.field->has_presence() && !reflection.HasField(message, here.field)) return false;
  if (node.operand == Operand::kPresence && step + 1 == node.path.size()) {
    return reflection.HasField(message, here.field);
  }
  return FitsAt(node, step, message, here.field, -1, node.comparator);
}

bool Fits(const FilterNode& node, absl::Span<const Message* const> messages) {
  const auto fits = [&](const FilterNode& part) { return Fits(part, messages); };
  switch (node.kind) {
    case FilterTree::Kind::kAll:
      return std::all_of(node.parts.begin(), node.parts.end(), fits);
    case FilterTree::Kind::kAny:
      return std::any_of(node.parts.begin(), node.parts.end(), fits);
    case FilterTree::Kind::kNot:
      return !fits(node.parts.front());
    case FilterTree::Kind::kRestriction:
      return FitsFrom(node, 0, *messages[node.source]);
  }
  return false;
}

void PinFrom(const FilterNode& node, Message* example,
             std::vector<const FieldDescriptor*>* pinned) {
  if (node.kind == FilterTree::Kind::kAll) {
    for (const auto& part : node.parts) PinFrom(part, example, pinned);
  }
  if (node.kind != FilterTree::Kind::kRestriction || node.source != 0 || node.path.size() != 1 ||
      node.comparator != Comparator::kEqual || node.path[0].field->is_repeated()) {
    return;
  }
  const FieldDescriptor* field = node.path[0].field;
  const auto& reflection = *example->GetReflection();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      if (node.text.size() != 1) return;
      reflection.SetString(example, field, node.text[0]);
      break;
    case FieldDescriptor::CPPTYPE_ENUM:
      reflection.SetEnumValue(example, field, static_cast<int>(node.number));
      break;
    case FieldDescriptor::CPPTYPE_BOOL:
      reflection.SetBool(example, field, node.number == 1);
      break;
    default:
      return;
  }
  pinned->push_back(field);
}

}  // namespace

absl::StatusOr<Filter> Filter::Parse(absl::string_view text, const Scope& scope) {
  ASSIGN_OR_RETURN(const auto tree, ParseFilter(text));
  Filter filter;
  if (tree.kind == FilterTree::Kind::kAll && tree.parts.empty()) return filter;
  ASSIGN_OR_RETURN(auto root, BindFilter(tree, scope));
  filter.root_ = std::make_shared<const FilterNode>(std::move(root));
  return filter;
}

bool Filter::MatchesAll(absl::Span<const Message* const> messages) const {
  return root_ == nullptr || Fits(*root_, messages);
}

std::vector<const FieldDescriptor*> Filter::Pin(Message* example) const {
  std::vector<const FieldDescriptor*> pinned;
  if (root_ != nullptr) PinFrom(*root_, example, &pinned);
  return pinned;
}

}  // namespace rapport::resource
