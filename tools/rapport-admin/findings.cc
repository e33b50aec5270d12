#include "tools/rapport-admin/findings.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "google/protobuf/text_format.h"
#include "google/protobuf/util/field_comparator.h"
#include "google/protobuf/util/message_differencer.h"
#include "rapport/type/v1/annotations.pb.h"
#include "tools/rapport-admin/rows.h"

namespace rapport::admin {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::util::MessageDifferencer;

constexpr std::int64_t kMostLines = 1000;

struct FieldDifference {
  std::string path;
  std::string stored;
  std::string recomputed;
};

// What every write changes: it says nothing where something else differs.
bool IsOfEveryWrite(absl::string_view path) {
  return path == "etag" || path == "revision" || path == "update_time" ||
         path == "journal_revision";
}

class FieldReporter final : public MessageDifferencer::Reporter {
 public:
  using Path = std::vector<MessageDifferencer::SpecificField>;
  explicit FieldReporter(std::vector<FieldDifference>* out) : out_(*out) {}
  void ReportAdded(const Message&, const Message& recomputed, const Path& path) override {
    out_.push_back({Text(path), "nothing", Value(recomputed, path, path.back().new_index)});
  }
  void ReportDeleted(const Message& stored, const Message&, const Path& path) override {
    out_.push_back({Text(path), Value(stored, path, path.back().index), "nothing"});
  }
  void ReportModified(const Message& stored, const Message& recomputed, const Path& path) override {
    out_.push_back({Text(path), Value(stored, path, path.back().index),
                    Value(recomputed, path, path.back().new_index)});
  }

 private:
  static std::string Text(const Path& path) {
    return absl::StrJoin(path, ".", [](std::string* out, const auto& step) {
      if (step.field == nullptr) {
        absl::StrAppend(out, "(unknown field ", step.unknown_field_number, ")");
        return;
      }
      absl::StrAppend(out, step.field->name());
      if (step.field->is_repeated()) {
        absl::StrAppend(out, "[", step.index >= 0 ? step.index : step.new_index, "]");
      }
    });
  }
  static std::string Value(const Message& parent, const Path& path, int index) {
    const FieldDescriptor* const field = path.back().field;
    for (const auto& step : path) {
      if (step.field == nullptr) return "something";
      if (step.field->options().GetExtension(type::v1::rule).pii()) return "personal data";
    }
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) return "something";
    std::string text;
    google::protobuf::TextFormat::PrintFieldValueToString(parent, field,
                                                          field->is_repeated() ? index : -1, &text);
    return text;
  }

  std::vector<FieldDifference>& out_;
};

std::vector<FieldDifference> DifferentFields(const Message& stored, const Message& recomputed) {
  std::vector<FieldDifference> found;
  google::protobuf::util::DefaultFieldComparator comparator;
  comparator.set_float_comparison(google::protobuf::util::DefaultFieldComparator::APPROXIMATE);
  comparator.SetDefaultFractionAndMargin(resource::kSumTolerance, resource::kSumTolerance);
  MessageDifferencer differencer;
  differencer.set_field_comparator(&comparator);
  FieldReporter reporter(&found);
  differencer.ReportDifferencesTo(&reporter);
  differencer.Compare(stored, recomputed);
  const auto beside = [](const FieldDifference& field) { return IsOfEveryWrite(field.path); };
  if (!std::all_of(found.begin(), found.end(), beside)) {
    found.erase(std::remove_if(found.begin(), found.end(), beside), found.end());
  }
  return found;
}

// Texts and bytes may be personal data.
std::string ColumnText(const store::Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return absl::StrCat(*number);
  if (std::holds_alternative<std::monostate>(value)) return "NULL";
  return absl::StrCat(store::AsText(value).size(), " bytes");
}

std::unique_ptr<Message> Parsed(const Message& empty, const store::Row& row) {
  std::unique_ptr<Message> message(empty.New());
  return message->ParseFromString(store::AsText(row.back())) ? std::move(message) : nullptr;
}

}  // namespace

Findings::Findings(const resource::Schema& schema, const Say& print) : print_(print) {
  for (const resource::Body& body : schema.bodies) bodies_[body.table->name] = body.message;
}

std::string Findings::NameOf(const base::TenantId& tenant, const store::Table& table,
                             const store::Row& row) const {
  const auto body = bodies_.find(table.name);
  const auto message = body == bodies_.end() ? nullptr : Parsed(*body->second, row);
  if (message == nullptr) return MaskedWhere(tenant, table, row);
  const auto* const name = message->GetDescriptor()->FindFieldByName("name");
  return name == nullptr ? MaskedWhere(tenant, table, row)
                         : message->GetReflection()->GetString(*message, name);
}

void Findings::Line(absl::string_view text) {
  if (++lines_ <= kMostLines) print_(text);
  if (lines_ == kMostLines + 1) print_("… and more");
}

void Findings::Add(const base::TenantId& tenant, absl::string_view what,
                   const store::DryRun::Change& change) {
  const store::Table& table = *change.table;
  if (!change.before || !change.after) {
    Add(tenant, what, table, change.before ? *change.before : *change.after,
        change.before ? "is there, and nothing calls for it" : "is missing");
    return;
  }
  std::vector<std::string> lines;
  const auto add = [&](const std::string& field, const std::string& stored,
                       const std::string& recomputed) {
    lines.push_back(absl::StrCat(field, ": stored ", stored, ", recomputed ", recomputed));
  };
  const auto body = bodies_.find(table.name);
  const std::size_t columns = table.columns.size() - (body == bodies_.end() ? 0 : 1);
  for (std::size_t i = 0; i < columns; ++i) {
    const store::Value& stored = (*change.before)[i];
    const store::Value& recomputed = (*change.after)[i];
    if (static_cast<int>(i) == table.sequence_column || stored == recomputed) continue;
    add("column " + table.columns[i].name, ColumnText(stored), ColumnText(recomputed));
  }
  if (body != bodies_.end()) {
    const auto stored = Parsed(*body->second, *change.before);
    const auto recomputed = Parsed(*body->second, *change.after);
    if (stored == nullptr || recomputed == nullptr) {
      lines.emplace_back("its message cannot be read");
    } else {
      for (const auto& field : DifferentFields(*stored, *recomputed)) {
        add(field.path, field.stored, field.recomputed);
      }
    }
  }
  if (lines.empty()) return;
  ++rows_;
  ++by_what_[std::string(what)];
  const std::string name = NameOf(tenant, table, *change.before);
  for (const std::string& line : lines) Line(absl::StrCat(what, ": ", name, ": ", line));
}

void Findings::Add(const base::TenantId& tenant, absl::string_view what, const store::Table& table,
                   const store::Row& row, absl::string_view finding) {
  ++rows_;
  ++by_what_[std::string(what)];
  Line(absl::StrCat(what, ": ", NameOf(tenant, table, row), ": ", finding));
}

std::string Findings::Summary() const {
  std::vector<std::string> parts;
  for (const auto& [what, rows] : by_what_) parts.push_back(absl::StrCat(what, ": ", rows));
  std::sort(parts.begin(), parts.end());
  return absl::StrJoin(parts, ", ");
}

}  // namespace rapport::admin
