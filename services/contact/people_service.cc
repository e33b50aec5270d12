#include "services/contact/people_service.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/resource/standard_methods.h"
#include "services/contact/contact_point_value.h"
#include "services/contact/rules/provenance.h"

namespace rapport::contact {

using base::CallContext;
using resource::Name;

namespace {

// The same card but for the time at which its fields were noted.
rules::Source SourceOf(const CallContext& context, v1::Trust trust, const std::string& source) {
  return {source.empty() ? context.principal : source,
          trust == v1::TRUST_UNSPECIFIED ? v1::TRUST_STEWARD : trust};
}

bool IsHouse(const std::string& id, const v1::Settings& settings) {
  return id.empty() || std::any_of(settings.houses().begin(), settings.houses().end(),
                                   [&](const v1::House& house) { return house.id() == id; });
}

}  // namespace

PeopleService::PeopleService(const Resources* resources, const RelationshipService* relationships,
                             resource::HotCache* cache)
    : resources_(*resources),
      relationships_(*relationships),
      cache_(cache),
      item_validator_(v1::PersonUpsert::descriptor()) {}

void PeopleService::Register(resource::Methods* methods) {
  RegisterPeople(methods);
  RegisterContactPoints(methods);
  RegisterPreferences(methods);
}

void PeopleService::RegisterPeople(resource::Methods* methods) {
  const std::string prefix = "rapport.contact.v1.PeopleService/";
  resource::BindHotGet<v1::GetPersonRequest>(methods, prefix + "GetPerson", resources_.people,
                                             cache_);
  resource::Bind<v1::GetPersonRequest>(
      methods, resources_.people,
      {.create = resource::Handle(this, &PeopleService::Create),
       .update = resource::Handle(this, &PeopleService::Update),
       .remove = resource::Handle(this, &PeopleService::Delete),
       .undelete = resource::Handle(this, &PeopleService::Undelete),
       .own = {"GetPerson"}});
  auto& batch = methods->Write<v1::BatchUpsertPeopleRequest, v1::BatchUpsertPeopleResponse>(
      prefix + "BatchUpsertPeople", [this](store::Tx& tx, const CallContext& context,
                                           const v1::BatchUpsertPeopleRequest& request) {
        return BatchUpsert(tx, context, request);
      });
  batch.max_request_bytes = 4 << 20;
  batch.default_deadline = absl::Seconds(30);
  methods->Read<v1::LookupPersonRequest, v1::LookupPersonResponse>(
      prefix + "LookupPerson", [this](store::Snapshot& snapshot, const CallContext& context,
                                      const v1::LookupPersonRequest& request) {
        return Lookup(snapshot, context, request);
      });
}

absl::Status PeopleService::IndexExternalIds(store::Tx& tx, const v1::Person* before,
                                             const v1::Person& after,
                                             const std::string& field) const {
  const std::string id = Name<v1::Person>::Parse(after.name())->id();
  std::set<std::pair<std::string, std::string>> wanted;
  if (!after.has_delete_time()) {
    for (const auto& external : after.external_ids()) {
      wanted.emplace(external.source(), external.id());
    }
  }
  if (before != nullptr) {
    for (const auto& external : before->external_ids()) {
      if (wanted.contains({external.source(), external.id()})) continue;
      const std::vector<store::Value> key{external.source(), external.id()};
      RETURN_IF_ERROR(tx.Delete(ExternalIdTable(), key));
    }
  }
  for (const auto& [source, external] : wanted) {
    const std::vector<store::Value> key{source, external};
    ASSIGN_OR_RETURN(const auto row, tx.Get(ExternalIdTable(), key));
    if (row && store::AsText((*row)[2]) != id) return errors::ExternalIdTaken(field);
    if (!row) {
      RETURN_IF_ERROR(tx.Put(ExternalIdTable(), store::Row{source, external, id}).status());
    }
  }
  return absl::OkStatus();
}

absl::Status PeopleService::RestoreExternalIds(store::Tx& tx, const v1::Person& person) const {
  if (person.has_delete_time()) return absl::OkStatus();
  for (const auto& external : person.external_ids()) {
    const std::vector<store::Value> key{external.source(), external.id()};
    ASSIGN_OR_RETURN(const auto row, tx.Get(ExternalIdTable(), key));
    if (row) return errors::ExternalIdTaken("external_ids");
  }
  return IndexExternalIds(tx, nullptr, person, "external_ids");
}

absl::StatusOr<v1::Person> PeopleService::Create(store::Tx& tx, const CallContext& context,
                                                 const v1::CreatePersonRequest& request) const {
  v1::Person person = request.person();
  resource::ClearOutputOnly(&person);
  person.set_name(resource::NewNameFor(resources_.people, context, request));
  ASSIGN_OR_RETURN(const auto taken, resources_.people.Find(tx, person.name()));
  if (taken) return errors::ResourceExists(person.name());
  rules::NoteChanges(v1::Person(), SourceOf(context, v1::TRUST_UNSPECIFIED, ""), context.now,
                     &person);
  RETURN_IF_ERROR(IndexExternalIds(tx, nullptr, person, "person.external_ids"));
  RETURN_IF_ERROR(resources_.people.Write(tx, context, nullptr, &person));
  bool opened = false;
  RETURN_IF_ERROR(
      relationships_.OpenOrFind(tx, context, person.name(), kDefaultHouse, {}, &opened).status());
  return person;
}

absl::StatusOr<v1::Person> PeopleService::Update(store::Tx& tx, const CallContext& context,
                                                 const v1::UpdatePersonRequest& request) const {
  const auto& patch = request.person();
  if (patch.name().empty()) return errors::InvalidField("person.name", "must be set");
  ASSIGN_OR_RETURN(const v1::Person before, resources_.people.GetLiving(tx, patch.name()));
  if (!patch.etag().empty() && patch.etag() != before.etag()) {
    return errors::EtagMismatch(patch.name());
  }
  v1::Person after = before;
  RETURN_IF_ERROR(resource::ApplyMask(patch, request.update_mask(), "person", &after));
  const rules::Source source = SourceOf(context, request.trust(), "");
  std::vector<errors::FieldViolation> refused;
  for (const auto& field : rules::ProtectedChanges(before, after, source.trust)) {
    refused.push_back({"person." + field, "was set by a more trusted source; set trust"});
  }
  if (!refused.empty()) return errors::InvalidFields(std::move(refused));
  ASSIGN_OR_RETURN(const bool same, resources_.people.Unchanged(tx, before, after));
  if (same) return after;
  rules::NoteChanges(before, source, context.now, &after);
  RETURN_IF_ERROR(IndexExternalIds(tx, &before, after, "person.external_ids"));
  RETURN_IF_ERROR(resources_.people.Write(tx, context, &before, &after));
  return after;
}

absl::StatusOr<v1::Person> PeopleService::Delete(store::Tx& tx, const CallContext& context,
                                                 const v1::DeletePersonRequest& request) const {
  ASSIGN_OR_RETURN(const v1::Person before, resources_.people.GetLiving(tx, request.name()));
  ASSIGN_OR_RETURN(v1::Person deleted,
                   resources_.people.Delete(tx, context, request.name(), request.etag()));
  RETURN_IF_ERROR(IndexExternalIds(tx, &before, deleted, "name"));
  ASSIGN_OR_RETURN(const auto points, PointsOf(tx, request.name()));
  for (const auto& point : points) {
    if (point.has_delete_time()) continue;
    RETURN_IF_ERROR(resources_.contact_points.Delete(tx, context, point.name(), "").status());
  }
  return deleted;
}

absl::StatusOr<v1::Person> PeopleService::Undelete(store::Tx& tx, const CallContext& context,
                                                   const v1::UndeletePersonRequest& request) const {
  ASSIGN_OR_RETURN(const v1::Person before, resources_.people.Get(tx, request.name()));
  ASSIGN_OR_RETURN(v1::Person living,
                   resources_.people.Undelete(tx, context, request.name(), request.etag()));
  RETURN_IF_ERROR(IndexExternalIds(tx, nullptr, living, "name"));
  // The points that went with the person come back, unless somebody else has verified them since.
  ASSIGN_OR_RETURN(const auto points, PointsOf(tx, request.name()));
  for (const auto& point : points) {
    if (!point.has_delete_time() ||
        time::FromProto(point.delete_time()) != time::FromProto(before.delete_time()) ||
        !CheckVerified(tx, point).ok()) {
      continue;
    }
    RETURN_IF_ERROR(resources_.contact_points.Undelete(tx, context, point.name(), "").status());
  }
  return living;
}

absl::StatusOr<v1::BatchUpsertPeopleResponse> PeopleService::BatchUpsert(
    store::Tx& tx, const CallContext& context, const v1::BatchUpsertPeopleRequest& request) const {
  ASSIGN_OR_RETURN(const auto settings, SettingsOf(resources_, tx, context.tenant));
  v1::BatchUpsertPeopleResponse response;
  for (const auto& item : request.people()) {
    auto* result = response.add_results();
    absl::Status status = item_validator_.Check(item, context.tenant.value());
    if (status.ok() && !IsHouse(item.house(), settings)) {
      status = errors::InvalidField("house", "is no house of the settings");
    }
    if (status.ok()) {
      status = Upsert(tx, context, request, item, settings.default_region(), result);
    }
    if (status.ok()) continue;
    // Everything that can be wrong with an item is found before its first write; what comes from
    // the store itself fails the batch.
    if (errors::ReasonOf(status) == type::v1::ERROR_REASON_UNSPECIFIED ||
        absl::IsUnavailable(status) || absl::IsResourceExhausted(status)) {
      return status;
    }
    result->Clear();
    *result->mutable_status() = errors::ToProto(status);
  }
  return response;
}

absl::Status PeopleService::Upsert(store::Tx& tx, const CallContext& context,
                                   const v1::BatchUpsertPeopleRequest& batch,
                                   const v1::PersonUpsert& item, const std::string& region,
                                   v1::PersonUpsertResult* result) const {
  const rules::Source source =
      SourceOf(context, batch.trust() == v1::TRUST_UNSPECIFIED ? v1::TRUST_IMPORTED : batch.trust(),
               batch.source());
  for (const auto& steward : item.stewards()) {
    RETURN_IF_ERROR(resources_.stewards.GetLiving(tx, steward).status());
  }
  const std::vector<store::Value> key{item.external_id().source(), item.external_id().id()};
  ASSIGN_OR_RETURN(const auto known, tx.Get(ExternalIdTable(), key));
  v1::Person said = item.person();
  resource::ClearOutputOnly(&said);
  *said.add_external_ids() = item.external_id();
  v1::Person before;
  v1::Person after;
  if (known) {
    ASSIGN_OR_RETURN(
        before,
        resources_.people.Get(
            tx, Name<v1::Person>::Of(context.tenant.value(), store::AsText((*known)[2])).text()));
    after = before;
  } else {
    after.set_name(
        resources_.people.NewName(absl::StrCat("tenants/", context.tenant.value()), context.now));
  }
  bool changed = rules::MergeCard(said, source, context.now, &after);
  if (after.external_ids_size() > 50 || after.labels_size() > 50 || after.nicknames_size() > 20) {
    return errors::InvalidField("person", "would hold too many joined values");
  }
  resource::Violations violations;
  resources_.people.strategy().check(nullptr, after, &violations);
  if (!violations.empty()) return errors::InvalidFields(std::move(violations));
  for (const auto& external : after.external_ids()) {
    const std::vector<store::Value> other{external.source(), external.id()};
    ASSIGN_OR_RETURN(const auto row, tx.Get(ExternalIdTable(), other));
    if (row && store::AsText((*row)[2]) != Name<v1::Person>::Parse(after.name())->id()) {
      return errors::ExternalIdTaken("person.external_ids");
    }
  }
  // Writes begin here.
  if (changed) {
    RETURN_IF_ERROR(IndexExternalIds(tx, known ? &before : nullptr, after, "external_id"));
    RETURN_IF_ERROR(resources_.people.Write(tx, context, known ? &before : nullptr, &after));
  }
  ASSIGN_OR_RETURN(const auto existing, PointsOf(tx, after.name()));
  std::set<std::string> have;
  for (const auto& point : existing) {
    if (!point.has_delete_time()) have.insert(LookupKey(point.kind(), point.normalized_value()));
  }
  for (int i = 0; i < item.contact_points_size(); ++i) {
    v1::ContactPoint point = item.contact_points(i);
    const auto normalized = NormalizeValue(point.kind(), point.value(),
                                           point.region().empty() ? region : point.region());
    if (!normalized.ok()) {
      auto* refused = result->add_refused_contact_points();
      refused->set_index(i);
      refused->set_reason(std::string(normalized.status().message()));
      continue;
    }
    resource::ClearOutputOnly(&point);
    point.set_normalized_value(*normalized);
    if (!have.insert(LookupKey(point.kind(), *normalized)).second) continue;
    if (!CheckVerified(tx, point).ok()) {
      auto* refused = result->add_refused_contact_points();
      refused->set_index(i);
      refused->set_reason("another person holds this verified contact point");
      continue;
    }
    point.set_name(resources_.contact_points.NewName(after.name(), context.now));
    RETURN_IF_ERROR(resources_.contact_points.Write(tx, context, nullptr, &point));
    changed = true;
  }
  bool opened = false;
  ASSIGN_OR_RETURN(
      const auto relationship,
      relationships_.OpenOrFind(tx, context, after.name(), item.house(),
                                {item.stewards().begin(), item.stewards().end()}, &opened));
  result->set_person(after.name());
  result->set_relationship(relationship.name());
  result->set_outcome(!known              ? v1::PersonUpsertResult::CREATED
                      : changed || opened ? v1::PersonUpsertResult::UPDATED
                                          : v1::PersonUpsertResult::UNCHANGED);
  result->mutable_status();
  return absl::OkStatus();
}

absl::StatusOr<v1::LookupPersonResponse> PeopleService::Lookup(
    store::Reader& reader, const CallContext& context,
    const v1::LookupPersonRequest& request) const {
  std::vector<std::pair<std::string, bool>> people;  // id, found by a verified point
  const auto by_value = [&](v1::ContactPoint::Kind kind, const std::string& value,
                            const char* field) -> absl::Status {
    std::string region = request.region();
    if (region.empty()) {
      ASSIGN_OR_RETURN(const auto settings, SettingsOf(resources_, reader, context.tenant));
      region = settings.default_region();
    }
    const auto normalized = NormalizeValue(kind, value, region);
    if (!normalized.ok()) {
      return errors::InvalidField(field, std::string(normalized.status().message()));
    }
    ASSIGN_OR_RETURN(const auto points, PointsWith(reader, LookupKey(kind, *normalized)));
    for (const auto& point : points) {
      const std::string id = Name<v1::ContactPoint>::Parse(point.name())->id(1);
      const auto same =
          std::find_if(people.begin(), people.end(), [&](const auto& p) { return p.first == id; });
      if (same == people.end()) {
        people.emplace_back(id, point.has_verified_time());
      } else {
        same->second |= point.has_verified_time();
      }
    }
    return absl::OkStatus();
  };
  switch (request.key_case()) {
    case v1::LookupPersonRequest::kEmail:
      RETURN_IF_ERROR(by_value(v1::ContactPoint::EMAIL, request.email(), "email"));
      break;
    case v1::LookupPersonRequest::kPhone:
      RETURN_IF_ERROR(by_value(v1::ContactPoint::PHONE, request.phone(), "phone"));
      break;
    case v1::LookupPersonRequest::kHandle:
      RETURN_IF_ERROR(by_value(v1::ContactPoint::IN_APP, request.handle(), "handle"));
      break;
    case v1::LookupPersonRequest::kExternalId: {
      const std::vector<store::Value> key{request.external_id().source(),
                                          request.external_id().id()};
      ASSIGN_OR_RETURN(const auto row, reader.Get(ExternalIdTable(), key));
      if (row) people.emplace_back(store::AsText((*row)[2]), true);
      break;
    }
    case v1::LookupPersonRequest::KEY_NOT_SET:
      return errors::InvalidField("key", "one of email, phone, handle, external_id must be set");
  }
  std::stable_sort(people.begin(), people.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  v1::LookupPersonResponse response;
  for (const auto& [id, verified] : people) {
    auto* match = response.add_matches();
    ASSIGN_OR_RETURN(
        *match->mutable_person(),
        resources_.people.Get(reader, Name<v1::Person>::Of(context.tenant.value(), id).text()));
    match->set_confidence(verified ? 1.0 : 1.0 / static_cast<double>(people.size()));
    ASSIGN_OR_RETURN(const auto relationships,
                     relationships_.OfPerson(reader, match->person().name()));
    for (const auto& relationship : relationships) {
      match->add_relationships(relationship.name());
    }
  }
  return response;
}

}  // namespace rapport::contact
