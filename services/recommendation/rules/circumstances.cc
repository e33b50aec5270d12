#include "services/recommendation/rules/circumstances.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/time/proto_time.h"
#include "services/recommendation/rules/policy.h"
#include "services/recommendation/rules/speech.h"
#include "services/recommendation/rules/ties.h"
#include "services/recommendation/rules/working_days.h"

namespace rapport::recommendation {
namespace {

using ::rapport::engagement::v1::CareEvent;

bool IsLoss(CareEvent::Kind kind) {
  return kind == CareEvent::BEREAVEMENT || kind == CareEvent::ILLNESS ||
         kind == CareEvent::SEPARATION || kind == CareEvent::HARDSHIP;
}

}  // namespace

v1::Reason MakeReason(v1::ReasonCode code, std::string text, absl::string_view source) {
  v1::Reason reason;
  reason.set_code(code);
  reason.set_text(std::move(text));
  reason.add_sources(std::string(source));
  return reason;
}

v1::Reason Measured(v1::Reason reason, double value, double threshold) {
  reason.set_value(value);
  reason.set_threshold(threshold);
  return reason;
}

v1::Reason Until(v1::Reason reason, std::string would_change) {
  reason.set_would_change(std::move(would_change));
  return reason;
}

Circumstances::Circumstances(const RelationshipFacts& all, absl::Time instant,
                             absl::TimeZone steward_zone)
    : facts(all),
      reading(Read(all)),
      us(absl::ToUnixMicros(instant)),
      as_of(absl::FromUnixMicros(us)),
      zone(steward_zone),
      silence_us(reading.SilenceUs(us)),
      silent(reading.met && silence_us > reading.ToleratedUs()),
      keep_until_us(absl::ToUnixMicros(EndOfSecondWorkingDay(as_of, zone))),
      say(all.person, as_of, zone) {}

std::int64_t Circumstances::DaysLeft() const {
  const std::int64_t left_us = reading.ToleratedUs() - silence_us;
  return std::max<std::int64_t>(1, (left_us + kMicrosPerDay - 1) / kMicrosPerDay);
}

absl::string_view Circumstances::Person() const {
  return facts.person == nullptr ? Relation() : Or(facts.person->name(), Relation());
}

absl::string_view Circumstances::Statistics() const {
  return facts.statistics == nullptr ? Relation() : Or(facts.statistics->name(), Relation());
}

bool Circumstances::RefusedLately() const {
  if (reading.standing == contact::v1::QUIETED) return true;
  const auto lately = [&](absl::Time then) {
    return then <= as_of && as_of - then <= absl::Seconds(kRefusalSeconds);
  };
  if (facts.statistics != nullptr && facts.statistics->has_last_unwelcome_time() &&
      lately(time::FromProto(facts.statistics->last_unwelcome_time()))) {
    return true;
  }
  return std::any_of(facts.sales.begin(), facts.sales.end(),
                     [&](const auto* sale) { return lately(DeclineTime(*sale)); });
}

bool Circumstances::Tender() const {
  if (reading.guarded) return true;
  return std::any_of(
      facts.care_events.begin(), facts.care_events.end(), [&](const CareEvent* event) {
        const absl::Time said =
            time::FromProto(event->has_said_time() ? event->said_time() : event->create_time());
        return IsLoss(event->kind()) && said <= as_of &&
               as_of - said <= absl::Seconds(kLossSeconds);
      });
}

std::optional<v1::Reason> Circumstances::Withheld() const {
  if (reading.standing == contact::v1::QUIETED) return Quieted();
  if (!reading.known) return Degraded("how you last spoke is not known right now");
  return std::nullopt;
}

v1::Reason Circumstances::Quieted() const {
  return Until(
      MakeReason(v1::QUIETED, absl::StrCat(say.called.Subject(), " asked you to stop reaching out"),
                 Relation()),
      "their own word that contact is welcome again");
}

v1::Reason Circumstances::Guarded() const {
  const std::string& why = facts.relationship->care_guard().reason();
  v1::Reason reason = MakeReason(
      v1::CARE_GUARD,
      absl::StrCat("a care guard stands", why.empty() ? "" : ": ", why.empty() ? "" : Quote(why)),
      Relation());
  const std::string& event = facts.relationship->care_guard().care_event();
  if (!event.empty()) reason.add_sources(event);
  return Until(std::move(reason), "when you lift the care guard");
}

v1::Reason Circumstances::Resting() const {
  return Until(MakeReason(v1::RESTING, "the relationship rests", Relation()),
               absl::StrCat("when ", say.called.Subject(), " ", say.called.Verb("writes", "write"),
                            ", or you reopen the relationship"));
}

v1::Reason Circumstances::Degraded(std::string text) const {
  return Until(MakeReason(v1::DEPENDENCY_DEGRADED, std::move(text), Relation()),
               "when the engagement data is back");
}

v1::Reason Circumstances::Within() const {
  std::string text =
      absl::StrCat("you spoke ", say.When(reading.since_us / kMicrosPerSecond), "; up to ",
                   SayRounded(reading.tolerated_days), " of silence is fine");
  return Until(Measured(MakeReason(v1::WITHIN_RHYTHM, std::move(text), Statistics()),
                        Days(silence_us), reading.tolerated_days),
               absl::StrCat(SayCount(DaysLeft(), "more day"), " of silence"));
}

v1::Reason Circumstances::NotMetYet() const {
  v1::Reason reason =
      Measured(MakeReason(v1::NOT_MET_YET, "you have not spoken with each other yet", Relation()),
               Days(AgeUs()), Days(kNotMetAfterUs));
  if (AgeUs() > kNotMetAfterUs) return Until(std::move(reason), "a first talk");
  return Until(std::move(reason),
               absl::StrCat("a week of knowing of ", say.called.Object(), " without a talk"));
}

}  // namespace rapport::recommendation
