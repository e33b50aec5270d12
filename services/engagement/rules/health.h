// Health (product.md 3.15): linear, so that it can be taken apart again.
#ifndef RAPPORT_SERVICES_ENGAGEMENT_RULES_HEALTH_H_
#define RAPPORT_SERVICES_ENGAGEMENT_RULES_HEALTH_H_

#include <array>
#include <cstddef>

#include "services/engagement/rules/reading.h"

namespace rapport::engagement::rules {

// What health is made of, in the order of its terms.
struct HealthInputs {
  Reading warmth;
  Reading bond;
  Reading listening;
  // Reliability of our promises.
  Reading promises;
  // Answered share of 3.10.
  Reading response;
  Reading reciprocity;
  Reading care;
};

inline constexpr std::size_t kHealthTerms = 7;

struct HealthTermValue {
  const char* term = "";
  Reading input;
  // After renormalisation; 0 unless the input is OK.
  double weight = 0;
  double contribution = 0;
};

struct HealthReading {
  // UNDEFINED if no term has data; n = number of terms that have.
  Reading health;
  std::array<HealthTermValue, kHealthTerms> terms;
};

// Terms without data drop out and the weights of the others are scaled to sum up to 1. Health is
// the sum of the contributions, added in the order of the terms.
HealthReading Health(const HealthInputs& inputs);

}  // namespace rapport::engagement::rules

#endif  // RAPPORT_SERVICES_ENGAGEMENT_RULES_HEALTH_H_
