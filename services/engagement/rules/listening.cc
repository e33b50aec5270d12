#include "services/engagement/rules/listening.h"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <numeric>

#include "services/engagement/rules/decay.h"
#include "services/engagement/rules/entries.h"
#include "services/engagement/rules/formulas.h"
#include "services/engagement/rules/measures.h"

namespace rapport::engagement::rules {

double TheirTalk(const v1::Engagement& e, const Parameters& p) {
  return e.their_seconds() + static_cast<double>(e.their_words()) / p.words_per_second;
}

double OurTalk(const v1::Engagement& e, const Parameters& p) {
  return e.our_seconds() + static_cast<double>(e.our_words()) / p.words_per_second;
}

Reading ListeningReading(double theirs, double ours, const Parameters& p) {
  const double seconds = theirs + ours;
  if (seconds <= 0) return Undefined(p.contact_half_life_days);
  if (seconds < p.listening_minimum_seconds) {
    return Insufficient(seconds, p.contact_half_life_days);
  }
  return Known(Listening(theirs, ours), seconds, p.contact_half_life_days);
}

std::array<std::int64_t, 4> QuestionsOf(const v1::Engagement& e) {
  const v1::QuestionCounts& q = e.questions();
  return {q.situation(), q.problem(), q.implication(), q.need_payoff()};
}

ListeningSums::ListeningSums(absl::Time from, absl::Time to, const Parameters& p)
    : from_us_(absl::ToUnixMicros(from)), to_us_(absl::ToUnixMicros(to)), p_(p) {}

void ListeningSums::Add(const v1::Engagement& e) {
  const std::int64_t us = Micros(e.event_time());
  if (us < from_us_ || us > to_us_ || !Counts(e) || !ByHuman(e)) return;
  const double theirs = TheirTalk(e, p_);
  const double ours = OurTalk(e, p_);
  const double weight = Weight(DaysBetween(us, to_us_), p_.contact_half_life_days);
  their_decayed_ += weight * theirs;
  our_decayed_ += weight * ours;
  theirs_ += theirs;
  ours_ += ours;
  if (theirs + ours > 0) ++engagements_;
  const auto asked = QuestionsOf(e);
  for (std::size_t i = 0; i < asked.size(); ++i) questions_[i] += asked[i];
}

v1::ListeningReport ListeningSums::Report() const {
  v1::ListeningReport out;
  *out.mutable_listening() = ToMeasure(ListeningReading(their_decayed_, our_decayed_, p_));
  out.set_their_seconds(theirs_);
  out.set_our_seconds(ours_);
  out.set_engagements(engagements_);
  const std::int64_t all = std::accumulate(questions_.begin(), questions_.end(), std::int64_t{0});
  if (all <= 0) return out;
  const auto count = [&](std::size_t slot) {
    return static_cast<std::int32_t>(
        std::min<std::int64_t>(questions_[slot], std::numeric_limits<std::int32_t>::max()));
  };
  v1::QuestionCounts* questions = out.mutable_questions();
  questions->set_situation(count(0));
  questions->set_problem(count(1));
  questions->set_implication(count(2));
  questions->set_need_payoff(count(3));
  for (const std::int64_t asked : questions_) {
    out.add_question_mix(static_cast<double>(asked) / static_cast<double>(all));
  }
  return out;
}

}  // namespace rapport::engagement::rules
