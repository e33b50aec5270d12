#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/time/proto_time.h"
#include "services/recommendation/rules/knowledge.h"
#include "services/recommendation/rules/policy.h"
#include "services/recommendation/rules/steps.h"

namespace rapport::recommendation {
namespace {

using ::rapport::engagement::v1::Fact;
using ::rapport::engagement::v1::Need;

// The latest problem that they told, if they have not told what it leads to.
const Fact* ProblemWithoutCost(const Steps& s) {
  const Fact* latest = nullptr;
  for (const Fact* fact : Distinct(s.facts.facts)) {
    if (!SaidByThem(*fact) || !Stands(*fact)) continue;
    if (fact->slot() == Fact::IMPLICATION) return nullptr;
    if (fact->slot() != Fact::PROBLEM) continue;
    if (latest == nullptr || SaidTime(*fact) > SaidTime(*latest)) latest = fact;
  }
  return latest;
}

bool NothingIsKnown(const Steps& s) {
  return std::none_of(s.facts.facts.begin(), s.facts.facts.end(), [&](const Fact* fact) {
    return SaidByThem(*fact) && StandsAt(*fact, s.at.as_of);
  });
}

// Somebody of whom nothing is known is listened to: what to ask first.
void AddFirstQuestions(const Steps& s, std::vector<v1::Reason>& reasons) {
  if (!NothingIsKnown(s)) return;
  for (const Fact::Slot slot : {Fact::SITUATION, Fact::PROBLEM}) {
    reasons.push_back(Until(MakeReason(v1::UNDERSTANDING_THIN,
                                       absl::StrCat("you do not know ", WhatItTells(slot),
                                                    "; you could ask ", Quote(QuestionFor(slot))),
                                       s.at.Relation()),
                            absl::StrCat("learn ", WhatItTells(slot), ", in their own words")));
  }
}

}  // namespace

void Listen(Steps& s) {
  if (const auto withheld = s.at.Withheld()) return s.Exclude(v1::LISTEN, {*withheld});
  if (s.reading.standing == contact::v1::RESTING) return s.Exclude(v1::LISTEN, {s.at.Resting()});
  std::vector<v1::Reason> reasons;
  if (!s.reading.met) {
    if (s.at.AgeUs() <= kNotMetAfterUs) return s.Exclude(v1::LISTEN, {s.at.NotMetYet()});
    const std::string span =
        SaySpan(absl::FromUnixMicros(s.reading.since_us), s.at.as_of, s.at.zone);
    reasons.push_back(s.at.NotMetYet());
    AddFirstQuestions(s, reasons);
    s.Suggest(v1::LISTEN,
              absl::StrCat("You have known of ", s.say.called.Object(), " for ", span,
                           " and have not spoken yet; ask and listen."),
              kNever, std::move(reasons));
    return;
  }
  if (!s.at.silent) return s.Exclude(v1::LISTEN, {s.at.Within()});
  const std::int64_t quiet = s.at.silence_us / kMicrosPerDay;
  reasons.push_back(
      Until(Measured(MakeReason(v1::SILENT_TOO_LONG,
                                absl::StrCat(SayCount(quiet, "day"), " of silence; up to ",
                                             SayRounded(s.reading.tolerated_days), " is fine"),
                                s.at.Statistics()),
                     Days(s.at.silence_us), s.reading.tolerated_days),
            "any contact with them"));
  std::string summary = absl::StrCat(SayCount(quiet, "day"), " quiet, usually about ",
                                     SayRounded(s.reading.expected_days));
  if (const Fact* problem = ProblemWithoutCost(s); problem != nullptr) {
    reasons.push_back(
        Until(MakeReason(v1::UNDERSTANDING_THIN, "you know their problem, not what it costs them",
                         problem->name()),
              "learn what it leads to, in their own words"));
    absl::StrAppend(&summary, "; you know their problem, not what it costs them.");
  } else {
    AddFirstQuestions(s, reasons);
    absl::StrAppend(&summary, "; ask how ", s.say.called.Subject(), " ",
                    s.say.called.Verb("is", "are"), " and listen.");
  }
  s.Suggest(v1::LISTEN, std::move(summary), kNever, std::move(reasons));
}

void Give(Steps& s) {
  if (const auto withheld = s.at.Withheld()) return s.Exclude(v1::GIVE, {*withheld});
  if (s.reading.standing == contact::v1::RESTING) return s.Exclude(v1::GIVE, {s.at.Resting()});
  const engagement::v1::RelationshipStatistics& sums = *s.facts.statistics;
  const std::uint32_t asked_s = s.reading.ungiven_ask_s;
  if (IsUngiven(asked_s, s.at.Seconds())) {
    std::string idea;
    if (s.facts.preference != nullptr && !s.facts.preference->wanted_topics().empty()) {
      idea = absl::StrCat("; ", s.say.called.Subject(), " ", s.say.called.Verb("likes", "like"),
                          " to hear of ", s.facts.preference->wanted_topics(0));
    }
    v1::Reason reason = MakeReason(
        v1::ASK_HEAVY, absl::StrCat("you asked more than you gave, last ", s.say.When(asked_s)),
        s.at.Statistics());
    reason = Until(Measured(std::move(reason), sums.gives(), sums.asks()),
                   "give something and ask for nothing");
    s.Suggest(v1::GIVE,
              absl::StrCat("You asked more of ", s.say.called.Object(),
                           " than you gave; give something and ask for nothing", idea, "."),
              kNever, {std::move(reason)});
    return;
  }
  const bool just_asked = WithinLast(asked_s, s.at.Seconds(), kBreathSeconds);
  v1::Reason reason =
      MakeReason(v1::NOTHING_OPEN,
                 just_asked ? absl::StrCat("you asked ", s.say.When(asked_s),
                                           "; a gift in the same breath would be a trade")
                            : std::string("you have not asked more than you gave lately"),
                 s.at.Statistics());
  s.Exclude(v1::GIVE,
            {Until(Measured(std::move(reason), sums.gives(), sums.asks()),
                   just_asked ? "a week after the ask" : "when you ask more than you give")});
}

void Rest(Steps& s) {
  if (const auto withheld = s.at.Withheld()) return s.Exclude(v1::REST, {*withheld});
  if (s.reading.standing == contact::v1::RESTING) return s.Exclude(v1::REST, {s.at.Resting()});
  const std::vector<const Need*> needs = Distinct(s.facts.needs);
  if (!s.reading.needs_outlived) {
    const auto living = std::find_if(needs.begin(), needs.end(), [](const Need* need) {
      return need->state() != Need::OUTLIVED;
    });
    if (living == needs.end()) {
      return s.Exclude(
          v1::REST,
          {Until(MakeReason(v1::NOTHING_OPEN, "no need of theirs is known", s.at.Relation()),
                 "when all that they needed is over")});
    }
    return s.Exclude(v1::REST,
                     {Until(MakeReason(v1::NOTHING_OPEN,
                                       absl::StrCat(Quote((*living)->summary()), " is not over"),
                                       (*living)->name()),
                            absl::StrCat("when ", s.say.called.Subject(), " ",
                                         s.say.called.Verb("says", "say"), " that it is over"))});
  }
  std::vector<v1::Reason> reasons;
  for (const Need* need : needs) {
    const bool theirs = need->outlived_said_by() == type::v1::PARTY_PERSON;
    reasons.push_back(Until(
        MakeReason(v1::NEEDS_OUTLIVED,
                   absl::StrCat(Quote(need->summary()), " is over, as ",
                                theirs ? s.say.called.Subject() : std::string("you"), " said"),
                   need->name()),
        "when it is stated again"));
  }
  s.Suggest(v1::REST,
            absl::StrCat("What brought you together is over", Wording::More(needs.size()),
                         "; thank ", s.say.called.Object(), " and let the relationship rest."),
            kNever, std::move(reasons));
}

void Wait(Steps& s) {
  if (s.decision.suggestions_size() > 0) {
    const v1::Suggestion& first = s.decision.suggestions(0);
    v1::Reason reason =
        MakeReason(v1::OUTRANKED, "there is something to do first", first.reasons(0).sources(0));
    return s.Exclude(v1::WAIT, {Until(std::move(reason), "when nothing else is open")});
  }
  std::int64_t due_us = kNever;
  std::string summary;
  v1::Reason reason;
  if (const auto withheld = s.at.Withheld()) {
    reason = *withheld;
    summary = reason.code() == v1::QUIETED
                  ? absl::StrCat(s.say.called.Start(),
                                 " asked you to stop reaching out; wait for their word.")
                  : "How you last spoke is not known right now; better to wait.";
  } else if (s.reading.standing == contact::v1::RESTING) {
    reason = s.at.Resting();
    summary = absl::StrCat("The relationship rests; ", s.say.called.Subject(), " ",
                           s.say.called.Verb("stays", "stay"), " known to you.");
  } else if (!s.reading.met) {
    reason = s.at.NotMetYet();
    if (s.reading.since_us != kNever) due_us = s.reading.since_us + kNotMetAfterUs;
    summary = absl::StrCat("You have only just come to know of ", s.say.called.Object(),
                           "; give it a few days.");
  } else {
    reason = s.at.Within();
    due_us = s.reading.since_us + s.reading.ToleratedUs();
    summary = absl::StrCat("You spoke ", s.say.When(s.reading.since_us / kMicrosPerSecond),
                           "; silence is fine for another ", SayCount(s.at.DaysLeft(), "day"), ".");
  }
  s.Suggest(v1::WAIT, std::move(summary), due_us, {std::move(reason)});
}

}  // namespace rapport::recommendation
