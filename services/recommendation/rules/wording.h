// The phrases that rules and briefings share, for one person at one instant.
#ifndef RAPPORT_SERVICES_RECOMMENDATION_RULES_WORDING_H_
#define RAPPORT_SERVICES_RECOMMENDATION_RULES_WORDING_H_

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "services/recommendation/rules/reading.h"
#include "services/recommendation/rules/speech.h"

namespace rapport::recommendation {

class Wording {
 public:
  // `person` may be null and must outlive this.
  Wording(const contact::v1::Person* person, absl::Time as_of, absl::TimeZone zone)
      : called(person), person_(person), as_of_(as_of), zone_(zone) {}

  const Called called;

  // SayDay of microseconds, SayWhen and SayDate of seconds.
  std::string Day(std::int64_t us) const { return SayDay(absl::FromUnixMicros(us), as_of_, zone_); }
  std::string When(std::int64_t seconds) const {
    return SayWhen(absl::FromUnixSeconds(seconds), as_of_, zone_);
  }
  std::string Date(std::int64_t seconds) const {
    return SayDate(absl::FromUnixSeconds(seconds), as_of_, zone_);
  }

  // The promise in quotes, or "what you promised" if its words are not known.
  static std::string Promised(const OpenPromise& promise) {
    return promise.text.empty() ? std::string("what you promised") : Quote(promise.text);
  }
  // " (and 2 more)" for three, nothing for one.
  static std::string More(std::size_t count) {
    return count < 2 ? std::string() : absl::StrCat(" (and ", count - 1, " more)");
  }
  // " about "Export"", or nothing without a subject.
  static std::string About(const WaitingLetter& letter) {
    const absl::string_view subject = BareSubject(letter.subject);
    return subject.empty() ? std::string() : absl::StrCat(" about ", Quote(subject));
  }
  // "feedback on the report page".
  static std::string Feedback(const WaitingFeedback& feedback) {
    return feedback.about.empty() ? std::string("feedback")
                                  : absl::StrCat("feedback on ", feedback.about);
  }
  // "birthday and wedding anniversary": all that falls on a day. Needs a person.
  std::string DayNames(absl::CivilDay day) const;

 private:
  const contact::v1::Person* const person_;
  const absl::Time as_of_;
  const absl::TimeZone zone_;
};

// Days of 86400 seconds.
inline double Days(std::int64_t us) {
  return static_cast<double>(us) / static_cast<double>(kMicrosPerDay);
}

}  // namespace rapport::recommendation

#endif  // RAPPORT_SERVICES_RECOMMENDATION_RULES_WORDING_H_
