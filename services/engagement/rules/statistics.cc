#include "services/engagement/rules/statistics.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "google/protobuf/timestamp.pb.h"
#include "services/engagement/rules/decay.h"
#include "services/engagement/rules/fact_rules.h"
#include "services/engagement/rules/formulas.h"
#include "services/engagement/rules/listening.h"
#include "services/engagement/rules/measures.h"
#include "services/engagement/rules/replies.h"

namespace rapport::engagement::rules {
namespace {

using google::protobuf::Timestamp;

void Decay(double weight, v1::PromiseSums* sums) {
  sums->set_kept(sums->kept() * weight);
  sums->set_late(sums->late() * weight);
  sums->set_repaired(sums->repaired() * weight);
}

void DropOldThreads(const Parameters& p, v1::RelationshipStatistics* s) {
  const std::int64_t oldest = Micros(s->sums_time()) - absl::ToInt64Microseconds(p.answer_window);
  auto* threads = s->mutable_threads();
  while (!threads->empty() &&
         (threads->size() > p.max_threads || Micros(threads->rbegin()->time()) < oldest)) {
    threads->RemoveLast();
  }
}

// Moves the instant of the sums forward to `us`; an earlier one changes nothing.
void AdvanceTo(std::int64_t us, const Parameters& p, v1::RelationshipStatistics* s) {
  if (!s->has_sums_time()) {
    *s->mutable_sums_time() = MicrosToProto(us);
    return;
  }
  const double days = DaysBetween(Micros(s->sums_time()), us);
  if (days <= 0) return;
  const double contact = Weight(days, p.contact_half_life_days);
  s->set_volume(s->volume() * contact);
  s->set_their_seconds(s->their_seconds() * contact);
  s->set_our_seconds(s->our_seconds() * contact);
  s->set_gives(s->gives() * contact);
  s->set_asks(s->asks() * contact);
  s->set_out_human(s->out_human() * contact);
  s->set_out_assisted(s->out_assisted() * contact);
  s->set_out_all(s->out_all() * contact);
  s->set_listened(s->listened() * contact);
  for (double& asked : *s->mutable_questions()) asked *= contact;
  const double fact = Weight(days, p.fact_half_life_days);
  s->set_volunteered_facts(s->volunteered_facts() * fact);
  s->set_comfort(s->comfort() * fact);
  s->set_breaches(s->breaches() * fact);
  const double claim = Weight(days, p.claim_half_life_days);
  s->set_claims_borne_out(s->claims_borne_out() * claim);
  s->set_claims_corrected(s->claims_corrected() * claim);
  const double promise = Weight(days, p.promise_half_life_days);
  if (s->has_our_promises()) Decay(promise, s->mutable_our_promises());
  if (s->has_their_promises()) Decay(promise, s->mutable_their_promises());
  *s->mutable_sums_time() = MicrosToProto(us);
  DropOldThreads(p, s);
}

double WeightAtSums(std::int64_t us, double half_life_days, const v1::RelationshipStatistics& s) {
  return Weight(DaysBetween(us, Micros(s.sums_time())), half_life_days);
}

void Latest(std::int64_t us, bool has, Timestamp* time) {
  if (!has || Micros(*time) < us) *time = MicrosToProto(us);
}

// Adds to a list of times that is kept newest first.
void AddNewestFirst(std::int64_t us, google::protobuf::RepeatedField<std::int64_t>* times) {
  times->Add(us);
  for (int i = times->size() - 1; i > 0 && times->Get(i - 1) < times->Get(i); --i) {
    times->SwapElements(i - 1, i);
  }
}

// Keeps the newest times.
void AddRecent(std::int64_t us, const Parameters& p, v1::RelationshipStatistics* s) {
  auto* recent = s->mutable_recent_two_way_us();
  AddNewestFirst(us, recent);
  if (recent->size() > p.max_recent) recent->Truncate(p.max_recent);
}

// Keeps the newest contacts with an ask; of those at one instant proposals stay longer.
void AddAsk(std::int64_t us, bool proposal, const Parameters& p, v1::RelationshipStatistics* s) {
  auto* asks = s->mutable_recent_asks_us();
  auto* proposals = s->mutable_recent_proposals_us();
  AddNewestFirst(us, asks);
  if (proposal) AddNewestFirst(us, proposals);
  if (asks->size() <= p.max_asks) return;
  asks->Truncate(p.max_asks);
  const std::int64_t oldest = asks->Get(asks->size() - 1);
  const auto room = std::count(asks->begin(), asks->end(), oldest);
  while (!proposals->empty() && (proposals->Get(proposals->size() - 1) < oldest ||
                                 std::count(proposals->begin(), proposals->end(), oldest) > room)) {
    proposals->RemoveLast();
  }
}

// What presses on the person, whoever or whatever sent it.
void AddPressure(const v1::Engagement& e, std::int64_t us, const Parameters& p,
                 v1::RelationshipStatistics* s) {
  bool asks = false;
  bool proposes = false;
  for (const v1::Item& item : e.items()) {
    if (item.direction() != v1::Item::ASK) continue;
    asks = true;
    proposes |= IsKind(item, "proposal");
  }
  if (asks) AddAsk(us, proposes, p, s);
  if (ReactionTo(e) == v1::Engagement::UNWELCOME) {
    const bool has = s->has_last_unwelcome_time();
    Latest(us, has, s->mutable_last_unwelcome_time());
  }
}

void SettleThanks(v1::RelationshipStatistics* s) {
  s->clear_unthanked_time();
  if (!s->has_last_kindness_time()) return;
  if (s->has_last_thanks_time() &&
      Micros(s->last_thanks_time()) >= Micros(s->last_kindness_time())) {
    return;
  }
  *s->mutable_unthanked_time() = s->last_kindness_time();
}

void NoteKindness(std::int64_t us, v1::RelationshipStatistics* s) {
  const bool has = s->has_last_kindness_time();
  Latest(us, has, s->mutable_last_kindness_time());
  SettleThanks(s);
}

void NoteThanks(std::int64_t us, v1::RelationshipStatistics* s) {
  const bool has = s->has_last_thanks_time();
  Latest(us, has, s->mutable_last_thanks_time());
  SettleThanks(s);
}

void AddComfort(std::int64_t us, const Parameters& p, v1::RelationshipStatistics* s) {
  s->set_comfort(s->comfort() + WeightAtSums(us, p.fact_half_life_days, *s));
}

void AddBreach(std::int64_t us, const Parameters& p, v1::RelationshipStatistics* s) {
  s->set_breaches(s->breaches() + WeightAtSums(us, p.fact_half_life_days, *s));
}

void AddClaim(std::int64_t us, bool borne_out, const Parameters& p, v1::RelationshipStatistics* s) {
  const double weight = WeightAtSums(us, p.claim_half_life_days, *s);
  if (borne_out) {
    s->set_claims_borne_out(s->claims_borne_out() + weight);
  } else {
    s->set_claims_corrected(s->claims_corrected() + weight);
  }
}

// Gives, asks, kindness and thanks among the items of a human contact.
void AddItems(const v1::Engagement& e, std::int64_t us, double weight,
              v1::RelationshipStatistics* s) {
  const bool from_us = e.direction() != v1::Engagement::IN;
  bool asked = false;
  for (const v1::Item& item : e.items()) {
    if (item.direction() == v1::Item::GIVE) {
      s->set_gives(s->gives() + weight);
      if (from_us && IsKind(item, "thanks")) NoteThanks(us, s);
    }
    if (item.direction() == v1::Item::ASK) {
      s->set_asks(s->asks() + weight);
      asked = true;
    }
    if (item.direction() == v1::Item::RECEIVED) NoteKindness(us, s);
  }
  if (!from_us && e.kind() == v1::Engagement::GIFT) NoteKindness(us, s);
  if (!asked) {
    const bool has = s->has_last_care_time();
    Latest(us, has, s->mutable_last_care_time());
  }
}

// Who talked, and what we asked.
void AddTalk(const v1::Engagement& e, double weight, const Parameters& p,
             v1::RelationshipStatistics* s) {
  s->set_their_seconds(s->their_seconds() + weight * TheirTalk(e, p));
  s->set_our_seconds(s->our_seconds() + weight * OurTalk(e, p));
  if (Listened(e, p)) s->set_listened(s->listened() + weight);
  const auto questions = QuestionsOf(e);
  if (std::all_of(questions.begin(), questions.end(), [](auto n) { return n <= 0; })) return;
  auto* sums = s->mutable_questions();
  sums->Resize(static_cast<int>(questions.size()), 0);
  for (std::size_t i = 0; i < questions.size(); ++i) {
    double* sum = sums->Mutable(static_cast<int>(i));
    *sum += weight * static_cast<double>(questions[i]);
  }
}

// The order of messages: by time, then by name.
bool Later(const v1::ThreadTail& a, const v1::ThreadTail& b) {
  const std::int64_t a_us = Micros(a.time());
  const std::int64_t b_us = Micros(b.time());
  return a_us != b_us ? a_us > b_us : a.engagement() > b.engagement();
}

// Keeps the latest message of each conversation, newest first. What falls out can only come back
// with a newer message, so the list depends on the set of engagements alone.
void AddToThreads(const v1::Engagement& e, std::int64_t us, const Parameters& p,
                  v1::RelationshipStatistics* s) {
  const bool inbound = e.direction() == v1::Engagement::IN;
  if (inbound && !e.needs_answer()) return;
  if (e.thread().empty() && !inbound) return;
  v1::ThreadTail tail;
  tail.set_thread(e.thread().empty() ? e.name() : e.thread());
  *tail.mutable_time() = MicrosToProto(us);
  tail.set_awaits_us(inbound);
  tail.set_engagement(e.name());
  tail.set_subject(e.subject());
  tail.set_channel(e.channel());

  auto* threads = s->mutable_threads();
  for (int i = 0; i < threads->size(); ++i) {
    if (threads->Get(i).thread() != tail.thread()) continue;
    if (!Later(tail, threads->Get(i))) return;
    threads->DeleteSubrange(i, 1);
    break;
  }
  *threads->Add() = std::move(tail);
  for (int i = threads->size() - 1; i > 0 && Later(threads->Get(i), threads->Get(i - 1)); --i) {
    threads->SwapElements(i - 1, i);
  }
  DropOldThreads(p, s);
}

// Adds to a list that is kept in the order of (time, name).
template <class T, class Before>
void AddInOrder(T item, google::protobuf::RepeatedPtrField<T>* list, Before before) {
  *list->Add() = std::move(item);
  for (int i = list->size() - 1; i > 0 && before(list->Get(i), list->Get(i - 1)); --i) {
    list->SwapElements(i - 1, i);
  }
}

void AddOpenPromise(const v1::Promise& promise, v1::RelationshipStatistics* s) {
  v1::OpenPromise open;
  open.set_promise(promise.name());
  open.set_promised_by(promise.promised_by());
  *open.mutable_due_time() = promise.due_time();
  *open.mutable_promise_time() = MicrosToProto(PromiseMicros(promise));
  AddInOrder(std::move(open), s->mutable_open_promises(),
             [](const v1::OpenPromise& a, const v1::OpenPromise& b) {
               const std::int64_t a_us = Micros(a.due_time());
               const std::int64_t b_us = Micros(b.due_time());
               return a_us != b_us ? a_us < b_us : a.promise() < b.promise();
             });
}

void RemoveOpenPromise(const std::string& name, v1::RelationshipStatistics* s) {
  auto* open = s->mutable_open_promises();
  for (int i = 0; i < open->size(); ++i) {
    if (open->Get(i).promise() != name) continue;
    open->DeleteSubrange(i, 1);
    return;
  }
}

void PostOutcome(const v1::Promise& promise, const Parameters& p, v1::RelationshipStatistics* s) {
  if (promise.state() == v1::Promise::RELEASED) return;
  v1::PromiseSums* sums = promise.promised_by() == type::v1::PARTY_PERSON
                              ? s->mutable_their_promises()
                              : s->mutable_our_promises();
  const std::int64_t outcome_us = OutcomeMicros(promise);
  const double weight = WeightAtSums(outcome_us, p.promise_half_life_days, *s);
  if (promise.state() == v1::Promise::KEPT) sums->set_kept(sums->kept() + weight);
  if (promise.state() == v1::Promise::KEPT_LATE) sums->set_late(sums->late() + weight);
  if (promise.state() == v1::Promise::REPAIRED) {
    const std::int64_t broke_us = std::min(GraceEndMicros(promise.due_time(), p), outcome_us);
    sums->set_repaired(sums->repaired() + WeightAtSums(broke_us, p.promise_half_life_days, *s));
  }
}

}  // namespace

void ApplyEngagement(const v1::Engagement& e, const Parameters& p, v1::RelationshipStatistics* s) {
  if (!Happened(e)) return;
  const std::int64_t us = Micros(e.event_time());
  AdvanceTo(us, p, s);
  AddPressure(e, us, p, s);
  if (!Counts(e)) {
    s->set_not_counted(s->not_counted() + 1);
    return;
  }
  s->set_counted(s->counted() + 1);
  const double weight = WeightAtSums(us, p.contact_half_life_days, *s);
  const bool outbound = e.direction() == v1::Engagement::OUT;
  if (outbound) s->set_out_all(s->out_all() + weight);
  if (ReactionTo(e) == v1::Engagement::WELCOMED) AddComfort(us, p, s);
  if (ReactionTo(e) == v1::Engagement::UNWELCOME) AddBreach(us, p, s);
  if (!ByHuman(e)) return;

  if (IsTwoWay(e)) {
    s->set_volume(s->volume() + weight);
    s->set_two_way_count(s->two_way_count() + 1);
    AddRecent(us, p, s);
    if (!s->has_first_two_way_time() || us < Micros(s->first_two_way_time())) {
      *s->mutable_first_two_way_time() = MicrosToProto(us);
    }
    const bool has = s->has_last_two_way_time();
    Latest(us, has, s->mutable_last_two_way_time());
    if (e.direction() == v1::Engagement::IN) {
      const bool has_inbound = s->has_last_inbound_time();
      Latest(us, has_inbound, s->mutable_last_inbound_time());
    }
  }
  if (outbound) {
    s->set_volume(s->volume() + 0.5 * weight);
    if (e.conduct() == v1::Engagement::HUMAN) {
      s->set_out_human(s->out_human() + weight);
    } else {
      s->set_out_assisted(s->out_assisted() + weight);
    }
    const bool has = s->has_last_outbound_time();
    Latest(us, has, s->mutable_last_outbound_time());
  }

  AddTalk(e, weight, p, s);
  AddItems(e, us, weight, s);
  if (e.initiator() == type::v1::PARTY_PERSON) s->set_started_by_person(s->started_by_person() + 1);
  if (e.initiator() == type::v1::PARTY_US) s->set_started_by_us(s->started_by_us() + 1);
  AddToThreads(e, us, p, s);
  ApplyToReplies(e, us, p, s);
}

bool ApplyPromise(const v1::Promise* before, const v1::Promise& after, const Parameters& p,
                  v1::RelationshipStatistics* s) {
  if (before != nullptr && before->state() != v1::Promise::OPEN) return false;
  const bool open = after.state() == v1::Promise::OPEN;
  AdvanceTo(open ? PromiseMicros(after) : OutcomeMicros(after), p, s);
  RemoveOpenPromise(after.name(), s);
  if (open) {
    AddOpenPromise(after, s);
  } else {
    PostOutcome(after, p, s);
  }
  return true;
}

bool ApplyFact(const v1::Fact* before, const v1::Fact& after, const Parameters& p,
               v1::RelationshipStatistics* s) {
  const std::vector<ClaimMove> now = ClaimMovesOf(after);
  std::vector<ClaimMove> known;
  if (before != nullptr) known = ClaimMovesOf(*before);
  if (known.size() > now.size() || !std::equal(known.begin(), known.end(), now.begin())) {
    return false;
  }
  if (before == nullptr && IsVolunteered(after)) {
    const std::int64_t us = FactMicros(after);
    AdvanceTo(us, p, s);
    s->set_volunteered_facts(s->volunteered_facts() + WeightAtSums(us, p.fact_half_life_days, *s));
  }
  for (std::size_t i = known.size(); i < now.size(); ++i) {
    AdvanceTo(now[i].us, p, s);
    AddClaim(now[i].us, now[i].borne_out, p, s);
  }
  return true;
}

void ApplySale(const v1::Sale* before, const v1::Sale& after, const Parameters& p,
               v1::RelationshipStatistics* s) {
  for (int i = before == nullptr ? 0 : before->moves_size(); i < after.moves_size(); ++i) {
    const v1::StageMove& move = after.moves(i);
    if (move.stage() != v1::Sale::DELIVERED && move.stage() != v1::Sale::REVERSED) continue;
    const std::int64_t us = Micros(move.time());
    AdvanceTo(us, p, s);
    AddClaim(us, move.stage() == v1::Sale::DELIVERED, p, s);
  }
}

bool ApplyFeedback(const v1::Feedback* before, const v1::Feedback& after, const Parameters& p,
                   v1::RelationshipStatistics* s) {
  const bool answered = after.state() == v1::Feedback::ACKNOWLEDGED;
  const std::int64_t given_us = GivenMicros(after);
  auto* list = s->mutable_open_feedback();
  if (before == nullptr) {
    AdvanceTo(given_us, p, s);
    if (after.kind() == v1::Feedback::PRAISE) {
      AddComfort(given_us, p, s);
      NoteKindness(given_us, s);
    }
    if (after.kind() == v1::Feedback::GRIEVANCE) AddBreach(given_us, p, s);
  }
  if (answered) {
    if (before != nullptr && before->state() == v1::Feedback::ACKNOWLEDGED) return true;
    const std::int64_t answered_us = AcknowledgedMicros(after);
    AdvanceTo(answered_us, p, s);
    const std::int64_t end_us = AnswerEndMicros(given_us, p);
    AddClaim(std::min(answered_us, end_us), answered_us <= end_us, p, s);
    if (after.kind() == v1::Feedback::PRAISE) NoteThanks(answered_us, s);
    if (before == nullptr) return true;
    const bool full = list->size() >= p.max_open_feedback;
    for (int i = 0; i < list->size(); ++i) {
      if (list->Get(i).feedback() != after.name()) continue;
      list->DeleteSubrange(i, 1);
      return !full;
    }
    return true;
  }
  if (before != nullptr) return true;
  v1::OpenFeedback open;
  open.set_feedback(after.name());
  *open.mutable_given_time() = MicrosToProto(given_us);
  open.set_grievance(after.kind() == v1::Feedback::GRIEVANCE);
  AddInOrder(std::move(open), list, [](const v1::OpenFeedback& a, const v1::OpenFeedback& b) {
    const std::int64_t a_us = Micros(a.given_time());
    const std::int64_t b_us = Micros(b.given_time());
    return a_us != b_us ? a_us < b_us : a.feedback() < b.feedback();
  });
  if (list->size() > p.max_open_feedback) list->RemoveLast();
  return true;
}

void DeriveRhythm(const DeclaredRhythm& declared, const Parameters& p,
                  v1::RelationshipStatistics* s) {
  const auto& recent = s->recent_two_way_us();
  const double expected =
      declared.wish_days > 0
          ? declared.wish_days
          : ExpectedDays({recent.data(), static_cast<std::size_t>(recent.size())}, p);
  s->set_expected_days(expected);
  s->set_tolerated_days(declared.tolerate_days > 0 ? declared.tolerate_days
                                                   : p.tolerance_factor * expected);
  s->set_bond(s->has_sums_time() ? BondAt(*s, absl::FromUnixMicros(Micros(s->sums_time())), p) : 0);
}

}  // namespace rapport::engagement::rules
