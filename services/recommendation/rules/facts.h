// What the rules know about one relationship: messages of the three services, borrowed.
#ifndef RAPPORT_SERVICES_RECOMMENDATION_RULES_FACTS_H_
#define RAPPORT_SERVICES_RECOMMENDATION_RULES_FACTS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "rapport/contact/v1/consent_service.pb.h"
#include "rapport/contact/v1/person.pb.h"
#include "rapport/contact/v1/relationship.pb.h"
#include "rapport/contact/v1/steward.pb.h"
#include "rapport/engagement/v1/care.pb.h"
#include "rapport/engagement/v1/need.pb.h"
#include "rapport/engagement/v1/promise.pb.h"
#include "rapport/engagement/v1/rapport.pb.h"
#include "rapport/engagement/v1/sale.pb.h"
#include "rapport/engagement/v1/understanding_service.pb.h"
#include "rapport/recommendation/v1/offer.pb.h"

namespace rapport::recommendation {

// What the other services answered when they were asked just now, for the same instant. An answer
// that is not here did not come in time; what it would have allowed is then not allowed.
struct LiveAnswers {
  // Whether a proposal is welcome, by the best way that the person allows.
  std::optional<contact::v1::ContactDecision> contact;
  // What is understood, with every measure.
  std::optional<engagement::v1::Understanding> understanding;
};

// Everything is borrowed and must outlive the call. The order inside the lists never matters; if a
// resource is given twice, the higher revision holds. States are those known now: `as_of` of a rule
// moves only what follows from the passage of time. Topics (of facts, needs, offers and
// `unwanted_topics`) are case-folded by whoever fills this in; rules compare them byte by byte.
struct RelationshipFacts {
  // Never null.
  const contact::v1::Relationship* relationship = nullptr;
  // Null only if contact's card is missing; sentences then say "they".
  const contact::v1::Person* person = nullptr;
  // Null if the person has none.
  const contact::v1::Preference* preference = nullptr;
  // Null if the tenant has none: the defaults hold.
  const contact::v1::Settings* settings = nullptr;
  // Null if engagement's data is not known: the rules then fall silent but for known obligations.
  // A relationship that is known to have no engagement yet passes an empty message instead.
  const engagement::v1::RelationshipStatistics* statistics = nullptr;
  // Of both sides, in any state. Open ones that only the statistics name count too, without words.
  std::vector<const engagement::v1::Promise*> promises;
  std::vector<const engagement::v1::Fact*> facts;
  std::vector<const engagement::v1::Feedback*> feedback;
  std::vector<const engagement::v1::Need*> needs;
  std::vector<const engagement::v1::Sale*> sales;
  std::vector<const engagement::v1::CareEvent*> care_events;
  // What the house offers: those that are not deleted, in order of names.
  absl::Span<const v1::Offer* const> offers;
  // The topics that the person asked us not to raise.
  std::vector<std::string> unwanted_topics;
  // Null if nobody was asked: then nothing is proposed.
  const LiveAnswers* live = nullptr;
  // Which data is late or missing, in words; handed on.
  std::vector<std::string> degraded;
};

}  // namespace rapport::recommendation

#endif  // RAPPORT_SERVICES_RECOMMENDATION_RULES_FACTS_H_
