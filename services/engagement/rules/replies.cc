#include "services/engagement/rules/replies.h"

#include <algorithm>
#include <tuple>

namespace rapport::engagement::rules {
namespace {

// The place in a list that runs from the newest to the oldest; equal times by conversation.
int PlaceOf(std::int64_t us, std::uint64_t thread,
            const google::protobuf::RepeatedField<std::int64_t>& times,
            const google::protobuf::RepeatedField<std::uint64_t>& threads) {
  int place = times.size();
  while (place > 0 && std::make_tuple(times.Get(place - 1), threads.Get(place - 1)) <
                          std::make_tuple(us, thread)) {
    --place;
  }
  return place;
}

template <class T>
void InsertAt(int place, T value, google::protobuf::RepeatedField<T>* list) {
  list->Add(value);
  for (int i = list->size() - 1; i > place; --i) list->SwapElements(i - 1, i);
}

void Truncate(int size, v1::ReplyLog* log) {
  if (log->asked_us_size() <= size) return;
  log->mutable_asked_us()->Truncate(size);
  log->mutable_asked_thread()->Truncate(size);
  log->mutable_answered_us()->Truncate(size);
}

// Once answers may have fallen out, the first answer to a letter older than all that are left
// cannot be told.
void DropUncertain(const Parameters& p, v1::ReplyLog* log) {
  if (log->answer_us_size() < p.max_replies) return;
  const std::int64_t oldest = log->answer_us(log->answer_us_size() - 1);
  int size = log->asked_us_size();
  while (size > 0 && log->asked_us(size - 1) < oldest) --size;
  Truncate(size, log);
}

void AddLetter(std::int64_t us, std::uint64_t thread, const Parameters& p, v1::ReplyLog* log) {
  std::int64_t answered_us = 0;
  for (int i = 0; i < log->answer_us_size() && log->answer_us(i) > us; ++i) {
    if (log->answer_thread(i) == thread) answered_us = log->answer_us(i);
  }
  const int place = PlaceOf(us, thread, log->asked_us(), log->asked_thread());
  InsertAt(place, us, log->mutable_asked_us());
  InsertAt(place, thread, log->mutable_asked_thread());
  InsertAt(place, answered_us, log->mutable_answered_us());
  Truncate(p.max_replies, log);
  DropUncertain(p, log);
}

void AddAnswer(std::int64_t us, std::uint64_t thread, const Parameters& p, v1::ReplyLog* log) {
  for (int i = 0; i < log->asked_us_size(); ++i) {
    if (log->asked_thread(i) != thread || log->asked_us(i) >= us) continue;
    if (log->answered_us(i) == 0 || log->answered_us(i) > us) log->set_answered_us(i, us);
  }
  const int place = PlaceOf(us, thread, log->answer_us(), log->answer_thread());
  InsertAt(place, us, log->mutable_answer_us());
  InsertAt(place, thread, log->mutable_answer_thread());
  if (log->answer_us_size() > p.max_replies) {
    log->mutable_answer_us()->Truncate(p.max_replies);
    log->mutable_answer_thread()->Truncate(p.max_replies);
  }
  DropUncertain(p, log);
}

}  // namespace

std::uint64_t ThreadHash(absl::string_view thread) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : thread) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 1099511628211ULL;
  }
  return hash;
}

void ApplyToReplies(const v1::Engagement& e, std::int64_t us, const Parameters& p,
                    v1::RelationshipStatistics* s) {
  if (e.thread().empty()) return;
  const std::uint64_t thread = ThreadHash(e.thread());
  const bool in = e.direction() == v1::Engagement::IN;
  const bool out = e.direction() == v1::Engagement::OUT;
  const bool both = e.direction() == v1::Engagement::MUTUAL;
  if (out || both) AddAnswer(us, thread, p, s->mutable_our_replies());
  if (in || both) AddAnswer(us, thread, p, s->mutable_their_replies());
  if (in && e.needs_answer()) AddLetter(us, thread, p, s->mutable_our_replies());
  if (out && e.needs_answer()) AddLetter(us, thread, p, s->mutable_their_replies());
}

Reading MedianWait(std::vector<Wait> waits) {
  if (waits.empty()) return Undefined(0);
  std::sort(waits.begin(), waits.end(), [](const Wait& a, const Wait& b) {
    return std::make_tuple(a.hours, !a.answered) < std::make_tuple(b.hours, !b.answered);
  });
  const auto n = static_cast<double>(waits.size());
  double waiting = 1;  // share of the letters that wait at least this long
  for (std::size_t i = 0; i < waits.size(); ++i) {
    if (!waits[i].answered) continue;
    const double at_risk = n - static_cast<double>(i);
    waiting *= (at_risk - 1) / at_risk;
    if (waiting <= 0.5 + 1e-12) return Known(waits[i].hours, n, 0);
  }
  return Insufficient(n, 0);
}

std::vector<Wait> WaitsOf(const v1::ReplyLog& log, std::int64_t as_of_us,
                          const WorkingHours& hours) {
  std::vector<Wait> waits;
  for (int i = 0; i < log.asked_us_size(); ++i) {
    const bool answered = log.answered_us(i) != 0;
    const std::int64_t until = answered ? log.answered_us(i) : as_of_us;
    waits.push_back(
        {static_cast<double>(hours.Between(log.asked_us(i), until)) / kMicrosPerHour, answered});
  }
  return waits;
}

std::vector<Letter> LettersOf(const v1::ReplyLog& log, const WorkingHours& hours,
                              const Parameters& p) {
  const std::int64_t allowed = absl::ToInt64Microseconds(p.reply_time);
  std::vector<Letter> letters;
  letters.reserve(static_cast<std::size_t>(log.asked_us_size()));
  for (int i = 0; i < log.asked_us_size(); ++i) {
    letters.push_back({log.asked_us(i), log.asked_thread(i), log.answered_us(i),
                       hours.EndOf(log.asked_us(i), allowed)});
  }
  return letters;
}

Reading AnsweredShare(const std::vector<Letter>& letters, std::int64_t as_of_us) {
  double in_time = 0;
  double overdue = 0;
  for (const Letter& letter : letters) {
    if (letter.InTime()) ++in_time;
    if (letter.Overdue(as_of_us)) ++overdue;
  }
  const double n = in_time + overdue;
  return n > 0 ? Known(in_time / n, n, 0) : Undefined(0);
}

}  // namespace rapport::engagement::rules
