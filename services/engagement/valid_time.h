#ifndef RAPPORT_SERVICES_ENGAGEMENT_VALID_TIME_H_
#define RAPPORT_SERVICES_ENGAGEMENT_VALID_TIME_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/errors.h"
#include "common/time/proto_time.h"

namespace rapport::engagement {

// When something happened, as the caller says, or now. It cannot lie in the future.
inline absl::StatusOr<absl::Time> ValidTime(bool given, const google::protobuf::Timestamp& time,
                                            absl::Time now, const std::string& field) {
  if (!given) return now;
  const absl::Time at = time::FromProto(time);
  if (at > now) return errors::InvalidField(field, "must not be in the future");
  return at;
}

}  // namespace rapport::engagement

#endif  // RAPPORT_SERVICES_ENGAGEMENT_VALID_TIME_H_
