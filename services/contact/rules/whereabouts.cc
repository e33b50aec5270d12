#include "services/contact/rules/whereabouts.h"

#include <set>
#include <utility>

namespace rapport::contact::rules {
namespace {

// Takes the names that can be loaded. False if there is none.
bool Take(const std::set<std::string>& names, Whereabouts::Source source, Whereabouts* out) {
  for (const auto& name : names) {
    absl::TimeZone zone;
    if (name.empty() || !absl::LoadTimeZone(name, &zone)) continue;
    out->names.push_back(name);
    out->zones.push_back(zone);
  }
  if (out->names.empty()) return false;
  out->source = source;
  return true;
}

std::set<std::string> ZonesOf(absl::Span<const std::string> regions, const time::ZoneTable& table) {
  std::set<std::string> names;
  for (const auto& region : regions) {
    const auto& zones = table.OfRegion(region);
    names.insert(zones.begin(), zones.end());
  }
  return names;
}

}  // namespace

const char* NameOf(Whereabouts::Source source) {
  switch (source) {
    case Whereabouts::Source::kPreference:
      return "preference";
    case Whereabouts::Source::kCard:
      return "card";
    case Whereabouts::Source::kAddress:
      return "address";
    case Whereabouts::Source::kPhone:
      return "phone";
    case Whereabouts::Source::kUnknown:
      break;
  }
  return "unknown";
}

Whereabouts WhereaboutsOf(const v1::Preference& preference, const v1::Person& person,
                          absl::Span<const std::string> regions_of_addresses,
                          absl::Span<const std::string> regions_of_phones,
                          const v1::Settings& settings, const time::ZoneTable& table) {
  using Known = Whereabouts::Source;
  const std::string assumed[] = {settings.default_region()};
  const std::pair<Known, std::set<std::string>> ladder[] = {
      {Known::kPreference, {preference.time_zone()}},
      {Known::kCard, {person.time_zone()}},
      {Known::kAddress, ZonesOf(regions_of_addresses, table)},
      {Known::kPhone, ZonesOf(regions_of_phones, table)},
      {Known::kUnknown, ZonesOf(assumed, table)},
      {Known::kUnknown, {settings.working_zone()}},
  };
  Whereabouts found;
  for (const auto& [source, names] : ladder) {
    if (Take(names, source, &found)) return found;
  }
  found.names = {"UTC"};
  found.zones = {absl::UTCTimeZone()};
  return found;
}

}  // namespace rapport::contact::rules
