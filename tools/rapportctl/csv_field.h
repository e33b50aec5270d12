// Fields of messages from words: what a column of a table says. Pure functions.
#ifndef RAPPORT_TOOLS_RAPPORTCTL_CSV_FIELD_H_
#define RAPPORT_TOOLS_RAPPORTCTL_CSV_FIELD_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/message.h"

namespace rapport::rapportctl {

struct FieldFormat {
  std::string separator = ",";
  std::vector<std::string> time_formats{};
  absl::TimeZone zone = absl::UTCTimeZone();
};

// The field that callers may set at a path ("title", "questions.problem"); null if there is none.
const google::protobuf::FieldDescriptor* FindField(const google::protobuf::Descriptor* type,
                                                   absl::string_view path);

// Sets the field at a path that FindField knows: texts, cut to the field's limit; lists of texts;
// numbers; yes and no; names of enums in any letter case; times; durations in seconds.
// INVALID_ARGUMENT says what it is not ("is no number"), without the text itself.
absl::Status SetField(absl::string_view path, absl::string_view text, const FieldFormat& format,
                      google::protobuf::Message* message);

// By the formats, else RFC 3339, "2026-03-12 14:30" or "2026-03-12".
absl::StatusOr<absl::Time> ReadInstant(absl::string_view text, const FieldFormat& format);

}  // namespace rapport::rapportctl

#endif  // RAPPORT_TOOLS_RAPPORTCTL_CSV_FIELD_H_
