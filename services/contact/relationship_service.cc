#include "services/contact/relationship_service.h"

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/resource/standard_methods.h"
#include "services/contact/rules/rhythm.h"
#include "services/contact/rules/standing.h"

namespace rapport::contact {

using base::CallContext;
using resource::Name;

void RelationshipService::Register(resource::Methods* methods) {
  const std::string prefix = "rapport.contact.v1.RelationshipService/";
  methods->Write<v1::OpenRelationshipRequest, v1::Relationship>(
      prefix + "OpenRelationship",
      [this](store::Tx& tx, const CallContext& context,
             const v1::OpenRelationshipRequest& request) { return Open(tx, context, request); });
  resource::BindHotGet<v1::GetRelationshipRequest>(methods, prefix + "GetRelationship",
                                                   resources_.relationships, cache_);
  resource::Bind<v1::GetRelationshipRequest>(
      methods, resources_.relationships,
      {.update = resource::Handle(this, &RelationshipService::Update), .own = {"GetRelationship"}});
  methods->Write<v1::AssignStewardsRequest, v1::Relationship>(
      prefix + "AssignStewards",
      [this](store::Tx& tx, const CallContext& context, const v1::AssignStewardsRequest& request) {
        return Change(tx, context, request.name(), request.etag(), [&](v1::Relationship* after) {
          *after->mutable_stewards() = request.stewards();
          return absl::OkStatus();
        });
      });
  methods->Write<v1::RestRelationshipRequest, v1::Relationship>(
      prefix + "RestRelationship",
      [this](store::Tx& tx, const CallContext& context, const v1::RestRelationshipRequest& r) {
        return Move(tx, context, r.name(), r.etag(), v1::RESTING, r.said_by(),
                    !r.evidence().empty(), r.reason());
      });
  methods->Write<v1::ReopenRelationshipRequest, v1::Relationship>(
      prefix + "ReopenRelationship",
      [this](store::Tx& tx, const CallContext& context, const v1::ReopenRelationshipRequest& r) {
        return Move(tx, context, r.name(), r.etag(), v1::OPEN, r.said_by(), false, r.reason());
      });
  methods->Write<v1::QuietRelationshipRequest, v1::Relationship>(
      prefix + "QuietRelationship",
      [this](store::Tx& tx, const CallContext& context, const v1::QuietRelationshipRequest& r) {
        return Move(tx, context, r.name(), r.etag(), v1::QUIETED, r.said_by(), false, r.reason());
      });
  methods->Write<v1::UnquietRelationshipRequest, v1::Relationship>(
      prefix + "UnquietRelationship",
      [this](store::Tx& tx, const CallContext& context,
             const v1::UnquietRelationshipRequest& r) -> absl::StatusOr<v1::Relationship> {
        ASSIGN_OR_RETURN(const auto before, resources_.relationships.GetLiving(tx, r.name()));
        if (before.standing() != v1::QUIETED) {
          return errors::StateTransition(r.name(), v1::Standing_Name(before.standing()),
                                         "only a quieted relationship can be unquieted");
        }
        return Move(tx, context, r.name(), r.etag(), v1::OPEN, r.said_by(), !r.evidence().empty(),
                    r.reason());
      });
  RegisterCareGuard(methods);
}

absl::StatusOr<bool> RelationshipService::Derive(store::Tx& tx, const CallContext& context,
                                                 v1::Relationship* relationship) const {
  const std::string before = relationship->SerializeAsString();
  ASSIGN_OR_RETURN(const auto settings, SettingsOf(resources_, tx, context.tenant));
  relationship->clear_effective_rhythm();
  if (const auto rhythm = rules::EffectiveRhythm(*relationship, settings)) {
    *relationship->mutable_effective_rhythm() = *rhythm;
  }
  bool human = false;
  for (const auto& name : relationship->stewards()) {
    ASSIGN_OR_RETURN(const auto steward, resources_.stewards.GetLiving(tx, name));
    human |= !steward.bot();
  }
  relationship->set_orphaned(!human);
  return relationship->SerializeAsString() != before;
}

absl::Status RelationshipService::Write(store::Tx& tx, const CallContext& context,
                                        const v1::Relationship* before,
                                        v1::Relationship* after) const {
  RETURN_IF_ERROR(Derive(tx, context, after).status());
  return resources_.relationships.Write(tx, context, before, after);
}

absl::StatusOr<std::vector<v1::Relationship>> RelationshipService::OfPerson(
    store::Reader& reader, absl::string_view person) const {
  ASSIGN_OR_RETURN(const auto name, Name<v1::Person>::Parse(person));
  store::Range range;
  range.index = kRelationshipsByPerson;
  range.prefix = {name.id()};
  std::vector<v1::Relationship> found;
  RETURN_IF_ERROR(reader.Scan(resources_.relationships.table(), range, [&](store::Row& row) {
    found.push_back(resources_.relationships.FromRow(row));
    return true;
  }));
  return found;
}

absl::StatusOr<v1::Relationship> RelationshipService::OpenOrFind(
    store::Tx& tx, const CallContext& context, const std::string& person, const std::string& house,
    const std::vector<std::string>& stewards, bool* opened) const {
  *opened = false;
  ASSIGN_OR_RETURN(const auto existing, OfPerson(tx, person));
  const std::string wanted = house.empty() ? kDefaultHouse : house;
  for (const auto& relationship : existing) {
    if (relationship.house() == wanted) return relationship;
  }
  v1::Relationship relationship;
  relationship.set_name(resources_.relationships.NewName(
      absl::StrCat("tenants/", context.tenant.value()), context.now));
  relationship.set_person(person);
  relationship.set_house(wanted);
  for (const auto& steward : stewards) relationship.add_stewards(steward);
  RETURN_IF_ERROR(Write(tx, context, nullptr, &relationship));
  *opened = true;
  return relationship;
}

absl::StatusOr<v1::Relationship> RelationshipService::Open(
    store::Tx& tx, const CallContext& context, const v1::OpenRelationshipRequest& request) const {
  const auto& wanted = request.relationship();
  RETURN_IF_ERROR(resources_.people.GetLiving(tx, wanted.person()).status());
  ASSIGN_OR_RETURN(const auto settings, SettingsOf(resources_, tx, context.tenant));
  const std::string house = wanted.house().empty() ? kDefaultHouse : wanted.house();
  bool known = false;
  for (const auto& candidate : settings.houses()) known |= candidate.id() == house;
  if (!known) return errors::InvalidField("relationship.house", "is no house of the settings");
  ASSIGN_OR_RETURN(const auto existing, OfPerson(tx, wanted.person()));
  for (const auto& relationship : existing) {
    if (relationship.house() == house) return errors::RelationshipExists(relationship.name());
  }
  v1::Relationship relationship = wanted;
  resource::ClearOutputOnly(&relationship);
  relationship.set_house(house);
  relationship.set_name(resources_.relationships.NewName(request.parent(), context.now));
  RETURN_IF_ERROR(Write(tx, context, nullptr, &relationship));
  return relationship;
}

absl::StatusOr<v1::Relationship> RelationshipService::Update(
    store::Tx& tx, const CallContext& context, const v1::UpdateRelationshipRequest& request) const {
  const auto& patch = request.relationship();
  if (patch.name().empty()) return errors::InvalidField("relationship.name", "must be set");
  return Change(tx, context, patch.name(), patch.etag(), [&](v1::Relationship* after) {
    return resource::ApplyMask(patch, request.update_mask(), "relationship", after);
  });
}

absl::StatusOr<v1::Relationship> RelationshipService::Change(
    store::Tx& tx, const CallContext& context, const std::string& name, const std::string& etag,
    absl::FunctionRef<absl::Status(v1::Relationship*)> change) const {
  ASSIGN_OR_RETURN(const v1::Relationship before, resources_.relationships.GetLiving(tx, name));
  if (!etag.empty() && etag != before.etag()) return errors::EtagMismatch(name);
  v1::Relationship after = before;
  RETURN_IF_ERROR(change(&after));
  ASSIGN_OR_RETURN(const bool same, resources_.relationships.Unchanged(tx, before, after));
  if (same) return after;
  RETURN_IF_ERROR(Write(tx, context, &before, &after));
  return after;
}

absl::StatusOr<v1::Relationship> RelationshipService::Move(
    store::Tx& tx, const CallContext& context, const std::string& name, const std::string& etag,
    v1::Standing to, type::v1::Party said_by, bool evidence, const std::string& reason) const {
  return Change(tx, context, name, etag, [&](v1::Relationship* after) -> absl::Status {
    switch (rules::CheckMove(after->standing(), to, said_by, evidence)) {
      case rules::StandingRule::kAlreadyThere:
        return errors::StateTransition(name, v1::Standing_Name(after->standing()),
                                       "it stands there already");
      case rules::StandingRule::kPersonsWord:
        return errors::Quieted(name, "said_by PARTY_PERSON, with evidence");
      case rules::StandingRule::kNone:
        break;
    }
    after->set_standing(to);
    after->set_standing_reason(reason);
    *after->mutable_standing_time() = time::ToProto(context.now);
    return absl::OkStatus();
  });
}

}  // namespace rapport::contact
