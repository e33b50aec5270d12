#include "services/engagement/derived.h"

#include <algorithm>
#include <string>

#include "common/base/status_macros.h"
#include "common/resource/page_token.h"
#include "common/time/proto_time.h"
#include "google/protobuf/util/field_comparator.h"
#include "google/protobuf/util/message_differencer.h"
#include "services/engagement/engagement_service.h"
#include "services/engagement/feeds/contact_feed.h"
#include "services/engagement/journal.h"
#include "services/engagement/tenant_hours.h"

namespace rapport::engagement {
namespace {

bool SameButForRounding(const v1::RelationshipStatistics& a, const v1::RelationshipStatistics& b) {
  google::protobuf::util::DefaultFieldComparator comparator;
  comparator.set_float_comparison(google::protobuf::util::DefaultFieldComparator::APPROXIMATE);
  comparator.SetDefaultFractionAndMargin(resource::kSumTolerance, resource::kSumTolerance);
  google::protobuf::util::MessageDifferencer differencer;
  differencer.set_field_comparator(&comparator);
  return differencer.Compare(a, b);
}

// What the journal says; if that is what is there, the columns that follow from it.
absl::Status MakeStatistics(const Resources& resources, const rules::Parameters& parameters,
                            store::Tx& tx, const base::CallContext& context,
                            const store::Row& row) {
  const v1::RelationshipStatistics stored = resources.statistics.FromRow(row);
  // The service may have another clock; nothing in the journal is later than its last word.
  base::CallContext at = context;
  at.now = std::max(context.now, time::FromProto(stored.update_time()));
  ASSIGN_OR_RETURN(const auto anew, ReplayedStatistics(resources, tx, stored, at.now, parameters));
  if (SameButForRounding(stored, anew)) return resources.statistics.Put(tx, stored);
  StatisticsChange change(&resources, &parameters, &tx, &at);
  change.Replay(RelationshipName(stored.name()));
  return change.Save();
}

// Letters that wait although their address leads to somebody.
absl::Status ClaimLetters(const Resources& resources, const rules::Parameters& parameters,
                          const EngagementService& engagements, store::Tx& tx,
                          const base::CallContext& context, const store::Row& point) {
  StatisticsChange change(&resources, &parameters, &tx, &context);
  RETURN_IF_ERROR(engagements.Claim(tx, context, store::AsText(point[2]), &change));
  return change.Save();
}

}  // namespace

void AddDerived(const Resources& resources, resource::Schema* schema) {
  static const rules::Parameters* const parameters = new rules::Parameters;
  static const auto* const no_tokens = new resource::PageTokens("");
  static auto* const rng = new base::SystemRng;
  static const auto* const engagements =
      new EngagementService(&resources, no_tokens, parameters, rng);
  static auto* const hours = new TenantHours(&resources, 0);
  static const auto* const from_contact =
      new ContactFeed(&resources, parameters, engagements, hours);
  schema->derived = {
      resource::ColumnsOf(resources.engagements), resource::ColumnsOf(resources.promises),
      resource::ColumnsOf(resources.facts),       resource::ColumnsOf(resources.feedback),
      resource::ColumnsOf(resources.needs),       resource::ColumnsOf(resources.sales),
      resource::ColumnsOf(resources.care_events), resource::ColumnsOf(resources.settings)};
  schema->derived.push_back(
      {"letters that wait", &PointTable(),
       [&resources](store::Tx& tx, const base::CallContext& context, const store::Row& row) {
         return ClaimLetters(resources, *parameters, *engagements, tx, context, row);
       }});
  schema->derived.push_back(
      {"statistics", &resources.statistics.table(),
       [&resources](store::Tx& tx, const base::CallContext& context, const store::Row& row) {
         return MakeStatistics(resources, *parameters, tx, context, row);
       }});
  const auto apply = [](store::Tx& tx, const base::CallContext& context,
                        const google::protobuf::Any& resource) {
    return from_contact->Apply(tx, context, resource);
  };
  schema->copies = {{"contact", "relationships", &resources.statistics.table(), true, false, apply},
                    {"contact", "contact_points", &PointTable(), true, true, apply},
                    {"contact", "settings", &resources.settings.table(), true, false, apply}};
  schema->bodies = {resource::BodyOf(resources.engagements), resource::BodyOf(resources.promises),
                    resource::BodyOf(resources.facts),       resource::BodyOf(resources.feedback),
                    resource::BodyOf(resources.needs),       resource::BodyOf(resources.sales),
                    resource::BodyOf(resources.care_events), resource::BodyOf(resources.statistics),
                    resource::BodyOf(resources.settings)};
}

}  // namespace rapport::engagement
