// Whether an offer may be proposed to a person now (product measure 3.14). It fails closed: what is
// not known is not met. Three ways to ask:
//
//   stake HIGH   everything below
//   stake LOW    without coverage, fills, listening and give to ask; an implied need suffices
//   person-led   they asked to buy within 30 days: only "always" is kept, the rest is waived
//
//   always       data; standing OPEN (person-led: not QUIETED, or they wait for our answer); no
//   care
//                guard; permission to process (person-led); eligibility; suitability
//   any stake    consent to proposals, a way and an hour that they allow, contact pressure, the
//                person's own ceiling, no broken promise, no unanswered grievance, no open
//                after-care, a need, the rest after a decline, nothing on its way, reliability,
//                applicability
#ifndef RAPPORT_SERVICES_RECOMMENDATION_RULES_READINESS_H_
#define RAPPORT_SERVICES_RECOMMENDATION_RULES_READINESS_H_

#include <string>
#include <vector>

#include "rapport/recommendation/v1/suggestion.pb.h"
#include "services/recommendation/rules/circumstances.h"
#include "services/recommendation/rules/ties.h"

namespace rapport::recommendation {

struct Condition {
  v1::ReadinessCondition shown;
  // Why it stands in the way, one clause; empty if it is met.
  std::string text;
  // What `shown.step` says can be done by us, or by asking them.
  bool in_our_hands = false;

  bool StandsInTheWay() const { return !shown.met() && !shown.waived(); }
};

struct Judged {
  Ties ties;
  // Both services were asked, so that no condition is missing; else never ready.
  bool complete = false;
  bool ready = false;
  // Those that stand in the way first; of a person-led request an open grievance before them.
  std::vector<Condition> conditions;
  // The smallest set of changes that would make it ready. Empty if it is ready, if something stands
  // in the way that is not in our hands, or if it is not complete.
  std::vector<v1::ReadinessChange> changes;

  // How many conditions stand in the way.
  std::size_t obstacles() const;
};

// Pure. If `at.facts.live` is null, what depends on it is left out, but for slots that hold no
// fact.
Judged Judge(const Circumstances& at, Ties ties);

// The nearest to ready first: ready ones, person-led ones, fewer obstacles, then as given.
void NearestFirst(std::vector<Judged>& judged);

// One reason of each code that stands in the way.
std::vector<v1::Reason> ReasonsOf(const Judged& judged);

v1::Readiness ToReadiness(const Circumstances& at, const Judged& judged);

// When and how contact is welcome, from contact's answer; nothing if it was not asked.
v1::ContactWindow WindowOf(const Circumstances& at);

// The relationship may be asked about at all: no offer is ready while one of these stands. What
// they say costs nothing, so it is looked at before anybody is asked.
bool MayAsk(const Circumstances& at);

}  // namespace rapport::recommendation

#endif  // RAPPORT_SERVICES_RECOMMENDATION_RULES_READINESS_H_
