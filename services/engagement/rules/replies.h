// How long answers take (product.md 3.10), both ways. A letter that asks for an answer is answered
// by the first human letter or talk of the other side in the same conversation that is later than
// it; a letter of the same side never answers. Letters outside of any conversation are left out:
// whether they were answered cannot be told.
//
// The log holds a bounded set of letters and answers. What it holds depends on the set of
// engagements alone, not on the order in which they came.
#ifndef RAPPORT_SERVICES_ENGAGEMENT_RULES_REPLIES_H_
#define RAPPORT_SERVICES_ENGAGEMENT_RULES_REPLIES_H_

#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "rapport/engagement/v1/engagement.pb.h"
#include "rapport/engagement/v1/rapport.pb.h"
#include "services/engagement/rules/parameters.h"
#include "services/engagement/rules/reading.h"
#include "services/engagement/rules/working_hours.h"

namespace rapport::engagement::rules {

// FNV-1a of the key of a conversation; the same in every version, for it is stored.
std::uint64_t ThreadHash(absl::string_view thread);

// Folds a counted engagement of a human that happened at `us` into both logs.
void ApplyToReplies(const v1::Engagement& e, std::int64_t us, const Parameters& p,
                    v1::RelationshipStatistics* s);

// A waiting time in hours, and whether it ended with an answer or is still going on.
struct Wait {
  double hours = 0;
  bool answered = false;
};

// Kaplan and Meier (1958): the shortest time by which at least half of the letters are answered,
// where those that still wait are censored at their time so far. At equal times answers come first.
// UNDEFINED without letters, INSUFFICIENT if half of them is not reached.
Reading MedianWait(std::vector<Wait> waits);

// The waiting times of a log in working hours, as of an instant that no entry is later than.
std::vector<Wait> WaitsOf(const v1::ReplyLog& log, std::int64_t as_of_us,
                          const WorkingHours& hours);

// One letter and the last instant for an answer in time.
struct Letter {
  std::int64_t asked_us = 0;
  std::uint64_t thread = 0;
  // 0: not answered.
  std::int64_t answered_us = 0;
  // p.reply_time of working time after asked_us.
  std::int64_t due_us = 0;

  bool InTime() const { return answered_us != 0 && answered_us <= due_us; }
  bool Overdue(std::int64_t as_of_us) const { return !InTime() && as_of_us > due_us; }
};
std::vector<Letter> LettersOf(const v1::ReplyLog& log, const WorkingHours& hours,
                              const Parameters& p);

// The share of the letters answered in time, of those that are in time or overdue; UNDEFINED if
// there is neither.
Reading AnsweredShare(const std::vector<Letter>& letters, std::int64_t as_of_us);

}  // namespace rapport::engagement::rules

#endif  // RAPPORT_SERVICES_ENGAGEMENT_RULES_REPLIES_H_
