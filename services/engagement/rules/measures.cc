#include "services/engagement/rules/measures.h"

#include <cstdint>
#include <string>

#include "absl/strings/strip.h"
#include "services/engagement/rules/decay.h"
#include "services/engagement/rules/formulas.h"
#include "services/engagement/rules/statistics.h"

namespace rapport::engagement::rules {
namespace {

constexpr double kDaysPerYear = 365.25;

// Outcomes of one side's promises at an instant, decayed.
struct Outcomes {
  double kept = 0;
  double late = 0;
  double repaired = 0;
  double broken = 0;
  double n() const { return kept + late + repaired + broken; }
};

Reading ReliabilityOf(const Outcomes& o, const Parameters& p) {
  if (o.n() <= 0) return Undefined(p.promise_half_life_days);
  const PromiseEvidence e = Evidence(o.kept, o.late, o.repaired, o.broken);
  return Known(Reliability(e.r, e.s), o.n(), p.promise_half_life_days);
}

Reading BondReading(const v1::RelationshipStatistics& s, std::int64_t us, const Reading& intimacy,
                    const Reading& reciprocity, const Parameters& p) {
  if (s.two_way_count() == 0) return Undefined(0);
  const double years = DaysBetween(Micros(s.first_two_way_time()), us) / kDaysPerYear;
  const auto n = static_cast<double>(s.two_way_count());
  const double known_intimacy = intimacy.ok() ? intimacy.value : Intimacy(0);
  return Known(Bond(years, known_intimacy, reciprocity.value, n, p), n, 0);
}

// All sums of the statistics decayed to `us`.
class At {
 public:
  At(const v1::RelationshipStatistics& s, std::int64_t us, const Parameters& p) : s_(s), us_(us) {
    const double age = s.has_sums_time() ? DaysBetween(Micros(s.sums_time()), us) : 0;
    contact_ = Weight(age, p.contact_half_life_days);
    promise_ = Weight(age, p.promise_half_life_days);
    fact_ = Weight(age, p.fact_half_life_days);
  }

  double contact(double sum) const { return sum * contact_; }
  double fact(double sum) const { return sum * fact_; }
  double DaysSince(const google::protobuf::Timestamp& t) const {
    return DaysBetween(Micros(t), us_);
  }

  Outcomes OutcomesOf(type::v1::Party by, const Parameters& p) const {
    const bool theirs = by == type::v1::PARTY_PERSON;
    const v1::PromiseSums& sums = theirs ? s_.their_promises() : s_.our_promises();
    Outcomes out{sums.kept() * promise_, sums.late() * promise_, sums.repaired() * promise_, 0};
    for (const v1::OpenPromise& open : s_.open_promises()) {
      if ((open.promised_by() == type::v1::PARTY_PERSON) != theirs) continue;
      const std::int64_t grace_end = GraceEndMicros(open.due_time(), p);
      if (grace_end < us_)
        out.broken += Weight(DaysBetween(grace_end, us_), p.promise_half_life_days);
    }
    return out;
  }

 private:
  const v1::RelationshipStatistics& s_;
  const std::int64_t us_;
  double contact_ = 1;
  double promise_ = 1;
  double fact_ = 1;
};

Reading IntimacyReading(double volunteered, const Parameters& p) {
  if (volunteered <= 0) return Undefined(p.fact_half_life_days);
  return Known(Intimacy(volunteered), volunteered, p.fact_half_life_days);
}

Reading ReciprocityReading(const v1::RelationshipStatistics& s) {
  const auto in = static_cast<double>(s.started_by_person());
  const auto out = static_cast<double>(s.started_by_us());
  return in + out > 0 ? Known(Reciprocity(in, out), in + out, 0) : Undefined(0);
}

Reading ListeningReading(double theirs, double ours, const Parameters& p) {
  const double seconds = theirs + ours;
  if (seconds <= 0) return Undefined(p.contact_half_life_days);
  if (seconds < p.listening_minimum_seconds) {
    return Insufficient(seconds, p.contact_half_life_days);
  }
  return Known(Listening(theirs, ours), seconds, p.contact_half_life_days);
}

int CountAwaitingUs(const v1::RelationshipStatistics& s, std::int64_t us, const Parameters& p) {
  const std::int64_t oldest = us - absl::ToInt64Microseconds(p.answer_window);
  int count = 0;
  for (const v1::ThreadTail& tail : s.threads()) {
    if (tail.awaits_us() && Micros(tail.time()) >= oldest) ++count;
  }
  return count;
}

v1::Turn TurnOf(const v1::RelationshipStatistics& s, int awaiting_us) {
  if (awaiting_us > 0) return v1::OURS;
  if (!s.has_last_outbound_time()) return v1::NONE;
  const bool theirs =
      !s.has_last_two_way_time() || Micros(s.last_outbound_time()) > Micros(s.last_two_way_time());
  return theirs ? v1::THEIRS : v1::NONE;
}

void Set(type::v1::Measure* out, const Reading& reading) {
  out->set_value(reading.value);
  out->set_status(reading.status);
  out->set_n(reading.n);
  out->set_half_life_days(reading.half_life_days);
}

}  // namespace

bool ReadableAt(const v1::RelationshipStatistics& s, absl::Time as_of) {
  return !s.has_sums_time() || absl::ToUnixMicros(as_of) >= Micros(s.sums_time());
}

Readings Read(const v1::RelationshipStatistics& s, absl::Time as_of, const Parameters& p) {
  const std::int64_t us = absl::ToUnixMicros(as_of);
  const At at(s, us, p);
  const double contact_days = p.contact_half_life_days;
  Readings r;

  const double volume = at.contact(s.volume());
  r.volume = volume > 0 ? Known(volume, volume, contact_days) : Undefined(contact_days);
  r.listening = ListeningReading(at.contact(s.their_seconds()), at.contact(s.our_seconds()), p);
  const double gives = at.contact(s.gives());
  const double asks = at.contact(s.asks());
  r.give_ask = gives + asks > 0 ? Known(GiveAsk(gives, asks), gives + asks, contact_days)
                                : Undefined(contact_days);

  const Outcomes ours = at.OutcomesOf(type::v1::PARTY_US, p);
  const PromiseEvidence evidence = Evidence(ours.kept, ours.late, ours.repaired, ours.broken);
  r.reliability = ReliabilityOf(ours, p);
  r.reliability_uncertainty = ReliabilityUncertainty(evidence.r, evidence.s);
  r.their_reliability = ReliabilityOf(at.OutcomesOf(type::v1::PARTY_PERSON, p), p);

  r.intimacy = IntimacyReading(at.fact(s.volunteered_facts()), p);
  r.reciprocity = ReciprocityReading(s);

  r.silence_days = Undefined(0);
  r.warmth = Undefined(contact_days);
  r.tie = Undefined(contact_days);
  r.bond = BondReading(s, us, r.intimacy, r.reciprocity, p);
  if (s.two_way_count() > 0) {
    const auto n = static_cast<double>(s.two_way_count());
    r.silence_days = Known(at.DaysSince(s.last_two_way_time()), n, 0);
    r.warmth = Known(Warmth(r.silence_days.value, volume, p), volume, contact_days);
    r.tie = Known(Tie(r.warmth.value, r.bond.value), n, contact_days);
  }

  r.care = s.has_last_care_time()
               ? Known(Care(at.DaysSince(s.last_care_time()), p), 1, contact_days)
               : Undefined(contact_days);
  const double out_all = at.contact(s.out_all());
  r.human_share =
      out_all > 0
          ? Known(HumanShare(at.contact(s.out_human()), at.contact(s.out_assisted()), out_all),
                  out_all, contact_days)
          : Undefined(contact_days);

  HealthInputs inputs;
  inputs.warmth = r.warmth;
  inputs.bond = r.bond;
  inputs.listening = r.listening;
  inputs.promises = r.reliability;
  inputs.response = Undefined(0);
  inputs.reciprocity = r.reciprocity;
  inputs.care = r.care;
  r.health = Health(inputs);
  return r;
}

type::v1::Measure ToMeasure(const Reading& reading) {
  type::v1::Measure out;
  Set(&out, reading);
  return out;
}

double BondAt(const v1::RelationshipStatistics& s, absl::Time as_of, const Parameters& p) {
  const std::int64_t us = absl::ToUnixMicros(as_of);
  const At at(s, us, p);
  return BondReading(s, us, IntimacyReading(at.fact(s.volunteered_facts()), p),
                     ReciprocityReading(s), p)
      .value;
}

bool IsBroken(const v1::OpenPromise& promise, absl::Time as_of, const Parameters& p) {
  return GraceEndMicros(promise.due_time(), p) < absl::ToUnixMicros(as_of);
}

v1::Rapport Measure(const v1::RelationshipStatistics& s, absl::Time as_of, const Parameters& p) {
  v1::Rapport out;
  Measure(s, as_of, p, &out);
  return out;
}

void Measure(const v1::RelationshipStatistics& s, absl::Time as_of, const Parameters& p,
             v1::Rapport* rapport) {
  v1::Rapport& out = *rapport;
  const std::int64_t us = absl::ToUnixMicros(as_of);
  const Readings r = Read(s, as_of, p);
  out.set_relationship(std::string(absl::StripSuffix(s.name(), "/statistics")));
  *out.mutable_as_of() = MicrosToProto(us);

  const double expected = s.expected_days() > 0 ? s.expected_days() : p.default_expected_days;
  const double tolerated =
      s.tolerated_days() > 0 ? s.tolerated_days() : p.tolerance_factor * expected;
  out.set_expected_days(expected);
  out.set_tolerated_days(tolerated);
  out.set_vitality(r.silence_days.ok() ? VitalityOf(r.silence_days.value, expected, tolerated, p)
                                       : v1::NEW);
  out.set_awaiting_us(CountAwaitingUs(s, us, p));
  out.set_turn(TurnOf(s, out.awaiting_us()));
  if (s.has_last_two_way_time()) *out.mutable_last_two_way_time() = s.last_two_way_time();
  if (s.has_first_two_way_time()) *out.mutable_first_two_way_time() = s.first_two_way_time();
  out.set_two_way_count(s.two_way_count());
  int ours = 0;
  for (const v1::OpenPromise& open : s.open_promises()) {
    if (open.promised_by() == type::v1::PARTY_US) ++ours;
  }
  out.set_our_open_promises(ours);
  out.set_quadrant(QuadrantOf(r.warmth.value, r.bond.value));

  Set(out.mutable_silence_days(), r.silence_days);
  Set(out.mutable_volume(), r.volume);
  Set(out.mutable_listening(), r.listening);
  Set(out.mutable_give_ask(), r.give_ask);
  Set(out.mutable_reliability(), r.reliability);
  out.set_reliability_uncertainty(r.reliability_uncertainty);
  Set(out.mutable_their_reliability(), r.their_reliability);
  Set(out.mutable_intimacy(), r.intimacy);
  Set(out.mutable_reciprocity(), r.reciprocity);
  Set(out.mutable_warmth(), r.warmth);
  Set(out.mutable_bond(), r.bond);
  Set(out.mutable_tie(), r.tie);
  Set(out.mutable_care(), r.care);
  Set(out.mutable_human_share(), r.human_share);
  Set(out.mutable_health(), r.health.health);
  for (const HealthTermValue& term : r.health.terms) {
    v1::HealthTerm* line = out.add_health_terms();
    line->set_term(term.term);
    line->set_value(term.input.value);
    line->set_weight(term.weight);
    line->set_contribution(term.contribution);
    line->set_status(term.input.status);
  }
}

}  // namespace rapport::engagement::rules
