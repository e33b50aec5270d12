// The time zones that a person may be in, and how we know: never one zone by guess.
#ifndef RAPPORT_SERVICES_CONTACT_RULES_WHEREABOUTS_H_
#define RAPPORT_SERVICES_CONTACT_RULES_WHEREABOUTS_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/time/zone_table.h"
#include "rapport/contact/v1/person.pb.h"
#include "rapport/contact/v1/steward.pb.h"

namespace rapport::contact::rules {

struct Whereabouts {
  enum class Source { kPreference, kCard, kAddress, kPhone, kUnknown };

  Source source = Source::kUnknown;
  std::vector<std::string> names;     // sorted, each once; never empty
  std::vector<absl::TimeZone> zones;  // those of the names, in the same order

  bool known() const { return source != Source::kUnknown; }
};

// "preference", "card", "address", "phone", "unknown"
const char* NameOf(Whereabouts::Source source);

// The zone that the person named, else the one on the card, else the zones of the regions of their
// addresses, else of their telephone numbers. Where nothing tells, the zones of the tenant's
// default region, else its working zone, else UTC, with the source kUnknown: an assumption, for
// which only customary hours are permitted. Names that the machine's database does not know are
// passed over.
Whereabouts WhereaboutsOf(const v1::Preference& preference, const v1::Person& person,
                          absl::Span<const std::string> regions_of_addresses,
                          absl::Span<const std::string> regions_of_phones,
                          const v1::Settings& settings, const time::ZoneTable& table);

}  // namespace rapport::contact::rules

#endif  // RAPPORT_SERVICES_CONTACT_RULES_WHEREABOUTS_H_
