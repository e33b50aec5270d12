// Plans that an earlier import recorded, brought up to what the calendar says now: moved ones are
// amended, and what the calendar no longer holds is taken back.
#ifndef RAPPORT_TOOLS_RAPPORTCTL_CALENDAR_PLANS_H_
#define RAPPORT_TOOLS_RAPPORTCTL_CALENDAR_PLANS_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "rapport/engagement/v1/engagement_service.pb.h"
#include "tools/import/calendar_series.h"
#include "tools/rapportctl/connection.h"
#include "tools/rapportctl/mail_mapping.h"

namespace rapport::rapportctl {

// Looks only at people with whom the calendar has a meeting in the last year or ahead, and only at
// series that it holds: another calendar's plans are none of its business. Not thread-safe.
class CalendarPlans {
 public:
  CalendarPlans(Connection* connection, std::string source, absl::Time now)
      : connection_(*connection), source_(std::move(source)), now_(now) {}

  // A meeting, held or not: with these people something may have been planned.
  void LookAt(const importer::CalendarOccurrence& occurrence, const std::string& thread,
              const OwnAddresses& ours);
  // An engagement that the calendar holds.
  void Hold(const engagement::v1::Engagement& engagement);

  // After all is recorded. Returns how many plans were changed or taken back.
  absl::StatusOr<std::int64_t> Settle();

 private:
  absl::StatusOr<std::int64_t> SettleWith(const std::string& email);
  absl::StatusOr<bool> SettleOne(const engagement::v1::Engagement& plan);

  Connection& connection_;
  const std::string source_;
  const absl::Time now_;
  std::set<std::string> people_;   // mail addresses to look at
  std::set<std::string> threads_;  // that the file holds
  // What the file holds of late and ahead, by source_id.
  std::map<std::string, engagement::v1::Engagement> held_;
};

}  // namespace rapport::rapportctl

#endif  // RAPPORT_TOOLS_RAPPORTCTL_CALENDAR_PLANS_H_
