#include "services/engagement/rules/fact_rules.h"

#include <algorithm>
#include <utility>

#include "services/engagement/rules/decay.h"
#include "services/engagement/rules/entries.h"

namespace rapport::engagement::rules {
namespace {

FactRule Movable(const v1::Fact& fact, absl::Time at, const Parameters& p) {
  if (!fact.superseded_by().empty()) return FactRule::kSuperseded;
  if (absl::ToUnixMicros(at) < FactMicros(fact)) return FactRule::kBeforeSaid;
  if (fact.moves_size() >= p.max_moves) return FactRule::kTooManyMoves;
  return FactRule::kNone;
}

void Enter(v1::FactMove move, v1::Fact* fact) {
  auto* moves = fact->mutable_moves();
  *moves->Add() = std::move(move);
  for (int i = moves->size() - 1;
       i > 0 && Micros(moves->Get(i).time()) < Micros(moves->Get(i - 1).time()); --i) {
    moves->SwapElements(i - 1, i);
  }
  DeriveFact(fact);
}

v1::FactMove Move(v1::FactMove::Kind kind, type::v1::Party said_by, absl::Time at) {
  v1::FactMove move;
  move.set_kind(kind);
  move.set_said_by(said_by);
  *move.mutable_time() = time::ToProto(at);
  return move;
}

void ClearDispute(v1::Fact* fact) {
  fact->clear_dispute_time();
  fact->clear_disputed_by();
  fact->clear_dispute_reason();
  fact->clear_contradicted_by();
}

}  // namespace

absl::string_view FactRuleText(FactRule rule) {
  switch (rule) {
    case FactRule::kNone:
      return "";
    case FactRule::kSuperseded:
      return "a newer fact stands in its place; move that one";
    case FactRule::kBeforeSaid:
      return "the fact was not said yet at that time";
    case FactRule::kDisputedByPerson:
      return "the person disputes it; only the person can confirm it";
    case FactRule::kTooManyMoves:
      return "the fact has moved too often; write down a new one that supersedes it";
  }
  return "";
}

void DeriveFact(v1::Fact* fact) {
  *fact->mutable_confirmed_time() = MicrosToProto(FactMicros(*fact));
  fact->set_confirmed_by(fact->said_by());
  ClearDispute(fact);
  for (const v1::FactMove& move : fact->moves()) {
    if (move.kind() == v1::FactMove::CONFIRMED) {
      *fact->mutable_confirmed_time() = move.time();
      if (move.said_by() == type::v1::PARTY_PERSON) fact->set_confirmed_by(move.said_by());
      ClearDispute(fact);
    } else {
      if (!fact->has_dispute_time()) {
        *fact->mutable_dispute_time() = move.time();
        fact->set_disputed_by(move.said_by());
      }
      if (move.said_by() == type::v1::PARTY_PERSON) fact->set_disputed_by(move.said_by());
      if (!move.reason().empty()) fact->set_dispute_reason(move.reason());
      if (!move.contradicted_by().empty()) fact->set_contradicted_by(move.contradicted_by());
    }
  }
}

FactRule Confirm(type::v1::Party said_by, absl::Time at, absl::string_view engagement,
                 const Parameters& p, v1::Fact* fact) {
  const FactRule rule = Movable(*fact, at, p);
  if (rule != FactRule::kNone) return rule;
  if (said_by != type::v1::PARTY_PERSON &&
      FactAt(*fact, at).disputed_by() == type::v1::PARTY_PERSON) {
    return FactRule::kDisputedByPerson;
  }
  v1::FactMove move = Move(v1::FactMove::CONFIRMED, said_by, at);
  move.set_engagement(std::string(engagement));
  Enter(std::move(move), fact);
  return FactRule::kNone;
}

FactRule Dispute(type::v1::Party said_by, absl::Time at, absl::string_view reason,
                 absl::string_view contradicted_by, const Parameters& p, v1::Fact* fact) {
  const FactRule rule = Movable(*fact, at, p);
  if (rule != FactRule::kNone) return rule;
  v1::FactMove move = Move(v1::FactMove::DISPUTED, said_by, at);
  move.set_reason(std::string(reason));
  move.set_contradicted_by(std::string(contradicted_by));
  Enter(std::move(move), fact);
  return FactRule::kNone;
}

FactRule Supersede(absl::string_view by, absl::Time at, v1::Fact* fact) {
  if (!fact->superseded_by().empty()) return FactRule::kSuperseded;
  fact->set_superseded_by(std::string(by));
  *fact->mutable_supersede_time() =
      MicrosToProto(std::max(absl::ToUnixMicros(at), FactMicros(*fact)));
  return FactRule::kNone;
}

v1::Fact FactAt(const v1::Fact& fact, absl::Time as_of) {
  const std::int64_t us = absl::ToUnixMicros(as_of);
  v1::Fact then = fact;
  auto* moves = then.mutable_moves();
  while (!moves->empty() && Micros(moves->rbegin()->time()) > us) moves->RemoveLast();
  DeriveFact(&then);
  if (then.has_supersede_time() && Micros(then.supersede_time()) > us) {
    then.clear_superseded_by();
    then.clear_supersede_time();
  }
  return then;
}

std::vector<ClaimMove> ClaimMovesOf(const v1::Fact& fact) {
  std::vector<ClaimMove> claims;
  if (fact.said_by() != type::v1::PARTY_US) return claims;
  for (const v1::FactMove& move : fact.moves()) {
    if (move.said_by() != type::v1::PARTY_PERSON) continue;
    const bool borne_out = move.kind() == v1::FactMove::CONFIRMED;
    if (!claims.empty() && claims.back().borne_out == borne_out) continue;
    claims.push_back({Micros(move.time()), borne_out});
  }
  return claims;
}

}  // namespace rapport::engagement::rules
