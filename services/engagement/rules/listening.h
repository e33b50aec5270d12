// Who talked and what we asked (product.md 3.3), over any set of engagements in a window.
#ifndef RAPPORT_SERVICES_ENGAGEMENT_RULES_LISTENING_H_
#define RAPPORT_SERVICES_ENGAGEMENT_RULES_LISTENING_H_

#include <array>
#include <cstdint>

#include "absl/time/time.h"
#include "rapport/engagement/v1/engagement.pb.h"
#include "rapport/engagement/v1/understanding_service.pb.h"
#include "services/engagement/rules/parameters.h"
#include "services/engagement/rules/reading.h"

namespace rapport::engagement::rules {

// Seconds of each side: what was spoken, and words at p.words_per_second.
double TheirTalk(const v1::Engagement& e, const Parameters& p);
double OurTalk(const v1::Engagement& e, const Parameters& p);

// Their share of decayed seconds: UNDEFINED without any, INSUFFICIENT below
// p.listening_minimum_seconds.
Reading ListeningReading(double theirs, double ours, const Parameters& p);

// Our questions in the order S, P, I, N.
std::array<std::int64_t, 4> QuestionsOf(const v1::Engagement& e);

// Adds up engagements one by one; the order does not matter.
class ListeningSums {
 public:
  // Decays to `to`, the end of the window.
  ListeningSums(absl::Time from, absl::Time to, const Parameters& p);

  // Counted engagements of humans that happened from `from` to `to`, both included; others are left
  // out, as in the measures of a relationship.
  void Add(const v1::Engagement& e);
  v1::ListeningReport Report() const;

 private:
  const std::int64_t from_us_;
  const std::int64_t to_us_;
  const Parameters& p_;
  double theirs_ = 0;
  double ours_ = 0;
  double their_decayed_ = 0;
  double our_decayed_ = 0;
  std::array<std::int64_t, 4> questions_ = {};
  int engagements_ = 0;
};

}  // namespace rapport::engagement::rules

#endif  // RAPPORT_SERVICES_ENGAGEMENT_RULES_LISTENING_H_
