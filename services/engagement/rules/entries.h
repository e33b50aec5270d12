// What one entry of a journal says by itself: when it happened, and what it counts as.
#ifndef RAPPORT_SERVICES_ENGAGEMENT_RULES_ENTRIES_H_
#define RAPPORT_SERVICES_ENGAGEMENT_RULES_ENTRIES_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "rapport/engagement/v1/engagement.pb.h"
#include "rapport/engagement/v1/promise.pb.h"
#include "services/engagement/rules/parameters.h"

namespace rapport::engagement::rules {

// Valid times in Unix microseconds; where the message states none, the time of recording.
std::int64_t PromiseMicros(const v1::Promise& promise);
// When the promise got its stored outcome; never before it was made.
std::int64_t OutcomeMicros(const v1::Promise& promise);
// The last instant at which the promise is not broken: due time plus grace.
std::int64_t GraceEndMicros(const google::protobuf::Timestamp& due_time, const Parameters& p);
std::int64_t FactMicros(const v1::Fact& fact);
std::int64_t GivenMicros(const v1::Feedback& feedback);
std::int64_t AcknowledgedMicros(const v1::Feedback& feedback);
// The last instant for an answer in time.
std::int64_t AnswerEndMicros(std::int64_t given_us, const Parameters& p);

// Whether an item is of this kind ("proposal"), letter case and white space around aside.
bool IsKind(const v1::Item& item, absl::string_view kind);

// Happened: neither planned nor retracted.
bool Happened(const v1::Engagement& e);
// Happened, and is not machine noise.
bool Counts(const v1::Engagement& e);
// HUMAN or ASSISTED, that is: a human acted on the sending side.
bool ByHuman(const v1::Engagement& e);
// Happened, counts, by a human, IN or MUTUAL.
bool IsTwoWay(const v1::Engagement& e);
// They talked more than we did.
bool Listened(const v1::Engagement& e, const Parameters& p);
// How the person took what came from us; unspecified if it came from them.
v1::Engagement::Reaction ReactionTo(const v1::Engagement& e);

// Problems and implications that the person told us themselves.
bool IsVolunteered(const v1::Fact& fact);

}  // namespace rapport::engagement::rules

#endif  // RAPPORT_SERVICES_ENGAGEMENT_RULES_ENTRIES_H_
