#include "services/recommendation/rules/next_steps.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "common/time/proto_time.h"
#include "services/recommendation/rules/anniversary.h"
#include "services/recommendation/rules/circumstances.h"
#include "services/recommendation/rules/reading.h"
#include "services/recommendation/rules/speech.h"
#include "services/recommendation/rules/wording.h"
#include "services/recommendation/rules/working_days.h"

namespace rapport::recommendation {
namespace {

using ::rapport::engagement::v1::Fact;

std::int64_t WholeDays(std::int64_t us) { return us / kMicrosPerDay; }

v1::StepClass ClassOf(v1::StepKind kind) {
  switch (kind) {
    case v1::REPAIR:
    case v1::ANSWER:
    case v1::KEEP_PROMISE:
      return v1::OBLIGATION;
    case v1::CARE:
      return v1::CARE_CLASS;
    case v1::LISTEN:
      return v1::LISTEN_CLASS;
    default:
      return v1::WAIT_CLASS;
  }
}

class Decider {
 public:
  Decider(const RelationshipFacts& facts, absl::Time as_of, absl::TimeZone zone)
      : facts_(facts), at_(facts, as_of, zone), say_(at_.say), reading_(at_.reading) {}

  v1::Decision Run() {
    decision_.set_relationship(facts_.relationship->name());
    *decision_.mutable_as_of() = time::ToProto(at_.as_of);
    decision_.set_policy_version(std::string(kPolicyVersion));
    Repair();
    Answer();
    Keep();
    Care();
    Listen();
    Wait();
    AddInputs();
    AddDegraded();
    return std::move(decision_);
  }

 private:
  void Repair() {
    std::vector<v1::Reason> reasons;
    for (const OpenPromise& promise : reading_.ours) {
      if (!at_.IsBroken(promise)) break;
      reasons.push_back(Until(
          Measured(MakeReason(v1::PROMISE_BROKEN,
                              absl::StrCat(Wording::Promised(promise), " was promised for ",
                                           say_.Day(promise.due_us), " and is not done"),
                              promise.name),
                   Days(at_.us - promise.due_us), Days(kPromiseGraceUs)),
          absl::StrCat("make ", Wording::Promised(promise), " good, or be released from it")));
    }
    if (!reasons.empty()) {
      const OpenPromise& first = reading_.ours.front();
      Suggest(
          v1::REPAIR,
          absl::StrCat(
              first.text.empty() ? "What you promised" : Wording::Promised(first) + " was promised",
              " for ", say_.Day(first.due_us), first.text.empty() ? "" : " and", " is not done",
              Wording::More(reasons.size()), "; make it good with ", say_.called.Object(), "."),
          first.due_us, reasons, true);
      return;
    }
    v1::Reason reason =
        MakeReason(v1::NOTHING_OPEN, "no promise of yours is broken", at_.Relation());
    if (!reading_.ours.empty() && reading_.ours.front().due_us != kNever) {
      const OpenPromise& next = reading_.ours.front();
      reason = Until(Measured(MakeReason(v1::NOTHING_OPEN, reason.text(), next.name),
                              Days(at_.us - next.due_us), Days(kPromiseGraceUs)),
                     absl::StrCat("if ", Wording::Promised(next), " is still not done after ",
                                  say_.Day(next.due_us + kPromiseGraceUs)));
    }
    Exclude(v1::REPAIR, {reason});
  }

  void Answer() {
    const std::int64_t as_of_s = absl::ToUnixSeconds(at_.as_of);
    std::uint32_t since_s = Track(reading_.letters).EarliestAt(as_of_s);
    const bool letter_waits = since_s != kNoLetter;
    std::vector<v1::Reason> reasons;
    const WaitingLetter* first_letter = nullptr;
    const WaitingFeedback* first_feedback = nullptr;
    bool grievance = false;  // Among those that wait.
    for (const WaitingFeedback& feedback : reading_.feedback) {
      if (feedback.given_s > as_of_s) break;
      if (first_feedback == nullptr) first_feedback = &feedback;
      since_s = std::min(since_s, feedback.given_s);
      grievance = grievance || feedback.grievance;
      reasons.push_back(
          Until(Measured(MakeReason(v1::FEEDBACK_UNANSWERED,
                                    absl::StrCat("their ", Wording::Feedback(feedback), " of ",
                                                 say_.Date(feedback.given_s), " is unanswered"),
                                    feedback.name),
                         at_.AgeDays(feedback.given_s), 0),
                "answer it"));
    }
    for (const WaitingLetter& letter : reading_.letters) {
      if (!letter_waits || letter.time_s > as_of_s ||
          as_of_s - letter.time_s > kLetterWaitsSeconds) {
        continue;
      }
      if (first_letter == nullptr) first_letter = &letter;
      reasons.push_back(Until(
          Measured(MakeReason(v1::AWAITS_ANSWER,
                              absl::StrCat(say_.called.Subject(), " wrote", Wording::About(letter),
                                           " ", say_.When(letter.time_s), " and ",
                                           say_.called.Verb("waits", "wait"), " for an answer"),
                              Circumstances::Or(letter.engagement, at_.Statistics())),
                   at_.AgeDays(letter.time_s), Days(kLetterWaitsSeconds * kMicrosPerSecond)),
          "answer it"));
    }
    if (reasons.empty()) return ExcludeAnswer();
    std::stable_sort(reasons.begin(), reasons.end(), [](const v1::Reason& a, const v1::Reason& b) {
      return a.value() > b.value();
    });
    Suggest(v1::ANSWER, AnswerSummary(first_letter, first_feedback, grievance, reasons.size()),
            absl::ToUnixMicros(PlusWorkingDay(absl::FromUnixSeconds(since_s), at_.zone)), reasons,
            grievance);
  }

  std::string AnswerSummary(const WaitingLetter* letter, const WaitingFeedback* feedback,
                            bool grievance, std::size_t count) {
    std::string said;
    if (grievance && feedback != nullptr) {
      for (const WaitingFeedback& other : reading_.feedback) {
        if (!other.grievance || other.given_s > absl::ToUnixSeconds(at_.as_of)) continue;
        feedback = &other;
        break;
      }
      said = absl::StrCat("Something hurt ", say_.called.Object(), ": ", "their ",
                          Wording::Feedback(*feedback), ", given ", say_.When(feedback->given_s),
                          ", is unanswered", Wording::More(count));
    } else if (letter != nullptr) {
      said = absl::StrCat(say_.called.Start(), " wrote", Wording::About(*letter), " ",
                          say_.When(letter->time_s), " and ", say_.called.Verb("waits", "wait"),
                          " for your answer", Wording::More(count));
    } else {
      said = absl::StrCat(say_.called.Start(), " gave you ", Wording::Feedback(*feedback), " ",
                          say_.When(feedback->given_s), "; it is still unanswered",
                          Wording::More(count));
    }
    for (const OpenPromise& promise : reading_.ours) {
      if (!at_.FallsDue(promise)) continue;
      return absl::StrCat(said, "; you promised ", Wording::Promised(promise), " by ",
                          say_.Day(promise.due_us), ".");
    }
    return absl::StrCat(said, ".");
  }

  void ExcludeAnswer() {
    if (!reading_.known) {
      return Exclude(v1::ANSWER,
                     {at_.Degraded("whether they wrote lately is not known right now")});
    }
    const std::int64_t as_of_s = absl::ToUnixSeconds(at_.as_of);
    for (auto letter = reading_.letters.rbegin(); letter != reading_.letters.rend(); ++letter) {
      if (letter->time_s > as_of_s) continue;
      return Exclude(
          v1::ANSWER,
          {Until(
              Measured(
                  MakeReason(v1::NOT_OUR_TURN,
                             absl::StrCat(say_.called.Subject(), " last wrote",
                                          Wording::About(*letter), " ", say_.When(letter->time_s),
                                          ", too long ago to count as waiting"),
                             Circumstances::Or(letter->engagement, at_.Statistics())),
                  at_.AgeDays(letter->time_s), Days(kLetterWaitsSeconds * kMicrosPerSecond)),
              absl::StrCat("when ", say_.called.Subject(), " ", say_.called.Verb("writes", "write"),
                           " again"))});
    }
    Exclude(v1::ANSWER,
            {Until(MakeReason(v1::NOT_OUR_TURN, "nothing waits for your answer", at_.Statistics()),
                   absl::StrCat("when ", say_.called.Subject(), " ",
                                say_.called.Verb("writes", "write"), " to you"))});
  }

  void Keep() {
    std::vector<v1::Reason> reasons;
    const OpenPromise* first = nullptr;
    const OpenPromise* later = nullptr;
    for (const OpenPromise& promise : reading_.ours) {
      if (promise.due_us != kNever && !at_.IsBroken(promise) && !at_.FallsDue(promise)) {
        if (later == nullptr) later = &promise;
      }
      if (!at_.FallsDue(promise)) continue;
      if (first == nullptr) first = &promise;
      reasons.push_back(
          Until(Measured(MakeReason(v1::PROMISE_DUE,
                                    absl::StrCat("you promised ", Wording::Promised(promise),
                                                 " by ", say_.Day(promise.due_us)),
                                    promise.name),
                         Days(promise.due_us - at_.us), Days(at_.keep_until_us - at_.us)),
                "keep it, agree on a later day, or be released from it"));
    }
    if (first != nullptr) {
      const bool late = first->due_us < at_.us;
      Suggest(
          v1::KEEP_PROMISE,
          absl::StrCat("You promised ", say_.called.Object(), " ", Wording::Promised(*first),
                       late ? " for " : " by ", say_.Day(first->due_us),
                       late ? "; it can still be kept" : "", Wording::More(reasons.size()), "."),
          first->due_us, reasons);
      return;
    }
    v1::Reason reason = MakeReason(
        v1::NOTHING_OPEN, "no promise of yours falls due within two working days", at_.Relation());
    if (later != nullptr) {
      reason = Until(Measured(MakeReason(v1::NOTHING_OPEN,
                                         absl::StrCat(Wording::Promised(*later), " is due ",
                                                      say_.When(later->due_us / kMicrosPerSecond)),
                                         later->name),
                              Days(later->due_us - at_.us), Days(at_.keep_until_us - at_.us)),
                     absl::StrCat("two working days before ", say_.Day(later->due_us)));
    }
    Exclude(v1::KEEP_PROMISE, {reason});
  }

  void Care() {
    if (const auto withheld = at_.Withheld()) return Exclude(v1::CARE, {*withheld});
    const absl::TimeZone zone = reading_.zone.value_or(at_.zone);
    const absl::CivilDay today = absl::ToCivilDay(at_.as_of, zone);
    const auto near = NearAnniversary(reading_.days_of_leap_year, today);
    const bool old_friend = at_.silent && reading_.bond >= kCloseBond;
    if (!near && !old_friend) return ExcludeCare(zone, today);
    std::vector<v1::Reason> reasons;
    std::string summary;
    std::int64_t due_us = kNever;
    if (near) {
      due_us = absl::ToUnixMicros(absl::FromCivil(absl::CivilHour(*near) + 12, zone));
      const std::string day = SayWhen(absl::FromUnixMicros(due_us), at_.as_of, zone);
      const std::string what = say_.DayNames(*near);
      const absl::string_view verb = *near < today ? " was " : " is ";
      reasons.push_back(Measured(
          MakeReason(v1::ANNIVERSARY, absl::StrCat(what, verb, day), facts_.person->name()),
          static_cast<double>(*near - today), kAnniversaryDaysAhead));
      summary = absl::StrCat(say_.called.StartPossessive(), " ", what, verb, day,
                             "; a kind word, nothing else.");
    }
    if (old_friend) {
      const std::string quiet = SayCount(WholeDays(at_.silence_us), "day");
      v1::Reason reason =
          MakeReason(v1::OLD_FRIEND_QUIET,
                     absl::StrCat("you know each other well and have been quiet for ", quiet),
                     at_.Statistics());
      reasons.push_back(
          Until(Measured(std::move(reason), Days(at_.silence_us), reading_.tolerated_days),
                "any contact with them"));
      if (!near) {
        summary = absl::StrCat("You and ", say_.called.Object(),
                               " know each other well and have been quiet for ", quiet,
                               "; write without asking for anything.");
      }
    }
    Suggest(v1::CARE, std::move(summary), due_us, reasons);
  }

  void ExcludeCare(absl::TimeZone zone, absl::CivilDay today) {
    v1::Reason no_day =
        MakeReason(v1::NOTHING_OPEN, "no day that matters to them is near", at_.Person());
    std::optional<absl::CivilDay> next;
    for (const std::uint16_t index : reading_.days_of_leap_year) {
      const absl::CivilDay day = NextAnniversary(index, today);
      if (!next || day < *next) next = day;
    }
    if (next) {
      const absl::Time from = absl::FromCivil(*next - kAnniversaryDaysAhead, zone);
      no_day = Until(
          Measured(std::move(no_day), static_cast<double>(*next - today), kAnniversaryDaysAhead),
          absl::StrCat("from ", SayDate(from, at_.as_of, zone), " on, before their ",
                       say_.DayNames(*next)));
    } else {
      no_day = Until(std::move(no_day), "knowing a day that matters to them, such as a birthday");
    }
    v1::Reason no_friend = reading_.met ? at_.Within() : at_.NotMetYet();
    if (at_.silent) {
      no_friend =
          Until(Measured(MakeReason(v1::NOTHING_OPEN, "you do not know each other that well yet",
                                    at_.Statistics()),
                         reading_.bond, kCloseBond),
                "more exchanges over time");
    }
    Exclude(v1::CARE, {std::move(no_day), std::move(no_friend)});
  }

  void Listen() {
    if (const auto withheld = at_.Withheld()) return Exclude(v1::LISTEN, {*withheld});
    if (reading_.standing == contact::v1::RESTING) return Exclude(v1::LISTEN, {at_.Resting()});
    if (!reading_.met) {
      if (at_.AgeUs() <= kNotMetAfterUs) return Exclude(v1::LISTEN, {at_.NotMetYet()});
      const std::string span =
          SaySpan(absl::FromUnixMicros(reading_.since_us), at_.as_of, at_.zone);
      return Suggest(v1::LISTEN,
                     absl::StrCat("You have known of ", say_.called.Object(), " for ", span,
                                  " and have not spoken yet; ask and listen."),
                     kNever, {at_.NotMetYet()});
    }
    if (!at_.silent) return Exclude(v1::LISTEN, {at_.Within()});
    const std::int64_t quiet = WholeDays(at_.silence_us);
    std::vector<v1::Reason> reasons;
    reasons.push_back(
        Until(Measured(MakeReason(v1::SILENT_TOO_LONG,
                                  absl::StrCat(SayCount(quiet, "day"), " of silence; up to ",
                                               SayRounded(reading_.tolerated_days), " is fine"),
                                  at_.Statistics()),
                       Days(at_.silence_us), reading_.tolerated_days),
              "any contact with them"));
    std::string summary = absl::StrCat(SayCount(quiet, "day"), " quiet, usually about ",
                                       SayRounded(reading_.expected_days));
    if (const Fact* problem = ProblemWithoutCost(); problem != nullptr) {
      reasons.push_back(
          Until(MakeReason(v1::UNDERSTANDING_THIN, "you know their problem, not what it costs them",
                           problem->name()),
                "learn what it leads to, in their own words"));
      absl::StrAppend(&summary, "; you know their problem, not what it costs them.");
    } else {
      absl::StrAppend(&summary, "; ask how ", say_.called.Subject(), " ",
                      say_.called.Verb("is", "are"), " and listen.");
    }
    Suggest(v1::LISTEN, std::move(summary), kNever, reasons);
  }

  void Wait() {
    if (decision_.suggestions_size() > 0) {
      const v1::Suggestion& first = decision_.suggestions(0);
      v1::Reason reason =
          MakeReason(v1::OUTRANKED, "there is something to do first", first.reasons(0).sources(0));
      return Exclude(v1::WAIT, {Until(std::move(reason), "when nothing else is open")});
    }
    std::int64_t due_us = kNever;
    std::string summary;
    v1::Reason reason;
    if (const auto withheld = at_.Withheld()) {
      reason = *withheld;
      summary = reason.code() == v1::QUIETED
                    ? absl::StrCat(say_.called.Start(),
                                   " asked you to stop reaching out; wait for their word.")
                    : "How you last spoke is not known right now; better to wait.";
    } else if (reading_.standing == contact::v1::RESTING) {
      reason = at_.Resting();
      summary = absl::StrCat("The relationship rests; ", say_.called.Subject(), " ",
                             say_.called.Verb("stays", "stay"), " known to you.");
    } else if (!reading_.met) {
      reason = at_.NotMetYet();
      if (reading_.since_us != kNever) due_us = reading_.since_us + kNotMetAfterUs;
      summary = absl::StrCat("You have only just come to know of ", say_.called.Object(),
                             "; give it a few days.");
    } else {
      reason = at_.Within();
      due_us = reading_.since_us + reading_.ToleratedUs();
      summary =
          absl::StrCat("You spoke ", say_.When(reading_.since_us / kMicrosPerSecond),
                       "; silence is fine for another ", SayCount(at_.DaysLeft(), "day"), ".");
    }
    Suggest(v1::WAIT, std::move(summary), due_us, {std::move(reason)});
  }

  // The latest problem that they told, if they have not told what it leads to.
  const Fact* ProblemWithoutCost() const {
    const Fact* latest = nullptr;
    for (const Fact* fact : Distinct(facts_.facts)) {
      if (fact->said_by() != type::v1::PARTY_PERSON) continue;
      if (fact->slot() == Fact::IMPLICATION) return nullptr;
      if (fact->slot() != Fact::PROBLEM) continue;
      if (latest == nullptr ||
          time::FromProto(fact->said_time()) > time::FromProto(latest->said_time())) {
        latest = fact;
      }
    }
    return latest;
  }

  void Suggest(v1::StepKind kind, std::string summary, std::int64_t due_us,
               std::vector<v1::Reason> reasons, bool human = false) {
    v1::Suggestion& out = *decision_.add_suggestions();
    out.set_kind(kind);
    out.set_step_class(ClassOf(kind));
    out.set_summary(std::move(summary));
    if (due_us != kNever) *out.mutable_due_time() = time::ToProto(absl::FromUnixMicros(due_us));
    if (reading_.standing == contact::v1::QUIETED && kind != v1::WAIT) {
      reasons.push_back(at_.Quieted());
    }
    for (v1::Reason& reason : reasons) *out.add_reasons() = std::move(reason);
    const bool dormant = kind != v1::WAIT && reading_.met &&
                         Days(at_.silence_us) > kDormantTimesExpected * reading_.expected_days;
    out.set_conduct(human || dormant ? v1::HUMAN_REQUIRED : v1::HUMAN_ASSISTED);
    if (!reading_.known || !reading_.met) return;
    out.set_score(SilenceScore(at_.silence_us, reading_.tolerated_s));
    v1::ScoreTerm& term = *out.add_score_terms();
    term.set_term("silence / tolerated silence");
    term.set_value(out.score());
  }

  void Exclude(v1::StepKind kind, std::vector<v1::Reason> reasons) {
    v1::Exclusion& out = *decision_.add_excluded();
    out.set_kind(kind);
    for (v1::Reason& reason : reasons) *out.add_reasons() = std::move(reason);
  }

  void AddInputs() {
    const auto add = [&](const auto& resource) {
      if (resource.name().empty()) return;
      v1::DecisionInput& input = *decision_.add_inputs();
      input.set_name(resource.name());
      input.set_revision(resource.revision());
    };
    add(*facts_.relationship);
    if (facts_.person != nullptr) add(*facts_.person);
    if (facts_.statistics != nullptr) add(*facts_.statistics);
    for (const auto* promise : Distinct(facts_.promises)) {
      if (promise->promised_by() == type::v1::PARTY_US) add(*promise);
    }
    for (const auto* feedback : Distinct(facts_.feedback)) add(*feedback);
    for (const auto* fact : Distinct(facts_.facts)) add(*fact);
  }

  void AddDegraded() {
    std::set<std::string> degraded(facts_.degraded.begin(), facts_.degraded.end());
    if (!reading_.known) degraded.insert("engagement statistics");
    for (const std::string& what : degraded) decision_.add_degraded(what);
  }

  const RelationshipFacts& facts_;
  const Circumstances at_;
  const Wording& say_;
  const Reading& reading_;
  v1::Decision decision_;
};

}  // namespace

v1::Decision Decide(const RelationshipFacts& facts, absl::Time as_of, absl::TimeZone steward_zone) {
  return Decider(facts, as_of, steward_zone).Run();
}

}  // namespace rapport::recommendation
