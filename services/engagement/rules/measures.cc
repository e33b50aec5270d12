#include "services/engagement/rules/measures.h"

#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

#include "absl/strings/strip.h"
#include "services/engagement/rules/decay.h"
#include "services/engagement/rules/decayed.h"
#include "services/engagement/rules/entries.h"
#include "services/engagement/rules/formulas.h"
#include "services/engagement/rules/listening.h"
#include "services/engagement/rules/replies.h"

namespace rapport::engagement::rules {
namespace {

constexpr double kDaysPerYear = 365.25;

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
  const double known_intimacy = intimacy.ok() ? intimacy.value : Intimacy(0, 0);
  return Known(Bond(years, known_intimacy, reciprocity.value, n, p), n, 0);
}

Reading ReciprocityReading(const v1::RelationshipStatistics& s) {
  const auto in = static_cast<double>(s.started_by_person());
  const auto out = static_cast<double>(s.started_by_us());
  return in + out > 0 ? Known(Reciprocity(in, out), in + out, 0) : Undefined(0);
}

int CountAwaitingUs(const v1::RelationshipStatistics& s, std::int64_t us, const Parameters& p) {
  const std::int64_t oldest = us - absl::ToInt64Microseconds(p.answer_window);
  int count = 0;
  for (const v1::ThreadTail& tail : s.threads()) {
    if (tail.awaits_us() && Micros(tail.time()) >= oldest) ++count;
  }
  return count;
}

void AddQuestionMix(const v1::RelationshipStatistics& s, v1::Rapport* out) {
  const double all = std::accumulate(s.questions().begin(), s.questions().end(), 0.0);
  if (all <= 0) return;
  for (const double asked : s.questions()) out->add_question_mix(asked / all);
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

Readings Read(const v1::RelationshipStatistics& s, absl::Time as_of, const Parameters& p,
              const WorkingHours& hours) {
  const std::int64_t us = absl::ToUnixMicros(as_of);
  const Decayed at(s, us, p);
  const std::vector<Letter> letters = LettersOf(s.our_replies(), hours, p);
  const double contact_days = p.contact_half_life_days;
  Readings r;
  r.balances = BalancesOf(s, at, letters, p);

  const double volume = at.contact(s.volume());
  r.volume = volume > 0 ? Known(volume, volume, contact_days) : Undefined(contact_days);
  r.listening = ListeningReading(at.contact(s.their_seconds()), at.contact(s.our_seconds()), p);
  const double gives = at.contact(s.gives());
  const double asks = at.contact(s.asks());
  r.give_ask = gives + asks > 0 ? Known(GiveAsk(gives, asks), gives + asks, contact_days)
                                : Undefined(contact_days);

  const Outcomes ours = at.OutcomesOf(type::v1::PARTY_US);
  const PromiseEvidence evidence = Evidence(ours.kept, ours.late, ours.repaired, ours.broken);
  r.reliability = ReliabilityOf(ours, p);
  r.reliability_uncertainty = ReliabilityUncertainty(evidence.r, evidence.s);
  r.their_reliability = ReliabilityOf(at.OutcomesOf(type::v1::PARTY_PERSON), p);

  r.credibility = BetaMean(r.balances.credibility, p.claim_half_life_days);
  r.intimacy = BetaMean(r.balances.intimacy, p.fact_half_life_days);
  r.self_orientation = SelfOrientation(r.balances.self_orientation, p);
  r.trust = TrustOf(r.credibility, r.reliability, r.intimacy, r.self_orientation);
  r.response = AnsweredShare(letters, us);
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
  inputs.response = r.response;
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
  const Reading intimacy = BetaMean(IntimacyBalance(s, Decayed(s, us, p)), p.fact_half_life_days);
  return BondReading(s, us, intimacy, ReciprocityReading(s), p).value;
}

bool IsBroken(const v1::OpenPromise& promise, absl::Time as_of, const Parameters& p) {
  return GraceEndMicros(promise.due_time(), p) < absl::ToUnixMicros(as_of);
}

v1::Rapport Measure(const v1::RelationshipStatistics& s, absl::Time as_of, const Parameters& p,
                    const WorkingHours& hours) {
  v1::Rapport out;
  Measure(s, as_of, p, hours, &out);
  return out;
}

void Measure(const v1::RelationshipStatistics& s, absl::Time as_of, const Parameters& p,
             const WorkingHours& hours, v1::Rapport* rapport) {
  v1::Rapport& out = *rapport;
  const std::int64_t us = absl::ToUnixMicros(as_of);
  const Readings r = Read(s, as_of, p, hours);
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
  Set(out.mutable_trust(), r.trust);
  Set(out.mutable_credibility(), r.credibility);
  Set(out.mutable_self_orientation(), r.self_orientation);
  Set(out.mutable_reply_hours(), MedianWait(WaitsOf(s.our_replies(), us, hours)));
  Set(out.mutable_their_reply_hours(), MedianWait(WaitsOf(s.their_replies(), us, hours)));
  Set(out.mutable_response(), r.response);
  AddQuestionMix(s, &out);
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
