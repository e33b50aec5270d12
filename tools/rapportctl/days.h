// Dates as people say them, and as they type them. Pure functions.
#ifndef RAPPORT_TOOLS_RAPPORTCTL_DAYS_H_
#define RAPPORT_TOOLS_RAPPORTCTL_DAYS_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace rapport::rapportctl {

// How times are said: from where, and how closely.
struct DayStyle {
  absl::Time now;
  absl::TimeZone zone;
  bool exact = false;  // RFC 3339 instead of words
};

// To end a clause: "today", "tomorrow", "yesterday", "on Thursday", "in 12 days", "19 days ago",
// "12 March", "12 March 2024".
std::string SayWhen(absl::Time t, const DayStyle& style);
// A point of a story: "today 09:30", "yesterday 17:02", "Thursday 14:00", "12 March",
// "12 March 2024".
std::string SayMoment(absl::Time t, const DayStyle& style);
// "morning", "afternoon" or "evening".
absl::string_view PartOfDay(absl::Time now, absl::TimeZone zone);

enum class Tense {
  kPast,    // "thursday" is the last one
  kFuture,  // "thursday" is the next one
};

struct TypedTime {
  absl::Time now;
  absl::TimeZone zone;
  Tense tense = Tense::kPast;
  // The time of a day that was typed without one.
  absl::Duration time_of_day = absl::Hours(9);
};

// Reads an RFC 3339 instant, "2026-03-12", "2026-03-12 14:30", "now", "today", "tomorrow",
// "yesterday", a day of the week, "3 days ago", "in 2 weeks" (days, weeks, months, years).
// INVALID_ARGUMENT for anything else, as FIELD of `field`.
absl::StatusOr<absl::Time> ReadTime(absl::string_view field, absl::string_view text,
                                    const TypedTime& typed);

}  // namespace rapport::rapportctl

#endif  // RAPPORT_TOOLS_RAPPORTCTL_DAYS_H_
