#include "services/recommendation/rules/steps.h"

#include <utility>

#include "common/time/proto_time.h"

namespace rapport::recommendation {

Steps::Steps(const RelationshipFacts& facts_of_one, absl::Time as_of, absl::TimeZone steward_zone)
    : facts(facts_of_one),
      at(facts_of_one, as_of, steward_zone),
      say(at.say),
      reading(at.reading),
      delicate_(
          at.RefusedLately() || at.Tender() ||
          (reading.met && Days(at.silence_us) > kDormantTimesExpected * reading.expected_days)) {}

v1::StepClass ClassOf(v1::StepKind kind) {
  switch (kind) {
    case v1::REPAIR:
    case v1::ANSWER:
    case v1::KEEP_PROMISE:
      return v1::OBLIGATION;
    case v1::CARE:
      return v1::CARE_CLASS;
    case v1::TELL_BACK:
    case v1::THANK:
      return v1::TELL_CLASS;
    case v1::LISTEN:
      return v1::LISTEN_CLASS;
    case v1::GIVE:
      return v1::GIVE_CLASS;
    case v1::PROPOSE:
      return v1::PROPOSE_CLASS;
    case v1::REST:
      return v1::REST_CLASS;
    default:
      return v1::WAIT_CLASS;
  }
}

v1::Suggestion& Steps::Suggest(v1::StepKind kind, std::string summary, std::int64_t due_us,
                               std::vector<v1::Reason> reasons, bool human) {
  v1::Suggestion& out = *decision.add_suggestions();
  out.set_kind(kind);
  out.set_step_class(ClassOf(kind));
  out.set_summary(std::move(summary));
  if (due_us != kNever) *out.mutable_due_time() = time::ToProto(absl::FromUnixMicros(due_us));
  const bool reaches_out = kind != v1::WAIT && kind != v1::REST;
  if (reading.standing == contact::v1::QUIETED && reaches_out) reasons.push_back(at.Quieted());
  for (v1::Reason& reason : reasons) *out.add_reasons() = std::move(reason);
  out.set_conduct(human || (reaches_out && delicate_) ? v1::HUMAN_REQUIRED : v1::HUMAN_ASSISTED);
  if (!reading.known || !reading.met) return out;
  out.set_score(SilenceScore(at.silence_us, reading.tolerated_s));
  v1::ScoreTerm& term = *out.add_score_terms();
  term.set_term("silence / tolerated silence");
  term.set_value(out.score());
  return out;
}

void Steps::Exclude(v1::StepKind kind, std::vector<v1::Reason> reasons, absl::string_view offer) {
  v1::Exclusion& out = *decision.add_excluded();
  out.set_kind(kind);
  out.set_offer(std::string(offer));
  for (v1::Reason& reason : reasons) *out.add_reasons() = std::move(reason);
}

std::set<std::string> DegradedOf(const RelationshipFacts& facts) {
  std::set<std::string> degraded(facts.degraded.begin(), facts.degraded.end());
  if (facts.statistics == nullptr) degraded.insert("engagement statistics");
  if (facts.live == nullptr) return degraded;
  if (!facts.live->contact) degraded.insert("contact did not answer when it was asked");
  if (!facts.live->understanding) {
    degraded.insert("engagement did not answer when it was asked");
  }
  return degraded;
}

}  // namespace rapport::recommendation
