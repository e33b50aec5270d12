#include "services/engagement/rules/entries.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/time/time.h"
#include "google/protobuf/timestamp.pb.h"
#include "services/engagement/rules/decay.h"
#include "services/engagement/rules/listening.h"

namespace rapport::engagement::rules {

using google::protobuf::Timestamp;

namespace {

std::int64_t TimeOr(bool has, const Timestamp& time, const Timestamp& otherwise) {
  return Micros(has ? time : otherwise);
}

}  // namespace

std::int64_t PromiseMicros(const v1::Promise& promise) {
  return TimeOr(promise.has_promise_time(), promise.promise_time(), promise.create_time());
}

std::int64_t OutcomeMicros(const v1::Promise& promise) {
  return std::max(PromiseMicros(promise), TimeOr(promise.has_outcome_time(), promise.outcome_time(),
                                                 promise.update_time()));
}

std::int64_t GraceEndMicros(const Timestamp& due_time, const Parameters& p) {
  return Micros(due_time) + absl::ToInt64Microseconds(p.promise_grace);
}

std::int64_t FactMicros(const v1::Fact& fact) {
  return TimeOr(fact.has_said_time(), fact.said_time(), fact.create_time());
}

std::int64_t GivenMicros(const v1::Feedback& feedback) {
  return TimeOr(feedback.has_given_time(), feedback.given_time(), feedback.create_time());
}

std::int64_t AcknowledgedMicros(const v1::Feedback& feedback) {
  return std::max(
      GivenMicros(feedback),
      TimeOr(feedback.has_acknowledge_time(), feedback.acknowledge_time(), feedback.update_time()));
}

std::int64_t AnswerEndMicros(std::int64_t given_us, const Parameters& p) {
  return given_us + absl::ToInt64Microseconds(p.feedback_time);
}

bool IsKind(const v1::Item& item, absl::string_view kind) {
  return absl::EqualsIgnoreCase(absl::StripAsciiWhitespace(item.kind()), kind);
}

bool Happened(const v1::Engagement& e) {
  return e.state() != v1::Engagement::PLANNED && e.state() != v1::Engagement::RETRACTED;
}

bool Counts(const v1::Engagement& e) {
  return Happened(e) && e.not_counted() == v1::Engagement::NOT_COUNTED_UNSPECIFIED;
}

bool ByHuman(const v1::Engagement& e) {
  return e.conduct() == v1::Engagement::HUMAN || e.conduct() == v1::Engagement::ASSISTED;
}

bool IsTwoWay(const v1::Engagement& e) {
  return Counts(e) && ByHuman(e) &&
         (e.direction() == v1::Engagement::IN || e.direction() == v1::Engagement::MUTUAL);
}

bool Listened(const v1::Engagement& e, const Parameters& p) {
  return TheirTalk(e, p) > OurTalk(e, p);
}

v1::Engagement::Reaction ReactionTo(const v1::Engagement& e) {
  return e.direction() == v1::Engagement::IN ? v1::Engagement::REACTION_UNSPECIFIED : e.reaction();
}

bool IsVolunteered(const v1::Fact& fact) {
  return fact.said_by() == type::v1::PARTY_PERSON &&
         (fact.slot() == v1::Fact::PROBLEM || fact.slot() == v1::Fact::IMPLICATION);
}

}  // namespace rapport::engagement::rules
