// Why: decisions and changes of health.
#include <algorithm>
#include <cmath>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "common/time/proto_time.h"
#include "tools/rapportctl/render_story.h"
#include "tools/rapportctl/render_worklist.h"
#include "tools/rapportctl/words.h"

namespace rapport::rapportctl {
namespace {

using engagement::v1::ChangeLine;
using recommendation::v1::Reason;

constexpr std::size_t kStepColumns = 14;
constexpr std::size_t kShownSources = 5;
constexpr double kTooSmallToSay = 0.0005;

std::string Number(const type::v1::Measure& measure) {
  return measure.status() == type::v1::MEASURE_STATUS_OK ? absl::StrFormat("%.2f", measure.value())
                                                         : "not known yet";
}

std::string Signed(double difference) {
  return absl::StrCat(difference < 0 ? "−" : "+", absl::StrFormat("%.2f", std::fabs(difference)));
}

std::string Lower(absl::string_view name) {
  return absl::StrReplaceAll(absl::AsciiStrToLower(name), {{"_", " "}});
}

void ReasonLines(const Reason& reason, const SourceWords& sources, absl::string_view indent,
                 std::size_t width, std::string* out) {
  std::string line = Plain(reason.text());
  if (line.empty()) line = Lower(recommendation::v1::ReasonCode_Name(reason.code()));
  absl::StrAppend(out, Hanging(indent, line, width));
  std::size_t shown = 0;
  for (const std::string& source : reason.sources()) {
    if (shown++ == kShownSources) {
      absl::StrAppend(out, indent, "  … and ",
                      Grouped(reason.sources_size() - static_cast<int>(kShownSources)), " more\n");
      break;
    }
    const auto words = sources.find(source);
    const std::string text = words == sources.end() ? source : words->second;
    absl::StrAppend(out, Hanging(absl::StrCat(indent, "  from  "), text, width));
  }
  if (!reason.would_change().empty()) {
    absl::StrAppend(
        out, Hanging(absl::StrCat(indent, "  would change it: "), reason.would_change(), width));
  }
}

std::string CauseWords(const ChangeLine& line, const SourceWords& sources) {
  if (line.cause() == ChangeLine::PASSAGE_OF_TIME) return "time passing";
  const auto words = sources.find(line.source());
  const std::string what = Lower(Plain(line.what()));
  if (words == sources.end()) {
    return absl::StrCat(Lower(ChangeLine::Cause_Name(line.cause())),
                        what.empty() ? "" : absl::StrCat(", ", what));
  }
  // An engagement says by itself what it is.
  return what.empty() || line.cause() == ChangeLine::ENGAGEMENT
             ? words->second
             : absl::StrCat(words->second, ", ", what);
}

std::string WhyNoTerm(type::v1::MeasureStatus status) {
  return status == type::v1::MEASURE_STATUS_INSUFFICIENT ? "too little to say" : "nothing known";
}

}  // namespace

std::string RenderDecision(const std::string& display_name,
                           const recommendation::v1::Decision& decision, const SourceWords& sources,
                           const DayStyle& days, std::size_t width) {
  std::string out = absl::StrCat(Plain(display_name), "\n");
  for (const auto& step : decision.suggestions()) {
    absl::StrAppend(
        &out, "\n",
        Hanging(Pad(StepWord(step.kind()), kStepColumns), Plain(step.summary()), width));
    const std::string indent(kStepColumns, ' ');
    for (const Reason& reason : step.reasons()) ReasonLines(reason, sources, indent, width, &out);
    if (step.has_due_time()) {
      absl::StrAppend(&out, indent, "due ", SayWhen(time::FromProto(step.due_time()), days), "\n");
    }
  }
  if (!decision.excluded().empty()) out += "\nNot suggested:\n";
  for (const auto& excluded : decision.excluded()) {
    std::string prefix = Pad(StepWord(excluded.kind()), kStepColumns);
    if (!excluded.offer().empty()) {
      const auto words = sources.find(excluded.offer());
      absl::StrAppend(&prefix, words == sources.end() ? excluded.offer() : words->second, "\n");
      absl::StrAppend(&out, prefix);
      prefix.assign(kStepColumns, ' ');
    }
    if (excluded.reasons().empty()) absl::StrAppend(&out, prefix, "\n");
    for (const Reason& reason : excluded.reasons()) {
      std::string line = Plain(reason.text());
      if (line.empty()) line = Lower(recommendation::v1::ReasonCode_Name(reason.code()));
      if (!reason.would_change().empty()) {
        absl::StrAppend(&line, "  (would change it: ", Plain(reason.would_change()), ")");
      }
      absl::StrAppend(&out, Hanging(prefix, line, width));
      prefix.assign(kStepColumns, ' ');
    }
  }
  if (!decision.degraded().empty()) {
    absl::StrAppend(&out,
                    "\nThis may miss the latest: ", Plain(absl::StrJoin(decision.degraded(), "; ")),
                    ".\n");
  }
  absl::StrAppend(&out, "\nDecided with policy ", Plain(decision.policy_version()), " from ",
                  Count(decision.inputs_size(), "resource", "resources"), ".\n");
  return out;
}

std::string RenderChange(const engagement::v1::ExplainChangeResponse& change,
                         const engagement::v1::Rapport& rapport, const SourceWords& sources,
                         const DayStyle& days, std::size_t width) {
  std::string out = absl::StrCat("Health ", Number(change.from_health()), " → ",
                                 Number(change.to_health()), "\n");
  double rest = 0;
  std::int64_t small = 0;
  for (const ChangeLine& line : change.lines()) {
    if (std::fabs(line.difference()) < kTooSmallToSay &&
        line.cause() != ChangeLine::PASSAGE_OF_TIME) {
      rest += line.difference();
      ++small;
      continue;
    }
    std::string text = CauseWords(line, sources);
    if (line.cause() != ChangeLine::PASSAGE_OF_TIME && line.has_time()) {
      absl::StrAppend(&text, "  (", SayWhen(time::FromProto(line.time()), days), ")");
    }
    absl::StrAppend(&out,
                    Hanging(absl::StrCat("  ", Signed(line.difference()), "  "), text, width));
  }
  if (small > 0) {
    absl::StrAppend(&out, "  ", Signed(rest), "  ", Count(small, "more thing", "more things"),
                    " that hardly moved it\n");
  }
  if (change.lines().empty()) out += "  nothing moved it\n";
  if (rapport.health_terms().empty()) return out;
  out += "\nHealth is made of\n";
  std::size_t columns = 0;
  for (const auto& term : rapport.health_terms()) {
    columns = std::max(columns, DisplayWidth(term.term()));
  }
  for (const auto& term : rapport.health_terms()) {
    const std::string name = Pad(Lower(term.term()), columns);
    if (term.status() != type::v1::MEASURE_STATUS_OK) {
      absl::StrAppend(&out, "  ", name, "  –     ", WhyNoTerm(term.status()), "\n");
      continue;
    }
    absl::StrAppend(&out, "  ", name,
                    absl::StrFormat("  %.2f  × %.2f = %.2f\n", term.value(), term.weight(),
                                    term.contribution()));
  }
  return out;
}

}  // namespace rapport::rapportctl
