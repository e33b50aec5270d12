// How a relationship may move: OPEN <-> RESTING, OPEN <-> QUIETED, RESTING <-> QUIETED. The graph
// is strongly connected: there is no end state (product rule 0.2.1).
#ifndef RAPPORT_SERVICES_CONTACT_RULES_STANDING_H_
#define RAPPORT_SERVICES_CONTACT_RULES_STANDING_H_

#include "rapport/contact/v1/relationship.pb.h"
#include "rapport/type/v1/common.pb.h"

namespace rapport::contact::rules {

enum class StandingRule {
  kNone,          // allowed
  kAlreadyThere,  // the relationship stands there already
  kPersonsWord,   // only the person's own word, with evidence, leads out of QUIETED
};

// Whether `from` may become `to` when `said_by` says so.
StandingRule CheckMove(v1::Standing from, v1::Standing to, type::v1::Party said_by,
                       bool has_evidence);

}  // namespace rapport::contact::rules

#endif  // RAPPORT_SERVICES_CONTACT_RULES_STANDING_H_
