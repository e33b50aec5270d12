#include "services/engagement/care_service.h"

#include <utility>

#include "common/base/status_macros.h"
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
  methods->Read<v1::GetCareEventRequest, v1::CareEvent>(
      prefix + "GetCareEvent", [this](store::Snapshot& snapshot, const CallContext&,
                                      const v1::GetCareEventRequest& request) {
        return resources_.care_events.Get(snapshot, request.name());
      });
  methods->Read<v1::ListCareEventsRequest, v1::ListCareEventsResponse>(
      prefix + "ListCareEvents",
      [this](
          store::Snapshot& snapshot, const CallContext& context,
          const v1::ListCareEventsRequest& request) -> absl::StatusOr<v1::ListCareEventsResponse> {
        RETURN_IF_ERROR(CheckRelationship(resources_, snapshot, request.parent()));
        ASSIGN_OR_RETURN(auto page, resources_.care_events.List(snapshot, context, request));
        v1::ListCareEventsResponse response;
        for (auto& item : page.items) *response.add_care_events() = std::move(item);
        response.set_next_page_token(std::move(page.next_token));
        return response;
      });
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
