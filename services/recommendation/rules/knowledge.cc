#include "services/recommendation/rules/knowledge.h"

#include "absl/strings/str_cat.h"
#include "common/time/proto_time.h"

namespace rapport::recommendation {

using ::rapport::engagement::v1::Fact;

absl::Time SaidTime(const Fact& fact) {
  return time::FromProto(fact.has_said_time() ? fact.said_time() : fact.create_time());
}

bool Stands(const Fact& fact) { return fact.superseded_by().empty() && !fact.has_dispute_time(); }

bool StandsAt(const Fact& fact, absl::Time as_of) {
  return Stands(fact) && SaidTime(fact) <= as_of;
}

bool SaidByThem(const Fact& fact) {
  return fact.said_by() == type::v1::PARTY_PERSON || fact.confirmed_by() == type::v1::PARTY_PERSON;
}

absl::string_view WhatItTells(Fact::Slot slot) {
  switch (slot) {
    case Fact::SITUATION:
      return "how they work today";
    case Fact::PROBLEM:
      return "what is hard for them";
    case Fact::IMPLICATION:
      return "what it leads to";
    case Fact::NEED_PAYOFF:
      return "what a solution would be worth to them";
    default:
      return "what moves them";
  }
}

absl::string_view QuestionFor(Fact::Slot slot) {
  switch (slot) {
    case Fact::SITUATION:
      return "How do you work these days?";
    case Fact::PROBLEM:
      return "What is hardest about that?";
    case Fact::IMPLICATION:
      return "When something goes wrong there, what does it hold up?";
    default:
      return "If one thing there became easier, what would that give you?";
  }
}

std::string Listed(const std::vector<std::string>& parts, absl::string_view last) {
  std::string out;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const bool ends = i > 0 && i + 1 == parts.size();
    absl::StrAppend(&out, i == 0 ? "" : ends ? last : ", ", parts[i]);
  }
  return out;
}

}  // namespace rapport::recommendation
