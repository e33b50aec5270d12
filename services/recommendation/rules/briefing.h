// What to know before contact, in lines that each name what they rest on.
#ifndef RAPPORT_SERVICES_RECOMMENDATION_RULES_BRIEFING_H_
#define RAPPORT_SERVICES_RECOMMENDATION_RULES_BRIEFING_H_

#include "absl/time/time.h"
#include "rapport/recommendation/v1/recommendation_service.pb.h"
#include "rapport/recommendation/v1/suggestion.pb.h"
#include "services/recommendation/rules/facts.h"

namespace rapport::recommendation {

inline constexpr int kBasicLines = 5;
inline constexpr int kFullLines = 50;

// Pure; thread-safe. `decision` is Decide() of the same arguments. Each part holds at most
// kBasicLines (kFullLines for FULL) lines; every line has at least one source. The `detail` of
// lines:
//
//   said_last     where and when it was said ("call, 2 March"); needs beside facts
//   we_owe        BROKEN, OPEN (promises; time is due), LETTER, FEEDBACK, GRIEVANCE (to be
//   answered;
//                 time is written or given), KEPT_LATE (in the last 30 days; time was due)
//   they_owe      OPEN or OVERDUE
//   do_not_raise  when they said so, if known
//   not_yet       the reason code: UNDERSTANDING_THIN, NEED_NOT_EXPLICIT, ...; one line for each
//                 reason of each offer that is considered, and CARE_GUARD while one stands
//   ask           the SPIN slot that an answer would fill: SITUATION, PROBLEM, IMPLICATION,
//                 NEED_PAYOFF; nothing is asked of those who asked us to stop reaching out
//   care          the date of the day, or who told it and when
//   gives         THANKS_DUE, ASK_HEAVY, or empty for what they like to hear of
//
// BASIC shows days that matter within 30 days and events of the last year, FULL all. The share of
// talk is told from 300 seconds on, decayed with a half-life of 90 days (measures 3.3). `occasion`
// chooses the words of questions (spoken or written) and tells what they think of that way.
v1::Briefing MakeBriefing(const RelationshipFacts& facts, const v1::Decision& decision,
                          absl::Time as_of, absl::TimeZone steward_zone,
                          v1::GetBriefingRequest::View view,
                          type::v1::Channel occasion = type::v1::CHANNEL_UNSPECIFIED);

}  // namespace rapport::recommendation

#endif  // RAPPORT_SERVICES_RECOMMENDATION_RULES_BRIEFING_H_
