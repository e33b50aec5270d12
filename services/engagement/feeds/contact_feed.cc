#include "services/engagement/feeds/contact_feed.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/resource/name.h"
#include "services/engagement/rules/statistics.h"

namespace rapport::engagement {

using base::CallContext;
using resource::Name;

namespace {

std::string LookupOf(const contact::v1::ContactPoint& point) {
  v1::ContactPointKey key;
  key.set_value(point.normalized_value());
  switch (point.kind()) {
    case contact::v1::ContactPoint::EMAIL:
      key.set_kind(v1::ContactPointKey::EMAIL);
      break;
    case contact::v1::ContactPoint::PHONE:
      key.set_kind(v1::ContactPointKey::PHONE);
      break;
    case contact::v1::ContactPoint::POSTAL:
      return "";  // nobody sends a message to a house front
    default:
      key.set_kind(v1::ContactPointKey::HANDLE);
  }
  return LookupKey(key);
}

}  // namespace

absl::Status ContactFeed::Apply(store::Tx& tx, const CallContext& context,
                                const google::protobuf::Any& resource) const {
  if (resource.Is<contact::v1::Relationship>()) {
    contact::v1::Relationship relationship;
    if (!resource.UnpackTo(&relationship)) return errors::MalformedRequest();
    return ApplyRelationship(tx, context, relationship);
  }
  if (resource.Is<contact::v1::ContactPoint>()) {
    contact::v1::ContactPoint point;
    if (!resource.UnpackTo(&point)) return errors::MalformedRequest();
    return ApplyPoint(tx, context, point);
  }
  if (resource.Is<contact::v1::Settings>()) {
    contact::v1::Settings settings;
    if (!resource.UnpackTo(&settings)) return errors::MalformedRequest();
    return hours_.Put(tx, settings);
  }
  return absl::OkStatus();  // the rest of contact is none of our business
}

absl::Status ContactFeed::ApplyRelationship(store::Tx& tx, const CallContext& context,
                                            const contact::v1::Relationship& relationship) const {
  const std::string name = StatisticsName(relationship.name());
  ASSIGN_OR_RETURN(const auto known, resources_.statistics.Find(tx, name));
  v1::RelationshipStatistics after = known ? *known : v1::RelationshipStatistics();
  after.set_name(name);
  after.set_person(relationship.person());
  after.set_house(relationship.house());
  after.set_standing(relationship.standing());
  *after.mutable_stewards() = relationship.stewards();
  after.clear_declared_rhythm();
  if (relationship.has_effective_rhythm()) {
    *after.mutable_declared_rhythm() = relationship.effective_rhythm();
  }
  rules::DeriveRhythm(DeclaredRhythmOf(after), parameters_, &after);
  if (known) {
    ASSIGN_OR_RETURN(const bool same, resources_.statistics.Unchanged(tx, *known, after));
    if (same) return absl::OkStatus();
  }
  resources_.statistics.Stamp(known ? &*known : nullptr, &after, context.now);
  RETURN_IF_ERROR(resources_.statistics.Put(tx, after));
  if (known) return absl::OkStatus();
  // A new relationship: its person's addresses may have letters waiting.
  store::Range points;
  points.prefix = {Name<contact::v1::Person>::Parse(relationship.person())->id()};
  std::vector<std::string> lookups;
  RETURN_IF_ERROR(tx.Scan(PointTable(), points, [&](store::Row& row) {
    lookups.push_back(store::AsText(row[2]));
    return true;
  }));
  StatisticsChange statistics(&resources_, &parameters_, &tx, &context);
  for (const auto& lookup : lookups) {
    RETURN_IF_ERROR(engagements_.Claim(tx, context, lookup, &statistics));
  }
  return statistics.Save();
}

absl::Status ContactFeed::ApplyPoint(store::Tx& tx, const CallContext& context,
                                     const contact::v1::ContactPoint& point) const {
  const auto name = Name<contact::v1::ContactPoint>::Parse(point.name());
  if (!name.ok()) return name.status();
  const std::string lookup = LookupOf(point);
  if (lookup.empty()) return absl::OkStatus();
  const std::vector<store::Value> key{name->id(1), name->id()};
  if (point.has_delete_time()) return tx.Delete(PointTable(), key);
  RETURN_IF_ERROR(tx.Put(PointTable(), store::Row{name->id(1), name->id(), lookup}).status());
  StatisticsChange statistics(&resources_, &parameters_, &tx, &context);
  RETURN_IF_ERROR(engagements_.Claim(tx, context, lookup, &statistics));
  return statistics.Save();
}

}  // namespace rapport::engagement
