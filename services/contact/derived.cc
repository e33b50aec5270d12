#include "services/contact/derived.h"

#include <algorithm>

#include "common/base/status_macros.h"
#include "common/resource/name.h"
#include "services/contact/feeds/engagement_feed.h"
#include "services/contact/people_service.h"
#include "services/contact/relationship_service.h"

namespace rapport::contact {
namespace {

// Rhythm and whether a human cares: from settings and stewards.
absl::Status MakeRelationship(const Resources& resources, const RelationshipService& relationships,
                              store::Tx& tx, const base::CallContext& context,
                              const store::Row& row) {
  const v1::Relationship before = resources.relationships.FromRow(row);
  v1::Relationship after = before;
  ASSIGN_OR_RETURN(const bool changed, relationships.Derive(tx, context, &after));
  return changed ? resources.relationships.Write(tx, context, &before, &after) : absl::OkStatus();
}

// A row of ExternalIdTable stays for as long as its person holds the id.
absl::Status KeepExternalId(const Resources& resources, store::Tx& tx, const store::Row& row) {
  const auto name = resource::Name<v1::Person>::Of(tx.tenant().value(), store::AsText(row[2]));
  ASSIGN_OR_RETURN(const auto person, resources.people.Find(tx, name.text()));
  const auto is_it = [&](const v1::ExternalId& external) {
    return external.source() == store::AsText(row[0]) && external.id() == store::AsText(row[1]);
  };
  if (person && !person->has_delete_time() &&
      std::any_of(person->external_ids().begin(), person->external_ids().end(), is_it)) {
    return absl::OkStatus();
  }
  return tx.Delete(ExternalIdTable(), absl::MakeConstSpan(row).first(2));
}

}  // namespace

void AddDerived(const Resources& resources, resource::Schema* schema) {
  static const auto* const relationships = new RelationshipService(&resources, nullptr);
  static const auto* const people = new PeopleService(&resources, relationships, nullptr);
  static const auto* const from_engagement = new EngagementFeed(&resources);
  schema->derived = {
      resource::ColumnsOf(resources.people),         resource::ColumnsOf(resources.contact_points),
      resource::ColumnsOf(resources.relationships),  resource::ColumnsOf(resources.stewards),
      resource::ColumnsOf(resources.settings),       resource::ColumnsOf(resources.preferences),
      resource::ColumnsOf(resources.consent_entries)};
  schema->derived.push_back(
      {"relationships", &resources.relationships.table(),
       [&resources](store::Tx& tx, const base::CallContext& context, const store::Row& row) {
         return MakeRelationship(resources, *relationships, tx, context, row);
       }});
  schema->derived.push_back(
      {"external ids of people", &resources.people.table(),
       [&resources](store::Tx& tx, const base::CallContext&, const store::Row& row) {
         return people->IndexExternalIds(tx, nullptr, resources.people.FromRow(row),
                                         "external_ids");
       }});
  schema->derived.push_back(
      {"external ids", &ExternalIdTable(),
       [&resources](store::Tx& tx, const base::CallContext&, const store::Row& row) {
         return KeepExternalId(resources, tx, row);
       }});
  schema->copies = {
      {"engagement", "statistics", &resources.relationships.table(), false, false,
       [](store::Tx& tx, const base::CallContext& context, const google::protobuf::Any& resource) {
         return from_engagement->Apply(tx, context, resource);
       }}};
  schema->bodies = {
      resource::BodyOf(resources.people),         resource::BodyOf(resources.contact_points),
      resource::BodyOf(resources.relationships),  resource::BodyOf(resources.stewards),
      resource::BodyOf(resources.settings),       resource::BodyOf(resources.preferences),
      resource::BodyOf(resources.consent_entries)};
}

}  // namespace rapport::contact
