// Which declared rhythm holds for a relationship: its own, else the one of its first label that has
// one, else the tenant's. Nearest wins (product capability C13).
#ifndef RAPPORT_SERVICES_CONTACT_RULES_RHYTHM_H_
#define RAPPORT_SERVICES_CONTACT_RULES_RHYTHM_H_

#include "absl/types/optional.h"
#include "rapport/contact/v1/relationship.pb.h"
#include "rapport/contact/v1/steward.pb.h"

namespace rapport::contact::rules {

// With source set and tolerate_days filled in (1.5 times the wish if it was not declared); nothing
// if none is declared anywhere.
absl::optional<v1::Rhythm> EffectiveRhythm(const v1::Relationship& relationship,
                                           const v1::Settings& settings);

}  // namespace rapport::contact::rules

#endif  // RAPPORT_SERVICES_CONTACT_RULES_RHYTHM_H_
