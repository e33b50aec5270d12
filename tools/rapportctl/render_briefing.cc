#include "tools/rapportctl/render_briefing.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "common/time/proto_time.h"
#include "tools/rapportctl/render_worklist.h"
#include "tools/rapportctl/words.h"

namespace rapport::rapportctl {
namespace {

using recommendation::v1::Briefing;
using recommendation::v1::BriefingLine;
using Lines = google::protobuf::RepeatedPtrField<BriefingLine>;

constexpr std::size_t kLabelColumns = 16;
constexpr std::size_t kMaxTextColumns = 62;

// True for a detail that is a word of the machine ("KEPT_LATE").
bool IsCode(absl::string_view detail) {
  return !detail.empty() && std::all_of(detail.begin(), detail.end(), [](char c) {
    return absl::ascii_isupper(static_cast<unsigned char>(c)) || c == '_';
  });
}

// True for a line that says in words what its code says.
bool SaysItself(absl::string_view code) {
  recommendation::v1::ReasonCode reason{};
  return recommendation::v1::ReasonCode_Parse(std::string(code), &reason);
}

// The right-hand column: when, and what the detail adds to it.
std::string Aside(const BriefingLine& line, const DayStyle& days) {
  const std::string detail = Plain(line.detail());
  const bool dated = line.has_time();
  const absl::Time t = time::FromProto(line.time());
  const std::string when = dated ? SayWhen(t, days) : "";
  if (!IsCode(detail)) {
    if (detail.empty()) return when;
    return dated && days.exact ? absl::StrCat(detail, ", ", when) : detail;
  }
  if (SaysItself(detail)) return when;
  if (!dated) return absl::StrReplaceAll(absl::AsciiStrToLower(detail), {{"_", " "}});
  if (detail == "OPEN") return absl::StrCat(t < days.now ? "was due " : "due ", when);
  if (detail == "BROKEN" || detail == "OVERDUE") return absl::StrCat("was due ", when);
  if (detail == "KEPT_LATE") return absl::StrCat("kept late, was due ", when);
  if (detail == "FEEDBACK" || detail == "GRIEVANCE") return absl::StrCat("given ", when);
  if (detail == "LETTER") return absl::StrCat("written ", when);
  return absl::StrCat(absl::StrReplaceAll(absl::AsciiStrToLower(detail), {{"_", " "}}), " ", when);
}

class Renderer {
 public:
  Renderer(const Briefing& briefing, const BriefingStyle& style)
      : briefing_(briefing), style_(style) {}

  std::string Run() {
    Head();
    out_ += '\n';
    MeasureColumns();
    Part("Told us", briefing_.said_last(), true);
    Part("We owe", briefing_.we_owe(), true);
    Part("Owes us", briefing_.they_owe(), true);
    Part("Do not raise", briefing_.do_not_raise(), false);
    Part("Not yet", briefing_.not_yet(), false);
    Part("Worth asking", briefing_.ask(), false);
    Part("Care", briefing_.care(), false);
    Part("You could give", briefing_.gives(), false);
    Next();
    if (!briefing_.degraded().empty()) {
      absl::StrAppend(&out_, "\nThis may miss the latest: ",
                      Plain(absl::StrJoin(briefing_.degraded(), "; ")), ".\n");
    }
    if (!style_.sources) {
      absl::StrAppend(&out_, "\nsources: rapportctl brief ",
                      absl::StrContains(style_.typed, " ") ? absl::StrCat("\"", style_.typed, "\"")
                                                           : style_.typed,
                      " --sources\n");
    }
    return std::move(out_);
  }

 private:
  void Head() {
    std::vector<std::string> about = {Plain(briefing_.display_name())};
    for (const auto& line : briefing_.about()) about.push_back(Plain(line.text()));
    absl::StrAppend(&out_, Hanging("", absl::StrJoin(about, " · "), style_.width));
    Sources(briefing_.about(), 0);
    std::vector<std::string> standing;
    for (const auto& line : briefing_.standing()) standing.push_back(Plain(line.text()));
    if (!standing.empty()) {
      absl::StrAppend(&out_, Hanging("", absl::StrJoin(standing, " "), style_.width));
    }
    Sources(briefing_.standing(), 0);
  }

  void MeasureColumns() {
    for (const Lines* lines : {&briefing_.said_last(), &briefing_.we_owe(), &briefing_.they_owe(),
                               &briefing_.do_not_raise(), &briefing_.not_yet(), &briefing_.ask(),
                               &briefing_.care(), &briefing_.gives()}) {
      for (const BriefingLine& line : *lines) {
        if (Aside(line, style_.days).empty()) continue;
        const std::size_t columns = DisplayWidth(Plain(line.text()));
        if (columns <= kMaxTextColumns) text_columns_ = std::max(text_columns_, columns);
      }
    }
  }

  // `always`: a dash where there is nothing.
  void Part(absl::string_view label, const Lines& lines, bool always) {
    if (lines.empty()) {
      if (always) absl::StrAppend(&out_, Pad(label, kLabelColumns), "–\n");
      return;
    }
    bool first = true;
    for (const BriefingLine& line : lines) {
      const std::string prefix = Pad(first ? label : "", kLabelColumns);
      first = false;
      const std::string text = Plain(line.text());
      const std::string aside = Aside(line, style_.days);
      const std::size_t columns = kLabelColumns + text_columns_ + 2 + DisplayWidth(aside);
      if (aside.empty()) {
        absl::StrAppend(&out_, Hanging(prefix, text, style_.width));
      } else if (DisplayWidth(text) <= text_columns_ &&
                 (style_.width == 0 || columns <= style_.width)) {
        absl::StrAppend(&out_, prefix, Pad(text, text_columns_), "  ", aside, "\n");
      } else {
        absl::StrAppend(&out_,
                        Hanging(prefix, absl::StrCat(text, "  (", aside, ")"), style_.width));
      }
      SourcesOf(line, kLabelColumns);
    }
  }

  void Next() {
    if (!briefing_.has_next_step()) return;
    const auto& step = briefing_.next_step();
    absl::StrAppend(
        &out_, "\n",
        Hanging(Pad("Next step", kLabelColumns),
                absl::StrCat(StepWord(step.kind()), ": ", Plain(step.summary())), style_.width));
    if (!style_.sources) return;
    for (const auto& reason : step.reasons()) {
      for (const auto& source : reason.sources()) SourceLine(source, kLabelColumns);
    }
  }

  void Sources(const Lines& lines, std::size_t indent) {
    for (const BriefingLine& line : lines) SourcesOf(line, indent);
  }
  void SourcesOf(const BriefingLine& line, std::size_t indent) {
    if (!style_.sources) return;
    for (const std::string& source : line.sources()) SourceLine(source, indent);
  }
  void SourceLine(absl::string_view source, std::size_t indent) {
    absl::StrAppend(&out_, std::string(indent + 2, ' '), Plain(source), "\n");
  }

  const Briefing& briefing_;
  const BriefingStyle& style_;
  std::size_t text_columns_ = 0;
  std::string out_;
};

}  // namespace

std::string RenderBriefing(const Briefing& briefing, const BriefingStyle& style) {
  return Renderer(briefing, style).Run();
}

}  // namespace rapport::rapportctl
