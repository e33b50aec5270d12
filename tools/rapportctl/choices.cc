#include "tools/rapportctl/choices.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "common/base/errors.h"
#include "tools/rapportctl/words.h"

namespace rapport::rapportctl {

using contact::v1::ConsentEntry;
using engagement::v1::CareEvent;
using engagement::v1::Fact;
using engagement::v1::Need;
using engagement::v1::Sale;
using recommendation::v1::Offer;

std::string FoldChoice(absl::string_view typed) {
  return absl::StrReplaceAll(absl::AsciiStrToLower(typed), {{"_", "-"}, {" ", "-"}});
}

absl::Status NoSuchChoice(absl::string_view field, absl::string_view typed,
                          const std::vector<absl::string_view>& words) {
  return errors::InvalidField(
      std::string(field),
      absl::StrCat("\"", Clip(Plain(typed), 40), "\" is none of ", absl::StrJoin(words, ", ")));
}

const Choices<type::v1::Party>& Parties() {
  static const auto& words = *new Choices<type::v1::Party>{{"us", type::v1::PARTY_US},
                                                           {"them", type::v1::PARTY_PERSON},
                                                           {"me", type::v1::PARTY_US},
                                                           {"person", type::v1::PARTY_PERSON}};
  return words;
}

const Choices<type::v1::Purpose>& Purposes() {
  static const auto& words =
      *new Choices<type::v1::Purpose>{{"proposal", type::v1::PURPOSE_PROPOSAL},
                                      {"ask", type::v1::PURPOSE_ASK},
                                      {"care", type::v1::PURPOSE_CARE},
                                      {"service", type::v1::PURPOSE_SERVICE},
                                      {"community", type::v1::PURPOSE_COMMUNITY},
                                      {"introduction", type::v1::PURPOSE_INTRODUCTION},
                                      {"proposals", type::v1::PURPOSE_PROPOSAL},
                                      {"asks", type::v1::PURPOSE_ASK},
                                      {"introductions", type::v1::PURPOSE_INTRODUCTION}};
  return words;
}

const Choices<type::v1::Channel>& Ways() {
  static const auto& words = *new Choices<type::v1::Channel>{
      {"call", type::v1::CHANNEL_PHONE},      {"mail", type::v1::CHANNEL_EMAIL},
      {"sms", type::v1::CHANNEL_SMS},         {"chat", type::v1::CHANNEL_CHAT},
      {"letter", type::v1::CHANNEL_POST},     {"in-person", type::v1::CHANNEL_IN_PERSON},
      {"video", type::v1::CHANNEL_VIDEO},     {"social", type::v1::CHANNEL_SOCIAL},
      {"other", type::v1::CHANNEL_OTHER},     {"phone", type::v1::CHANNEL_PHONE},
      {"email", type::v1::CHANNEL_EMAIL},     {"post", type::v1::CHANNEL_POST},
      {"person", type::v1::CHANNEL_IN_PERSON}};
  return words;
}

const Choices<Fact::Slot>& Slots() {
  static const auto& words = *new Choices<Fact::Slot>{{"s", Fact::SITUATION},
                                                      {"p", Fact::PROBLEM},
                                                      {"i", Fact::IMPLICATION},
                                                      {"n", Fact::NEED_PAYOFF},
                                                      {"situation", Fact::SITUATION},
                                                      {"problem", Fact::PROBLEM},
                                                      {"implication", Fact::IMPLICATION},
                                                      {"need-payoff", Fact::NEED_PAYOFF},
                                                      {"payoff", Fact::NEED_PAYOFF}};
  return words;
}

const Choices<Need::State>& NeedStates() {
  static const auto& words = *new Choices<Need::State>{
      {"stated", Need::STATED}, {"being-served", Need::BEING_SERVED}, {"served", Need::SERVED}};
  return words;
}

const Choices<Sale::Stage>& SaleStages() {
  static const auto& words = *new Choices<Sale::Stage>{
      {"proposed", Sale::PROPOSED},   {"agreed", Sale::AGREED},
      {"delivered", Sale::DELIVERED}, {"declined", Sale::DECLINED_FOR_NOW},
      {"reversed", Sale::REVERSED},   {"declined-for-now", Sale::DECLINED_FOR_NOW}};
  return words;
}

const Choices<CareEvent::Kind>& LifeEvents() {
  static const auto& words = *new Choices<CareEvent::Kind>{{"bereavement", CareEvent::BEREAVEMENT},
                                                           {"illness", CareEvent::ILLNESS},
                                                           {"birth", CareEvent::BIRTH},
                                                           {"wedding", CareEvent::WEDDING},
                                                           {"separation", CareEvent::SEPARATION},
                                                           {"move", CareEvent::MOVE},
                                                           {"work", CareEvent::WORK},
                                                           {"celebration", CareEvent::CELEBRATION},
                                                           {"hardship", CareEvent::HARDSHIP},
                                                           {"wellbeing", CareEvent::WELLBEING},
                                                           {"other", CareEvent::OTHER}};
  return words;
}

const Choices<ConsentEntry::LawfulBasis>& LawfulBases() {
  static const auto& words = *new Choices<ConsentEntry::LawfulBasis>{
      {"consent", ConsentEntry::CONSENT},
      {"contract", ConsentEntry::CONTRACT},
      {"legitimate-interest", ConsentEntry::LEGITIMATE_INTEREST},
      {"legal-obligation", ConsentEntry::LEGAL_OBLIGATION},
      {"vital-interest", ConsentEntry::VITAL_INTEREST}};
  return words;
}

const Choices<Offer::Stake>& Stakes() {
  static const auto& words = *new Choices<Offer::Stake>{{"low", Offer::LOW}, {"high", Offer::HIGH}};
  return words;
}

}  // namespace rapport::rapportctl
