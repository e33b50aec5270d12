// A relationship in 96 bytes: enough to know its first suggestion's place at any instant, proposals
// apart.
#ifndef RAPPORT_SERVICES_RECOMMENDATION_RULES_WORKLIST_ENTRY_H_
#define RAPPORT_SERVICES_RECOMMENDATION_RULES_WORKLIST_ENTRY_H_

#include <algorithm>
#include <array>
#include <cstdint>
#include <type_traits>

#include "absl/time/time.h"
#include "rapport/recommendation/v1/suggestion.pb.h"
#include "services/recommendation/rules/facts.h"
#include "services/recommendation/rules/reading.h"

namespace rapport::recommendation {

// The order of the classes.
enum class ClassPlace : std::uint8_t {
  kObligation = 1,
  kCare,
  kTell,
  kListen,
  kGive,
  kPropose,
  kRest,
  kWait,
};
ClassPlace PlaceOf(v1::StepClass step_class);

// What decides for most relationships; scanned contiguously.
struct EntryHead {
  std::int64_t since_us = kNever;  // Last two-way contact, else opened, else kNever.
  std::uint32_t tolerated_s = 1;
  std::uint8_t standing = 1;           // contact.v1.Standing
  std::uint8_t known : 1 = 0;          // Engagement's statistics are there.
  std::uint8_t met : 1 = 0;            // Something two-way has happened.
  std::uint8_t close : 1 = 0;          // Bond >= 0.5.
  std::uint8_t obligation : 1 = 0;     // The tail holds a promise, letter or feedback.
  std::uint8_t has_zone : 1 = 0;       // The tail holds the person's zone.
  std::uint8_t more_days : 1 = 0;      // The tail holds more days than the first.
  std::uint8_t guarded : 1 = 0;        // A care guard stands.
  std::uint8_t outlived : 1 = 0;       // All needs are outlived.
  std::uint16_t first_day : 9 = 0;     // Day of the leap year of the first anniversary; 0 is none.
  std::uint16_t moved : 1 = 0;         // The tail holds thanks, a life event or an ask.
  std::uint16_t may_propose : 1 = 0;   // The tail's topics may tie an offer to them.
  std::uint16_t wants_to_buy : 1 = 0;  // They asked to buy, at some time.
  std::uint16_t unused : 4 = 0;        // No bit is left undefined: equal entries have equal bytes.
};
static_assert(sizeof(EntryHead) == 16 && std::has_unique_object_representations_v<EntryHead>);

// The rest; read only if the head asks for it. Times in whole seconds are kNoLetter if there is
// none.
struct EntryTail {
  std::int64_t earliest_due_us = kNever;       // Of our open promises but those to tell back.
  std::int64_t earliest_tell_us = kNever;      // Of our open promises to tell back.
  absl::TimeZone zone;                         // The person's own.
  TrackedLetters letters;                      // Messages that wait for our answer.
  std::uint32_t first_feedback_s = kNoLetter;  // Earliest unanswered feedback.
  std::uint32_t unthanked_s = kNoLetter;       // What waits for thanks.
  std::uint32_t untended_s = kNoLetter;        // The latest event of their life.
  std::uint32_t ungiven_ask_s = kNoLetter;     // Our latest ask, if we asked more than we gave.
  std::uint32_t topic_bits = 0;                // TopicBits of what may tie an offer to them.
  std::array<std::uint8_t, 24> packed_days{};  // Days of the leap year, nine bits each; 0 ends.
};
static_assert(sizeof(EntryTail) == 80 && std::has_unique_object_representations_v<EntryTail>);

struct IndexEntry {
  EntryHead head;
  EntryTail tail;
};
static_assert(std::is_trivially_copyable_v<IndexEntry>);

// Place of a relationship: class, then who asked to buy, then score (higher first), then due time
// (kNever is none).
struct Rank {
  ClassPlace place = ClassPlace::kWait;
  v1::StepKind kind = v1::WAIT;
  bool led = false;
  double score = 0;
  std::int64_t due_us = kNever;
  friend bool operator==(const Rank&, const Rank&) = default;
};

// True if `a` comes before `b`; false both ways if only an id can tell.
bool Before(const Rank& a, const Rank& b);

// An instant with what follows from it for all relationships of a steward.
struct Instant {
  Instant(absl::Time as_of, absl::TimeZone steward_zone);
  std::int64_t us;
  std::int64_t seconds;  // Rounded down.
  absl::Time time;
  absl::TimeZone zone;
  std::int64_t keep_until_us;      // Promises due before this fall due soon.
  std::int64_t overdue_before_us;  // Promises due before this: overdue for more than a working day.
  std::int64_t asked_before_s;     // Messages before this: the same.
  std::array<std::uint64_t, 6> near_days{};  // Days of the leap year near in any zone, as bits.

  // False only if the anniversary is not near in any time zone.
  bool MayBeNear(std::uint16_t day) const { return (near_days[day >> 6] >> (day & 63)) & 1; }
};

IndexEntry MakeIndexEntry(const RelationshipFacts& facts);

// Equals the place of the first suggestion of Decide() for the same facts, instant and zone, while
// nobody has been asked whether something may be proposed. Once asked, the first suggestion is this
// one, or a PROPOSE before it: then the place is kRest or kWait, and MayPropose() holds for the
// offers of the facts.
Rank RankAt(const IndexEntry& entry, absl::Time as_of, absl::TimeZone steward_zone);

// False only if no offer of a house with these bits (TopicBits, joined) can be suggested.
inline bool MayPropose(const EntryHead& head, const EntryTail& tail, std::uint32_t offer_bits) {
  return head.may_propose && (tail.topic_bits & offer_bits) != 0;
}

// The same in two halves, for scans: class, kind and score first; then the due time, which only
// those need that come near the top.
Rank RoughRankAt(const EntryHead& head, const EntryTail& tail, const Instant& instant);
Rank WithDueTime(Rank rough, const EntryHead& head, const EntryTail& tail, const Instant& instant);

// True if the head alone decides: nothing that comes with time is stored and no day that matters
// may be near.
inline bool HeadDecides(const EntryHead& head, const Instant& instant) {
  return !head.obligation && !head.moved && !head.more_days &&
         (head.first_day == 0 || !instant.MayBeNear(head.first_day));
}

// The place if nothing in the tail calls for a step: kCare for an old friend or a guarded person
// gone quiet, kListen, kRest or kWait. No branches: it runs a million times a call.
inline ClassPlace QuietPlace(const EntryHead& head, const Instant& instant) {
  const std::int64_t limit_us = head.met ? head.tolerated_s * kMicrosPerSecond : kNotMetAfterUs;
  const bool may_begin = head.known & (head.standing != contact::v1::QUIETED);
  const std::int64_t since_us = std::min(head.since_us, instant.us);
  const bool silent = may_begin & (instant.us - since_us > limit_us);
  const bool care = silent & head.met & (head.close | head.guarded);
  const bool listen = silent & !care & (head.standing != contact::v1::RESTING);
  const bool rest = may_begin & head.outlived & (head.standing == contact::v1::OPEN);
  // Eight less what a step comes earlier: 2, 4, 7 or 8.
  return static_cast<ClassPlace>(8 - 6 * care - 4 * listen - (rest & !care & !listen));
}
static_assert(static_cast<int>(ClassPlace::kCare) == 2 &&
              static_cast<int>(ClassPlace::kListen) == 4 &&
              static_cast<int>(ClassPlace::kRest) == 7 && static_cast<int>(ClassPlace::kWait) == 8);

// The place that Decide() gave.
Rank RankOf(const v1::Suggestion& suggestion);

// An obligation of ours has been overdue for more than one working day.
bool IsOverdue(const EntryTail& tail, const Instant& instant);

}  // namespace rapport::recommendation

#endif  // RAPPORT_SERVICES_RECOMMENDATION_RULES_WORKLIST_ENTRY_H_
