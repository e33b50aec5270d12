// What ties an offer to a person: needs, facts and topics.
#ifndef RAPPORT_SERVICES_RECOMMENDATION_RULES_TIES_H_
#define RAPPORT_SERVICES_RECOMMENDATION_RULES_TIES_H_

#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/recommendation/rules/facts.h"

namespace rapport::recommendation {

struct Ties {
  const v1::Offer* offer = nullptr;  // Never null.
  // The needs that it serves or that name it, in any state; the nearest to a proposal first.
  std::vector<const engagement::v1::Need*> needs;
  // The facts that stand and share one of its topics.
  std::vector<const engagement::v1::Fact*> facts;
  // The person asked to buy what needs.front() says.
  bool person_led = false;

  const engagement::v1::Need* need() const { return needs.empty() ? nullptr : needs.front(); }
};

// At most kMaxConsidered, person-led ones first, then by need, then in order of names.
inline constexpr std::size_t kMaxConsidered = 32;

Ties TiesOf(const RelationshipFacts& facts, const v1::Offer& offer, absl::Time as_of);

// The offers that are considered: not paused, and tied to a need that is not OUTLIVED or to a fact.
std::vector<Ties> Considered(const RelationshipFacts& facts, absl::Time as_of);

// The person asked to buy at most 30 days before `as_of`, the need waits, and no sale answered them
// since.
bool LeadsTo(const RelationshipFacts& facts, const engagement::v1::Need& need, absl::Time as_of);

// The need waits for somebody to serve it.
bool IsWaiting(const engagement::v1::Need& need);

// The person said that they want it solved.
bool IsExplicit(const engagement::v1::Need& need);

// When a sale began, and when it was declined (InfinitePast if it was not).
absl::Time SaleTime(const engagement::v1::Sale& sale);
absl::Time DeclineTime(const engagement::v1::Sale& sale);

// One bit of 32 for a topic or an offer's name: two sets that share no bit share no element. The
// same in every process.
std::uint32_t TopicBit(absl::string_view folded);
// Of all that may tie an offer to the person, at any instant.
std::uint32_t TopicBits(const RelationshipFacts& facts);
std::uint32_t TopicBits(const v1::Offer& offer);

}  // namespace rapport::recommendation

#endif  // RAPPORT_SERVICES_RECOMMENDATION_RULES_TIES_H_
