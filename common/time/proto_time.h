// google.protobuf.Timestamp and Duration against absl's, at microsecond precision (the precision
// of the store).
#ifndef RAPPORT_COMMON_TIME_PROTO_TIME_H_
#define RAPPORT_COMMON_TIME_PROTO_TIME_H_

#include <cstdint>

#include "absl/time/time.h"
#include "google/protobuf/timestamp.pb.h"

namespace rapport::time {

inline absl::Time FromProto(const google::protobuf::Timestamp& t) {
  return absl::FromUnixSeconds(t.seconds()) + absl::Nanoseconds(t.nanos());
}

inline google::protobuf::Timestamp ToProto(absl::Time t) {
  const std::int64_t us = absl::ToUnixMicros(t);
  std::int64_t seconds = us / 1000000;
  std::int64_t rest = us % 1000000;
  if (rest < 0) {
    rest += 1000000;
    --seconds;
  }
  google::protobuf::Timestamp out;
  out.set_seconds(seconds);
  out.set_nanos(static_cast<std::int32_t>(rest * 1000));
  return out;
}

}  // namespace rapport::time

#endif  // RAPPORT_COMMON_TIME_PROTO_TIME_H_
