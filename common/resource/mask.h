// Update masks (AIP-161) and output-only fields, by reflection.
#ifndef RAPPORT_COMMON_RESOURCE_MASK_H_
#define RAPPORT_COMMON_RESOURCE_MASK_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/field_mask.pb.h"
#include "google/protobuf/message.h"

namespace rapport::resource {

// Clears every OUTPUT_ONLY field, at any depth: what callers send there is ignored (AIP-203).
void ClearOutputOnly(google::protobuf::Message* message);

// Changes `current` to what `patch` says in the fields of `mask`: an empty mask means the populated
// fields of `patch`, "*" all. Output-only fields, name and etag are left alone.
//   INVALID_ARGUMENT (UPDATE_MASK)  a path that does not exist
//   INVALID_ARGUMENT (FIELD)        an IMMUTABLE field would change, or a REQUIRED one be empty;
//                                   `field` is the resource's place in the request, e.g. "person"
absl::Status ApplyMask(const google::protobuf::Message& patch,
                       const google::protobuf::FieldMask& mask, absl::string_view field,
                       google::protobuf::Message* current);

}  // namespace rapport::resource

#endif  // RAPPORT_COMMON_RESOURCE_MASK_H_
