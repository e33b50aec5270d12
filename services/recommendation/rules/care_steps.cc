#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "services/recommendation/rules/anniversary.h"
#include "services/recommendation/rules/policy.h"
#include "services/recommendation/rules/steps.h"

namespace rapport::recommendation {
namespace {

std::int64_t WholeDays(std::int64_t us) { return us / kMicrosPerDay; }

// What speaks for care, strongest first, and the sentence of the strongest.
class CareReasons {
 public:
  explicit CareReasons(Steps& s) : s_(s) {}

  bool Decide() {
    const absl::TimeZone zone = s_.reading.zone.value_or(s_.at.zone);
    const absl::CivilDay today = absl::ToCivilDay(s_.at.as_of, zone);
    LifeEvent();
    if (s_.reading.guarded && s_.at.silent) GuardedAndQuiet();
    Day(zone, today);
    if (s_.at.silent && s_.reading.bond >= kCloseBond) OldFriend();
    if (reasons_.empty()) return false;
    s_.Suggest(v1::CARE, std::move(summary_), due_us_, std::move(reasons_));
    return true;
  }

 private:
  void Add(v1::Reason reason, std::string summary) {
    if (reasons_.empty()) summary_ = std::move(summary);
    reasons_.push_back(std::move(reason));
  }

  void LifeEvent() {
    if (!WithinLast(s_.reading.untended_s, s_.at.Seconds(), kLifeEventSeconds)) return;
    const engagement::v1::CareEvent& event = *s_.reading.untended;
    const std::string said =
        event.said_by() == type::v1::PARTY_PERSON
            ? absl::StrCat(s_.say.called.Subject(), " told you ", Quote(event.text()))
            : absl::StrCat("you heard ", Quote(event.text()), " of ", s_.say.called.Object());
    const std::string when = s_.say.When(s_.reading.untended_s);
    Add(Until(Measured(MakeReason(v1::LIFE_EVENT, absl::StrCat(said, " ", when), event.name()),
                       s_.at.AgeDays(s_.reading.untended_s),
                       Days(kLifeEventSeconds * kMicrosPerSecond)),
              "any contact with them"),
        event.said_by() == type::v1::PARTY_PERSON
            ? absl::StrCat(s_.say.called.Start(), " told you ", Quote(event.text()), " ", when,
                           "; a kind word, nothing else.")
            : absl::StrCat("You heard ", Quote(event.text()), " of ", s_.say.called.Object(), " ",
                           when, "; a kind word, nothing else."));
  }

  std::string Quiet() const { return SayCount(WholeDays(s_.at.silence_us), "day"); }

  void GuardedAndQuiet() {
    const std::string& why = s_.facts.relationship->care_guard().reason();
    Add(Until(Measured(s_.at.Guarded(), Days(s_.at.silence_us), s_.reading.tolerated_days),
              "any contact with them"),
        absl::StrCat("Be there for ", s_.say.called.Object(), why.empty() ? "" : " (",
                     why.empty() ? "" : Quote(why), why.empty() ? "" : ")",
                     ": offer and ask nothing until you lift the guard; ", Quiet(),
                     " since you spoke."));
  }

  void Day(absl::TimeZone zone, absl::CivilDay today) {
    const auto near = NearAnniversary(s_.reading.days_of_leap_year, today);
    if (!near) return;
    due_us_ = absl::ToUnixMicros(absl::FromCivil(absl::CivilHour(*near) + 12, zone));
    const std::string day = SayWhen(absl::FromUnixMicros(due_us_), s_.at.as_of, zone);
    const std::string what = s_.say.DayNames(*near);
    const absl::string_view verb = *near < today ? " was " : " is ";
    Add(Measured(
            MakeReason(v1::ANNIVERSARY, absl::StrCat(what, verb, day), s_.facts.person->name()),
            static_cast<double>(*near - today), kAnniversaryDaysAhead),
        absl::StrCat(s_.say.called.StartPossessive(), " ", what, verb, day,
                     "; a kind word, nothing else."));
  }

  void OldFriend() {
    v1::Reason reason =
        MakeReason(v1::OLD_FRIEND_QUIET,
                   absl::StrCat("you know each other well and have been quiet for ", Quiet()),
                   s_.at.Statistics());
    Add(Until(Measured(std::move(reason), Days(s_.at.silence_us), s_.reading.tolerated_days),
              "any contact with them"),
        absl::StrCat("You and ", s_.say.called.Object(),
                     " know each other well and have been quiet for ", Quiet(),
                     "; write without asking for anything."));
  }

  Steps& s_;
  std::vector<v1::Reason> reasons_;
  std::string summary_;
  std::int64_t due_us_ = kNever;
};

void ExcludeCare(Steps& s) {
  const absl::TimeZone zone = s.reading.zone.value_or(s.at.zone);
  const absl::CivilDay today = absl::ToCivilDay(s.at.as_of, zone);
  v1::Reason no_day =
      MakeReason(v1::NOTHING_OPEN, "no day that matters to them is near", s.at.Person());
  std::optional<absl::CivilDay> next;
  for (const std::uint16_t index : s.reading.days_of_leap_year) {
    const absl::CivilDay day = NextAnniversary(index, today);
    if (!next || day < *next) next = day;
  }
  if (next) {
    const absl::Time from = absl::FromCivil(*next - kAnniversaryDaysAhead, zone);
    no_day = Until(
        Measured(std::move(no_day), static_cast<double>(*next - today), kAnniversaryDaysAhead),
        absl::StrCat("from ", SayDate(from, s.at.as_of, zone), " on, before their ",
                     s.say.DayNames(*next)));
  } else {
    no_day = Until(std::move(no_day), "knowing a day that matters to them, such as a birthday");
  }
  v1::Reason no_friend = s.reading.met ? s.at.Within() : s.at.NotMetYet();
  if (s.at.silent) {
    no_friend =
        Until(Measured(MakeReason(v1::NOTHING_OPEN, "you do not know each other that well yet",
                                  s.at.Statistics()),
                       s.reading.bond, kCloseBond),
              "more exchanges over time");
  }
  s.Exclude(v1::CARE, {std::move(no_day), std::move(no_friend)});
}

// The feedback or the statistics that tell of what waits for thanks.
absl::string_view WhatToThankFor(const Steps& s) {
  for (const auto* feedback : Distinct(s.facts.feedback)) {
    if (feedback->kind() == engagement::v1::Feedback::PRAISE &&
        feedback->given_time().seconds() == s.reading.unthanked_s) {
      return feedback->name();
    }
  }
  return s.at.Statistics();
}

}  // namespace

void Care(Steps& s) {
  if (const auto withheld = s.at.Withheld()) return s.Exclude(v1::CARE, {*withheld});
  if (!CareReasons(s).Decide()) ExcludeCare(s);
}

void Thank(Steps& s) {
  if (const auto withheld = s.at.Withheld()) return s.Exclude(v1::THANK, {*withheld});
  const std::uint32_t since_s = s.reading.unthanked_s;
  if (WithinLast(since_s, s.at.Seconds(), kThanksSeconds)) {
    const std::string when = s.say.When(since_s);
    v1::Reason reason = MakeReason(
        v1::THANKS_DUE,
        absl::StrCat("what ", s.say.called.Subject(), " gave ", when, " waits for thanks"),
        WhatToThankFor(s));
    reason = Until(
        Measured(std::move(reason), s.at.AgeDays(since_s), Days(kThanksSeconds * kMicrosPerSecond)),
        "thank them");
    s.Suggest(v1::THANK,
              absl::StrCat("Thank ", s.say.called.Object(), " for what they gave or said ", when,
                           "; ask for nothing."),
              kNever, {std::move(reason)});
    return;
  }
  s.Exclude(
      v1::THANK,
      {Until(MakeReason(v1::NOTHING_OPEN, "nothing of theirs waits for thanks", s.at.Statistics()),
             absl::StrCat("when ", s.say.called.Subject(), " ",
                          s.say.called.Verb("gives, helps or praises", "give, help or praise")))});
}

}  // namespace rapport::recommendation
