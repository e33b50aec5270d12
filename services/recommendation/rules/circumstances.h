// A relationship at an instant: what several rules ask, and the reasons that they share.
#ifndef RAPPORT_SERVICES_RECOMMENDATION_RULES_CIRCUMSTANCES_H_
#define RAPPORT_SERVICES_RECOMMENDATION_RULES_CIRCUMSTANCES_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "rapport/recommendation/v1/suggestion.pb.h"
#include "services/recommendation/rules/reading.h"
#include "services/recommendation/rules/wording.h"

namespace rapport::recommendation {

v1::Reason MakeReason(v1::ReasonCode code, std::string text, absl::string_view source);
// The number that decided, and what it was held against.
v1::Reason Measured(v1::Reason reason, double value, double threshold);
// The smallest change that would alter the answer.
v1::Reason Until(v1::Reason reason, std::string would_change);

// `facts` must outlive this. Instants are whole microseconds.
struct Circumstances {
  Circumstances(const RelationshipFacts& facts, absl::Time instant, absl::TimeZone steward_zone);

  const RelationshipFacts& facts;
  const Reading reading;
  const std::int64_t us;
  const absl::Time as_of;
  const absl::TimeZone zone;
  const std::int64_t silence_us;
  const bool silent;  // Longer than tolerated.
  const std::int64_t keep_until_us;
  const Wording say;

  // They refused lately, or asked us to stop; a loss of theirs is fresh, or a care guard stands.
  bool RefusedLately() const;
  bool Tender() const;

  bool IsBroken(const OpenPromise& promise) const {
    return promise.due_us != kNever && promise.due_us + kPromiseGraceUs < us;
  }
  // Due within two working days, or late within grace.
  bool FallsDue(const OpenPromise& promise) const {
    return !IsBroken(promise) && promise.due_us < keep_until_us;
  }
  double AgeDays(std::uint32_t then_s) const {
    return Days(us - std::int64_t{then_s} * kMicrosPerSecond);
  }
  std::int64_t Seconds() const { return absl::ToUnixSeconds(as_of); }
  // How long the relationship has been known without a meeting.
  std::int64_t AgeUs() const { return reading.since_us < us ? us - reading.since_us : 0; }
  // Days until silence is too long, at least one.
  std::int64_t DaysLeft() const;

  // Names to cite.
  absl::string_view Relation() const { return facts.relationship->name(); }
  absl::string_view Person() const;
  absl::string_view Statistics() const;
  static absl::string_view Or(absl::string_view a, absl::string_view b) {
    return a.empty() ? b : a;
  }

  // Why nothing may begin with us at all, if so.
  std::optional<v1::Reason> Withheld() const;
  v1::Reason Quieted() const;
  v1::Reason Guarded() const;
  v1::Reason Resting() const;
  v1::Reason Degraded(std::string text) const;
  v1::Reason Within() const;
  v1::Reason NotMetYet() const;
};

}  // namespace rapport::recommendation

#endif  // RAPPORT_SERVICES_RECOMMENDATION_RULES_CIRCUMSTANCES_H_
