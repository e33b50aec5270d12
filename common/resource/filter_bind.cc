// From the tree of a filter to fields and typed values.
#include <cmath>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "common/resource/filter_node.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "rapport/type/v1/common.pb.h"

namespace rapport::resource {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

bool IsMeasure(const Descriptor* type) { return type == type::v1::Measure::descriptor(); }

namespace {

bool IsTime(const Descriptor* type) { return type == google::protobuf::Timestamp::descriptor(); }
bool IsDuration(const Descriptor* type) { return type == google::protobuf::Duration::descriptor(); }

class Binder {
 public:
  explicit Binder(const Filter::Scope& scope) : scope_(scope) {}

  absl::StatusOr<FilterNode> Bind(const FilterTree& tree) const {
    if (tree.kind == FilterTree::Kind::kRestriction) return Restriction(tree);
    FilterNode out;
    out.kind = tree.kind;
    out.parts.reserve(tree.parts.size());
    for (const auto& part : tree.parts) {
      ASSIGN_OR_RETURN(auto bound, Bind(part));
      out.parts.push_back(std::move(bound));
    }
    return out;
  }

 private:
  absl::StatusOr<FilterNode> Restriction(const FilterTree& tree) const {
    FilterNode out;
    out.kind = FilterTree::Kind::kRestriction;
    out.comparator = tree.comparator;
    RETURN_IF_ERROR(Path(tree, &out));
    const FieldDescriptor* last = out.path.back().field;
    if (last->is_map() && out.path.back().has_key) last = last->message_type()->map_value();
    if (tree.comparator == Comparator::kNone) return Alone(tree, last, std::move(out));
    const bool star = tree.value.size() == 2 && tree.value[0].empty() && tree.value[1].empty();
    if (tree.comparator == Comparator::kHas && star) return out;  // kPresence
    if (last->is_map()) {
      if (tree.comparator != Comparator::kHas) return Wrong(tree, "a map has keys: use \":\"");
      if (tree.value.size() != 1) return Value(tree, "no \"*\" in a key");
      out.path.back().key = tree.value[0];
      out.path.back().has_key = true;
      return out;  // kPresence of the key
    }
    if (last->is_repeated() && tree.comparator != Comparator::kHas &&
        tree.comparator != Comparator::kEqual && tree.comparator != Comparator::kNotEqual) {
      return Wrong(tree, "a list has no order: use \":\", = or !=");
    }
    RETURN_IF_ERROR(Operand(tree, last, &out));
    return out;
  }

  // A member alone: true if the field is.
  static absl::StatusOr<FilterNode> Alone(const FilterTree& tree, const FieldDescriptor* last,
                                          FilterNode out) {
    if (last->cpp_type() != FieldDescriptor::CPPTYPE_BOOL || last->is_repeated()) {
      return Wrong(tree, "a comparison is missing; only a yes-or-no field stands alone");
    }
    out.comparator = Comparator::kEqual;
    out.operand = FilterNode::Operand::kBool;
    out.number = 1;
    return out;
  }

  absl::Status Path(const FilterTree& tree, FilterNode* out) const {
    std::string first = tree.member[0];
    for (const auto& [word, field] : scope_.aliases) {
      if (first == word) first = field;
    }
    const FieldDescriptor* field = nullptr;
    for (out->source = 0; out->source < scope_.messages.size(); ++out->source) {
      field = scope_.messages[out->source]->FindFieldByName(first);
      if (field != nullptr) break;
    }
    if (field == nullptr) {
      return Wrong(tree, absl::StrCat("no such field of ", scope_.messages[0]->full_name()));
    }
    out->path.push_back({field});
    for (std::size_t i = 1; i < tree.member.size(); ++i) {
      FilterStep& step = out->path.back();
      if (step.field->is_map() && !step.has_key) {
        if (step.field->message_type()->map_key()->type() != FieldDescriptor::TYPE_STRING) {
          return Wrong(tree, "only maps from texts can be looked into");
        }
        step.key = tree.member[i];
        step.has_key = true;
        continue;
      }
      const bool list = step.field->is_repeated() && !step.field->is_map();
      if (list && tree.comparator != Comparator::kHas) {
        return Wrong(tree, "behind a list only \":\" can compare");
      }
      const FieldDescriptor* holder =
          step.field->is_map() ? step.field->message_type()->map_value() : step.field;
      const Descriptor* type = holder->message_type();
      if (type == nullptr || IsTime(type) || IsDuration(type)) {
        return Wrong(tree, "nothing lies behind this field");
      }
      field = type->FindFieldByName(tree.member[i]);
      if (field == nullptr) {
        return Wrong(tree, absl::StrCat("no such field of ", type->full_name()));
      }
      out->path.push_back({field});
    }
    return absl::OkStatus();
  }

  static absl::Status Operand(const FilterTree& tree, const FieldDescriptor* field,
                              FilterNode* out) {
    const bool stars = tree.value.size() > 1;
    const bool ordered = tree.comparator != Comparator::kEqual &&
                         tree.comparator != Comparator::kNotEqual &&
                         tree.comparator != Comparator::kHas;
    const std::string& text = tree.value[0];
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING:
        if (field->type() == FieldDescriptor::TYPE_BYTES) {
          return Wrong(tree, "bytes cannot be compared, only \":*\" asks whether they are there");
        }
        if (stars && ordered) return Value(tree, "no \"*\" behind < and >");
        out->operand = FilterNode::Operand::kText;
        out->text = tree.value;
        if (tree.comparator == Comparator::kHas && !field->is_repeated()) {
          for (std::string& part : out->text) absl::AsciiStrToLower(&part);
        }
        return absl::OkStatus();
      case FieldDescriptor::CPPTYPE_BOOL:
        if (ordered) return Wrong(tree, "yes and no have no order: use = or !=");
        out->operand = FilterNode::Operand::kBool;
        if (stars || (text != "true" && text != "false")) {
          return Value(tree, "must be true or false");
        }
        out->number = text == "true" ? 1 : 0;
        return absl::OkStatus();
      case FieldDescriptor::CPPTYPE_ENUM: {
        if (ordered) return Wrong(tree, "these values have no order: use = or !=");
        out->operand = FilterNode::Operand::kSigned;
        const auto* value = stars ? nullptr : field->enum_type()->FindValueByName(text);
        if (value == nullptr) {
          return Value(tree, absl::StrCat("must be a value of ", field->enum_type()->full_name()));
        }
        out->number = value->number();
        return absl::OkStatus();
      }
      case FieldDescriptor::CPPTYPE_INT32:
      case FieldDescriptor::CPPTYPE_INT64:
        out->operand = FilterNode::Operand::kSigned;
        if (stars || !absl::SimpleAtoi(text, &out->number)) {
          return Value(tree, "must be a whole number");
        }
        return absl::OkStatus();
      case FieldDescriptor::CPPTYPE_UINT32:
      case FieldDescriptor::CPPTYPE_UINT64:
        out->operand = FilterNode::Operand::kUnsigned;
        if (stars || !absl::SimpleAtoi(text, &out->natural)) {
          return Value(tree, "must be a whole number, not below 0");
        }
        return absl::OkStatus();
      case FieldDescriptor::CPPTYPE_FLOAT:
      case FieldDescriptor::CPPTYPE_DOUBLE:
        return Real(tree, stars, out);
      case FieldDescriptor::CPPTYPE_MESSAGE:
        return Message(tree, field->message_type(), stars, out);
    }
    return errors::Bug();
  }

  static absl::Status Real(const FilterTree& tree, bool stars, FilterNode* out) {
    out->operand = FilterNode::Operand::kReal;
    if (stars || !absl::SimpleAtod(tree.value[0], &out->real) || std::isnan(out->real)) {
      return Value(tree, "must be a number");
    }
    return absl::OkStatus();
  }

  static absl::Status Message(const FilterTree& tree, const Descriptor* type, bool stars,
                              FilterNode* out) {
    const std::string& text = tree.value[0];
    if (IsMeasure(type)) return Real(tree, stars, out);
    if (IsTime(type)) {
      out->operand = FilterNode::Operand::kTime;
      std::string why;
      if (stars || !absl::ParseTime(absl::RFC3339_full, text, &out->time, &why) ||
          out->time == absl::InfiniteFuture() || out->time == absl::InfinitePast()) {
        return Value(tree, "must be a time like \"2026-03-01T09:00:00Z\"");
      }
      return absl::OkStatus();
    }
    if (IsDuration(type)) {
      out->operand = FilterNode::Operand::kDuration;
      double seconds = 0;
      if (stars || text.empty() || text.back() != 's' ||
          !absl::SimpleAtod(absl::string_view(text).substr(0, text.size() - 1), &seconds) ||
          !std::isfinite(seconds) || !absl::ParseDuration(text, &out->duration)) {
        return Value(tree, "must be a duration in seconds like \"90s\"");
      }
      return absl::OkStatus();
    }
    return Wrong(tree, "name a field inside of this one, or ask with \":*\" whether it is set");
  }

  static absl::Status Wrong(const FilterTree& tree, absl::string_view problem) {
    return errors::FilterSyntax(tree.position, problem);
  }
  static absl::Status Value(const FilterTree& tree, absl::string_view problem) {
    return errors::FilterSyntax(tree.value_position, problem);
  }

  const Filter::Scope& scope_;
};

}  // namespace

absl::StatusOr<FilterNode> BindFilter(const FilterTree& tree, const Filter::Scope& scope) {
  return Binder(scope).Bind(tree);
}

}  // namespace rapport::resource
