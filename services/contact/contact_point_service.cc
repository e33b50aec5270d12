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
  const std::string prefix = "rapport.contact.v1.PeopleService/";
  methods->Write<v1::CreateContactPointRequest, v1::ContactPoint>(
      prefix + "CreateContactPoint",
      [this](store::Tx& tx, const CallContext& context,
             const v1::CreateContactPointRequest& request) -> absl::StatusOr<v1::ContactPoint> {
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
          return errors::InvalidField("contact_point.value",
                                      std::string(normalized.status().message()));
        }
        point.set_normalized_value(*normalized);
        point.set_name(resources_.contact_points.NewName(request.parent(), context.now));
        RETURN_IF_ERROR(CheckVerified(tx, point));
        RETURN_IF_ERROR(resources_.contact_points.Write(tx, context, nullptr, &point));
        return point;
      });
  resource::BindGet<v1::GetContactPointRequest>(methods, prefix + "GetContactPoint",
                                                resources_.contact_points);
  resource::BindList<v1::ListContactPointsRequest>(
      methods, prefix + "ListContactPoints", resources_.contact_points,
      &v1::ListContactPointsResponse::mutable_contact_points, KnownPerson(resources_));
  methods->Write<v1::UpdateContactPointRequest, v1::ContactPoint>(
      prefix + "UpdateContactPoint",
      [this](store::Tx& tx, const CallContext& context,
             const v1::UpdateContactPointRequest& request) -> absl::StatusOr<v1::ContactPoint> {
        const auto& patch = request.contact_point();
        if (patch.name().empty()) return errors::InvalidField("contact_point.name", "must be set");
        return resources_.contact_points.Mutate(
            tx, context, patch.name(), patch.etag(), [&](v1::ContactPoint* point) -> absl::Status {
              RETURN_IF_ERROR(
                  resource::ApplyMask(patch, request.update_mask(), "contact_point", point));
              return CheckVerified(tx, *point);
            });
      });
  methods->Write<v1::DeleteContactPointRequest, v1::ContactPoint>(
      prefix + "DeleteContactPoint", [this](store::Tx& tx, const CallContext& context,
                                            const v1::DeleteContactPointRequest& request) {
        return resources_.contact_points.Delete(tx, context, request.name(), request.etag());
      });
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
