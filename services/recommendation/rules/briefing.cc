#include "services/recommendation/rules/briefing.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/civil_time.h"
#include "common/time/proto_time.h"
#include "services/recommendation/rules/anniversary.h"
#include "services/recommendation/rules/reading.h"
#include "services/recommendation/rules/speech.h"
#include "services/recommendation/rules/wording.h"

namespace rapport::recommendation {
namespace {

using ::rapport::engagement::v1::Fact;
using ::rapport::engagement::v1::Promise;
using Lines = google::protobuf::RepeatedPtrField<v1::BriefingLine>;

constexpr std::int64_t kRecentUs = 30 * kMicrosPerDay;
constexpr int kCareDaysAhead = 30;
constexpr double kMinTalkSeconds = 300;
constexpr double kTalkHalfLifeDays = 90;

class Briefer {
 public:
  Briefer(const RelationshipFacts& facts, const v1::Decision& decision, absl::Time as_of,
          absl::TimeZone zone, bool full)
      : facts_(facts),
        decision_(decision),
        reading_(Read(facts)),
        us_(absl::ToUnixMicros(as_of)),
        as_of_(absl::FromUnixMicros(us_)),
        zone_(zone),
        full_(full),
        say_(facts.person, as_of_, zone) {}

  v1::Briefing Run() {
    out_.set_relationship(facts_.relationship->name());
    out_.set_person(facts_.relationship->person());
    if (facts_.person != nullptr) out_.set_display_name(facts_.person->full_name());
    *out_.mutable_as_of() = time::ToProto(as_of_);
    About();
    Standing();
    SaidLast();
    WeOwe();
    TheyOwe();
    DoNotRaise();
    Ask();
    Care();
    if (decision_.suggestions_size() > 0) *out_.mutable_next_step() = decision_.suggestions(0);
    *out_.mutable_degraded() = decision_.degraded();
    return std::move(out_);
  }

 private:
  void About() {
    Lines& lines = *out_.mutable_about();
    if (facts_.person != nullptr) {
      const contact::v1::Person& person = *facts_.person;
      std::vector<absl::string_view> place;
      if (!person.organization().empty()) place.push_back(person.organization());
      if (!person.title().empty()) place.push_back(person.title());
      if (!place.empty()) Add(lines, absl::StrJoin(place, ", "), person.name());
      if (reading_.zone) {
        const std::string city = SayPlace(person.time_zone());
        Add(lines,
            absl::StrCat(city, city.empty() ? "" : ", ",
                         absl::FormatTime("%H:%M", as_of_, *reading_.zone), " there now"),
            person.name());
      }
      if (!person.languages().empty()) {
        Add(lines,
            absl::StrCat("Languages: ", absl::StrJoin(person.languages(), ", ",
                                                      [](std::string* out, const std::string& tag) {
                                                        out->append(SayLanguage(tag));
                                                      })),
            person.name());
      }
      if (!person.pronouns().empty()) {
        Add(lines, absl::StrCat("Pronouns: ", person.pronouns()), person.name());
      }
    }
    if (facts_.preference != nullptr && !facts_.preference->wishes().empty()) {
      Add(lines, absl::StrCat("Likes to be reached: ", facts_.preference->wishes()),
          facts_.preference->name());
    }
    if (facts_.relationship->human_only()) {
      Add(lines, "Only humans may contact them", facts_.relationship->name());
    }
  }

  void Standing() {
    Lines& lines = *out_.mutable_standing();
    const contact::v1::Relationship& relation = *facts_.relationship;
    if (reading_.standing != contact::v1::OPEN) {
      std::string said = reading_.standing == contact::v1::QUIETED
                             ? absl::StrCat(say_.called.Start(), " asked you to stop reaching out")
                             : std::string("The relationship rests");
      if (relation.has_standing_time()) {
        absl::StrAppend(&said, reading_.standing == contact::v1::QUIETED ? ", " : " since ",
                        say_.Date(relation.standing_time().seconds()));
      }
      if (!relation.standing_reason().empty()) {
        absl::StrAppend(&said, ": ", relation.standing_reason());
      }
      Add(lines, absl::StrCat(said, "."), relation.name());
    }
    if (!reading_.known) {
      Add(lines, "How you last spoke is not known right now.", relation.name());
      return;
    }
    if (!reading_.met) {
      std::string said = "You have not spoken with each other yet";
      if (reading_.since_us != kNever) {
        absl::StrAppend(&said, "; known to you since ",
                        say_.Date(reading_.since_us / kMicrosPerSecond));
      }
      Add(lines, absl::StrCat(said, "."), relation.name());
      return;
    }
    KnownSince(lines);
    const double silence_days = Days(reading_.SilenceUs(us_));
    Add(lines,
        absl::StrCat(SignsOfLife(silence_days), ": last spoke ",
                     SayDistance(absl::FromUnixMicros(reading_.since_us), as_of_, zone_),
                     ", usual gap ", SayRounded(reading_.expected_days), "."),
        Statistics());
    ShareOfTalk(lines);
  }

  void KnownSince(Lines& lines) {
    const engagement::v1::RelationshipStatistics& statistics = *facts_.statistics;
    const google::protobuf::Timestamp& first = statistics.has_first_two_way_time()
                                                   ? statistics.first_two_way_time()
                                                   : facts_.relationship->first_exchange_time();
    if (first.seconds() == 0) return;
    Add(lines,
        absl::StrCat("You have known each other ", SaySpan(time::FromProto(first), as_of_, zone_),
                     "."),
        statistics.has_first_two_way_time() ? Statistics() : facts_.relationship->name());
  }

  // Product 3.8.
  absl::string_view SignsOfLife(double silence_days) const {
    if (reading_.SilenceUs(us_) <= reading_.ToleratedUs()) return "Alive";
    const double dormant_after =
        std::max(kDormantTimesExpected * reading_.expected_days, 2 * reading_.tolerated_days);
    return silence_days <= dormant_after ? "Drifting" : "Long quiet";
  }

  void ShareOfTalk(Lines& lines) {
    const engagement::v1::RelationshipStatistics& statistics = *facts_.statistics;
    const double all = statistics.their_seconds() + statistics.our_seconds();
    const double age_days = Days(us_ - absl::ToUnixMicros(time::FromProto(statistics.sums_time())));
    if (!(all * std::exp2(-age_days / kTalkHalfLifeDays) >= kMinTalkSeconds)) return;
    const double share = statistics.their_seconds() / all;
    Add(lines,
        absl::StrCat(say_.called.Start(), " ", say_.called.Verb("does", "do"), " ",
                     std::llround(100 * share), " % of the talking",
                     share > 0.5 ? "; you listen well." : "; let them speak more."),
        Statistics());
  }

  void SaidLast() {
    for (const Fact* fact : FactsSaid(Fact::SLOT_UNSPECIFIED)) {
      v1::BriefingLine* line = Add(*out_.mutable_said_last(), fact->text(), fact->name());
      if (line == nullptr) return;
      if (!fact->engagement().empty()) line->add_sources(fact->engagement());
      const absl::Time said = SaidTime(*fact);
      line->set_detail(absl::StrCat(fact->said_in(), fact->said_in().empty() ? "" : ", ",
                                    SayDate(said, as_of_, zone_)));
      *line->mutable_time() = time::ToProto(said);
    }
  }

  void WeOwe() {
    Lines& lines = *out_.mutable_we_owe();
    for (const OpenPromise& promise : reading_.ours) {
      AddPromise(
          lines, promise,
          promise.due_us != kNever && promise.due_us + kPromiseGraceUs < us_ ? "BROKEN" : "OPEN");
    }
    const std::int64_t as_of_s = absl::ToUnixSeconds(as_of_);
    for (const WaitingLetter& letter : reading_.letters) {
      if (letter.time_s > as_of_s || as_of_s - letter.time_s > kLetterWaitsSeconds) continue;
      const absl::string_view subject = BareSubject(letter.subject);
      Dated(Add(lines,
                subject.empty() ? std::string("an answer to their letter")
                                : absl::StrCat("an answer to ", Quote(subject)),
                letter.engagement.empty() ? Statistics() : letter.engagement),
            "LETTER", letter.time_s * kMicrosPerSecond);
    }
    for (const WaitingFeedback& feedback : reading_.feedback) {
      if (feedback.given_s > as_of_s) continue;
      Dated(Add(lines, absl::StrCat("an answer to their ", Wording::Feedback(feedback)),
                feedback.name),
            feedback.grievance ? "GRIEVANCE" : "FEEDBACK", feedback.given_s * kMicrosPerSecond);
    }
    KeptLate(lines);
  }

  void KeptLate(Lines& lines) {
    std::vector<const Promise*> late;
    for (const Promise* promise : Distinct(facts_.promises)) {
      if (promise->promised_by() != type::v1::PARTY_US || promise->state() != Promise::KEPT_LATE) {
        continue;
      }
      const std::int64_t age_us =
          us_ - absl::ToUnixMicros(time::FromProto(promise->outcome_time()));
      if (age_us >= 0 && age_us <= kRecentUs) late.push_back(promise);
    }
    std::stable_sort(late.begin(), late.end(), [](const Promise* a, const Promise* b) {
      return time::FromProto(a->due_time()) > time::FromProto(b->due_time());
    });
    for (const Promise* promise : late) {
      Dated(Add(lines, promise->text(), promise->name()), "KEPT_LATE",
            absl::ToUnixMicros(time::FromProto(promise->due_time())));
    }
  }

  void TheyOwe() {
    for (const OpenPromise& promise : reading_.theirs) {
      AddPromise(*out_.mutable_they_owe(), promise, promise.due_us < us_ ? "OVERDUE" : "OPEN");
    }
  }

  void DoNotRaise() {
    if (facts_.preference == nullptr) return;
    std::vector<const contact::v1::UnwantedTopic*> topics;
    for (const auto& topic : facts_.preference->unwanted_topics()) topics.push_back(&topic);
    std::sort(topics.begin(), topics.end(), [](const auto* a, const auto* b) {
      return std::make_tuple(-a->said_time().seconds(), absl::string_view(a->topic())) <
             std::make_tuple(-b->said_time().seconds(), absl::string_view(b->topic()));
    });
    for (const contact::v1::UnwantedTopic* topic : topics) {
      v1::BriefingLine* line =
          Add(*out_.mutable_do_not_raise(), topic->topic(), facts_.preference->name());
      if (line == nullptr || !topic->has_said_time()) continue;
      line->set_detail(
          absl::StrCat("they asked you not to, ", say_.Date(topic->said_time().seconds())));
      *line->mutable_time() = topic->said_time();
    }
  }

  void Ask() {
    if (reading_.standing == contact::v1::QUIETED) return;
    const Fact* problem = LatestProblem();
    const bool inferred = problem != nullptr && problem->said_by() != type::v1::PARTY_PERSON;
    const std::string opening = problem == nullptr ? std::string()
                                : inferred
                                    ? absl::StrCat("My impression is ", Quote(problem->text()))
                                    : absl::StrCat("You told me ", Quote(problem->text()));
    const auto ask = [&](Fact::Slot slot, std::string general, absl::string_view about_problem) {
      if (!FactsSaid(slot).empty()) return;
      const bool built = problem != nullptr && !about_problem.empty();
      v1::BriefingLine* line =
          Add(*out_.mutable_ask(), built ? absl::StrCat(opening, about_problem) : general,
              built ? problem->name() : facts_.relationship->name());
      if (line == nullptr) return;
      line->set_detail(Fact::Slot_Name(slot));
      if (built && !problem->engagement().empty()) line->add_sources(problem->engagement());
    };
    if (problem == nullptr) {
      ask(Fact::SITUATION, "How do you work these days?", "");
      ask(Fact::PROBLEM, "What is hardest about that?", "");
    }
    ask(Fact::IMPLICATION, "When something goes wrong there, what does it hold up?",
        "; what happens because of that?");
    ask(Fact::NEED_PAYOFF, "If one thing there became easier, what would that give you?",
        "; if that were gone, what would it give you?");
    if (problem != nullptr) {
      ask(Fact::PROBLEM, "", ". Is that so, and what is hardest about it?");
      ask(Fact::SITUATION, "", ". How do you work there today?");
    }
  }

  void Care() {
    Lines& lines = *out_.mutable_care();
    const absl::TimeZone zone = reading_.zone.value_or(zone_);
    const absl::CivilDay today = absl::ToCivilDay(as_of_, zone);
    std::vector<absl::CivilDay> days;
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

  // What the person said by as_of, latest first; of one slot, or of all for SLOT_UNSPECIFIED.
  std::vector<const Fact*> FactsSaid(Fact::Slot slot) const {
    std::vector<const Fact*> said;
    for (const Fact* fact : Distinct(facts_.facts)) {
      if (fact->said_by() != type::v1::PARTY_PERSON || SaidTime(*fact) > as_of_) continue;
      if (slot == Fact::SLOT_UNSPECIFIED || fact->slot() == slot) said.push_back(fact);
    }
    SortLatestFirst(said);
    return said;
  }

  // The latest problem that touches no unwanted topic: one that they told, else one that we infer.
  const Fact* LatestProblem() const {
    std::vector<const Fact*> problems;
    for (const Fact* fact : Distinct(facts_.facts)) {
      if (fact->slot() == Fact::PROBLEM && SaidTime(*fact) <= as_of_ && !Unwanted(fact->text())) {
        problems.push_back(fact);
      }
    }
    SortLatestFirst(problems);
    for (const Fact* fact : problems) {
      if (fact->said_by() == type::v1::PARTY_PERSON) return fact;
    }
    return problems.empty() ? nullptr : problems.front();
  }

  bool Unwanted(absl::string_view text) const {
    if (facts_.preference == nullptr) return false;
    const std::string folded = absl::AsciiStrToLower(text);
    for (const contact::v1::UnwantedTopic& topic : facts_.preference->unwanted_topics()) {
      if (!topic.topic().empty() &&
          absl::StrContains(folded, absl::AsciiStrToLower(topic.topic()))) {
        return true;
      }
    }
    return false;
  }

  static void SortLatestFirst(std::vector<const Fact*>& facts) {
    std::stable_sort(facts.begin(), facts.end(),
                     [](const Fact* a, const Fact* b) { return SaidTime(*a) > SaidTime(*b); });
  }

  static absl::Time SaidTime(const Fact& fact) {
    return time::FromProto(fact.has_said_time() ? fact.said_time() : fact.create_time());
  }

  // Null if the part is full.
  v1::BriefingLine* Add(Lines& lines, absl::string_view text, absl::string_view source) {
    if (lines.size() >= (full_ ? kFullLines : kBasicLines)) return nullptr;
    v1::BriefingLine* line = lines.Add();
    line->set_text(std::string(text));
    line->add_sources(std::string(source));
    return line;
  }

  static void Dated(v1::BriefingLine* line, absl::string_view detail, std::int64_t us) {
    if (line == nullptr) return;
    line->set_detail(std::string(detail));
    *line->mutable_time() = time::ToProto(absl::FromUnixMicros(us));
  }

  void AddPromise(Lines& lines, const OpenPromise& promise, absl::string_view detail) {
    v1::BriefingLine* line = Add(
        lines, promise.text.empty() ? absl::string_view("a promise") : promise.text, promise.name);
    if (line == nullptr) return;
    line->set_detail(std::string(detail));
    if (promise.due_us != kNever) {
      *line->mutable_time() = time::ToProto(absl::FromUnixMicros(promise.due_us));
    }
  }

  absl::string_view Statistics() const {
    return facts_.statistics->name().empty() ? facts_.relationship->name()
                                             : facts_.statistics->name();
  }

  const RelationshipFacts& facts_;
  const v1::Decision& decision_;
  const Reading reading_;
  const std::int64_t us_;
  const absl::Time as_of_;
  const absl::TimeZone zone_;
  const bool full_;
  const Wording say_;
  v1::Briefing out_;
};

}  // namespace

v1::Briefing MakeBriefing(const RelationshipFacts& facts, const v1::Decision& decision,
                          absl::Time as_of, absl::TimeZone steward_zone,
                          v1::GetBriefingRequest::View view) {
  return Briefer(facts, decision, as_of, steward_zone, view == v1::GetBriefingRequest::FULL).Run();
}

}  // namespace rapport::recommendation
