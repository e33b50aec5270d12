#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/time/proto_time.h"
#include "services/recommendation/rules/readiness.h"
#include "services/recommendation/rules/steps.h"
#include "services/recommendation/rules/ties.h"

namespace rapport::recommendation {
namespace {

using ::rapport::engagement::v1::Need;

// Why nothing is proposed where no offer is considered.
std::vector<v1::Reason> NothingToPropose(const Steps& s) {
  std::vector<v1::Reason> out;
  if (const auto withheld = s.at.Withheld()) out.push_back(*withheld);
  if (s.reading.standing == contact::v1::RESTING) out.push_back(s.at.Resting());
  if (s.reading.guarded) out.push_back(s.at.Guarded());
  if (s.reading.needs_outlived) {
    v1::Reason over =
        MakeReason(v1::NEED_OUTLIVED, "all that they needed is over", s.at.Relation());
    out.push_back(Until(std::move(over), "when one of their needs is stated again"));
  }
  const bool nothing_known = s.facts.needs.empty() && s.reading.topic_bits == 0;
  out.push_back(Until(
      MakeReason(v1::NO_OFFER,
                 nothing_known ? "no need of theirs is known" : "no offer serves what they need",
                 s.at.Relation()),
      nothing_known ? "knowing what they need" : "an offer that serves what they need"));
  return out;
}

// What they asked for, or what speaks for the proposal: the need, and the numbers that were asked.
std::vector<v1::Reason> WhyProposed(const Steps& s, const Judged& judged) {
  std::vector<v1::Reason> out;
  const Need* need = judged.ties.need();
  const std::string who = s.say.called.Subject();
  if (judged.ties.person_led) {
    const std::int64_t asked_s = need->has_wants_to_buy_time() ? need->wants_to_buy_time().seconds()
                                                               : need->stated_time().seconds();
    v1::Reason led = MakeReason(
        v1::PERSON_LED,
        absl::StrCat(who, " asked for it ", s.say.When(asked_s), ": ", Quote(need->summary())),
        need->name());
    out.push_back(Until(std::move(led), "when they no longer want it"));
    return out;
  }
  const bool told = need != nullptr && need->origin() == type::v1::PARTY_PERSON;
  v1::Reason wanted = MakeReason(
      v1::READY_TO_PROPOSE,
      need == nullptr
          ? absl::StrCat(who, " told you what is hard for them")
          : absl::StrCat(told ? who + " told you of " : std::string("you noticed "),
                         Quote(need->summary()), need->explicit_() ? " and wants it solved" : ""),
      need != nullptr ? need->name() : judged.ties.facts.front()->name());
  out.push_back(Until(std::move(wanted), "when the need is over"));
  for (const Condition& condition : judged.conditions) {
    const v1::ReadinessCondition& shown = condition.shown;
    if (shown.waived() || !(shown.threshold() > 0) || shown.threshold() > 1) continue;
    if (shown.status() != type::v1::MEASURE_STATUS_OK) continue;
    v1::Reason number = MakeReason(v1::READY_TO_PROPOSE,
                                   absl::StrFormat("%s %.2f; %.2f is asked for", shown.term(),
                                                   shown.value(), shown.threshold()),
                                   shown.sources(0));
    out.push_back(
        Until(Measured(std::move(number), shown.value(), shown.threshold()), "if it falls below"));
  }
  return out;
}

std::string ProposalSummary(const Steps& s, const Judged& judged) {
  const Need* need = judged.ties.need();
  const std::string& offer = judged.ties.offer->display_name();
  if (judged.ties.person_led) {
    const std::int64_t asked_s = need->has_wants_to_buy_time() ? need->wants_to_buy_time().seconds()
                                                               : need->stated_time().seconds();
    return absl::StrCat(s.say.called.Start(), " asked for it ", s.say.When(asked_s), ": ",
                        Quote(need->summary()), "; offer ", Quote(offer), ".");
  }
  if (need != nullptr && need->explicit_()) {
    return absl::StrCat(s.say.called.Start(), " ", s.say.called.Verb("wants", "want"), " ",
                        Quote(need->summary()), " solved, and ", Quote(offer), " would serve it.");
  }
  return absl::StrCat(Quote(offer), " would serve ",
                      need == nullptr ? std::string("what is hard for ") + s.say.called.Object()
                                      : Quote(need->summary()),
                      "; ask whether it is welcome.");
}

void SuggestProposal(Steps& s, const Judged& judged) {
  const v1::Offer& offer = *judged.ties.offer;
  v1::Suggestion& out = s.Suggest(v1::PROPOSE, ProposalSummary(s, judged), kNever,
                                  WhyProposed(s, judged), offer.stake() != v1::Offer::LOW);
  out.set_offer(offer.name());
  out.set_person_led(judged.ties.person_led);
  *out.mutable_window() = WindowOf(s.at);
  for (const Need* need : judged.ties.needs) {
    if (IsWaiting(*need)) out.add_needs(need->name());
  }
}

}  // namespace

void Propose(Steps& s) {
  std::vector<Judged> judged;
  for (Ties& ties : Considered(s.facts, s.at.as_of)) judged.push_back(Judge(s.at, std::move(ties)));
  if (judged.empty()) return s.Exclude(v1::PROPOSE, NothingToPropose(s));
  NearestFirst(judged);
  const Judged* suggested = judged.front().ready ? &judged.front() : nullptr;
  if (suggested != nullptr) SuggestProposal(s, *suggested);
  for (const Judged& one : judged) {
    if (&one == suggested) continue;
    std::vector<v1::Reason> reasons = ReasonsOf(one);
    if (reasons.empty() && one.ready && suggested != nullptr) {
      v1::Reason other = MakeReason(v1::OUTRANKED,
                                    absl::StrCat(Quote(suggested->ties.offer->display_name()),
                                                 " is nearer to what they need"),
                                    suggested->ties.offer->name());
      reasons.push_back(Until(std::move(other), "one proposal at a time: after that one"));
    }
    if (reasons.empty()) {
      reasons.push_back(
          Until(MakeReason(v1::DEPENDENCY_DEGRADED, "whether it may be proposed was not asked",
                           s.at.Relation()),
                "when contact and engagement are asked"));
    }
    s.Exclude(v1::PROPOSE, std::move(reasons), one.ties.offer->name());
  }
}

}  // namespace rapport::recommendation
