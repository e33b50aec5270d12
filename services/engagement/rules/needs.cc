#include "services/engagement/rules/needs.h"

#include <algorithm>
#include <string>
#include <utility>

#include "services/engagement/rules/decay.h"

namespace rapport::engagement::rules {
namespace {

bool IsOver(v1::Need::State state) {
  return state == v1::Need::SERVED || state == v1::Need::OUTLIVED;
}

bool AddsWords(const NeedWords& words) { return words.explicit_need || words.wants_to_buy; }

bool SaidByPerson(const NeedWords& words) { return words.said_by == type::v1::PARTY_PERSON; }

std::int64_t LastMicros(const v1::Need& need) {
  return need.moves().empty() ? NeedMicros(need) : Micros(need.moves().rbegin()->time());
}

NeedRule Movable(const v1::Need& need, absl::Time at, const Parameters& p) {
  if (absl::ToUnixMicros(at) < LastMicros(need)) return NeedRule::kBeforeLastMove;
  if (need.moves_size() >= p.max_moves) return NeedRule::kTooManyMoves;
  return NeedRule::kNone;
}

bool IsMove(v1::Need::State from, v1::Need::State to) {
  switch (from) {
    case v1::Need::SENSED:
      return to == v1::Need::STATED;
    case v1::Need::STATED:
      return to == v1::Need::BEING_SERVED;
    case v1::Need::BEING_SERVED:
      return to == v1::Need::SERVED || to == v1::Need::STATED;
    default:
      return false;
  }
}

void RemoveServedBy(absl::string_view sale, v1::Need* need) {
  auto* served_by = need->mutable_served_by();
  served_by->erase(std::remove(served_by->begin(), served_by->end(), sale), served_by->end());
}

bool WasServedBy(absl::string_view sale, const v1::Need& need) {
  return std::find(need.served_by().begin(), need.served_by().end(), sale) !=
         need.served_by().end();
}

// Everything that follows from the moves.
void Derive(v1::Need* need) {
  need->clear_explicit_();
  need->clear_wants_to_buy();
  need->clear_wants_to_buy_time();
  need->clear_outlived_said_by();
  need->clear_served_by();
  v1::Need::State state = v1::Need::STATE_UNSPECIFIED;
  for (const v1::NeedMove& move : need->moves()) {
    const bool words = move.explicit_() || move.wants_to_buy();
    const bool anew = move.state() != state && move.sale().empty() &&
                      (move.state() == v1::Need::SENSED ||
                       (move.state() == v1::Need::STATED && state != v1::Need::BEING_SERVED));
    if (words || anew) *need->mutable_stated_time() = move.time();
    if (words) need->set_explicit_(true);
    if (move.wants_to_buy()) {
      need->set_wants_to_buy(true);
      *need->mutable_wants_to_buy_time() = move.time();
    }
    if (IsOver(move.state())) need->set_wants_to_buy(false);
    need->set_outlived_said_by(move.state() == v1::Need::OUTLIVED ? move.said_by()
                                                                  : type::v1::PARTY_UNSPECIFIED);
    if (!move.sale().empty()) {
      RemoveServedBy(move.sale(), need);
      if (move.state() == v1::Need::SERVED) need->add_served_by(move.sale());
    }
    if (move.state() != state) *need->mutable_state_time() = move.time();
    state = move.state();
  }
  need->set_state(state);
}

v1::NeedMove Move(v1::Need::State to, const NeedWords& words, absl::Time at) {
  v1::NeedMove move;
  move.set_state(to);
  *move.mutable_time() = time::ToProto(at);
  move.set_said_by(words.said_by);
  move.set_explicit_(AddsWords(words));
  move.set_wants_to_buy(words.wants_to_buy);
  return move;
}

void Enter(v1::NeedMove move, v1::Need* need) {
  *need->add_moves() = std::move(move);
  Derive(need);
}

}  // namespace

absl::string_view NeedRuleText(NeedRule rule) {
  switch (rule) {
    case NeedRule::kNone:
      return "";
    case NeedRule::kNotSaidByPerson:
      return "only the person can say that";
    case NeedRule::kNothingNew:
      return "there is nothing to take up: name a state, or what the person said";
    case NeedRule::kBeforeLastMove:
      return "it must not lie before the last move of the need";
    case NeedRule::kNoSuchMove:
      return "the need cannot go there from where it stands";
    case NeedRule::kNotStated:
      return "the person has not stated the need yet; move it to STATED";
    case NeedRule::kOver:
      return "the need is over; revive it";
    case NeedRule::kNotOver:
      return "the need is neither served nor outlived; there is nothing to revive";
    case NeedRule::kOutlived:
      return "the need is outlived already";
    case NeedRule::kOutlivedByPerson:
      return "the person said that the need is outlived; only the person can bring it back";
    case NeedRule::kTooManyMoves:
      return "the need has moved too often; write down a new one";
  }
  return "";
}

std::int64_t NeedMicros(const v1::Need& need) {
  if (need.moves_size() > 0) return Micros(need.moves(0).time());
  return Micros(need.has_stated_time() ? need.stated_time() : need.create_time());
}

v1::Need NeedAt(const v1::Need& need, absl::Time as_of) {
  const std::int64_t us = absl::ToUnixMicros(as_of);
  v1::Need then = need;
  auto* moves = then.mutable_moves();
  while (moves->size() > 1 && Micros(moves->rbegin()->time()) > us) moves->RemoveLast();
  Derive(&then);
  return then;
}

NeedRule StateNeed(absl::Time at, v1::Need* need) {
  const NeedWords words{need->origin(), need->explicit_(), need->wants_to_buy()};
  if (AddsWords(words) && !SaidByPerson(words)) return NeedRule::kNotSaidByPerson;
  need->clear_moves();
  Enter(Move(SaidByPerson(words) ? v1::Need::STATED : v1::Need::SENSED, words, at), need);
  return NeedRule::kNone;
}

NeedRule AdvanceNeed(v1::Need::State to, const NeedWords& words, absl::Time at, const Parameters& p,
                     v1::Need* need) {
  const bool moves = to != v1::Need::STATE_UNSPECIFIED;
  if (!moves && !AddsWords(words)) return NeedRule::kNothingNew;
  if (AddsWords(words) && !SaidByPerson(words)) return NeedRule::kNotSaidByPerson;
  if (IsOver(need->state())) return NeedRule::kOver;
  if (!moves && need->state() == v1::Need::SENSED) return NeedRule::kNotStated;
  if (moves && !IsMove(need->state(), to)) return NeedRule::kNoSuchMove;
  if (moves && need->state() == v1::Need::SENSED && !SaidByPerson(words)) {
    return NeedRule::kNotSaidByPerson;
  }
  const NeedRule rule = Movable(*need, at, p);
  if (rule != NeedRule::kNone) return rule;
  Enter(Move(moves ? to : need->state(), words, at), need);
  return NeedRule::kNone;
}

NeedRule OutliveNeed(type::v1::Party said_by, absl::string_view reason, absl::Time at,
                     const Parameters& p, v1::Need* need) {
  if (need->state() == v1::Need::OUTLIVED) return NeedRule::kOutlived;
  const NeedRule rule = Movable(*need, at, p);
  if (rule != NeedRule::kNone) return rule;
  v1::NeedMove move = Move(v1::Need::OUTLIVED, {said_by}, at);
  move.set_reason(std::string(reason));
  Enter(std::move(move), need);
  return NeedRule::kNone;
}

NeedRule ReviveNeed(const NeedWords& words, absl::Time at, const Parameters& p, v1::Need* need) {
  if (AddsWords(words) && !SaidByPerson(words)) return NeedRule::kNotSaidByPerson;
  if (!IsOver(need->state())) return NeedRule::kNotOver;
  if (need->state() == v1::Need::OUTLIVED && !SaidByPerson(words) &&
      need->outlived_said_by() == type::v1::PARTY_PERSON) {
    return NeedRule::kOutlivedByPerson;
  }
  const NeedRule rule = Movable(*need, at, p);
  if (rule != NeedRule::kNone) return rule;
  Enter(Move(SaidByPerson(words) ? v1::Need::STATED : v1::Need::SENSED, words, at), need);
  return NeedRule::kNone;
}

NeedRule MoveBySale(v1::Need::State to, absl::string_view sale, absl::Time at, const Parameters& p,
                    v1::Need* need) {
  const bool served = WasServedBy(sale, *need);
  if (to == v1::Need::STATED && need->state() != v1::Need::BEING_SERVED && !served) {
    return NeedRule::kNone;
  }
  if (need->state() == to && (to != v1::Need::SERVED || served)) return NeedRule::kNone;
  if (need->moves_size() >= p.max_moves) return NeedRule::kTooManyMoves;
  const std::int64_t us = std::max(absl::ToUnixMicros(at), LastMicros(*need));
  v1::NeedMove move = Move(to, {}, absl::FromUnixMicros(us));
  move.set_sale(std::string(sale));
  Enter(std::move(move), need);
  return NeedRule::kNone;
}

}  // namespace rapport::engagement::rules
