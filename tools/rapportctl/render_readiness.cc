#include "tools/rapportctl/render_readiness.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <set>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "common/time/proto_time.h"
#include "tools/rapportctl/render_worklist.h"
#include "tools/rapportctl/words.h"

namespace rapport::rapportctl {
namespace {

using recommendation::v1::Exclusion;
using recommendation::v1::Readiness;
using recommendation::v1::ReadinessCondition;
using recommendation::v1::Reason;
using recommendation::v1::ReasonCode;

std::string Lower(absl::string_view name) {
  return absl::StrReplaceAll(absl::AsciiStrToLower(name), {{"_", " "}});
}

bool IsMissing(const ReadinessCondition& condition) {
  return !condition.met() && !condition.waived();
}

// What is asked for even if the person asks to buy.
bool AlwaysAsked(ReasonCode code) {
  switch (code) {
    case recommendation::v1::QUIETED:
    case recommendation::v1::RESTING:
    case recommendation::v1::CARE_GUARD:
    case recommendation::v1::DEPENDENCY_DEGRADED:
    case recommendation::v1::INELIGIBLE:
    case recommendation::v1::UNSUITABLE:
    case recommendation::v1::NO_OFFER:
      return true;
    default:
      return false;
  }
}

std::string Label(const ReadinessCondition& condition) {
  if (condition.term() == "coverage") return "understanding";
  absl::string_view term = condition.term();
  if (absl::ConsumePrefix(&term, "fill of ")) return Lower(term);
  return term.empty() ? Lower(recommendation::v1::ReasonCode_Name(condition.code())) : Plain(term);
}

// The number and what it is held against; empty where there is none.
std::string Value(const ReadinessCondition& condition) {
  const auto whole = [](double value) { return Grouped(std::llround(value)); };
  switch (condition.status()) {
    case type::v1::MEASURE_STATUS_INSUFFICIENT:
      return "too little to say";
    case type::v1::MEASURE_STATUS_UNDEFINED:
      return "not known yet";
    case type::v1::MEASURE_STATUS_OK:
      break;
    default:
      return "";
  }
  switch (condition.code()) {
    case recommendation::v1::PROMISE_BROKEN:
    case recommendation::v1::GRIEVANCE_OPEN:
      return whole(condition.value());
    case recommendation::v1::PRESSURE_CAP:
    case recommendation::v1::PERSON_CEILING:
    case recommendation::v1::RECENTLY_DECLINED:
      return absl::StrCat(whole(condition.value()), " of ", whole(condition.threshold()));
    case recommendation::v1::QUIET_HOURS:
      return absl::StrCat("in ", whole(condition.value()));
    default:
      return absl::StrFormat("%.2f, needs %.2f", condition.value(), condition.threshold());
  }
}

struct Row {
  std::string label;
  std::string value;
  std::string text;
};

std::string Columns(const std::vector<Row>& rows, std::size_t width) {
  std::size_t labels = 0;
  std::size_t values = 0;
  for (const Row& row : rows) {
    labels = std::max(labels, DisplayWidth(row.label));
    values = std::max(values, DisplayWidth(row.value));
  }
  std::string out;
  for (const Row& row : rows) {
    std::string prefix = absl::StrCat("  ", Pad(row.label, labels), "  ");
    if (values > 0)
      absl::StrAppend(&prefix, Pad(row.value.empty() ? "–" : row.value, values), "  ");
    absl::StrAppend(&out, Hanging(prefix, row.text, width));
  }
  return out;
}

// Why, and what would help: what stands in the numbers needs no words.
std::string MissingText(const ReadinessCondition& condition, const Exclusion& exclusion,
                        bool has_value) {
  std::string why;
  for (const Reason& reason : exclusion.reasons()) {
    if (reason.code() == condition.code() && why.empty()) why = Plain(reason.text());
  }
  const std::string step = Plain(condition.step());
  if (why.empty() || (has_value && !step.empty())) return step;
  // These steps only turn the words around.
  const bool same = condition.code() == recommendation::v1::NEED_NOT_EXPLICIT ||
                    condition.code() == recommendation::v1::CONSENT_UNKNOWN;
  return same || step.empty() ? why : absl::StrCat(why, "; ", step);
}

std::string Ask(const ReadinessStyle& style, std::size_t missing) {
  const std::string who = style.person.empty() ? "they ask" : FirstName(style.person) + " asks";
  return absl::StrCat("If ", who, " for it, ",
                      missing == 1   ? "that does not matter"
                      : missing == 2 ? "neither matters"
                                     : "none of this matters",
                      ".\n");
}

std::string Footer(const Readiness& readiness, const ReadinessStyle& style) {
  std::string out;
  if (!readiness.degraded().empty()) {
    absl::StrAppend(&out,
                    "This may miss the latest: ", Plain(absl::StrJoin(readiness.degraded(), "; ")),
                    ".\n");
  }
  const absl::Time t = time::FromProto(readiness.as_of());
  absl::StrAppend(
      &out, "Decided with policy ", Plain(readiness.policy_version()), " at ",
      style.days.exact ? SayMoment(t, style.days) : absl::FormatTime("%H:%M", t, style.days.zone),
      ".\n");
  return out;
}

std::string Rest(const Readiness& readiness, const ReadinessStyle& style) {
  std::vector<Row> rows;
  for (const ReadinessCondition& condition : readiness.conditions()) {
    if (IsMissing(condition)) continue;
    rows.push_back(
        {Label(condition), Value(condition), condition.met() ? "holds" : "not asked for"});
  }
  return absl::StrCat("\nThe rest:\n", Columns(rows, style.width));
}

}  // namespace

std::string RenderReadiness(const Readiness& readiness, const Exclusion& exclusion,
                            const ReadinessStyle& style) {
  std::vector<Row> rows;
  std::set<ReasonCode> seen;
  bool always = false;
  for (const ReadinessCondition& condition : readiness.conditions()) {
    if (!IsMissing(condition)) continue;
    always = always || AlwaysAsked(condition.code());
    // One thing may fail in several ways; the first one says it.
    if (!seen.insert(condition.code()).second) continue;
    const std::string value = Value(condition);
    rows.push_back({Label(condition), value, MissingText(condition, exclusion, !value.empty())});
  }
  std::string out;
  const std::string what =
      style.offer.empty() ? "it" : absl::StrCat("\"", Plain(style.offer), "\"");
  if (readiness.ready()) {
    absl::StrAppend(&out, "Yes: ", what, " may be proposed",
                    style.person.empty() ? "" : absl::StrCat(" to ", Plain(style.person)),
                    readiness.person_led() ? ", they asked for it" : "", ".\n");
    for (const ReadinessCondition& condition : readiness.conditions()) {
      if (condition.met() || condition.code() != recommendation::v1::GRIEVANCE_OPEN) continue;
      absl::StrAppend(&out, Hanging("First of all: ", Plain(condition.step()), style.width));
    }
  } else {
    const auto missing = static_cast<std::int64_t>(rows.size());
    absl::StrAppend(&out, "Not now. ", Capitalised(CountInWords(missing, "thing is", "things are")),
                    " missing, everything else holds:\n", Columns(rows, style.width));
    if (!readiness.person_led() && !always && !rows.empty()) {
      absl::StrAppend(&out, Ask(style, rows.size()));
    }
    if (readiness.changes().empty()) out += "Nothing that we could do would change it now.\n";
  }
  if (style.all) absl::StrAppend(&out, Rest(readiness, style), "\n");
  return absl::StrCat(out, Footer(readiness, style));
}

std::string RenderExclusion(const Exclusion& exclusion, const ReadinessStyle& style) {
  std::string out = absl::StrCat("Not now: ", StepWord(exclusion.kind()),
                                 style.person.empty() ? "" : " for ", Plain(style.person), ".\n");
  for (const Reason& reason : exclusion.reasons()) {
    std::string text = Plain(reason.text());
    if (text.empty()) text = Lower(recommendation::v1::ReasonCode_Name(reason.code()));
    if (!reason.would_change().empty()) {
      absl::StrAppend(&text, "  (would change it: ", Plain(reason.would_change()), ")");
    }
    absl::StrAppend(&out, Hanging("  ", text, style.width));
  }
  return out;
}

}  // namespace rapport::rapportctl
