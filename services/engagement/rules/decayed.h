// The sums of statistics as they are worth at an instant not earlier than the one that they hold
// for (product.md 3.0).
#ifndef RAPPORT_SERVICES_ENGAGEMENT_RULES_DECAYED_H_
#define RAPPORT_SERVICES_ENGAGEMENT_RULES_DECAYED_H_

#include <cstdint>

#include "rapport/engagement/v1/rapport.pb.h"
#include "rapport/type/v1/common.pb.h"
#include "services/engagement/rules/decay.h"
#include "services/engagement/rules/entries.h"
#include "services/engagement/rules/parameters.h"

namespace rapport::engagement::rules {

// Outcomes of one side's promises at an instant.
struct Outcomes {
  double kept = 0;
  double late = 0;
  double repaired = 0;
  double broken = 0;
  double n() const { return kept + late + repaired + broken; }
};

// A view: the statistics outlive it.
class Decayed {
 public:
  Decayed(const v1::RelationshipStatistics& s, std::int64_t us, const Parameters& p)
      : s_(s), us_(us), p_(p) {
    const double age = s.has_sums_time() ? DaysBetween(Micros(s.sums_time()), us) : 0;
    contact_ = Weight(age, p.contact_half_life_days);
    promise_ = Weight(age, p.promise_half_life_days);
    fact_ = Weight(age, p.fact_half_life_days);
    claim_ = Weight(age, p.claim_half_life_days);
  }

  std::int64_t us() const { return us_; }
  double contact(double sum) const { return sum * contact_; }
  double fact(double sum) const { return sum * fact_; }
  double claim(double sum) const { return sum * claim_; }
  double DaysSince(const google::protobuf::Timestamp& t) const {
    return DaysBetween(Micros(t), us_);
  }

  // With what the clock has broken by then.
  Outcomes OutcomesOf(type::v1::Party by) const {
    const bool theirs = by == type::v1::PARTY_PERSON;
    const v1::PromiseSums& sums = theirs ? s_.their_promises() : s_.our_promises();
    Outcomes out{sums.kept() * promise_, sums.late() * promise_, sums.repaired() * promise_, 0};
    for (const v1::OpenPromise& open : s_.open_promises()) {
      if ((open.promised_by() == type::v1::PARTY_PERSON) != theirs) continue;
      const std::int64_t grace_end = GraceEndMicros(open.due_time(), p_);
      if (grace_end < us_) {
        out.broken += Weight(DaysBetween(grace_end, us_), p_.promise_half_life_days);
      }
    }
    return out;
  }

 private:
  const v1::RelationshipStatistics& s_;
  const std::int64_t us_;
  const Parameters& p_;
  double contact_ = 1;
  double promise_ = 1;
  double fact_ = 1;
  double claim_ = 1;
};

}  // namespace rapport::engagement::rules

#endif  // RAPPORT_SERVICES_ENGAGEMENT_RULES_DECAYED_H_
