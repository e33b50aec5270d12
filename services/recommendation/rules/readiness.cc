#include "services/recommendation/rules/readiness.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/time/proto_time.h"
#include "services/recommendation/rules/judge.h"
#include "services/recommendation/rules/knowledge.h"
#include "services/recommendation/rules/policy.h"
#include "services/recommendation/rules/steps.h"

namespace rapport::recommendation {
namespace {

bool IsUnderstanding(const Condition& condition) {
  return condition.shown.code() == v1::UNDERSTANDING_THIN;
}

std::vector<v1::ReadinessChange> SmallestChanges(const Circumstances& at, const Judged& judged) {
  std::vector<v1::ReadinessChange> out;
  bool learn = false;
  for (const Condition& condition : judged.conditions) {
    if (!condition.StandsInTheWay()) continue;
    if (!condition.in_our_hands) return {};
    if (IsUnderstanding(condition)) {
      learn = true;
      continue;
    }
    v1::ReadinessChange& change = out.emplace_back();
    change.set_code(condition.shown.code());
    change.set_text(condition.shown.step());
  }
  if (!learn) return out;
  std::vector<v1::ReadinessChange> slots = JudgeOne::SlotsToLearn(*at.facts.live->understanding);
  if (slots.empty()) return {};
  slots.insert(slots.end(), out.begin(), out.end());
  return slots;
}

}  // namespace

std::size_t Judged::obstacles() const {
  return static_cast<std::size_t>(std::count_if(
      conditions.begin(), conditions.end(), [](const Condition& c) { return c.StandsInTheWay(); }));
}

Judged Judge(const Circumstances& at, Ties ties) {
  Judged out;
  out.ties = std::move(ties);
  out.conditions = JudgeOne(at, out.ties).Run();
  out.complete = at.facts.live != nullptr;
  const bool led = out.ties.person_led;
  std::stable_sort(out.conditions.begin(), out.conditions.end(),
                   [led](const Condition& a, const Condition& b) {
                     const auto place = [led](const Condition& c) {
                       if (led && c.shown.code() == v1::GRIEVANCE_OPEN && !c.shown.met()) return 0;
                       return c.StandsInTheWay() ? 1 : c.shown.met() ? 3 : 2;
                     };
                     return place(a) < place(b);
                   });
  out.ready = out.complete && out.obstacles() == 0;
  if (out.complete && !out.ready) out.changes = SmallestChanges(at, out);
  return out;
}

void NearestFirst(std::vector<Judged>& judged) {
  const auto key = [](const Judged& j) {
    return std::make_tuple(!j.ready, !j.ties.person_led, j.obstacles());
  };
  std::stable_sort(judged.begin(), judged.end(),
                   [&](const Judged& a, const Judged& b) { return key(a) < key(b); });
}

std::vector<v1::Reason> ReasonsOf(const Judged& judged) {
  std::vector<v1::Reason> out;
  std::set<v1::ReasonCode> seen;
  for (const Condition& condition : judged.conditions) {
    const v1::ReadinessCondition& shown = condition.shown;
    if (!condition.StandsInTheWay() || !seen.insert(shown.code()).second) continue;
    v1::Reason& reason = out.emplace_back();
    reason.set_code(shown.code());
    reason.set_text(condition.text);
    *reason.mutable_sources() = shown.sources();
    reason.set_value(shown.value());
    reason.set_threshold(shown.threshold());
    reason.set_would_change(shown.step());
  }
  return out;
}

v1::Readiness ToReadiness(const Circumstances& at, const Judged& judged) {
  v1::Readiness out;
  out.set_relationship(at.facts.relationship->name());
  *out.mutable_as_of() = time::ToProto(at.as_of);
  out.set_offer(judged.ties.offer->name());
  if (judged.ties.need() != nullptr) out.set_need(judged.ties.need()->name());
  out.set_ready(judged.ready);
  out.set_person_led(judged.ties.person_led);
  for (const Condition& condition : judged.conditions) *out.add_conditions() = condition.shown;
  for (const auto& change : judged.changes) *out.add_changes() = change;
  out.set_policy_version(std::string(kPolicyVersion));
  for (const std::string& what : DegradedOf(at.facts)) out.add_degraded(what);
  if (at.facts.live != nullptr && at.facts.live->contact) *out.mutable_window() = WindowOf(at);
  return out;
}

v1::ContactWindow WindowOf(const Circumstances& at) {
  v1::ContactWindow out;
  if (at.facts.live == nullptr || !at.facts.live->contact) return out;
  const contact::v1::ContactDecision& contact = *at.facts.live->contact;
  if (contact.permitted()) {
    *out.mutable_next_permitted_time() = time::ToProto(at.as_of);
  } else if (contact.has_next_permitted_time()) {
    *out.mutable_next_permitted_time() = contact.next_permitted_time();
  }
  if (contact.has_window_end_time()) *out.mutable_end_time() = contact.window_end_time();
  out.set_channel(contact.channel());
  out.set_language(contact.language());
  if (at.facts.preference != nullptr) {
    const contact::v1::Preference& preference = *at.facts.preference;
    if (!preference.wishes().empty()) out.add_tone(preference.wishes());
    if (preference.wants_human()) out.add_tone("a human, in person");
    for (const auto& topic : preference.unwanted_topics()) {
      out.add_tone(absl::StrCat("nothing about ", topic.topic()));
    }
  }
  if (at.Tender()) out.add_tone("they have much to bear; be gentle");
  return out;
}

bool MayAsk(const Circumstances& at) {
  if (!at.reading.known || at.reading.guarded || !at.facts.degraded.empty()) return false;
  // Resting and quieted ones may still ask to buy; so may those whom we owe something.
  const bool leads = std::any_of(at.facts.needs.begin(), at.facts.needs.end(),
                                 [&](const auto* n) { return LeadsTo(at.facts, *n, at.as_of); });
  if (leads) return true;
  if (at.reading.standing != contact::v1::OPEN) return false;
  for (const OpenPromise& promise : at.reading.ours) {
    if (at.IsBroken(promise) || promise.kind == engagement::v1::Promise::AFTER_CARE) return false;
  }
  return std::none_of(at.reading.feedback.begin(), at.reading.feedback.end(),
                      [&](const WaitingFeedback& feedback) {
                        return feedback.grievance && feedback.given_s <= at.Seconds();
                      });
}

}  // namespace rapport::recommendation
