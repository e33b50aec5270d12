// The words that people type for a choice, read into the values of the API. Thread-safe.
#ifndef RAPPORT_TOOLS_RAPPORTCTL_CHOICES_H_
#define RAPPORT_TOOLS_RAPPORTCTL_CHOICES_H_

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "rapport/contact/v1/consent.pb.h"
#include "rapport/engagement/v1/care.pb.h"
#include "rapport/engagement/v1/need.pb.h"
#include "rapport/engagement/v1/promise.pb.h"
#include "rapport/engagement/v1/sale.pb.h"
#include "rapport/recommendation/v1/offer.pb.h"
#include "rapport/type/v1/common.pb.h"

namespace rapport::rapportctl {

// What people say first; the same value under a second word is a synonym and is not listed.
template <class Value>
using Choices = std::vector<std::pair<absl::string_view, Value>>;

// Lower case, with "-" for spaces and underscores: how typed choices are compared.
std::string FoldChoice(absl::string_view typed);
// INVALID_ARGUMENT (FIELD) that lists the words.
absl::Status NoSuchChoice(absl::string_view field, absl::string_view typed,
                          const std::vector<absl::string_view>& words);

template <class Value>
std::vector<absl::string_view> ListedWords(const Choices<Value>& choices) {
  std::vector<absl::string_view> words;
  std::vector<Value> seen;
  for (const auto& [word, value] : choices) {
    if (std::find(seen.begin(), seen.end(), value) == seen.end()) words.push_back(word);
    seen.push_back(value);
  }
  return words;
}

template <class Value>
absl::StatusOr<Value> ReadChoice(absl::string_view field, absl::string_view typed,
                                 const Choices<Value>& choices) {
  const std::string wanted = FoldChoice(typed);
  for (const auto& [word, value] : choices) {
    if (word == wanted) return value;
  }
  return NoSuchChoice(field, typed, ListedWords(choices));
}

// The first word for the value; empty if there is none.
template <class Value>
std::string WordFor(Value wanted, const Choices<Value>& choices) {
  for (const auto& [word, value] : choices) {
    if (value == wanted) return std::string(word);
  }
  return "";
}

const Choices<type::v1::Party>& Parties();           // us, them
const Choices<type::v1::Purpose>& Purposes();        // proposal, ask, care, service, …
const Choices<type::v1::Channel>& Ways();            // call, mail, sms, …
const Choices<engagement::v1::Fact::Slot>& Slots();  // s, p, i, n and their names
const Choices<engagement::v1::Need::State>& NeedStates();
const Choices<engagement::v1::Sale::Stage>& SaleStages();
const Choices<engagement::v1::CareEvent::Kind>& LifeEvents();
const Choices<contact::v1::ConsentEntry::LawfulBasis>& LawfulBases();
const Choices<recommendation::v1::Offer::Stake>& Stakes();

}  // namespace rapport::rapportctl

#endif  // RAPPORT_TOOLS_RAPPORTCTL_CHOICES_H_
