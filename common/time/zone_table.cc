#include "common/time/zone_table.h"

#include <fstream>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace rapport::time {
namespace {

// tzdata.zi begins with "# version 2026a"; a compiled database may have the file +VERSION instead.
std::string VersionIn(const std::string& folder) {
  std::string line;
  std::ifstream compact(folder + "/tzdata.zi");
  if (std::getline(compact, line)) {
    absl::string_view text = line;
    if (absl::ConsumePrefix(&text, "# version ")) {
      return std::string(absl::StripAsciiWhitespace(text));
    }
  }
  std::ifstream named(folder + "/+VERSION");
  if (std::getline(named, line) && !absl::StripAsciiWhitespace(line).empty()) {
    return std::string(absl::StripAsciiWhitespace(line));
  }
  return "unknown";
}

}  // namespace

absl::StatusOr<ZoneTable> ZoneTable::Load(const std::string& folder) {
  ZoneTable table;
  std::set<std::string> all;
  for (const char* name : {"/zone.tab", "/zone1970.tab"}) {
    std::ifstream in(folder + name);
    std::string line;
    while (std::getline(in, line)) {
      if (line.empty() || line.front() == '#') continue;
      // regions, coordinates, zone, and often a comment
      const std::vector<std::string> columns = absl::StrSplit(line, '\t');
      if (columns.size() < 3) continue;
      for (absl::string_view region : absl::StrSplit(columns[0], ',')) {
        table.by_region_[std::string(region)].push_back(columns[2]);
      }
      all.insert(columns[2]);
    }
    if (!all.empty()) break;
  }
  if (all.empty()) {
    return absl::NotFoundError("no zone.tab in " + folder + ": is tzdata installed?");
  }
  table.all_.assign(all.begin(), all.end());
  table.version_ = VersionIn(folder);
  return table;
}

const std::vector<std::string>& ZoneTable::OfRegion(absl::string_view region) const {
  static const auto* const kNone = new std::vector<std::string>;
  const auto it = by_region_.find(std::string(region));
  return it == by_region_.end() ? *kNone : it->second;
}

}  // namespace rapport::time
