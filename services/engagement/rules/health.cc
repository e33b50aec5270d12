#include "services/engagement/rules/health.h"

namespace rapport::engagement::rules {

HealthReading Health(const HealthInputs& inputs) {
  HealthReading out;
  out.terms = {{{"warmth", inputs.warmth, 0.25},
                {"bond", inputs.bond, 0.15},
                {"listening", inputs.listening, 0.15},
                {"promises", inputs.promises, 0.15},
                {"response", inputs.response, 0.10},
                {"reciprocity", inputs.reciprocity, 0.10},
                {"care", inputs.care, 0.10}}};
  double total = 0;
  int known = 0;
  for (const HealthTermValue& term : out.terms) {
    if (!term.input.ok()) continue;
    total += term.weight;
    ++known;
  }
  if (known == 0) {
    for (HealthTermValue& term : out.terms) term.weight = 0;
    return out;
  }
  double health = 0;
  for (HealthTermValue& term : out.terms) {
    term.weight = term.input.ok() ? term.weight / total : 0;
    term.contribution = term.weight * term.input.value;
    health += term.contribution;
  }
  out.health = Known(health, known, 0);
  return out;
}

}  // namespace rapport::engagement::rules
