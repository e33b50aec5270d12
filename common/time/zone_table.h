// Which time zones the regions of the world have, by the machine's own time zone database.
#ifndef RAPPORT_COMMON_TIME_ZONE_TABLE_H_
#define RAPPORT_COMMON_TIME_ZONE_TABLE_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace rapport::time {

// Immutable.
class ZoneTable {
 public:
  // Reads zone.tab, or zone1970.tab where there is none, and the release of the database.
  // NOT_FOUND if the folder holds neither, with one line for the operator.
  static absl::StatusOr<ZoneTable> Load(const std::string& folder = "/usr/share/zoneinfo");

  // IANA names of the zones of a region (ISO 3166-1 alpha-2, "PT"), in the order of the database;
  // empty for a region that it does not list.
  const std::vector<std::string>& OfRegion(absl::string_view region) const;
  // Every zone of every region, by name, each once.
  const std::vector<std::string>& all() const { return all_; }
  // The release of the database, e.g. "2026a"; "unknown" if it does not say.
  const std::string& version() const { return version_; }

 private:
  ZoneTable() = default;
  std::map<std::string, std::vector<std::string>, std::less<>> by_region_;
  std::vector<std::string> all_;
  std::string version_;
};

}  // namespace rapport::time

#endif  // RAPPORT_COMMON_TIME_ZONE_TABLE_H_
