// Laws that hold for every journal, checked on generated ones.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "services/engagement/rules/explain.h"
#include "services/engagement/rules/fact_rules.h"
#include "services/engagement/rules/measures.h"
#include "services/engagement/rules/replies.h"
#include "services/engagement/rules/samples.h"
#include "services/engagement/rules/trust.h"
#include "services/engagement/rules/understanding.h"

namespace rapport::engagement::rules {
namespace {

using ::rapport::type::v1::Party;
using ::rapport::type::v1::PARTY_PERSON;
using ::rapport::type::v1::PARTY_US;

const Parameters kDefaults;
const WorkingHours kHours;
constexpr int kHorizonDays = 400;

// Coarse instants, so that equal times happen often.
absl::Time AnInstant(int from_hours = 0) {
  return Day(0) + absl::Hours(12) * *rc::gen::inRange(from_hours / 12, kHorizonDays * 2);
}

v1::Engagement AnEngagement(int i) {
  using E = v1::Engagement;
  v1::Engagement e = Contact(
      std::to_string(i), AnInstant(),
      *rc::gen::weightedElement<E::Direction>({{4, E::IN}, {4, E::OUT}, {2, E::MUTUAL}}),
      *rc::gen::weightedElement<E::Conduct>({{6, E::HUMAN}, {2, E::ASSISTED}, {2, E::AUTOMATED}}));
  e.set_state(
      *rc::gen::weightedElement<E::State>({{10, E::RECORDED}, {1, E::PLANNED}, {1, E::RETRACTED}}));
  e.set_not_counted(*rc::gen::weightedElement<E::NotCounted>(
      {{8, E::NOT_COUNTED_UNSPECIFIED}, {1, E::AUTO_REPLY}, {1, E::LIST}}));
  e.set_initiator(*rc::gen::element(type::v1::PARTY_UNSPECIFIED, PARTY_US, PARTY_PERSON));
  e.set_their_words(*rc::gen::inRange(0, 400));
  e.set_our_seconds(*rc::gen::inRange(0, 900));
  e.set_needs_answer(*rc::gen::arbitrary<bool>());
  const int thread = *rc::gen::inRange(0, 4);
  if (thread > 0) e.set_thread(std::to_string(thread));
  e.set_reaction(*rc::gen::weightedElement<E::Reaction>(
      {{6, E::REACTION_UNSPECIFIED}, {1, E::WELCOMED}, {1, E::NEUTRAL}, {1, E::UNWELCOME}}));
  if (*rc::gen::inRange(0, 3) == 0) {
    e.mutable_questions()->set_situation(*rc::gen::inRange(0, 3));
    e.mutable_questions()->set_need_payoff(*rc::gen::inRange(0, 3));
  }
  if (*rc::gen::inRange(0, 8) == 0) e.set_kind(E::GIFT);
  e = With(e, v1::Item::GIVE, *rc::gen::inRange(0, 3),
           *rc::gen::element<std::string>("thanks", ""));
  e = With(e, v1::Item::RECEIVED, *rc::gen::weightedElement<int>({{5, 0}, {1, 1}}));
  return With(e, v1::Item::ASK, *rc::gen::inRange(0, 2),
              *rc::gen::element<std::string>("proposal", "review"));
}

v1::Promise APromise(int i) {
  const int made = *rc::gen::inRange(0, kHorizonDays);
  const int days = *rc::gen::inRange(1, 40);
  v1::Promise p = OpenPromise(std::to_string(i), *rc::gen::element(PARTY_US, PARTY_PERSON),
                              Day(made), Day(made + days));
  switch (*rc::gen::inRange(0, 5)) {
    case 0:
      return Concluded(p, v1::Promise::KEPT, Day(made + *rc::gen::inRange(0, days + 1)));
    case 1:
      return Concluded(p, v1::Promise::KEPT_LATE, Day(made + days + *rc::gen::inRange(1, 3)));
    case 2:
      return Concluded(p, v1::Promise::RELEASED, Day(made + *rc::gen::inRange(0, days + 1)));
    case 3:
      return Concluded(p, v1::Promise::REPAIRED, Day(made + days + *rc::gen::inRange(3, 60)));
    default:
      return p;
  }
}

v1::Fact AFact(int i) {
  const int day = *rc::gen::inRange(0, kHorizonDays);
  v1::Fact fact =
      Said(std::to_string(i),
           *rc::gen::element(v1::Fact::SITUATION, v1::Fact::PROBLEM, v1::Fact::IMPLICATION),
           Day(day), *rc::gen::element(PARTY_US, PARTY_PERSON));
  // Moves are kept by time.
  int at = day;
  for (int moves = *rc::gen::inRange(0, 4); moves > 0; --moves) {
    at += *rc::gen::inRange(0, 60);
    fact = Moved(fact, *rc::gen::element(v1::FactMove::CONFIRMED, v1::FactMove::DISPUTED),
                 *rc::gen::element(PARTY_US, PARTY_PERSON), Day(at));
  }
  return fact;
}

v1::Feedback AFeedback(int i) {
  const int day = *rc::gen::inRange(0, kHorizonDays);
  v1::Feedback f = Received(
      std::to_string(i), Day(day),
      *rc::gen::element(v1::Feedback::PRAISE, v1::Feedback::WISH, v1::Feedback::GRIEVANCE));
  if (!*rc::gen::arbitrary<bool>()) return f;
  return Answered(f, Day(day + *rc::gen::inRange(0, 60)));
}

v1::Sale ASale(int i) {
  int day = *rc::gen::inRange(0, kHorizonDays);
  v1::Sale sale = SaleThat(std::to_string(i), v1::Sale::PROPOSED, Day(day));
  const auto then = [&](v1::Sale::Stage stage) {
    day += *rc::gen::inRange(0, 40);
    sale = Then(sale, stage, Day(day));
  };
  switch (*rc::gen::inRange(0, 4)) {
    case 0:
      then(v1::Sale::DECLINED_FOR_NOW);
      break;
    case 1:
      then(v1::Sale::AGREED);
      then(v1::Sale::DELIVERED);
      break;
    case 2:
      then(v1::Sale::AGREED);
      then(v1::Sale::DELIVERED);
      then(v1::Sale::REVERSED);
      break;
    default:
      break;
  }
  return sale;
}

template <class F>
auto Several(int most, F make) {
  std::vector<decltype(make(0))> out;
  const int n = *rc::gen::inRange(0, most);
  for (int i = 0; i < n; ++i) out.push_back(make(i));
  return out;
}

Story AStory() {
  return {Several(40, AnEngagement), Several(6, APromise), Several(6, AFact), Several(6, AFeedback),
          Several(4, ASale)};
}

// One step of the fold, as the service takes it: a promise or feedback comes twice, a fact or sale
// with each of its moves.
using Step = std::function<void(v1::RelationshipStatistics*)>;

std::vector<Step> FactSteps(const v1::Fact& last) {
  std::vector<Step> steps;
  v1::Fact now = last;
  now.clear_moves();
  steps.push_back([now](auto* s) { RC_ASSERT(ApplyFact(nullptr, now, kDefaults, s)); });
  for (const v1::FactMove& move : last.moves()) {
    const v1::Fact before = now;
    *now.add_moves() = move;
    steps.push_back(
        [before, after = now](auto* s) { RC_ASSERT(ApplyFact(&before, after, kDefaults, s)); });
  }
  return steps;
}

std::vector<Step> SaleSteps(const v1::Sale& last) {
  std::vector<Step> steps;
  v1::Sale now = last;
  now.mutable_moves()->DeleteSubrange(1, last.moves_size() - 1);
  steps.push_back([now](auto* s) { ApplySale(nullptr, now, kDefaults, s); });
  for (int i = 1; i < last.moves_size(); ++i) {
    const v1::Sale before = now;
    *now.add_moves() = last.moves(i);
    steps.push_back([before, after = now](auto* s) { ApplySale(&before, after, kDefaults, s); });
  }
  return steps;
}

std::vector<Step> Steps(const Story& story, std::mt19937* order) {
  std::vector<std::vector<Step>> chains;
  for (const v1::Engagement& e : story.engagements) {
    chains.push_back({[&e](auto* s) { ApplyEngagement(e, kDefaults, s); }});
  }
  for (const v1::Fact& f : story.facts) chains.push_back(FactSteps(f));
  for (const v1::Sale& sale : story.sales) chains.push_back(SaleSteps(sale));
  for (const v1::Promise& p : story.promises) {
    v1::Promise open = p;
    open.set_state(v1::Promise::OPEN);
    chains.push_back({[open](auto* s) { RC_ASSERT(ApplyPromise(nullptr, open, kDefaults, s)); }});
    if (p.state() == v1::Promise::OPEN) continue;
    chains.back().push_back(
        [open, &p](auto* s) { RC_ASSERT(ApplyPromise(&open, p, kDefaults, s)); });
  }
  for (const v1::Feedback& f : story.feedback) {
    v1::Feedback open = f;
    open.set_state(v1::Feedback::RECEIVED);
    chains.push_back({[open](auto* s) { RC_ASSERT(ApplyFeedback(nullptr, open, kDefaults, s)); }});
    if (f.state() == v1::Feedback::RECEIVED) continue;
    chains.back().push_back(
        [open, &f](auto* s) { RC_ASSERT(ApplyFeedback(&open, f, kDefaults, s)); });
  }
  // An arrival order: each chain in its own order, the chains mixed.
  std::vector<std::size_t> turns;
  for (std::size_t c = 0; c < chains.size(); ++c) turns.insert(turns.end(), chains[c].size(), c);
  std::shuffle(turns.begin(), turns.end(), *order);
  std::vector<std::size_t> next(chains.size(), 0);
  std::vector<Step> steps;
  for (const std::size_t c : turns) steps.push_back(chains[c][next[c]++]);
  return steps;
}

void ExpectClose(double a, double b) {
  RC_ASSERT(std::abs(a - b) <= 1e-9 * std::max({1e-9, std::abs(a), std::abs(b)}));
}

void ExpectSameSums(const v1::PromiseSums& a, const v1::PromiseSums& b) {
  ExpectClose(a.kept(), b.kept());
  ExpectClose(a.late(), b.late());
  ExpectClose(a.repaired(), b.repaired());
}

// Sums to 1e-9 relative, everything else equal.
void ExpectSame(v1::RelationshipStatistics a, v1::RelationshipStatistics b) {
  ExpectClose(a.volume(), b.volume());
  ExpectClose(a.their_seconds(), b.their_seconds());
  ExpectClose(a.our_seconds(), b.our_seconds());
  ExpectClose(a.gives(), b.gives());
  ExpectClose(a.asks(), b.asks());
  ExpectClose(a.out_human(), b.out_human());
  ExpectClose(a.out_assisted(), b.out_assisted());
  ExpectClose(a.out_all(), b.out_all());
  ExpectClose(a.volunteered_facts(), b.volunteered_facts());
  ExpectClose(a.claims_borne_out(), b.claims_borne_out());
  ExpectClose(a.claims_corrected(), b.claims_corrected());
  ExpectClose(a.comfort(), b.comfort());
  ExpectClose(a.breaches(), b.breaches());
  ExpectClose(a.listened(), b.listened());
  RC_ASSERT(a.questions_size() == b.questions_size());
  for (int i = 0; i < a.questions_size(); ++i) ExpectClose(a.questions(i), b.questions(i));
  ExpectClose(a.bond(), b.bond());
  ExpectSameSums(a.our_promises(), b.our_promises());
  ExpectSameSums(a.their_promises(), b.their_promises());
  for (auto* s : {&a, &b}) {
    s->clear_volume();
    s->clear_their_seconds();
    s->clear_our_seconds();
    s->clear_gives();
    s->clear_asks();
    s->clear_out_human();
    s->clear_out_assisted();
    s->clear_out_all();
    s->clear_volunteered_facts();
    s->clear_claims_borne_out();
    s->clear_claims_corrected();
    s->clear_comfort();
    s->clear_breaches();
    s->clear_listened();
    s->clear_questions();
    s->clear_bond();
    s->clear_our_promises();
    s->clear_their_promises();
  }
  RC_ASSERT(a.DebugString() == b.DebugString());
}

// Proves: E02
RC_GTEST_PROP(Statistics, AreTheSameInAnyArrivalOrder, ()) {
  const Story story = AStory();
  std::mt19937 order(*rc::gen::arbitrary<unsigned>());
  v1::RelationshipStatistics folded;
  for (const Step& step : Steps(story, &order)) step(&folded);
  DeriveRhythm({}, kDefaults, &folded);
  ExpectSame(folded, Fold(story, Day(kHorizonDays * 2)));
}

// Many conversations and few days: the bound of the list is reached all the time.
// Proves: E02
RC_GTEST_PROP(Statistics, KeepTheSameConversationsInAnyArrivalOrder, ()) {
  std::vector<v1::Engagement> mails;
  const int n = *rc::gen::inRange(30, 160);
  for (int i = 0; i < n; ++i) {
    const auto at = Day(*rc::gen::inRange(0, 45));
    auto e = *rc::gen::arbitrary<bool>() ? MailIn(std::to_string(i), at)
                                         : MailOut(std::to_string(i), at);
    mails.push_back(InThread(e, std::to_string(*rc::gen::inRange(0, 60))));
  }
  const auto in_order = Fold({mails}, Day(100));
  std::shuffle(mails.begin(), mails.end(), std::mt19937(*rc::gen::arbitrary<unsigned>()));
  ExpectSame(Fold({mails}, Day(100)), in_order);
}

// Few days, many letters and asks: the bounds of the lists are reached all the time.
// Proves: E02, E15
RC_GTEST_PROP(Statistics, KeepTheSameRepliesAndAsksInAnyArrivalOrder, ()) {
  std::vector<v1::Engagement> letters;
  const int n = *rc::gen::inRange(60, 320);
  const int days = *rc::gen::inRange(5, 200);
  const int threads = *rc::gen::inRange(1, 40);
  for (int i = 0; i < n; ++i) {
    const auto at = Day(0) + absl::Hours(6) * *rc::gen::inRange(0, 4 * days);
    v1::Engagement e = Contact(std::to_string(i), at,
                               *rc::gen::element(v1::Engagement::IN, v1::Engagement::OUT,
                                                 v1::Engagement::OUT, v1::Engagement::MUTUAL));
    e.set_thread(std::to_string(*rc::gen::inRange(0, threads)));
    e.set_needs_answer(*rc::gen::arbitrary<bool>());
    letters.push_back(With(e, v1::Item::ASK, *rc::gen::inRange(0, 2),
                           *rc::gen::element<std::string>("proposal", "review")));
  }
  const auto in_order = Fold({letters}, Day(300));
  std::shuffle(letters.begin(), letters.end(), std::mt19937(*rc::gen::arbitrary<unsigned>()));
  ExpectSame(Fold({letters}, Day(300)), in_order);
}

// What the log says of a letter is what looking through all letters says.
// Proves: E15
RC_GTEST_PROP(Replies, AreTheFirstHumanAnswersInTheirConversations, ()) {
  using E = v1::Engagement;
  std::vector<E> letters;
  const int n = *rc::gen::inRange(1, 200);
  for (int i = 0; i < n; ++i) {
    const auto at = Day(0) + absl::Hours(6) * *rc::gen::inRange(0, 400);
    E e = Contact(std::to_string(i), at, *rc::gen::element(E::IN, E::OUT, E::MUTUAL),
                  *rc::gen::weightedElement<E::Conduct>({{4, E::HUMAN}, {1, E::AUTOMATED}}));
    e.set_thread(std::to_string(*rc::gen::inRange(0, 5)));
    e.set_needs_answer(e.direction() == E::IN);
    letters.push_back(e);
  }
  const auto s = Fold({letters}, Day(300));
  const auto& log = s.our_replies();
  RC_ASSERT(log.asked_us_size() <= 64 && log.answer_us_size() <= 64);
  std::size_t asked = 0;
  for (const E& e : letters) asked += e.direction() == E::IN && ByHuman(e) ? 1 : 0;
  if (log.answer_us_size() < 64) {
    RC_ASSERT(log.asked_us_size() == static_cast<int>(std::min<std::size_t>(asked, 64)));
  }
  for (int i = 0; i < log.asked_us_size(); ++i) {
    std::int64_t first = 0;
    for (const E& e : letters) {
      if (!ByHuman(e) || e.direction() == E::IN) continue;
      if (ThreadHash(e.thread()) != log.asked_thread(i)) continue;
      const std::int64_t us = absl::ToUnixMicros(time::FromProto(e.event_time()));
      if (us > log.asked_us(i) && (first == 0 || us < first)) first = us;
    }
    RC_ASSERT(log.answered_us(i) == first);
  }
}

// Proves: E22, S02
RC_GTEST_PROP(Statistics, ReadLaterEqualAReplayThen, ()) {
  const Story story = AStory();
  const absl::Time to = AnInstant();
  const auto then = Fold(story, to);
  // Nothing happens between the last event and `to`.
  RC_ASSERT(ReadableAt(then, to));
  const absl::Time last =
      then.has_sums_time() ? time::FromProto(then.sums_time()) : absl::Time(Day(0));
  const auto at_last = Fold(story, last);
  if (then.has_sums_time()) RC_ASSERT(at_last.DebugString() == then.DebugString());
  // The stored sums, read at `to`, equal sums that were brought to `to` step by step.
  const v1::Rapport read = Measure(then, to, kDefaults, kHours);
  v1::RelationshipStatistics moved = then;
  v1::Engagement noise = MailIn("noise", to);
  noise.set_not_counted(v1::Engagement::MACHINE);
  ApplyEngagement(noise, kDefaults, &moved);
  const v1::Rapport direct = Measure(moved, to, kDefaults, kHours);
  ExpectClose(read.health().value(), direct.health().value());
  ExpectClose(read.volume().value(), direct.volume().value());
  ExpectClose(read.reliability().value(), direct.reliability().value());
  ExpectClose(read.bond().value(), direct.bond().value());
  RC_ASSERT(read.turn() == direct.turn());
  RC_ASSERT(read.awaiting_us() == direct.awaiting_us());
  RC_ASSERT(read.vitality() == direct.vitality());
}

// Proves: E02
RC_GTEST_PROP(Replay, AtAnInstantSeesOnlyWhatHappenedUntilThen, ()) {
  const Story story = AStory();
  const absl::Time at = AnInstant();
  Story until;
  for (const auto& e : story.engagements) {
    if (time::FromProto(e.event_time()) <= at) until.engagements.push_back(e);
  }
  for (const auto& f : story.facts) {
    if (time::FromProto(f.said_time()) > at) continue;
    v1::Fact then = f;
    then.clear_moves();
    for (const auto& move : f.moves()) {
      if (time::FromProto(move.time()) <= at) *then.add_moves() = move;
    }
    until.facts.push_back(then);
  }
  for (const auto& sale : story.sales) {
    v1::Sale then = sale;
    then.clear_moves();
    for (const auto& move : sale.moves()) {
      if (time::FromProto(move.time()) <= at) *then.add_moves() = move;
    }
    until.sales.push_back(then);
  }
  for (auto p : story.promises) {
    if (time::FromProto(p.promise_time()) > at) continue;
    if (time::FromProto(p.outcome_time()) > at) p.set_state(v1::Promise::OPEN);
    until.promises.push_back(p);
  }
  for (auto f : story.feedback) {
    if (time::FromProto(f.given_time()) > at) continue;
    if (time::FromProto(f.acknowledge_time()) > at) f.set_state(v1::Feedback::RECEIVED);
    until.feedback.push_back(f);
  }
  ExpectSame(Fold(story, at), Fold(until, Day(kHorizonDays * 2)));
}

// Proves: E03
RC_GTEST_PROP(Retraction, EqualsNeverHavingHappened, ()) {
  Story story = AStory();
  RC_PRE(!story.engagements.empty());
  Story without = story;
  const auto i = *rc::gen::inRange<std::size_t>(0, story.engagements.size());
  without.engagements.erase(without.engagements.begin() + static_cast<std::ptrdiff_t>(i));
  story.engagements[i].set_state(v1::Engagement::RETRACTED);
  const absl::Time end = Day(kHorizonDays * 2);
  RC_ASSERT(Fold(story, end).DebugString() == Fold(without, end).DebugString());
}

// Proves: E23
RC_GTEST_PROP(ExplainChange, AddsUpToTheDifferenceOfMeasuredHealth, ()) {
  const Story story = AStory();
  absl::Time from = AnInstant();
  absl::Time to = AnInstant();
  if (to < from) std::swap(from, to);
  const auto why = ExplainChange(story.journal(), from, to, kDefaults, kHours);
  const auto first = Measure(Fold(story, from), from, kDefaults, kHours).health();
  const auto last = Measure(Fold(story, to), to, kDefaults, kHours).health();
  RC_ASSERT(why.from_health().status() == first.status());
  RC_ASSERT(why.to_health().status() == last.status());
  ExpectClose(why.from_health().value(), first.value());
  ExpectClose(why.to_health().value(), last.value());
  double sum = 0;
  absl::Time previous = from;
  for (const v1::ChangeLine& line : why.lines()) {
    sum += line.difference();
    RC_ASSERT(time::FromProto(line.time()) >= previous);
    previous = time::FromProto(line.time());
  }
  RC_ASSERT(std::abs(sum - (last.value() - first.value())) <= 1e-9);
}

RC_GTEST_PROP(TrustLedger, AddsUpToTheBalancesOfTheStatistics, ()) {
  const Story story = AStory();
  const absl::Time at = AnInstant();
  const Balances balances = Read(Fold(story, at), at, kDefaults, kHours).balances;
  std::map<v1::TrustAccount, Balance> sums;
  absl::Time previous = at;
  for (const v1::TrustPosting& posting : Postings(story.journal(), at, kDefaults, kHours)) {
    const absl::Time when = time::FromProto(posting.time());
    RC_ASSERT(when <= previous);
    previous = when;
    RC_ASSERT(!posting.source().empty() && !posting.reason().empty());
    const double weight =
        std::exp2(-absl::FDivDuration(at - when, absl::Hours(24)) / posting.half_life_days());
    sums[posting.account()].credit += weight * posting.credit();
    sums[posting.account()].debit += weight * posting.debit();
  }
  const auto same = [](const Balance& a, const Balance& b) {
    RC_ASSERT(std::abs(a.credit - b.credit) <= 1e-9);
    RC_ASSERT(std::abs(a.debit - b.debit) <= 1e-9);
  };
  same(sums[v1::CREDIBILITY], balances.credibility);
  same(sums[v1::RELIABILITY], balances.reliability);
  same(sums[v1::INTIMACY], balances.intimacy);
  same(sums[v1::SELF_ORIENTATION], balances.self_orientation);
}

// Proves: E08
RC_GTEST_PROP(Understanding, NeverShrinksWithMoreOrFresherFacts, ()) {
  std::vector<v1::Fact> facts = Several(10, AFact);
  const absl::Time at = AnInstant();
  const auto coverage = [&] {
    return Understand(
               facts, {}, [](const Topics&) { return true; }, at, kDefaults)
        .coverage()
        .value();
  };
  const double before = coverage();
  facts.push_back(AFact(99));
  const double more = coverage();
  RC_ASSERT(more >= before - 1e-12 && more <= 1 + 1e-12);
  auto& fact = facts[*rc::gen::inRange<std::size_t>(0, facts.size())];
  if (Confirm(PARTY_PERSON, at, "", kDefaults, &fact) != FactRule::kNone) return;
  RC_ASSERT(coverage() >= more - 1e-12);
}

// Proves: E22
RC_GTEST_PROP(Measures, StayWithinTheirBounds, ()) {
  const Story story = AStory();
  const absl::Time at = AnInstant();
  const v1::Rapport r = Measure(Fold(story, at), at, kDefaults, kHours);
  for (const auto& m :
       {r.listening(), r.reliability(), r.their_reliability(), r.intimacy(), r.reciprocity(),
        r.warmth(), r.bond(), r.tie(), r.care(), r.human_share(), r.health(), r.trust(),
        r.credibility(), r.self_orientation(), r.response()}) {
    RC_ASSERT(m.value() >= 0 && m.value() <= 1);
    RC_ASSERT(m.status() == type::v1::MEASURE_STATUS_OK || m.value() == 0);
  }
  RC_ASSERT(r.tolerated_days() >= r.expected_days());
}

}  // namespace
}  // namespace rapport::engagement::rules
