// The parts of a briefing that look ahead: what not to propose yet, what to ask, care and gifts.
#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "common/time/proto_time.h"
#include "services/recommendation/rules/anniversary.h"
#include "services/recommendation/rules/briefer.h"
#include "services/recommendation/rules/knowledge.h"
#include "services/recommendation/rules/policy.h"

namespace rapport::recommendation {
namespace {

using ::rapport::engagement::v1::CareEvent;
using ::rapport::engagement::v1::Fact;

constexpr int kCareDaysAhead = 30;
constexpr absl::Duration kEventShown = absl::Hours(24 * 365);

bool IsWritten(type::v1::Channel channel) {
  return channel == type::v1::CHANNEL_EMAIL || channel == type::v1::CHANNEL_SMS ||
         channel == type::v1::CHANNEL_CHAT || channel == type::v1::CHANNEL_POST ||
         channel == type::v1::CHANNEL_SOCIAL;
}

}  // namespace

void Briefer::NotYet() {
  Lines& lines = *out_.mutable_not_yet();
  if (reading_.guarded) {
    const contact::v1::CareGuard& guard = facts_.relationship->care_guard();
    v1::BriefingLine* line = Add(lines,
                                 absl::StrCat("offering or asking anything: a care guard stands",
                                              guard.reason().empty() ? "" : ": ", guard.reason()),
                                 facts_.relationship->name());
    if (line != nullptr) line->set_detail(v1::ReasonCode_Name(v1::CARE_GUARD));
    return;
  }
  for (const v1::Exclusion& exclusion : decision_.excluded()) {
    if (exclusion.kind() != v1::PROPOSE || exclusion.offer().empty()) continue;
    const auto offer =
        std::find_if(facts_.offers.begin(), facts_.offers.end(),
                     [&](const v1::Offer* o) { return o->name() == exclusion.offer(); });
    if (offer == facts_.offers.end()) continue;
    for (const v1::Reason& reason : exclusion.reasons()) {
      v1::BriefingLine* line = Add(
          lines, absl::StrCat("proposing ", Quote((*offer)->display_name()), ": ", reason.text()),
          exclusion.offer());
      if (line == nullptr) return;
      line->set_detail(v1::ReasonCode_Name(reason.code()));
      for (const std::string& source : reason.sources()) {
        if (source != exclusion.offer()) line->add_sources(source);
      }
    }
  }
}

void Briefer::Ask() {
  if (reading_.standing == contact::v1::QUIETED) return;
  const Fact* problem = LatestProblem();
  const bool inferred = problem != nullptr && !SaidByThem(*problem);
  const absl::string_view told = IsWritten(occasion_) ? "You told us " : "You told me ";
  const std::string opening = problem == nullptr ? std::string()
                              : inferred ? absl::StrCat("My impression is ", Quote(problem->text()))
                                         : absl::StrCat(told, Quote(problem->text()));
  const auto ask = [&](Fact::Slot slot, absl::string_view about_problem) {
    if (!FactsSaid(slot).empty()) return;
    const bool built = problem != nullptr && !about_problem.empty();
    v1::BriefingLine* line =
        Add(*out_.mutable_ask(),
            built ? absl::StrCat(opening, about_problem) : std::string(QuestionFor(slot)),
            built ? problem->name() : facts_.relationship->name());
    if (line == nullptr) return;
    line->set_detail(Fact::Slot_Name(slot));
    if (built && !problem->engagement().empty()) line->add_sources(problem->engagement());
  };
  if (problem == nullptr) {
    ask(Fact::SITUATION, "");
    ask(Fact::PROBLEM, "");
  }
  ask(Fact::IMPLICATION, "; what happens because of that?");
  ask(Fact::NEED_PAYOFF, "; if that were gone, what would it give you?");
  if (problem != nullptr) {
    ask(Fact::PROBLEM, ". Is that so, and what is hardest about it?");
    ask(Fact::SITUATION, ". How do you work there today?");
  }
}

void Briefer::Care() {
  Lines& lines = *out_.mutable_care();
  CareEvents();
  const absl::TimeZone zone = reading_.zone.value_or(zone_);
  const absl::CivilDay today = absl::ToCivilDay(as_of_, zone);
  std::vector<absl::CivilDay> days;
  days.reserve(reading_.days_of_leap_year.size());
  for (const std::uint16_t index : reading_.days_of_leap_year) {
    days.push_back(NextAnniversary(index, today - kAnniversaryDaysPast));
  }
  std::sort(days.begin(), days.end());
  days.erase(std::unique(days.begin(), days.end()), days.end());
  for (const absl::CivilDay day : days) {
    if (!full_ && day - today > kCareDaysAhead) break;
    const absl::Time noon = absl::FromCivil(absl::CivilHour(day) + 12, zone);
    Dated(Add(lines,
              absl::StrCat("their ", say_.DayNames(day), day < today ? " was " : " is ",
                           SayWhen(noon, as_of_, zone)),
              facts_.person->name()),
          SayDate(noon, as_of_, zone), absl::ToUnixMicros(noon));
  }
  const std::int64_t silence_us = reading_.SilenceUs(us_);
  if (reading_.met && reading_.bond >= kCloseBond && silence_us > reading_.ToleratedUs()) {
    Add(lines,
        absl::StrCat("you know each other well and have been quiet for ",
                     SayCount(silence_us / kMicrosPerDay, "day")),
        Statistics());
  }
}

void Briefer::CareEvents() {
  struct Told {
    absl::Time time;
    const CareEvent* event;
  };
  std::vector<Told> told;
  for (const CareEvent* event : Distinct(facts_.care_events)) {
    const absl::Time then =
        time::FromProto(event->has_said_time() ? event->said_time() : event->create_time());
    if (then > as_of_ || (!full_ && as_of_ - then > kEventShown)) continue;
    told.push_back({then, event});
  }
  std::stable_sort(told.begin(), told.end(),
                   [](const Told& a, const Told& b) { return a.time > b.time; });
  for (const auto& [then, event] : told) {
    v1::BriefingLine* line = Add(*out_.mutable_care(), event->text(), event->name());
    if (line == nullptr) return;
    if (!event->engagement().empty()) line->add_sources(event->engagement());
    line->set_detail(
        absl::StrCat(event->said_by() == type::v1::PARTY_PERSON ? "their words, " : "noted by us, ",
                     SayDate(then, as_of_, zone_)));
    *line->mutable_time() = time::ToProto(then);
  }
}

void Briefer::Gives() {
  if (reading_.standing == contact::v1::QUIETED) return;
  Lines& lines = *out_.mutable_gives();
  const std::int64_t as_of_s = absl::ToUnixSeconds(as_of_);
  if (WithinLast(reading_.unthanked_s, as_of_s, kThanksSeconds)) {
    Dated(Add(lines,
              absl::StrCat("thanks for what they gave or said ", say_.When(reading_.unthanked_s)),
              Statistics()),
          v1::ReasonCode_Name(v1::THANKS_DUE), reading_.unthanked_s * kMicrosPerSecond);
  }
  if (IsUngiven(reading_.ungiven_ask_s, as_of_s)) {
    Dated(Add(lines, "something of use to them: you asked more than you gave", Statistics()),
          v1::ReasonCode_Name(v1::ASK_HEAVY), reading_.ungiven_ask_s * kMicrosPerSecond);
  }
  if (facts_.preference == nullptr) return;
  for (const std::string& topic : facts_.preference->wanted_topics()) {
    Add(lines, absl::StrCat("word of ", topic, ": they like to hear of it"),
        facts_.preference->name());
  }
}

const Fact* Briefer::LatestProblem() const {
  const Fact* latest = nullptr;
  for (const Fact* fact : Distinct(facts_.facts)) {
    if (fact->slot() != Fact::PROBLEM || !StandsAt(*fact, as_of_) || Unwanted(fact->text())) {
      continue;
    }
    const auto key = [](const Fact& f) { return std::make_pair(SaidByThem(f), SaidTime(f)); };
    if (latest == nullptr || key(*fact) > key(*latest)) latest = fact;
  }
  return latest;
}

bool Briefer::Unwanted(absl::string_view text) const {
  if (facts_.preference == nullptr) return false;
  const std::string folded = absl::AsciiStrToLower(text);
  for (const contact::v1::UnwantedTopic& topic : facts_.preference->unwanted_topics()) {
    if (!topic.topic().empty() && absl::StrContains(folded, absl::AsciiStrToLower(topic.topic()))) {
      return true;
    }
  }
  return false;
}

}  // namespace rapport::recommendation
