#include "services/recommendation/rules/reading.h"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "absl/container/flat_hash_set.h"
#include "common/time/proto_time.h"
#include "services/recommendation/rules/anniversary.h"
#include "services/recommendation/rules/ties.h"

namespace rapport::recommendation {
namespace {

using ::rapport::engagement::v1::CareEvent;
using ::rapport::engagement::v1::Feedback;
using ::rapport::engagement::v1::Need;
using ::rapport::engagement::v1::Promise;
using ::rapport::engagement::v1::RelationshipStatistics;

std::int64_t Micros(const google::protobuf::Timestamp& t) {
  return absl::ToUnixMicros(time::FromProto(t));
}

// kNoLetter stays free.
std::uint32_t Seconds(const google::protobuf::Timestamp& t) {
  return static_cast<std::uint32_t>(
      std::clamp<std::int64_t>(t.seconds(), 0, std::int64_t{kNoLetter} - 1));
}

void ReadRhythm(const RelationshipFacts& facts, Reading& out) {
  const contact::v1::Rhythm& declared = facts.relationship->effective_rhythm();
  out.expected_days = facts.statistics->expected_days();
  out.tolerated_days = facts.statistics->tolerated_days();
  if (!(out.expected_days > 0)) {
    out.expected_days = declared.wish_days() > 0 ? declared.wish_days() : kDefaultExpectedDays;
  }
  if (!(out.tolerated_days > 0)) {
    out.tolerated_days = declared.tolerate_days() > 0 ? declared.tolerate_days()
                                                      : kToleratedTimesExpected * out.expected_days;
  }
  out.tolerated_s = static_cast<std::uint32_t>(
      std::clamp(std::round(out.tolerated_days * 86400.0), 1.0, 4294967295.0));
}

void ReadStatistics(const RelationshipFacts& facts, Reading& out) {
  if (facts.relationship->has_create_time()) {
    out.since_us = Micros(facts.relationship->create_time());
  }
  if (facts.statistics == nullptr) return;
  const RelationshipStatistics& statistics = *facts.statistics;
  out.known = true;
  out.met = statistics.has_last_two_way_time();
  if (out.met) out.since_us = Micros(statistics.last_two_way_time());
  out.bond = statistics.bond();
  ReadRhythm(facts, out);
  for (const engagement::v1::ThreadTail& tail : statistics.threads()) {
    if (!tail.awaits_us()) continue;
    out.letters.push_back({tail.engagement(), tail.subject(), Seconds(tail.time())});
  }
}

void ReadPromises(const RelationshipFacts& facts, Reading& out) {
  absl::flat_hash_set<absl::string_view> seen;
  const auto add = [&](type::v1::Party party, OpenPromise promise) {
    if (party == type::v1::PARTY_US) out.ours.push_back(promise);
    if (party == type::v1::PARTY_PERSON) out.theirs.push_back(promise);
  };
  for (const Promise* promise : Distinct(facts.promises)) {
    seen.insert(promise->name());
    if (promise->state() != Promise::OPEN && promise->state() != Promise::BROKEN) continue;
    add(promise->promised_by(),
        {promise->name(), promise->text(),
         promise->has_due_time() ? Micros(promise->due_time()) : kNever, promise->kind()});
  }
  if (facts.statistics == nullptr) return;
  for (const engagement::v1::OpenPromise& open : facts.statistics->open_promises()) {
    if (!seen.insert(open.promise()).second) continue;
    add(open.promised_by(), {open.promise(),
                             {},
                             open.has_due_time() ? Micros(open.due_time()) : kNever,
                             Promise::KIND_UNSPECIFIED});
  }
}

void ReadFeedback(const RelationshipFacts& facts, Reading& out) {
  absl::flat_hash_set<absl::string_view> seen;
  for (const Feedback* feedback : Distinct(facts.feedback)) {
    seen.insert(feedback->name());
    if (feedback->state() == Feedback::ACKNOWLEDGED) continue;
    out.feedback.push_back(
        {feedback->name(), feedback->about(),
         Seconds(feedback->has_given_time() ? feedback->given_time() : feedback->create_time()),
         feedback->kind() == Feedback::GRIEVANCE});
  }
  if (facts.statistics == nullptr) return;
  for (const engagement::v1::OpenFeedback& open : facts.statistics->open_feedback()) {
    if (!seen.insert(open.feedback()).second) continue;
    out.feedback.push_back({open.feedback(), {}, Seconds(open.given_time()), open.grievance()});
  }
}

// What we gave and took, and what happened to them.
void ReadBalance(const RelationshipFacts& facts, Reading& out) {
  if (facts.statistics == nullptr) return;
  const RelationshipStatistics& statistics = *facts.statistics;
  if (statistics.has_unthanked_time()) out.unthanked_s = Seconds(statistics.unthanked_time());
  // The sums fade alike, so which one is larger is the same at every instant.
  if (statistics.asks() > statistics.gives() && statistics.recent_asks_us_size() > 0) {
    out.ungiven_ask_s = static_cast<std::uint32_t>(std::clamp<std::int64_t>(
        statistics.recent_asks_us(0) / kMicrosPerSecond, 0, std::int64_t{kNoLetter} - 1));
  }
}

// When we were last in touch of our own: a letter of ours, or a talk.
std::int64_t InTouchUs(const RelationshipStatistics& statistics) {
  std::int64_t us =
      statistics.has_last_outbound_time() ? Micros(statistics.last_outbound_time()) : -kNever;
  if (statistics.has_last_two_way_time()) {
    const std::int64_t two_way_us = Micros(statistics.last_two_way_time());
    const bool was_letter =
        statistics.has_last_inbound_time() && Micros(statistics.last_inbound_time()) == two_way_us;
    if (!was_letter) us = std::max(us, two_way_us);
  }
  return us;
}

void ReadCareEvents(const RelationshipFacts& facts, Reading& out) {
  if (facts.statistics == nullptr) return;
  const std::int64_t in_touch_us = InTouchUs(*facts.statistics);
  std::int64_t latest_us = -kNever;
  for (const CareEvent* event : Distinct(facts.care_events)) {
    if (event->kind() == CareEvent::WELLBEING) continue;
    const auto& said = event->has_said_time() ? event->said_time() : event->create_time();
    if (Micros(said) <= in_touch_us || Micros(said) <= latest_us) continue;
    latest_us = Micros(said);
    out.untended = event;
    out.untended_s = Seconds(said);
  }
}

void ReadNeeds(const RelationshipFacts& facts, Reading& out) {
  const std::vector<const Need*> needs = Distinct(facts.needs);
  out.needs_outlived = !needs.empty();
  for (const Need* need : needs) {
    out.needs_outlived = out.needs_outlived && need->state() == Need::OUTLIVED;
    out.wants_to_buy = out.wants_to_buy || (need->wants_to_buy() && IsWaiting(*need));
  }
  out.topic_bits = TopicBits(facts);
}

void ReadPerson(const RelationshipFacts& facts, Reading& out) {
  if (facts.person == nullptr) return;
  absl::TimeZone zone;
  if (!facts.person->time_zone().empty() && absl::LoadTimeZone(facts.person->time_zone(), &zone)) {
    out.zone = zone;
  }
  constexpr std::size_t kMaxDays = 20;
  for (const contact::v1::Anniversary& anniversary : facts.person->anniversaries()) {
    const std::uint16_t index = DayOfLeapYear(anniversary.date());
    if (index != 0) out.days_of_leap_year.push_back(index);
  }
  std::sort(out.days_of_leap_year.begin(), out.days_of_leap_year.end());
  out.days_of_leap_year.erase(
      std::unique(out.days_of_leap_year.begin(), out.days_of_leap_year.end()),
      out.days_of_leap_year.end());
  if (out.days_of_leap_year.size() > kMaxDays) out.days_of_leap_year.resize(kMaxDays);
}

}  // namespace

template <class Resource>
std::vector<const Resource*> Distinct(std::vector<const Resource*> list) {
  std::sort(list.begin(), list.end(), [](const Resource* a, const Resource* b) {
    return std::make_tuple(absl::string_view(a->name()), b->revision()) <
           std::make_tuple(absl::string_view(b->name()), a->revision());
  });
  list.erase(
      std::unique(list.begin(), list.end(),
                  [](const Resource* a, const Resource* b) { return a->name() == b->name(); }),
      list.end());
  return list;
}
template std::vector<const Promise*> Distinct(std::vector<const Promise*>);
template std::vector<const Feedback*> Distinct(std::vector<const Feedback*>);
template std::vector<const engagement::v1::Fact*> Distinct(
    std::vector<const engagement::v1::Fact*>);
template std::vector<const Need*> Distinct(std::vector<const Need*>);
template std::vector<const CareEvent*> Distinct(std::vector<const CareEvent*>);
template std::vector<const engagement::v1::Sale*> Distinct(
    std::vector<const engagement::v1::Sale*>);

std::int64_t Reading::SilenceUs(std::int64_t as_of_us) const {
  return met && as_of_us > since_us ? as_of_us - since_us : 0;
}

Reading Read(const RelationshipFacts& facts) {
  Reading out;
  if (facts.relationship->standing() != contact::v1::STANDING_UNSPECIFIED) {
    out.standing = facts.relationship->standing();
  }
  ReadStatistics(facts, out);
  ReadPromises(facts, out);
  ReadFeedback(facts, out);
  ReadPerson(facts, out);
  out.guarded = facts.relationship->has_care_guard();
  ReadBalance(facts, out);
  ReadCareEvents(facts, out);
  ReadNeeds(facts, out);
  const auto by_due = [](const OpenPromise& a, const OpenPromise& b) {
    return std::tie(a.due_us, a.name) < std::tie(b.due_us, b.name);
  };
  std::sort(out.ours.begin(), out.ours.end(), by_due);
  std::sort(out.theirs.begin(), out.theirs.end(), by_due);
  std::sort(out.letters.begin(), out.letters.end(),
            [](const WaitingLetter& a, const WaitingLetter& b) {
              return std::tie(a.time_s, a.engagement, a.subject) <
                     std::tie(b.time_s, b.engagement, b.subject);
            });
  std::sort(out.feedback.begin(), out.feedback.end(),
            [](const WaitingFeedback& a, const WaitingFeedback& b) {
              return std::tie(a.given_s, a.name) < std::tie(b.given_s, b.name);
            });
  return out;
}

TrackedLetters Track(const std::vector<WaitingLetter>& letters) {
  TrackedLetters out;
  for (std::size_t i = 0; i < letters.size() && i < 2; ++i) out.time_s[i] = letters[i].time_s;
  if (letters.size() > 2) out.time_s[2] = letters.back().time_s;
  return out;
}

std::uint32_t TrackedLetters::EarliestAt(std::int64_t as_of_s) const {
  for (const std::uint32_t t : time_s) {
    if (t != kNoLetter && t <= as_of_s && as_of_s - t <= kLetterWaitsSeconds) return t;
  }
  return kNoLetter;
}

double SilenceScore(std::int64_t silence_us, std::uint32_t tolerated_s) {
  return static_cast<double>(silence_us) /
         (static_cast<double>(tolerated_s) * static_cast<double>(kMicrosPerSecond));
}

}  // namespace rapport::recommendation
