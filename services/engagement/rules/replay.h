// Statistics from scratch, as of any instant (product.md 3.0).
#ifndef RAPPORT_SERVICES_ENGAGEMENT_RULES_REPLAY_H_
#define RAPPORT_SERVICES_ENGAGEMENT_RULES_REPLAY_H_

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "rapport/engagement/v1/engagement.pb.h"
#include "rapport/engagement/v1/promise.pb.h"
#include "rapport/engagement/v1/rapport.pb.h"
#include "rapport/engagement/v1/sale.pb.h"
#include "services/engagement/rules/parameters.h"

namespace rapport::engagement::rules {

// Everything known now about one relationship that its statistics rest on, in any order. Only
// views: the owner outlives them.
struct Journal {
  absl::Span<const v1::Engagement> engagements;
  absl::Span<const v1::Promise> promises;
  absl::Span<const v1::Fact> facts;
  absl::Span<const v1::Feedback> feedback;
  absl::Span<const v1::Sale> sales;
};

// The statistics that count what happened up to `as_of` and nothing later: a promise made later
// does not exist, an outcome reached later leaves it open, a fact or sale has not moved yet. A
// renegotiated promise has its present due time. Replay at the latest time of the journal equals
// the fold of all its entries. Leaves name, uid, etag, revision, create and update time and
// journal_revision empty.
v1::RelationshipStatistics Replay(const Journal& journal, absl::Time as_of,
                                  const DeclaredRhythm& declared, const Parameters& p);

}  // namespace rapport::engagement::rules

#endif  // RAPPORT_SERVICES_ENGAGEMENT_RULES_REPLAY_H_
