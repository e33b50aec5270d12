// The facts of one relationship, put in order: what every rule starts from. No instant is involved.
#ifndef RAPPORT_SERVICES_RECOMMENDATION_RULES_READING_H_
#define RAPPORT_SERVICES_RECOMMENDATION_RULES_READING_H_

#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/recommendation/rules/facts.h"
#include "services/recommendation/rules/policy.h"

namespace rapport::recommendation {

inline constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
inline constexpr std::int64_t kMicrosPerSecond = 1000000;
inline constexpr std::int64_t kMicrosPerDay = 86400 * kMicrosPerSecond;

// The limits of the rules.
inline constexpr std::int64_t kPromiseGraceUs = 2 * kMicrosPerDay;
inline constexpr std::int64_t kLetterWaitsSeconds = std::int64_t{30} * 86400;
inline constexpr std::int64_t kNotMetAfterUs = 7 * kMicrosPerDay;
inline constexpr double kCloseBond = 0.5;
inline constexpr double kDormantTimesExpected = 3.0;
inline constexpr double kDefaultExpectedDays = 60.0;  // product 3.8
inline constexpr double kToleratedTimesExpected = 1.5;

// An open promise. `text` and `kind` are empty if only the statistics know of it.
struct OpenPromise {
  absl::string_view name;
  absl::string_view text;
  std::int64_t due_us = kNever;  // kNever if no due time is known.
  engagement::v1::Promise::Kind kind = engagement::v1::Promise::KIND_UNSPECIFIED;

  // To tell what became of feedback: a step of its own.
  bool IsTellBack() const { return kind == engagement::v1::Promise::TELL_BACK; }
};

// A conversation whose latest message is theirs and asks for an answer. Whole seconds.
struct WaitingLetter {
  absl::string_view engagement;
  absl::string_view subject;
  std::uint32_t time_s = 0;
};

// Feedback that nobody answered. Whole seconds.
struct WaitingFeedback {
  absl::string_view name;
  absl::string_view about;
  std::uint32_t given_s = 0;
  bool grievance = false;
};

// No such time. Whole seconds.
inline constexpr std::uint32_t kNoLetter = std::numeric_limits<std::uint32_t>::max();

// `then_s` is known, has come, and is at most `span_s` ago.
inline bool WithinLast(std::uint32_t then_s, std::int64_t as_of_s, std::int64_t span_s) {
  return then_s != kNoLetter && then_s <= as_of_s && as_of_s - then_s <= span_s;
}

// An ask of ours that nothing was given for calls for a gift: a week after it, for 90 days.
inline bool IsUngiven(std::uint32_t ask_s, std::int64_t as_of_s) {
  return WithinLast(ask_s, as_of_s, kAskSeconds) && as_of_s - ask_s >= kBreathSeconds;
}

// Views point into the facts. Lists are sorted by time, then name.
struct Reading {
  // Engagement's statistics are there.
  bool known = false;
  // Something two-way has happened.
  bool met = false;
  // The last two-way contact if met, else when the relationship was opened; kNever if unknown.
  std::int64_t since_us = kNever;
  // Tolerated silence in whole seconds, at least one; days for display.
  std::uint32_t tolerated_s = 1;
  double tolerated_days = 0;
  double expected_days = 0;
  double bond = 0;
  contact::v1::Standing standing = contact::v1::OPEN;
  // The person's own time zone, if known.
  std::optional<absl::TimeZone> zone;
  // Sorted, distinct, each in 1..366, at most 20.
  std::vector<std::uint16_t> days_of_leap_year;
  std::vector<OpenPromise> ours;
  std::vector<OpenPromise> theirs;
  std::vector<WaitingLetter> letters;
  std::vector<WaitingFeedback> feedback;
  // A care guard stands: nothing is proposed or asked.
  bool guarded = false;
  // What they gave, helped with or praised, and we have not thanked for; kNoLetter if nothing.
  std::uint32_t unthanked_s = kNoLetter;
  // The latest event of their life that we have not been in touch about since it was told.
  const engagement::v1::CareEvent* untended = nullptr;
  std::uint32_t untended_s = kNoLetter;
  // Our latest ask, if we asked more than we gave; else kNoLetter.
  std::uint32_t ungiven_ask_s = kNoLetter;
  // There are needs, and all are outlived.
  bool needs_outlived = false;
  // They asked to buy, at some time, what a waiting need says.
  bool wants_to_buy = false;
  // Of what may tie an offer to them: TopicBits.
  std::uint32_t topic_bits = 0;

  std::int64_t ToleratedUs() const { return tolerated_s * kMicrosPerSecond; }
  // Silence at `as_of_us`; 0 if not met.
  std::int64_t SilenceUs(std::int64_t as_of_us) const;
};

Reading Read(const RelationshipFacts& facts);

// The letters whose times rank a relationship: all if at most three wait, else the two earliest and
// the latest. Unused places hold kNoLetter.
struct TrackedLetters {
  std::uint32_t time_s[3] = {kNoLetter, kNoLetter, kNoLetter};
  // The earliest one that was written by `as_of_s` and has not waited longer than 30 days;
  // kNoLetter if there is none.
  std::uint32_t EarliestAt(std::int64_t as_of_s) const;
};
TrackedLetters Track(const std::vector<WaitingLetter>& letters);

// Silence divided by tolerated silence: the score inside a class.
double SilenceScore(std::int64_t silence_us, std::uint32_t tolerated_s);

// One of each name, the highest revision, sorted by name.
template <class Resource>
std::vector<const Resource*> Distinct(std::vector<const Resource*> list);

}  // namespace rapport::recommendation

#endif  // RAPPORT_SERVICES_RECOMMENDATION_RULES_READING_H_
