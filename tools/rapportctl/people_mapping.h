// What a vCard says, as a person of Rapport. Pure functions.
#ifndef RAPPORT_TOOLS_RAPPORTCTL_PEOPLE_MAPPING_H_
#define RAPPORT_TOOLS_RAPPORTCTL_PEOPLE_MAPPING_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "rapport/contact/v1/people_service.pb.h"
#include "tools/import/contact.h"

namespace rapport::rapportctl {

struct PeopleMapping {
  std::string source = "vcard";         // of the external ids
  std::vector<std::string> stewards{};  // resource names, for newly opened relationships
};

struct MappedPerson {
  contact::v1::PersonUpsert upsert;
  // Lines of the card that were left out because they are larger than Rapport keeps.
  int dropped_lines = 0;
};

// Every text is cut to the limits of the API, on the border of a character. The external id is the
// UID of the card, or a hash of name and first address that stays the same as long as they do.
// What has no field of its own goes to unmodelled_properties as vCard lines.
MappedPerson PersonOf(const importer::Contact& contact, const PeopleMapping& mapping);

// One line without control characters, at most `max_bytes` bytes.
std::string Line(absl::string_view text, std::size_t max_bytes);

}  // namespace rapport::rapportctl

#endif  // RAPPORT_TOOLS_RAPPORTCTL_PEOPLE_MAPPING_H_
