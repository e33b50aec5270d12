#include "common/text/locale.h"

#include <sys/stat.h>
#include <unicode/locid.h>
#include <unicode/uloc.h>

#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

namespace rapport::text {
namespace {

constexpr std::size_t kMaxLanguageTag = 64;
constexpr std::size_t kMaxZoneName = 64;
constexpr char kZoneDirectory[] = "/usr/share/zoneinfo/";

bool IsAlnum(char c) { return absl::ascii_isalnum(static_cast<unsigned char>(c)); }

// The form of the names in the IANA data: parts of letters, digits, "_", "-" and "+" that start
// with a letter, e.g. "America/Argentina/Buenos_Aires", "Etc/GMT+5".
bool HasZoneForm(absl::string_view name) {
  if (name.empty() || name.size() > kMaxZoneName) return false;
  for (absl::string_view part : absl::StrSplit(name, '/')) {
    if (part.empty() || !absl::ascii_isupper(static_cast<unsigned char>(part.front()))) {
      return false;
    }
    for (char c : part) {
      if (!IsAlnum(c) && c != '_' && c != '-' && c != '+') return false;
    }
  }
  return true;
}

}  // namespace

absl::StatusOr<std::string> CanonicalLanguageTag(absl::string_view tag) {
  absl::Status malformed = absl::InvalidArgumentError("not a BCP 47 language tag");
  if (tag.empty() || tag.size() > kMaxLanguageTag) return malformed;
  for (char c : tag) {
    if (!IsAlnum(c) && c != '-') return malformed;
  }
  const std::string text(tag);
  std::array<char, 256> locale{};
  std::array<char, 256> canonical{};
  std::int32_t parsed = 0;
  UErrorCode error = U_ZERO_ERROR;
  uloc_forLanguageTag(text.c_str(), locale.data(), static_cast<std::int32_t>(locale.size()),
                      &parsed, &error);
  if (U_FAILURE(error) || error == U_STRING_NOT_TERMINATED_WARNING) return malformed;
  if (static_cast<std::size_t>(parsed) != text.size()) return malformed;
  const std::int32_t length =
      uloc_toLanguageTag(locale.data(), canonical.data(),
                         static_cast<std::int32_t>(canonical.size()), /*strict=*/1, &error);
  if (U_FAILURE(error) || error == U_STRING_NOT_TERMINATED_WARNING) return malformed;
  return std::string(canonical.data(), static_cast<std::size_t>(length));
}

bool IsWellFormedLanguageTag(absl::string_view tag) { return CanonicalLanguageTag(tag).ok(); }

absl::StatusOr<absl::TimeZone> LoadIanaZone(absl::string_view name) {
  if (name == "UTC") return absl::UTCTimeZone();
  absl::Status unknown = absl::InvalidArgumentError("not the name of an IANA time zone");
  if (!HasZoneForm(name)) return unknown;
  const std::string text(name);
  // The loader remembers every name that it was asked for, also unknown ones, for ever. So only
  // names that exist reach it.
  struct stat file {};
  if (::stat((kZoneDirectory + text).c_str(), &file) != 0 || !S_ISREG(file.st_mode)) {
    return unknown;
  }
  absl::TimeZone zone;
  if (!absl::LoadTimeZone(text, &zone)) return unknown;
  return zone;
}

bool IsIanaZone(absl::string_view name) { return LoadIanaZone(name).ok(); }

}  // namespace rapport::text
