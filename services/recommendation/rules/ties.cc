#include "services/recommendation/rules/ties.h"

#include <algorithm>
#include <tuple>

#include "absl/container/flat_hash_set.h"
#include "common/time/proto_time.h"
#include "services/recommendation/rules/knowledge.h"
#include "services/recommendation/rules/policy.h"
#include "services/recommendation/rules/reading.h"

namespace rapport::recommendation {
namespace {

using ::rapport::engagement::v1::Fact;
using ::rapport::engagement::v1::Need;
using ::rapport::engagement::v1::Sale;
using Texts = google::protobuf::RepeatedPtrField<std::string>;

constexpr absl::Duration kDay = absl::Hours(24);

bool Holds(const Texts& list, absl::string_view text) {
  return std::any_of(list.begin(), list.end(),
                     [&](const std::string& item) { return item == text; });
}

bool Share(const Texts& a, const Texts& b) {
  return std::any_of(a.begin(), a.end(), [&](const std::string& item) { return Holds(b, item); });
}

bool Serves(const v1::Offer& offer, const Need& need) {
  return Share(offer.serves(), need.topics()) || Holds(need.offers(), offer.name());
}

absl::Time StatedTime(const Need& need) {
  return time::FromProto(need.has_stated_time() ? need.stated_time() : need.create_time());
}

// How near a need is to a proposal; less is nearer.
int Distance(const RelationshipFacts& facts, const Need& need, absl::Time as_of) {
  if (LeadsTo(facts, need, as_of)) return 0;
  if (IsWaiting(need)) return IsExplicit(need) ? 1 : need.state() == Need::STATED ? 2 : 3;
  return need.state() == Need::BEING_SERVED ? 4 : need.state() == Need::SERVED ? 5 : 6;
}

}  // namespace

absl::Time SaleTime(const Sale& sale) {
  return time::FromProto(sale.has_sale_time() ? sale.sale_time() : sale.create_time());
}

absl::Time DeclineTime(const Sale& sale) {
  if (sale.stage() != Sale::DECLINED_FOR_NOW) return absl::InfinitePast();
  for (auto move = sale.moves().rbegin(); move != sale.moves().rend(); ++move) {
    if (move->stage() == Sale::DECLINED_FOR_NOW) return time::FromProto(move->time());
  }
  return time::FromProto(sale.update_time());
}

bool IsWaiting(const Need& need) {
  return need.state() == Need::SENSED || need.state() == Need::STATED;
}

bool IsExplicit(const Need& need) {
  return need.explicit_() &&
         (need.origin() == type::v1::PARTY_PERSON || need.state() != Need::SENSED);
}

bool LeadsTo(const RelationshipFacts& facts, const Need& need, absl::Time as_of) {
  if (!need.wants_to_buy() || !IsWaiting(need)) return false;
  const absl::Time asked =
      need.has_wants_to_buy_time() ? time::FromProto(need.wants_to_buy_time()) : StatedTime(need);
  if (asked > as_of || as_of - asked > kPersonLedDays * kDay) return false;
  return std::none_of(facts.sales.begin(), facts.sales.end(), [&](const Sale* sale) {
    return Holds(sale->needs(), need.name()) &&
           (SaleTime(*sale) >= asked || DeclineTime(*sale) >= asked);
  });
}

Ties TiesOf(const RelationshipFacts& facts, const v1::Offer& offer, absl::Time as_of) {
  Ties out;
  out.offer = &offer;
  std::vector<std::tuple<int, absl::Duration, const Need*>> needs;
  for (const Need* need : Distinct(facts.needs)) {
    if (!Serves(offer, *need)) continue;
    needs.emplace_back(Distance(facts, *need, as_of), as_of - StatedTime(*need), need);
  }
  std::stable_sort(needs.begin(), needs.end(), [](const auto& a, const auto& b) {
    return std::tie(std::get<0>(a), std::get<1>(a)) < std::tie(std::get<0>(b), std::get<1>(b));
  });
  for (const auto& [distance, age, need] : needs) {
    out.person_led = out.person_led || distance == 0;
    out.needs.push_back(need);
  }
  for (const Fact* fact : Distinct(facts.facts)) {
    if (StandsAt(*fact, as_of) && Share(offer.serves(), fact->topics())) out.facts.push_back(fact);
  }
  return out;
}

std::vector<Ties> Considered(const RelationshipFacts& facts, absl::Time as_of) {
  // What an offer has to name, found by hash: a house may have hundreds of offers.
  absl::flat_hash_set<absl::string_view> topics;
  absl::flat_hash_set<absl::string_view> named;
  for (const Need* need : Distinct(facts.needs)) {
    if (need->state() == Need::OUTLIVED) continue;
    topics.insert(need->topics().begin(), need->topics().end());
    named.insert(need->offers().begin(), need->offers().end());
  }
  for (const Fact* fact : Distinct(facts.facts)) {
    if (StandsAt(*fact, as_of)) topics.insert(fact->topics().begin(), fact->topics().end());
  }
  std::vector<Ties> out;
  if (topics.empty() && named.empty()) return out;
  for (const v1::Offer* offer : facts.offers) {
    const bool tied = named.contains(offer->name()) ||
                      std::any_of(offer->serves().begin(), offer->serves().end(),
                                  [&](const std::string& topic) { return topics.contains(topic); });
    if (tied && !offer->paused()) out.push_back(TiesOf(facts, *offer, as_of));
  }
  std::stable_sort(out.begin(), out.end(), [&](const Ties& a, const Ties& b) {
    const auto key = [&](const Ties& ties) {
      return ties.needs.empty() ? 7 : Distance(facts, *ties.need(), as_of);
    };
    const int key_a = key(a);
    const int key_b = key(b);
    return key_a != key_b ? key_a < key_b : a.offer->name() < b.offer->name();
  });
  if (out.size() > kMaxConsidered) out.resize(kMaxConsidered);
  return out;
}

std::uint32_t TopicBit(absl::string_view folded) {
  std::uint64_t hash = 14695981039346656037u;  // FNV-1a
  for (const char c : folded) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  return std::uint32_t{1} << ((hash ^ (hash >> 32)) & 31);
}

std::uint32_t TopicBits(const RelationshipFacts& facts) {
  std::uint32_t bits = 0;
  for (const Need* need : Distinct(facts.needs)) {
    if (need->state() == Need::OUTLIVED) continue;
    for (const std::string& topic : need->topics()) bits |= TopicBit(topic);
    for (const std::string& offer : need->offers()) bits |= TopicBit(offer);
  }
  for (const Fact* fact : Distinct(facts.facts)) {
    if (!Stands(*fact)) continue;
    for (const std::string& topic : fact->topics()) bits |= TopicBit(topic);
  }
  return bits;
}

std::uint32_t TopicBits(const v1::Offer& offer) {
  std::uint32_t bits = offer.paused() ? 0 : TopicBit(offer.name());
  if (offer.paused()) return bits;
  for (const std::string& topic : offer.serves()) bits |= TopicBit(topic);
  return bits;
}

}  // namespace rapport::recommendation
