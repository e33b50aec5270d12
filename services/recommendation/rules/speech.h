// How people say days, spans and names in English. All functions are pure; days are days of `zone`.
#ifndef RAPPORT_SERVICES_RECOMMENDATION_RULES_SPEECH_H_
#define RAPPORT_SERVICES_RECOMMENDATION_RULES_SPEECH_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "rapport/contact/v1/person.pb.h"

namespace rapport::recommendation {

// "2 March"; with the year if the day is more than nine months away from `as_of`.
std::string SayDate(absl::Time t, absl::Time as_of, absl::TimeZone zone);

// A day to put after "by" or "for": "today", "tomorrow", "yesterday", "Thursday" if less than a
// week away, else as SayDate.
std::string SayDay(absl::Time t, absl::Time as_of, absl::TimeZone zone);

// A day to end a clause with: "today", "tomorrow", "yesterday", "on Thursday", "19 days ago",
// "in 12 days", "5 weeks ago", "in 5 weeks", "in March", "in March 2024".
std::string SayWhen(absl::Time t, absl::Time as_of, absl::TimeZone zone);

// The distance in days: "today", "tomorrow", "yesterday", "in 3 days", "3 days ago".
std::string SayDistance(absl::Time t, absl::Time as_of, absl::TimeZone zone);

// "1 day", "42 days".
std::string SayCount(std::int64_t count, absl::string_view noun);

// Days rounded to whole ones, at least "1 day".
std::string SayRounded(double days);

// How long it is from `from` to `to`: "3 years 2 months", "5 months", "3 weeks", "4 days".
std::string SaySpan(absl::Time from, absl::Time to, absl::TimeZone zone);

// The words in double quotes, clipped to about 100 bytes.
std::string Quote(absl::string_view words);

// A subject line without "Re:", "Fwd:" and their like.
absl::string_view BareSubject(absl::string_view subject);

// "Portuguese" for "pt-PT"; the tag itself if its language is not in the list.
std::string SayLanguage(absl::string_view tag);

// "Lisbon" for "Europe/Lisbon", "New York" for "America/New_York"; empty for zones without a place.
std::string SayPlace(absl::string_view time_zone);

// How to speak of a person: by given name, else by the whole name, else as "they".
class Called {
 public:
  // `person` may be null.
  explicit Called(const contact::v1::Person* person);
  // "Ana" or "they"; "They" at the start of a sentence.
  std::string Subject() const { return named_ ? name_ : "they"; }
  std::string Start() const { return named_ ? name_ : "They"; }
  // "Ana" or "them".
  std::string Object() const { return named_ ? name_ : "them"; }
  // "Ana's" or "Their".
  std::string StartPossessive() const;
  // The form of a verb that goes with the subject.
  absl::string_view Verb(absl::string_view with_name, absl::string_view with_they) const {
    return named_ ? with_name : with_they;
  }

 private:
  std::string name_;
  bool named_ = false;
};

}  // namespace rapport::recommendation

#endif  // RAPPORT_SERVICES_RECOMMENDATION_RULES_SPEECH_H_
