#include "services/contact/contact_point_value.h"

#include "common/base/status_macros.h"
#include "common/text/normalise.h"

namespace rapport::contact {

absl::StatusOr<std::string> NormalizeValue(v1::ContactPoint::Kind kind, absl::string_view value,
                                           absl::string_view region) {
  switch (kind) {
    case v1::ContactPoint::EMAIL: {
      ASSIGN_OR_RETURN(const auto email, text::NormaliseEmail(value));
      return email.lookup_key;
    }
    case v1::ContactPoint::PHONE: {
      ASSIGN_OR_RETURN(const auto phone,
                       text::NormalisePhone(value, region, text::PhoneCheck::kPossibleLength));
      return phone.e164;
    }
    case v1::ContactPoint::POSTAL:
      return text::FoldForLookup(value);
    default:
      return text::NormaliseHandle(value);
  }
}

}  // namespace rapport::contact
