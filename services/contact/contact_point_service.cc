// Contact points and preferences: the second half of PeopleService.
#include <utility>

#include "common/base/status_macros.h"
#include "common/resource/standard_methods.h"
#include "services/contact/contact_point_value.h"
#include "services/contact/people_service.h"

namespace rapport::contact {

using base::CallContext;
using resource::Name;

absl::StatusOr<std::vector<v1::ContactPoint>> PeopleService::PointsOf(
    store::Reader& reader, absl::string_view person) const {
  return AllOf(resources_.contact_points, reader, person);
}

absl::StatusOr<std::vector<v1::ContactPoint>> PeopleService::PointsWith(
    store::Reader& reader, const std::string& lookup_key) const {
  store::Range range;
  range.index = kPointsByValue;
  range.prefix = {lookup_key};
  range.limit = 100;
  std::vector<v1::ContactPoint> found;
  RETURN_IF_ERROR(reader.Scan(resources_.contact_points.table(), range, [&](store::Row& row) {
    found.push_back(resources_.contact_points.FromRow(row));
    return true;
  }));
  return found;
}

absl::Status PeopleService::CheckVerified(store::Reader& reader,
                                          const v1::ContactPoint& point) const {
  ASSIGN_OR_RETURN(const auto same,
                   PointsWith(reader, LookupKey(point.kind(), point.normalized_value())));
  for (const auto& other : same) {
    const bool own =
        !point.name().empty() && Name<v1::ContactPoint>::Parse(other.name())->id(1) ==
                                     Name<v1::ContactPoint>::Parse(point.name())->id(1);
    if (!own && other.has_verified_time() && point.has_verified_time()) {
      return errors::ContactPointTaken("contact_point.value");
    }
  }
  return absl::OkStatus();
}

void PeopleService::RegisterContactPoints(resource::Methods* methods) {
  resource::Bind<v1::GetContactPointRequest>(
      methods, resources_.contact_points,
      {.create = resource::Handle(this, &PeopleService::CreatePoint),
       .update = resource::Handle(this, &PeopleService::UpdatePoint),
       .undelete = resource::Handle(this, &PeopleService::UndeletePoint),
       .parent = KnownPerson(resources_)});
}

absl::StatusOr<v1::ContactPoint> PeopleService::CreatePoint(
    store::Tx& tx, const CallContext& context, const v1::CreateContactPointRequest& request) const {
  RETURN_IF_ERROR(resources_.people.GetLiving(tx, request.parent()).status());
  v1::ContactPoint point = request.contact_point();
  resource::ClearOutputOnly(&point);
  std::string region = point.region();
  if (region.empty()) {
    ASSIGN_OR_RETURN(const auto settings, SettingsOf(resources_, tx, context.tenant));
    region = settings.default_region();
  }
  const auto normalized = NormalizeValue(point.kind(), point.value(), region);
  if (!normalized.ok()) {
    return errors::InvalidField("contact_point.value", std::string(normalized.status().message()));
  }
  point.set_normalized_value(*normalized);
  point.set_name(resource::NewNameFor(resources_.contact_points, context, request));
  ASSIGN_OR_RETURN(const auto taken, resources_.contact_points.Find(tx, point.name()));
  if (taken) return errors::ResourceExists(point.name());
  RETURN_IF_ERROR(CheckVerified(tx, point));
  RETURN_IF_ERROR(resources_.contact_points.Write(tx, context, nullptr, &point));
  return point;
}

absl::StatusOr<v1::ContactPoint> PeopleService::UpdatePoint(
    store::Tx& tx, const CallContext& context, const v1::UpdateContactPointRequest& request) const {
  const auto& patch = request.contact_point();
  if (patch.name().empty()) return errors::InvalidField("contact_point.name", "must be set");
  return resources_.contact_points.Mutate(
      tx, context, patch.name(), patch.etag(), [&](v1::ContactPoint* point) -> absl::Status {
        RETURN_IF_ERROR(resource::ApplyMask(patch, request.update_mask(), "contact_point", point));
        return CheckVerified(tx, *point);
      });
}

absl::StatusOr<v1::ContactPoint> PeopleService::UndeletePoint(
    store::Tx& tx, const CallContext& context,
    const v1::UndeleteContactPointRequest& request) const {
  ASSIGN_OR_RETURN(const auto point, resources_.contact_points.Get(tx, request.name()));
  // A deleted person is reached by nothing: the person comes back first, and brings its points.
  ASSIGN_OR_RETURN(const auto name, Name<v1::ContactPoint>::Parse(request.name()));
  RETURN_IF_ERROR(
      resources_.people.GetLiving(tx, Name<v1::Person>::Of(name.id(0), name.id(1)).text())
          .status());
  RETURN_IF_ERROR(CheckVerified(tx, point));
  return resources_.contact_points.Undelete(tx, context, request.name(), request.etag());
}

void PeopleService::RegisterPreferences(resource::Methods* methods) {
  const std::string prefix = "rapport.contact.v1.PeopleService/";
  // What is stored for a person, or an empty preference under the same name.
  const auto load = [this](store::Reader& reader,
                           const std::string& name) -> absl::StatusOr<v1::Preference> {
    const auto parsed = Name<v1::Preference>::Parse(name);
    if (!parsed.ok()) return parsed.status();
    RETURN_IF_ERROR(
        resources_.people
            .Get(reader, Name<v1::Person>::Of(parsed->tenant().value(), parsed->id(1)).text())
            .status());
    ASSIGN_OR_RETURN(auto stored, resources_.preferences.Find(reader, name));
    if (stored) return *std::move(stored);
    v1::Preference empty;
    empty.set_name(name);
    empty.set_etag("\"0\"");
    return empty;
  };
  methods->Read<v1::GetPreferenceRequest, v1::Preference>(
      prefix + "GetPreference",
      [load](store::Snapshot& snapshot, const CallContext&,
             const v1::GetPreferenceRequest& request) { return load(snapshot, request.name()); });
  methods->Write<v1::UpdatePreferenceRequest, v1::Preference>(
      prefix + "UpdatePreference",
      [this, load](store::Tx& tx, const CallContext& context,
                   const v1::UpdatePreferenceRequest& request) -> absl::StatusOr<v1::Preference> {
        const auto& patch = request.preference();
        if (patch.name().empty()) return errors::InvalidField("preference.name", "must be set");
        ASSIGN_OR_RETURN(const v1::Preference before, load(tx, patch.name()));
        if (!patch.etag().empty() && patch.etag() != before.etag()) {
          return errors::EtagMismatch(patch.name());
        }
        v1::Preference after = before;
        RETURN_IF_ERROR(resource::ApplyMask(patch, request.update_mask(), "preference", &after));
        if (after.SerializeAsString() == before.SerializeAsString()) return after;
        RETURN_IF_ERROR(resources_.preferences.Write(
            tx, context, before.revision() == 0 ? nullptr : &before, &after));
        return after;
      });
}

}  // namespace rapport::contact
