// Trust, kept as a ledger (product.md 3.7). Every entry of the journal posts credits and debits on
// four accounts; a posting is worth 2^(-age/H) of itself. The statistics hold the balances, that
// is, the decayed sums of the postings.
//
//   account            credit                                  debit                         H
//   C credibility      inference confirmed, sale delivered,    inference disputed, sale      180
//                      feedback and letters answered in time   reversed, feedback or letter
//                                                              left waiting
//   R reliability      promise kept (late: one half)           promise broken (late and      180
//                                                              repaired: one half)
//   I intimacy         problem or implication volunteered,     grievance, contact that was   180
//                      praise, contact that was welcomed       not wanted
//   S self-orientation give, engagement in which we listened   ask                            90
//
// R is 3.6 and knows promises alone; that is why answers to feedback and letters, and their
// absence, are posted on C. What waits is in debit from the instant on at which an answer would be
// late: feedback after p.feedback_time, a letter after p.reply_time of working time. Letters are
// those of the log of replies (replies.h), feedback that waits is the p.max_open_feedback oldest.
#ifndef RAPPORT_SERVICES_ENGAGEMENT_RULES_TRUST_H_
#define RAPPORT_SERVICES_ENGAGEMENT_RULES_TRUST_H_

#include <vector>

#include "absl/time/time.h"
#include "rapport/engagement/v1/rapport.pb.h"
#include "services/engagement/rules/decayed.h"
#include "services/engagement/rules/parameters.h"
#include "services/engagement/rules/reading.h"
#include "services/engagement/rules/replay.h"
#include "services/engagement/rules/replies.h"
#include "services/engagement/rules/working_hours.h"

namespace rapport::engagement::rules {

// What the postings of an account add up to.
struct Balance {
  double credit = 0;
  double debit = 0;
  double n() const { return credit + debit; }
};
struct Balances {
  Balance credibility;
  Balance reliability;
  Balance intimacy;
  Balance self_orientation;
};

Balance IntimacyBalance(const v1::RelationshipStatistics& s, const Decayed& at);
// All four, from statistics. `letters` are those of our_replies.
Balances BalancesOf(const v1::RelationshipStatistics& s, const Decayed& at,
                    const std::vector<Letter>& letters, const Parameters& p);

// The mean of the beta form, (credit + 1) / (credit + debit + 2); UNDEFINED without postings.
Reading BetaMean(const Balance& balance, double half_life_days);
// asks / (asks + gives + listened), at least p.self_orientation_floor; UNDEFINED without postings.
Reading SelfOrientation(const Balance& balance, const Parameters& p);
// T = (C + R + I) / (C + R + I + 3 S): the odds of trust are mean(C, R, I) / S. Of C, R and I one
// that is not known counts as 0.5. UNDEFINED without S, INSUFFICIENT if none of the three is known.
Reading TrustOf(const Reading& credibility, const Reading& reliability, const Reading& intimacy,
                const Reading& self_orientation);

// Every posting of the journal up to `as_of`, newest first, then by account and source. A pure
// function of the journal; decayed to `as_of` they add up to the balances of the statistics.
std::vector<v1::TrustPosting> Postings(const Journal& journal, absl::Time as_of,
                                       const Parameters& p, const WorkingHours& hours);

}  // namespace rapport::engagement::rules

#endif  // RAPPORT_SERVICES_ENGAGEMENT_RULES_TRUST_H_
