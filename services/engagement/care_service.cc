#include "services/engagement/care_service.h"

#include <utility>

#include "common/base/status_macros.h"
#include "common/resource/standard_methods.h"
#include "services/engagement/journal.h"
#include "services/engagement/valid_time.h"

namespace rapport::engagement {

using base::CallContext;

void CareService::Register(resource::Methods* methods) {
  const std::string prefix = "rapport.engagement.v1.CareService/";
  methods->Write<v1::RecordCareEventRequest, v1::CareEvent>(
      prefix + "RecordCareEvent",
      [this](store::Tx& tx, const CallContext& context, const v1::RecordCareEventRequest& request) {
        return Record(tx, context, request);
      });
  resource::Bind<v1::GetCareEventRequest>(methods, resources_.care_events,
                                          {.parent = KnownRelationship(resources_)});
}

absl::StatusOr<v1::CareEvent> CareService::Record(store::Tx& tx, const CallContext& context,
                                                  const v1::RecordCareEventRequest& request) const {
  v1::CareEvent event = request.care_event();
  resource::ClearOutputOnly(&event);
  ASSIGN_OR_RETURN(const absl::Time said, ValidTime(event.has_said_time(), event.said_time(),
                                                    context.now, "care_event.said_time"));
  *event.mutable_said_time() = time::ToProto(said);
  RETURN_IF_ERROR(CheckRelationship(resources_, tx, request.parent()));
  event.set_name(resources_.care_events.NewName(request.parent(), context.now));
  RETURN_IF_ERROR(resources_.care_events.Write(tx, context, nullptr, &event));
  return event;
}

}  // namespace rapport::engagement
