#include "tools/rapportctl/import_report.h"

#include <cstdio>
#include <utility>

#include "absl/strings/str_cat.h"
#include "google/protobuf/struct.pb.h"
#include "tools/rapportctl/files.h"
#include "tools/rapportctl/json.h"
#include "tools/rapportctl/words.h"

namespace rapport::rapportctl {

void ImportReport::Unreadable(std::int64_t line, absl::string_view reason) {
  ++unreadable_;
  if (unreadable_entries_.size() < kMaxEntries)
    unreadable_entries_.push_back({line, Plain(reason)});
}

void ImportReport::Partly(std::int64_t line, absl::string_view reason) {
  ++partly_;
  if (partly_entries_.size() < kMaxEntries) partly_entries_.push_back({line, Plain(reason)});
}

std::vector<std::string> ImportReport::FirstUnreadable(std::size_t max) const {
  std::vector<std::string> out;
  for (const Entry& entry : unreadable_entries_) {
    if (out.size() >= max) break;
    out.push_back(absl::StrCat(BaseName(file_), " line ", entry.line, ": ", entry.reason));
  }
  return out;
}

void ImportReport::Continue(const std::string& dir, std::int64_t line) {
  google::protobuf::Struct report;
  const auto text = ReadFile(PathIn(dir));
  if (!text.ok() || !FromJson(*text, &report).ok() || TextOf(report, "file") != file_) return;
  const auto each = [&](const char* key,
                        void (ImportReport::*add)(std::int64_t, absl::string_view)) {
    const auto list = report.fields().find(key);
    if (list == report.fields().end()) return;
    for (const auto& value : list->second.list_value().values()) {
      const std::int64_t at = WholeOf(value.struct_value(), "line");
      if (at < line) (this->*add)(at, TextOf(value.struct_value(), "reason"));
    }
  };
  each("unreadable", &ImportReport::Unreadable);
  each("partly", &ImportReport::Partly);
}

std::string ImportReport::PathIn(const std::string& dir) const {
  return absl::StrCat(dir, "/", BaseName(file_), ".report.json");
}

absl::Status ImportReport::Save(const std::string& dir) const {
  const std::string path = PathIn(dir);
  if (unreadable_ == 0 && partly_ == 0) {
    std::remove(path.c_str());
    return absl::OkStatus();
  }
  google::protobuf::Struct report;
  SetText(&report, "file", file_);
  const auto list = [&](const char* key, const std::vector<Entry>& entries) {
    auto* values = (*report.mutable_fields())[key].mutable_list_value();
    for (const Entry& entry : entries) {
      auto* value = values->add_values()->mutable_struct_value();
      SetWhole(value, "line", entry.line);
      SetText(value, "reason", entry.reason);
    }
  };
  list("unreadable", unreadable_entries_);
  list("partly", partly_entries_);
  const std::int64_t listed =
      static_cast<std::int64_t>(unreadable_entries_.size() + partly_entries_.size());
  SetWhole(&report, "notListed", unreadable_ + partly_ - listed);
  return WriteFile(path, ToJson(report, JsonLayout::kIndented));
}

}  // namespace rapport::rapportctl
