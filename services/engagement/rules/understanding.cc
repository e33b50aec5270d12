#include "services/engagement/rules/understanding.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/engagement/rules/decay.h"
#include "services/engagement/rules/entries.h"
#include "services/engagement/rules/fact_rules.h"
#include "services/engagement/rules/measures.h"
#include "services/engagement/rules/needs.h"

namespace rapport::engagement::rules {
namespace {

constexpr std::size_t kSlots = 4;

// Words to start from. They ask, they do not steer.
constexpr std::array<std::array<absl::string_view, 3>, kSlots> kQuestions = {
    {{"How do you do this today?", "Who else is part of it?",
      "What has changed since we last spoke?"},
     {"What is hard about it?", "Where does it take longer than it should?",
      "What do you wish went better?"},
     {"What happens when that goes wrong?", "Who else feels it, and how?",
      "What does it keep you from doing?"},
     {"If that were solved, what would it change for you?", "What would you use the time for?",
      "What would a good outcome look like?"}}};

std::size_t IndexOf(v1::Fact::Slot slot) { return static_cast<std::size_t>(slot) - 1; }

// What a fact, as it stood at `us`, was worth then.
double ValueOf(const v1::Fact& then, std::int64_t us, const Parameters& p) {
  if (!then.superseded_by().empty() || then.has_dispute_time()) return 0;
  if (then.slot() < v1::Fact::SITUATION || then.slot() > v1::Fact::NEED_PAYOFF) return 0;
  const double word = then.confirmed_by() == type::v1::PARTY_PERSON ? 1 : p.inference_value;
  return word * Weight(DaysBetween(Micros(then.confirmed_time()), us),
                       p.slot_half_life_days[IndexOf(then.slot())]);
}

}  // namespace

double FactValueAt(const v1::Fact& fact, absl::Time as_of, const Parameters& p) {
  const std::int64_t us = absl::ToUnixMicros(as_of);
  if (FactMicros(fact) > us) return 0;
  return ValueOf(FactAt(fact, as_of), us, p);
}

v1::Understanding Understand(absl::Span<const v1::Fact> facts, absl::Span<const v1::Need> needs,
                             absl::FunctionRef<bool(const Topics&)> wanted, absl::Time as_of,
                             const Parameters& p) {
  const std::int64_t us = absl::ToUnixMicros(as_of);
  std::array<std::vector<v1::FactValue>, kSlots> by_slot;
  bool any = false;
  for (const v1::Fact& fact : facts) {
    if (FactMicros(fact) > us || !wanted(fact.topics())) continue;
    v1::Fact then = FactAt(fact, as_of);
    any |= then.superseded_by().empty();
    const double value = ValueOf(then, us, p);
    if (value <= 0) continue;
    const std::size_t slot = IndexOf(then.slot());
    v1::FactValue line;
    *line.mutable_fact() = std::move(then);
    line.set_value(value);
    line.set_half_life_days(p.slot_half_life_days[slot]);
    by_slot[slot].push_back(std::move(line));
  }

  v1::Understanding out;
  *out.mutable_as_of() = MicrosToProto(us);
  double coverage = 0;
  double count = 0;
  for (std::size_t i = 0; i < kSlots; ++i) {
    std::sort(by_slot[i].begin(), by_slot[i].end(),
              [](const v1::FactValue& a, const v1::FactValue& b) {
                const std::int64_t a_us = Micros(a.fact().confirmed_time());
                const std::int64_t b_us = Micros(b.fact().confirmed_time());
                return a_us != b_us ? a_us > b_us : a.fact().name() < b.fact().name();
              });
    v1::SlotCoverage* slot = out.add_slots();
    slot->set_slot(static_cast<v1::Fact::Slot>(i + 1));
    double unfilled = 1;
    for (v1::FactValue& line : by_slot[i]) {
      unfilled *= 1 - line.value();
      *slot->add_facts() = std::move(line);
    }
    slot->set_fill(1 - unfilled);
    slot->set_weight(p.slot_weights[i]);
    slot->set_contribution(slot->fill() * slot->weight());
    coverage += slot->contribution();
    count += slot->facts_size();

    v1::Gap gap;
    gap.set_slot(slot->slot());
    gap.set_missing(p.slot_weights[i] * unfilled);
    for (const absl::string_view question : kQuestions[i]) {
      gap.add_questions(std::string(question));
    }
    if (gap.missing() > 0) *out.add_gaps() = std::move(gap);
  }
  std::stable_sort(out.mutable_gaps()->begin(), out.mutable_gaps()->end(),
                   [](const v1::Gap& a, const v1::Gap& b) { return a.missing() > b.missing(); });
  *out.mutable_coverage() = ToMeasure(any ? Known(coverage, count, 0) : Undefined(0));

  for (const v1::Need& need : needs) {
    if (NeedMicros(need) > us || !wanted(need.topics())) continue;
    v1::Need then = NeedAt(need, as_of);
    if (then.state() == v1::Need::SERVED || then.state() == v1::Need::OUTLIVED) continue;
    *out.add_needs() = std::move(then);
  }
  std::sort(out.mutable_needs()->begin(), out.mutable_needs()->end(),
            [](const v1::Need& a, const v1::Need& b) {
              const std::int64_t a_us = Micros(a.stated_time());
              const std::int64_t b_us = Micros(b.stated_time());
              return a_us != b_us ? a_us > b_us : a.name() < b.name();
            });
  return out;
}

}  // namespace rapport::engagement::rules
