// The conditions that recommendation's own copies decide.
#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/time/proto_time.h"
#include "services/recommendation/rules/judge.h"
#include "services/recommendation/rules/knowledge.h"
#include "services/recommendation/rules/policy.h"

namespace rapport::recommendation {
namespace {

using ::rapport::contact::v1::ContactObstacle;
using ::rapport::engagement::v1::Fact;
using ::rapport::engagement::v1::Promise;
using ::rapport::engagement::v1::Sale;
using Texts = google::protobuf::RepeatedPtrField<std::string>;

constexpr absl::string_view kDefaultHouse = "default";

bool Holds(const Texts& list, absl::string_view text) {
  return std::any_of(list.begin(), list.end(),
                     [&](const std::string& item) { return item == text; });
}

// A sale of the offer, or of a need that it serves if the sale names no offer.
bool IsOf(const Sale& sale, const Ties& ties) {
  if (!sale.offer().empty()) return sale.offer() == ties.offer->name();
  return std::any_of(ties.needs.begin(), ties.needs.end(),
                     [&](const auto* need) { return Holds(sale.needs(), need->name()); });
}

}  // namespace

std::vector<Condition> JudgeOne::Run() {
  Standing();
  Guard();
  Data();
  Permission();
  Consent();
  Promises();
  Grievances();
  AfterCare();
  Understanding();
  Need();
  Listening();
  Reliability();
  GiveAsk();
  Pressure();
  Ceiling();
  Hours();
  Reach();
  Decline();
  OnItsWay();
  Eligibility();
  Applicability();
  Suitability();
  return std::move(conditions_);
}

Condition& JudgeOne::Add(Kept kept, v1::ReasonCode code, std::string term, bool met,
                         absl::string_view source) {
  Condition& out = conditions_.emplace_back();
  out.shown.set_code(code);
  out.shown.set_term(std::move(term));
  out.shown.set_met(met);
  out.shown.set_waived(kept == Kept::kUnlessLed   ? led_
                       : kept == Kept::kHighStake ? led_ || !high_
                                                  : false);
  out.shown.add_sources(std::string(source));
  return out;
}

void JudgeOne::Blocked(Condition& condition, std::string text, std::string step,
                       bool in_our_hands) {
  condition.text = std::move(text);
  condition.shown.set_step(std::move(step));
  condition.in_our_hands = in_our_hands;
}

void JudgeOne::Numbered(Condition& condition, double value, double threshold) {
  condition.shown.set_value(value);
  condition.shown.set_threshold(threshold);
  condition.shown.set_status(type::v1::MEASURE_STATUS_OK);
}

bool JudgeOne::Replying() const {
  return Track(at_.reading.letters).EarliestAt(at_.Seconds()) != kNoLetter;
}

void JudgeOne::Standing() {
  const auto standing = at_.reading.standing;
  const bool quieted = standing == contact::v1::QUIETED || ContactNames(ContactObstacle::QUIETED);
  const bool resting =
      !quieted && (standing == contact::v1::RESTING || ContactNames(ContactObstacle::RESTING));
  const bool met = led_ ? !quieted || Replying() : !quieted && !resting;
  Condition& c =
      Add(Kept::kAlways, quieted ? v1::QUIETED : v1::RESTING, "standing", met, at_.Relation());
  if (met) return;
  const v1::Reason why = quieted ? at_.Quieted() : at_.Resting();
  Blocked(c, why.text(),
          quieted ? why.would_change() : std::string("reopen the relationship, if they wish it"),
          !quieted);
}

void JudgeOne::Guard() {
  const bool guarded = at_.reading.guarded || ContactNames(ContactObstacle::CARE_GUARD);
  Condition& c = Add(Kept::kAlways, v1::CARE_GUARD, "care guard", !guarded, at_.Relation());
  if (!guarded) return;
  const v1::Reason why = at_.Guarded();
  *c.shown.mutable_sources() = why.sources();
  Blocked(c, why.text(), "lift the care guard when it is time", true);
}

void JudgeOne::Data() {
  // Who leads themselves needs nothing that engagement says.
  const bool answered = live_ == nullptr || (live_->contact && (led_ || live_->understanding));
  const bool met = at_.reading.known && at_.facts.degraded.empty() && answered;
  Condition& c = Add(Kept::kAlways, v1::DEPENDENCY_DEGRADED, "data", met, at_.Relation());
  if (!met) Blocked(c, "some data is late or missing", "when the data is back", false);
}

void JudgeOne::Promises() {
  std::vector<const OpenPromise*> broken;
  for (const OpenPromise& promise : at_.reading.ours) {
    if (at_.IsBroken(promise)) broken.push_back(&promise);
  }
  Condition& c = Add(Kept::kUnlessLed, v1::PROMISE_BROKEN, "broken promises", broken.empty(),
                     broken.empty() ? at_.Relation() : broken.front()->name);
  Numbered(c, static_cast<double>(broken.size()), 0);
  if (broken.empty()) return;
  for (std::size_t i = 1; i < broken.size(); ++i) {
    c.shown.add_sources(std::string(broken[i]->name));
  }
  const std::string first = Wording::Promised(*broken.front());
  Blocked(c,
          absl::StrCat(first, " was promised for ", at_.say.Day(broken.front()->due_us),
                       " and is not done", Wording::More(broken.size())),
          absl::StrCat("make ", first, " good", Wording::More(broken.size())), true);
}

void JudgeOne::Grievances() {
  std::vector<const WaitingFeedback*> open;
  for (const WaitingFeedback& feedback : at_.reading.feedback) {
    if (feedback.grievance && feedback.given_s <= at_.Seconds()) open.push_back(&feedback);
  }
  Condition& c = Add(Kept::kUnlessLed, v1::GRIEVANCE_OPEN, "unanswered grievances", open.empty(),
                     open.empty() ? at_.Relation() : open.front()->name);
  Numbered(c, static_cast<double>(open.size()), 0);
  if (open.empty()) return;
  const std::string what = Wording::Feedback(*open.front());
  Blocked(c,
          absl::StrCat("something hurt ", at_.say.called.Object(), ": their ", what, ", given ",
                       at_.say.When(open.front()->given_s), ", is unanswered",
                       Wording::More(open.size())),
          absl::StrCat("answer their ", what, Wording::More(open.size())), true);
}

void JudgeOne::AfterCare() {
  const OpenPromise* open = nullptr;
  for (const OpenPromise& promise : at_.reading.ours) {
    if (promise.kind == Promise::AFTER_CARE && open == nullptr) open = &promise;
  }
  Condition& c = Add(Kept::kUnlessLed, v1::AFTER_CARE_OPEN, "open after-care", open == nullptr,
                     open == nullptr ? at_.Relation() : open->name);
  if (open == nullptr) return;
  Blocked(c, absl::StrCat("after-care that you promised is still open: ", Wording::Promised(*open)),
          absl::StrCat("keep ", Wording::Promised(*open)), true);
}

void JudgeOne::Need() {
  using engagement::v1::Need;
  const Need* need = ties_.need();
  const bool implied = std::any_of(ties_.facts.begin(), ties_.facts.end(), [](const Fact* fact) {
    return SaidByThem(*fact) &&
           (fact->slot() == Fact::PROBLEM || fact->slot() == Fact::IMPLICATION);
  });
  const bool met =
      led_ ||
      std::any_of(ties_.needs.begin(), ties_.needs.end(),
                  [&](const Need* n) { return IsWaiting(*n) && (!high_ || IsExplicit(*n)); }) ||
      (!high_ && implied);
  const bool waits = need == nullptr || IsWaiting(*need);
  const v1::ReasonCode code = met || waits                      ? v1::NEED_NOT_EXPLICIT
                              : need->state() == Need::OUTLIVED ? v1::NEED_OUTLIVED
                                                                : v1::ALREADY_SERVED;
  Condition& c = Add(Kept::kUnlessLed, code, high_ ? "explicit need" : "need", met,
                     need != nullptr        ? absl::string_view(need->name())
                     : !ties_.facts.empty() ? absl::string_view(ties_.facts.front()->name())
                                            : at_.Relation());
  if (met) return;
  const std::string who = at_.say.called.Subject();
  const std::string again =
      absl::StrCat("when ", who, " ", at_.say.called.Verb("states", "state"), " it again");
  if (code == v1::NEED_OUTLIVED) {
    return Blocked(c, absl::StrCat(Quote(need->summary()), " is over"), again, false);
  }
  if (code == v1::ALREADY_SERVED) {
    const bool served = need->state() == Need::SERVED;
    return Blocked(
        c, absl::StrCat(Quote(need->summary()), served ? " is served" : " is being served already"),
        again, false);
  }
  const std::string what =
      need == nullptr ? std::string("this solved") : Quote(need->summary()) + " solved";
  Blocked(
      c,
      absl::StrCat(who, " ", at_.say.called.Verb("has", "have"), " not said that they want ", what),
      absl::StrCat("hear from ", at_.say.called.Object(), " whether they want ", what), true);
}

void JudgeOne::Decline() {
  const Sale* latest = nullptr;
  for (const Sale* sale : Distinct(at_.facts.sales)) {
    const absl::Time declined = DeclineTime(*sale);
    if (!IsOf(*sale, ties_) || declined == absl::InfinitePast() || declined > at_.as_of) continue;
    if (latest == nullptr || declined > DeclineTime(*latest)) latest = sale;
  }
  const double rest_days = ties_.offer->has_rest_after_decline_days()
                               ? ties_.offer->rest_after_decline_days()
                               : kRestAfterDeclineDays;
  const double age_days =
      latest == nullptr ? 0 : absl::ToDoubleHours(at_.as_of - DeclineTime(*latest)) / 24;
  const bool met = latest == nullptr || age_days >= rest_days;
  Condition& c = Add(Kept::kUnlessLed, v1::RECENTLY_DECLINED, "days of rest after a decline", met,
                     latest == nullptr ? at_.Relation() : latest->name());
  if (latest != nullptr) Numbered(c, age_days, rest_days);
  if (met) return;
  const absl::Time until = DeclineTime(*latest) + rest_days * absl::Hours(24);
  Blocked(c,
          absl::StrCat(at_.say.called.Subject(), " declined it ",
                       at_.say.When(absl::ToUnixSeconds(DeclineTime(*latest)))),
          absl::StrCat("wait until ", at_.say.Date(absl::ToUnixSeconds(until))), true);
}

void JudgeOne::OnItsWay() {
  const Sale* open = nullptr;
  for (const Sale* sale : Distinct(at_.facts.sales)) {
    const bool moves = sale->stage() == Sale::PROPOSED || sale->stage() == Sale::AGREED;
    if (moves && IsOf(*sale, ties_) && open == nullptr) open = sale;
  }
  Condition& c = Add(Kept::kUnlessLed, v1::ALREADY_SERVED, "nothing on its way", open == nullptr,
                     open == nullptr ? at_.Relation() : open->name());
  if (open == nullptr) return;
  const bool proposed = open->stage() == Sale::PROPOSED;
  Blocked(c,
          absl::StrCat(Quote(open->summary()), proposed ? " was proposed and waits for their word"
                                                        : " is agreed and not delivered yet"),
          proposed ? "wait for their word" : "deliver what was agreed", !proposed);
}

void JudgeOne::Window(v1::ReasonCode code, absl::string_view what,
                      const std::vector<std::int64_t>& times_us, bool unwelcome_counts, int count,
                      int days, absl::string_view source) {
  // Each contact counts until a window after it; one that was not wanted once more, for 30 days.
  std::vector<std::int64_t> ends_us;
  for (const std::int64_t t : times_us) {
    if (t <= at_.us && t + days * kMicrosPerDay > at_.us)
      ends_us.push_back(t + days * kMicrosPerDay);
  }
  if (unwelcome_counts && at_.facts.statistics->has_last_unwelcome_time()) {
    const std::int64_t t =
        absl::ToUnixMicros(time::FromProto(at_.facts.statistics->last_unwelcome_time()));
    const auto end = t + static_cast<std::int64_t>(kUnwelcomeDays) * kMicrosPerDay;
    if (t <= at_.us && end > at_.us) ends_us.push_back(end);
  }
  const auto used = static_cast<int>(ends_us.size());
  Condition& c = Add(Kept::kUnlessLed, code, absl::StrCat(what, " in ", SayCount(days, "day")),
                     used < count, source);
  Numbered(c, used, count);
  if (used < count) return;
  const std::string said =
      absl::StrCat(used, " ", what, " in ", SayCount(days, "day"), "; the limit is ", count);
  if (count == 0) return Blocked(c, said, "none is wanted", false);
  std::sort(ends_us.begin(), ends_us.end());
  const std::int64_t free_us = ends_us[static_cast<std::size_t>(used - count)];
  Blocked(c, said, absl::StrCat("wait until ", at_.say.Date(free_us / kMicrosPerSecond)), true);
}

void JudgeOne::Pressure() {
  if (!at_.reading.known) return;
  const auto& proposals = at_.facts.statistics->recent_proposals_us();
  const auto& asks = at_.facts.statistics->recent_asks_us();
  const std::vector<std::int64_t> proposed(proposals.begin(), proposals.end());
  std::vector<std::int64_t> asked;
  for (const std::int64_t t : asks) {
    if (std::find(proposed.begin(), proposed.end(), t) == proposed.end()) asked.push_back(t);
  }
  const auto cap = [&](type::v1::Purpose purpose, absl::string_view what,
                       const std::vector<std::int64_t>& times) {
    int count = kDefaultCapCount;
    int days = kDefaultCapDays;
    absl::string_view source = at_.Statistics();
    if (at_.facts.settings != nullptr) {
      for (const auto& own : at_.facts.settings->caps()) {
        if (own.purpose() != purpose) continue;
        count = own.count();
        days = own.window_days();
        source = at_.facts.settings->name();
      }
    }
    Window(v1::PRESSURE_CAP, what, times, purpose == type::v1::PURPOSE_PROPOSAL, count, days,
           source);
  };
  cap(type::v1::PURPOSE_PROPOSAL, "proposals", proposed);
  cap(type::v1::PURPOSE_ASK, "asks", asked);
}

void JudgeOne::Ceiling() {
  if (!at_.reading.known || at_.facts.preference == nullptr ||
      !at_.facts.preference->has_ceiling()) {
    return;
  }
  const auto& ceiling = at_.facts.preference->ceiling();
  const auto& asks = at_.facts.statistics->recent_asks_us();
  Window(v1::PERSON_CEILING, "contacts that they did not ask for", {asks.begin(), asks.end()}, true,
         ceiling.count(), ceiling.window_days(), at_.facts.preference->name());
}

void JudgeOne::Eligibility() {
  const v1::Offer& offer = *ties_.offer;
  const std::string& own = at_.facts.relationship->house();
  const absl::string_view house = own.empty() ? kDefaultHouse : absl::string_view(own);
  const bool of_house = offer.houses().empty() || Holds(offer.houses(), house);
  const auto carries = [&](const Texts& labels) {
    return std::any_of(labels.begin(), labels.end(), [&](const std::string& label) {
      return std::any_of(
          offer.eligible_labels().begin(), offer.eligible_labels().end(),
          [&](const std::string& asked) { return absl::EqualsIgnoreCase(asked, label); });
    });
  };
  const bool labelled = offer.eligible_labels().empty() ||
                        carries(at_.facts.relationship->labels()) ||
                        (at_.facts.person != nullptr && carries(at_.facts.person->labels()));
  const bool met = !offer.paused() && of_house && labelled;
  Condition& c = Add(Kept::kAlways, v1::INELIGIBLE, "eligibility", met, offer.name());
  if (met) return;
  if (offer.paused()) {
    return Blocked(c, absl::StrCat(offer.display_name(), " is not offered now"), "resume the offer",
                   true);
  }
  Blocked(c, of_house ? "it is for people who carry another label" : "another house offers it",
          "nothing: it is not meant for them", false);
}

void JudgeOne::Applicability() {
  std::vector<std::string> missing;
  for (const std::string& topic : ties_.offer->requires_facts()) {
    const bool known =
        std::any_of(at_.facts.facts.begin(), at_.facts.facts.end(), [&](const Fact* fact) {
          return StandsAt(*fact, at_.as_of) && Holds(fact->topics(), topic);
        });
    if (!known) missing.push_back(Quote(topic));
  }
  Condition& c = Add(Kept::kUnlessLed, v1::NOT_APPLICABLE, "applicability", missing.empty(),
                     ties_.offer->name());
  if (missing.empty()) return;
  Blocked(c, absl::StrCat("nothing is known of ", Listed(missing)),
          absl::StrCat("learn about ", Listed(missing)), true);
}

void JudgeOne::Suitability() {
  const Fact* against = nullptr;
  for (const Fact* fact : Distinct(at_.facts.facts)) {
    if (against != nullptr || !StandsAt(*fact, at_.as_of)) continue;
    const bool speaks = std::any_of(
        fact->topics().begin(), fact->topics().end(),
        [&](const std::string& topic) { return Holds(ties_.offer->contra_indications(), topic); });
    if (speaks) against = fact;
  }
  // What they asked us not to raise; asking to buy is their later word.
  const bool unwanted =
      !led_ &&
      std::any_of(at_.facts.unwanted_topics.begin(), at_.facts.unwanted_topics.end(),
                  [&](const std::string& topic) { return Holds(ties_.offer->serves(), topic); });
  const bool met = against == nullptr && !unwanted;
  Condition& c = Add(Kept::kAlways, v1::UNSUITABLE, "suitability", met,
                     against != nullptr ? absl::string_view(against->name())
                     : unwanted         ? absl::string_view(at_.facts.preference->name())
                                        : absl::string_view(ties_.offer->name()));
  if (met) return;
  if (against != nullptr) {
    return Blocked(c, absl::StrCat(Quote(against->text()), " speaks against it"),
                   "if that no longer holds", false);
  }
  Blocked(c, absl::StrCat(at_.say.called.Subject(), " asked you not to raise it"),
          "their own word that it may be raised", false);
}

}  // namespace rapport::recommendation
