// The strategies of engagement's resources, and the registries over them.
#ifndef RAPPORT_SERVICES_ENGAGEMENT_RESOURCES_H_
#define RAPPORT_SERVICES_ENGAGEMENT_RESOURCES_H_

#include <string>
#include <vector>

#include "common/resource/registry.h"
#include "rapport/contact/v1/steward.pb.h"
#include "rapport/engagement/v1/care.pb.h"
#include "rapport/engagement/v1/engagement.pb.h"
#include "rapport/engagement/v1/need.pb.h"
#include "rapport/engagement/v1/promise.pb.h"
#include "rapport/engagement/v1/rapport.pb.h"
#include "rapport/engagement/v1/sale.pb.h"

namespace rapport::engagement {

// Stands where a relationship's id would for what could not be given to anybody yet.
inline constexpr char kUnclaimed[] = "unclaimed";

// Indexes, by position.
inline constexpr int kByTime = 0;                // of everything on the timeline
inline constexpr int kEngagementsBySource = 1;   // (source key)
inline constexpr int kEngagementsByClaim = 2;    // (claim key, id)
inline constexpr int kEngagementsBySteward = 3;  // (steward id, time, id)
inline constexpr int kStatisticsByPerson = 0;    // (person id, house, id)
inline constexpr int kStatisticsByDrift = 1;     // (instant at which silence is too long, id)

// Contact points, copied from contact: (person id, point id) -> lookup key; index (lookup, person,
// point).
const store::Table& PointTable();
inline constexpr int kPointsByLookup = 0;

// Identity of an engagement: 16 bytes of a hash of (source, source_id).
std::string SourceKey(const v1::Engagement& engagement);
// "email:ana@lusotextil.example"; the form that contact gives its points.
std::string LookupKey(const v1::ContactPointKey& key);

struct Resources {
  Resources(const resource::PageTokens* tokens, base::Rng* rng,
            resource::ObjectCache<v1::RelationshipStatistics>* cache);

  resource::Registry<v1::Engagement> engagements;
  resource::Registry<v1::Promise> promises;
  resource::Registry<v1::Fact> facts;
  resource::Registry<v1::Feedback> feedback;
  resource::Registry<v1::Need> needs;
  resource::Registry<v1::Sale> sales;
  resource::Registry<v1::CareEvent> care_events;
  resource::Registry<v1::RelationshipStatistics> statistics;
  // Copied from contact.
  resource::Registry<contact::v1::Settings> settings;

  std::vector<const store::Table*> tables() const;
};

// Name of the statistics of a relationship, and back.
std::string StatisticsName(absl::string_view relationship);
std::string RelationshipName(absl::string_view statistics_or_child);

}  // namespace rapport::engagement

#endif  // RAPPORT_SERVICES_ENGAGEMENT_RESOURCES_H_
