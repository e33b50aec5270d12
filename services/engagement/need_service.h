// rapport.engagement.v1.NeedService: what people need, by their word.
#ifndef RAPPORT_SERVICES_ENGAGEMENT_NEED_SERVICE_H_
#define RAPPORT_SERVICES_ENGAGEMENT_NEED_SERVICE_H_

#include <string>

#include "absl/functional/function_ref.h"
#include "common/resource/methods.h"
#include "rapport/engagement/v1/need_service.pb.h"
#include "services/engagement/resources.h"
#include "services/engagement/rules/needs.h"

namespace rapport::engagement {

class NeedService {
 public:
  NeedService(const Resources* resources, const rules::Parameters* parameters)
      : resources_(*resources), parameters_(*parameters) {}

  void Register(resource::Methods* methods);

 private:
  absl::StatusOr<v1::Need> State(store::Tx& tx, const base::CallContext& context,
                                 const v1::StateNeedRequest& request) const;
  // Loads, checks the etag, lets a rule move the need, writes it. `time_field` is where the request
  // says when.
  absl::StatusOr<v1::Need> Move(store::Tx& tx, const base::CallContext& context,
                                const std::string& name, const std::string& etag,
                                absl::string_view time_field,
                                absl::FunctionRef<rules::NeedRule(v1::Need*)> move) const;

  const Resources& resources_;
  const rules::Parameters& parameters_;
};

}  // namespace rapport::engagement

#endif  // RAPPORT_SERVICES_ENGAGEMENT_NEED_SERVICE_H_
