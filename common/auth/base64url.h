// base64url without padding (RFC 4648, section 5; RFC 7515, appendix C). Internal to this folder.
#ifndef RAPPORT_COMMON_AUTH_BASE64URL_H_
#define RAPPORT_COMMON_AUTH_BASE64URL_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace rapport::auth {

// Strict: no padding, no white space, unused bits zero. So each text has one meaning and each
// meaning one text.
std::optional<std::string> Base64UrlDecode(absl::string_view text);

std::string Base64UrlEncode(absl::string_view bytes);

}  // namespace rapport::auth

#endif  // RAPPORT_COMMON_AUTH_BASE64URL_H_
