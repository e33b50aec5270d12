#include "common/resource/name.h"

#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "google/api/resource.pb.h"
#include "google/protobuf/descriptor_database.h"

namespace rapport::resource {

namespace pb = google::protobuf;

NamePattern::NamePattern(absl::string_view pattern) : text_(pattern) {
  for (const absl::string_view segment : absl::StrSplit(pattern, '/')) {
    const bool variable = absl::StartsWith(segment, "{");
    segments_.emplace_back(std::string(variable ? segment.substr(1, segment.size() - 2) : segment),
                           variable);
  }
}

absl::optional<std::vector<absl::string_view>> NamePattern::Match(absl::string_view name) const {
  std::vector<absl::string_view> ids;
  ids.reserve(segments_.size() / 2 + 1);
  std::size_t i = 0;
  while (true) {
    if (i == segments_.size()) return absl::nullopt;
    const std::size_t slash = name.find('/');
    const absl::string_view segment = name.substr(0, slash);
    if (segments_[i].second) {
      if (!base::IsIdSegment(segment)) return absl::nullopt;
      ids.push_back(segment);
    } else if (segment != segments_[i].first) {
      return absl::nullopt;
    }
    ++i;
    if (slash == absl::string_view::npos) break;
    name.remove_prefix(slash + 1);
  }
  if (i != segments_.size()) return absl::nullopt;
  return ids;
}

bool NamePattern::Matches(absl::string_view name) const { return Match(name).has_value(); }

std::string NamePattern::Format(const std::vector<absl::string_view>& ids) const {
  std::string out;
  std::size_t next = 0;
  for (const auto& [text, variable] : segments_) {
    if (!out.empty()) out.push_back('/');
    if (!variable) {
      out.append(text);
      continue;
    }
    if (next == ids.size()) {
      std::fprintf(stderr, "too few ids for %s\n", text_.c_str());
      std::abort();
    }
    absl::StrAppend(&out, ids[next++]);
  }
  return out;
}

NamePattern NamePattern::Parent() const {
  const std::size_t drop = segments_.back().second ? 2 : 1;
  std::vector<absl::string_view> parts = absl::StrSplit(text_, '/');
  parts.resize(parts.size() - drop);
  return NamePattern(absl::StrJoin(parts, "/"));
}

const NamePattern* NamePattern::OfType(absl::string_view type) {
  static const auto* const patterns = [] {
    auto* map = new std::map<std::string, NamePattern, std::less<>>;
    std::vector<std::string> files;
    pb::DescriptorPool::internal_generated_database()->FindAllFileNames(&files);
    for (const auto& name : files) {
      if (!absl::StartsWith(name, "rapport/")) continue;
      const auto* file = pb::DescriptorPool::generated_pool()->FindFileByName(name);
      for (int i = 0; file != nullptr && i < file->message_type_count(); ++i) {
        const auto& resource = file->message_type(i)->options().GetExtension(google::api::resource);
        if (resource.pattern_size() > 0) {
          map->emplace(resource.type(), NamePattern(resource.pattern(0)));
        }
      }
    }
    return map;
  }();
  const auto it = patterns->find(std::string(type));
  return it == patterns->end() ? nullptr : &it->second;
}

const NamePattern& NamePattern::OfMessage(const pb::Descriptor* message) {
  const auto* pattern = OfType(message->options().GetExtension(google::api::resource).type());
  if (pattern == nullptr) {
    std::fprintf(stderr, "%s is no resource\n", message->full_name().c_str());
    std::abort();
  }
  return *pattern;
}

absl::string_view TenantOfName(absl::string_view name) {
  if (!absl::ConsumePrefix(&name, "tenants/")) return {};
  return name.substr(0, name.find('/'));
}

absl::string_view WithoutTenant(absl::string_view name) {
  if (!absl::ConsumePrefix(&name, "tenants/")) return name;
  const std::size_t slash = name.find('/');
  return slash == absl::string_view::npos ? absl::string_view() : name.substr(slash + 1);
}

}  // namespace rapport::resource
