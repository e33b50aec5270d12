// The compared form of a contact point's value.
#ifndef RAPPORT_SERVICES_CONTACT_CONTACT_POINT_VALUE_H_
#define RAPPORT_SERVICES_CONTACT_CONTACT_POINT_VALUE_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "rapport/contact/v1/person.pb.h"

namespace rapport::contact {

// Lower-case mail address, E.164 number (`region` for national ones), folded handle or address.
// An error whose message says, without quoting the value, why it cannot be one.
absl::StatusOr<std::string> NormalizeValue(v1::ContactPoint::Kind kind, absl::string_view value,
                                           absl::string_view region);

}  // namespace rapport::contact

#endif  // RAPPORT_SERVICES_CONTACT_CONTACT_POINT_VALUE_H_
