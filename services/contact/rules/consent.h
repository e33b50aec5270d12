// What the ledger of a person says about one way of contact (product capabilities C14, C15).
//
// Entries are grouped by scope: which of channel, point, purpose and house they name. Within a
// scope the newest entry in force decides, by effective time, then by the order of writing; an
// expired grant is no grant and brings back no older one, while an older denial still denies.
// Across scopes a denial beats an allowance. Nothing in force is UNKNOWN, which is not ALLOWED.
#ifndef RAPPORT_SERVICES_CONTACT_RULES_CONSENT_H_
#define RAPPORT_SERVICES_CONTACT_RULES_CONSENT_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "rapport/contact/v1/consent.pb.h"
#include "rapport/type/v1/common.pb.h"

namespace rapport::contact::rules {

struct ConsentAsked {
  // Unspecified: only entries about every purpose, or every channel, have a say.
  type::v1::Purpose purpose = type::v1::PURPOSE_UNSPECIFIED;
  type::v1::Channel channel = type::v1::CHANNEL_UNSPECIFIED;
  std::string contact_point;  // empty: entries about one point have no say
  std::string house;
};

// A recorded entry has its effective time, always; times are the person's, not those of the table.
bool IsDenial(const v1::ConsentEntry& entry);

// The answer that was valid at `as_of`, by all that the ledger holds. `ledger` is in any order; ids
// of entries grow in the order of writing.
//
// The deciding entry is that of the widest scope that denies, else of the narrowest that allows.
v1::ConsentDecision DecideConsent(absl::Span<const v1::ConsentEntry> ledger,
                                  const ConsentAsked& asked, absl::Time as_of);

// The effective time of the newest entry; InfinitePast for an empty ledger.
absl::Time NewestEffect(absl::Span<const v1::ConsentEntry> ledger);

// The entry that corrects this one; null if none does.
const v1::ConsentEntry* CorrectionOf(absl::Span<const v1::ConsentEntry> ledger,
                                     const std::string& name);

}  // namespace rapport::contact::rules

#endif  // RAPPORT_SERVICES_CONTACT_RULES_CONSENT_H_
