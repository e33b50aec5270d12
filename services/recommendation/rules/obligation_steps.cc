#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/recommendation/rules/steps.h"
#include "services/recommendation/rules/working_days.h"

namespace rapport::recommendation {
namespace {

std::string AnswerSummary(const Steps& s, const WaitingLetter* letter,
                          const WaitingFeedback* feedback, bool grievance, std::size_t count) {
  std::string said;
  if (grievance && feedback != nullptr) {
    for (const WaitingFeedback& other : s.reading.feedback) {
      if (!other.grievance || other.given_s > absl::ToUnixSeconds(s.at.as_of)) continue;
      feedback = &other;
      break;
    }
    said = absl::StrCat("Something hurt ", s.say.called.Object(), ": ", "their ",
                        Wording::Feedback(*feedback), ", given ", s.say.When(feedback->given_s),
                        ", is unanswered", Wording::More(count));
  } else if (letter != nullptr) {
    said = absl::StrCat(s.say.called.Start(), " wrote", Wording::About(*letter), " ",
                        s.say.When(letter->time_s), " and ", s.say.called.Verb("waits", "wait"),
                        " for your answer", Wording::More(count));
  } else {
    said = absl::StrCat(s.say.called.Start(), " gave you ", Wording::Feedback(*feedback), " ",
                        s.say.When(feedback->given_s), "; it is still unanswered",
                        Wording::More(count));
  }
  for (const OpenPromise& promise : s.reading.ours) {
    if (!s.at.FallsDue(promise)) continue;
    return absl::StrCat(said, "; you promised ", Wording::Promised(promise), " by ",
                        s.say.Day(promise.due_us), ".");
  }
  return absl::StrCat(said, ".");
}

void ExcludeAnswer(Steps& s) {
  if (!s.reading.known) {
    return s.Exclude(v1::ANSWER,
                     {s.at.Degraded("whether they wrote lately is not known right now")});
  }
  const std::int64_t as_of_s = absl::ToUnixSeconds(s.at.as_of);
  for (auto letter = s.reading.letters.rbegin(); letter != s.reading.letters.rend(); ++letter) {
    if (letter->time_s > as_of_s) continue;
    return s.Exclude(
        v1::ANSWER,
        {Until(Measured(
                   MakeReason(v1::NOT_OUR_TURN,
                              absl::StrCat(s.say.called.Subject(), " last wrote",
                                           Wording::About(*letter), " ", s.say.When(letter->time_s),
                                           ", too long ago to count as waiting"),
                              Circumstances::Or(letter->engagement, s.at.Statistics())),
                   s.at.AgeDays(letter->time_s), Days(kLetterWaitsSeconds * kMicrosPerSecond)),
               absl::StrCat("when ", s.say.called.Subject(), " ",
                            s.say.called.Verb("writes", "write"), " again"))});
  }
  s.Exclude(v1::ANSWER,
            {Until(MakeReason(v1::NOT_OUR_TURN, "nothing waits for your answer", s.at.Statistics()),
                   absl::StrCat("when ", s.say.called.Subject(), " ",
                                s.say.called.Verb("writes", "write"), " to you"))});
}

// Promises of ours that fall due, of one sort: the first that does, and all reasons; else the next.
struct DuePromises {
  const OpenPromise* first = nullptr;
  const OpenPromise* later = nullptr;
  std::vector<v1::Reason> reasons;
};

DuePromises FallingDue(const Steps& s, bool tell_back) {
  DuePromises out;
  for (const OpenPromise& promise : s.reading.ours) {
    if (promise.IsTellBack() != tell_back) continue;
    if (!s.at.FallsDue(promise)) {
      const bool ahead = promise.due_us != kNever && !s.at.IsBroken(promise);
      if (ahead && out.later == nullptr) out.later = &promise;
      continue;
    }
    if (out.first == nullptr) out.first = &promise;
    out.reasons.push_back(
        Until(Measured(MakeReason(tell_back ? v1::TELL_BACK_DUE : v1::PROMISE_DUE,
                                  absl::StrCat("you promised ", Wording::Promised(promise), " by ",
                                               s.say.Day(promise.due_us)),
                                  promise.name),
                       Days(promise.due_us - s.at.us), Days(s.at.keep_until_us - s.at.us)),
              "keep it, agree on a later day, or be released from it"));
  }
  return out;
}

void ExcludeDue(Steps& s, v1::StepKind kind, const DuePromises& due, absl::string_view none) {
  if (due.later == nullptr) {
    return s.Exclude(kind, {Until(MakeReason(v1::NOTHING_OPEN, std::string(none), s.at.Relation()),
                                  "when you promise something")});
  }
  const OpenPromise& later = *due.later;
  s.Exclude(kind,
            {Until(Measured(MakeReason(v1::NOTHING_OPEN,
                                       absl::StrCat(Wording::Promised(later), " is due ",
                                                    s.say.When(later.due_us / kMicrosPerSecond)),
                                       later.name),
                            Days(later.due_us - s.at.us), Days(s.at.keep_until_us - s.at.us)),
                   absl::StrCat("two working days before ", s.say.Day(later.due_us)))});
}

}  // namespace

void Repair(Steps& s) {
  std::vector<v1::Reason> reasons;
  for (const OpenPromise& promise : s.reading.ours) {
    if (!s.at.IsBroken(promise)) break;
    reasons.push_back(
        Until(Measured(MakeReason(v1::PROMISE_BROKEN,
                                  absl::StrCat(Wording::Promised(promise), " was promised for ",
                                               s.say.Day(promise.due_us), " and is not done"),
                                  promise.name),
                       Days(s.at.us - promise.due_us), Days(kPromiseGraceUs)),
              absl::StrCat("make ", Wording::Promised(promise), " good, or be released from it")));
  }
  if (!reasons.empty()) {
    const OpenPromise& first = s.reading.ours.front();
    s.Suggest(
        v1::REPAIR,
        absl::StrCat(
            first.text.empty() ? "What you promised" : Wording::Promised(first) + " was promised",
            " for ", s.say.Day(first.due_us), first.text.empty() ? "" : " and", " is not done",
            Wording::More(reasons.size()), "; make it good with ", s.say.called.Object(), "."),
        first.due_us, reasons, true);
    return;
  }
  v1::Reason reason =
      Until(MakeReason(v1::NOTHING_OPEN, "no promise of yours is broken", s.at.Relation()),
            "if a promise of yours is not kept");
  if (!s.reading.ours.empty() && s.reading.ours.front().due_us != kNever) {
    const OpenPromise& next = s.reading.ours.front();
    reason = Until(Measured(MakeReason(v1::NOTHING_OPEN, reason.text(), next.name),
                            Days(s.at.us - next.due_us), Days(kPromiseGraceUs)),
                   absl::StrCat("if ", Wording::Promised(next), " is still not done after ",
                                s.say.Day(next.due_us + kPromiseGraceUs)));
  }
  s.Exclude(v1::REPAIR, {reason});
}

void Answer(Steps& s) {
  const std::int64_t as_of_s = absl::ToUnixSeconds(s.at.as_of);
  std::uint32_t since_s = Track(s.reading.letters).EarliestAt(as_of_s);
  const bool letter_waits = since_s != kNoLetter;
  std::vector<v1::Reason> reasons;
  const WaitingLetter* first_letter = nullptr;
  const WaitingFeedback* first_feedback = nullptr;
  bool grievance = false;  // Among those that wait.
  for (const WaitingFeedback& feedback : s.reading.feedback) {
    if (feedback.given_s > as_of_s) break;
    if (first_feedback == nullptr) first_feedback = &feedback;
    since_s = std::min(since_s, feedback.given_s);
    grievance = grievance || feedback.grievance;
    reasons.push_back(
        Until(Measured(MakeReason(v1::FEEDBACK_UNANSWERED,
                                  absl::StrCat("their ", Wording::Feedback(feedback), " of ",
                                               s.say.Date(feedback.given_s), " is unanswered"),
                                  feedback.name),
                       s.at.AgeDays(feedback.given_s), 0),
              "answer it"));
  }
  for (const WaitingLetter& letter : s.reading.letters) {
    if (!letter_waits || letter.time_s > as_of_s || as_of_s - letter.time_s > kLetterWaitsSeconds) {
      continue;
    }
    if (first_letter == nullptr) first_letter = &letter;
    reasons.push_back(Until(
        Measured(MakeReason(v1::AWAITS_ANSWER,
                            absl::StrCat(s.say.called.Subject(), " wrote", Wording::About(letter),
                                         " ", s.say.When(letter.time_s), " and ",
                                         s.say.called.Verb("waits", "wait"), " for an answer"),
                            Circumstances::Or(letter.engagement, s.at.Statistics())),
                 s.at.AgeDays(letter.time_s), Days(kLetterWaitsSeconds * kMicrosPerSecond)),
        "answer it"));
  }
  if (reasons.empty()) return ExcludeAnswer(s);
  std::stable_sort(reasons.begin(), reasons.end(),
                   [](const v1::Reason& a, const v1::Reason& b) { return a.value() > b.value(); });
  s.Suggest(v1::ANSWER, AnswerSummary(s, first_letter, first_feedback, grievance, reasons.size()),
            absl::ToUnixMicros(PlusWorkingDay(absl::FromUnixSeconds(since_s), s.at.zone)), reasons,
            grievance);
}

void KeepPromise(Steps& s) {
  const DuePromises due = FallingDue(s, false);
  if (due.first == nullptr) {
    return ExcludeDue(s, v1::KEEP_PROMISE, due,
                      "no promise of yours falls due within two working days");
  }
  const bool late = due.first->due_us < s.at.us;
  const bool asked_for_human = due.first->kind == engagement::v1::Promise::HUMAN_REQUEST;
  s.Suggest(
      v1::KEEP_PROMISE,
      absl::StrCat("You promised ", s.say.called.Object(), " ", Wording::Promised(*due.first),
                   late ? " for " : " by ", s.say.Day(due.first->due_us),
                   late ? "; it can still be kept" : "", Wording::More(due.reasons.size()), "."),
      due.first->due_us, due.reasons, asked_for_human);
}

void TellBack(Steps& s) {
  const DuePromises due = FallingDue(s, true);
  if (due.first == nullptr) {
    return ExcludeDue(s, v1::TELL_BACK, due, "no word on their feedback is owed now");
  }
  const bool late = due.first->due_us < s.at.us;
  s.Suggest(v1::TELL_BACK,
            absl::StrCat("Tell ", s.say.called.Object(), " what became of their word: ",
                         Wording::Promised(*due.first), late ? " was due " : " is due ",
                         s.say.When(due.first->due_us / kMicrosPerSecond),
                         Wording::More(due.reasons.size()), "."),
            due.first->due_us, due.reasons);
}

}  // namespace rapport::recommendation
