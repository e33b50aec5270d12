// The conditions that contact and engagement decide, at the moment at which they are asked.
#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/time/proto_time.h"
#include "services/recommendation/rules/judge.h"
#include "services/recommendation/rules/knowledge.h"
#include "services/recommendation/rules/policy.h"

namespace rapport::recommendation {
namespace {

using ::rapport::contact::v1::ContactDecision;
using ::rapport::contact::v1::ContactObstacle;
using ::rapport::engagement::v1::Fact;
using ::rapport::engagement::v1::SlotCoverage;

std::string TwoDigits(double value) { return absl::StrFormat("%.2f", value); }

bool IsOk(const type::v1::Measure& measure) {
  return measure.status() == type::v1::MEASURE_STATUS_OK;
}

double FillOf(const engagement::v1::Understanding& understanding, Fact::Slot slot) {
  for (const SlotCoverage& covered : understanding.slots()) {
    if (covered.slot() == slot) return covered.fill();
  }
  return 0;
}

// What stands against contact, apart from what other conditions say.
const ContactObstacle* Find(const ContactDecision& contact,
                            std::initializer_list<ContactObstacle::Code> codes) {
  for (const ContactObstacle& obstacle : contact.obstacles()) {
    if (std::find(codes.begin(), codes.end(), obstacle.code()) != codes.end()) return &obstacle;
  }
  return nullptr;
}

}  // namespace

bool JudgeOne::ContactNames(ContactObstacle::Code code) const {
  return live_ != nullptr && live_->contact && Find(*live_->contact, {code}) != nullptr;
}

void JudgeOne::Permission() {
  if (!led_ || live_ == nullptr) return;
  bool denied = !live_->contact.has_value();
  absl::string_view source = at_.Person();
  if (live_->contact) {
    for (const auto& scope : live_->contact->consent().trail()) {
      if (scope.scope() != "global" || scope.verdict() != contact::v1::CONSENT_DENIED) continue;
      denied = true;
      source = Circumstances::Or(scope.entry(), source);
    }
  }
  Condition& c = Add(Kept::kAlways, v1::CONSENT_DENIED, "permission to process", !denied, source);
  if (!denied) return;
  Blocked(c,
          live_->contact ? absl::StrCat(at_.say.called.Subject(), " allowed no contact at all")
                         : std::string("what they allow cannot be asked right now"),
          "their own word that contact is welcome again", false);
}

void JudgeOne::Consent() {
  if (live_ == nullptr) return;
  const auto verdict = live_->contact ? live_->contact->consent().verdict()
                                      : contact::v1::CONSENT_VERDICT_UNSPECIFIED;
  const bool met = verdict == contact::v1::CONSENT_ALLOWED;
  const bool denied = verdict == contact::v1::CONSENT_DENIED;
  const absl::string_view entry =
      live_->contact ? absl::string_view(live_->contact->consent().deciding_entry())
                     : absl::string_view();
  Condition& c = Add(Kept::kUnlessLed, denied ? v1::CONSENT_DENIED : v1::CONSENT_UNKNOWN,
                     "consent to proposals", met, Circumstances::Or(entry, at_.Person()));
  if (met) return;
  if (denied) {
    return Blocked(c,
                   absl::StrCat(at_.say.called.Subject(), " ", at_.say.called.Verb("does", "do"),
                                " not want proposals"),
                   "their own word that proposals are welcome", false);
  }
  if (!live_->contact) {
    return Blocked(c, "whether proposals are welcome cannot be asked right now",
                   "when contact answers again", false);
  }
  Blocked(c, absl::StrCat(at_.say.called.Subject(), " was not asked whether proposals are welcome"),
          "ask whether proposals are welcome", true);
}

void JudgeOne::Hours() {
  if (live_ == nullptr || !live_->contact) return;
  const ContactDecision& contact = *live_->contact;
  const ContactObstacle* timed =
      Find(contact, {ContactObstacle::QUIET_HOURS, ContactObstacle::NOT_BEFORE});
  double hours = 0;
  if (timed != nullptr && contact.has_next_permitted_time()) {
    hours = absl::ToDoubleHours(time::FromProto(contact.next_permitted_time()) - at_.as_of);
  }
  const bool met = timed == nullptr || (contact.has_next_permitted_time() && hours <= kHoursAhead);
  Condition& c =
      Add(Kept::kUnlessLed, v1::QUIET_HOURS, "hours until contact is welcome", met,
          timed != nullptr && !timed->sources().empty() ? absl::string_view(timed->sources(0))
                                                        : at_.Person());
  Numbered(c, std::max(0.0, hours), kHoursAhead);
  if (met) return;
  const bool known = contact.has_next_permitted_time();
  Blocked(c, timed->text().empty() ? std::string("it is not the hour") : timed->text(),
          known ? absl::StrCat("wait until ", at_.say.Date(contact.next_permitted_time().seconds()))
                : std::string("their own word when contact is welcome"),
          known);
}

void JudgeOne::Reach() {
  if (live_ == nullptr || !live_->contact) return;
  const ContactDecision& contact = *live_->contact;
  const ContactObstacle* no_way = Find(contact, {ContactObstacle::NO_CONTACT_POINT});
  const ContactObstacle* unwanted = Find(contact, {ContactObstacle::CHANNEL_UNWANTED});
  // A reason that these rules do not know is no permission.
  const bool unexplained =
      !contact.permitted() && (contact.obstacles().empty() ||
                               std::any_of(contact.obstacles().begin(), contact.obstacles().end(),
                                           [](const ContactObstacle& o) {
                                             return o.code() == ContactObstacle::CODE_UNSPECIFIED ||
                                                    !ContactObstacle::Code_IsValid(o.code());
                                           }));
  const bool met = no_way == nullptr && unwanted == nullptr && !unexplained;
  const bool denied = unwanted != nullptr || (unexplained && no_way == nullptr);
  Condition& c = Add(Kept::kUnlessLed, denied ? v1::CONSENT_DENIED : v1::NOT_APPLICABLE,
                     "a way to reach them", met, at_.Person());
  if (met) return;
  if (denied) {
    return Blocked(c, "they want to be reached by none of the ways that are known",
                   "their own word by which way contact is welcome", false);
  }
  Blocked(c, "no way to reach them is known", "learn how to reach them", true);
}

void JudgeOne::Valued(Condition& condition, const type::v1::Measure& measure, double threshold) {
  condition.shown.set_value(measure.value());
  condition.shown.set_threshold(threshold);
  condition.shown.set_status(measure.status());
}

std::string JudgeOne::ThinText(const std::vector<Fact::Slot>& thin) const {
  std::vector<std::string> parts;
  parts.reserve(thin.size());
  for (const Fact::Slot slot : thin) parts.emplace_back(WhatItTells(slot));
  if (parts.empty()) return "what is known has grown old";
  return absl::StrCat("you do not know ", Listed(parts, ", nor "));
}

std::vector<v1::ReadinessChange> JudgeOne::SlotsToLearn(
    const engagement::v1::Understanding& understanding) {
  double total = 0;
  std::vector<const SlotCoverage*> slots;
  for (const SlotCoverage& slot : understanding.slots()) {
    total += slot.weight() * slot.fill();
    slots.push_back(&slot);
  }
  const auto gain = [](const SlotCoverage& slot) { return slot.weight() * (1 - slot.fill()); };
  // All sets: there are four slots. The smallest wins, then the one that tells most.
  unsigned best = 0;
  std::size_t best_size = slots.size() + 1;
  double best_gain = 0;
  for (unsigned set = 0; set < 1u << slots.size(); ++set) {
    double sum = 0;
    std::size_t size = 0;
    bool fills = true;
    for (std::size_t i = 0; i < slots.size(); ++i) {
      const bool learnt = (set >> i & 1) != 0;
      const bool must = slots[i]->slot() == Fact::PROBLEM || slots[i]->slot() == Fact::NEED_PAYOFF;
      if (must && !learnt && slots[i]->fill() < kMinFill) fills = false;
      if (!learnt) continue;
      sum += gain(*slots[i]);
      ++size;
    }
    if (!fills || total + sum < kMinCoverage) continue;
    if (size > best_size || (size == best_size && sum <= best_gain)) continue;
    best = set;
    best_size = size;
    best_gain = sum;
  }
  std::vector<v1::ReadinessChange> out;
  for (std::size_t i = 0; i < slots.size(); ++i) {
    if ((best >> i & 1) == 0) continue;
    v1::ReadinessChange& change = out.emplace_back();
    change.set_code(v1::UNDERSTANDING_THIN);
    change.set_text(absl::StrCat("learn ", WhatItTells(slots[i]->slot()), ", in their own words"));
    change.set_gain(gain(*slots[i]));
  }
  return out;
}

void JudgeOne::Understanding() {
  if (live_ == nullptr) return SlotsWithoutFacts();
  if (!live_->understanding) return;
  const engagement::v1::Understanding& known = *live_->understanding;
  const double coverage = IsOk(known.coverage()) ? known.coverage().value() : 0;
  std::vector<Fact::Slot> thin;
  for (const Fact::Slot slot : kSlots) {
    if (FillOf(known, slot) < kMinFill) thin.push_back(slot);
  }
  std::vector<std::string> steps;
  for (const v1::ReadinessChange& change : SlotsToLearn(known)) {
    steps.push_back(absl::StrCat(change.text(), " (+", TwoDigits(change.gain()), ")"));
  }
  if (steps.empty()) steps.push_back("learn more, in their own words");
  Condition& all = Add(Kept::kHighStake, v1::UNDERSTANDING_THIN, "coverage",
                       IsOk(known.coverage()) && coverage >= kMinCoverage, at_.Relation());
  Valued(all, known.coverage(), kMinCoverage);
  if (!all.shown.met()) Blocked(all, ThinText(thin), Listed(steps), true);
  for (const Fact::Slot slot : {Fact::PROBLEM, Fact::NEED_PAYOFF}) {
    const double fill = FillOf(known, slot);
    Condition& c =
        Add(Kept::kHighStake, v1::UNDERSTANDING_THIN,
            absl::StrCat("fill of ", Fact::Slot_Name(slot)), fill >= kMinFill, at_.Relation());
    Numbered(c, fill, kMinFill);
    if (fill >= kMinFill) continue;
    Blocked(c, ThinText(thin), absl::StrCat("learn ", WhatItTells(slot), ", in their own words"),
            true);
  }
}

void JudgeOne::SlotsWithoutFacts() {
  std::vector<Fact::Slot> empty;
  for (const Fact::Slot slot : kSlots) {
    const bool known = std::any_of(
        at_.facts.facts.begin(), at_.facts.facts.end(),
        [&](const Fact* fact) { return fact->slot() == slot && StandsAt(*fact, at_.as_of); });
    if (!known) empty.push_back(slot);
  }
  for (const Fact::Slot slot : empty) {
    if (slot != Fact::PROBLEM && slot != Fact::NEED_PAYOFF) continue;
    Condition& c = Add(Kept::kHighStake, v1::UNDERSTANDING_THIN,
                       absl::StrCat("fill of ", Fact::Slot_Name(slot)), false, at_.Relation());
    Numbered(c, 0, kMinFill);
    Blocked(c, ThinText(empty), absl::StrCat("learn ", WhatItTells(slot), ", in their own words"),
            true);
  }
}

void JudgeOne::Listening() {
  if (live_ == nullptr || !live_->understanding) return;
  const type::v1::Measure& share = live_->understanding->rapport().listening();
  const bool met = IsOk(share) && share.value() > kMinListening;
  Condition& c = Add(Kept::kHighStake, v1::LISTENED_TOO_LITTLE, "listening", met, at_.Statistics());
  Valued(c, share, kMinListening);
  if (met) return;
  Blocked(c,
          IsOk(share) ? absl::StrCat("you did ", std::llround(100 * (1 - share.value())),
                                     " % of the talking")
                      : std::string("you have not heard enough of them yet"),
          "listen: let them talk more than you do", true);
}

void JudgeOne::Reliability() {
  if (live_ == nullptr || !live_->understanding) return;
  const type::v1::Measure& kept = live_->understanding->rapport().reliability();
  // Without any history nothing speaks against us.
  const bool no_history =
      !IsOk(kept) && live_->understanding->rapport().reliability_uncertainty() >= 1;
  const bool met = no_history || (IsOk(kept) && kept.value() >= kMinReliability);
  Condition& c =
      Add(Kept::kUnlessLed, v1::PROMISES_UNRELIABLE, "reliability", met, at_.Statistics());
  Valued(c, kept, kMinReliability);
  if (!met) Blocked(c, "you kept too few of your promises", "keep what you promise", true);
}

void JudgeOne::GiveAsk() {
  if (live_ == nullptr || !live_->understanding) return;
  const type::v1::Measure& ratio = live_->understanding->rapport().give_ask();
  const bool met = IsOk(ratio) && ratio.value() >= kMinGiveAsk;
  Condition& c = Add(Kept::kHighStake, v1::ASK_HEAVY, "give to ask", met, at_.Statistics());
  Valued(c, ratio, kMinGiveAsk);
  if (met) return;
  Blocked(c, IsOk(ratio) ? "you asked more than you gave" : "nothing that you gave is known",
          "give something and ask for nothing", true);
}

}  // namespace rapport::recommendation
