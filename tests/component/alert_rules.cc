#include "tests/component/alert_rules.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/types/optional.h"

namespace rapport::tests {
namespace {

sockaddr_in Loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

// Whether a series is one that the selector `name{labels}` means.
bool Selects(const std::string& name, const std::string& labels, absl::string_view series) {
  if (!absl::ConsumePrefix(&series, name)) return false;
  if (!series.empty() && series[0] != '{') return false;
  for (absl::string_view matcher : absl::StrSplit(labels, ',', absl::SkipEmpty())) {
    const std::vector<std::string> parts = absl::StrSplit(matcher, absl::MaxSplits('=', 1));
    const bool alternatives = parts.size() == 2 && absl::StartsWith(parts[1], "~");
    const std::string wanted = parts.size() == 2 ? parts[1].substr(alternatives ? 2 : 1) : "";
    bool found = false;
    for (absl::string_view value : absl::StrSplit(wanted.substr(0, wanted.size() - 1), '|')) {
      found = found || absl::StrContains(series, absl::StrCat(parts[0], "=\"", value, "\""));
    }
    if (!found) return false;
  }
  return true;
}

bool Compares(double value, const std::string& op, double bound) {
  if (op == "==") return value == bound;
  if (op == ">") return value > bound;
  if (op == "<") return value < bound;
  ADD_FAILURE() << "no such comparison: " << op;
  return false;
}

struct Term {
  bool increase = false;
  std::string metric;
  std::string labels;
  std::string comparison;
  double bound = 0;
};

absl::optional<Term> ParseTerm(absl::string_view text) {
  const std::vector<std::string> words = absl::StrSplit(text, ' ');
  Term term;
  if (words.size() != 3 || !absl::SimpleAtod(words[2], &term.bound)) return absl::nullopt;
  term.comparison = words[1];
  absl::string_view selector = words[0];
  term.increase = absl::ConsumePrefix(&selector, "increase(");
  if (term.increase) {
    const std::size_t window = selector.rfind('[');
    if (window == absl::string_view::npos || !absl::EndsWith(selector, "])")) return absl::nullopt;
    selector = selector.substr(0, window);
  }
  if (absl::ConsumeSuffix(&selector, "}")) {
    const std::size_t brace = selector.find('{');
    if (brace == absl::string_view::npos) return absl::nullopt;
    term.labels = std::string(selector.substr(brace + 1));
    selector = selector.substr(0, brace);
  }
  term.metric = std::string(selector);
  return term;
}

bool TermHolds(absl::string_view text, const Metrics& before, const Metrics& now) {
  const auto term = ParseTerm(text);
  if (!term.has_value()) {
    ADD_FAILURE() << "not understood: " << text;
    return false;
  }
  bool any = false;
  bool holds = false;
  for (const auto& [series, value] : now) {
    if (!Selects(term->metric, term->labels, series)) continue;
    any = true;
    const auto old = before.find(series);
    const double since = term->increase && old != before.end() ? old->second : 0;
    holds = holds || Compares(value - since, term->comparison, term->bound);
  }
  EXPECT_TRUE(any || now.empty()) << "no such metric: " << text;
  return holds;
}

}  // namespace

std::map<std::string, std::string> ReadAlerts(const std::string& path) {
  std::map<std::string, std::string> alerts;
  std::ifstream in(path);
  EXPECT_TRUE(in) << path;
  std::string name;
  for (std::string line; std::getline(in, line);) {
    absl::string_view rest = absl::StripAsciiWhitespace(line);
    if (absl::ConsumePrefix(&rest, "- alert: ")) name = std::string(rest);
    if (absl::ConsumePrefix(&rest, "expr: ")) alerts[name] = std::string(rest);
  }
  return alerts;
}

Metrics ParseMetrics(absl::string_view text) {
  Metrics metrics;
  for (const absl::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    const std::size_t space = line.rfind(' ');
    double value = 0;
    if (line[0] == '#' || space == absl::string_view::npos) continue;
    if (absl::SimpleAtod(absl::StripAsciiWhitespace(line.substr(space + 1)), &value)) {
      metrics[std::string(line.substr(0, space))] = value;
    }
  }
  return metrics;
}

Metrics Scrape(int port) {
  const sockaddr_in address = Loopback(port);
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::string answer;
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    const absl::string_view request = "GET /metrics HTTP/1.0\r\n\r\n";
    if (write(fd, request.data(), request.size()) == static_cast<ssize_t>(request.size())) {
      char bytes[16384];
      for (ssize_t got = 0; (got = read(fd, bytes, sizeof bytes)) > 0;) {
        answer.append(bytes, static_cast<std::size_t>(got));
      }
    }
  }
  close(fd);
  return ParseMetrics(answer);
}

int FreeLoopbackPort() {
  sockaddr_in address = Loopback(0);
  socklen_t size = sizeof address;
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  EXPECT_EQ(bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), 0);
  close(fd);
  return ntohs(address.sin_port);
}

bool Holds(const std::string& expression, const Metrics& before, const Metrics& now) {
  for (const absl::string_view term : absl::StrSplit(expression, " and ")) {
    if (!TermHolds(term, before, now)) return false;
  }
  return true;
}

}  // namespace rapport::tests
