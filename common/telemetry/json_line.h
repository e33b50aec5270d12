// One JSON object on one line. Internal to this folder.
#ifndef RAPPORT_COMMON_TELEMETRY_JSON_LINE_H_
#define RAPPORT_COMMON_TELEMETRY_JSON_LINE_H_

#include <cstdint>
#include <string>
#include <variant>

#include "absl/strings/string_view.h"

namespace rapport::telemetry {

using JsonScalar = std::variant<bool, std::int64_t, double, absl::string_view>;

// `text` as a JSON string with its quotes. Control characters, DEL, the C1 controls and the line
// separators U+2028/9 are escaped, bytes that are no UTF-8 become U+FFFD.
void AppendJsonString(absl::string_view text, std::string& out);

// Numbers that JSON does not know (NaN, infinities) become null.
void AppendJsonScalar(const JsonScalar& value, std::string& out);

}  // namespace rapport::telemetry

#endif  // RAPPORT_COMMON_TELEMETRY_JSON_LINE_H_
