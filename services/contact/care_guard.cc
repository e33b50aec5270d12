// The care guard of a relationship: set and lifted by humans.
#include "common/base/status_macros.h"
#include "rapport/engagement/v1/care.pb.h"
#include "services/contact/relationship_service.h"

namespace rapport::contact {

using base::CallContext;
using resource::Name;

absl::Status RelationshipService::CheckHuman(store::Reader& reader, const CallContext& context,
                                             const std::string& relationship,
                                             const std::string& steward) const {
  ASSIGN_OR_RETURN(const auto named, resources_.stewards.GetLiving(reader, steward));
  if (named.bot()) return errors::HumanRequired(relationship, "name a steward who is human");
  bool is_machine = context.is_service;
  store::Range everybody;
  everybody.prefix = {std::string()};
  RETURN_IF_ERROR(reader.Scan(resources_.stewards.table(), everybody, [&](store::Row& row) {
    const auto caller = resources_.stewards.FromRow(row);
    is_machine |= caller.bot() && !caller.token_subject().empty() &&
                  caller.token_subject() == context.principal;
    return true;
  }));
  if (is_machine) return errors::HumanRequired(relationship, "call with the token of a human");
  return absl::OkStatus();
}

void RelationshipService::RegisterCareGuard(resource::Methods* methods) {
  const std::string prefix = "rapport.contact.v1.RelationshipService/";
  methods->Write<v1::SetCareGuardRequest, v1::Relationship>(
      prefix + "SetCareGuard",
      [this](store::Tx& tx, const CallContext& context, const v1::SetCareGuardRequest& request) {
        return Change(tx, context, request.name(), request.etag(),
                      [&](v1::Relationship* after) -> absl::Status {
                        if (!request.care_event().empty()) {
                          const auto event = Name<engagement::v1::CareEvent>::Parse(
                              request.care_event(), "care_event");
                          if (!event.ok()) return event.status();
                          if (event->id(1) != Name<v1::Relationship>::Parse(request.name())->id()) {
                            return errors::InvalidField("care_event", "is of another relationship");
                          }
                        }
                        RETURN_IF_ERROR(CheckHuman(tx, context, request.name(), request.steward()));
                        auto& guard = *after->mutable_care_guard();
                        guard.set_reason(request.reason());
                        guard.set_set_by(request.steward());
                        *guard.mutable_set_time() = time::ToProto(context.now);
                        guard.set_care_event(request.care_event());
                        return absl::OkStatus();
                      });
      });
  methods->Write<v1::LiftCareGuardRequest, v1::Relationship>(
      prefix + "LiftCareGuard",
      [this](store::Tx& tx, const CallContext& context, const v1::LiftCareGuardRequest& request) {
        return Change(tx, context, request.name(), request.etag(),
                      [&](v1::Relationship* after) -> absl::Status {
                        RETURN_IF_ERROR(CheckHuman(tx, context, request.name(), request.steward()));
                        if (!after->has_care_guard()) {
                          return errors::StateTransition(request.name(), "NO_CARE_GUARD",
                                                         "there is no care guard to lift");
                        }
                        after->clear_care_guard();
                        return absl::OkStatus();
                      });
      });
}

}  // namespace rapport::contact
