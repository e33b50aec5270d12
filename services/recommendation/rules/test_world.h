// One relationship for tests: what a test does not say is ordinary and quiet.
#ifndef RAPPORT_SERVICES_RECOMMENDATION_RULES_TEST_WORLD_H_
#define RAPPORT_SERVICES_RECOMMENDATION_RULES_TEST_WORLD_H_

#include <deque>
#include <string>
#include <vector>

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
  std::deque<engagement::v1::Need> needs;
  std::deque<engagement::v1::Sale> sales;
  std::deque<engagement::v1::CareEvent> care_events;
  std::deque<v1::Offer> offers;
  contact::v1::Settings settings;
  LiveAnswers live;
  bool asked = false;  // live holds
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
    settings.set_name("tenants/t/settings");
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

  engagement::v1::Need& Needs(const char* summary, const char* topic, const char* stated) {
    engagement::v1::Need& need = needs.emplace_back();
    need.set_name(absl::StrCat("tenants/t/relationships/ana/needs/w", needs.size()));
    need.set_revision(1);
    need.set_summary(summary);
    need.set_origin(type::v1::PARTY_PERSON);
    need.set_state(engagement::v1::Need::STATED);
    need.add_topics(topic);
    Set(need.mutable_stated_time(), stated);
    return need;
  }
  engagement::v1::Sale& Sold(const char* offer, engagement::v1::Sale::Stage stage,
                             const char* time) {
    engagement::v1::Sale& sale = sales.emplace_back();
    sale.set_name(absl::StrCat("tenants/t/relationships/ana/sales/s", sales.size()));
    sale.set_revision(1);
    sale.set_summary("the thing");
    sale.set_offer(absl::StrCat("tenants/t/offers/", offer));
    sale.set_stage(stage);
    Set(sale.mutable_sale_time(), time);
    sale.add_moves()->set_stage(stage);
    Set(sale.mutable_moves(0)->mutable_time(), time);
    return sale;
  }
  engagement::v1::CareEvent& Happened(engagement::v1::CareEvent::Kind kind, const char* text,
                                      const char* said) {
    engagement::v1::CareEvent& event = care_events.emplace_back();
    event.set_name(absl::StrCat("tenants/t/relationships/ana/careEvents/c", care_events.size()));
    event.set_revision(1);
    event.set_kind(kind);
    event.set_text(text);
    event.set_said_by(type::v1::PARTY_PERSON);
    Set(event.mutable_said_time(), said);
    return event;
  }
  v1::Offer& Offers(const char* id, const char* topic, v1::Offer::Stake stake = v1::Offer::HIGH) {
    v1::Offer& offer = offers.emplace_back();
    offer.set_name(absl::StrCat("tenants/t/offers/", id));
    offer.set_revision(1);
    offer.set_display_name(id);
    offer.add_serves(topic);
    offer.set_stake(stake);
    return offer;
  }
  void Guarded(const char* reason) {
    relationship.mutable_care_guard()->set_reason(reason);
    relationship.mutable_care_guard()->set_set_by("tenants/t/stewards/mara");
  }

  static void Measured(type::v1::Measure* measure, double value) {
    measure->set_value(value);
    measure->set_status(type::v1::MEASURE_STATUS_OK);
  }
  // What engagement says of the slots, in the order S, P, I, N.
  void Understood(double s, double p, double i, double n) {
    const double fills[] = {s, p, i, n};
    const double weights[] = {0.15, 0.25, 0.30, 0.30};
    engagement::v1::Understanding& out =
        live.understanding ? *live.understanding : live.understanding.emplace();
    out.clear_slots();
    double coverage = 0;
    for (int k = 0; k < 4; ++k) {
      engagement::v1::SlotCoverage& slot = *out.add_slots();
      slot.set_slot(static_cast<engagement::v1::Fact::Slot>(k + 1));
      slot.set_fill(fills[k]);
      slot.set_weight(weights[k]);
      slot.set_contribution(fills[k] * weights[k]);
      coverage += slot.contribution();
    }
    Measured(out.mutable_coverage(), coverage);
    if (s + p + i + n == 0) {
      out.mutable_coverage()->set_status(type::v1::MEASURE_STATUS_UNDEFINED);
    }
  }
  // Contact and engagement were asked and have nothing against a proposal.
  void Asked() {
    asked = true;
    contact::v1::ContactDecision& contact = live.contact.emplace();
    contact.set_permitted(true);
    contact.set_channel(type::v1::CHANNEL_EMAIL);
    contact.set_language("pt");
    contact.mutable_consent()->set_verdict(contact::v1::CONSENT_ALLOWED);
    contact.mutable_consent()->set_deciding_entry("tenants/t/people/ana/consentEntries/e1");
    Understood(1, 1, 1, 1);
    engagement::v1::Rapport& rapport = *live.understanding->mutable_rapport();
    Measured(rapport.mutable_listening(), 0.6);
    Measured(rapport.mutable_reliability(), 0.8);
    rapport.set_reliability_uncertainty(0.3);
    Measured(rapport.mutable_give_ask(), 2);
  }
  // An offer of high stake that serves what Ana wants solved, and nothing that speaks against it.
  void ReadyForMigration() {
    Offers("migration", "re-keying");
    Needs("no more re-keying", "re-keying", "2026-03-02T09:00:00Z").set_explicit_(true);
    Asked();
  }
  void Denies(contact::v1::ConsentVerdict verdict, contact::v1::ContactObstacle::Code code) {
    live.contact->set_permitted(false);
    live.contact->mutable_consent()->set_verdict(verdict);
    live.contact->add_obstacles()->set_code(code);
  }

  RelationshipFacts Facts() const {
    RelationshipFacts out;
    out.relationship = &relationship;
    out.person = &person;
    out.preference = &preference;
    out.settings = &settings;
    for (const auto& need : needs) out.needs.push_back(&need);
    for (const auto& sale : sales) out.sales.push_back(&sale);
    for (const auto& event : care_events) out.care_events.push_back(&event);
    offer_list_.clear();
    for (const auto& offer : offers) offer_list_.push_back(&offer);
    out.offers = offer_list_;
    for (const auto& topic : preference.unwanted_topics()) {
      out.unwanted_topics.push_back(topic.topic());
    }
    if (asked) out.live = &live;
    if (statistics_known) out.statistics = &statistics;
    for (const auto& promise : promises) out.promises.push_back(&promise);
    for (const auto& fact : facts) out.facts.push_back(&fact);
    for (const auto& given : feedback) out.feedback.push_back(&given);
    return out;
  }

 private:
  mutable std::vector<const v1::Offer*> offer_list_;
};

}  // namespace rapport::recommendation

#endif  // RAPPORT_SERVICES_RECOMMENDATION_RULES_TEST_WORLD_H_
