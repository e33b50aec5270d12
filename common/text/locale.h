// Names of languages and time zones, checked. Thread-safe.
#ifndef RAPPORT_COMMON_TEXT_LOCALE_H_
#define RAPPORT_COMMON_TEXT_LOCALE_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace rapport::text {

// The canonical form ("pt-br" becomes "pt-BR") of a well-formed BCP 47 language tag of at most 64
// bytes; INVALID_ARGUMENT for anything else. Well-formed does not mean that anyone speaks it.
absl::StatusOr<std::string> CanonicalLanguageTag(absl::string_view tag);
bool IsWellFormedLanguageTag(absl::string_view tag);

// The time zone of an IANA name ("Europe/Lisbon", "UTC"). INVALID_ARGUMENT for anything else: for
// paths and for "localtime" too, which the loader below would take. A missing tzdata makes every
// name but UTC unknown: never silently UTC.
absl::StatusOr<absl::TimeZone> LoadIanaZone(absl::string_view name);
bool IsIanaZone(absl::string_view name);

}  // namespace rapport::text

#endif  // RAPPORT_COMMON_TEXT_LOCALE_H_
