// One relationship for tests: what a test does not say is ordinary and quiet.
#ifndef RAPPORT_SERVICES_RECOMMENDATION_RULES_TEST_WORLD_H_
#define RAPPORT_SERVICES_RECOMMENDATION_RULES_TEST_WORLD_H_

#include <deque>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/time/proto_time.h"
#include "services/recommendation/rules/facts.h"

namespace rapport::recommendation {

inline absl::Time At(const char* rfc3339) {
  absl::Time t;
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full, rfc3339, &t, &error)) return absl::InfinitePast();
  return t;
}

inline absl::TimeZone Zone(const char* name) {
  absl::TimeZone zone;
  if (!absl::LoadTimeZone(name, &zone)) return absl::FixedTimeZone(1);
  return zone;
}

// Ana: open since January 2023, last spoke on Monday 2 March 2026, expected every 28 days,
// tolerated 42, not an old friend.
struct World {
  contact::v1::Relationship relationship;
  contact::v1::Person person;
  contact::v1::Preference preference;
  engagement::v1::RelationshipStatistics statistics;
  std::deque<engagement::v1::Promise> promises;
  std::deque<engagement::v1::Fact> facts;
  std::deque<engagement::v1::Feedback> feedback;
  bool statistics_known = true;

  World() {
    relationship.set_name("tenants/t/relationships/ana");
    relationship.set_revision(3);
    relationship.set_person("tenants/t/people/ana");
    relationship.set_standing(contact::v1::OPEN);
    Set(relationship.mutable_create_time(), "2023-01-05T10:00:00Z");
    person.set_name("tenants/t/people/ana");
    person.set_revision(4);
    person.set_full_name("Ana Lopes");
    person.mutable_name_components()->set_given("Ana");
    preference.set_name("tenants/t/people/ana/preference");
    statistics.set_name("tenants/t/relationships/ana/statistics");
    statistics.set_revision(7);
    statistics.set_expected_days(28);
    statistics.set_tolerated_days(42);
    statistics.set_bond(0.3);
    Spoke("2026-03-02T09:00:00Z");
  }

  static void Set(google::protobuf::Timestamp* to, const char* time) {
    *to = time::ToProto(At(time));
  }
  void Spoke(const char* time) {
    Set(statistics.mutable_last_two_way_time(), time);
    Set(statistics.mutable_sums_time(), time);
  }
  engagement::v1::Promise& Promised(const char* text, const char* due,
                                    type::v1::Party by = type::v1::PARTY_US) {
    engagement::v1::Promise& promise = promises.emplace_back();
    promise.set_name(absl::StrCat("tenants/t/relationships/ana/promises/p", promises.size()));
    promise.set_revision(1);
    promise.set_text(text);
    promise.set_promised_by(by);
    promise.set_state(engagement::v1::Promise::OPEN);
    Set(promise.mutable_due_time(), due);
    return promise;
  }
  engagement::v1::ThreadTail& Wrote(const char* subject, const char* time) {
    engagement::v1::ThreadTail& tail = *statistics.add_threads();
    tail.set_engagement(
        absl::StrCat("tenants/t/relationships/ana/engagements/e", statistics.threads_size()));
    tail.set_subject(subject);
    tail.set_awaits_us(true);
    Set(tail.mutable_time(), time);
    return tail;
  }
  engagement::v1::Feedback& Gave(const char* about, const char* time) {
    engagement::v1::Feedback& given = feedback.emplace_back();
    given.set_name(absl::StrCat("tenants/t/relationships/ana/feedback/f", feedback.size()));
    given.set_revision(1);
    given.set_about(about);
    given.set_kind(engagement::v1::Feedback::WISH);
    given.set_state(engagement::v1::Feedback::RECEIVED);
    Set(given.mutable_given_time(), time);
    return given;
  }
  engagement::v1::Fact& Said(engagement::v1::Fact::Slot slot, const char* text, const char* time) {
    engagement::v1::Fact& fact = facts.emplace_back();
    fact.set_name(absl::StrCat("tenants/t/relationships/ana/facts/n", facts.size()));
    fact.set_revision(1);
    fact.set_slot(slot);
    fact.set_text(text);
    fact.set_said_by(type::v1::PARTY_PERSON);
    fact.set_said_in("call");
    fact.set_engagement("tenants/t/relationships/ana/engagements/call");
    Set(fact.mutable_said_time(), time);
    return fact;
  }
  void Born(int month, int day, int year = 0) {
    contact::v1::Anniversary& anniversary = *person.add_anniversaries();
    anniversary.set_kind(contact::v1::Anniversary::BIRTH);
    anniversary.mutable_date()->set_year(year);
    anniversary.mutable_date()->set_month(month);
    anniversary.mutable_date()->set_day(day);
  }

  RelationshipFacts Facts() const {
    RelationshipFacts out;
    out.relationship = &relationship;
    out.person = &person;
    out.preference = &preference;
    if (statistics_known) out.statistics = &statistics;
    for (const auto& promise : promises) out.promises.push_back(&promise);
    for (const auto& fact : facts) out.facts.push_back(&fact);
    for (const auto& given : feedback) out.feedback.push_back(&given);
    return out;
  }
};

}  // namespace rapport::recommendation

#endif  // RAPPORT_SERVICES_RECOMMENDATION_RULES_TEST_WORLD_H_
