#include "tests/scenarios/decisions.h"

#include <algorithm>

namespace rapport::tests {

std::vector<rv::StepKind> StepsOf(const rv::Decision& decision) {
  std::vector<rv::StepKind> kinds;
  for (const auto& suggestion : decision.suggestions()) kinds.push_back(suggestion.kind());
  return kinds;
}

const rv::Exclusion* ExcludedFrom(const rv::Decision& decision, rv::StepKind kind,
                                  absl::string_view offer) {
  for (const auto& exclusion : decision.excluded()) {
    if (exclusion.kind() == kind && (offer.empty() || exclusion.offer() == offer)) {
      return &exclusion;
    }
  }
  return nullptr;
}

std::vector<rv::ReasonCode> MissingIn(const rv::Readiness& readiness) {
  std::vector<rv::ReasonCode> codes;
  for (const auto& condition : readiness.conditions()) {
    const bool known = std::find(codes.begin(), codes.end(), condition.code()) != codes.end();
    if (!condition.met() && !condition.waived() && !known) codes.push_back(condition.code());
  }
  return codes;
}

}  // namespace rapport::tests
