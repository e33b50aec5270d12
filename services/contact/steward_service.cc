#include "services/contact/steward_service.h"

#include <utility>
#include <vector>

#include "common/base/status_macros.h"
#include "common/resource/standard_methods.h"

namespace rapport::contact {

using base::CallContext;

void StewardService::Register(resource::Methods* methods) {
  const std::string prefix = "rapport.contact.v1.StewardService/";
  resource::Bind<v1::GetStewardRequest>(
      methods, resources_.stewards,
      {.stirs = [](const v1::Steward& before,
                   const v1::Steward& after) { return before.bot() != after.bot(); },
       .refresh = [this](
                      store::Tx& tx,
                      const CallContext& context) { return RefreshRelationships(tx, context); }});
  methods->Read<v1::GetSettingsRequest, v1::Settings>(
      prefix + "GetSettings",
      [this](store::Snapshot& snapshot, const CallContext& context, const v1::GetSettingsRequest&) {
        return SettingsOf(resources_, snapshot, context.tenant);
      });
  methods->Write<v1::UpdateSettingsRequest, v1::Settings>(
      prefix + "UpdateSettings",
      [this](store::Tx& tx, const CallContext& context, const v1::UpdateSettingsRequest& request) {
        return UpdateSettings(tx, context, request);
      });
}

absl::StatusOr<v1::Settings> StewardService::UpdateSettings(
    store::Tx& tx, const CallContext& context, const v1::UpdateSettingsRequest& request) const {
  const auto& patch = request.settings();
  if (patch.name().empty()) return errors::InvalidField("settings.name", "must be set");
  ASSIGN_OR_RETURN(const auto stored, resources_.settings.Find(tx, patch.name()));
  ASSIGN_OR_RETURN(const v1::Settings before, SettingsOf(resources_, tx, context.tenant));
  if (!patch.etag().empty() && patch.etag() != before.etag()) {
    return errors::EtagMismatch(patch.name());
  }
  v1::Settings after = before;
  RETURN_IF_ERROR(resource::ApplyMask(patch, request.update_mask(), "settings", &after));
  if (stored && after.SerializeAsString() == before.SerializeAsString()) return after;
  RETURN_IF_ERROR(resources_.settings.Write(tx, context, stored ? &before : nullptr, &after));
  RETURN_IF_ERROR(RefreshRelationships(tx, context));
  return after;
}

absl::Status StewardService::RefreshRelationships(store::Tx& tx, const CallContext& context) const {
  // In pages: a tenant may have very many, and a scan must not be disturbed by writes.
  constexpr int kPage = 500;
  store::Range range;
  range.prefix = {std::string()};
  range.limit = kPage;
  while (true) {
    std::vector<v1::Relationship> page;
    RETURN_IF_ERROR(tx.Scan(resources_.relationships.table(), range, [&](store::Row& row) {
      range.after = {row[1]};
      page.push_back(resources_.relationships.FromRow(row));
      return true;
    }));
    for (const auto& before : page) {
      v1::Relationship after = before;
      // Write derives and stamps; only what really changed is written.
      ASSIGN_OR_RETURN(const bool changed, relationships_.Derive(tx, context, &after));
      if (changed) RETURN_IF_ERROR(resources_.relationships.Write(tx, context, &before, &after));
    }
    if (page.size() < kPage) return absl::OkStatus();
  }
}

}  // namespace rapport::contact
