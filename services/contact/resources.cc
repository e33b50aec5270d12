#include "services/contact/resources.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "common/base/status_macros.h"
#include "common/resource/feed_consumer.h"
#include "common/resource/request_log.h"
#include "common/resource/secrets.h"

namespace rapport::contact {

using resource::Strategy;
using resource::Violations;
using store::ColumnType;
using store::Value;

namespace {

// Without a year: a day that some year has.
bool IsDay(const type::v1::PartialDate& date) {
  if (date.month() < 1 || date.month() > 12 || date.day() < 1) return false;
  const int year = date.year() == 0 ? 2000 : date.year();  // 2000 has a 29 February
  return absl::CivilDay(year, date.month(), date.day()).month() == date.month() && date.day() <= 31;
}

using Windows = google::protobuf::RepeatedPtrField<v1::DailyWindow>;

void CheckWindows(const std::string& path, const Windows& windows, Violations* violations) {
  for (int i = 0; i < windows.size(); ++i) {
    std::set<int> days;
    for (int k = 0; k < windows[i].weekdays_size(); ++k) {
      if (days.insert(windows[i].weekdays(k)).second) continue;
      violations->push_back({absl::StrCat(path, "[", i, "].weekdays[", k, "]"), "is there twice"});
    }
  }
}

Strategy<v1::Person> PersonStrategy() {
  Strategy<v1::Person> s;
  s.table = "people";
  s.field = "person";
  s.check = [](const v1::Person*, const v1::Person& after, Violations* violations) {
    for (int i = 0; i < after.anniversaries_size(); ++i) {
      const auto& date = after.anniversaries(i).date();
      if (!IsDay(date)) {
        violations->push_back(
            {absl::StrCat("anniversaries[", i, "].date"),
             date.year() == 0 ? "must be a day that some year has" : "must be a day of that year"});
      }
    }
    std::set<std::pair<std::string, std::string>> seen;
    for (int i = 0; i < after.external_ids_size(); ++i) {
      const auto& id = after.external_ids(i);
      if (!seen.emplace(id.source(), id.id()).second) {
        violations->push_back({absl::StrCat("external_ids[", i, "]"), "is there twice"});
      }
    }
  };
  return s;
}

Strategy<v1::ContactPoint> ContactPointStrategy() {
  Strategy<v1::ContactPoint> s;
  s.table = "contact_points";
  s.field = "contact_point";
  s.prepare = [](const v1::ContactPoint*, v1::ContactPoint* after, absl::Time) {
    if (after->kind() != v1::ContactPoint::POSTAL) after->clear_region();
  };
  s.columns = {
      {"lookup", ColumnType::kText,
       [](const v1::ContactPoint& p) {
         return p.has_delete_time() ? Value() : Value(LookupKey(p.kind(), p.normalized_value()));
       }},
  };
  s.indexes = {{"contact_points_by_value", {0, resource::kParent, resource::kId}}};
  return s;
}

Strategy<v1::Relationship> RelationshipStrategy() {
  Strategy<v1::Relationship> s;
  s.table = "relationships";
  s.field = "relationship";
  s.prepare = [](const v1::Relationship* before, v1::Relationship* after, absl::Time now) {
    if (after->house().empty()) after->set_house(kDefaultHouse);
    if (before == nullptr && after->standing() == v1::STANDING_UNSPECIFIED) {
      after->set_standing(v1::OPEN);
      *after->mutable_standing_time() = time::ToProto(now);
    }
  };
  s.check = [](const v1::Relationship*, const v1::Relationship& after, Violations* violations) {
    std::set<std::string> seen;
    for (int i = 0; i < after.stewards_size(); ++i) {
      if (!seen.insert(after.stewards(i)).second) {
        violations->push_back({absl::StrCat("stewards[", i, "]"), "is there twice"});
      }
    }
  };
  s.columns = {
      {"person", ColumnType::kText,
       [](const v1::Relationship& r) {
         const auto person = resource::Name<v1::Person>::Parse(r.person());
         return person.ok() ? Value(person->id()) : Value();
       },
       "person"},
      {"house", ColumnType::kText, [](const v1::Relationship& r) { return Value(r.house()); },
       "house"},
  };
  s.indexes = {{"relationships_by_person", {0, 1, resource::kId}}};
  return s;
}

Strategy<v1::Steward> StewardStrategy() {
  Strategy<v1::Steward> s;
  s.table = "stewards";
  s.field = "steward";
  return s;
}

Strategy<v1::Settings> SettingsStrategy() {
  Strategy<v1::Settings> s;
  s.table = "settings";
  s.field = "settings";
  s.prepare = [](const v1::Settings*, v1::Settings* after, absl::Time) {
    for (const auto& house : after->houses()) {
      if (house.id() == kDefaultHouse) return;
    }
    after->add_houses()->set_id(kDefaultHouse);
  };
  s.check = [](const v1::Settings*, const v1::Settings& after, Violations* violations) {
    std::set<std::string> houses;
    for (int i = 0; i < after.houses_size(); ++i) {
      if (!houses.insert(after.houses(i).id()).second) {
        violations->push_back({absl::StrCat("houses[", i, "].id"), "is there twice"});
      }
    }
    std::set<std::string> labels;
    for (int i = 0; i < after.label_rhythms_size(); ++i) {
      if (!labels.insert(after.label_rhythms(i).label()).second) {
        violations->push_back({absl::StrCat("label_rhythms[", i, "].label"), "is there twice"});
      }
    }
    CheckWindows("working_hours", after.working_hours(), violations);
    std::set<int> purposes;
    for (int i = 0; i < after.caps_size(); ++i) {
      if (!purposes.insert(after.caps(i).purpose()).second) {
        violations->push_back({absl::StrCat("caps[", i, "].purpose"), "is there twice"});
      }
    }
  };
  return s;
}

Strategy<v1::Preference> PreferenceStrategy() {
  Strategy<v1::Preference> s;
  s.table = "preferences";
  s.field = "preference";
  s.check = [](const v1::Preference*, const v1::Preference& after, Violations* violations) {
    std::set<int> channels;
    for (int i = 0; i < after.channels_size(); ++i) {
      if (!channels.insert(after.channels(i).channel()).second) {
        violations->push_back({absl::StrCat("channels[", i, "].channel"), "is there twice"});
      }
      CheckWindows(absl::StrCat("channels[", i, "].windows"), after.channels(i).windows(),
                   violations);
    }
    CheckWindows("quiet_hours", after.quiet_hours(), violations);
    if (after.has_not_before() && (after.not_before().year() == 0 || !IsDay(after.not_before()))) {
      violations->push_back({"not_before", "must be a whole date: year, month and day"});
    }
  };
  return s;
}

Strategy<v1::ConsentEntry> ConsentEntryStrategy() {
  Strategy<v1::ConsentEntry> s;
  s.table = "consent_entries";
  s.field = "consent_entry";
  return s;
}

}  // namespace

const store::Table& ExternalIdTable() {
  static const auto* const table = new store::Table{"external_ids",
                                                    {{"source", ColumnType::kText},
                                                     {"external_id", ColumnType::kText},
                                                     {"person", ColumnType::kText}},
                                                    2,
                                                    {},
                                                    -1};
  return *table;
}

std::string LookupKey(v1::ContactPoint::Kind kind, absl::string_view normalized) {
  switch (kind) {
    case v1::ContactPoint::EMAIL:
      return absl::StrCat("email:", normalized);
    case v1::ContactPoint::PHONE:
      return absl::StrCat("phone:", normalized);
    case v1::ContactPoint::POSTAL:
      return absl::StrCat("postal:", normalized);
    default:
      return absl::StrCat("handle:", normalized);
  }
}

Resources::Resources(const resource::PageTokens* tokens, base::Rng* rng, resource::HotCache* cache)
    : people(PersonStrategy(), tokens, rng, cache),
      contact_points(ContactPointStrategy(), tokens, rng, nullptr),
      relationships(RelationshipStrategy(), tokens, rng, cache),
      stewards(StewardStrategy(), tokens, rng, nullptr),
      settings(SettingsStrategy(), tokens, rng, nullptr),
      preferences(PreferenceStrategy(), tokens, rng, nullptr),
      consent_entries(ConsentEntryStrategy(), tokens, rng, nullptr) {}

std::vector<const store::Table*> Resources::tables() const {
  return {&people.table(),
          &contact_points.table(),
          &relationships.table(),
          &stewards.table(),
          &settings.table(),
          &preferences.table(),
          &consent_entries.table(),
          &ExternalIdTable(),
          &resource::SecretsTable(),
          &resource::FeedConsumer::table(),
          &resource::FeedConsumer::term_table(),
          &resource::RequestLog::table()};
}

absl::StatusOr<v1::Settings> SettingsOf(const Resources& resources, store::Reader& reader,
                                        const base::TenantId& tenant) {
  const std::string name = resource::Name<v1::Settings>::Of(tenant.value()).text();
  ASSIGN_OR_RETURN(auto stored, resources.settings.Find(reader, name));
  if (stored) return *std::move(stored);
  v1::Settings defaults;
  defaults.set_name(name);
  defaults.set_uid("settings");
  defaults.set_etag("\"0\"");
  defaults.add_houses()->set_id(kDefaultHouse);
  return defaults;
}

resource::ParentCheck KnownPerson(const Resources& resources) {
  return [&resources](store::Reader& reader, const std::string& person) {
    return resources.people.Get(reader, person).status();
  };
}

}  // namespace rapport::contact
