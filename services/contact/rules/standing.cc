#include "services/contact/rules/standing.h"

namespace rapport::contact::rules {

StandingRule CheckMove(v1::Standing from, v1::Standing to, type::v1::Party said_by,
                       bool has_evidence) {
  if (from == to) return StandingRule::kAlreadyThere;
  if (from == v1::QUIETED && (said_by != type::v1::PARTY_PERSON || !has_evidence)) {
    return StandingRule::kPersonsWord;
  }
  return StandingRule::kNone;
}

}  // namespace rapport::contact::rules
