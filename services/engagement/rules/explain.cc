#include "services/engagement/rules/explain.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/string_view.h"
#include "services/engagement/rules/decay.h"
#include "services/engagement/rules/fact_rules.h"
#include "services/engagement/rules/measures.h"
#include "services/engagement/rules/statistics.h"

namespace rapport::engagement::rules {
namespace {

// One thing that can move health. Exactly one pointer is set.
struct Event {
  std::int64_t us = 0;
  absl::string_view name;
  const v1::Engagement* engagement = nullptr;
  const v1::Promise* outcome = nullptr;
  const v1::Promise* broken = nullptr;
  const v1::Fact* fact = nullptr;
  const v1::Feedback* feedback = nullptr;
};

void AddPromise(const v1::Promise& promise, const Parameters& p, std::vector<Event>* events) {
  const bool has_outcome = promise.state() != v1::Promise::OPEN;
  // The first instant at which the clock has broken it.
  const std::int64_t broken_us =
      std::max(GraceEndMicros(promise.due_time(), p) + 1, PromiseMicros(promise));
  if (!has_outcome || OutcomeMicros(promise) > broken_us) {
    Event event{broken_us, promise.name()};
    event.broken = &promise;
    events->push_back(event);
  }
  if (has_outcome) {
    Event event{OutcomeMicros(promise), promise.name()};
    event.outcome = &promise;
    events->push_back(event);
  }
}

std::vector<Event> EventsUntil(const Journal& journal, std::int64_t to_us, const Parameters& p) {
  std::vector<Event> events;
  events.reserve(journal.engagements.size() + journal.facts.size() + journal.feedback.size() +
                 2 * journal.promises.size());
  for (const v1::Engagement& e : journal.engagements) {
    Event event{Micros(e.event_time()), e.name()};
    event.engagement = &e;
    events.push_back(event);
  }
  for (const v1::Fact& fact : journal.facts) {
    Event event{FactMicros(fact), fact.name()};
    event.fact = &fact;
    events.push_back(event);
  }
  for (const v1::Feedback& feedback : journal.feedback) {
    Event event{GivenMicros(feedback), feedback.name()};
    event.feedback = &feedback;
    events.push_back(event);
  }
  for (const v1::Promise& promise : journal.promises) AddPromise(promise, p, &events);
  events.erase(std::remove_if(events.begin(), events.end(),
                              [to_us](const Event& event) { return event.us > to_us; }),
               events.end());
  std::sort(events.begin(), events.end(), [](const Event& a, const Event& b) {
    return std::tie(a.us, a.name) < std::tie(b.us, b.name);
  });
  return events;
}

// Folds one event. A promise enters only when it breaks: until then it does not touch health, and
// nothing may break silently between two events. Of facts and feedback only their beginning touches
// health; what becomes of them, and sales, does not.
void Apply(const Event& event, const Parameters& p, v1::RelationshipStatistics* s) {
  if (event.engagement != nullptr) ApplyEngagement(*event.engagement, p, s);
  if (event.fact != nullptr) {
    (void)ApplyFact(nullptr, FactAt(*event.fact, absl::FromUnixMicros(event.us)), p, s);
  }
  if (event.feedback != nullptr) {
    v1::Feedback open = *event.feedback;
    open.set_state(v1::Feedback::RECEIVED);
    (void)ApplyFeedback(nullptr, open, p, s);
  }
  if (event.outcome != nullptr) (void)ApplyPromise(nullptr, *event.outcome, p, s);
  if (event.broken != nullptr) {
    v1::Promise open = *event.broken;
    open.set_state(v1::Promise::OPEN);
    (void)ApplyPromise(nullptr, open, p, s);
  }
}

v1::ChangeLine Describe(const Event& event, const Parameters& p) {
  v1::ChangeLine line;
  line.set_source(std::string(event.name));
  std::int64_t us = event.us;
  if (event.engagement != nullptr) {
    line.set_cause(v1::ChangeLine::ENGAGEMENT);
    line.set_what(v1::Engagement::Kind_Name(event.engagement->kind()));
  } else if (event.fact != nullptr) {
    line.set_cause(v1::ChangeLine::FACT);
    line.set_what(v1::Fact::Slot_Name(event.fact->slot()));
  } else if (event.feedback != nullptr) {
    line.set_cause(v1::ChangeLine::FEEDBACK);
    line.set_what(v1::Feedback::Kind_Name(event.feedback->kind()));
  } else if (event.outcome != nullptr) {
    line.set_cause(v1::ChangeLine::PROMISE);
    line.set_what(v1::Promise::State_Name(event.outcome->state()));
  } else {
    line.set_cause(v1::ChangeLine::PROMISE);
    line.set_what(v1::Promise::State_Name(v1::Promise::BROKEN));
    us = std::max(GraceEndMicros(event.broken->due_time(), p), PromiseMicros(*event.broken));
  }
  line.set_what(absl::AsciiStrToLower(line.what()));
  *line.mutable_time() = MicrosToProto(us);
  return line;
}

Reading HealthAt(const v1::RelationshipStatistics& s, std::int64_t us, const Parameters& p,
                 const WorkingHours& hours) {
  return Read(s, absl::FromUnixMicros(us), p, hours).health.health;
}

}  // namespace

v1::ExplainChangeResponse ExplainChange(const Journal& journal, absl::Time from, absl::Time to,
                                        const Parameters& p, const WorkingHours& hours) {
  const std::int64_t from_us = absl::ToUnixMicros(from);
  const std::int64_t to_us = absl::ToUnixMicros(to);
  const std::vector<Event> events = EventsUntil(journal, to_us, p);

  v1::ExplainChangeResponse out;
  v1::RelationshipStatistics s;
  auto event = events.begin();
  for (; event != events.end() && event->us <= from_us; ++event) Apply(*event, p, &s);
  const Reading from_health = HealthAt(s, from_us, p, hours);
  *out.mutable_from_health() = ToMeasure(from_health);

  double passage = 0;
  double last = from_health.value;
  for (; event != events.end(); ++event) {
    const double without = HealthAt(s, event->us, p, hours).value;
    Apply(*event, p, &s);
    const double with = HealthAt(s, event->us, p, hours).value;
    passage += without - last;
    last = with;
    if (with == without) continue;
    v1::ChangeLine line = Describe(*event, p);
    line.set_difference(with - without);
    *out.add_lines() = std::move(line);
  }
  const Reading to_health = HealthAt(s, to_us, p, hours);
  passage += to_health.value - last;
  *out.mutable_to_health() = ToMeasure(to_health);

  v1::ChangeLine* line = out.add_lines();
  *line->mutable_time() = MicrosToProto(to_us);
  line->set_cause(v1::ChangeLine::PASSAGE_OF_TIME);
  line->set_what("time");
  line->set_difference(passage);
  return out;
}

}  // namespace rapport::engagement::rules
