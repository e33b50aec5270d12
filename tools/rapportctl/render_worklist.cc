#include "tools/rapportctl/render_worklist.h"

#include <algorithm>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "common/time/proto_time.h"
#include "tools/rapportctl/words.h"

namespace rapport::rapportctl {
namespace {

using recommendation::v1::GetWorklistResponse;
using recommendation::v1::WorklistItem;

constexpr std::size_t kMaxNameColumns = 24;

// The summary without its full stop.
std::string Clause(const recommendation::v1::Suggestion& suggestion, const DayStyle& days) {
  std::string out(absl::StripSuffix(Plain(suggestion.summary()), "."));
  if (days.exact && suggestion.has_due_time()) {
    absl::StrAppend(&out, "  (", SayMoment(time::FromProto(suggestion.due_time()), days), ")");
  }
  return out;
}

void Rows(const google::protobuf::RepeatedPtrField<WorklistItem>& items, bool numbered,
          const WorklistStyle& style, std::string* out) {
  std::size_t names = 0;
  std::size_t steps = 0;
  for (const WorklistItem& item : items) {
    names = std::max(names, std::min(kMaxNameColumns, DisplayWidth(Plain(item.display_name()))));
    steps = std::max(steps, DisplayWidth(StepWord(item.suggestion().kind())));
  }
  for (const WorklistItem& item : items) {
    const std::string prefix = absl::StrCat(
        numbered ? absl::StrFormat("%2d  ", item.position()) : "    ",
        Pad(Clip(Plain(item.display_name()), kMaxNameColumns), names), "  ",
        numbered ? absl::StrCat(Pad(StepWord(item.suggestion().kind()), steps), "  ") : "");
    absl::StrAppend(out, Hanging(prefix, Clause(item.suggestion(), style.days), style.width));
  }
}

std::string Opening(const GetWorklistResponse& list, const WorklistStyle& style) {
  const auto people = static_cast<std::int64_t>(list.items_size());
  std::string out = absl::StrCat("Good ", PartOfDay(style.days.now, style.days.zone));
  if (!list.steward_name().empty()) absl::StrAppend(&out, ", ", FirstName(list.steward_name()));
  if (people == 0) return absl::StrCat(out, ". Nobody waits for you today.\n");
  absl::StrAppend(&out, ". ", Capitalised(CountInWords(people, "person", "people")), " today; ");
  if (style.capacity_asked) {
    absl::StrAppend(&out, "you asked for ", NumberWord(list.capacity()), ".");
  } else if (style.daily_capacity > 0) {
    absl::StrAppend(&out, "you said you have time for ", NumberWord(list.capacity()), ".");
  } else {
    absl::StrAppend(&out, "a day is taken to have room for ", NumberWord(list.capacity()), ".");
  }
  if (list.over_capacity() > 0) {
    absl::StrAppend(&out, " ", Capitalised(NumberWord(list.over_capacity())),
                    " more than that: ", list.over_capacity() == 1 ? "this one has" : "these have",
                    " waited longer than a working day.");
  }
  return absl::StrCat(out, "\n");
}

void Hint(absl::string_view text, absl::string_view command, std::string* out) {
  absl::StrAppend(out, "    ", Pad(text, 34), "  (", command, ")\n");
}

}  // namespace

std::string StepWord(recommendation::v1::StepKind kind) {
  if (kind == recommendation::v1::STEP_KIND_UNSPECIFIED) return "–";
  return absl::StrReplaceAll(absl::AsciiStrToLower(recommendation::v1::StepKind_Name(kind)),
                             {{"_", " "}});
}

std::string RenderWorklist(const GetWorklistResponse& list, const WorklistStyle& style) {
  std::string out = Opening(list, style);
  if (list.items_size() > 0) {
    out += '\n';
    Rows(list.items(), true, style, &out);
  }
  std::string hints;
  if (list.left_out() > 0) {
    Hint(absl::StrCat(Grouped(list.left_out()), " more when there is time"),
         absl::StrCat("rapportctl today --capacity ", list.capacity() + list.left_out()), &hints);
  }
  if (list.waiting_count() > 0 && !style.show_waiting) {
    Hint(absl::StrCat("waiting is better for ", Count(list.waiting_count(), "person", "people")),
         "rapportctl today --waiting", &hints);
  }
  if (!hints.empty()) absl::StrAppend(&out, "\n", hints);
  if (style.show_waiting) {
    absl::StrAppend(&out, "\nWaiting is better for ",
                    CountInWords(list.waiting_count(), "person", "people"),
                    list.waiting_count() == 0 ? ".\n" : ":\n");
    Rows(list.waiting(), false, style, &out);
    if (list.waiting_size() < list.waiting_count()) {
      absl::StrAppend(&out, "    and ", Grouped(list.waiting_count() - list.waiting_size()),
                      " more\n");
    }
  }
  if (!list.degraded().empty()) {
    absl::StrAppend(
        &out, "\nThis may miss the latest: ", Plain(absl::StrJoin(list.degraded(), "; ")), ".\n");
  }
  return out;
}

}  // namespace rapport::rapportctl
