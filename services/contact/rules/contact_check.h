// Whether contact is welcome: everything that stands against it at one instant, together (product
// capability C15, stories V5 and V6).
//
//   QUIETED                 every purpose but SERVICE
//   RESTING                 PROPOSAL, ASK
//   CARE_GUARD              PROPOSAL, ASK, COMMUNITY, INTRODUCTION
//   CONSENT_DENIED          every purpose
//   CONSENT_UNKNOWN         every purpose but SERVICE, and CARE unless the tenant wants it asked
//   CHANNEL_UNWANTED        every purpose
//   NOT_BEFORE              every purpose but SERVICE
//   QUIET_HOURS             see BoundByHours
//   HUMAN_REQUIRED          every purpose, if a machine would act
//   NO_CONTACT_POINT        every channel that needs a point
#ifndef RAPPORT_SERVICES_CONTACT_RULES_CONTACT_CHECK_H_
#define RAPPORT_SERVICES_CONTACT_RULES_CONTACT_CHECK_H_

#include <vector>

#include "absl/time/time.h"
#include "rapport/contact/v1/consent.pb.h"
#include "rapport/contact/v1/consent_service.pb.h"
#include "rapport/contact/v1/person.pb.h"
#include "rapport/contact/v1/relationship.pb.h"
#include "rapport/contact/v1/steward.pb.h"
#include "services/contact/rules/whereabouts.h"

namespace rapport::contact::rules {

// What is known of the person. Points are living ones: of all kinds, or the one that is asked
// about.
struct ContactCase {
  v1::Relationship relationship;
  v1::Person person;
  v1::Preference preference;
  v1::Settings settings;
  std::vector<v1::ContactPoint> points;
  std::vector<v1::ConsentEntry> ledger;
  Whereabouts whereabouts;
};

struct ContactAsked {
  type::v1::Purpose purpose = type::v1::PURPOSE_UNSPECIFIED;
  type::v1::Channel channel = type::v1::CHANNEL_UNSPECIFIED;  // unspecified: choose the best
  std::string contact_point;
  bool automated = false;
  absl::Time as_of;
  // The instant for which the ledger answers: as_of, or later if the newest entry is.
  absl::Time consent_as_of;
};

// Without a channel the answer is for the first one that is permitted; else for the one against
// which least stands that time does not undo, then the one that is permitted soonest, then the one
// that the person likes best.
v1::ContactDecision DecideContact(const ContactCase& known, const ContactAsked& asked);

}  // namespace rapport::contact::rules

#endif  // RAPPORT_SERVICES_CONTACT_RULES_CONTACT_CHECK_H_
