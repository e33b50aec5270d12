// Entries of a journal for the tests of the rules. Days count from 1 March 2026, UTC.
#ifndef RAPPORT_SERVICES_ENGAGEMENT_RULES_SAMPLES_H_
#define RAPPORT_SERVICES_ENGAGEMENT_RULES_SAMPLES_H_

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "common/time/proto_time.h"
#include "services/engagement/rules/replay.h"
#include "services/engagement/rules/statistics.h"

namespace rapport::engagement::rules {

inline constexpr char kAna[] = "tenants/t/relationships/ana";

inline absl::Time Day(double day) {
  return absl::FromCivil(absl::CivilDay(2026, 3, 1), absl::UTCTimeZone()) + absl::Hours(24) * day;
}

inline absl::Time Date(int month, int day, int hour = 9) {
  return absl::FromCivil(absl::CivilHour(2026, month, day, hour), absl::UTCTimeZone());
}

inline std::string NameOf(const std::string& collection, const std::string& id) {
  return absl::StrCat(kAna, "/", collection, "/", id);
}

inline v1::Engagement Contact(const std::string& id, absl::Time at,
                              v1::Engagement::Direction direction,
                              v1::Engagement::Conduct conduct = v1::Engagement::HUMAN) {
  v1::Engagement e;
  e.set_name(NameOf("engagements", id));
  *e.mutable_event_time() = time::ToProto(at);
  e.set_kind(direction == v1::Engagement::MUTUAL ? v1::Engagement::CONVERSATION
                                                 : v1::Engagement::MESSAGE);
  e.set_direction(direction);
  e.set_conduct(conduct);
  e.set_state(v1::Engagement::RECORDED);
  return e;
}

inline v1::Engagement Call(const std::string& id, absl::Time at) {
  return Contact(id, at, v1::Engagement::MUTUAL);
}
inline v1::Engagement MailIn(const std::string& id, absl::Time at) {
  return Contact(id, at, v1::Engagement::IN);
}
inline v1::Engagement MailOut(const std::string& id, absl::Time at) {
  return Contact(id, at, v1::Engagement::OUT);
}

// A message of a conversation; an inbound one asks for an answer.
inline v1::Engagement InThread(v1::Engagement e, const std::string& thread) {
  e.set_thread(thread);
  e.set_needs_answer(e.direction() == v1::Engagement::IN);
  return e;
}

inline v1::Engagement With(v1::Engagement e, v1::Item::Direction direction, int times = 1,
                           const std::string& kind = "") {
  for (int i = 0; i < times; ++i) {
    v1::Item* item = e.add_items();
    item->set_direction(direction);
    item->set_kind(kind);
  }
  return e;
}

inline v1::Engagement Taken(v1::Engagement e, v1::Engagement::Reaction reaction) {
  e.set_reaction(reaction);
  return e;
}

// A call in which both talked, in seconds.
inline v1::Engagement Talk(const std::string& id, absl::Time at, double theirs, double ours) {
  v1::Engagement e = Call(id, at);
  e.set_their_seconds(theirs);
  e.set_our_seconds(ours);
  return e;
}

inline v1::Promise OpenPromise(const std::string& id, type::v1::Party by, absl::Time made,
                               absl::Time due) {
  v1::Promise promise;
  promise.set_name(NameOf("promises", id));
  promise.set_promised_by(by);
  *promise.mutable_promise_time() = time::ToProto(made);
  *promise.mutable_due_time() = time::ToProto(due);
  promise.set_state(v1::Promise::OPEN);
  return promise;
}

inline v1::Promise Concluded(v1::Promise promise, v1::Promise::State state, absl::Time at) {
  promise.set_state(state);
  *promise.mutable_outcome_time() = time::ToProto(at);
  return promise;
}

inline v1::Fact Said(const std::string& id, v1::Fact::Slot slot, absl::Time at,
                     type::v1::Party by = type::v1::PARTY_PERSON) {
  v1::Fact fact;
  fact.set_name(NameOf("facts", id));
  fact.set_slot(slot);
  fact.set_said_by(by);
  *fact.mutable_said_time() = time::ToProto(at);
  return fact;
}

inline v1::Fact Moved(v1::Fact fact, v1::FactMove::Kind kind, type::v1::Party by, absl::Time at) {
  v1::FactMove* move = fact.add_moves();
  move->set_kind(kind);
  move->set_said_by(by);
  *move->mutable_time() = time::ToProto(at);
  return fact;
}

inline v1::Sale SaleThat(const std::string& id, v1::Sale::Stage stage, absl::Time at) {
  v1::Sale sale;
  sale.set_name(NameOf("sales", id));
  *sale.mutable_sale_time() = time::ToProto(at);
  sale.set_stage(stage);
  v1::StageMove* move = sale.add_moves();
  move->set_stage(stage);
  *move->mutable_time() = time::ToProto(at);
  return sale;
}

inline v1::Sale Then(v1::Sale sale, v1::Sale::Stage stage, absl::Time at) {
  sale.set_stage(stage);
  v1::StageMove* move = sale.add_moves();
  move->set_stage(stage);
  *move->mutable_time() = time::ToProto(at);
  return sale;
}

inline v1::Feedback Received(const std::string& id, absl::Time at,
                             v1::Feedback::Kind kind = v1::Feedback::WISH) {
  v1::Feedback feedback;
  feedback.set_name(NameOf("feedback", id));
  feedback.set_kind(kind);
  feedback.set_state(v1::Feedback::RECEIVED);
  *feedback.mutable_given_time() = time::ToProto(at);
  return feedback;
}

inline v1::Feedback Answered(v1::Feedback feedback, absl::Time at) {
  feedback.set_state(v1::Feedback::ACKNOWLEDGED);
  *feedback.mutable_acknowledge_time() = time::ToProto(at);
  return feedback;
}

// Owns a journal.
struct Story {
  std::vector<v1::Engagement> engagements = {};
  std::vector<v1::Promise> promises = {};
  std::vector<v1::Fact> facts = {};
  std::vector<v1::Feedback> feedback = {};
  std::vector<v1::Sale> sales = {};

  Journal journal() const { return {engagements, promises, facts, feedback, sales}; }
};

// Statistics of a story up to `as_of`.
inline v1::RelationshipStatistics Fold(const Story& story, absl::Time as_of,
                                       const DeclaredRhythm& declared = {},
                                       const Parameters& p = {}) {
  return Replay(story.journal(), as_of, declared, p);
}

}  // namespace rapport::engagement::rules

#endif  // RAPPORT_SERVICES_ENGAGEMENT_RULES_SAMPLES_H_
