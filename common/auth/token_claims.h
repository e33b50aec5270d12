// The two JSON parts of a token, checked. Internal to this folder; pure functions.
#ifndef RAPPORT_COMMON_AUTH_TOKEN_CLAIMS_H_
#define RAPPORT_COMMON_AUTH_TOKEN_CLAIMS_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/auth/failure.h"
#include "common/auth/key_set.h"
#include "common/auth/principal.h"

namespace rapport::auth {

struct TokenHeader {
  Algorithm algorithm = Algorithm::kEs256;
  std::string kid;
};

// jku, x5u, x5c and jwk are not looked at: keys come from the file alone.
AuthFailure ReadHeader(absl::string_view json, TokenHeader& out);

struct Expected {
  std::vector<std::string> issuers;
  std::string audience;
};

// `key_service` is the service that the key belongs to, or empty.
AuthFailure ReadClaims(absl::string_view json, const Expected& expected,
                       absl::string_view key_service, absl::Time now, Principal& out);

}  // namespace rapport::auth

#endif  // RAPPORT_COMMON_AUTH_TOKEN_CLAIMS_H_
