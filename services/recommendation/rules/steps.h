// The steps that are considered for one relationship, each in its own function: it suggests its
// kind once, or excludes it with reasons. They are called in the order of their classes.
#ifndef RAPPORT_SERVICES_RECOMMENDATION_RULES_STEPS_H_
#define RAPPORT_SERVICES_RECOMMENDATION_RULES_STEPS_H_

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "rapport/recommendation/v1/suggestion.pb.h"
#include "services/recommendation/rules/circumstances.h"
#include "services/recommendation/rules/facts.h"

namespace rapport::recommendation {

// The decision as it grows.
class Steps {
 public:
  // `facts_of_one` must outlive this.
  Steps(const RelationshipFacts& facts_of_one, absl::Time as_of, absl::TimeZone steward_zone);

  const RelationshipFacts& facts;
  const Circumstances at;
  const Wording& say;
  const Reading& reading;
  v1::Decision decision;

  // Adds the suggestion with class, conduct and score. HUMAN_REQUIRED if `human`, after a long
  // silence, a refusal or a loss (product R14).
  v1::Suggestion& Suggest(v1::StepKind kind, std::string summary, std::int64_t due_us,
                          std::vector<v1::Reason> reasons, bool human = false);
  void Exclude(v1::StepKind kind, std::vector<v1::Reason> reasons, absl::string_view offer = {});

 private:
  const bool delicate_;
};

v1::StepClass ClassOf(v1::StepKind kind);

// Names of what is late or missing, each once, in order.
std::set<std::string> DegradedOf(const RelationshipFacts& facts);

// OBLIGATION
void Repair(Steps& s);
void Answer(Steps& s);
void KeepPromise(Steps& s);
// CARE_CLASS
void Care(Steps& s);
// TELL_CLASS
void TellBack(Steps& s);
void Thank(Steps& s);
// LISTEN_CLASS
void Listen(Steps& s);
// GIVE_CLASS
void Give(Steps& s);
// PROPOSE_CLASS: excluded once for every offer that is considered and not suggested; without any,
// once without an offer.
void Propose(Steps& s);
// REST_CLASS
void Rest(Steps& s);
// WAIT_CLASS: only if nothing else is suggested.
void Wait(Steps& s);

}  // namespace rapport::recommendation

#endif  // RAPPORT_SERVICES_RECOMMENDATION_RULES_STEPS_H_
