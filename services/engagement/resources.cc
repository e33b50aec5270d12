#include "services/engagement/resources.h"

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "common/base/digest.h"
#include "common/resource/feed_consumer.h"
#include "common/resource/request_log.h"
#include "common/resource/secrets.h"
#include "rapport/contact/v1/person.pb.h"
#include "services/engagement/rules/entries.h"
#include "services/engagement/rules/needs.h"
#include "services/engagement/rules/sales.h"

namespace rapport::engagement {

using resource::kId;
using resource::kParent;
using resource::Strategy;
using store::ColumnType;
using store::Value;

namespace {

template <class M>
Strategy<M> TimedStrategy(const std::string& table, const std::string& field,
                          std::function<std::int64_t(const M&)> micros,
                          const std::string& time_field = "") {
  Strategy<M> s;
  s.table = table;
  s.field = field;
  s.columns = {{"time", ColumnType::kInt,
                [micros = std::move(micros)](const M& m) { return Value(micros(m)); }, time_field}};
  s.indexes = {{table + "_by_time", {kParent, 0, kId}}};
  return s;
}

// Of the resource with this name; NULL for a text that is none.
template <class M>
Value OwnId(absl::string_view name) {
  const auto ids = resource::Name<M>::Pattern().Match(name);
  return ids ? Value(std::string(ids->back())) : Value();
}

Strategy<v1::Engagement> EngagementStrategy() {
  auto s = TimedStrategy<v1::Engagement>(
      "engagements", "engagement",
      [](const v1::Engagement& e) { return absl::ToUnixMicros(time::FromProto(e.event_time())); },
      "event_time");
  s.columns.push_back({"source_key", ColumnType::kBytes,
                       [](const v1::Engagement& e) { return Value(SourceKey(e)); }});
  s.columns.push_back({"claim", ColumnType::kText, [](const v1::Engagement& e) {
                         const auto ids = resource::Name<v1::Engagement>::Pattern().Match(e.name());
                         return ids && (*ids)[1] == kUnclaimed ? Value(LookupKey(e.contact_point()))
                                                               : Value();
                       }});
  s.columns.push_back({"steward", ColumnType::kText, [](const v1::Engagement& e) {
                         return OwnId<contact::v1::Steward>(e.steward());
                       }});
  s.indexes.push_back({"engagements_by_source", {1}, true});
  s.indexes.push_back({"engagements_by_claim", {2, kId}});
  s.indexes.push_back({"engagements_by_steward", {3, 0, kId}});
  s.feed = false;
  return s;
}

// A day of some year of the calendar; the year and the day may be left open.
bool IsDay(const type::v1::PartialDate& date) {
  if (date.month() == 0) return date.day() == 0;
  if (date.day() == 0) return true;
  const absl::CivilDay day(date.year() == 0 ? 2000 : date.year(), date.month(), date.day());
  return day.month() == date.month();
}

Strategy<v1::CareEvent> CareEventStrategy() {
  auto s = TimedStrategy<v1::CareEvent>(
      "care_events", "care_event",
      [](const v1::CareEvent& e) { return absl::ToUnixMicros(time::FromProto(e.said_time())); },
      "said_time");
  s.check = [](const v1::CareEvent*, const v1::CareEvent& after, resource::Violations* violations) {
    if (!IsDay(after.date())) violations->push_back({"date", "is no day of the calendar"});
  };
  return s;
}

Strategy<contact::v1::Settings> SettingsStrategy() {
  Strategy<contact::v1::Settings> s;
  s.table = "settings";
  s.field = "settings";
  return s;  // published as a copy only; TenantHours tells newer from older by the sequence
}

Strategy<v1::RelationshipStatistics> StatisticsStrategy() {
  Strategy<v1::RelationshipStatistics> s;
  s.table = "statistics";
  s.field = "statistics";
  s.columns = {
      {"person", ColumnType::kText,
       [](const v1::RelationshipStatistics& r) { return OwnId<contact::v1::Person>(r.person()); }},
      {"house", ColumnType::kText,
       [](const v1::RelationshipStatistics& r) { return Value(r.house()); }},
      {"drift", ColumnType::kInt,
       [](const v1::RelationshipStatistics& r) {
         if (!r.has_last_two_way_time() || r.standing() != contact::v1::OPEN) return Value();
         return Value(absl::ToUnixMicros(time::FromProto(r.last_two_way_time()) +
                                         absl::Hours(24) * r.tolerated_days()));
       }},
  };
  s.indexes = {{"statistics_by_person", {0, 1, kId}}, {"statistics_by_drift", {2, kId}}};
  return s;
}

}  // namespace

const store::Table& PointTable() {
  static const auto* const table = new store::Table{
      "points",
      {{"person", ColumnType::kText}, {"point", ColumnType::kText}, {"lookup", ColumnType::kText}},
      2,
      {{"points_by_lookup", {2, 0, 1}, false}},
      -1};
  return *table;
}

std::string SourceKey(const v1::Engagement& engagement) {
  return base::Sha256(absl::StrCat(engagement.source(), "\n", engagement.source_id()))
      .substr(0, 16);
}

std::string LookupKey(const v1::ContactPointKey& key) {
  switch (key.kind()) {
    case v1::ContactPointKey::EMAIL:
      return absl::StrCat("email:", key.value());
    case v1::ContactPointKey::PHONE:
      return absl::StrCat("phone:", key.value());
    default:
      return absl::StrCat("handle:", key.value());
  }
}

Resources::Resources(const resource::PageTokens* tokens, base::Rng* rng,
                     resource::ObjectCache<v1::RelationshipStatistics>* cache)
    : engagements(EngagementStrategy(), tokens, rng, nullptr),
      promises(
          TimedStrategy<v1::Promise>("promises", "promise", rules::PromiseMicros, "promise_time"),
          tokens, rng, nullptr),
      facts(TimedStrategy<v1::Fact>("facts", "fact", rules::FactMicros, "said_time"), tokens, rng,
            nullptr),
      feedback(
          TimedStrategy<v1::Feedback>("feedback", "feedback", rules::GivenMicros, "given_time"),
          tokens, rng, nullptr),
      needs(TimedStrategy<v1::Need>("needs", "need", rules::NeedMicros), tokens, rng, nullptr),
      sales(TimedStrategy<v1::Sale>("sales", "sale", rules::SaleMicros, "sale_time"), tokens, rng,
            nullptr),
      care_events(CareEventStrategy(), tokens, rng, nullptr),
      statistics(StatisticsStrategy(), tokens, rng, nullptr, cache),
      settings(SettingsStrategy(), tokens, rng, nullptr) {}

std::vector<const store::Table*> Resources::tables() const {
  return {&engagements.table(),
          &promises.table(),
          &facts.table(),
          &feedback.table(),
          &needs.table(),
          &sales.table(),
          &care_events.table(),
          &statistics.table(),
          &settings.table(),
          &PointTable(),
          &resource::RequestLog::table(),
          &resource::SecretsTable(),
          &resource::FeedConsumer::table(),
          &resource::FeedConsumer::term_table()};
}

std::string StatisticsName(absl::string_view relationship) {
  return absl::StrCat(relationship, "/statistics");
}

std::string RelationshipName(absl::string_view statistics_or_child) {
  // tenants/t/relationships/r[/...]: everything before the fourth slash.
  std::size_t end = 0;
  for (int slashes = 0; end < statistics_or_child.size(); ++end) {
    if (statistics_or_child[end] == '/' && ++slashes == 4) break;
  }
  return std::string(statistics_or_child.substr(0, end));
}

}  // namespace rapport::engagement
