#include "services/contact/rules/contact_check.h"

#include <algorithm>
#include <initializer_list>
#include <string>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/time/proto_time.h"
#include "services/contact/rules/channels.h"
#include "services/contact/rules/consent.h"
#include "services/contact/rules/quiet_hours.h"

namespace rapport::contact::rules {

using type::v1::Channel;
using type::v1::Purpose;
using Obstacle = v1::ContactObstacle;

namespace {

// One answer in the making: for one channel.
class Decider {
 public:
  Decider(const ContactCase& known, const ContactAsked& asked, Channel channel)
      : known_(known), asked_(asked), channel_(channel) {}

  v1::ContactDecision Decide() {
    decision_.set_channel(channel_);
    Standing();
    Consent();
    Wishes();
    Time();
    decision_.set_permitted(decision_.obstacles().empty());
    return std::move(decision_);
  }

 private:
  template <class... Sources>
  void Add(Obstacle::Code code, std::string text, const Sources&... sources) {
    auto* obstacle = decision_.add_obstacles();
    obstacle->set_code(code);
    obstacle->set_text(std::move(text));
    for (const std::string& source : {std::string(sources)...}) {
      if (!source.empty()) obstacle->add_sources(source);
    }
  }

  bool Is(std::initializer_list<Purpose> purposes) const {
    return std::find(purposes.begin(), purposes.end(), asked_.purpose) != purposes.end();
  }

  void Standing() {
    const auto& relationship = known_.relationship;
    if (relationship.standing() == v1::QUIETED && !Is({type::v1::PURPOSE_SERVICE})) {
      Add(Obstacle::QUIETED, "they asked us to stop reaching out", relationship.name());
    }
    if (relationship.standing() == v1::RESTING &&
        Is({type::v1::PURPOSE_PROPOSAL, type::v1::PURPOSE_ASK})) {
      Add(Obstacle::RESTING, "the relationship rests", relationship.name());
    }
    if (relationship.has_care_guard() &&
        Is({type::v1::PURPOSE_PROPOSAL, type::v1::PURPOSE_ASK, type::v1::PURPOSE_COMMUNITY,
            type::v1::PURPOSE_INTRODUCTION})) {
      const auto& guard = relationship.care_guard();
      Add(Obstacle::CARE_GUARD,
          absl::StrCat("a care guard stands",
                       guard.reason().empty() ? "" : absl::StrCat(": ", guard.reason())),
          relationship.name(), guard.care_event());
    }
  }

  void Consent() {
    ConsentAsked question;
    question.purpose = asked_.purpose;
    question.channel = channel_;
    question.contact_point = asked_.contact_point;
    question.house = known_.relationship.house();
    auto& consent = *decision_.mutable_consent() =
        DecideConsent(known_.ledger, question, asked_.consent_as_of);
    const bool may_be_unknown =
        Is({type::v1::PURPOSE_SERVICE}) ||
        (Is({type::v1::PURPOSE_CARE}) && !known_.settings.care_needs_consent());
    if (consent.verdict() == v1::CONSENT_DENIED) {
      Add(Obstacle::CONSENT_DENIED, "they do not want this", consent.deciding_entry());
    } else if (consent.verdict() == v1::CONSENT_UNKNOWN && !may_be_unknown) {
      Add(Obstacle::CONSENT_UNKNOWN, "they were not asked, or what they said has run out",
          known_.person.name());
    }
  }

  void Wishes() {
    if (ChoiceFor(known_.preference, channel_) == v1::ChannelPreference::UNWANTED) {
      Add(Obstacle::CHANNEL_UNWANTED, "they do not want to be reached this way",
          known_.preference.name());
    }
    if (asked_.automated && known_.preference.wants_human()) {
      Add(Obstacle::HUMAN_REQUIRED, "they want to deal with humans only", known_.preference.name());
    } else if (asked_.automated && known_.relationship.human_only()) {
      Add(Obstacle::HUMAN_REQUIRED, "only humans may contact them", known_.relationship.name());
    }
    const auto leads = [&](const v1::ContactPoint& point) { return Leads(point.kind(), channel_); };
    const bool reachable = channel_ == type::v1::CHANNEL_UNSPECIFIED
                               ? !known_.points.empty()
                               : !NeedsPoint(channel_) ||
                                     std::any_of(known_.points.begin(), known_.points.end(), leads);
    if (!reachable) {
      Add(Obstacle::NO_CONTACT_POINT, "no way to reach them like this is known",
          known_.person.name());
    }
  }

  void Time() {
    const auto& where = known_.whereabouts;
    absl::Time from = asked_.as_of;
    if (known_.preference.has_not_before() && !Is({type::v1::PURPOSE_SERVICE})) {
      const auto& day = known_.preference.not_before();
      const absl::Time begun = BegunEverywhere(day, where.zones);
      if (begun > from) {
        Add(Obstacle::NOT_BEFORE,
            absl::StrFormat("not before %04d-%02d-%02d, as they asked", day.year(), day.month(),
                            day.day()),
            known_.preference.name());
        from = begun;
      }
    }
    const Hours hours = BoundByHours(asked_.purpose, channel_)
                            ? HoursFor(known_.preference, channel_, where.known())
                            : Hours();
    if (!Permits(hours, where.zones, asked_.as_of)) {
      Add(Obstacle::QUIET_HOURS, QuietText(hours),
          known_.preference.name().empty() ? known_.person.name() : known_.preference.name());
    } else if (from == asked_.as_of) {
      const absl::Time until = PermittedUntil(hours, where.zones, from);
      if (until < absl::InfiniteFuture()) {
        *decision_.mutable_window_end_time() = time::ToProto(until);
      }
    }
    const absl::Time limit = asked_.as_of + kLookAhead;
    const absl::Time next =
        from < limit ? NextPermitted(hours, where.zones, from) : absl::InfiniteFuture();
    if (next > asked_.as_of && next < limit) {
      *decision_.mutable_next_permitted_time() = time::ToProto(next);
    }
  }

  std::string QuietText(const Hours& hours) const {
    const auto& where = known_.whereabouts;
    std::size_t first = 0;
    while (Permits(hours, {&where.zones[first], 1}, asked_.as_of)) ++first;
    std::string text =
        absl::StrCat("it is ", absl::FormatTime("%H:%M", asked_.as_of, where.zones[first]), " in ",
                     where.names[first]);
    if (!where.known()) {
      absl::StrAppend(&text, ", and where they are is not known");
    } else if (where.zones.size() > 1) {
      absl::StrAppend(&text, ", one of the places where they may be");
    }
    return text;
  }

  const ContactCase& known_;
  const ContactAsked& asked_;
  const Channel channel_;
  v1::ContactDecision decision_;
};

// Less is better: what stands in the way for good, then how long time stands in the way.
std::pair<std::size_t, absl::Time> Distance(const v1::ContactDecision& decision, absl::Time as_of) {
  std::size_t lasting = 0;
  bool passing = false;
  for (const auto& obstacle : decision.obstacles()) {
    const bool passes =
        obstacle.code() == Obstacle::NOT_BEFORE || obstacle.code() == Obstacle::QUIET_HOURS;
    passing |= passes;
    if (!passes) ++lasting;
  }
  absl::Time soonest = as_of;
  if (passing) {
    soonest = decision.has_next_permitted_time() ? time::FromProto(decision.next_permitted_time())
                                                 : absl::InfiniteFuture();
  }
  return {lasting, soonest};
}

std::string LanguageOf(const ContactCase& known) {
  if (known.preference.languages_size() > 0) return known.preference.languages(0);
  return known.person.languages_size() > 0 ? known.person.languages(0) : std::string();
}

}  // namespace

v1::ContactDecision DecideContact(const ContactCase& known, const ContactAsked& asked) {
  std::vector<Channel> channels = {asked.channel};
  if (asked.channel == type::v1::CHANNEL_UNSPECIFIED) {
    auto candidates = ChannelsToTry(known.preference, known.points);
    if (!asked.contact_point.empty()) {
      std::erase_if(candidates, [](Channel channel) { return !NeedsPoint(channel); });
    }
    if (!candidates.empty()) channels = std::move(candidates);
  }
  v1::ContactDecision best;
  bool first = true;
  for (const Channel channel : channels) {
    auto decision = Decider(known, asked, channel).Decide();
    if (first || Distance(decision, asked.as_of) < Distance(best, asked.as_of)) {
      best = std::move(decision);
    }
    first = false;
    if (best.permitted()) break;
  }
  for (const auto& name : known.whereabouts.names) best.add_time_zones(name);
  best.set_time_zone_source(NameOf(known.whereabouts.source));
  best.set_language(LanguageOf(known));
  *best.mutable_as_of() = time::ToProto(asked.as_of);
  return best;
}

}  // namespace rapport::contact::rules
