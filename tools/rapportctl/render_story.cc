#include "tools/rapportctl/render_story.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "common/time/proto_time.h"
#include "tools/rapportctl/render_needs.h"
#include "tools/rapportctl/words.h"

namespace rapport::rapportctl {
namespace {

using engagement::v1::Engagement;
using engagement::v1::Fact;
using engagement::v1::Feedback;
using engagement::v1::Promise;
using engagement::v1::TimelineEntry;

constexpr std::size_t kMomentColumns = 16;

std::string Lower(absl::string_view name) {
  return absl::StrReplaceAll(absl::AsciiStrToLower(name), {{"_", " "}});
}

std::string What(const Engagement& e) {
  switch (e.channel()) {
    case Engagement::PHONE:
      return "call";
    case Engagement::EMAIL:
      return "mail";
    case Engagement::SMS:
      return "short message";
    case Engagement::VIDEO:
      return e.kind() == Engagement::MEETING ? "video meeting" : "video call";
    case Engagement::CHAT:
      return "chat";
    case Engagement::SOCIAL:
      return "message in a network";
    default:
      break;
  }
  return e.kind() == Engagement::KIND_UNSPECIFIED ? "contact"
                                                  : Lower(Engagement::Kind_Name(e.kind()));
}

std::string Minutes(double seconds) {
  if (seconds < 60) return "under a minute";
  return absl::StrCat(std::llround(seconds / 60), " min");
}

void Talk(const Engagement& e, std::vector<std::string>* parts) {
  const double spoken = e.our_seconds() + e.their_seconds();
  if (spoken > 0) {
    parts->push_back(absl::StrCat(Minutes(spoken), ", ",
                                  std::llround(100 * e.their_seconds() / spoken), " % theirs"));
  }
  if (const std::int64_t words = e.our_words() + e.their_words(); words > 0) {
    parts->push_back(Count(words, "word", "words"));
  }
}

}  // namespace

std::string EngagementWords(const Engagement& e) {
  std::string out = What(e);
  if (e.direction() == Engagement::IN) out += " from them";
  if (e.direction() == Engagement::OUT) out += " from us";
  if (e.state() == Engagement::PLANNED) out += ", planned";
  if (e.state() == Engagement::RETRACTED) out += ", taken back";
  if (e.not_counted() != Engagement::NOT_COUNTED_UNSPECIFIED) {
    absl::StrAppend(&out, ", not counted (", Lower(Engagement::NotCounted_Name(e.not_counted())),
                    ")");
  }
  return out;
}

std::string EngagementLine(const Engagement& e) {
  std::vector<std::string> parts = {EngagementWords(e)};
  if (!e.subject().empty()) parts.push_back(absl::StrCat("\"", Plain(e.subject()), "\""));
  Talk(e, &parts);
  for (const auto& item : e.items()) {
    parts.push_back(
        absl::StrCat(item.direction() == engagement::v1::Item::GIVE ? "we gave " : "we asked for ",
                     Plain(item.kind())));
  }
  if (e.needs_answer()) parts.push_back("asks for an answer");
  if (e.reaction() == Engagement::WELCOMED) parts.push_back("was welcome");
  if (e.reaction() == Engagement::UNWELCOME) parts.push_back("was not welcome");
  return absl::StrJoin(parts, " · ");
}

std::string PromiseWords(const Promise& promise) {
  return absl::StrCat(promise.promised_by() == type::v1::PARTY_PERSON ? "they" : "we",
                      " promised: ", Plain(promise.text()));
}

std::string PromiseLine(const Promise& promise, const DayStyle& days) {
  const std::string due =
      promise.has_due_time() ? SayWhen(time::FromProto(promise.due_time()), days) : "";
  std::string state;
  const bool past = promise.has_due_time() && time::FromProto(promise.due_time()) < days.now;
  switch (promise.state()) {
    case Promise::OPEN:
    case Promise::STATE_UNSPECIFIED:
      state = due.empty() ? "open" : absl::StrCat(past ? "was due " : "due ", due);
      break;
    case Promise::BROKEN:
      state = absl::StrCat("not kept, was due ", due);
      break;
    default:
      state = Lower(Promise::State_Name(promise.state()));
      if (promise.has_outcome_time()) {
        absl::StrAppend(&state, " ", SayWhen(time::FromProto(promise.outcome_time()), days));
      }
  }
  return absl::StrCat(PromiseWords(promise), " (", state, ")");
}

std::string FactLine(const Fact& fact) {
  const std::string slot = Lower(Fact::Slot_Name(fact.slot()));
  return absl::StrCat(fact.said_by() == type::v1::PARTY_PERSON ? "they told us: " : "we gather: ",
                      Plain(fact.text()), " (", slot,
                      fact.said_in().empty() ? "" : absl::StrCat(", ", Plain(fact.said_in())), ")",
                      !fact.superseded_by().empty() ? " · replaced by a newer word"
                      : fact.has_dispute_time()     ? " · in doubt"
                                                    : "");
}

std::string FeedbackLine(const Feedback& feedback) {
  return absl::StrCat(
      Lower(Feedback::Kind_Name(feedback.kind())),
      feedback.about().empty() ? "" : absl::StrCat(" about ", Plain(feedback.about())), ": \"",
      Plain(feedback.verbatim()), "\"",
      feedback.state() == Feedback::ACKNOWLEDGED ? " (answered)" : " (not answered)");
}

std::string RenderTimeline(const std::vector<TimelineEntry>& entries, const DayStyle& days,
                           std::size_t width) {
  if (entries.empty()) return "Nothing has happened yet.\n";
  std::size_t columns = kMomentColumns;
  for (const TimelineEntry& entry : entries) {
    columns = std::max(columns, DisplayWidth(SayMoment(time::FromProto(entry.time()), days)));
  }
  std::string out;
  for (const TimelineEntry& entry : entries) {
    std::string line;
    switch (entry.entry_case()) {
      case TimelineEntry::kEngagement:
        line = EngagementLine(entry.engagement());
        break;
      case TimelineEntry::kPromise:
        line = PromiseLine(entry.promise(), days);
        break;
      case TimelineEntry::kFact:
        line = FactLine(entry.fact());
        break;
      case TimelineEntry::kFeedback:
        line = FeedbackLine(entry.feedback());
        break;
      case TimelineEntry::kNeed:
        line = NeedLine(entry.need(), days);
        break;
      case TimelineEntry::kSale:
        line = SaleLine(entry.sale(), days);
        break;
      case TimelineEntry::kCareEvent:
        line = CareEventLine(entry.care_event());
        break;
      case TimelineEntry::ENTRY_NOT_SET:
        continue;
    }
    const std::string moment = SayMoment(time::FromProto(entry.time()), days);
    absl::StrAppend(&out, Hanging(absl::StrCat(Pad(moment, columns), "  "), line, width));
  }
  return out;
}

}  // namespace rapport::rapportctl
