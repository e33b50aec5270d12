#include "services/engagement/tenant_hours.h"

#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "common/base/status_macros.h"
#include "common/resource/name.h"
#include "common/time/daily_window.h"

namespace rapport::engagement {

rules::WorkingHours WorkingHoursOf(const contact::v1::Settings& settings) {
  std::vector<time::DailyWindow> windows;
  for (const auto& given : settings.working_hours()) {
    time::DailyWindow window;
    window.begin_minute = given.begin_minute();
    window.end_minute = given.end_minute();
    if (given.weekdays_size() > 0) window.weekdays = 0;
    for (const int day : given.weekdays()) window.weekdays |= 1u << ((day + 6) % 7);
    windows.push_back(window);
  }
  absl::TimeZone zone = absl::UTCTimeZone();
  if (!settings.working_zone().empty()) absl::LoadTimeZone(settings.working_zone(), &zone);
  return rules::WorkingHours(windows, zone);
}

absl::StatusOr<TenantHours::Hours> TenantHours::Of(store::Snapshot& snapshot,
                                                   const base::TenantId& tenant) {
  if (Hours known = Find(tenant)) return known;
  const std::string name = resource::Name<contact::v1::Settings>::Of(tenant.value()).text();
  ASSIGN_OR_RETURN(const auto found, resources_.settings.Find(snapshot, name));
  Hours hours = std::make_shared<const rules::WorkingHours>(found ? WorkingHoursOf(*found)
                                                                  : rules::WorkingHours());
  cache_.Fill(tenant.value(), snapshot.sequence(), hours);
  return hours;
}

TenantHours::Hours TenantHours::Of(const base::TenantId& tenant, const cache::CachedRow& settings) {
  const auto known = parsed_.Find(tenant.value());
  if (known && known->version == settings.version) return known->hours;
  contact::v1::Settings parsed;
  auto hours = settings.exists && parsed.ParseFromString(settings.payload)
                   ? std::make_shared<const rules::WorkingHours>(WorkingHoursOf(parsed))
                   : std::make_shared<const rules::WorkingHours>();
  parsed_.Wrote(tenant.value(), static_cast<std::int64_t>(settings.version),
                Parsed{settings.version, hours});
  return hours;
}

absl::Status TenantHours::Put(store::Tx& tx, const contact::v1::Settings& settings) {
  RETURN_IF_ERROR(resources_.settings.Put(tx, settings));
  tx.OnCommit([this, tenant = tx.tenant().value(),
               hours = Hours(std::make_shared<const rules::WorkingHours>(WorkingHoursOf(
                   settings)))](std::int64_t sequence) { cache_.Wrote(tenant, sequence, hours); });
  return absl::OkStatus();
}

}  // namespace rapport::engagement
