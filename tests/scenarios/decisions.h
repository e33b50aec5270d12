// Reading the answers of recommendation in tests.
#ifndef RAPPORT_TESTS_SCENARIOS_DECISIONS_H_
#define RAPPORT_TESTS_SCENARIOS_DECISIONS_H_

#include <vector>

#include "absl/strings/string_view.h"
#include "rapport/recommendation/v1/suggestion.pb.h"

namespace rapport::tests {

namespace rv = ::rapport::recommendation::v1;

// The kinds of the suggested steps, best first.
std::vector<rv::StepKind> StepsOf(const rv::Decision& decision);
// The step that is not suggested, of this offer unless it is empty; null if there is none.
const rv::Exclusion* ExcludedFrom(const rv::Decision& decision, rv::StepKind kind,
                                  absl::string_view offer = "");
// The conditions that stand in the way, each code once.
std::vector<rv::ReasonCode> MissingIn(const rv::Readiness& readiness);

}  // namespace rapport::tests

#endif  // RAPPORT_TESTS_SCENARIOS_DECISIONS_H_
