// Regions of the world (ISO 3166-1 alpha-2, "PT") that a way to reach somebody tells of.
// Thread-safe.
#ifndef RAPPORT_COMMON_TEXT_REGION_H_
#define RAPPORT_COMMON_TEXT_REGION_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace rapport::text {

// The regions that an E.164 number may belong to: one where the numbering plan tells, all that
// share the country code where it does not, none for numbers of no country (+800...).
std::vector<std::string> RegionsOfPhone(absl::string_view e164);

// The region whose name stands last in a postal address, behind the last comma, semicolon or end of
// line: its name in English or in a language spoken there, or its ISO alpha-3 code. Empty if there
// is none. Two letters are never read as a region: "CA" ends addresses of California and Canada.
std::string RegionOfAddress(absl::string_view address);

}  // namespace rapport::text

#endif  // RAPPORT_COMMON_TEXT_REGION_H_
