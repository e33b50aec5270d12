// The meetings of a house as one calendar.
#ifndef RAPPORT_TOOLS_RAPPORTCTL_CALENDAR_EXPORT_H_
#define RAPPORT_TOOLS_RAPPORTCTL_CALENDAR_EXPORT_H_

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "rapport/engagement/v1/engagement.pb.h"
#include "tools/rapportctl/calendar_writer.h"
#include "tools/rapportctl/connection.h"

namespace rapport::rapportctl {

// Not thread-safe.
class CalendarExport {
 public:
  explicit CalendarExport(Connection* connection) : connection_(*connection) {}

  // The VEVENT of a meeting; "" for other engagements. Looks up whom it was with: cheap where
  // the engagements of a relationship come together.
  absl::StatusOr<std::string> Event(const engagement::v1::Engagement& engagement);

 private:
  absl::StatusOr<CalendarPeople> PeopleOf(const engagement::v1::Engagement& engagement);
  absl::StatusOr<CalendarPeople> PersonOf(const std::string& relationship);

  Connection& connection_;
  bool stewards_known_ = false;
  std::map<std::string, CalendarPeople> stewards_;  // our side, by resource name
  std::string relationship_;                        // that person_ belongs to
  CalendarPeople person_;
};

}  // namespace rapport::rapportctl

#endif  // RAPPORT_TOOLS_RAPPORTCTL_CALENDAR_EXPORT_H_
