// The alerts of deploy/alerts, and whether they hold of a process.
#ifndef RAPPORT_TESTS_COMPONENT_ALERT_RULES_H_
#define RAPPORT_TESTS_COMPONENT_ALERT_RULES_H_

#include <map>
#include <string>

#include "absl/strings/string_view.h"

namespace rapport::tests {

// Names of alerts to their expressions. A file of ours: one line for each name and expression.
std::map<std::string, std::string> ReadAlerts(const std::string& path);

// A series as /metrics writes it, with its labels, to its value.
using Metrics = std::map<std::string, double>;
Metrics ParseMetrics(absl::string_view text);
// What a process on loopback exposes; empty if it does not answer.
Metrics Scrape(int port);
int FreeLoopbackPort();

// Whether the expression holds of one process; `before` is what it said at the beginning of the
// window of an increase(). Terms joined by "and", each "[increase(]metric[{labels}][[window])] OP
// number", labels with = or =~ and alternatives. The test fails on anything else, and on a metric
// that there is not.
bool Holds(const std::string& expression, const Metrics& before, const Metrics& now);

}  // namespace rapport::tests

#endif  // RAPPORT_TESTS_COMPONENT_ALERT_RULES_H_
