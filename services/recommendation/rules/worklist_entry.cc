#include "services/recommendation/rules/worklist_entry.h"

#include <algorithm>
#include <tuple>

#include "absl/time/civil_time.h"
#include "common/time/proto_time.h"
#include "services/recommendation/rules/anniversary.h"
#include "services/recommendation/rules/policy.h"
#include "services/recommendation/rules/working_days.h"

namespace rapport::recommendation {
namespace {

constexpr std::size_t kMaxDays = 20;

void PackDay(std::array<std::uint8_t, 24>& packed, std::size_t place, std::uint16_t day) {
  const std::size_t bit = place * 9;
  const std::uint32_t shifted = std::uint32_t{day} << (bit % 8);
  packed[bit / 8] = static_cast<std::uint8_t>(packed[bit / 8] | (shifted & 0xFF));
  packed[bit / 8 + 1] = static_cast<std::uint8_t>(packed[bit / 8 + 1] | (shifted >> 8));
}

std::size_t UnpackDays(const std::array<std::uint8_t, 24>& packed,
                       std::array<std::uint16_t, kMaxDays>& days) {
  std::size_t count = 0;
  for (; count < kMaxDays; ++count) {
    const std::size_t bit = count * 9;
    const std::uint32_t both = packed[bit / 8] | (std::uint32_t{packed[bit / 8 + 1]} << 8);
    days[count] = static_cast<std::uint16_t>((both >> (bit % 8)) & 0x1FF);
    if (days[count] == 0) break;
  }
  return count;
}

std::optional<std::int64_t> NearDayNoon(const EntryHead& head, const EntryTail& tail,
                                        const Instant& instant) {
  if (head.first_day == 0 || (!head.more_days && !instant.MayBeNear(head.first_day))) {
    return std::nullopt;
  }
  std::array<std::uint16_t, kMaxDays> days{};
  const std::size_t count = UnpackDays(tail.packed_days, days);
  if (std::none_of(days.begin(), days.begin() + count,
                   [&](std::uint16_t day) { return instant.MayBeNear(day); })) {
    return std::nullopt;
  }
  const absl::TimeZone zone = head.has_zone ? tail.zone : instant.zone;
  const auto near =
      NearAnniversary(absl::MakeSpan(days.data(), count), absl::ToCivilDay(instant.time, zone));
  if (!near) return std::nullopt;
  return absl::ToUnixMicros(absl::FromCivil(absl::CivilHour(*near) + 12, zone));
}

std::int64_t WaitEndsUs(const EntryHead& head) {
  if (!head.known || head.standing != contact::v1::OPEN || head.since_us == kNever) return kNever;
  return head.since_us + (head.met ? head.tolerated_s * kMicrosPerSecond : kNotMetAfterUs);
}

// The earliest message or feedback that waits; kNoLetter if none does.
std::uint32_t AskedSince(const EntryTail& tail, const Instant& instant) {
  const std::uint32_t asked_s = tail.letters.EarliestAt(instant.seconds);
  return tail.first_feedback_s <= instant.seconds ? std::min(asked_s, tail.first_feedback_s)
                                                  : asked_s;
}

bool IsBroken(std::int64_t due_us, const Instant& instant) {
  return due_us != kNever && due_us + kPromiseGraceUs < instant.us;
}

std::optional<v1::StepKind> Obligation(const EntryTail& tail, const Instant& instant) {
  if (IsBroken(std::min(tail.earliest_due_us, tail.earliest_tell_us), instant)) return v1::REPAIR;
  if (AskedSince(tail, instant) != kNoLetter) return v1::ANSWER;
  if (tail.earliest_due_us < instant.keep_until_us) return v1::KEEP_PROMISE;
  return std::nullopt;
}

v1::StepKind KindOf(ClassPlace place) {
  switch (place) {
    case ClassPlace::kCare:
      return v1::CARE;
    case ClassPlace::kListen:
      return v1::LISTEN;
    case ClassPlace::kRest:
      return v1::REST;
    default:
      return v1::WAIT;
  }
}

double ScoreAt(const EntryHead& head, const Instant& instant) {
  if (!head.known || !head.met || instant.us <= head.since_us) return 0;
  return SilenceScore(instant.us - head.since_us, head.tolerated_s);
}

}  // namespace

ClassPlace PlaceOf(v1::StepClass step_class) {
  switch (step_class) {
    case v1::OBLIGATION:
      return ClassPlace::kObligation;
    case v1::CARE_CLASS:
      return ClassPlace::kCare;
    case v1::TELL_CLASS:
      return ClassPlace::kTell;
    case v1::LISTEN_CLASS:
      return ClassPlace::kListen;
    case v1::GIVE_CLASS:
      return ClassPlace::kGive;
    case v1::PROPOSE_CLASS:
      return ClassPlace::kPropose;
    case v1::REST_CLASS:
      return ClassPlace::kRest;
    default:
      return ClassPlace::kWait;
  }
}

bool Before(const Rank& a, const Rank& b) {
  return std::make_tuple(a.place, !a.led, -a.score, a.due_us) <
         std::make_tuple(b.place, !b.led, -b.score, b.due_us);
}

Instant::Instant(absl::Time as_of, absl::TimeZone steward_zone)
    : us(absl::ToUnixMicros(as_of)),
      seconds(absl::ToUnixSeconds(as_of)),
      time(absl::FromUnixMicros(us)),
      zone(steward_zone),
      keep_until_us(absl::ToUnixMicros(EndOfSecondWorkingDay(time, zone))),
      overdue_before_us(absl::ToUnixMicros(WorkingDayBefore(time, zone))),
      asked_before_s(absl::ToUnixSeconds(
          absl::Ceil(WorkingDayBefore(WorkingDayBefore(time, zone), zone) - absl::UnixEpoch(),
                     absl::Seconds(1)) +
          absl::UnixEpoch())) {
  // Local days differ from the day in UTC by at most one.
  const absl::CivilDay today = absl::ToCivilDay(time, absl::UTCTimeZone());
  for (std::uint16_t day = 1; day <= 366; ++day) {
    for (int ahead = -1 - kAnniversaryDaysPast; ahead <= 1 + kAnniversaryDaysAhead; ++ahead) {
      if (FallsOn(day, today + ahead)) near_days[day >> 6] |= std::uint64_t{1} << (day & 63);
    }
  }
}

IndexEntry MakeIndexEntry(const RelationshipFacts& facts) {
  const Reading reading = Read(facts);
  IndexEntry out;
  EntryHead& head = out.head;
  head.since_us = reading.since_us;
  head.tolerated_s = reading.tolerated_s;
  head.standing = static_cast<std::uint8_t>(reading.standing);
  head.known = reading.known;
  head.met = reading.met;
  head.close = reading.bond >= kCloseBond;
  head.has_zone = reading.zone.has_value();
  head.more_days = reading.days_of_leap_year.size() > 1;
  head.guarded = reading.guarded;
  head.outlived = reading.needs_outlived;
  head.wants_to_buy = reading.wants_to_buy;
  const bool open = reading.standing == contact::v1::OPEN ||
                    (reading.standing == contact::v1::RESTING && reading.wants_to_buy);
  head.may_propose = reading.known && !reading.guarded && reading.topic_bits != 0 && open;
  EntryTail& tail = out.tail;
  if (reading.zone) tail.zone = *reading.zone;
  for (const OpenPromise& promise : reading.ours) {
    std::int64_t& earliest = promise.IsTellBack() ? tail.earliest_tell_us : tail.earliest_due_us;
    earliest = std::min(earliest, promise.due_us);
  }
  tail.unthanked_s = reading.unthanked_s;
  tail.untended_s = reading.untended_s;
  tail.ungiven_ask_s = reading.ungiven_ask_s;
  tail.topic_bits = reading.topic_bits;
  head.moved = tail.unthanked_s != kNoLetter || tail.untended_s != kNoLetter ||
               tail.ungiven_ask_s != kNoLetter;
  tail.letters = Track(reading.letters);
  if (!reading.feedback.empty()) tail.first_feedback_s = reading.feedback.front().given_s;
  for (std::size_t i = 0; i < reading.days_of_leap_year.size(); ++i) {
    PackDay(tail.packed_days, i, reading.days_of_leap_year[i]);
  }
  if (!reading.days_of_leap_year.empty())
    head.first_day = reading.days_of_leap_year.front() & 0x1FF;
  head.obligation = tail.earliest_due_us != kNever || tail.earliest_tell_us != kNever ||
                    !reading.letters.empty() || !reading.feedback.empty();
  return out;
}

Rank RoughRankAt(const EntryHead& head, const EntryTail& tail, const Instant& instant) {
  Rank out;
  out.score = ScoreAt(head, instant);
  if (head.obligation) {
    if (const auto kind = Obligation(tail, instant)) {
      out.place = ClassPlace::kObligation;
      out.kind = *kind;
      return out;
    }
  }
  out.place = QuietPlace(head, instant);
  out.kind = KindOf(out.place);
  const auto call_for = [&](ClassPlace place, v1::StepKind kind) {
    if (place >= out.place) return;
    out.place = place;
    out.kind = kind;
  };
  if (tail.earliest_tell_us < instant.keep_until_us) call_for(ClassPlace::kTell, v1::TELL_BACK);
  if (!head.known || head.standing == contact::v1::QUIETED) return out;
  if (NearDayNoon(head, tail, instant) ||
      WithinLast(tail.untended_s, instant.seconds, kLifeEventSeconds)) {
    call_for(ClassPlace::kCare, v1::CARE);
  }
  if (WithinLast(tail.unthanked_s, instant.seconds, kThanksSeconds)) {
    call_for(ClassPlace::kTell, v1::THANK);
  }
  if (head.standing != contact::v1::RESTING && IsUngiven(tail.ungiven_ask_s, instant.seconds)) {
    call_for(ClassPlace::kGive, v1::GIVE);
  }
  return out;
}

Rank WithDueTime(Rank rough, const EntryHead& head, const EntryTail& tail, const Instant& instant) {
  switch (rough.kind) {
    case v1::REPAIR:
      rough.due_us = std::min(tail.earliest_due_us, tail.earliest_tell_us);
      break;
    case v1::KEEP_PROMISE:
      rough.due_us = tail.earliest_due_us;
      break;
    case v1::TELL_BACK:
      rough.due_us = tail.earliest_tell_us;
      break;
    case v1::ANSWER:
      rough.due_us = absl::ToUnixMicros(
          PlusWorkingDay(absl::FromUnixSeconds(AskedSince(tail, instant)), instant.zone));
      break;
    case v1::CARE:
      rough.due_us = NearDayNoon(head, tail, instant).value_or(kNever);
      break;
    case v1::WAIT:
      rough.due_us = WaitEndsUs(head);
      break;
    default:
      break;
  }
  return rough;
}

Rank RankAt(const IndexEntry& entry, absl::Time as_of, absl::TimeZone steward_zone) {
  const Instant instant(as_of, steward_zone);
  return WithDueTime(RoughRankAt(entry.head, entry.tail, instant), entry.head, entry.tail, instant);
}

Rank RankOf(const v1::Suggestion& suggestion) {
  return {PlaceOf(suggestion.step_class()), suggestion.kind(), suggestion.person_led(),
          suggestion.score(),
          suggestion.has_due_time() ? absl::ToUnixMicros(time::FromProto(suggestion.due_time()))
                                    : kNever};
}

bool IsOverdue(const EntryTail& tail, const Instant& instant) {
  if (tail.earliest_due_us < instant.overdue_before_us) return true;
  // A word that is owed becomes an obligation when its promise is broken.
  if (IsBroken(tail.earliest_tell_us, instant) &&
      tail.earliest_tell_us < instant.overdue_before_us) {
    return true;
  }
  return tail.letters.EarliestAt(instant.seconds) < instant.asked_before_s ||
         tail.first_feedback_s < instant.asked_before_s;
}

}  // namespace rapport::recommendation
