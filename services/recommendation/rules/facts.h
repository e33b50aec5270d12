// What the rules know about one relationship: messages of contact and engagement, borrowed.
#ifndef RAPPORT_SERVICES_RECOMMENDATION_RULES_FACTS_H_
#define RAPPORT_SERVICES_RECOMMENDATION_RULES_FACTS_H_

#include <string>
#include <vector>

#include "rapport/contact/v1/person.pb.h"
#include "rapport/contact/v1/relationship.pb.h"
#include "rapport/contact/v1/steward.pb.h"
#include "rapport/engagement/v1/promise.pb.h"
#include "rapport/engagement/v1/rapport.pb.h"

namespace rapport::recommendation {

// Everything is borrowed and must outlive the call. The order inside the lists never matters; if a
// resource is given twice, the higher revision holds. States are those known now: `as_of` of a rule
// moves only what follows from the passage of time.
struct RelationshipFacts {
  // Never null.
  const contact::v1::Relationship* relationship = nullptr;
  // Null only if contact's card is missing; sentences then say "they".
  const contact::v1::Person* person = nullptr;
  // Null if the person has none.
  const contact::v1::Preference* preference = nullptr;
  // Null if engagement's data is not known: the rules then fall silent but for known obligations.
  // A relationship that is known to have no engagement yet passes an empty message instead.
  const engagement::v1::RelationshipStatistics* statistics = nullptr;
  // Of both sides, in any state. Open ones that only the statistics name count too, without words.
  std::vector<const engagement::v1::Promise*> promises;
  std::vector<const engagement::v1::Fact*> facts;
  std::vector<const engagement::v1::Feedback*> feedback;
  // Which data is late or missing, in words; handed on.
  std::vector<std::string> degraded;
};

}  // namespace rapport::recommendation

#endif  // RAPPORT_SERVICES_RECOMMENDATION_RULES_FACTS_H_
